r"""How much of the predictions' variance each player makes, if players vary independently.

Every player takes the columns of a background point by itself, so that what goes together in the
data is taken apart. The game is then :math:`V(S) = \operatorname{Var} E[f \mid x_S]` and has

* :math:`V(\{j\})`, what player j makes alone (Sobol's first-order effect),
* its Shapley value (Owen 2014: Shapley effects), between the two others, which adds up to the
  variance,
* :math:`V(N) - V(N \setminus j)`, with what j makes together with others (Sobol's total
  effect).

Covariances of products are products: with :math:`b_j` the product of the means of player j's
factors at two training points, and :math:`c_j` their covariance, both under j's own distribution,

.. math:: \phi_j = \int_0^1 c_j \prod_{k \ne j} (b_k + q\, c_k)\, dq

summed over pairs of training points and of the mixture's nodes, and the total effect is the
integrand at one. Mohammadi, Muandet, Tiddi, Ten Teije & Chau (2025), FANOVA-GP (arXiv 2508.14499),
take this game of a process whose kernel is built of orthogonal effects; here the kernel is any sum
of mixtures.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from incomelens.common.compiling import compiled
from incomelens.common.errors import InputError
from incomelens.shapley.background import Background
from incomelens.shapley.inputs import (
    GaussianProcessMean,
    Players,
    SumMean,
    checked_matrix,
    checked_players,
)
from incomelens.shapley.marginal_factors import NodeFactors, expand, kept_nodes
from incomelens.shapley.product_games import unit_quadrature

# Training points side by side, and rows of them that a thread takes at a time.
_LANES = 64
_ROWS = 32
# Rounding of an effect in units of the square of the largest sum behind it; generous.
_ROUNDING = 64 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class VarianceEffects:
    r"""Effects of every player, in squared SD units of the label, each of shape (n_players,).

    Attributes
    ----------
    alone : array
        :math:`\operatorname{Var} E[f \mid x_j]`.
    shapley : array
        Shapley values of the game of variances; they add up to the variance.
    total : array
        :math:`E \operatorname{Var}[f \mid x_{\bar j}]`.
    players : Players
    error_bound : float
        Largest possible error of the root of an effect, in SD units.
    rounding : float
        Allowance for rounding in an effect itself.
    """

    alone: NDArray[np.float64]
    shapley: NDArray[np.float64]
    total: NDArray[np.float64]
    players: Players
    error_bound: float
    rounding: float

    @property
    def variance(self) -> float:
        """Variance of the predictions with independent players."""
        return float(self.shapley.sum())

    @property
    def share_error(self) -> float:
        """Largest possible error of an effect's share of the variance; infinite without any."""
        largest = max(self.variance, self.total.max())
        error = 2 * self.error_bound * np.sqrt(largest) + self.error_bound**2 + self.rounding
        left = self.variance - error
        return float(error * (1 + largest / self.variance) / left) if left > 0 else float("inf")


def variance_effects(
    model: GaussianProcessMean | SumMean,
    background: Background,
    *,
    players: Players | None = None,
    tolerance: float = 1e-3,
    threads: int = 1,
) -> VarianceEffects:
    """Variance that each player makes alone, on average, and with all others.

    Parameters
    ----------
    model : GaussianProcessMean or SumMean
    background : Background
        Every player's own columns of its points, with its weights, are that player's distribution.
    players : Players, optional
        One player a column unless given.
    tolerance : float
        Largest error of the root of an effect, in SD units of the label; decides what is left out.
    threads : int
        They share training points out.

    Returns
    -------
    VarianceEffects

    Notes
    -----
    The root of every effect is a seminorm of f that its SD bounds. So the largest difference of f
    from the function that is computed bounds the error of all of them. Time grows with the squares
    of training points and nodes, and with players.
    """
    if not tolerance > 0:
        raise InputError(f"tolerance: {tolerance} must be positive")
    points = checked_matrix("background", background.points, model.n_columns)
    players = checked_players(players, model.n_columns)
    shared = [part for part in model.parts if len(players.within(part.columns)[1]) > 1]
    nodes, error = kept_nodes(shared, players, background, tolerance)
    factors = [NodeFactors.of_node(node, players) for node in nodes]
    budget = tolerance / (4 * max(len(nodes), 1) * len(players.names))
    bases, left_out = zip(
        *(
            expand(factors, player, players, background, budget)
            for player in range(len(players.names))
        ),
        strict=True,
    )
    alone, added = np.empty(len(bases)), np.empty(len(bases))
    for player, own in enumerate(_own(model, points, players)):
        centred = np.sqrt(background.weights) * (own - background.weights @ own)
        slope = _first_order(factors, player, model.alpha, bases[player].shape[1] - 1)
        added[player] = centred @ centred + 2 * (slope @ (bases[player][:, 1:].T @ centred))
        alone[player] = slope @ slope + added[player]
    shapley, total = _summed_pairs(factors, model.alpha, len(alone), threads) + added
    weight = sum(part.model.total_weight for part in shared)
    error += sum(left_out)
    return VarianceEffects(alone, shapley, total, players, error, _ROUNDING * weight**2)


def _own(
    model: GaussianProcessMean | SumMean, points: NDArray[np.float64], players: Players
) -> NDArray[np.float64]:
    """What a player adds whatever the others do, at every background point, (n_players, n).

    The linear term, and terms that read no other player's columns.
    """
    own = players.added(points * model.slope).T.copy()
    for part in model.parts:
        members = players.within(part.columns)[1]
        if len(members) == 1:
            own[members[0]] += part.model.predict(points[:, part.columns])
    return own


def _first_order(
    factors: list[NodeFactors], player: int, alpha: NDArray[np.float64], rank: int
) -> NDArray[np.float64]:
    """Coefficients of the conditional mean of the shared terms given one player."""
    total = np.zeros(rank)
    for one in factors:
        others = np.delete(one.mean, player, axis=0).prod(axis=0)
        rest = one.rest[player]
        total[: len(rest)] += one.node.scale * (rest @ (alpha * others))
    return total


def _summed_pairs(
    factors: list[NodeFactors], alpha: NDArray[np.float64], n_players: int, threads: int
) -> NDArray[np.float64]:
    """Shapley and total effects of the terms that players share, shape (2, n_players)."""
    n_train = len(alpha)
    sums = np.zeros((n_train, 2, n_players))
    q, q_weights = unit_quadrature(max(n_players - 1, 0))
    # The total effect is the integrand at one: a node of its own.
    quadrature = np.append(q, 1.0), np.append(q_weights, 1.0), np.array([len(q), len(q) + 1])
    padding = (0, -n_train % _LANES)
    lanes = np.pad(alpha, padding)
    means = [np.pad(one.mean, ((0, 0), padding)) for one in factors]

    def add(first: int, place: int) -> None:
        rows = slice(first, min(first + _ROWS, n_train))
        one = factors[place]
        covariance = np.zeros((n_players, rows.stop - rows.start, len(lanes)))
        for number in range(place, len(factors)):
            other = factors[number]
            for player, (left, right) in enumerate(zip(one.rest, other.rest, strict=True)):
                rank = min(len(left), len(right))
                covariance[player, :, :n_train] = left[:rank, rows].T @ right[:rank]
            twice = 1.0 if number == place else 2.0
            scale = twice * one.node.scale * other.node.scale * alpha[rows]
            mean = one.mean[:, rows]
            _add_pairs(mean, means[number], covariance, scale, lanes, *quadrature, sums[rows])

    with ThreadPoolExecutor(threads) as pool:
        for place in range(len(factors)):
            list(pool.map(add, range(0, n_train, _ROWS), repeat(place)))
    return sums.sum(axis=0)


@compiled(nogil=True, fastmath=True, error_model="numpy")
def _add_pairs(mean_one, mean_two, covariance, scale, alpha, q, q_weights, ends, sums):  # noqa: ANN001, ANN202  (compiled)
    """Add the effects of some training points with all others to their sums.

    Means have shape (n_players, n_rows) and (n_players, n), covariances (n_players, n_rows, n),
    sums (n_rows, n_effects, n_players). An effect takes the nodes of q up to its end.
    """
    n_players, n_rows, n_train = covariance.shape
    b, c = np.empty((n_players, _LANES)), np.empty((n_players, _LANES))
    factors, others = np.empty((n_players, _LANES)), np.empty((n_players, _LANES))
    products, after = np.ones((n_players + 1, _LANES)), np.empty(_LANES)
    for i in range(n_rows):
        for first in range(0, n_train, _LANES):
            lanes = slice(first, first + _LANES)
            for player in range(n_players):
                b[player] = mean_one[player, i] * mean_two[player, lanes]
                c[player] = covariance[player, i, lanes]
            k = 0
            for effect in range(len(ends)):
                others[:] = 0.0
                while k < ends[effect]:
                    for player in range(n_players):
                        # Rows by name: the compiler then fills the vector registers.
                        b_row, c_row, factor = b[player], c[player], factors[player]
                        before, product = products[player], products[player + 1]
                        for lane in range(_LANES):
                            factor[lane] = b_row[lane] + q[k] * c_row[lane]
                            product[lane] = before[lane] * factor[lane]
                    after[:] = q_weights[k]
                    for player in range(n_players - 1, -1, -1):
                        factor, before, other = factors[player], products[player], others[player]
                        for lane in range(_LANES):
                            other[lane] += before[lane] * after[lane]
                            after[lane] *= factor[lane]
                    k += 1
                for player in range(n_players):
                    c_row, other, total = c[player], others[player], 0.0
                    for lane in range(_LANES):
                        total += alpha[first + lane] * c_row[lane] * other[lane]
                    sums[i, effect, player] += scale[i] * total
