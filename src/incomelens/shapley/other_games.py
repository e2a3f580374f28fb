r"""Values of two other games that packages play, exact for the same kernels.

**Product-kernel values** (Mohammadi, Chau & Muandet 2025, arXiv:2505.16516; ``shapiq``'s
ProductKernelExplainer). A player who is absent is left out of the kernel: there is no background,
and the game of one node of the mixture is :math:`v(S) = \sum_i \alpha_i \prod_{j \in S} a_{ij}`.

**GeoShapley** (Li 2024, Annals of the AAG 114:1365; ``geoshapley``): a place's own effect, every
player's primary effect, and what both change together. It is fitted by least squares over all
coalitions, weighted as in KernelSHAP. With the multilinear extension V along its diagonal, the
place g being absent (V₀) or present (V₁), the solution of that regression is

.. math:: \phi_j = 2 \int_0^1 (1 - q)\, \partial_j V_0 \, dq, \qquad
          \phi_j + \phi_{gj} = 2 \int_0^1 q\, \partial_j V_1 \, dq

so that the Shapley value of j is :math:`\phi_j + \tfrac12 \phi_{gj}`: nothing but the first
integral is new. Both are derived in ``docs/shapley.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from incomelens.common.errors import InputError
from incomelens.shapley.background import Background
from incomelens.shapley.engine import plan_accuracies
from incomelens.shapley.inputs import (
    GaussianProcessMean,
    Players,
    SumMean,
    checked_matrix,
    checked_players,
)
from incomelens.shapley.product_games import early_values_kernel, unit_quadrature
from incomelens.shapley.values import iterate_shapley_values, shapley_values


def product_kernel_values(
    model: GaussianProcessMean,
    points: ArrayLike,
    *,
    players: Players | None = None,
    tolerance: float = 1e-6,
) -> NDArray[np.float64]:
    r"""Shapley values of the game in which absent players are left out of the kernel.

    Parameters
    ----------
    model : GaussianProcessMean
    points : array of shape (n_points, n_columns)
    players : Players, optional
        One player a column unless given.
    tolerance : float
        Largest error of one value, in SD units of the label.

    Returns
    -------
    array of shape (n_points, n_players)
        In SD units. They add up to the prediction less :math:`\sigma^2 \sum_i \alpha_i`, which is
        no prediction at any point.

    Notes
    -----
    Of a kernel that is no product, every node of its mixture is one: by linearity the game leaves
    players out of each.
    """
    points = checked_matrix("points", points, model.n_columns)
    players = checked_players(players, model.n_columns)
    (accuracy,) = plan_accuracies(model, tolerance)
    rates, weights = accuracy.mixture.rates, accuracy.mixture.weights
    q, q_weights = unit_quadrature(len(players.names))
    values = np.empty((len(points), len(players.names)))
    for row, point in enumerate(points):
        squared = players.added(((model.train_inputs - point) / model.lengthscale) ** 2)
        factors = np.exp(-squared[:, :, None] * rates)  # (n_train, n_players, n_nodes)
        averaged = 0.0
        for share, weight in zip(q, q_weights, strict=True):
            averaged = averaged + weight * _products_without_each(1 + share * (factors - 1))
        values[row] = np.einsum(
            "i,ijm,m->j", model.alpha, (factors - 1) * averaged, weights, optimize=True
        )
    return model.outputscale * values


def _products_without_each(factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Products over all players but one, along axis 1; never a division, factors underflow."""
    one = np.ones_like(factors[:, :1])
    before = np.concatenate([one, np.cumprod(factors[:, :-1], axis=1)], axis=1)
    after = np.concatenate([one, np.cumprod(factors[:, :0:-1], axis=1)], axis=1)[:, ::-1]
    return before * after


@dataclass(frozen=True)
class GeoShapleyValues:
    """A prediction shared out to a place, the other players, and both together.

    Attributes
    ----------
    place : array of shape (n_points,)
        Effect of the place alone; all in SD units of the label.
    primary : array of shape (n_points, n_others)
        Effect of every other player alone.
    interactions : array of shape (n_points, n_others)
        What the place and each of the others change together.
    base_value : float
        The sum of all is prediction less base value.
    names : tuple of str
        The others, in the players' order.
    """

    place: NDArray[np.float64]
    primary: NDArray[np.float64]
    interactions: NDArray[np.float64]
    base_value: float
    names: tuple[str, ...]


def geoshapley_values(
    model: GaussianProcessMean | SumMean,
    points: ArrayLike,
    background: Background,
    *,
    players: Players,
    place: str = "location",
    tolerance: float = 1e-6,
    threads: int = 1,
) -> GeoShapleyValues:
    """Exact GeoShapley decomposition of the posterior mean.

    Parameters
    ----------
    model, points, background, threads
        As for :func:`incomelens.shapley.values.shapley_values`.
    tolerance : float
        Largest error of a primary effect in SD units of the label; an interaction's is four times
        as large.
    players : Players
        With the place as one, see :func:`incomelens.shapley.inputs.merged_players`.
    place : str
        Its name among the players.

    Returns
    -------
    GeoShapleyValues

    Notes
    -----
    Twice the cost of the Shapley values: the background points are gone through one by one, since
    an absent place is that of the background point.
    """
    points = checked_matrix("points", points, model.n_columns)
    players = checked_players(players, model.n_columns)
    if place not in players.names or len(players.names) < 2:
        raise InputError(
            f"players: {list(players.names)}; expected '{place}' and others, see merged_players"
        )
    at = players.names.index(place)
    whole = shapley_values(
        model, points, background, players=players, tolerance=tolerance, threads=threads
    )
    alone = np.zeros_like(whole.values)
    columns = list(players.columns[at])
    for elsewhere, weight in zip(background.points, background.weights, strict=True):
        moved = points.copy()
        moved[:, columns] = elsewhere[columns]
        chunks = iterate_shapley_values(
            model,
            moved,
            replace(background, points=elsewhere[None], weights=np.ones(1)),
            players=players,
            tolerance=tolerance,
            threads=threads,
            kernel=early_values_kernel,
        )
        for rows, values in chunks:
            alone[rows] += weight * values
    others = [player for player in range(len(players.names)) if player != at]
    together = 2 * (whole.values - alone)[:, others]
    return GeoShapleyValues(
        place=whole.values[:, at] - together.sum(axis=1) / 2,
        primary=alone[:, others],
        interactions=together,
        base_value=whole.base_value,
        names=tuple(players.names[player] for player in others),
    )
