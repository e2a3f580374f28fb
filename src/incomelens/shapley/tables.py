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
from incomelens.shapley.groups import rank_stability
from incomelens.shapley.names import LOCATION, PLAYERS
from incomelens.shapley.runs import Settings
from incomelens.shapley.task import Task
from incomelens.shapley.values import ShapleyValues


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
    values: pd.DataFrame, ids: Sequence[str], sd: NDArray[np.float64]
) -> pd.DataFrame:
    """Posterior SD of values, long: ``shapley/{level}-{income}-{mode}-uncertainty.parquet``.

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
        Table ``shapley/background_sensitivity.csv``.
    """
    stability = rank_stability([explained for _, explained in values])
    parts = [
        pd.DataFrame(
            {
                **names,
                "background": i,
                "kind": background.kind,
                "variable": PLAYERS,
                "n": len(explained),
                "mean_abs": stability.importance[i],
                "rank": stability.ranks[i],
                "best_rank": stability.best_rank,
                "worst_rank": stability.worst_rank,
            }
        )
        for i, (background, explained) in enumerate(values)
    ]
    return pd.concat(parts, ignore_index=True)


def explainer_table(
    differences: Iterable[KernelDifference], *, names: Mapping[str, str]
) -> pd.DataFrame:
    """How far ``shap.KernelExplainer`` is from the exact values, in the game of twelve.

    Table ``shapley/explainer_comparison.csv``.
    """
    return pd.DataFrame(
        {
            **names,
            "procedure": difference.procedure,
            "coalitions": difference.coalitions,
            "n": len(difference.exact),
            "largest_difference": difference.difference.max(),
            "mean_abs_difference": difference.difference.mean(),
            "share_of_values_zeroed": difference.zeroed.mean(),
            "exact_error_bound": difference.error_bound,
        }
        for difference in differences
    )
