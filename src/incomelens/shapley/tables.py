"""Tables of one task: its values, their uncertainty, interactions, and what they owe to settings.

Values and means are in SD units of the label, which differ from task to task; the sidecar of a
task's values gives the SD in USD, or of the logarithm where the process models that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.contracts import columns
from incomelens.common.files import whole_file
from incomelens.shapley.background import Background
from incomelens.shapley.comparisons import KernelDifference
from incomelens.shapley.global_effects import Dependence
from incomelens.shapley.groups import rank_stability
from incomelens.shapley.names import LOCATION, PLAYERS
from incomelens.shapley.runs import Settings
from incomelens.shapley.task import Task
from incomelens.shapley.values import ShapleyValues
from incomelens.shapley.variance_effects import VarianceEffects
from incomelens.ssig.features import SPATIAL

WHOLE = "sum"  # of the terms
BAND_90 = 1.6448536269514722  # 95 % of the normal law lie below, in SD


def values_table(task: Task, games: Mapping[str, ShapleyValues]) -> pd.DataFrame:
    """Values of one task: the contract table ``shapley/{level}-{income}-{mode}.parquet``.

    Table ``shapley/{level}-{income}-{mode}.parquet``.
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
        **task.named,
        "unit": "SD of the label",
        f"label_mean_{task.label}": task.label_mean,
        f"label_sd_{task.label}": task.label_sd,
        **settings.description,
        "background": {
            "description": background.description,
            "kind": background.kind,
            "size": len(background.points),
            "seed": background.seed,
            "chosen_from": "districts of the level with every income of the study",
        },
        "n_districts": len(task.ids),
        "players": list(twelve.players.names),
        LOCATION: "value of the game in which latitude and longitude are one player",
        "error_bound_sd": bound,
        f"error_bound_{task.label}": None if bound is None else bound * task.label_sd,
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
    values: pd.DataFrame, ids: Sequence[str] | NDArray[np.str_], sd: NDArray[np.float64]
) -> pd.DataFrame:
    """Posterior SD of values, long: ``shapley/{level}-{income}-{mode}-uncertainty.parquet``.

    Parameters
    ----------
    values : DataFrame
        Of the same task, as :func:`values_table` gives it.
    ids : sequence or array of str
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
        Table ``shapley/{level}-{income}-{mode}-interactions.csv``. A main effect is :math:`\phi_j -
        \frac12 \sum_{l \ne j} I_{jl}`.
    """
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
    return pd.DataFrame(rows, columns=columns("shapley/{level}-{income}-{mode}-interactions.csv"))


def dependence_table(
    task: Task, dependences: Sequence[Dependence], districts: pd.DataFrame
) -> pd.DataFrame:
    """Curves of the census variables: ``shapley/{level}-{income}-{mode}-dependence.csv``.

    Parameters
    ----------
    task : Task
    dependences : sequence of Dependence
        Of all players; the location's is left to :func:`location_table`.
    districts : DataFrame
        ``districts/{level}.parquet``, for the variables in their own units.
    """
    of_task = districts.set_index("geoid").loc[task.ids]
    return pd.concat(
        [
            _effects_of_terms(
                task,
                one,
                {"variable": one.player, "value": of_task[one.player].to_numpy()[one.rows]},
            )
            for one in dependences
            if one.player != LOCATION
        ],
        ignore_index=True,
    )


def location_table(
    task: Task, dependences: Sequence[Dependence], districts: pd.DataFrame
) -> pd.DataFrame:
    """What the place alone does, by district: ``shapley/{level}-{income}-{mode}-location.csv``.

    Parameters are those of :func:`dependence_table`.
    """
    of_task = districts.set_index("geoid").loc[task.ids, list(SPATIAL)].reset_index()
    (location,) = (one for one in dependences if one.player == LOCATION)
    return _effects_of_terms(task, location, of_task.iloc[location.rows].to_dict("list"))


def _effects_of_terms(
    task: Task, dependence: Dependence, where: Mapping[str, object]
) -> pd.DataFrame:
    """Rows of the whole effect, then of every term's, with the posterior's 90 % band in %."""
    effect = dependence.effect
    means = [effect.mean, *effect.term_mean.T]
    variances = [effect.variance, *effect.term_variance.T]
    sd_of_log = task.label_sd if task.label == "log" else np.nan
    parts = []
    for term, mean, variance in zip((WHOLE, *effect.terms), means, variances, strict=True):
        sd = np.sqrt(variance)
        ends = {"": mean, "_low": mean - BAND_90 * sd, "_high": mean + BAND_90 * sd}
        percent = {f"percent{k}": 100 * np.expm1(sd_of_log * end) for k, end in ends.items()}
        table = {**where, "term": term, "effect": mean, "sd": sd, **percent, **task.named}
        parts.append(pd.DataFrame(table))
    return pd.concat(parts, ignore_index=True)


def variance_table(task: Task, effects: VarianceEffects) -> pd.DataFrame:
    """Shares of the variance that independent players make.

    Table ``shapley/{level}-{income}-{mode}-variance.csv``.
    """
    return pd.DataFrame(
        {
            **task.names,
            "variable": effects.players.names,
            "n": len(task.ids),
            "alone": effects.alone / effects.variance,
            "shapley_effect": effects.shapley / effects.variance,
            "total": effects.total / effects.variance,
            "share_error": effects.share_error,
            "variance": effects.variance,
            **task.named,
        }
    )


def background_table(
    values: Sequence[tuple[Background, NDArray[np.float64]]], *, task: Task
) -> pd.DataFrame:
    """Importance and rank of every player of the game of twelve against several backgrounds.

    Parameters
    ----------
    values : sequence of (Background, array of shape (n_districts, n_players))
        Of the same districts; the task's own background first.
    task : Task

    Returns
    -------
    DataFrame
        Table ``shapley/background_sensitivity.csv``.
    """
    stability = rank_stability([explained for _, explained in values])
    parts = [
        pd.DataFrame(
            {
                **task.names,
                "background": i,
                "kind": background.kind,
                "variable": PLAYERS,
                "n": len(explained),
                "mean_abs": stability.importance[i],
                "rank": stability.ranks[i],
                "best_rank": stability.best_rank,
                "worst_rank": stability.worst_rank,
                **task.named,
            }
        )
        for i, (background, explained) in enumerate(values)
    ]
    return pd.concat(parts, ignore_index=True)


def explainer_table(differences: Iterable[KernelDifference], *, task: Task) -> pd.DataFrame:
    """How far ``shap.KernelExplainer`` is from the exact values, in the game of twelve.

    Table ``shapley/explainer_comparison.csv``.
    """
    return pd.DataFrame(
        {
            **task.names,
            "procedure": difference.procedure,
            "coalitions": difference.coalitions,
            "n": len(difference.exact),
            "largest_difference": difference.difference.max(),
            "mean_abs_difference": difference.difference.mean(),
            "share_of_values_zeroed": difference.zeroed.mean(),
            "exact_error_bound": difference.error_bound,
            **task.named,
        }
        for difference in differences
    )
