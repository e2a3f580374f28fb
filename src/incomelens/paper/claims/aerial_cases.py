"""Questions that claims of the aerial paper put to a study, and the cases that answer them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from incomelens.cells.urban_classes import DEFAULT_LIST, read_land_use_list
from incomelens.paper.aerial.names import (
    INCOME_CLASSES,
    LEAST_TILES,
    MAIN,
    METRICS,
    PAPER_METRICS,
    TOO_FEW,
    UNTESTED,
    class_order,
    residential_classes,
)
from incomelens.paper.claims.claim import (
    CONTRADICTED,
    OPEN,
    SUPPORTED,
    Case,
    Question,
    cell,
    difference,
    ends,
    one_of,
    possible_ranks,
    with_interval,
    within,
)
from incomelens.paper.table import Row, keyed, rows
from incomelens.topology.hypotheses import rank_correlation

BY_H0_ALONE = "not beyond shuffled labels"  # over-activated, as by a network that knows nothing
PLAIN, ADJUSTED = "plain", "adjusted"
PLACE = ("city", "ses", "urban_class")
PAIR = (*PLACE, "neighbour_class")
SES = ("low", "high")
# The classes that the paper speaks of, whichever list the study has.
PAPER = read_land_use_list(DEFAULT_LIST)
LABELS = {one.name: one.label for one in PAPER.classes}
RESIDENTIAL = tuple(PAPER.names[place] for place in PAPER.residential)
NON_RESIDENTIAL = tuple(
    one.name
    for group in PAPER.groups[1:]
    for one in PAPER.classes
    if one.group == group and one.published
)
# Below this rank correlation two orders of classes say little of one another.
ALIKE = 0.5
# Families of networks that the paper compares its own with.
CLASSICAL = ("vgg", "resnet")
LAND, SCORES, MAPS = (), ("scheme",), ("scheme", "method")
PAIRS = ("scheme", "method", "measure")
BLOCKS = "95 % interval (spatial blocks)"
INTERVALS = "95 % intervals (spatial blocks)"
# Columns of H1's decision, value and q, by measure.
COACTIVATION = {
    PLAIN: ("plain_decision", "coactivation", "plain_q_value"),
    ADJUSTED: ("decision", "coactivation_adjusted", "q_value"),
}


@dataclass(frozen=True)
class Study:
    """Tables of all cities, of one scheme and method, as the claims ask them.

    Parameters
    ----------
    h0, h1 : DataFrame
        Rows of the scheme and method.
    probabilities, gains : DataFrame
    summary, classes, comparisons : DataFrame
        Of the scheme, from `inference/{city}/{scheme}`.
    names : mapping
        Of cities in print.
    backbones : mapping
        Of networks, by key.
    measure : {"plain", "adjusted"}
        Which coactivation H1 is judged on.
    """

    h0: pd.DataFrame
    h1: pd.DataFrame
    probabilities: pd.DataFrame
    gains: pd.DataFrame
    summary: pd.DataFrame
    classes: pd.DataFrame
    comparisons: pd.DataFrame
    names: Mapping[str, str]
    backbones: Mapping[str, str]
    measure: str = PLAIN

    @cached_property
    def rows_of(self) -> Mapping[str, Mapping[tuple, Any]]:
        """Rows of four tables by city, SES, class and, of pairs, the class beside."""
        keys = {"h0": PLACE, "probabilities": PLACE, "h1": PAIR, "gains": PAIR}
        return {name: keyed(getattr(self, name), *of_table) for name, of_table in keys.items()}

    def cities(self, named: Iterable[str] | None = None) -> list[str]:
        """Cities of the study that a claim is about: all, or those it names."""
        return [city for city in self.names if named is None or city in set(named)]


def _of_main(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["model"] == MAIN) & (table["cells"] == "all")]


# ---------------------------------------------------------------- scores


def score_in_range(metric: str, low: float, high: float) -> Question[Study]:
    """Ask by city whether its score lies in the range that the paper prints."""

    def cases(study: Study) -> Iterator[Case]:
        scores = keyed(_of_main(study.summary), "city", "scope", "metric")
        for city, name in study.names.items():
            row = scores[city, "mean_of_folds", metric]
            figures = f"{METRICS[metric].heading} {cell(row, 'value')}"
            yield Case(name, figures, within(ends(row), low, high))

    rule = f"The whole {BLOCKS} of a city's mean of folds lies in the range"
    return Question(rule, cases, SCORES)


def hardest_class(by_city: Mapping[str, int]) -> Question[Study]:
    """Ask by city whether this income class is the one least often predicted correctly."""

    def cases(study: Study) -> Iterator[Case]:
        recalls = keyed(_of_main(study.classes), "city", "income_class")
        for city in study.cities(by_city):
            recall_rows = [recalls[city, number] for number in INCOME_CLASSES]
            row_of_class = recalls[city, by_city[city]]
            others = [ends(row) for row in recall_rows if row is not row_of_class]
            possible = possible_ranks(ends(row_of_class), others)
            verdict = one_of(possible, [len(INCOME_CLASSES)])
            numbers = (f"{row.income_class}: {cell(row, 'recall')}" for row in recall_rows)
            yield Case(study.names[city], f"recall by class {', '.join(numbers)}", verdict)

    return Question(f"By {INTERVALS} of recall no other class can be harder", cases, SCORES)


def beats_classical_networks(study: Study) -> Iterator[Case]:
    """Give a case a city, VGG or ResNet, and score of the paper: the main network is better."""
    backbone = _of_main(study.comparisons)["against"].map(dict(study.backbones)).fillna("")
    table = study.comparisons.loc[backbone.index].assign(backbone=backbone)
    table = table[backbone.str.startswith(CLASSICAL) & table["metric"].isin(PAPER_METRICS)]
    if table.empty:
        yield Case("", "this study compares no VGG or ResNet")
    for row in rows(table):
        metric, verdict = METRICS[row.metric], within(ends(row), low=0)
        figures = f"{metric.heading}, difference {cell(row, 'value', sign='+')}"
        name = f"{row.backbone}, {study.names[row.city]}"
        yield Case(name, figures, verdict if metric.more_is_better else verdict.opposite)


# ---------------------------------------------------------------- H0 and H1


def rejects_h0(study: Study) -> Iterator[Case]:
    """Give a case a city: the joint test rejects H0."""
    return _joint(study, study.h0)


def rejects_h1(study: Study) -> Iterator[Case]:
    """Give a case a city: H1 is rejected, jointly (adjusted) or for at least one pair (plain)."""
    if study.measure == ADJUSTED:
        yield from _joint(study, study.h1)
        return
    for city, name in study.names.items():
        decisions = study.h1.loc[study.h1["city"] == city, "plain_decision"]
        tested = decisions[~decisions.isin(UNTESTED)]
        rejected = int(tested.str.startswith(("over-", "under-")).sum())
        figures = f"{rejected} of {len(tested)} pairs at q ≤ 0.05"
        yield Case(name, figures, SUPPORTED if rejected else OPEN)


def _joint(study: Study, table: pd.DataFrame) -> Iterator[Case]:
    """Give a case a city: its joint test rejects. One that does not leaves it open."""
    for city, name in study.names.items():
        row = next(rows(table[table["city"] == city]))
        verdict = SUPPORTED if row.joint_decision == "rejected" else OPEN
        yield Case(name, f"P = {row.joint_p_value:.3g}", verdict, row.joint_p_value)


def activated(
    classes: Sequence[str], ses: str, *, named: Iterable[str] | None = None
) -> Question[Study]:
    """Ask by city and class whether H0 is rejected, the class over-activated."""

    def cases(study: Study) -> Iterator[Case]:
        for city, urban_class in product(study.cities(named), _listed(classes)):
            row = study.rows_of["h0"][city, ses, urban_class]
            name = f"{LABELS[urban_class]}, {study.names[city]}, {ses}"
            yield _decided(name, row, "decision", "ratio", "q_value")

    rule = (
        "H0 is rejected at q ≤ 0.05, x above what is expected, and above what networks of shuffled "
        "labels have, where the study trains them"
    )
    return Question(rule, cases, MAPS)


def coactivated(
    pairs: Sequence[tuple[str, str]],
    ses: Sequence[str] = SES,
    *,
    over: bool = True,
    named: Iterable[str] | None = None,
    but: Collection[tuple[str, str]] = (),
) -> Question[Study]:
    """Ask by city, SES and pair whether the first class is more active beside the second.

    `but` are the pairs of city and SES that the paper excepts; without `over`, whether it is less.
    """

    def cases(study: Study) -> Iterator[Case]:
        columns = COACTIVATION[study.measure]
        for city, group, (u, v) in product(study.cities(named), ses, _listed_pairs(pairs)):
            if (city, group) not in but:
                name = f"{_beside(u, v)}, {study.names[city]}, {group}"
                case = _decided(name, study.rows_of["h1"][city, group, u, v], *columns)
                yield case if over else replace(case, verdict=case.verdict.opposite)

    return Question(f"{'Over' if over else 'Under'}-coactivated at q ≤ 0.05", cases, PAIRS)


def _decided(name: str, row: Row, decision: str, value: str, q_value: str) -> Case:
    """What a decision at q ≤ 0.05 says of a claim on over-activation."""
    decided = getattr(row, decision)
    if decided in UNTESTED:
        return Case(name, f"{decided}, n = {row.n}")
    verdict = {"over": SUPPORTED, "under": CONTRADICTED}.get(decided.partition("-")[0], OPEN)
    alone = f", {decided}" if decided == BY_H0_ALONE else ""
    return Case(name, f"{getattr(row, value):.2f}, q = {getattr(row, q_value):.2g}{alone}", verdict)


def _listed(classes: Iterable[str]) -> list[str]:
    """Classes that the study's list has as well."""
    order = class_order()
    return [name for name in classes if name in order]


def _listed_pairs(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    homes, order = residential_classes(), class_order()
    return [(u, v) for u, v in pairs if u in homes and v in order]


def _beside(u: str, v: str) -> str:
    return f"{LABELS[u]} beside {LABELS[v].lower()}"


# ---------------------------------------------------------------- low and high SES, maps and land


def residential_activates_more(ses: str, named: Collection[str]) -> Question[Study]:
    """Ask by city and residential class whether its ratio is larger in this SES."""

    def cases(study: Study) -> Iterator[Case]:
        places = product(study.cities(named), _listed(RESIDENTIAL))
        return _higher(study, "h0", "ratio", places, ses)

    return Question(f"The {INTERVALS} of both ratios lie apart, {ses} SES higher", cases, MAPS)


def lives_more(classes: Sequence[str], ses: str) -> Question[Study]:
    """Ask by city and class whether its tiles are more often of this SES than of the other."""

    def cases(study: Study) -> Iterator[Case]:
        places = product(study.names, _listed(classes))
        return _higher(study, "probabilities", "probability", places, ses)

    rule = f"The {INTERVALS} of both probabilities lie apart, {ses} SES higher"
    return Question(rule, cases, LAND)


def _higher(
    study: Study, table: str, column: str, places: Iterable[tuple[str, str]], ses: str
) -> Iterator[Case]:
    """Give a case a city and class: the number of this SES is larger than that of the other."""
    (other,) = set(SES) - {ses}
    for city, urban_class in places:
        pair = [study.rows_of[table][city, group, urban_class] for group in (ses, other)]
        name, n = f"{LABELS[urban_class]}, {study.names[city]}", min(row.n for row in pair)
        numbers = (f"{row.ses} {cell(row, column)}" for row in pair)
        apart = difference(*map(ends, pair))
        yield (
            Case(name, f"{TOO_FEW}, n = {n}")
            if n < LEAST_TILES
            else Case(name, ", ".join(numbers), within(apart, low=0))
        )


def gains(pairs: Sequence[tuple[str, str]], ses: str, *, more: bool = True) -> Question[Study]:
    """Ask by city and pair: with the neighbour, are tiles more (or less) often of this SES."""

    def cases(study: Study) -> Iterator[Case]:
        for city, (u, v) in product(study.names, _listed_pairs(pairs)):
            row, name = (
                study.rows_of["gains"][city, ses, u, v],
                f"{_beside(u, v)}, {study.names[city]}",
            )
            verdict = within(ends(row), low=1)
            figures = f"gain {cell(row, 'gain')}, n = {row.n}"
            yield Case(name, figures, verdict if more else verdict.opposite)

    return Question(f"The {BLOCKS} of the gain lies {'above' if more else 'below'} 1", cases, LAND)


def unlike_the_land(study: Study) -> Iterator[Case]:
    """Give a case a city and SES: classes are ordered otherwise by activation than by income."""
    for city, ses in product(study.names, SES):
        places = [(city, ses, urban_class) for urban_class in class_order()]
        pairs = [
            (study.rows_of["h0"][place], study.rows_of["probabilities"][place]) for place in places
        ]
        enough = [(x.ratio, p.probability) for x, p in pairs if min(x.n, p.n) >= LEAST_TILES]
        x, p = np.array(enough, dtype=float).reshape(-1, 2).T
        rho, interval = rank_correlation(x, p)
        figures = f"rank correlation {with_interval(rho, interval)}, {len(enough)} classes"
        yield Case(f"{study.names[city]}, {ses}", figures, within(interval, high=ALIKE))
