"""What a claim of the aerial paper is, and how this study's tables decide it.

A claim is decided by cases, such as a class in a city's low-SES tiles. A case speaks for the claim
or against it only where the numbers are clear (q ≤ 0.05, or an interval); otherwise it is open, and
so is a claim that the open cases could still decide.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from incomelens.paper.aerial.names import MAIN, NOT_OBSERVED, TOO_FEW
from incomelens.paper.claims import FAILS, HOLDS, Case, Verdict
from incomelens.paper.table import rows

OPEN = "open"
PLAIN = "plain"
ADJUSTED = "adjusted"
# A claim is told with this many cases of each kind; the others stand in the tables.
MOST_TOLD = 6


@dataclass(frozen=True)
class Tables:
    """Tables of one scheme and method, as the claims ask them.

    Parameters
    ----------
    h0, h1 : DataFrame
        Rows of one scheme and method.
    probabilities, gains : mappings of city to DataFrame
    summary : mapping of city to DataFrame
        `inference/{city}/{scheme}/summary.csv` of the scheme.
    names : mapping
        Of cities in print.
    measure : {"plain", "adjusted"}
        Which coactivation H1 is judged on.
    """

    h0: pd.DataFrame
    h1: pd.DataFrame
    probabilities: Mapping[str, pd.DataFrame]
    gains: Mapping[str, pd.DataFrame]
    summary: Mapping[str, pd.DataFrame]
    names: Mapping[str, str]
    measure: str = PLAIN

    @cached_property
    def ratio(self) -> dict[tuple[str, str, str], object]:
        """Row of H0 by city, SES and class."""
        return {(row.city, row.ses, row.urban_class): row for row in rows(self.h0)}

    @cached_property
    def pair(self) -> dict[tuple[str, str, str, str], object]:
        """Row of H1 by city, SES, class and class beside."""
        return {
            (row.city, row.ses, row.urban_class, row.neighbour_class): row for row in rows(self.h1)
        }

    @cached_property
    def probability(self) -> dict[tuple[str, str, str], object]:
        """Row of the probabilities by city, SES and class."""
        return {
            (city, row.ses, row.urban_class): row
            for city, table in self.probabilities.items()
            for row in rows(table)
        }

    @cached_property
    def gain(self) -> dict[tuple[str, str, str, str], object]:
        """Row of the gains by city, SES, class and class beside."""
        return {
            (city, row.ses, row.urban_class, row.neighbour_class): row
            for city, table in self.gains.items()
            for row in rows(table)
        }

    @cached_property
    def score(self) -> dict[tuple[str, str], object]:
        """Scores of the main network, means of folds over all cells, by city and metric."""
        return {
            (city, row.metric): row
            for city, table in self.summary.items()
            for row in rows(table)
            if (row.model, row.cells, row.scope) == (MAIN, "all", "mean_of_folds")
        }

    def decision(self, row: object) -> str:
        """Decision on a pair by the measure of these tables."""
        return row.decision if self.measure == ADJUSTED else row.plain_decision  # type: ignore[attr-defined]

    def coactivation(self, row: object) -> float:
        """Value of a pair by the measure of these tables."""
        column = "coactivation_adjusted" if self.measure == ADJUSTED else "coactivation"
        return getattr(row, column)


@dataclass(frozen=True)
class AerialClaim:
    """One claim.

    Parameters
    ----------
    id : str
        Number, with a letter for its parts.
    says : str
        What the paper claims, in our words.
    where : str
        Where it stands in the paper.
    rule : str
        When it holds.
    cases : callable
        The cases that the tables offer.
    about : {"maps", "pairs", "scores", "land"}
        Maps and scores depend on the scheme of folds, pairs also on the measure; land (observed
        incomes and land use) on neither.
    needs_every : bool
        Whether every case must speak for it, or more than half.
    """

    id: str
    says: str
    where: str
    rule: str
    cases: Callable[[Tables], list[Case]]
    about: str = "maps"
    needs_every: bool = True

    def judge(self, tables: Tables) -> Verdict:
        """Decide the claim; open cases leave it open unless the others settle it."""
        cases = self.cases(tables)
        n_for = sum(case.speaks_for is True for case in cases)
        n_against = sum(case.speaks_for is False for case in cases)
        n_open = len(cases) - n_for - n_against
        verdict = settled(n_for, n_against, n_open, needs_every=self.needs_every)
        return Verdict(verdict, n_for, n_against, n_open, told(cases))


def settled(n_for: int, n_against: int, n_open: int, *, needs_every: bool) -> str:
    """Verdict that no outcome of the open cases could change; otherwise open.

    Examples
    --------
    >>> settled(3, 1, 5, needs_every=True)
    'does not hold'
    >>> settled(3, 1, 1, needs_every=False)
    'holds'
    >>> settled(3, 1, 2, needs_every=False)
    'open'
    """
    n = n_for + n_against + n_open
    if n == 0:
        return OPEN
    if needs_every:
        if n_against:
            return FAILS
        return OPEN if n_open else HOLDS
    if n_for > n / 2:
        return HOLDS
    return FAILS if n_against >= n / 2 else OPEN


def told(cases: Sequence[Case]) -> str:
    """Put the cases into sentences: for, against, open."""
    if not cases:
        return "No city of this study is concerned."
    parts = []
    for speaks_for, words in ((True, "For it"), (False, "Against it"), (None, "Open")):
        found = [case for case in cases if case.speaks_for is speaks_for]
        if not found:
            continue
        figures = [f"{case.name}: {case.figures}" for case in found[:MOST_TOLD]]
        more = f"; and {len(found) - MOST_TOLD} more" if len(found) > MOST_TOLD else ""
        parts.append(f"{words}, {len(found)} of {len(cases)}: {'; '.join(figures)}{more}.")
    return " ".join(parts)


def outcome(decision: str, wanted: str) -> bool | None:
    """What a decision says of a claim: for it, against it (the opposite), or nothing.

    Parameters
    ----------
    decision : str
        Of H0 or H1.
    wanted : {"over", "under"}
    """
    if not decision.startswith(("over-", "under-")):
        return None
    return decision.startswith(f"{wanted}-")


def is_tested(decision: str) -> bool:
    """Whether there were enough tiles for a decision."""
    return decision not in (NOT_OBSERVED, TOO_FEW)


def cities_of(
    tables: Tables, *, named: Iterable[str] | None = None, but: Iterable[str] = ()
) -> list[str]:
    """Cities of the study that a claim is about: all, or those it names."""
    wanted = set(tables.names) if named is None else set(named)
    return [city for city in tables.names if city in wanted - set(but)]
