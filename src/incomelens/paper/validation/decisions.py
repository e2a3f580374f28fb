"""How often H0 and H1 are rejected where they are right, and where they are wrong."""

from math import nan

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Row, Table, estimate, rows
from incomelens.paper.validation.names import (
    ALL_METHODS,
    BOTH,
    NETWORKS,
    PLANTED_MEANS,
    check_given,
    world_label,
)


def exhibit(decisions: pd.DataFrame, pairs: pd.DataFrame) -> Exhibit:
    """Lay out how often H0 and H1 are rejected where it is right, and where it is wrong.

    From `topology/planted_h0.csv` and `topology/planted_h1.csv`.
    """
    check_given(decisions=decisions, pairs=pairs)
    shown = [
        _row("H0", row, "planted classes" if row.planted else "other classes", "cities_over")
        for row in rows(decisions[decisions["ses"] == BOTH])
    ] + [
        _row("H1", row, f"{row.measure} coactivation", "cities_rejected")
        for row in rows(pairs[pairs["ses"] == BOTH])
    ]
    table = Table(
        numbers=pd.concat([decisions.assign(hypothesis="H0"), pairs.assign(hypothesis="H1")]),
        shown=pd.DataFrame(shown),
        caption="Decisions of H0 and H1 in cities whose truth is known.",
        notes=(
            PLANTED_MEANS,
            "Over, Under: shares of the tests (both SES groups) rejected at q ≤ 0.05 within the "
            "city. Relied on: called over-activated, and more so than by the network with shuffled "
            "labels (their intervals lie apart). Cities with one: share with at least one class "
            "called over-activated (H0) or one pair rejected (H1), with Wilson's 95 % interval. "
            "Ratios make up for one another: where planted classes are over-activated, others must "
            "be under-activated. No interaction of classes was drawn into any picture. A network "
            "trained on shuffled labels knows nothing of income; what is rejected for it says that "
            "maps follow the land, not that they explain incomes.",
        ),
        blocks="Hypothesis",
        decimals=dict.fromkeys(
            ("Over", "Under", "Relied on", "Cities with one", "Cities with one relied on"), 2
        ),
    )
    return Exhibit(table)


def _row(hypothesis: str, row: Row, about: str, cities: str) -> dict[str, object]:
    return {
        "Hypothesis": f"{hypothesis}, {world_label(row)}",
        "Network": NETWORKS.get(row.network, row.network),
        "Method": ALL_METHODS.get(row.method, row.method),
        "About": about,
        "Tests": row.n_tests,
        "Over": row.over,
        "Under": row.under,
        "Relied on": getattr(row, "relied_on", nan),
        "Cities": row.n_cities,
        "Cities with one": estimate(row, cities, interval=f"{cities}_ci"),
        "Cities with one relied on": estimate(
            row, "cities_relied_on", interval="cities_relied_on_ci"
        )
        if hypothesis == "H0"
        else nan,
    }
