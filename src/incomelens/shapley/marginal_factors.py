r"""A sum of kernels as products of functions of one player each, in few coefficients.

For players who vary independently, moments of a product are products of moments of its factors,
each under its own player's distribution. A factor is a Gaussian around a training point; those of
all training points and nodes are written in one orthonormal basis a player, so that the covariance
of two factors is a product of short vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from incomelens.shapley.background import Background
from incomelens.shapley.inputs import Part, Players
from incomelens.shapley.mixture import gaussian_mixture

# Training points that a basis is looked for first.
_FIRST_COLUMNS = 100


class Node(NamedTuple):
    """One Gaussian of one term; `scale` is its weight times the term's variance."""

    part: Part
    rate: float
    scale: float


def kept_nodes(
    parts: list[Part], players: Players, background: Background, tolerance: float
) -> tuple[list[Node], float]:
    """Gaussians of terms that players share, and the largest SD of what they leave of f.

    Half of the tolerance goes to the mixture, a quarter to nodes so narrow that, with independent
    players, hardly any point is near a training point; the rest is left to the bases.
    """
    nodes, error = [], 0.0
    for part in parts:
        allowed = tolerance / (4 * len(parts))
        weight = max(part.model.total_weight, np.finfo(np.float64).tiny)
        # Rounded down to a quarter of a decade, as for values: models then share their nodes.
        steps = np.floor(4 * np.log10(min(2 * allowed / weight, 1e-2)))
        mixture = gaussian_mixture(part.model.kernel, float(10 ** (steps / 4)))
        error += part.model.total_weight * mixture.max_error
        of_part = [
            Node(part, float(rate), float(weight) * part.model.outputscale)
            for rate, weight in zip(mixture.rates, mixture.weights, strict=True)
        ]
        while of_part:
            narrowest = _largest_sd(of_part[-1], players, background)
            if narrowest > allowed:
                break
            allowed -= narrowest
            error += narrowest
            of_part.pop()
        nodes += of_part
    return nodes, error


def _largest_sd(node: Node, players: Players, background: Background) -> float:
    """What the SD of a node's own part of f cannot exceed."""
    squared = np.ones(len(node.part.model.alpha))
    for player in range(len(players.names)):
        distance = _distance(node.part, player, players, background)
        if distance is not None:
            squared *= background.weights @ np.exp(-2 * node.rate * distance)
    return float(node.scale * np.abs(node.part.model.alpha) @ np.sqrt(squared))


def _distance(
    part: Part, player: int, players: Players, background: Background
) -> NDArray[np.float64] | None:
    """Squared scaled distances in a player's columns, (n_background, n_train); None without any."""
    places = [part.columns.index(c) for c in players.columns[player] if c in part.columns]
    if not places:
        return None
    points = background.points[:, part.columns] / part.model.lengthscale
    train = part.model.train_inputs / part.model.lengthscale
    apart = points[:, places, None] - train[:, places].T
    return (apart**2).sum(axis=1)


@dataclass
class NodeFactors:
    """A node's factors of all players as functions of their own columns, in orthonormal bases.

    Attributes
    ----------
    node : Node
    mean : array of shape (n_players, n_train)
        Under the player's distribution; one for who has no columns of the term.
    rest : list of arrays of shape (rank, n_train)
        Coefficients of what is not constant.
    reach : array of shape (n_train,)
        Largest SD of what a training point adds to f, by the players expanded so far.
    """

    node: Node
    mean: NDArray[np.float64]
    rest: list[NDArray[np.float64]]
    reach: NDArray[np.float64]

    @classmethod
    def of_node(cls, node: Node, players: Players) -> NodeFactors:
        """Before any player is expanded."""
        alpha, n_players = node.part.model.alpha, len(players.names)
        nothing = [np.empty((0, len(alpha)))] * n_players
        return cls(node, np.ones((n_players, len(alpha))), nothing, node.scale * np.abs(alpha))


def expand(
    factors: list[NodeFactors], player: int, players: Players, background: Background, budget: float
) -> tuple[NDArray[np.float64], float]:
    """Write a player's factors of all nodes in one orthonormal basis, the constant first.

    Functions grow less smooth from node to node, and each adds what the basis lacks: smooth ones
    need few coefficients. A factor that is expanded before others is as large as it is, one after
    it at most one.

    Returns
    -------
    basis : array of shape (n_background, rank)
        Times the roots of the weights.
    left_out : float
        Largest SD of what no basis function holds of f, at most the budget a node.
    """
    root = np.sqrt(background.weights)[:, None]
    basis, left_out = root, 0.0
    every = {
        id(one.node.part): _distance(one.node.part, player, players, background) for one in factors
    }
    distances = {part: distance for part, distance in every.items() if distance is not None}
    having = [one for one in factors if id(one.node.part) in distances]
    for one in sorted(having, key=lambda f: f.node.rate * distances[id(f.node.part)].mean()):
        function = root * np.exp(-one.node.rate * distances[id(one.node.part)])
        n_train = len(one.reach)
        # A few training points make nearly all of the basis, at a small part of the time.
        lacking = np.arange(n_train) % max(n_train // _FIRST_COLUMNS, 1) == 0
        while lacking.any():
            allowed = budget / n_train
            basis = _grown(basis, function[:, lacking], one.reach[lacking], allowed)
            coefficients = basis.T @ function
            lost = one.reach * np.linalg.norm(function - basis @ coefficients, axis=0)
            lacking = (lost > allowed) & (lost.sum() > budget) & (basis.shape[1] < len(root))
        left_out += lost.sum()
        one.mean[player], one.rest[player] = coefficients[0], coefficients[1:]
        one.reach = one.reach * np.linalg.norm(coefficients, axis=0)
    return basis, left_out


def _grown(
    basis: NDArray[np.float64],
    functions: NDArray[np.float64],
    reach: NDArray[np.float64],
    allowed: float,
) -> NDArray[np.float64]:
    """Add to an orthonormal basis what functions need, the one that matters most first."""
    rest = functions - basis @ (basis.T @ functions)
    while basis.shape[1] < len(basis):
        norms = np.linalg.norm(rest, axis=0)
        worst = (reach * norms).argmax()
        if reach[worst] * norms[worst] <= allowed:
            break
        new = rest[:, worst] / norms[worst]
        new -= basis @ (basis.T @ new)  # rounding has grown with it
        new /= np.linalg.norm(new)
        rest -= np.outer(new, new @ rest)
        basis = np.column_stack([basis, new])
    return basis
