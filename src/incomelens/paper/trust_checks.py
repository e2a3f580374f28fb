"""Tables of the study `validation` on the maps alone: likeness, curves, stability, mirror."""

from collections.abc import Mapping

import pandas as pd

from incomelens.paper.table import Estimate, Table, estimate, rows
from incomelens.paper.topology_names import METHODS
from incomelens.paper.trust_names import (
    BETWEEN,
    GRADIENTS,
    MEASURES,
    NETWORKS,
    QUANTITIES,
    against_label,
    order_label,
)

Given = Mapping[str, pd.DataFrame]


def sanity_table(given: Given) -> Table:
    """Lay out how like the maps are to those of networks that forgot, or learned otherwise.

    Parameters
    ----------
    given : mapping
        ``similarity``: `attribution/similarity.csv`.
    """
    table = given["similarity"]
    shown = []
    for measure, label in MEASURES.items():
        of_measure = table[table["measure"] == measure].sort_values("step", kind="stable")
        for kind in ("network", "cascade"):
            part = of_measure[of_measure["kind"] == kind]
            for against in dict.fromkeys(part["against"]):
                cells = {
                    row.method: mean_with_range(row)
                    for row in rows(part[part["against"] == against])
                }
                shown.append(
                    {
                        "Measure": f"{label}, {_kind(kind)}",
                        "Compared with": against_label(against),
                        **{
                            name: cells.get(method, float("nan"))
                            for method, name in {**METHODS, **GRADIENTS}.items()
                        },
                    }
                )
    names = [*METHODS.values(), *GRADIENTS.values()]
    return Table(
        numbers=table,
        shown=pd.DataFrame(shown),
        caption="Sanity checks: similarity of maps to those of other networks.",
        notes=(
            "Forgetting: weights from the head down to this part are made anew (their batch norms "
            "take the statistics of the tiles). Mean over cities, folds and both targets; in "
            "brackets the lowest and the highest of these. Maps of tiles that the network did not "
            "train on; empty maps are left out. The same map turned by half shows what is alike "
            "without any likeness of place.",
            "Adebayo et al. (2018): a map that hardly changes when the network forgets does not "
            "explain what it has learned.",
        ),
        blocks="Measure",
        decimals=dict.fromkeys(names, 2),
    )


def curves_table(given: Given) -> Table:
    """Lay out the areas under the curves of deletion and insertion.

    Parameters
    ----------
    given : mapping
        ``areas``: `attribution/curve_areas.csv`.
    """
    areas = given["areas"]
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
    return Table(
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


def stability_table(given: Given) -> Table:
    """Lay out how alike class ratios come out again.

    Parameters
    ----------
    given : mapping
        ``stability``: `topology/stability.csv`.
    """
    table = given["stability"]
    shown = [
        {
            "Between": BETWEEN[row.between],
            "Compared": f"{_compared(row.a)} – {_compared(row.b)}",
            "Network": NETWORKS.get(row.network, row.network),
            "Method": "" if row.between == "methods" else METHODS.get(row.method, row.method),
            "n": row.n,
            "Rank correlation": Estimate(row.median, row.low, row.high),
        }
        for row in rows(table)
    ]
    return Table(
        numbers=table,
        shown=pd.DataFrame(shown),
        caption="Stability of class ratios: rank correlation over urban classes.",
        notes=(
            "Median over cities, SES groups and pairs of folds; in brackets the lowest and the "
            "highest. Classes in enough tiles of both sides. Two folds share neither tiles nor "
            "network.",
        ),
        blocks="Between",
        decimals={"Rank correlation": 2},
    )


def mirror_table(given: Given) -> Table:
    """Lay out how the maps of the poorest and of the richest class are related.

    Parameters
    ----------
    given : mapping
        ``mirror``: `attribution/mirror.csv`.
    """
    table = given["mirror"]
    shown = [
        {
            "Network": f"{NETWORKS.get(row.network, row.network)} ({row.head})",
            "Quantity": QUANTITIES.get(row.quantity, row.quantity),
            "Networks": row.n_networks,
            "Tiles": row.n,
            "Cosine": _cosine(row),
        }
        for row in rows(table)
    ]
    return Table(
        numbers=table,
        shown=pd.DataFrame(shown),
        caption="Mirror property: cosine of the maps of the poorest and of the richest class.",
        notes=(
            "Mean over held-out tiles where neither map is empty; in brackets the lowest and the "
            "highest tile. Behind one logit plain gradients and CAMs of both classes are negatives "
            "(−1), so that their rectified maps share no place; guided gradients are nearly equal.",
        ),
        blocks="Network",
    )


def mean_with_range(row: object) -> Estimate | float:
    """Mean of a row with its lowest and highest value; NaN where there is none."""
    values = (row.mean, row.low, row.high)  # type: ignore[attr-defined]
    return float("nan") if pd.isna(values[0]) else Estimate(*values)


def _cosine(row: object) -> Estimate | float:
    values = (row.cosine_mean, row.cosine_min, row.cosine_max)  # type: ignore[attr-defined]
    return float("nan") if pd.isna(values[0]) else Estimate(*values)


def _kind(kind: str) -> str:
    return {"network": "other networks", "cascade": "forgetting"}[kind]


def _compared(name: str) -> str:
    return NETWORKS.get(name, METHODS.get(name, name))
