"""What a claim of the district paper is, and how its cases decide it.

A claim is decided by cases: a task, a score in a task, a level. :mod:`incomelens.paper.claim_list`
says what the paper claims, :mod:`incomelens.paper.claim_cases` finds the cases, and
:mod:`incomelens.paper.ledger` lays the verdicts out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from incomelens.paper.evidence import Study
from incomelens.paper.names import (
    TASKS,
    task_name,
)

HOLDS = "holds"
FAILS = "does not hold"
OPEN = "not evaluable"


@dataclass(frozen=True)
class Case:
    """One place where a claim can be seen to hold or not.

    Parameters
    ----------
    name : str
        Where: a task, a level; empty where the figures say it.
    speaks_for : bool or None
        None where it cannot be judged.
    figures : str
        The numbers that decide it; what is missing where it cannot be judged.
    is_told : bool
        Whether it is told where it speaks for the claim; other cases always are.
    """

    name: str
    speaks_for: bool | None
    figures: str
    is_told: bool = True


@dataclass(frozen=True)
class Verdict:
    """What became of a claim in one study, mode and scheme of folds."""

    verdict: str
    n_for: int
    n_against: int
    n_missing: int
    evidence: str


@dataclass(frozen=True)
class Claim:
    """One claim.

    Parameters
    ----------
    id : str
        Number, as in the list of claims of the paper, with a letter for its parts.
    says : str
        What the paper claims, in our words.
    where : str
        Where it stands in the paper.
    rule : str
        When it holds.
    cases : callable
        The cases that a study offers.
    needs_every : bool
        Whether every case must speak for it, or more than half.
    under_folds : bool
        Whether it is about scores, which depend on the scheme of folds.
    """

    id: str
    says: str
    where: str
    rule: str
    cases: Callable[[Study], list[Case]]
    needs_every: bool = True
    under_folds: bool = False

    def judge(self, study: Study) -> Verdict:
        """Decide the claim; a single missing case leaves it open."""
        cases = self.cases(study)
        n_for = sum(case.speaks_for is True for case in cases)
        n_missing = sum(case.speaks_for is None for case in cases)
        n_against = len(cases) - n_for - n_missing
        if n_missing:
            verdict = OPEN
        elif n_for == len(cases) or (not self.needs_every and n_for > len(cases) / 2):
            verdict = HOLDS
        else:
            verdict = FAILS
        return Verdict(verdict, n_for, n_against, n_missing, _told(cases))


def _told(cases: Sequence[Case]) -> str:
    """Put the cases into sentences: for, against, missing."""
    if len(cases) == 1 and cases[0].speaks_for is not None:
        return f"{_case(cases[0])}."
    parts = []
    for speaks_for, words in ((True, "For it"), (False, "Against it")):
        found = [case for case in cases if case.speaks_for is speaks_for]
        told = [_case(case) for case in found if case.is_told or not speaks_for]
        if found:
            figures = f": {'; '.join(told)}" if told else ""
            parts.append(f"{words}, {len(found)} of {len(cases)}{figures}.")
    missing = _missing([case for case in cases if case.speaks_for is None])
    return " ".join([*parts, f"Missing: {missing}."] if missing else parts)


def _case(case: Case) -> str:
    return f"{case.figures} ({case.name})" if case.name else case.figures


def _missing(cases: Sequence[Case]) -> str:
    """Say what is missing, and where unless it is missing everywhere."""
    places: dict[str, list[str]] = {}
    for case in cases:
        where = places.setdefault(case.figures, [])
        if case.name not in where:
            where.append(case.name)
    whats: dict[str, list[str]] = {}
    for what, where in places.items():
        everywhere = where == [task_name(*task) for task in TASKS]
        whats.setdefault("all four tasks" if everywhere else "; ".join(where), []).append(what)
    return "; ".join(f"{', '.join(what)} ({where})" for where, what in whats.items())


# ---------------------------------------------------------------- scores
