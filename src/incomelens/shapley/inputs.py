"""The model to explain, the players of the game, and readable refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from incomelens.common.errors import InputError
from incomelens.shapley.mixture import StationaryKernel

# Rows of a kernel matrix held at once by `predict`; bounds its memory, not its result.
_PREDICT_ROWS = 512


def checked_matrix(
    name: str, values: ArrayLike, n_columns: int | None = None
) -> NDArray[np.float64]:
    """Finite float64 matrix, or a message saying which entry is at fault.

    Parameters
    ----------
    name : str
        What the message calls the matrix.
    values : array of shape (n_rows, n_columns)
    n_columns : int, optional
        Columns expected.

    Raises
    ------
    InputError
        If the array is not a matrix with rows, has another number of columns, or holds NaN or
        infinity.
    """
    matrix = np.ascontiguousarray(values, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] == 0:
        raise InputError(
            f"{name}: shape {matrix.shape} instead of (n_rows, n_columns) with at least one row"
        )
    if n_columns is not None and matrix.shape[1] != n_columns:
        raise InputError(
            f"{name}: {matrix.shape[1]} columns instead of the {n_columns} of the training inputs"
        )
    _refuse_non_finite(name, matrix)
    return matrix


def checked_vector(name: str, values: ArrayLike, length: int) -> NDArray[np.float64]:
    """Finite float64 vector of a given length, or a message saying what is wrong."""
    vector = np.ascontiguousarray(values, dtype=np.float64)
    if vector.shape != (length,):
        raise InputError(f"{name}: shape {vector.shape} instead of ({length},)")
    _refuse_non_finite(name, vector)
    return vector


def _refuse_non_finite(name: str, values: NDArray[np.float64]) -> None:
    bad = ~np.isfinite(values)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        place = f"row {where[0]}" + (f", column {where[1]}" if len(where) == 2 else "")
        raise InputError(
            f"{name}: {values[where]} at {place} ({int(bad.sum())} of {values.size} entries are "
            "not finite); drop or fill these districts before explaining them"
        )


@dataclass(frozen=True)
class GaussianProcessMean:
    r"""Posterior mean of a Gaussian process with a stationary kernel and zero prior mean.

    .. math:: f(x) = \sigma^2 \sum_i \alpha_i \, k(\lVert (x - x_i) / \ell \rVert)

    Attributes
    ----------
    train_inputs : array of shape (n_train, n_columns)
        Inputs :math:`x_i` in the units the process was trained in (z-scores).
    alpha : array of shape (n_train,)
        :math:`(\sigma^2 K + \sigma_n^2 I)^{-1} y` with the label in SD units.
    kernel : StationaryKernel
        Shape of :math:`k`, with :math:`k(0) = 1`.
    lengthscale : float or array of shape (n_columns,)
        :math:`\ell`, one for all columns or one a column (ARD), in the inputs' units.
    outputscale : float
        :math:`\sigma^2`, in squared SD units of the label.
    """

    train_inputs: NDArray[np.float64]
    alpha: NDArray[np.float64]
    kernel: StationaryKernel
    lengthscale: NDArray[np.float64] | float = 1.0
    outputscale: float = 1.0

    def __post_init__(self) -> None:
        inputs = checked_matrix("train_inputs", self.train_inputs)
        n_train, n_columns = inputs.shape
        object.__setattr__(self, "train_inputs", inputs)
        object.__setattr__(self, "alpha", checked_vector("alpha", self.alpha, n_train))
        scale = np.asarray(self.lengthscale, dtype=np.float64)
        if scale.shape not in ((), (1,), (n_columns,)):
            raise InputError(
                f"lengthscale: shape {scale.shape} instead of one number or one for each of the "
                f"{n_columns} columns"
            )
        scale = np.array(np.broadcast_to(scale, (n_columns,)))
        if not (np.isfinite(scale).all() and (scale > 0).all()):
            raise InputError(f"lengthscale: {scale} must be positive and finite")
        object.__setattr__(self, "lengthscale", scale)
        if not (np.isfinite(self.outputscale) and self.outputscale > 0):
            raise InputError(f"outputscale: {self.outputscale} must be positive and finite")

    @property
    def n_columns(self) -> int:
        """Columns of the inputs."""
        return self.train_inputs.shape[1]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The sum that it is, of one term."""
        return (Part(self, tuple(range(self.n_columns))),)

    @property
    def linear_variance(self) -> NDArray[np.float64]:
        """Prior variance of the slope in every column: it has none."""
        return np.zeros(self.n_columns)

    @property
    def slope(self) -> NDArray[np.float64]:
        """Posterior mean of the slope in every column: zero."""
        return np.zeros(self.n_columns)

    @property
    def total_weight(self) -> float:
        r""":math:`\sigma^2 \sum_i |\alpha_i|`: what a kernel error of one does to a prediction."""
        return float(self.outputscale * np.abs(self.alpha).sum())

    def predict(self, inputs: ArrayLike) -> NDArray[np.float64]:
        """Posterior mean at new inputs, from the kernel itself and not from its mixture.

        Parameters
        ----------
        inputs : array of shape (n, n_columns)

        Returns
        -------
        array of shape (n,)
            Predictions in SD units of the label.
        """
        points = checked_matrix("inputs", inputs, self.n_columns) / self.lengthscale
        train = self.train_inputs / self.lengthscale
        mean = np.empty(len(points))
        for start in range(0, len(points), _PREDICT_ROWS):
            rows = slice(start, start + _PREDICT_ROWS)
            # Sums of squares, not |x|^2 + |y|^2 - 2xy: a Matérn kernel feels the lost digits.
            squared = np.zeros((len(points[rows]), len(train)))
            for point_column, train_column in zip(points[rows].T, train.T, strict=True):
                squared += (point_column[:, None] - train_column) ** 2
            mean[rows] = self.kernel(np.sqrt(squared)) @ self.alpha
        return self.outputscale * mean

    def prior_covariance(self) -> NDArray[np.float64]:
        """Prior covariance of the training points, shape (n_train, n_train)."""
        scaled = self.train_inputs / self.lengthscale
        return self.outputscale * self.kernel(cdist(scaled, scaled))


class Part(NamedTuple):
    """One stationary term of a sum, which columns of the whole it reads, and its name."""

    model: GaussianProcessMean
    columns: tuple[int, ...]
    name: str = "kernel"


@dataclass(frozen=True)
class SumMean:
    r"""Posterior mean of a Gaussian process whose kernel is a sum, with zero prior mean.

    .. math::
       f(x) = \sum_i \alpha_i \Big[\sum_t \sigma_t^2 k_t(x, x_i) + \sum_j v_j x_j x_{ij}\Big]

    Values are linear in the function, so that those of a sum are the sum of its terms' values. To a
    term a player without columns of it is a null player.

    Attributes
    ----------
    train_inputs : array of shape (n_train, n_columns)
    alpha : array of shape (n_train,)
        :math:`(\sum_t K_t + \sigma_n^2 I)^{-1} y` with the label in SD units.
    parts : tuple of Part
        Stationary terms, each over its own columns, with the same `alpha`.
    linear_variance : array of shape (n_columns,)
        :math:`v_j`, prior variance of the slope in column j; zero where there is none.
    """

    train_inputs: NDArray[np.float64]
    alpha: NDArray[np.float64]
    parts: tuple[Part, ...]
    linear_variance: NDArray[np.float64]

    @property
    def n_columns(self) -> int:
        """Columns of the inputs."""
        return self.train_inputs.shape[1]

    @cached_property
    def slope(self) -> NDArray[np.float64]:
        """Posterior mean of the linear term's slope in every column, shape (n_columns,)."""
        return self.linear_variance * (self.alpha @ self.train_inputs)

    def predict(self, inputs: ArrayLike) -> NDArray[np.float64]:
        """Posterior mean at new inputs, as :meth:`GaussianProcessMean.predict`."""
        points = checked_matrix("inputs", inputs, self.n_columns)
        terms = (part.model.predict(points[:, part.columns]) for part in self.parts)
        return sum(terms, start=points @ self.slope)

    def prior_covariance(self) -> NDArray[np.float64]:
        """Prior covariance of the training points, shape (n_train, n_train)."""
        terms = (part.model.prior_covariance() for part in self.parts)
        linear = (self.train_inputs * self.linear_variance) @ self.train_inputs.T
        return sum(terms, start=linear)


@dataclass(frozen=True)
class Players:
    """Who plays: names, and the columns each player brings.

    Attributes
    ----------
    names : tuple of str
        One name a player.
    columns : tuple of tuple of int
        Columns of each player. Together they hold every column of the inputs exactly once.
    """

    names: tuple[str, ...]
    columns: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if len(self.names) != len(self.columns):
            raise InputError(
                f"players: {len(self.names)} names for {len(self.columns)} groups of columns"
            )
        if len(set(self.names)) != len(self.names):
            raise InputError(f"players: names are not distinct: {list(self.names)}")
        members = [column for group in self.columns for column in group]
        if sorted(members) != list(range(len(members))) or not all(self.columns):
            raise InputError(
                f"players: columns {[list(group) for group in self.columns]} are not a partition; "
                "every column must belong to exactly one player, and no player may be empty"
            )

    @property
    def n_columns(self) -> int:
        """Columns of the inputs that the players share out."""
        return sum(len(group) for group in self.columns)

    def within(self, columns: Sequence[int]) -> tuple[Players, NDArray[np.int64]]:
        """Those who have some of the columns, which are then counted anew, and their places."""
        place = {column: j for j, column in enumerate(columns)}
        groups = [tuple(place[c] for c in group if c in place) for group in self.columns]
        members = [player for player, group in enumerate(groups) if group]
        names = tuple(self.names[player] for player in members)
        return Players(names, tuple(groups[player] for player in members)), np.array(members)

    def added(self, by_column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums over the columns of every player, of an array of shape (..., n_columns)."""
        return np.stack([by_column[..., list(group)].sum(axis=-1) for group in self.columns], -1)


def single_players(columns: int | Sequence[str]) -> Players:
    """One player a column.

    Parameters
    ----------
    columns : int or sequence of str
        Number of columns (players are then called ``x0``, ``x1``, ...), or their names.
    """
    names = [f"x{j}" for j in range(columns)] if isinstance(columns, int) else list(columns)
    return Players(tuple(names), tuple((j,) for j in range(len(names))))


def merged_players(columns: Sequence[str], groups: Mapping[str, Sequence[str]]) -> Players:
    """One player a column, but for named groups of columns that play as one.

    ``merged_players(variables, {"location": ["latitude", "longitude"]})`` is the game with one
    player for location. It is another game than the one of single columns: the value of a group
    is in general not the sum of its members' values.

    Parameters
    ----------
    columns : sequence of str
        Names of all columns, in the order of the inputs.
    groups : mapping from str to sequence of str
        New player to the columns it takes over; it stands where its first column stood.
    """
    owner = {}
    for group, members in groups.items():
        for column in members:
            if column not in columns:
                raise InputError(
                    f"players: '{group}' asks for column '{column}', which is not among "
                    f"{list(columns)}"
                )
            if column in owner:
                raise InputError(
                    f"players: column '{column}' is in both '{owner[column]}' and '{group}'"
                )
            owner[column] = group
    columns_of: dict[str, list[int]] = {}
    for j, column in enumerate(columns):
        columns_of.setdefault(owner.get(column, column), []).append(j)
    return Players(tuple(columns_of), tuple(tuple(group) for group in columns_of.values()))


def checked_players(players: Players | None, n_columns: int) -> Players:
    """The players given, or one a column; refused if they share out other columns."""
    if players is None:
        return single_players(n_columns)
    if players.n_columns != n_columns:
        raise InputError(
            f"players: share out {players.n_columns} columns, the inputs have {n_columns}"
        )
    return players
