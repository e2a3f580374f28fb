"""Areas under the curves of deletion and insertion."""

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Table, estimate, rows
from incomelens.paper.validation.names import check_given, order_label


def exhibit(areas: pd.DataFrame) -> Exhibit:
    """Lay out the areas under the curves of deletion and insertion.

    From `attribution/curve_areas.csv`.
    """
    check_given(areas=areas)
    shown = [
        {
            "Curve": row.mode,
            "Order": order_label(row.order),
            "Tiles": row.n,
            "Area": row.area,
            "Less random patches": estimate(row, "over_random", interval="over_random_ci"),
            "Less the map turned": estimate(row, "over_turned", interval="over_turned_ci"),
        }
        for row in rows(areas)
    ]
    table = Table(
        numbers=areas,
        shown=pd.DataFrame(shown),
        caption="Deletion and insertion: area under the curve of the score.",
        notes=(
            "Score: position on the scale of classes, towards the side that the tile is predicted "
            "to be on. Patches of a tile are replaced by their blur (deletion), or put into the "
            "blurred tile (insertion), the brightest first. A map is worth something if deletion "
            "is below chance and insertion above. 95 % intervals by resampling tiles of a city.",
        ),
        blocks="Curve",
    )
    return Exhibit(table)
