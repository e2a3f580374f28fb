"""Annotated points: whether maps fall on the discs around them beyond area and both nulls."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from incomelens.paper.aerial.inputs import by_scheme
from incomelens.paper.aerial.names import (
    METHODS,
    UNTESTED,
    check_cities,
    is_rejected,
    main_method,
)
from incomelens.paper.aerial.tested import BLOCK, block, probability
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name
from incomelens.paper.table import Table, estimate, rows


def exhibit(
    points: Sequence[pd.DataFrame],
    *,
    names: Mapping[str, str],
    schemes: Sequence[str],
    radii: Mapping[str, float],
) -> Exhibit:
    """Lay out H0 of annotated points, which no map is made from.

    Parameters
    ----------
    points : sequence of DataFrame
        `topology/points-{scheme}.csv` of every scheme.
    radii : mapping
        Of the discs of each kind, metres.
    """
    numbers = by_scheme(points, schemes, "points")
    check_cities([*numbers["city"]], names)
    method = main_method([*numbers["method"]])
    shown = pd.DataFrame(
        {
            BLOCK: block(row, names),
            "Points": row.urban_class.replace("_", " "),
            "Tiles": row.n,
            "Ratio x": estimate(row, "ratio", interval="block_ci"),
            "Expected under H0": row.expected_ratio,
            "P": probability(row.p_value),
            "P, turned": probability(row.turned_p_value),
            "q": probability(row.q_value),
            "H0": row.decision,
            "Beyond shuffled labels": row.beyond_shuffled,
        }
        for row in rows(numbers[numbers["method"] == method])
    )
    discs = ", ".join(
        f"{radius:g} m around {kind.replace('_', ' ')}" for kind, radius in radii.items()
    )
    table = Table(
        numbers=numbers,
        shown=shown,
        caption=(
            "Annotated points: activation falls on the discs around them in proportion to their "
            f"area ({METHODS.get(method, method)})."
        ),
        notes=(
            f"Discs: {discs}. Ratio x: share of the map on the discs over their share of the area, "
            "mean over the tiles of the SES group with a disc, by predicted class. P: against the "
            "maps of other tiles on the same discs, as for urban classes; P, turned: against the "
            "tile's own map turned and mirrored. Other methods stand in the CSV.",
            "Beyond shuffled labels: how much farther the log ratio lies above its expectation "
            "than that of the same network trained on shuffled labels, in standard errors; beyond "
            "that second null from 1.96 on. It is tried under the first folds.",
            "q by Benjamini and Hochberg over all cities, SES groups and kinds of points of a "
            "method under one scheme of folds; decided at q ≤ 0.05. In brackets 95 % intervals by "
            "exchanging maps.",
        ),
        blocks=BLOCK,
        decimals={"Ratio x": 2, "Expected under H0": 2, "Beyond shuffled labels": 1},
        conclusion=tuple(conclusion(numbers, names, schemes)),
    )
    return Exhibit(table)


def conclusion(
    numbers: pd.DataFrame, names: Mapping[str, str], schemes: Sequence[str]
) -> list[str]:
    """Say of every city whether its maps fall on points, the maps of the wealthy first.

    Parameters
    ----------
    numbers : DataFrame
        `topology/points-{scheme}.csv` of every scheme, with the scheme.
    schemes : sequence of str
        The first is the one under which both nulls are tried.
    """
    return [
        _of_city(table, names[city], kind, schemes)
        for (city, kind), table in numbers.groupby(["city", "urban_class"], sort=False)
    ]


def _of_city(table: pd.DataFrame, city: str, kind: str, schemes: Sequence[str]) -> str:
    main = table[table["method"] == main_method([*table["method"]])]
    first = main["scheme"] == schemes[0]
    wealthy_first = main[first].sort_values("ses", key=lambda ses: ses != "high", kind="stable")
    parts = [
        f"where the network predicts {row['ses']} SES, its maps {_told(row)}"
        + _by_methods(table[(table["scheme"] == schemes[0]) & (table["ses"] == row["ses"])])
        for row in wealthy_first.to_dict("records")
    ]
    said = f"{city}, annotated {kind.replace('_', ' ')} ({folds_name(schemes[0])}): "
    return said + "; ".join(parts) + "." + _under_others(main[~first & (main["ses"] == "high")])


def _told(row: Mapping[str, Any]) -> str:
    """What the maps of an SES group do, after "its maps"."""
    if row["decision"] in UNTESTED:
        return f"cannot be judged ({row['decision']})"
    ratio = (
        f"(ratio {row['ratio']:.2f}, {row['block_ci_low']:.2f} to {row['block_ci_high']:.2f}; "
        f"{row['expected_ratio']:.2f} by chance)"
    )
    if row["decision"] != "over-activated":
        word = "less" if is_rejected(row["decision"]) else "no more"
        return f"fall on them {word} than those of other tiles do {ratio}"
    if pd.isna(row["relied_on"]):
        return f"fall on them more than those of other tiles do {ratio}; no second null was tried"
    if row["relied_on"]:
        return f"fall on them beyond both nulls {ratio}"
    return (
        "fall on them more than those of other tiles do, and no more than those of a network that "
        f"learnt from shuffled labels {ratio}"
    )


def _by_methods(group: pd.DataFrame) -> str:
    """By how many methods maps fall on the points beyond both nulls, where several were tried."""
    tried = group["relied_on"].dropna()
    if len(tried) < 2:
        return ""
    return f", beyond both by {int(tried.sum())} of {len(tried)} methods"


def _under_others(of_wealthy: pd.DataFrame) -> str:
    """What the first null says of the wealthy's maps under the other folds."""
    told = [
        f"{decision} under {folds_name(scheme)}"
        for scheme, decision in zip(of_wealthy["scheme"], of_wealthy["decision"], strict=True)
    ]
    return f" The first null alone, high SES: {', '.join(told)}." if told else ""
