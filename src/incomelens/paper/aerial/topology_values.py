"""Our coactivations and gains beside those that the paper's preprint shows.

Deviation `preprint_values`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from incomelens.paper.aerial.inputs import by_scheme, preprint_value
from incomelens.paper.aerial.names import SCHEMES, class_labels, main_method
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.reference import Reference
from incomelens.paper.table import Table, estimate, rows

SHOWN = ("City", "Measure", "Folds", "SES", "Class", "Beside", "Tiles", "Ours", "Preprint")


def exhibit(
    gains: Sequence[pd.DataFrame],
    h1: Sequence[pd.DataFrame],
    reference: Reference,
    *,
    names: Mapping[str, str],
    schemes: Sequence[str],
) -> Exhibit:
    """Lay out our values beside those of the preprint, for the pairs that it shows.

    Parameters
    ----------
    gains : sequence of DataFrame
        `topology/{city}/gains.csv` of every city.
    h1 : sequence of DataFrame
        `topology/h1-{scheme}.csv` of every scheme.
    """
    preprint = reference.part("aerial", "figure_6_preprint")
    pairs = by_scheme(h1, schemes, "H1")
    method, labels = main_method([*pairs["method"]]), class_labels()
    pairs = pairs[pairs["method"] == method]
    numbers = pd.concat(
        [
            _values(pairs, "coactivation", "coactivation", "block_ci"),
            _values(pairs, "adjusted coactivation", "coactivation_adjusted", "adjusted_block_ci"),
            *(
                _values(table.assign(city=city, scheme="none"), "gain", "gain", "block_ci")
                for city, table in zip(names, gains, strict=True)
            ),
        ],
        ignore_index=True,
    )
    # A city's measures together, cities in the order of the study.
    numbers = numbers.sort_values("city", key=lambda c: c.map([*names].index), kind="stable")
    numbers["preprint"] = [
        preprint_value(
            preprint, row.measure.split()[-1], row.ses, row.urban_class, row.neighbour_class,
            row.city,
        )
        for row in rows(numbers)
    ]  # fmt: skip
    lines = [
        {
            "City": names[row.city],
            "Measure": row.measure,
            "Folds": SCHEMES.get(row.scheme, np.nan),
            "SES": row.ses,
            "Class": labels[row.urban_class],
            "Beside": labels[row.neighbour_class],
            "Tiles": row.n,
            "Ours": estimate(row, interval="ci"),
            "Preprint": row.preprint,
        }
        for row in rows(numbers[numbers["preprint"].notna()])
    ]
    table = Table(
        numbers=numbers,
        shown=pd.DataFrame(lines, columns=SHOWN),
        caption="Coactivation and co-appearance gain beside the values of the preprint's notebook.",
        notes=(
            f"{len(lines):,} of our {len(numbers):,} values have one of the notebook's beside them "
            "and are shown; all stand in the CSV. The notebook is of Paris, Lyon, Marseille, Nice "
            "and Lille, shows values above about 1.2 only, and trims ratios before averaging. In "
            "brackets 95 % intervals by resampling spatial blocks. Adjusted coactivation has no "
            "counterpart there; plain c stands beside it.",
        ),
        blocks="City" if lines else None,
        decimals={"Ours": 2, "Preprint": 2},
        printed=["Preprint"],
    )
    return Exhibit(table)


def _values(table: pd.DataFrame, measure: str, column: str, interval: str) -> pd.DataFrame:
    keys = ["city", "scheme", "ses", "urban_class", "neighbour_class", "n"]
    part = table[[*keys, column, f"{interval}_low", f"{interval}_high"]].copy()
    part.columns = [*keys, "value", "ci_low", "ci_high"]
    part.insert(0, "measure", measure)
    return part
