r"""How sure the Gaussian process is of each Shapley value.

A Shapley value is linear in the function explained. With f drawn from the posterior instead of
its mean, value j is a Gaussian variable with variance

.. math:: \operatorname{Var} \phi_j = Q_{jj} - c_j^\top (\sigma^2 K + \Sigma_n)^{-1} c_j

where :math:`c_j[i]` is the value of player j for the function
:math:`\sigma^2 k(\cdot, x_i)`, and :math:`Q_{jj}` its prior variance: the value of player j taken
in both arguments of :math:`\sigma^2 k`. Of a sum of kernels both are sums over its terms, which are
independent before any income is known; :math:`\sigma^2 K` is then the whole sum, so that what the
terms share afterwards is in the variance. Of a process that rests on inducing points the inverse is
another matrix (:mod:`incomelens.shapley.evidence`). This is the uncertainty of the fit alone, given
its hyperparameters and the background; the noise of a single district's income is not in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from incomelens.common.compiling import compiled
from incomelens.common.errors import InputError
from incomelens.shapley.background import Background
from incomelens.shapley.engine import ProductGames, TermGames, accuracy_for, games_of_terms
from incomelens.shapley.evidence import Evidence, evidence_of
from incomelens.shapley.inputs import (
    GaussianProcessMean,
    Players,
    SumMean,
    checked_matrix,
    checked_players,
)
from incomelens.shapley.product_games import unit_quadrature, values_kernel

_CHUNK = 32


@dataclass(frozen=True)
class ShapleyVariance:
    """Posterior variance of every Shapley value.

    Attributes
    ----------
    variance : array of shape (n_points, n_players)
        In squared SD units of the label.
    prior_variance : array of shape (n_points, n_players)
        Before any district's income is known.
    players : Players
    error_bound : float
        Largest possible error of a variance, in squared SD units.
    """

    variance: NDArray[np.float64]
    prior_variance: NDArray[np.float64]
    players: Players
    error_bound: float

    @property
    def sd(self) -> NDArray[np.float64]:
        """Standard deviation of every value, in SD units; a variance rounded below zero is zero."""
        return np.sqrt(np.maximum(self.variance, 0.0))


def shapley_variance(
    model: GaussianProcessMean | SumMean,
    points: ArrayLike,
    background: Background,
    *,
    noise: float | ArrayLike | None = None,
    precision: ArrayLike | None = None,
    players: Players | None = None,
    tolerance: float = 1e-6,
    threads: int = 1,
    memory_limit_mb: float = 1000.0,
    progress: Callable[[int, int], None] | None = None,
) -> ShapleyVariance:
    r"""Posterior variance of every player's Shapley value at every explained point.

    Parameters
    ----------
    model : GaussianProcessMean or SumMean
    points : array of shape (n_points, n_columns)
        All districts or a sample.
    background : Background
        Pairs of its points are held in memory: a few hundred points at most.
    noise : float or array of shape (n_train,), optional
        :math:`\sigma_n^2`, of all or of each training point; squared SD units, positive.
    precision : array of shape (n_train, n_train), optional
        In its place where the training points are inducing points
        (:mod:`incomelens.shapley.evidence`).
    players : Players, optional
        One player a column unless given.
    tolerance : float
        Largest error of a variance, in squared SD units of the label.
    threads, memory_limit_mb, progress
        As for :func:`incomelens.shapley.values.shapley_values`.

    Returns
    -------
    ShapleyVariance

    Notes
    -----
    Chau, Muandet & Sejdinovic (2023) treat Shapley values of a Gaussian process as Gaussian
    variables; here the game is the interventional one and the sums over coalitions are exact.
    """
    points = checked_matrix("points", points, model.n_columns)
    checked_matrix("background", background.points, model.n_columns)
    players = checked_players(players, model.n_columns)
    n_train = len(model.alpha)
    evidence = evidence_of(model, noise=noise, precision=precision)
    most_prior = _most_prior_variance(model, points, background, players)
    # The variance's error through c is at most 2 |dc| sqrt(n) |solution|, and the solution's
    # length at most sqrt(most prior variance / noise) since what the data explain is part of it.
    leverage = 2 * np.sqrt(most_prior * n_train / evidence.least_noise)
    accuracies = [
        accuracy_for(
            part.model.kernel,
            part.model.outputscale * (2 + 1.01 * leverage),
            tolerance / len(model.parts),
        )
        for part in model.parts
    ]
    games = games_of_terms(
        model,
        background,
        players,
        accuracies=accuracies,
        kernel=values_kernel,
        threads=threads,
        memory_limit_mb=memory_limit_mb,
    )
    away = points - background.weights @ background.points
    prior = players.added(model.linear_variance * away**2)
    for term in games:
        prior[:, term.members] += _prior_variance(term.games, points[:, term.columns])
    explained = _explained_variance(games, players, model, points, away, evidence, progress)
    bounds = [
        [accuracy.error_bound(part.model.outputscale, differences) for differences in (2, 4)]
        for part, accuracy in zip(model.parts, accuracies, strict=True)
    ]
    covariance_error, prior_error = np.sum(bounds, axis=0)
    return ShapleyVariance(
        variance=prior - explained,
        prior_variance=prior,
        players=players,
        error_bound=prior_error
        + covariance_error * leverage
        + covariance_error**2 * n_train / evidence.least_noise,
    )


def _most_prior_variance(
    model: GaussianProcessMean | SumMean,
    points: NDArray[np.float64],
    background: Background,
    players: Players,
) -> float:
    """What no value's prior variance exceeds: four variances of every term, and the linear one."""
    stationary = 4 * sum(part.model.outputscale for part in model.parts)
    away = points - background.weights @ background.points
    return stationary + float(players.added(model.linear_variance * away**2).max())


def _explained_variance(
    games: list[TermGames],
    players: Players,
    model: GaussianProcessMean | SumMean,
    points: NDArray[np.float64],
    away: NDArray[np.float64],
    evidence: Evidence,
    progress: Callable[[int, int], None] | None,
) -> NDArray[np.float64]:
    """What the training data take from the prior variance, shape (n_points, n_players)."""
    n_players, n_train = len(players.names), len(model.alpha)
    explained = np.empty((len(points), n_players))
    starts = range(0, len(points), _CHUNK)
    chunks = [slice(start, min(start + _CHUNK, len(points))) for start in starts]
    by_term = [
        _covariances(term.games, [points[rows][:, term.columns] for rows in chunks])
        for term in games
    ]
    for rows, *of_terms in zip(chunks, *by_term, strict=True):
        linear = away[rows, None] * (model.linear_variance * model.train_inputs)
        covariance = np.moveaxis(players.added(linear), 2, 1)
        for term, of_term in zip(games, of_terms, strict=True):
            covariance[:, term.members] += of_term
        filled = covariance.reshape(-1, n_train)
        explained[rows] = evidence.explained(filled).reshape(-1, n_players)
        if progress is not None:
            progress(rows.stop, len(points))
    return explained


def _covariances(
    games: ProductGames, chunks: list[NDArray[np.float64]]
) -> Iterator[NDArray[np.float64]]:
    """Covariance of a term's values with the incomes, shape (n_chunk, n_own, n_train) a chunk.

    One array serves all chunks.
    """
    n_own = len(games.players.names)
    covariance = np.empty((_CHUNK, n_own, len(games.model.alpha)))

    def consume(_: int, tile: slice, training: slice, sums: NDArray[np.float64]) -> None:
        covariance[tile, :, training] = games.model.outputscale * sums[:, :n_own]

    for chunk in games.sweep(chunks, consume):
        yield covariance[: len(chunks[chunk])]


def _prior_variance(games: ProductGames, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Prior variance of every value, shape (n_points, n_players)."""
    model, background, players = games.model, games.background, games.players
    mixture = games.accuracy.mixture
    z_distance = _player_distance(model, players, background.points, background.points)
    needed_mb = 8e-6 * z_distance.size * len(mixture.rates)
    if needed_mb > games.memory_limit_mb:
        raise InputError(
            f"memory_limit_mb: {games.memory_limit_mb:g} is too little for the pairs of "
            f"{len(background.points)} background points; allow {np.ceil(needed_mb):.0f} or take "
            "fewer points"
        )
    zz = np.exp(-mixture.rates[:, None, None, None] * z_distance)
    x_distance = _player_distance(model, players, points, background.points)
    q, q_weights = unit_quadrature(len(players.names) - 1)
    prior = np.empty((len(points), len(players.names)))

    def explain(i: int) -> None:
        xz = np.exp(-mixture.rates[:, None, None] * x_distance[i])
        prior[i] = _prior_of_point(xz, zz, background.weights, mixture.weights, q, q_weights)

    with ThreadPoolExecutor(games.threads) as pool:
        list(pool.map(explain, range(len(points))))
    return model.outputscale * prior


def _player_distance(
    model: GaussianProcessMean,
    players: Players,
    one: NDArray[np.float64],
    two: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Squared scaled distances a player, shape (n_one, n_players, n_two)."""
    one, two = one / model.lengthscale, two / model.lengthscale
    return np.stack(
        [
            cdist(one[:, list(columns)], two[:, list(columns)], "sqeuclidean")
            for columns in players.columns
        ],
        axis=1,
    )


@compiled(nogil=True, fastmath=True, error_model="numpy")
def _prior_of_point(xz, zz, z_weights, weights, q, q_weights):  # noqa: ANN001, ANN202  (compiled)
    """Double quadrature over q and q' for one explained point.

    `xz` has shape (n_nodes, n_players, n_background) and `zz` (n_nodes, n_background, n_players,
    n_background). A point's factor with itself is one.
    """
    n_nodes, n_players, n_background = xz.shape
    factor = np.empty((n_players, n_background))
    before = np.ones((n_players + 1, n_background))
    after = np.empty(n_background)
    others = np.empty((n_players, n_background))
    prior = np.zeros(n_players)
    for m in range(n_nodes):
        for z in range(n_background):
            others[:] = 0.0
            for k in range(len(q)):
                for k_ in range(len(q)):
                    both = q[k] * q[k_]
                    first = q[k] * (1 - q[k_])
                    second = (1 - q[k]) * q[k_]
                    none = (1 - q[k]) * (1 - q[k_])
                    for player in range(n_players):
                        constant = both + second * xz[m, player, z]
                        for i in range(n_background):
                            value = constant + first * xz[m, player, i] + none * zz[m, z, player, i]
                            factor[player, i] = value
                            before[player + 1, i] = before[player, i] * value
                    after[:] = q_weights[k] * q_weights[k_]
                    for player in range(n_players - 1, -1, -1):
                        for i in range(n_background):
                            others[player, i] += before[player, i] * after[i]
                            after[i] *= factor[player, i]
            for player in range(n_players):
                total = 0.0
                for i in range(n_background):
                    change = 1 - xz[m, player, i] - xz[m, player, z] + zz[m, z, player, i]
                    total += z_weights[i] * change * others[player, i]
                prior[player] += weights[m] * z_weights[z] * total
    return prior
