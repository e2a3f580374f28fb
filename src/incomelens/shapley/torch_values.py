"""The same Shapley values on any PyTorch device, for machines with a GPU.

The arithmetic is that of ``values``, in float64 and to the same nodes: equal results up to
rounding and the part of the tolerance that ``values`` spends on nodes left out. It works in large
element-wise steps, which suits a GPU; on a CPU it is many times slower than ``values``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from incomelens.common.errors import InputError
from incomelens.shapley.background import Background
from incomelens.shapley.engine import Accuracy, plan_accuracy
from incomelens.shapley.inputs import GaussianProcessMean, Players, checked_matrix, checked_players
from incomelens.shapley.product_games import unit_quadrature
from incomelens.shapley.values import ShapleyValues, exact_result


def torch_shapley_values(
    model: GaussianProcessMean,
    points: ArrayLike,
    background: Background,
    *,
    device: str | torch.device,
    players: Players | None = None,
    tolerance: float = 1e-6,
    memory_limit_mb: float = 4000.0,
    progress: Callable[[int, int], None] | None = None,
) -> ShapleyValues:
    """Exact Shapley values, computed in float64 on a PyTorch device.

    Parameters
    ----------
    model, points, background, players, tolerance, progress
        As for :func:`incomelens.shapley.values.shapley_values`.
    device : str or torch.device
        Such as ``cuda``, ``cuda:1`` or ``cpu``; it must know float64.
    memory_limit_mb : float
        Memory on the device for one chunk of points against the whole background.

    Returns
    -------
    ShapleyValues
    """
    points = checked_matrix("points", points, model.n_columns)
    checked_matrix("background", background.points, model.n_columns)
    players = checked_players(players, model.n_columns)
    accuracy = plan_accuracy(model, tolerance)
    values = np.empty((len(points), len(players.names)))
    for rows, chunk in _chunks(
        model, points, background, players, accuracy, torch.device(device), memory_limit_mb
    ):
        values[rows] = chunk
        if progress is not None:
            progress(rows.stop, len(points))
    return exact_result(model, points, values, players, background, accuracy)


def _chunks(
    model: GaussianProcessMean,
    points: NDArray[np.float64],
    background: Background,
    players: Players,
    accuracy: Accuracy,
    device: torch.device,
    memory_limit_mb: float,
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    n_train, n_background = len(model.alpha), len(background.points)
    # Prefix products, sums over q and a few intermediates, one value a triple each.
    one_point_mb = 8e-6 * (2 * len(players.names) + 6) * n_train * n_background
    n_points = int(memory_limit_mb // one_point_mb)
    if n_points < 1:
        raise InputError(
            f"memory_limit_mb: {memory_limit_mb:g} is too little for one point against "
            f"{n_background} background and {n_train} training points; allow "
            f"{np.ceil(one_point_mb):.0f}"
        )

    def tensor(array: NDArray[np.float64]) -> torch.Tensor:
        return torch.as_tensor(array, dtype=torch.float64, device=device)

    # Weight of every pair of background and training point.
    pair_weights = tensor(background.weights)[:, None] * tensor(model.alpha)
    z_distance = tensor(_player_distance(model, players, background.points))
    for start in range(0, len(points), n_points):
        rows = slice(start, min(start + n_points, len(points)))
        x_distance = tensor(_player_distance(model, players, points[rows]))
        total = _values_of(x_distance, z_distance, pair_weights, accuracy)
        yield rows, model.outputscale * total.cpu().numpy()


def _player_distance(
    model: GaussianProcessMean, players: Players, points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Squared scaled distances to the training points, shape (n_players, n_points, n_train)."""
    train, scaled = model.train_inputs / model.lengthscale, points / model.lengthscale
    return np.stack(
        [
            sum((scaled[:, column, None] - train[:, column]) ** 2 for column in columns)
            for columns in players.columns
        ]
    )


def _values_of(
    x_distance: torch.Tensor,
    z_distance: torch.Tensor,
    pair_weights: torch.Tensor,
    accuracy: Accuracy,
) -> torch.Tensor:
    """Values of one chunk, shape (n_points, n_players), before the outputscale."""
    n_players, n_points, _ = x_distance.shape
    q, q_weights = unit_quadrature(n_players - 1)
    total = x_distance.new_zeros((n_points, n_players))
    for rate, weight in zip(
        accuracy.mixture.rates.tolist(), accuracy.mixture.weights.tolist(), strict=True
    ):
        a = torch.exp(-rate * x_distance)[:, :, None, :]
        b = torch.exp(-rate * z_distance)[:, None, :, :]
        others: list[torch.Tensor | float] = [0.0] * n_players
        for node, node_weight in zip(q.tolist(), q_weights.tolist(), strict=True):
            for player, product in _left_out_products(a, b, node):
                others[player] = others[player] + node_weight * product
        for player in range(n_players):
            change = (a[player] - b[player]) * others[player]
            total[:, player] += weight * torch.einsum("xzi,zi->x", change, pair_weights)
    return total


def _left_out_products(
    a: torch.Tensor, b: torch.Tensor, node: float
) -> Iterator[tuple[int, torch.Tensor]]:
    """Product over all players but one, for each player, last player first."""
    before = [torch.ones_like(a[0] + b[0])]
    for player in range(len(a) - 1):
        before.append(before[-1] * torch.lerp(b[player], a[player], node))
    after = torch.ones_like(before[0])
    for player in reversed(range(len(a))):
        yield player, before[player] * after
        after = after * torch.lerp(b[player], a[player], node)
