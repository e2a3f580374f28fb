"""What is explained: a fitted process on its own districts, against a background.

A task is one level, income and mode. Its districts are those the process was fitted to, which are
all that have the income, as in the paper (deviation `shapley_model`). The background is one for all
tasks of a level, chosen from the districts that have every income of the study: values against two
backgrounds answer two questions, and Table 5 compares incomes, not questions.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.common.names import PROCESS
from incomelens.common.seeds import job_rng, job_seed
from incomelens.shapley.background import (
    Background,
    full_background,
    kmeans_background,
    random_background,
)
from incomelens.shapley.inputs import (
    GaussianProcessMean,
    Part,
    Players,
    SumMean,
    merged_players,
    single_players,
)
from incomelens.shapley.mixture import StationaryKernel
from incomelens.shapley.names import GAMES, LOCATION, PLAYERS
from incomelens.ssig.additive import FittedSum
from incomelens.ssig.features import SPATIAL
from incomelens.ssig.gp import FittedGP
from incomelens.ssig.scaling import scaling_of
from incomelens.ssig.storage import load_gp

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """A process to explain, with its districts and a background.

    Attributes
    ----------
    names : dict
        ``level``, ``income`` and ``mode``.
    model : GaussianProcessMean or SumMean
        Its training inputs are the districts, or the inducing points of the process.
    points : array of shape (n_districts, n_columns)
        Districts to explain, z-scored.
    noise : array of shape (n_districts,), optional
        Variance of each label, in squared SD units.
    precision : array of shape (n_points, n_points), optional
        In its place where the process rests on inducing points, see
        :mod:`incomelens.shapley.evidence`.
    columns : tuple of str
        Names of the inputs.
    ids : array of shape (n_districts,)
        Identifiers of the districts.
    label : {"usd", "log"}
        Whether the process models the income or its logarithm.
    label_mean, label_sd : float
        Of that; values are in units of the latter.
    background : Background
    named : dict
        ``process``, where it rests on inducing points: the last column of its tables.
    """

    names: dict[str, str]
    model: GaussianProcessMean | SumMean
    points: NDArray[np.float64]
    noise: NDArray[np.float64] | None
    precision: NDArray[np.float64] | None
    columns: tuple[str, ...]
    ids: NDArray[np.str_]
    label: str
    label_mean: float
    label_sd: float
    background: Background
    named: dict[str, str] = field(default_factory=dict)

    def players(self, game: str) -> Players:
        """Players of the game `twelve` (one a column) or `eleven` (one for the location)."""
        if game == "twelve":
            return single_players(self.columns)
        if game == "eleven":
            return merged_players(self.columns, {LOCATION: SPATIAL})
        raise InputError(f"game '{game}' is not known (known: {', '.join(GAMES)})")

    def sample(self, size: int | None, *, seed: int) -> NDArray[np.int64]:
        """Rows of districts drawn without replacement, ascending.

        Parameters
        ----------
        size : int or None
            None, or more than there are: all districts.
        seed : int
            The study's. The modes of a task share their sample, and of two sizes the smaller
            sample is a part of the larger.
        """
        rng = job_rng(seed, "sample", self.names["level"], self.names["income"])
        return np.sort(rng.permutation(len(self.ids))[:size])


def level_background(
    districts: pd.DataFrame,
    *,
    level: str,
    incomes: Sequence[str],
    background: Mapping[str, Any],
    seed: int,
) -> Background:
    """Background of all tasks of a level, in the variables' own units.

    Chosen from the districts with every income, z-scored over these.

    Parameters
    ----------
    districts : DataFrame
        ``districts/{level}.parquet``.
    level : str
    incomes : sequence of str
        Of the study.
    background : mapping
        ``kind`` (`kmeans`, `random` or `all`) and ``size``, which `all` does not read.
    seed : int
        The study's; the background's own follows from it and the level.

    Raises
    ------
    InputError
        If no district has every income, or there are fewer than points asked for.
    """
    has_income = districts[list(incomes)].notna()
    common = has_income.all(axis=1)
    if not common.any():
        raise InputError(
            f"shapley: no district of level {level} has {' and '.join(incomes)}, so that their "
            "Shapley values cannot have one background; bring districts that have both, or name "
            "one income in districts.incomes"
        )
    logger.info(
        "background of level %s: from %d of %d districts with an income, those with every income",
        level,
        common.sum(),
        has_income.any(axis=1).sum(),
    )
    rows = districts.loc[common, list(PLAYERS)].to_numpy(dtype=np.float64)
    scaling = scaling_of(rows, PLAYERS)
    chosen = chosen_background(
        scaling.scaled(rows), **background, seed=job_seed(seed, "background", level)
    )
    return replace(chosen, points=chosen.points * scaling.sd + scaling.mean)


def task_of(
    fitted: FittedGP | FittedSum, *, names: Mapping[str, str], background: Background
) -> Task:
    """Prepare a fitted process to be explained.

    Parameters
    ----------
    fitted : FittedGP or FittedSum
        Of the inputs :data:`incomelens.shapley.names.PLAYERS`, in their order.
    names : mapping
        ``level``, ``income`` and ``mode``.
    background : Background
        Of the level, from :func:`level_background`.
    """
    of_sum = isinstance(fitted, FittedSum)
    inducing = fitted.inducing
    return Task(
        names={key: names[key] for key in ("level", "income", "mode")},
        model=_sum_mean(fitted) if of_sum else _matern_mean(fitted),
        points=fitted.training_inputs,
        noise=fitted.noise + fitted.known_noise if inducing is None else None,
        precision=None if inducing is None else inducing.precision,
        columns=fitted.features,
        ids=np.array(fitted.training_ids, dtype=str),
        label="log" if of_sum else "usd",
        label_mean=float(fitted.label_scaling.mean[0]),
        label_sd=float(fitted.label_scaling.sd[0]),
        background=replace(background, points=fitted.scaled(background.points)),
        named={} if fitted.process is None else {PROCESS: fitted.process},
    )


def _matern_mean(fitted: FittedGP) -> GaussianProcessMean:
    return GaussianProcessMean(
        train_inputs=fitted.support,
        alpha=fitted.weights(),
        kernel=StationaryKernel("matern", 1.5),
        lengthscale=fitted.lengthscale,
        outputscale=fitted.outputscale,
    )


def _sum_mean(fitted: FittedSum) -> SumMean:
    inputs, alpha = fitted.support, fitted.weights()
    linear_variance, parts = np.zeros(inputs.shape[1]), []
    for term in fitted.terms:
        if term.is_linear:
            linear_variance[list(term.columns)] += term.variance
            continue
        model = GaussianProcessMean(
            train_inputs=inputs[:, term.columns],
            alpha=alpha,
            kernel=StationaryKernel("matern", 1.5),
            lengthscale=term.lengthscale,
            outputscale=term.variance,
        )
        parts.append(Part(model, term.columns, term.name))
    return SumMean(inputs, alpha, tuple(parts), linear_variance)


def load_tasks(
    arrays: Sequence[str | Path],
    descriptions: Sequence[str | Path],
    names: Sequence[Mapping[str, str]],
    *,
    districts: Sequence[pd.DataFrame],
    incomes: Sequence[str],
    background: Mapping[str, Any],
    seed: int,
) -> Iterator[Task]:
    """Tasks of stored processes, one after the other.

    Parameters
    ----------
    arrays, descriptions : sequences of path
        One of each a task.
    names : sequence of mapping
        ``level``, ``income`` and ``mode`` of each.
    districts : sequence of DataFrame
        ``districts/{level}.parquet`` of each level, in the order in which the tasks name them.
    incomes, background, seed
        As for :func:`level_background`.
    """
    levels = dict.fromkeys(task["level"] for task in names)
    chosen = {
        level: level_background(
            table, level=level, incomes=incomes, background=background, seed=seed
        )
        for level, table in zip(levels, districts, strict=True)
    }
    for tensors, text, task in zip(arrays, descriptions, names, strict=True):
        # Held by no name here, so that its covariance is gone while it is explained.
        yield task_of(
            load_gp(arrays=tensors, description=text), names=task, background=chosen[task["level"]]
        )


def chosen_background(
    points: NDArray[np.float64], *, kind: str, size: int, seed: int
) -> Background:
    """Background of one kind: k-means points, random rows, or all rows."""
    if kind == "kmeans":
        return kmeans_background(points, size, seed=seed)
    if kind == "random":
        return random_background(points, size, seed=seed)
    if kind == "all":
        return full_background(points)
    raise InputError(f"shapley.background.kind: '{kind}' is not known (known: kmeans, random, all)")
