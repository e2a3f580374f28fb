"""Beyond the paper: what moves the predictions of the successor, as percentages of the income."""

from collections.abc import Mapping

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import INCOMES, LEVELS, VARIABLES, direction_sign, task_name
from incomelens.paper.table import Table, in_print_order, rows

MODE = "additive"  # the one that models the logarithm (deviation `additive_model`)


def exhibit(variables: pd.DataFrame, *, levels: Mapping[str, str] = LEVELS) -> Exhibit:
    """Lay out the effects of every variable, largest first, from `shapley/variables.csv`."""
    is_shown = (variables["mode"] == MODE) & (variables["game"] == "twelve")
    numbers = variables[is_shown].sort_values("rank", kind="stable")
    numbers = in_print_order(numbers, level=levels, income=INCOMES)
    table = Table(
        numbers=numbers,
        shown=pd.DataFrame(
            {
                "Task": task_name(row.level, row.income, levels),
                "Variable": VARIABLES[row.variable].words,
                "Direction": direction_sign(row.direction),
                "Effect (%)": row.percent,
                "Share of variance (%)": 100 * row.variance_share,
            }
            for row in rows(numbers)
        ),
        caption="What moves the predictions of the sum of kernels on log income.",
        notes=(
            "Effect: a variable's mean absolute Shapley value, which multiplies the predicted "
            "median income, as a percentage. Direction: whether more of the variable goes with "
            "more or less income. Share of variance: Shapley effect, the covariance of a "
            "variable's values with the predictions over the variance of these; the twelve add up "
            "to 100 %, and one that works against the others is negative. Groups stand in "
            "shapley/groups.csv.",
        ),
        blocks="Task",
        decimals={"Effect (%)": 1, "Share of variance (%)": 1},
        units={"Effect (%)": "%", "Share of variance (%)": "%"},
    )
    return Exhibit(table)
