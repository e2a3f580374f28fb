"""Which method to use for what: every method's figures in the cities that judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from incomelens.paper.aerial.names import MAIN
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Estimate, Table, estimate, rows
from incomelens.paper.validation.names import (
    ALL_METHODS,
    BOTH,
    COAST,
    LEAST_AREA,
    LEAST_AREA_LOW,
    LEAST_FIRST,
    LEAST_FOUND,
    LEAST_STABLE,
    MOST_FALSE,
    NOTHING,
    PLANTED_MEANS,
    ROLES,
    SHUFFLED,
    check_given,
)


@dataclass(frozen=True)
class Use:
    """What a method may serve for: in words, and what the columns that decide must reach."""

    words: str
    least: Mapping[str, float] = field(default_factory=dict)
    most: Mapping[str, float] = field(default_factory=dict)

    def allowed(self, line: Mapping[str, Any]) -> bool:
        """Whether the line of a method reaches what is asked; a missing value does not."""
        value: dict[str, Any] = {name: _plain(cell) for name, cell in line.items()}
        reached = [value[name] >= least for name, least in self.least.items()]
        return all([*reached, *(value[name] <= most for name, most in self.most.items())])


USES = (
    Use("ranking classes", {"Area": LEAST_AREA}),
    Use("ranking classes of low SES alone", {"Area, low": LEAST_AREA_LOW}),
    Use("naming the first class", {"Share first": LEAST_FIRST}),
    # A method that names nothing is never wrong.
    Use("naming classes relied on", {"Reliance": LEAST_FOUND}, {"False reliance": MOST_FALSE}),
    Use("one network's word", {"Two seeds": LEAST_STABLE}),
)
NO_USE = "none of these"
DECIMALS = (
    *("Area", "Area, low", "Area, high", "Area, shuffled labels", "Share first", "By chance"),
    *("Reliance", "False reliance", "on a coast", "without a signal", "By H0 alone"),
    *("Two seeds", "Two folds"),
)


def exhibit(hits: pd.DataFrame, decisions: pd.DataFrame, stability: pd.DataFrame) -> Exhibit:
    """Lay out what each method can be used for, by role of the cities.

    From `topology/planted_hits.csv`, `topology/planted_h0.csv` and `topology/stability.csv`.
    """
    check_given(hits=hits, decisions=decisions)
    shown = []
    for role, name in ROLES.items():
        ranked = hits[(hits["role"] == role) & (hits["network"] == MAIN)]
        for method in dict.fromkeys(ranked["method"]):
            line = _line(hits, decisions, stability, role, method)
            uses = [use.words for use in USES if use.allowed(line)]
            told = "; ".join(uses) or NO_USE
            shown.append({"Cities": name} | line | {"Good for": told})
    table = Table(
        numbers=pd.DataFrame(shown).map(_plain),
        shown=pd.DataFrame(shown),
        caption="Which method to use for what.",
        notes=(
            PLANTED_MEANS,
            "Of trained networks. Area: probability that a planted class has the larger ratio of "
            "two, with a 95 % interval by resampling cities; beside it that of networks trained on "
            "shuffled labels (0.5 by chance). First: units, a city's low or high tiles, where a "
            "planted class has the largest ratio. Reliance: share of cities in which a planted "
            "class is over-activated, and more so than by the network with shuffled labels. False "
            "reliance: the same of classes that were not planted, in all cities with a signal, in "
            "those on a coast, and in those whose look tells nothing; with Wilson's interval. "
            "Beside it, by H0 alone. Two seeds, two folds: median rank correlation of class "
            "ratios.",
            f"Good for: {_asked()}. Methods and settings were chosen on the cities to choose on; "
            "only those that judge count.",
        ),
        blocks="Cities",
        decimals=dict.fromkeys(DECIMALS, 2),
    )
    return Exhibit(table)


def _line(
    hits: pd.DataFrame, decisions: pd.DataFrame, stability: pd.DataFrame, role: str, method: str
) -> dict[str, object]:
    """Figures of one method."""
    ranked = hits[(hits["role"] == role) & (hits["method"] == method) & (hits["style"] == BOTH)]
    area = {(row.network, row.ses): row for row in rows(ranked)}
    first = area[MAIN, BOTH]
    called = decisions[(decisions["role"] == role) & (decisions["method"] == method)]
    called = called[(called["network"] == MAIN) & (called["ses"] == BOTH)]
    right = {row.style: row for row in rows(called[called["planted"]])}
    wrong = {row.style: row for row in rows(called[~called["planted"]])}
    return {
        "Method": ALL_METHODS.get(method, method),
        "Area": estimate(first, "area", interval="area_ci"),
        "Area, low": _of(area.get((MAIN, "low")), "area", "area_ci"),
        "Area, high": _of(area.get((MAIN, "high")), "area", "area_ci"),
        "Area, shuffled labels": _of(area.get((SHUFFLED, BOTH)), "area", "area_ci"),
        "First": f"{first.hits} of {first.n}",
        "Share first": first.hit_rate,
        "By chance": first.chance,
        "Reliance": _of(right.get(BOTH), "cities_relied_on", "cities_relied_on_ci"),
        "False reliance": _of(wrong.get(BOTH), "cities_relied_on", "cities_relied_on_ci"),
        "on a coast": _of(wrong.get(COAST), "cities_relied_on", "cities_relied_on_ci"),
        "without a signal": _of(wrong.get(NOTHING), "cities_relied_on", "cities_relied_on_ci"),
        "By H0 alone": _of(wrong.get(BOTH), "cities_over", "cities_over_ci"),
        "Two seeds": _median(stability, method, "networks", "again") if role == "judge" else np.nan,
        "Two folds": _median(stability, method, "folds", "another") if role == "judge" else np.nan,
    }


def _of(row: object | None, name: str, interval: str) -> Estimate | float:
    return np.nan if row is None else estimate(row, name, interval=interval)


def _median(stability: pd.DataFrame, method: str, between: str, other: str) -> float:
    chosen = stability[(stability["method"] == method) & (stability["between"] == between)]
    chosen = chosen[chosen["b"] == other]
    chosen = chosen if between == "networks" else chosen[chosen["network"] == MAIN]
    return float(chosen["median"].iloc[0]) if len(chosen) else np.nan


def _asked() -> str:
    """What every use asks for, in words."""
    told = []
    for use in USES:
        asked = [f"{name.lower()} at least {end:g}" for name, end in use.least.items()]
        asked += [f"{name.lower()} at most {end:g}" for name, end in use.most.items()]
        told.append(f"{use.words} ({', '.join(asked)})")
    return ", ".join(told)


def _plain(value: object) -> object:
    return value.value if isinstance(value, Estimate) else value
