"""The stage's tables: the one module of it that knows pandas and the names of columns.

Values, means and intervals are in SD units of the label, which differ from task to task; the
sidecar of a task's values gives the SD in USD.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError, listed
from incomelens.common.files import whole_file
from incomelens.common.seeds import job_rng
from incomelens.shapley.background import Background
from incomelens.shapley.groups import (
    IncomeValues,
    compare_incomes,
    direction,
    importance_ranks,
    mean_absolute,
    rank_stability,
)
from incomelens.shapley.runs import KernelDifference, Settings
from incomelens.shapley.task import LOCATION, Task
from incomelens.shapley.values import ShapleyValues
from incomelens.ssig.features import SOCIOECONOMIC, SPATIAL

GROUPS = {"socio-economic": SOCIOECONOMIC, "spatial": SPATIAL}
PLAYERS = (*SOCIOECONOMIC, *SPATIAL)
LIMITS = (2.5, 97.5)  # per cent; a 95 % interval
TASK = ["level", "income", "mode"]
INCOME_PAIR = ("per_capita_income", "median_household_income")

# One task ------------------------------------------------------------------------------------


def values_table(task: Task, games: Mapping[str, ShapleyValues]) -> pd.DataFrame:
    """Values of one task: the contract table ``shapley/{level}-{income}-{mode}.parquet``.

    Returns
    -------
    DataFrame
        ``geoid``, ``prediction``, ``base_value``, one column a player, ``location``. The players
        sum to prediction minus base value; ``location`` is the value of another game, in which
        latitude and longitude are one player, and is not part of that sum.
    """
    twelve, eleven = games["twelve"], games["eleven"]
    table = pd.DataFrame(
        {"geoid": task.ids, "prediction": twelve.predictions, "base_value": twelve.base_value}
    )
    table[list(twelve.players.names)] = twelve.values  # noqa: PD011 - an array
    at = eleven.players.names.index(LOCATION)
    table[LOCATION] = eleven.values[:, at]  # noqa: PD011 - an array
    return table


def values_description(
    task: Task,
    games: Mapping[str, ShapleyValues],
    settings: Settings,
) -> dict[str, object]:
    """Say how the values of one task were made and how far they can be off: its sidecar."""
    twelve, background = games["twelve"], task.background
    bound = None if np.isnan(twelve.error_bound) else twelve.error_bound
    return {
        **task.names,
        "unit": "SD of the label",
        "label_mean_usd": task.label_mean_usd,
        "label_sd_usd": task.label_sd_usd,
        **settings.description,
        "background": {
            "description": background.description,
            "kind": background.kind,
            "size": len(background.points),
            "seed": background.seed,
        },
        "n_districts": len(task.ids),
        "players": list(twelve.players.names),
        LOCATION: "value of the game in which latitude and longitude are one player",
        "error_bound_sd": bound,
        "error_bound_usd": None if bound is None else bound * task.label_sd_usd,
        "n_nodes": twelve.n_nodes,
        "kernel_error": twelve.kernel_error,
        "largest_efficiency_gap_sd": {
            game: float(np.abs(result.efficiency_gap).max()) for game, result in games.items()
        },
    }


def write_description(description: Mapping[str, object], path: str | Path) -> None:
    """Write a sidecar as JSON, whole or not at all."""
    with whole_file(path) as beside:
        text = json.dumps(description, indent=1, allow_nan=False, ensure_ascii=False)
        beside.write_text(text + "\n", encoding="utf-8")


def uncertainty_table(
    values: pd.DataFrame, ids: Sequence[str], sd: NDArray[np.float64]
) -> pd.DataFrame:
    """Posterior SD of values, long: ``geoid``, ``player``, ``value``, ``sd``.

    Parameters
    ----------
    values : DataFrame
        Of the same task, as :func:`values_table` gives it.
    ids : sequence of str
        Districts that `sd` was computed for.
    sd : array of shape (n_districts, n_players)
        Players as in `values`.
    """
    value = values.set_index("geoid").loc[list(ids), list(PLAYERS)].to_numpy(dtype=np.float64)
    n_districts, n_players = len(ids), len(PLAYERS)
    return pd.DataFrame(
        {
            "geoid": np.repeat(np.asarray(ids, dtype=str), n_players),
            "player": np.tile(np.array(PLAYERS), n_districts),
            "value": value.ravel(),
            "sd": sd.ravel(),
        }
    )


def interactions_table(
    interactions: Mapping[str, NDArray[np.float64]], players: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    r"""Means over districts of every pair's interaction, in both games.

    Parameters
    ----------
    interactions : mapping from game to array of shape (n_districts, n_players, n_players)
    players : mapping from game to sequence of str

    Returns
    -------
    DataFrame
        ``game`` (`twelve`, or `eleven` with ``location`` as one player), ``kind``, ``player``,
        ``other``, ``n``, ``mean_abs``, ``mean``; each pair once, in the order of the players.
        `interaction`: the whole Shapley interaction index of the pair, not halved.
        `main_effect` (`player` and `other` are the same): a player's value less half of its
        interactions, :math:`\phi_j - \frac12 \sum_{l \ne j} I_{jl}`.
    """
    columns = ["game", "kind", "player", "other", "n", "mean_abs", "mean"]
    rows = [
        (
            game,
            "main_effect" if j == k else "interaction",
            players[game][j],
            players[game][k],
            len(values),
            np.abs(values[:, j, k]).mean(),
            values[:, j, k].mean(),
        )
        for game, values in interactions.items()
        for j in range(values.shape[1])
        for k in range(j, values.shape[1])
        if len(values)
    ]
    return pd.DataFrame(rows, columns=columns)


def background_table(
    values: Sequence[tuple[Background, NDArray[np.float64]]], *, names: Mapping[str, str]
) -> pd.DataFrame:
    """Importance and rank of every player of the game of twelve against several backgrounds.

    Parameters
    ----------
    values : sequence of (Background, array of shape (n_districts, n_players))
        Of the same districts; the task's own background first.
    names : mapping
        The task.

    Returns
    -------
    DataFrame
        ``level``, ``income``, ``mode``, ``background`` (0 is the task's own), ``kind``,
        ``variable``, ``n``, ``mean_abs``, ``rank``, and over all backgrounds ``best_rank`` and
        ``worst_rank``.
    """
    stability = rank_stability([of_background for _, of_background in values])
    parts = [
        pd.DataFrame(
            {
                **names,
                "background": i,
                "kind": background.kind,
                "variable": PLAYERS,
                "n": len(of_background),
                "mean_abs": stability.importance[i],
                "rank": stability.ranks[i],
                "best_rank": stability.best_rank,
                "worst_rank": stability.worst_rank,
            }
        )
        for i, (background, of_background) in enumerate(values)
    ]
    return pd.concat(parts, ignore_index=True)


def explainer_table(
    differences: Iterable[KernelDifference], *, names: Mapping[str, str]
) -> pd.DataFrame:
    """How far ``shap.KernelExplainer`` is from the exact values, in the game of twelve.

    Returns
    -------
    DataFrame
        ``level``, ``income``, ``mode``, ``procedure``, ``coalitions`` (evaluated a district),
        ``n`` districts, ``largest_difference`` and ``mean_abs_difference`` from the exact values,
        ``share_of_values_zeroed``, ``exact_error_bound``.
    """
    return pd.DataFrame(
        {
            **names,
            "procedure": one.procedure,
            "coalitions": one.coalitions,
            "n": len(one.exact),
            "largest_difference": one.difference.max(),
            "mean_abs_difference": one.difference.mean(),
            "share_of_values_zeroed": one.zeroed.mean(),
            "exact_error_bound": one.error_bound,
        }
        for one in differences
    )


# All tasks -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ExplainedTask:
    """Values of one task with what its districts are like and where they lie.

    Attributes
    ----------
    names : dict
        ``level``, ``income`` and ``mode``.
    table : DataFrame
        Values as :func:`values_table` gives it.
    variables : array of shape (n_districts, n_players)
        The players' own values in the districts, in their units.
    blocks : array of shape (n_districts,)
        Spatial block of each district.
    """

    names: dict[str, str]
    table: pd.DataFrame
    variables: NDArray[np.float64]
    blocks: NDArray[np.int64]


def explained_task(
    values: pd.DataFrame, districts: pd.DataFrame, folds: pd.DataFrame, *, names: dict[str, str]
) -> ExplainedTask:
    """Put a task's values beside its districts' variables and spatial blocks.

    Raises
    ------
    InputError
        If a district of the values is not in the other tables.
    """
    for what, other in (("districts", districts), ("folds", folds)):
        missing = values.loc[~values["geoid"].isin(other["geoid"]), "geoid"]
        if len(missing):
            raise InputError(
                f"{what} of level {names['level']}: no row for {listed(missing)}, which "
                "Shapley values were computed for; run the stage ssig again"
            )
    order = values["geoid"]
    return ExplainedTask(
        names=names,
        table=values,
        variables=districts.set_index("geoid").loc[order, list(PLAYERS)].to_numpy(np.float64),
        blocks=folds.set_index("geoid").loc[order, "block"].to_numpy(np.int64),
    )


def groups_table(tasks: Iterable[ExplainedTask], *, resamples: int, seed: int) -> pd.DataFrame:
    """Mean absolute group sums of every task (panels a of Figs. 2-5).

    A group's value in a district is the sum of its members' values in the game of twelve.

    Returns
    -------
    DataFrame
        ``level``, ``income``, ``mode``, ``group``, ``n``, ``mean_abs``; ``ci_low`` and ``ci_high``
        resample districts, ``block_ci_low`` and ``block_ci_high`` whole spatial blocks, because
        neighbouring districts are alike.
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
                    "mean_abs": mean_absolute(sums),
                    **intervals,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def variables_table(tasks: Iterable[ExplainedTask], *, resamples: int, seed: int) -> pd.DataFrame:
    """Importance, rank and direction of every variable in every task (panels b of Figs. 2-5).

    Returns
    -------
    DataFrame
        ``level``, ``income``, ``mode``, ``game``, ``variable``, ``n``, ``mean_abs``, intervals as
        in :func:`groups_table`, ``rank`` (1 is the largest mean_abs), ``direction`` (Spearman
        correlation of the variable with its own values), ``mean_value`` (mean value with its
        sign). In the game `twelve` all variables; of the game `eleven` only ``location``, whose
        rank is its place among the ten census variables, and which has no direction.
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
                    "mean_value": values.mean(axis=0),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def income_comparison_table(
    tasks: Sequence[ExplainedTask], *, resamples: int, seed: int
) -> pd.DataFrame:
    """Does a variable weigh more for one income than for the other? (Table 5, ruling 15).

    Returns
    -------
    DataFrame
        ``level``, ``mode``, ``variable`` (the twelve and ``location``), ``mean_abs_per_capita``,
        ``mean_abs_median_household``, ``difference`` (first minus second), ``p_welch`` (districts
        taken as independent), ``p_paired`` (districts with both incomes), ``ci_low`` and
        ``ci_high`` of the difference by resampling whole spatial blocks, ``n_per_capita``,
        ``n_median_household``, ``n_common``. No rows where a study has one income alone.
    """
    columns = [
        *("level", "mode", "variable", "mean_abs_per_capita", "mean_abs_median_household"),
        *("difference", "p_welch", "p_paired", "ci_low", "ci_high"),
        *("n_per_capita", "n_median_household", "n_common"),
    ]
    found = {tuple(task.names[key] for key in TASK): task for task in tasks}
    parts = []
    for level, mode in dict.fromkeys((level, mode) for level, _, mode in found):
        pair = [found.get((level, income, mode)) for income in INCOME_PAIR]
        if None in pair:
            continue
        one, two = (_income_values(task) for task in pair)
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
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


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
    numbers, place = np.unique(task.blocks, return_inverse=True)
    draws = {
        "ci": _times_drawn(len(values), resamples, rng),
        "block_ci": _times_drawn(len(numbers), resamples, rng)[:, place],
    }
    intervals = {}
    for name, times in draws.items():
        means = times @ np.abs(values) / times.sum(axis=1, keepdims=True)
        low, high = np.percentile(means, LIMITS, axis=0)
        intervals |= {f"{name}_low": low, f"{name}_high": high}
    return intervals


def _times_drawn(n: int, resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each of n units is in each resample, shape (resamples, n)."""
    return rng.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64)
