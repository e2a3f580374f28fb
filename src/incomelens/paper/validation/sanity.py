"""How like maps are to those of networks that forgot, or learned otherwise."""

from itertools import product
from math import nan

import pandas as pd

from incomelens.paper.aerial.names import METHODS
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Table, rows
from incomelens.paper.validation.names import (
    GRADIENTS,
    MEASURES,
    against_label,
    check_given,
    mean_with_range,
)

KINDS = {"network": "other networks", "cascade": "forgetting"}


def exhibit(similarity: pd.DataFrame) -> Exhibit:
    """Lay out how like the maps are to those of networks that forgot, or learned otherwise.

    From `attribution/similarity.csv`.
    """
    check_given(similarity=similarity)
    methods = {**METHODS, **GRADIENTS}
    shown = []
    for (measure, label), (kind, words) in product(MEASURES.items(), KINDS.items()):
        part = similarity[(similarity["measure"] == measure) & (similarity["kind"] == kind)]
        part = part.sort_values("step", kind="stable")
        for against, compared in part.groupby("against", sort=False):
            cells = {row.method: mean_with_range(row) for row in rows(compared)}
            line = {"Measure": f"{label}, {words}", "Compared with": against_label(against)}
            shown.append(line | {name: cells.get(method, nan) for method, name in methods.items()})
    table = Table(
        numbers=similarity,
        shown=pd.DataFrame(shown),
        caption="Sanity checks: similarity of maps to those of other networks.",
        notes=(
            "Forgetting: weights from the head down to this part are made anew (their batch norms "
            "take the statistics of the tiles). Mean over cities, folds and both targets; in "
            "brackets the lowest and the highest of these. Maps of tiles that the network did not "
            "train on; empty maps are left out. The same map turned by half shows what is alike "
            "without any likeness of place.",
            "Complexity is the entropy of a map's values in 100 bins. Where maps grow more complex "
            "once all is made anew, they showed something learned (Hedström et al. 2024).",
            "Adebayo et al. (2018): a map that hardly changes when the network forgets does not "
            "explain what it has learned.",
        ),
        blocks="Measure",
        decimals=dict.fromkeys(methods.values(), 2),
    )
    return Exhibit(table)
