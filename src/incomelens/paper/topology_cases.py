"""Cases that speak for or against a claim of the aerial paper, found in the stage topology."""

from collections.abc import Callable, Collection, Iterable, Sequence

import numpy as np

from incomelens.paper.aerial.names import (
    LEAST_TILES,
    METRICS,
    RESIDENTIAL,
    class_labels,
    class_order,
)
from incomelens.paper.claims import Case
from incomelens.paper.topology_claims import (
    PLAIN,
    Tables,
    cities_of,
    is_tested,
    outcome,
)

Cases = Callable[[Tables], list[Case]]
NON_RESIDENTIAL = tuple(name for name in class_order() if name not in (*RESIDENTIAL, "isolated"))


# ---------------------------------------------------------------- scores


def score_in_range(metric: str, low: float, high: float) -> Cases:
    """Give a case a city: the interval of its score meets the range that the paper prints."""

    def cases(tables: Tables) -> list[Case]:
        found = []
        for city in cities_of(tables):
            row, name = tables.score.get((city, metric)), tables.names[city]
            ends = [np.nan] * 2 if row is None else [row.block_ci_low, row.block_ci_high]
            if not np.isfinite(ends).all():
                found.append(Case(name, None, f"{METRICS[metric].heading} has no interval"))
                continue
            figures = f"{METRICS[metric].heading} {row.value:.2f} ({ends[0]:.2f} to {ends[1]:.2f})"
            found.append(Case(name, ends[1] >= low and ends[0] <= high, figures))
        return found

    return cases


# ---------------------------------------------------------------- H0


def rejects_h0(tables: Tables) -> list[Case]:
    """Give a case a city: the joint test rejects H0. A test that does not reject leaves it open."""
    return _joint(tables, tables.h0)


def _joint(tables: Tables, table: object) -> list[Case]:
    found = []
    for city in cities_of(tables):
        of_city = table[table["city"] == city]  # type: ignore[index]
        decision, p_value = of_city[["joint_decision", "joint_p_value"]].iloc[0]
        figures = decision if np.isnan(p_value) else f"{decision}, P = {p_value:.3g}"
        found.append(Case(tables.names[city], True if decision == "rejected" else None, figures))
    return found


def activated(
    classes: Sequence[str],
    ses: Sequence[str],
    *,
    wanted: str = "over",
    named: Iterable[str] | None = None,
) -> Cases:
    """Give a case a city, SES and class: H0 is rejected in the wanted direction."""
    labels = class_labels()

    def cases(tables: Tables) -> list[Case]:
        return [
            _activation_case(
                tables.ratio[city, which, name],
                f"{labels[name]}, {tables.names[city]}, {which}",
                wanted,
            )
            for city in cities_of(tables, named=named)
            for which in ses
            for name in classes
        ]

    return cases


def _activation_case(row: object, name: str, wanted: str) -> Case:
    if not is_tested(row.decision):  # type: ignore[attr-defined]
        return Case(name, None, f"{row.decision}, n = {row.n}")  # type: ignore[attr-defined]
    figures = f"x = {row.ratio:.2f}, q = {row.q_value:.2g}"  # type: ignore[attr-defined]
    return Case(name, outcome(row.decision, wanted), figures)  # type: ignore[attr-defined]


def residential_activates_more(ses: str, named: Collection[str]) -> Cases:
    """Give a case a city: most residential classes have the larger ratio in this SES."""
    other = {"low": "high", "high": "low"}[ses]

    def cases(tables: Tables) -> list[Case]:
        found = []
        for city in cities_of(tables, named=named):
            pairs = [
                (tables.ratio[city, ses, name], tables.ratio[city, other, name])
                for name in RESIDENTIAL
            ]
            tested = [(a, b) for a, b in pairs if is_tested(a.decision) and is_tested(b.decision)]
            larger = sum(a.ratio > b.ratio for a, b in tested)
            speaks_for = larger > len(tested) / 2 if tested else None
            figures = f"larger when {ses} in {larger} of {len(tested)} classes"
            found.append(Case(tables.names[city], speaks_for, figures))
        return found

    return cases


# ---------------------------------------------------------------- where low and high SES live


def lives_more(classes: Sequence[str], ses: str) -> Cases:
    """Give a case a city and class: its tiles are more often of this SES than of the other.

    Clear where the two intervals over spatial blocks do not overlap.
    """
    other, labels = {"low": "high", "high": "low"}[ses], class_labels()

    def cases(tables: Tables) -> list[Case]:
        found = []
        for city in cities_of(tables):
            for name in classes:
                own = tables.probability[city, ses, name]
                its = tables.probability[city, other, name]
                place = f"{labels[name]}, {tables.names[city]}"
                if own.n < LEAST_TILES:
                    found.append(Case(place, None, f"too few tiles, n = {own.n}"))
                    continue
                above = own.block_ci_low > its.block_ci_high
                below = own.block_ci_high < its.block_ci_low
                figures = f"{ses} {own.probability:.2f}, {other} {its.probability:.2f}"
                found.append(Case(place, _either(above, below), figures))
        return found

    return cases


def _either(above: bool, below: bool) -> bool | None:
    """True, False or None for above, below or neither."""
    return bool(above) if above or below else None


def gains(pairs: Sequence[tuple[str, str]], ses: str) -> Cases:
    """Give a case a city and pair: with the neighbour, tiles are more often of this SES.

    Clear where the interval over spatial blocks leaves out 1.
    """
    labels = class_labels()

    def cases(tables: Tables) -> list[Case]:
        found = []
        for city in cities_of(tables):
            for u, v in pairs:
                row = tables.gain[city, ses, u, v]
                place = f"{labels[u]} beside {labels[v].lower()}, {tables.names[city]}"
                if not np.isfinite([row.gain, row.block_ci_low, row.block_ci_high]).all():
                    found.append(Case(place, None, f"too few tiles, n = {row.n}"))
                    continue
                speaks_for = _either(row.block_ci_low > 1, row.block_ci_high < 1)
                interval = f"({row.block_ci_low:.2f} to {row.block_ci_high:.2f})"
                found.append(Case(place, speaks_for, f"gain {row.gain:.2f} {interval}"))
        return found

    return cases


# ---------------------------------------------------------------- H1


def rejects_h1(tables: Tables) -> list[Case]:
    """Give a case a city: H1 is rejected, jointly (adjusted) or for at least one pair (plain)."""
    if tables.measure != PLAIN:
        return _joint(tables, tables.h1)
    found = []
    for city in cities_of(tables):
        decisions = tables.h1.loc[tables.h1["city"] == city, "plain_decision"]
        tested = decisions[decisions.map(is_tested)]
        rejected = int(tested.str.startswith(("over-", "under-")).sum())
        figures = f"{rejected} of {len(tested)} pairs at q ≤ 0.05"
        found.append(Case(tables.names[city], True if rejected else None, figures))
    return found


def coactivated(
    pairs: Sequence[tuple[str, str]],
    ses: Sequence[str],
    *,
    named: Iterable[str] | None = None,
    but: Collection[tuple[str, str]] = (),
) -> Cases:
    """Give a case a city, SES and pair: the first class is more active beside the second.

    `but` names the pairs of city and SES that the paper excepts.
    """
    labels = class_labels()

    def cases(tables: Tables) -> list[Case]:
        found = []
        for city in cities_of(tables, named=named):
            for which in ses:
                if (city, which) in but:
                    continue
                for u, v in pairs:
                    row = tables.pair[city, which, u, v]
                    place = f"{labels[u]} beside {labels[v].lower()}, {tables.names[city]}, {which}"
                    found.append(_coactivation_case(tables, row, place))
        return found

    return cases


def _coactivation_case(tables: Tables, row: object, place: str) -> Case:
    decision = tables.decision(row)
    if not is_tested(decision):
        return Case(place, None, f"{decision}, n = {row.n}")  # type: ignore[attr-defined]
    q_value = row.plain_q_value if tables.measure == PLAIN else row.q_value  # type: ignore[attr-defined]
    figures = f"{tables.coactivation(row):.2f}, q = {q_value:.2g}"
    return Case(place, outcome(decision, "over"), figures)


def mostly_coactivated(
    pairs: Sequence[tuple[str, str]],
    *,
    wanted: str,
    but: Collection[tuple[str, str]] = (),
) -> Cases:
    """Give a case a city and SES: decided pairs are mostly over-coactivated, or are not.

    Parameters
    ----------
    pairs : sequence of (class, class beside)
    wanted : {"over", "not over"}
        Open where no pair is decided.
    but : collection of (city, SES)
        That the paper excepts.
    """

    def cases(tables: Tables) -> list[Case]:
        found = []
        for city in cities_of(tables):
            for ses in ("low", "high"):
                if (city, ses) in but:
                    continue
                decisions = [tables.decision(tables.pair[city, ses, u, v]) for u, v in pairs]
                tested = [decision for decision in decisions if is_tested(decision)]
                over = sum(outcome(decision, "over") is True for decision in tested)
                under = sum(outcome(decision, "over") is False for decision in tested)
                is_over = over > under if over + under else None
                speaks_for = is_over if wanted == "over" or is_over is None else not is_over
                figures = f"{over} over, {under} under of {len(tested)} pairs"
                found.append(Case(f"{tables.names[city]}, {ses}", speaks_for, figures))
        return found

    return cases
