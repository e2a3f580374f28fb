"""What predictions would do: who of the poorest fifth is reached, and how much models shrink."""

from collections.abc import Mapping, Sequence

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import (
    INCOMES,
    LEVELS,
    MODELS,
    MODES,
    SCHEMES,
    folds_name,
    model_name,
    task_name,
)
from incomelens.paper.table import Table, estimate, in_print_order

MEASURES = {
    "slope": "Slope",
    "bias_of_poorest_usd": "Bias (USD): poorest fifth",
    "bias_of_richest_usd": "Bias (USD): richest fifth",
}
NOTE = (
    "Poorest fifth reached: part of the truly poorest fifth of districts that is among the given "
    "share of districts predicted poorest; by chance it is the share itself. Slope of predictions "
    "over incomes: below 1, the poor are predicted too rich and the rich too poor. Bias: mean of "
    "predicted less observed. In brackets 95 % intervals by resampling spatial blocks. Out-of-fold "
    "predictions: read the folds that are as hard as the use."
)


def exhibit(
    decisions: pd.DataFrame, *, modes: Sequence[str], levels: Mapping[str, str] = LEVELS
) -> Exhibit:
    """Lay out these measures of every model, from `ssig/decisions.csv`.

    Parameters
    ----------
    modes : sequence of str
        Of the Gaussian processes that are shown; the others stand in the CSV.
    """
    orders = {"level": levels, "income": INCOMES, "scheme": SCHEMES, "model": MODELS}
    numbers = in_print_order(decisions, **orders, mode=MODES)
    is_shown = ~numbers["mode"].isin(list(MODES)) | numbers["mode"].isin(list(modes))
    shown = _shown(numbers[is_shown & (numbers["model"] != "mean")], levels)
    table = Table(
        numbers=numbers,
        shown=shown,
        caption="Who would be reached by those who spend where districts are predicted poorest.",
        notes=(NOTE,),
        blocks="Task",
        decimals={name: 0 if "USD" in name else 2 for name in shown.columns[3:]},
        units={name: "USD" for name in shown if "USD" in name},
    )
    return Exhibit(table)


def _shown(numbers: pd.DataFrame, levels: Mapping[str, str]) -> pd.DataFrame:
    lines = []
    keys = ["level", "income", "scheme", "model", "mode"]
    for (level, income, scheme, model, mode), group in numbers.groupby(keys, sort=False):
        recalls = group[group["measure"] == "recall_of_poorest"].itertuples(index=False)
        by_measure = {row.measure: row for row in group.itertuples(index=False)}
        lines.append(
            {
                "Task": f"{task_name(level, income, levels)} (N = {group['n'].iloc[0]:,})",
                "Folds": folds_name(scheme),
                "Model": model_name(model, mode),
                **{f"Poorest fifth reached: {row.share:.0%}": estimate(row) for row in recalls},
                **{name: estimate(by_measure[measure]) for measure, name in MEASURES.items()},
            }
        )
    return pd.DataFrame(lines)
