"""Summaries over all tasks, with intervals: groups, variables, and both incomes compared.

Means and intervals are in SD units of the label, which differ from task to task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from incomelens.common.contracts import columns
from incomelens.common.errors import InputError, listed
from incomelens.common.names import INCOMES, PROCESS
from incomelens.common.seeds import job_rng
from incomelens.folds.resampling import percentile_ends, resampled_totals
from incomelens.shapley.groups import (
    IncomeValues,
    compare_incomes,
    direction,
    importance_ranks,
    mean_absolute,
)
from incomelens.shapley.names import LOCATION, PLAYERS
from incomelens.ssig.features import SOCIOECONOMIC, SPATIAL

GROUPS = {"socio-economic": SOCIOECONOMIC, "spatial": SPATIAL}
ROUNDING = 1e-12  # of a product of variances of ranks between 0 and 1
TASK = ["level", "income", "mode"]


@dataclass(frozen=True)
class ExplainedTask:
    """Values of one task with what its districts are like and where they lie.

    Attributes
    ----------
    names : dict
        ``level``, ``income`` and ``mode``.
    table : DataFrame
        Values as :func:`incomelens.shapley.tables.values_table` gives it.
    variables : array of shape (n_districts, n_players)
        The players' own values in the districts, in their units.
    blocks : array of shape (n_districts,)
        Spatial block of each district.
    log_sd : float
        SD of the log income, the unit of the values; NaN where the process models the income.
    named : dict
        ``process``, where it rests on inducing points: the last column of its tables.
    """

    names: dict[str, str]
    table: pd.DataFrame
    variables: NDArray[np.float64]
    blocks: NDArray[np.int64]
    log_sd: float = np.nan
    named: dict[str, str] = field(default_factory=dict)

    def percent(self, mean_abs: NDArray[np.float64]) -> NDArray[np.float64]:
        """What values of this size do to the income, %, where they are of its logarithm."""
        return 100 * np.expm1(mean_abs * self.log_sd)

    def variance_share(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        r"""Shapley effects: shares of the variance of the predictions, shape (n_players,).

        Over districts, :math:`v(S) = \operatorname{Cov}(v_x(S), f(x))` is a game as well, worth
        the variance of f with all players. Values are linear in the game, so that its own are
        :math:`\operatorname{Cov}(\phi_j, f)`: exact, and they add up. With independent inputs they
        are the Shapley effects of Owen (2014), :math:`\operatorname{Cov}(E[f | x_S], f) =
        \operatorname{Var} E[f | x_S]`, see :mod:`incomelens.shapley.variance_effects`.
        """
        prediction = self.table["prediction"].to_numpy(dtype=np.float64)
        away = prediction - prediction.mean()
        variance = away @ away
        return away @ values / variance if variance > 0 else np.full(values.shape[1], np.nan)


def explained_task(
    values: pd.DataFrame,
    districts: pd.DataFrame,
    folds: pd.DataFrame,
    *,
    names: dict[str, str],
    description: Mapping[str, Any],
) -> ExplainedTask:
    """Put a task's values beside its districts' variables and spatial blocks.

    `description` is the values' sidecar, which tells the unit and names an approximate process.

    Raises
    ------
    InputError
        If a district of the values is not in the other tables.
    """
    for name, table in (("districts", districts), ("folds", folds)):
        missing = values.loc[~values["geoid"].isin(table["geoid"]), "geoid"]
        if len(missing):
            raise InputError(
                f"{name} of level {names['level']}: no row for {listed(missing)}, which "
                "Shapley values were computed for; run the stage ssig again"
            )
    order = values["geoid"]
    return ExplainedTask(
        names=names,
        table=values,
        variables=districts.set_index("geoid").loc[order, list(PLAYERS)].to_numpy(np.float64),
        blocks=folds.set_index("geoid").loc[order, "block"].to_numpy(np.int64),
        log_sd=float(description.get("label_sd_log", np.nan)),
        named={key: description[key] for key in (PROCESS,) if key in description},
    )


def groups_table(tasks: Iterable[ExplainedTask], *, resamples: int, seed: int) -> pd.DataFrame:
    """Mean absolute group sums of every task (panels a of Figs. 2-5).

    A group's value in a district is the sum of its members' values in the game of twelve, so that
    members that pull it in opposite directions cancel (deviation `shapley_groups`).

    Returns
    -------
    DataFrame
        Table ``shapley/groups.csv``; spatial blocks are drawn whole because neighbouring districts
        are alike.
    """
    rows = []
    for task in tasks:
        sums = np.column_stack(
            [task.table[list(members)].sum(axis=1) for members in GROUPS.values()]
        )
        intervals = _intervals(task, sums, resamples, seed)
        rows.append(
            pd.DataFrame(
                {
                    **task.names,
                    "group": list(GROUPS),
                    "n": len(sums),
                    "mean_abs": (size := mean_absolute(sums)),
                    **intervals,
                    "percent": task.percent(size),
                    "variance_share": task.variance_share(sums),
                    **task.named,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def variables_table(tasks: Iterable[ExplainedTask], *, resamples: int, seed: int) -> pd.DataFrame:
    """Importance, rank and direction of every variable in every task (panels b of Figs. 2-5).

    Returns
    -------
    DataFrame
        Table ``shapley/variables.csv``: of the game `twelve` all variables, of `eleven`
        ``location``, whose rank is its place among the ten census variables.
    """
    rows = []
    for task in tasks:
        names = [*PLAYERS, LOCATION]
        values = task.table[names].to_numpy(dtype=np.float64)
        importance = mean_absolute(values)
        at_location = [*range(len(SOCIOECONOMIC)), len(PLAYERS)]
        rank = importance_ranks(importance[:-1]).tolist()
        rank.append(int(importance_ranks(importance[at_location])[-1]))
        rows.append(
            pd.DataFrame(
                {
                    **task.names,
                    "game": ["twelve"] * len(PLAYERS) + ["eleven"],
                    "variable": names,
                    "n": len(values),
                    "mean_abs": importance,
                    **_intervals(task, values, resamples, seed),
                    "rank": rank,
                    "direction": [*direction(task.variables, values[:, :-1]), np.nan],
                    **_direction_intervals(task, values[:, :-1], resamples, seed),
                    "mean_value": values.mean(axis=0),
                    "percent": task.percent(importance),
                    "variance_share": task.variance_share(values),
                    **task.named,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def income_comparison_table(
    tasks: Sequence[ExplainedTask], *, resamples: int, seed: int
) -> pd.DataFrame:
    """Does a variable weigh more for one income than for the other? (Table 5).

    Table ``shapley/income_comparison.csv``.
    """
    by_task = {tuple(task.names[key] for key in TASK): task for task in tasks}
    parts = []
    for level, mode in dict.fromkeys((level, mode) for level, _, mode in by_task):
        places = [(level, income, mode) for income in INCOMES]
        pair = [by_task[place] for place in places if place in by_task]
        if len(pair) < 2:
            continue
        one, two = (_income_values(task) for task in pair)
        processes = dict.fromkeys(task.named[PROCESS] for task in pair if task.named)
        compared = compare_incomes(
            one, two, rng=job_rng(seed, "compare_incomes", level), n_resamples=resamples
        )
        parts.append(
            pd.DataFrame(
                {
                    "level": level,
                    "mode": mode,
                    "variable": [*PLAYERS, LOCATION],
                    "mean_abs_per_capita": compared.mean_one,
                    "mean_abs_median_household": compared.mean_two,
                    "difference": compared.difference,
                    "p_welch": compared.p_welch,
                    "p_paired": compared.p_paired,
                    "ci_low": compared.ci_low,
                    "ci_high": compared.ci_high,
                    "n_per_capita": len(one.values),
                    "n_median_household": len(two.values),
                    "n_common": compared.n_common,
                    **({PROCESS: "; ".join(processes)} if processes else {}),
                }
            )
        )
    if not parts:
        return pd.DataFrame(columns=columns("shapley/income_comparison.csv"))
    return pd.concat(parts, ignore_index=True)


def _income_values(task: ExplainedTask) -> IncomeValues:
    return IncomeValues(
        values=task.table[[*PLAYERS, LOCATION]].to_numpy(dtype=np.float64),
        districts=task.table["geoid"].to_numpy(dtype=str),
        blocks=task.blocks,
    )


def _intervals(
    task: ExplainedTask, values: NDArray[np.float64], resamples: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    """Percentile intervals of mean absolute values, by districts and by spatial blocks."""
    # Modes of a task share their draws, so that their intervals can be compared.
    rng = job_rng(seed, "resample", task.names["level"], task.names["income"])
    terms = np.column_stack([np.ones(len(values)), np.abs(values)])
    intervals = {}
    for name, block in (("ci", None), ("block_ci", task.blocks)):
        totals = resampled_totals(terms, n_resamples=resamples, rng=rng, block=block)
        means = totals[:, 1:] / totals[:, :1]
        intervals[f"{name}_low"], intervals[f"{name}_high"] = percentile_ends(means)
    return intervals


def _direction_intervals(
    task: ExplainedTask, values: NDArray[np.float64], resamples: int, seed: int
) -> dict[str, list[float]]:
    """Intervals of directions by spatial blocks, NaN for `location`, which has none.

    Districts keep their ranks among all districts, so that a resample is a weighted correlation.
    """
    rng = job_rng(seed, "direction", task.names["level"], task.names["income"])
    x, y = (rankdata(side, axis=0) / len(values) - 0.5 for side in (task.variables, values))
    parts = (np.ones_like(x), x, y, x * x, y * y, x * y)
    totals = resampled_totals(
        np.hstack(parts), n_resamples=resamples, rng=rng, block=task.blocks
    ).reshape(resamples, len(parts), -1)
    mean_x, mean_y, *moments = np.moveaxis(totals[:, 1:] / totals[:, :1], 1, 0)
    spread_x, spread_y, covariance = (
        moment - product
        for moment, product in zip(moments, (mean_x**2, mean_y**2, mean_x * mean_y), strict=True)
    )
    spread = spread_x * spread_y
    varies = spread > ROUNDING
    drawn = np.where(varies, covariance, np.nan) / np.sqrt(np.where(varies, spread, 1))
    low, high = percentile_ends(drawn)
    return {"direction_ci_low": [*low, np.nan], "direction_ci_high": [*high, np.nan]}
