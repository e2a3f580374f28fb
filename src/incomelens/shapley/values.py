r"""Exact interventional Shapley values of a Gaussian process's posterior mean.

The game of explained point x and background Z is :math:`v(S) = \sum_z w_z f(x_S, z_{\bar S})`:
players in S keep the district's own values, the others take a background point's. Time grows with
explained points x background points x training points x players squared; there is no term
in :math:`2^d`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from incomelens.common.compiling import compiled
from incomelens.common.errors import InputError
from incomelens.shapley.background import Background
from incomelens.shapley.engine import (
    ProductGames,
    games_of_terms,
    largest_error,
    plan_accuracies,
)
from incomelens.shapley.inputs import (
    GaussianProcessMean,
    Players,
    SumMean,
    checked_matrix,
    checked_players,
)
from incomelens.shapley.product_games import LANES, BlockKernel, values_kernel


@dataclass(frozen=True)
class ShapleyValues:
    """Values of all players for all explained points, with what they were computed from.

    Attributes
    ----------
    values : array of shape (n_points, n_players)
        In SD units of the label.
    predictions : array of shape (n_points,)
        Posterior mean, computed from the kernel itself.
    base_value : float
        Weighted mean prediction over the background.
    players : Players
    background : Background
    explainer : str
        ``exact``, or how else the values were made.
    error_bound : float
        Largest possible error of one value, in SD units; NaN for an explainer that gives none.
    n_nodes : int
        Gaussians in place of the kernels; 0 where the kernels themselves were used.
    kernel_error : float
        Largest error of a kernel itself.
    """

    values: NDArray[np.float64]
    predictions: NDArray[np.float64]
    base_value: float
    players: Players
    background: Background
    explainer: str
    error_bound: float
    n_nodes: int
    kernel_error: float

    @property
    def efficiency_gap(self) -> NDArray[np.float64]:
        """Sum of values minus (prediction minus base value), shape (n_points,); SD units."""
        return self.values.sum(axis=1) - (self.predictions - self.base_value)


def shapley_values(
    model: GaussianProcessMean | SumMean,
    points: ArrayLike,
    background: Background,
    *,
    players: Players | None = None,
    tolerance: float = 1e-6,
    threads: int = 1,
    memory_limit_mb: float = 1000.0,
    progress: Callable[[int, int], None] | None = None,
) -> ShapleyValues:
    r"""Exact Shapley values of the posterior mean, within a tolerance known beforehand.

    Parameters
    ----------
    model : GaussianProcessMean or SumMean
    points : array of shape (n_points, n_columns)
        Points to explain, in the units of the training inputs.
    background : Background
    players : Players, optional
        One player a column unless given.
    tolerance : float
        Largest error of one value in SD units of the label; decides the number of nodes.
    threads : int
        They change the time and not one bit of the values.
    memory_limit_mb : float
        Most memory for the background's factors; does not change the values.
    progress : callable, optional
        Called with the points done and the points in all.

    Returns
    -------
    ShapleyValues
        Their sum is prediction minus base value within ``error_bound``.

    Notes
    -----
    Derivation in ``docs/shapley.md``. The value of a player is that of Štrumbelj & Kononenko
    (2014) and of ``shap.explainers.Exact`` with an independent masker.
    """
    points = checked_matrix("points", points, model.n_columns)
    players = checked_players(players, model.n_columns)
    values = np.empty((len(points), len(players.names)))
    for rows, chunk in iterate_shapley_values(
        model,
        points,
        background,
        players=players,
        tolerance=tolerance,
        threads=threads,
        memory_limit_mb=memory_limit_mb,
    ):
        values[rows] = chunk
        if progress is not None:
            progress(rows.stop, len(points))
    return exact_result(model, points, values, players, background, tolerance=tolerance)


def exact_result(
    model: GaussianProcessMean | SumMean,
    points: NDArray[np.float64],
    values: NDArray[np.float64],
    players: Players,
    background: Background,
    *,
    tolerance: float,
) -> ShapleyValues:
    """Exact values with what they add up to and the bound on their error."""
    accuracies = plan_accuracies(model, tolerance)
    return ShapleyValues(
        values=values,
        predictions=model.predict(points),
        base_value=float(background.weights @ model.predict(background.points)),
        players=players,
        background=background,
        explainer="exact",
        error_bound=largest_error(model, accuracies, differences=2),
        n_nodes=sum(len(accuracy.mixture.rates) for accuracy in accuracies),
        kernel_error=max(accuracy.mixture.max_error for accuracy in accuracies),
    )


def iterate_shapley_values(
    model: GaussianProcessMean | SumMean,
    points: ArrayLike,
    background: Background,
    *,
    players: Players | None = None,
    tolerance: float = 1e-6,
    threads: int = 1,
    memory_limit_mb: float = 1000.0,
    chunk_size: int = 64,
    start: int = 0,
    kernel: Callable[[int], BlockKernel] = values_kernel,
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """The values of :func:`shapley_values` chunk by chunk, to be stored and resumed.

    Parameters
    ----------
    model, points, background, players, tolerance, threads, memory_limit_mb
        As for :func:`shapley_values`. All points are given also when resuming.
    chunk_size : int
        Points in a chunk; does not change the values.
    start : int
        First point not yet done.
    kernel : callable
        The quantity for a number of players: Shapley values, or a like one.

    Yields
    ------
    rows : slice
        Which points.
    values : array of shape (n_rows, n_players)
    """
    points = checked_matrix("points", points, model.n_columns)
    players = checked_players(players, model.n_columns)
    if chunk_size < 1 or not 0 <= start <= len(points):
        raise InputError(
            f"chunk_size {chunk_size} must be at least 1 and start {start} within 0 to "
            f"{len(points)}, the number of points"
        )
    games = games_of_terms(
        model,
        background,
        players,
        accuracies=plan_accuracies(model, tolerance),
        kernel=kernel,
        threads=threads,
        memory_limit_mb=memory_limit_mb,
    )
    starts = range(start, len(points), chunk_size)
    rows = [slice(i, min(i + chunk_size, len(points))) for i in starts]
    chunks = [points[r] for r in rows]
    by_term = [_values_of_term(term.games, [c[:, term.columns] for c in chunks]) for term in games]
    for r, chunk, *of_terms in zip(rows, chunks, *by_term, strict=True):
        values = linear_values(model, chunk, background, players)
        for term, of_term in zip(games, of_terms, strict=True):
            values[:, term.members] += of_term
        yield r, values


def linear_values(
    model: GaussianProcessMean | SumMean,
    points: NDArray[np.float64],
    background: Background,
    players: Players,
) -> NDArray[np.float64]:
    """Values of the linear term: slope times distance from the background's mean."""
    return players.added((points - background.weights @ background.points) * model.slope)


def _values_of_term(
    games: ProductGames, chunks: list[NDArray[np.float64]]
) -> Iterator[NDArray[np.float64]]:
    """Values of a term's own players, chunk by chunk."""
    totals = [np.zeros((len(chunk), games.kernel.n_rows)) for chunk in chunks]

    def consume(chunk: int, tile: slice, training: slice, sums: NDArray[np.float64]) -> None:
        add_over_training(sums, games.model.alpha[training], totals[chunk][tile])

    for chunk in games.sweep(chunks, consume):
        yield games.model.outputscale * totals[chunk][:, : len(games.players.names)]


@compiled(nogil=True, error_model="numpy")
def add_over_training(sums, alpha, totals):  # noqa: ANN001, ANN201  (compiled)
    """Add the sums over training points, weighted by alpha, to totals of shape (n, n_rows).

    Block by block, so that cutting the training points at a multiple of a block changes no bit.
    """
    for i in range(sums.shape[0]):
        for row in range(sums.shape[1]):
            for first in range(0, len(alpha), LANES):
                block = 0.0
                for k in range(first, min(first + LANES, len(alpha))):
                    block += sums[i, row, k] * alpha[k]
                totals[i, row] += block
