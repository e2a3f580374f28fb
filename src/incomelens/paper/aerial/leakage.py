"""What each scheme of folds leaks where several cells take their label from one tract."""

from collections.abc import Mapping, Sequence

import pandas as pd

from incomelens.paper.aerial.inputs import stacked
from incomelens.paper.aerial.names import check_cities
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name
from incomelens.paper.table import Table, estimate, rows

COPIED = "copy_neighbours"
MODEL = "main"


def exhibit(
    leakage: Sequence[pd.DataFrame],
    summary: Sequence[pd.DataFrame],
    *,
    names: Mapping[str, str],
    cities: Sequence[str],
    places: Sequence[tuple[str, str]],
) -> Exhibit:
    """Lay out how often a held-out label stands in training, beside what copying is worth.

    Parameters
    ----------
    leakage : sequence of DataFrame
        `folds/{city}-leakage.csv` of every city.
    summary : sequence of DataFrame
        `inference/{city}/{scheme}/summary.csv` of every city and scheme.
    """
    check_cities(list(cities), names)
    leak = pd.concat(
        [table.assign(city=city) for city, table in zip(cities, leakage, strict=True)],
        ignore_index=True,
    )
    scores = stacked(summary, places, "summary of scores")
    scores = scores[
        (scores["scope"] == "pooled")
        & (scores["cells"] == "all")
        & (scores["metric"] == "accuracy")
        & scores["model"].isin([COPIED, MODEL])
    ]
    found = {(row.city, row.scheme, row.model): row for row in rows(scores)}
    numbers = leak[["city", *leak.columns.drop("city")]].copy()
    for model in (COPIED, MODEL):
        for column in ("value", "ci_low", "ci_high"):
            numbers[f"{model}_accuracy_{column}".removesuffix("_value")] = [
                getattr(found.get((row.city, row.scheme, model)), column, float("nan"))
                for row in rows(leak)
            ]
    lines = [
        {
            "City": names[row.city],
            "Folds": folds_name(row.scheme),
            "Cells": row.n,
            "Units": row.n_label_units,
            "Unit in training, %": 100 * row.unit_in_training,
            "Acc: nearest cell": row.copied_nearest,
            "Acc: neighbouring units": estimate(found.get((row.city, row.scheme, COPIED))),
            "Acc: network": estimate(found.get((row.city, row.scheme, MODEL))),
        }
        for row in rows(leak)
    ]
    return Exhibit(
        Table(
            numbers=numbers,
            shown=pd.DataFrame(lines),
            caption="What folds leak of labels that several cells share.",
            notes=(
                "Unit in training: share of held-out cells whose unit (the tract or commune that "
                "their label is of) has another cell to learn from. Acc: share of cells in their "
                "class, by copying the class of the nearest training cell, by the median of the "
                "nearest training cells of eight units, and by the network; in brackets 95 % "
                "intervals by resampling units. Chance is 0.2.",
            ),
            blocks="City",
            decimals={"Cells": 0, "Units": 0, "Unit in training, %": 0}
            | dict.fromkeys(("Acc: nearest cell", "Acc: neighbouring units", "Acc: network"), 2),
        )
    )
