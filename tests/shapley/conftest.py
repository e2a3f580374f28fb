"""A small Gaussian process, and Shapley values by their definition over all coalitions."""

import warnings
from collections.abc import Callable
from itertools import combinations
from math import factorial

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from incomelens.shapley.background import Background, kmeans_background
from incomelens.shapley.inputs import GaussianProcessMean, Players, single_players
from incomelens.shapley.mixture import StationaryKernel

with warnings.catch_warnings():
    # shap makes its colour maps, with what matplotlib has lately deprecated, when it is imported.
    warnings.filterwarnings("ignore", message="The set_(bad|over|under) function")
    import shap  # noqa: F401

Game = Callable[[frozenset[int]], float]


def fitted(inputs, label, kernel, lengthscale, outputscale, noise):
    """Posterior mean of a Gaussian process on these data."""
    scaled = inputs / np.broadcast_to(lengthscale, inputs.shape[1])
    covariance = outputscale * kernel(cdist(scaled, scaled)) + noise * np.eye(len(inputs))
    alpha = np.linalg.solve(covariance, label)
    return GaussianProcessMean(inputs, alpha, kernel, lengthscale, outputscale)


@pytest.fixture(scope="session")
def fit():
    return fitted


@pytest.fixture(scope="session")
def inputs() -> NDArray[np.float64]:
    return np.random.default_rng(1).normal(size=(60, 6)) @ (np.eye(6) + 0.3)


@pytest.fixture(scope="session")
def label(inputs) -> NDArray[np.float64]:
    rng = np.random.default_rng(2)
    return np.tanh(inputs[:, 0] * inputs[:, 1]) + inputs[:, 2] + 0.1 * rng.normal(size=60)


@pytest.fixture(scope="session")
def model(inputs, label) -> GaussianProcessMean:
    """Matérn 3/2, one lengthscale a column, little noise: large weights of both signs."""
    lengthscale = np.array([1.0, 1.5, 2.0, 2.5, 3.0, 4.0])
    return fitted(inputs, label, StationaryKernel("matern", 1.5), lengthscale, 2.0, 0.1)


@pytest.fixture(scope="session")
def background(inputs) -> Background:
    return kmeans_background(inputs, 12, seed=3)


@pytest.fixture(scope="session")
def brute_force():
    """Shapley values, and the interaction index, of any game by the definition."""

    def values(game: Game, n_players: int) -> NDArray[np.float64]:
        result = np.zeros(n_players)
        for j in range(n_players):
            rest = [k for k in range(n_players) if k != j]
            for size in range(n_players):
                weight = factorial(size) * factorial(n_players - size - 1) / factorial(n_players)
                for members in combinations(rest, size):
                    coalition = frozenset(members)
                    result[j] += weight * (game(coalition | {j}) - game(coalition))
        return result

    def interactions(game: Game, n_players: int) -> NDArray[np.float64]:
        result = np.zeros((n_players, n_players))
        for j, k in combinations(range(n_players), 2):
            rest = [i for i in range(n_players) if i not in (j, k)]
            for size in range(n_players - 1):
                weight = factorial(size) * factorial(n_players - size - 2)
                for members in combinations(rest, size):
                    s = frozenset(members)
                    result[j, k] += weight * (
                        game(s | {j, k}) - game(s | {j}) - game(s | {k}) + game(s)
                    )
            result[j, k] /= factorial(n_players - 1)
            result[k, j] = result[j, k]
        return result

    return {"values": values, "interactions": interactions}


@pytest.fixture(scope="session")
def game_of():
    """The interventional game of one point, from the posterior mean itself."""

    def build(model, point, background, players: Players | None = None) -> Game:
        players = players or single_players(model.n_columns)
        known: dict[frozenset[int], float] = {}

        def game(coalition: frozenset[int]) -> float:
            if coalition not in known:
                mixed = background.points.copy()
                for player in coalition:
                    columns = list(players.columns[player])
                    mixed[:, columns] = point[columns]
                known[coalition] = float(background.weights @ model.predict(mixed))
            return known[coalition]

        return game

    return build


@pytest.fixture(scope="session")
def coalition_weights():
    """Where the games of one point take the function, and each value as weights on these."""

    def build(point, background, players):
        d = len(players.names)
        coalitions = [frozenset(c) for size in range(d + 1) for c in combinations(range(d), size)]
        mixed = []
        for coalition in coalitions:
            rows = background.points.copy()
            for player in coalition:
                columns = list(players.columns[player])
                rows[:, columns] = point[columns]
            mixed.append(rows)
        weights = np.zeros((d, len(coalitions)))
        for place, s in enumerate(coalitions):
            for j in range(d):
                inside = len(s) - (j in s)
                share = factorial(inside) * factorial(d - inside - 1) / factorial(d)
                weights[j, place] = share if j in s else -share
        weights = np.einsum("js,z->jsz", weights, background.weights).reshape(d, -1)
        return np.vstack(mixed), weights

    return build
