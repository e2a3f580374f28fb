"""What all exact computations share: nodes, distances, tiles of points, threads and memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.shapley.background import Background
from incomelens.shapley.inputs import (
    GaussianProcessMean,
    Players,
    SumMean,
    checked_matrix,
    checked_players,
)
from incomelens.shapley.mixture import GaussianMixture, StationaryKernel, gaussian_mixture
from incomelens.shapley.product_games import LANES, BlockKernel

# Explained points that share one pass over the background's factors.
_TILE = 2
# Rounding of a value, in units of the largest sum that stands behind it; generous.
_ROUNDING = 64 * np.finfo(np.float64).eps
# Tolerance in the same units that float64 can still serve.
_LEAST_RELATIVE_TOLERANCE = 2e-13


@dataclass(frozen=True)
class Accuracy:
    r"""Nodes for a tolerance, and the error they are bound to keep.

    Attributes
    ----------
    mixture : GaussianMixture
        Gaussians in place of the kernel.
    left_out : float
        Largest share of the kernel that a coalition can lose with the nodes left out.
    cutoffs : array of shape (n_nodes,)
        Squared distance beyond which this node and all narrower ones are left out.
    """

    mixture: GaussianMixture
    left_out: float
    cutoffs: NDArray[np.float64]

    def error_bound(self, total_weight: float, differences: int) -> float:
        r"""Largest error of a quantity made of kernel differences, rounding included.

        Parameters
        ----------
        total_weight : float
            :math:`\sigma^2 \sum_i |\alpha_i|`, in the unit of the bound.
        differences : int
            Kernel values that one difference holds: 2 for a Shapley value, 4 for an interaction
            and for a prior covariance.
        """
        return total_weight * (differences * self.mixture.max_error + self.left_out + _ROUNDING)


def plan_accuracies(model: GaussianProcessMean | SumMean, tolerance: float) -> list[Accuracy]:
    """Nodes that keep every Shapley value within a tolerance of the exact one, for every term.

    Terms share the tolerance equally. Half of it goes to the mixture, half to nodes left out where
    even the closest coalition is so far from the training point that their Gaussians have vanished.

    Parameters
    ----------
    model : GaussianProcessMean or SumMean
    tolerance : float
        Largest error of one player's value, in SD units of the label.
    """
    if not tolerance > 0:
        raise InputError(f"tolerance: {tolerance} must be positive")
    least = np.finfo(np.float64).tiny
    return [
        accuracy_for(
            part.model.kernel, max(part.model.total_weight, least), tolerance / len(model.parts)
        )
        for part in model.parts
    ]


def largest_error(
    model: GaussianProcessMean | SumMean, accuracies: Sequence[Accuracy], differences: int
) -> float:
    """Largest error of a quantity of the sum: the terms' own together."""
    return sum(
        accuracy.error_bound(part.model.total_weight, differences)
        for part, accuracy in zip(model.parts, accuracies, strict=True)
    )


def accuracy_for(kernel: StationaryKernel, total_weight: float, tolerance: float) -> Accuracy:
    """Nodes for differences of two kernel values with a total weight, within a tolerance."""
    usable = tolerance / total_weight - _ROUNDING
    if usable < _LEAST_RELATIVE_TOLERANCE:
        raise InputError(
            f"tolerance {tolerance:.1e} is out of reach of float64: the model's weights sum to "
            f"{total_weight:.1e} in absolute value; ask for "
            f"{10 * _LEAST_RELATIVE_TOLERANCE * total_weight:.0e} or more"
        )
    # Rounded down to a quarter of a decade: models of one study then share their nodes.
    steps = np.floor(4 * np.log10(min(usable / 4, 1e-2)))
    mixture = gaussian_mixture(kernel, float(10 ** (steps / 4)))
    left_out = min(usable / 2, 1e-2)
    return Accuracy(mixture, left_out, _cutoffs(mixture, left_out))


def _cutoffs(mixture: GaussianMixture, left_out: float) -> NDArray[np.float64]:
    """Squared distance where node m and all narrower ones weigh `left_out` together."""

    def tails(squared: NDArray[np.float64]) -> NDArray[np.float64]:
        terms = mixture.weights * np.exp(-np.outer(squared, mixture.rates))
        return np.diagonal(np.cumsum(terms[:, ::-1], axis=1)[:, ::-1])

    low = np.zeros_like(mixture.rates)
    high = np.log(max(mixture.weights.sum(), 1.0) / left_out) / mixture.rates
    for _ in range(60):
        middle = (low + high) / 2
        vanished = tails(middle) <= left_out
        low, high = np.where(vanished, low, middle), np.where(vanished, middle, high)
    return np.where(tails(np.zeros_like(high)) <= left_out, 0.0, high)


@dataclass(frozen=True)
class ProductGames:
    """All product games behind one explanation, ready to be summed.

    Attributes
    ----------
    model, background, players, accuracy
        What is explained, against what, for whom, and how closely.
    kernel : BlockKernel
        The quantity to sum.
    threads : int
        Threads that share the explained points out. They change the time and not one bit.
    memory_limit_mb : float
        Most memory for the background's factors, which the training points are cut to fit.
    """

    model: GaussianProcessMean
    background: Background
    players: Players
    accuracy: Accuracy
    kernel: BlockKernel
    threads: int
    memory_limit_mb: float

    def __post_init__(self) -> None:
        checked_matrix("background", self.background.points, self.model.n_columns)
        checked_players(self.players, self.model.n_columns)
        if self.threads < 1:
            raise InputError(f"threads: {self.threads} must be at least 1")
        self._training_slices()

    def sweep(
        self,
        chunks: list[NDArray[np.float64]],
        consume: Callable[[int, slice, slice, NDArray[np.float64]], None],
    ) -> Iterator[int]:
        """Sum the games of every explained and training point over background and mixture.

        Parameters
        ----------
        chunks : list of arrays of shape (n_points, n_columns)
            Explained points, in the units of the training inputs.
        consume : callable
            Called with the number of the chunk, the slice of its points, the slice of training
            points and the sums of shape (n_points, n_rows, n_training), from several threads but
            never twice at once for the same points, and with training points ascending.

        Yields
        ------
        int
            The number of each chunk when it is done.
        """
        slices = self._training_slices()
        # With one slice of training points the background's factors serve all chunks.
        kept = self._background_factors(slices[0]) if len(slices) == 1 else None
        with ThreadPoolExecutor(self.threads) as pool:
            for number, points in enumerate(chunks):
                for training in slices:
                    z_distance, z_factors = kept or self._background_factors(training)

                    def explain(
                        start: int,
                        points: NDArray[np.float64] = points,
                        training: slice = training,
                        z_distance: NDArray[np.float64] = z_distance,
                        z_factors: NDArray[np.float64] = z_factors,
                        number: int = number,
                    ) -> None:
                        rows = slice(start, min(start + _TILE, len(points)))
                        sums = self._sums(points[rows], training, z_distance, z_factors)
                        consume(number, rows, training, sums)

                    list(pool.map(explain, range(0, len(points), _TILE)))
                yield number

    def _training_slices(self) -> list[slice]:
        n_train = len(self.model.train_inputs)
        nodes = len(self.accuracy.mixture.rates)
        one_block = 8 * LANES * len(self.background.points) * self.kernel.n_players * (nodes + 1)
        n_blocks = int(self.memory_limit_mb * 1e6 // one_block)
        if n_blocks < 1:
            raise InputError(
                f"memory_limit_mb: {self.memory_limit_mb:g} is too little for "
                f"{len(self.background.points)} background points, {self.kernel.n_players} players "
                f"and {nodes} nodes; {np.ceil(one_block / 1e6):.0f} is the least"
            )
        step = n_blocks * LANES
        return [slice(i, min(i + step, n_train)) for i in range(0, n_train, step)]

    def _distance(self, points: NDArray[np.float64], training: slice) -> NDArray[np.float64]:
        """Squared scaled distances a player, shape (n_points, kernel's players, padded n)."""
        train = self.model.train_inputs[training] / self.model.lengthscale
        # The last lanes repeat the last point, so that they never widen a cut-off.
        train = np.pad(train, ((0, -len(train) % LANES), (0, 0)), mode="edge")
        scaled = points / self.model.lengthscale
        distance = np.zeros((len(points), self.kernel.n_players, len(train)))
        for player, columns in enumerate(self.players.columns):
            for column in columns:
                distance[:, player] += (scaled[:, column, None] - train[:, column]) ** 2
        return distance

    def _background_factors(
        self, training: slice
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        distance = self._distance(self.background.points, training)
        n_background, n_players, n_padded = distance.shape
        rates = self.accuracy.mixture.rates
        factors = np.empty(
            (n_padded // LANES, n_background, len(rates), n_players, LANES), dtype=np.float64
        )
        with ThreadPoolExecutor(self.threads) as pool:
            list(
                pool.map(
                    lambda block: self.kernel.fill(distance, rates, block, factors[block]),
                    range(len(factors)),
                )
            )
        return distance, factors.reshape(len(factors), n_background, -1)

    def _sums(
        self,
        points: NDArray[np.float64],
        training: slice,
        z_distance: NDArray[np.float64],
        z_factors: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        distance = self._distance(points, training)
        sums = np.empty((len(points), self.kernel.n_rows, distance.shape[2]))
        scratch = np.empty(self.kernel.n_scratch_rows * LANES)
        self.kernel.drive(
            distance,
            z_distance,
            z_factors,
            self.background.weights,
            self.accuracy.mixture.rates,
            self.accuracy.mixture.weights,
            self.accuracy.cutoffs,
            self.kernel.q,
            self.kernel.q_weights,
            scratch,
            sums,
        )
        return sums[:, :, : training.stop - training.start]


class TermGames(NamedTuple):
    """Games of one term of a sum, the columns it reads, and the places of its players."""

    games: ProductGames
    columns: tuple[int, ...]
    members: NDArray[np.int64]


def games_of_terms(
    model: GaussianProcessMean | SumMean,
    background: Background,
    players: Players,
    *,
    accuracies: Sequence[Accuracy],
    kernel: Callable[[int], BlockKernel],
    least_players: int = 1,
    threads: int,
    memory_limit_mb: float,
) -> list[TermGames]:
    """Games of every term of a sum among the players who have columns of it.

    Parameters
    ----------
    model, background, players, threads
        Of the whole.
    accuracies : sequence of Accuracy
        One a term.
    kernel : callable
        The quantity for a number of players.
    least_players : int
        Terms with fewer have nothing to sum.
    memory_limit_mb : float
        For the factors of all terms together.
    """
    checked_matrix("background", background.points, model.n_columns)
    games = []
    for part, accuracy in zip(model.parts, accuracies, strict=True):
        own, members = players.within(part.columns)
        if len(members) < least_players:
            continue
        of_part = ProductGames(
            model=part.model,
            background=replace(background, points=background.points[:, part.columns]),
            players=own,
            accuracy=accuracy,
            kernel=kernel(len(members)),
            threads=threads,
            memory_limit_mb=memory_limit_mb / len(model.parts),
        )
        games.append(TermGames(of_part, part.columns, members))
    return games
