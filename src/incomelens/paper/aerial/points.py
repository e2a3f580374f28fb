"""Annotated points: whether maps fall on the discs around them beyond their area."""

from collections.abc import Mapping, Sequence

import pandas as pd

from incomelens.paper.aerial.inputs import by_scheme
from incomelens.paper.aerial.names import METHODS, check_cities, main_method
from incomelens.paper.aerial.tested import BLOCK, block, probability
from incomelens.paper.exhibit import Exhibit
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
            "q by Benjamini and Hochberg over all cities, SES groups and kinds of points of a "
            "method under one scheme of folds; decided at q ≤ 0.05. In brackets 95 % intervals by "
            "exchanging maps.",
        ),
        blocks=BLOCK,
        decimals={"Ratio x": 2, "Expected under H0": 2},
    )
    return Exhibit(table)
