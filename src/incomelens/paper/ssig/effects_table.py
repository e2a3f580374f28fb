"""Beyond the paper: what moves the predictions of the successor, as percentages of the income."""

from collections.abc import Mapping, Sequence

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import INCOMES, LEVELS, VARIABLES, direction_sign, task_name
from incomelens.paper.table import Row, Table, in_print_order, rows

MODE = "additive"  # the one that models the logarithm (deviation `additive_model`)
LOCATION = "location"
TASK = ["level", "income", "mode"]
# Columns of `shapley/…-variance.csv`, under one spanner.
INDEPENDENT = {"alone": "alone", "shapley_effect": "Shapley effect", "total": "with all others"}


def exhibit(
    variables: pd.DataFrame,
    variance: Sequence[pd.DataFrame],
    *,
    levels: Mapping[str, str] = LEVELS,
) -> Exhibit:
    """Lay out the effects of every variable, largest first, then of the place as one.

    Parameters
    ----------
    variables : DataFrame
        `shapley/variables.csv`.
    variance : sequence of DataFrame
        `shapley/{level}-{income}-additive-variance.csv` of every task.
    """
    numbers = variables[variables["mode"] == MODE].sort_values(["game", "rank"], kind="stable")
    # The twelve first: `game` is eleven for the location alone.
    numbers = pd.concat([numbers[numbers["game"] == game] for game in ("twelve", "eleven")])
    shares = pd.concat(variance).drop(columns=["n"])
    numbers = numbers.merge(shares, how="left", on=[*TASK, "variable"], validate="one_to_one")
    numbers = in_print_order(numbers, level=levels, income=INCOMES)
    shown = [_shown(row, levels) for row in rows(numbers)]
    percent = [heading for heading in shown[0] if heading.endswith("(%)")]
    table = Table(
        numbers=numbers,
        shown=pd.DataFrame(shown),
        caption="What moves the predictions of the sum of kernels on log income.",
        notes=_notes(100 * numbers["share_error"].max()),
        blocks="Task",
        decimals={"Rank": 0, **dict.fromkeys(percent, 1)},
        units=dict.fromkeys(percent, "%"),
    )
    return Exhibit(table)


def _shown(row: Row, levels: Mapping[str, str]) -> dict[str, object]:
    is_place = row.variable == LOCATION
    return {
        "Task": task_name(row.level, row.income, levels),
        "Variable": "Place, as one" if is_place else VARIABLES[row.variable].words,
        "Rank": int(row.rank),
        "Direction": None if is_place else direction_sign(row.direction),
        "Effect (%)": row.percent,
        "Share of variance (%)": 100 * row.variance_share,
        **{
            f"Each by itself: {words} (%)": 100 * getattr(row, column)
            for column, words in INDEPENDENT.items()
        },
    }


def _notes(share_error: float) -> tuple[str, ...]:
    return (
        "Effect: a variable's mean absolute Shapley value, which multiplies the predicted "
        "median income, as a percentage; rank: among the twelve, of the place among the ten census "
        "variables and itself. Direction: whether more of the variable goes with more or less "
        "income. Share of variance: the covariance of a variable's values with the predictions "
        "over the variance of these, over the districts as they are; the twelve add up to 100 %, "
        "and one that works against the others is negative. Groups stand in shapley/groups.csv.",
        "Each by itself: shares of the variance of the predictions if the ten variables and the "
        "place (latitude and longitude together) were drawn independently of each other, each as "
        "over the districts. Alone: Sobol's first-order effect; with all others: his total effect; "
        "the Shapley effects lie between and add up to 100 %. Where they differ from the share of "
        "variance over the districts, it is because variables go together there. They are off by "
        f"at most {share_error:.2g} percentage points.",
    )
