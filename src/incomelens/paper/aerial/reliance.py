"""Which classes the network relies on, by how many readings, beyond both nulls."""

from collections.abc import Mapping, Sequence

import pandas as pd

from incomelens.paper.aerial.names import (
    METHODS,
    OCCLUDED,
    UNTESTED,
    check_cities,
    class_labels,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name
from incomelens.paper.table import Row, Table, Verdict, rows

BLOCK = "City and SES"
READINGS = {**METHODS, **OCCLUDED}
NOTHING = "no class stands out beyond both nulls"
NOTES = (
    "Mean activation ratio of each class by each reading of the network, by predicted class. "
    "“Relied on”: over-activated (H0, q ≤ 0.05 over all cities, SES groups and classes of a "
    "reading), and farther above what the exchange of maps expects than by the same network "
    "trained on shuffled labels, which knows nothing of income (one-sided 2.5 %). “Over”: by H0 "
    "alone; “under”: under-activated. Classes that no reading could test are left out.",
    "The last reading is no map: a class is painted evenly in its own mean colour, and what the "
    "logit of the predicted class loses is set beside what it loses where land of equal area and "
    "shape elsewhere in the tile is painted. It needs no second null.",
)


def exhibit(reliance: pd.DataFrame, *, names: Mapping[str, str], schemes: Sequence[str]) -> Exhibit:
    """Lay out `topology/reliance.csv`, and say in words what follows."""
    check_cities([*reliance["city"]], names)
    methods, labels = list(dict.fromkeys(reliance["method"])), class_labels()
    places = reliance.groupby(["city", "ses", "urban_class"], sort=False)
    shown = [
        {BLOCK: f"{names[city]}, {ses} SES", "Urban class": labels[urban_class]}
        | {READINGS[row.method]: _cell(row) for row in rows(table)}
        | {"Relied on by": f"{table['relied_on'].sum()} of {_n_tested(table)}"}
        for (city, ses, urban_class), table in places
        if _n_tested(table)
    ]
    headings = [BLOCK, "Urban class", *map(READINGS.__getitem__, methods), "Relied on by"]
    table = Table(
        numbers=reliance,
        shown=pd.DataFrame(shown, columns=headings),
        caption=f"Land that the network relies on, beyond both nulls ({folds_name(schemes[0])}).",
        notes=NOTES,
        conclusion=tuple(conclusion(reliance, names)),
        blocks=BLOCK,
    )
    return Exhibit(table)


def conclusion(reliance: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Say of each city which classes are relied on, those first that most readings agree on."""
    labels, n = class_labels(), reliance["method"].nunique()
    return [
        f"{names[city]}: "
        + "; ".join(
            f"where it predicts {ses} SES, {_told(group, labels, n)}"
            for ses, group in table.groupby("ses", sort=False)
        )
        + "."
        for city, table in reliance.groupby("city", sort=False)
    ]


def _told(group: pd.DataFrame, labels: Mapping[str, str], n_readings: int) -> str:
    counts = group.groupby("urban_class", sort=False)["relied_on"].sum()
    counts = counts[counts > 0].sort_values(ascending=False, kind="stable")
    told = [f"{labels[name].lower()} ({n} of {n_readings} readings)" for name, n in counts.items()]
    return f"the network relies on {', '.join(told)}" if told else NOTHING


def _cell(row: Row) -> Verdict | None:
    decision = row.decision
    if decision in UNTESTED:
        return None
    ratio = f"{row.ratio:.2f}"
    if row.relied_on:
        return Verdict(f"{ratio}, relied on", "yes")
    word = decision.partition("-")[0]
    return Verdict(f"{ratio}, {word}" if word in ("over", "under") else ratio, "open")


def _n_tested(table: pd.DataFrame) -> int:
    return int((~table["decision"].isin(UNTESTED)).sum())
