"""How the maps of the poorest and of the richest class are related."""

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Table, rows
from incomelens.paper.validation.names import NETWORKS, QUANTITIES, check_given, mean_with_range


def exhibit(mirror: pd.DataFrame) -> Exhibit:
    """Lay out how the maps of the poorest and of the richest class are related.

    From `attribution/mirror.csv`.
    """
    check_given(mirror=mirror)
    shown = [
        {
            "Network": f"{NETWORKS.get(row.network, row.network)} ({row.head})",
            "Quantity": QUANTITIES.get(row.quantity, row.quantity),
            "Networks": row.n_networks,
            "Tiles": row.n,
            "Cosine": mean_with_range(row, "cosine_mean", "cosine_min", "cosine_max"),
        }
        for row in rows(mirror)
    ]
    table = Table(
        numbers=mirror,
        shown=pd.DataFrame(shown),
        caption="Mirror property: cosine of the maps of the poorest and of the richest class.",
        notes=(
            "Mean over held-out tiles where neither map is empty; in brackets the lowest and the "
            "highest tile. Behind one logit plain gradients and CAMs of both classes are negatives "
            "(−1), so that their rectified maps share no place; guided gradients are nearly equal.",
        ),
        blocks="Network",
    )
    return Exhibit(table)
