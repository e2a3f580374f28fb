"""Whole runs over the districts of a task: in chunks, with progress, resumable where it is long."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import listed
from incomelens.common.finished_parts import Chunk, digest_of, gather_rows
from incomelens.common.progress import progress
from incomelens.shapley.background import Background
from incomelens.shapley.explainers import explain
from incomelens.shapley.inputs import Players
from incomelens.shapley.interactions import shapley_interactions
from incomelens.shapley.names import GAMES
from incomelens.shapley.task import Task
from incomelens.shapley.uncertainty import shapley_variance
from incomelens.shapley.values import (
    ShapleyValues,
    exact_result,
    iterate_shapley_values,
    shapley_values,
)

# Districts in a chunk. A chunk of either explainer takes some seconds to some minutes.
CHUNK = {"exact": 64, "shap_kernel": 4}


@dataclass(frozen=True)
class Settings:
    """How values are computed.

    Attributes
    ----------
    explainer : {'exact', 'shap_kernel'}
    shap_kernel : mapping
        ``l1_reg`` and ``nsamples`` of ``shap.KernelExplainer``.
    tolerance : float
        Of one exact value, in SD units of the label.
    seed : int
        Of the kernel explainer's draws of coalitions.
    threads, memory_mb
        They change the time and not one bit of the exact values.
    """

    explainer: str = "exact"
    shap_kernel: Mapping[str, Any] = field(
        default_factory=lambda: {"l1_reg": False, "nsamples": "auto"}
    )
    tolerance: float = 1e-6
    seed: int = 0
    threads: int = 1
    memory_mb: float = 1000.0

    @property
    def description(self) -> dict[str, object]:
        """The explainer by name, with what decides its numbers."""
        if self.explainer == "exact":
            return {"explainer": "exact", "tolerance_sd": self.tolerance}
        return {
            "explainer": self.explainer,
            "shap": version("shap"),
            **self.shap_kernel,
            "seed": self.seed,
            "chunk": CHUNK[self.explainer],
        }


def explain_games(
    task: Task, settings: Settings, *, parts: str | Path, code: str
) -> dict[str, ShapleyValues]:
    """Values of all districts of a task in both games, checked, resumed where a run was killed.

    Parameters
    ----------
    task : Task
    settings : Settings
    parts : path
        Folder for finished chunks; the caller discards it once the values are written.
    code : str
        Digest of the program: chunks of another program are not used.

    Raises
    ------
    ArithmeticError
        If the values of a district do not sum to prediction minus base value.
    """
    results = {}
    for game in GAMES:
        result = _explain_game(task, settings, game, parts=Path(parts) / game, code=code)
        check_efficiency(result, task.ids, tolerance=settings.tolerance)
        results[game] = result
    return results


def _explain_game(
    task: Task, settings: Settings, game: str, *, parts: Path, code: str
) -> ShapleyValues:
    model, background, players = task.model, task.background, task.players(game)
    terms = [
        (part.columns, part.model.outputscale, vars(part.model.kernel)) for part in model.parts
    ]
    digest = digest_of(
        [code, settings.description, terms, vars(players)],
        *(np.asarray(part.model.lengthscale) for part in model.parts),
        model.linear_variance,
        model.train_inputs,
        model.alpha,
        task.points,
        background.points,
        background.weights,
    )
    values = gather_rows(
        lambda start: _chunks(task, settings, players, start),
        n_rows=len(task.points),
        folder=parts,
        digest=digest,
        description=f"Shapley values, game of {game}",
    )
    if settings.explainer == "exact":
        return exact_result(
            model, task.points, values, players, background, tolerance=settings.tolerance
        )
    return ShapleyValues(
        values=values,
        predictions=model.predict(task.points),
        base_value=float(background.weights @ model.predict(background.points)),
        players=players,
        background=background,
        explainer=settings.explainer,
        error_bound=float("nan"),
        n_nodes=0,
        kernel_error=0.0,
    )


def _chunks(task: Task, settings: Settings, players: Players, start: int) -> Iterator[Chunk]:
    size = CHUNK[settings.explainer]
    if settings.explainer == "exact":
        yield from iterate_shapley_values(
            task.model,
            task.points,
            task.background,
            players=players,
            tolerance=settings.tolerance,
            threads=settings.threads,
            memory_limit_mb=settings.memory_mb,
            chunk_size=size,
            start=start,
        )
        return
    for first in range(start, len(task.points), size):
        rows = slice(first, min(first + size, len(task.points)))
        # A chunk has a seed of its own: what it draws does not depend on where a run began.
        seed = (settings.seed + first) % 2**32
        yield rows, kernel_values(task, rows, players, seed=seed, **settings.shap_kernel)


def check_efficiency(result: ShapleyValues, ids: NDArray[np.str_], *, tolerance: float) -> float:
    """Largest gap between a district's sum of values and its prediction minus the base value.

    Raises
    ------
    ArithmeticError
        If it is beyond the error bound, or, for an explainer without one, beyond the tolerance.
    """
    gap = np.abs(result.efficiency_gap)
    allowed = tolerance if np.isnan(result.error_bound) else result.error_bound
    # Not `gap > allowed`: a gap that is no number must not pass.
    broken = ~(gap <= allowed)
    if broken.any():
        raise ArithmeticError(
            f"Shapley values ({result.explainer}): the sum of a district's values differs from "
            f"prediction minus base value by up to {gap.max():.1e} SD, {allowed:.1e} is allowed; "
            f"broken for {listed(ids[broken])}. This is a fault of the program: please report it"
        )
    return float(gap.max())


def sampled_sd(task: Task, rows: NDArray[np.int64], settings: Settings) -> NDArray[np.float64]:
    """Posterior SD of the values of some districts, shape (n_rows, n_players), game of twelve."""
    players = task.players("twelve")
    sd = np.empty((len(rows), len(players.names)))
    for chunk in _told(rows, "Uncertainty of Shapley values"):
        sd[chunk] = shapley_variance(
            task.model,
            task.points[rows[chunk]],
            task.background,
            noise=task.noise,
            precision=task.precision,
            players=players,
            tolerance=settings.tolerance,
            threads=settings.threads,
            memory_limit_mb=settings.memory_mb,
        ).sd
    return sd


def sampled_interactions(
    task: Task, rows: NDArray[np.int64], settings: Settings
) -> dict[str, NDArray[np.float64]]:
    """Interactions of some districts in both games, each of shape (n_rows, n_players, n_players).

    Off the diagonal the whole Shapley interaction index of the pair, on it the main effects (see
    :mod:`incomelens.shapley.interactions`).
    """
    interactions = {}
    for game in GAMES:
        players = task.players(game)
        interactions[game] = np.empty((len(rows), len(players.names), len(players.names)))
        for chunk in _told(rows, f"Shapley interactions, game of {game}"):
            interactions[game][chunk] = shapley_interactions(
                task.model,
                task.points[rows[chunk]],
                task.background,
                players=players,
                tolerance=settings.tolerance,
                threads=settings.threads,
                memory_limit_mb=settings.memory_mb,
            ).interactions
    return interactions


def kernel_values(
    task: Task,
    rows: NDArray[np.int64] | slice,
    players: Players,
    *,
    seed: int,
    l1_reg: str | float | bool,
    nsamples: int | str,
) -> NDArray[np.float64]:
    """Values of some districts by ``shap.KernelExplainer``, shape (n_rows, n_players)."""
    # The library tells every step of every district.
    logging.getLogger("shap").setLevel(logging.WARNING)
    return explain(
        task.model,
        task.points[rows],
        task.background,
        explainer="shap_kernel",
        players=players,
        seed=seed,
        l1_reg=l1_reg,
        nsamples=nsamples,
    ).values


def exact_values(
    task: Task, rows: NDArray[np.int64], settings: Settings, background: Background
) -> ShapleyValues:
    """Exact values of some districts against a background."""
    return shapley_values(
        task.model,
        task.points[rows],
        background,
        tolerance=settings.tolerance,
        threads=settings.threads,
        memory_limit_mb=settings.memory_mb,
    )


def _told(rows: NDArray[np.int64], description: str) -> Iterator[slice]:
    """Slices of the rows, a chunk each, with progress."""
    starts = range(0, len(rows), CHUNK["exact"])
    chunks = [slice(start, min(start + CHUNK["exact"], len(rows))) for start in starts]
    return progress(
        chunks,
        description,
        total=len(rows),
        unit="districts",
        size=lambda chunk: chunk.stop - chunk.start,
    )
