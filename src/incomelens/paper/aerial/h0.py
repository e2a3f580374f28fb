"""H0 by city, SES and class: activation falls on land in proportion to its area."""

from collections.abc import Mapping, Sequence

import pandas as pd

from incomelens.paper.aerial.inputs import by_scheme
from incomelens.paper.aerial.names import METHODS, check_cities, class_labels, main_method
from incomelens.paper.aerial.tested import (
    BLOCK,
    PAPERS,
    block,
    joint_tests,
    papers_columns,
    probability,
    rejected_by_method,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Table, estimate, rows

KEYS = ("city", "scheme", "ses", "urban_class")
NOTE = (
    "Ratio x: mean activation ratio of the class over the tiles of the SES group, by "
    "predicted class. Expected under H0: its mean with the maps of other tiles on the same "
    "land, which a preference of maps for the middle or a side of the tile moves away from "
    "1. The interval leaves it out exactly where P is at most 0.05; q asks more, for the "
    "number of tests. Effect: distance of the two in standard deviations of the tiles' "
    "ratios. Other methods, intervals over single tiles, the test with a tile's own map "
    "turned, the pooled ratio and the ratio without slivers below 0.5 % of a tile stand in "
    "the CSV. Classes in too few tiles or spatial blocks are not tested."
)

TESTED = (
    "P by exchanging maps between tiles of one network, SES group and part of the city, two-sided, "
    "errors adding up by spatial block; q by Benjamini and Hochberg over all cities, SES groups "
    "and classes of a method under one scheme of folds; decided at q ≤ 0.05. In brackets the 95 % "
    "interval that belongs to this test."
)


def exhibit(
    h0: Sequence[pd.DataFrame], *, names: Mapping[str, str], schemes: Sequence[str]
) -> Exhibit:
    """Lay out H0: no class activates more, or less, than its area.

    Parameters
    ----------
    h0 : sequence of DataFrame
        `topology/h0-{scheme}.csv` of every scheme.
    """
    numbers = by_scheme(h0, schemes, "H0")
    check_cities([*numbers["city"]], names)
    method, labels = main_method([*numbers["method"]]), class_labels()
    part = numbers[numbers["method"] == method]
    shown = pd.DataFrame(
        {
            BLOCK: block(row, names),
            "Urban class": labels[row.urban_class],
            "Tiles": row.n,
            "Ratio x": estimate(row, "ratio", interval="block_ci"),
            "Expected under H0": row.expected_ratio,
            "Effect": row.effect_size,
            "P": probability(row.p_value),
            "q": probability(row.q_value),
            "H0": row.decision,
        }
        for row in rows(part)
    )
    beside = papers_columns(part, numbers, KEYS, {"x": "ratio", "H0": "decision"})
    table = Table(
        numbers=numbers,
        shown=shown.join(beside),
        caption=(
            "H0: activation falls on urban classes in proportion to their area "
            f"({METHODS.get(method, method)})."
        ),
        notes=(
            NOTE,
            TESTED,
            joint_tests(numbers, method, names, "H0"),
            rejected_by_method(numbers),
        ),
        blocks=BLOCK,
        decimals={"Ratio x": 2, "Expected under H0": 2, "Effect": 2, f"{PAPERS}: x": 2},
    )
    return Exhibit(table)
