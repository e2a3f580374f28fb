"""Spatial folds for any model of scikit-learn's kind: training and held-out rows, fold by fold.

What :mod:`incomelens.folds.districts` does for the studies, for anybody's points. How it is used:
``docs/library_folds.md``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree
from sklearn.cluster import KMeans
from sklearn.model_selection import KFold

from incomelens.common.errors import InputError
from incomelens.folds.blocks import group_blocks
from incomelens.folds.buffer import outside_buffer, widest_buffer
from incomelens.folds.distances import held_out_distances
from incomelens.folds.knndm import knndm_folds
from incomelens.folds.variogram import empirical_variogram, fit_variogram, without_trend

SCHEMES = ("random", "block", "knndm")
BLOCKS_PER_FOLD = 4


@dataclass(frozen=True)
class SpatialFolds:
    """Folds, and what they leave to learn from.

    Attributes
    ----------
    fold : array of shape (n,)
        0 .. n_folds - 1.
    buffer_km : float
        Rows closer than that to a held-out one are not learnt from.
    place : array of shape (n, d)
        Kilometres.
    """

    fold: NDArray[np.int64]
    buffer_km: float
    place: NDArray[np.float64]

    @property
    def splits(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Training and held-out rows of every fold: what ``cv=`` of scikit-learn takes."""
        pairs = []
        for number in np.unique(self.fold):
            held_out = np.flatnonzero(self.fold == number)
            others = np.flatnonzero(self.fold != number)
            training = outside_buffer(self.place, others, held_out, buffer_km=self.buffer_km)
            pairs.append((training, held_out))
        return pairs

    @property
    def distance_km(self) -> NDArray[np.float64]:
        """Distance of every row to the nearest that is learnt from while it is held out."""
        return held_out_distances(self.place, self.fold, buffer_km=self.buffer_km)


def spatial_folds(
    place: ArrayLike,
    *,
    scheme: str = "block",
    n_folds: int = 5,
    seed: int = 0,
    label: ArrayLike | None = None,
    buffer_km: float | None = None,
    target: ArrayLike | None = None,
) -> SpatialFolds:
    """Assign points to folds that ask what a map will be asked.

    Parameters
    ----------
    place : array of shape (n, d)
        Kilometres in a projected system (d = 2), or of degrees
        :func:`incomelens.folds.buffer.places_on_earth` (d = 3).
    scheme : {"random", "block", "knndm"}
        ``random``: what lies between known neighbours. ``block``: k-means blocks of neighbours,
        grouped into folds of about equal size, with a buffer around what is held out: a part of
        the region without data (Roberts et al. 2017, Ecography 40:913). ``knndm``: held-out points
        as far from training as `target` is from `place` (Linnenbrink et al. 2024, Geosci. Model
        Dev. 17:5897).
    n_folds : int
    seed : int
    label : array of shape (n,), optional
        What is predicted, finite. With it the buffer of ``block`` is half the range of its
        variogram around its trend, or what leaves four fifths of every training set.
    buffer_km : float, optional
        That buffer as you want it; 0 for none.
    target : array of shape (m, d), optional
        The places to be mapped, for ``knndm``.

    Returns
    -------
    SpatialFolds

    Raises
    ------
    InputError
        If an argument is missing or of another shape, or there are too few points.
    """
    points = _points("place", place)
    _check(scheme, n_folds, len(points))
    if scheme == "random":
        fold = np.empty(len(points), dtype=np.int64)
        shuffled = KFold(n_folds, shuffle=True, random_state=seed).split(points)
        for number, (_, held_out) in enumerate(shuffled):
            fold[held_out] = number
        return SpatialFolds(fold, buffer_km or 0.0, points)
    if scheme == "knndm":
        if target is None:
            raise InputError(
                "folds: knndm matches the distances of the places to be mapped; give them as target"
            )
        to = cKDTree(points).query(_points("target", target, points.shape[1]))[0]
        fold = knndm_folds(points, to, n_folds=n_folds, rng=np.random.default_rng(seed))
        return SpatialFolds(fold, buffer_km or 0.0, points)
    n_blocks = min(BLOCKS_PER_FOLD * n_folds, len(points))
    block = KMeans(n_blocks, n_init=10, random_state=seed).fit_predict(points)
    fold = group_blocks(np.bincount(block)[:, None], n_folds)[block]
    return SpatialFolds(fold, _buffer(points, fold, label, buffer_km, seed), points)


def _points(name: str, values: ArrayLike, n_axes: int | None = None) -> NDArray[np.float64]:
    points = np.asarray(values, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] not in ((2, 3) if n_axes is None else (n_axes,)):
        expected = "2 or 3" if n_axes is None else n_axes
        raise InputError(
            f"{name}: shape {points.shape} instead of (n, {expected}); kilometres east and north, "
            "or places_on_earth(longitude, latitude)"
        )
    if not np.isfinite(points).all():
        row = int(np.flatnonzero(~np.isfinite(points).all(axis=1))[0])
        raise InputError(f"{name}: row {row} is not finite; leave such points out")
    return points


def _check(scheme: str, n_folds: int, n_points: int) -> None:
    if scheme not in SCHEMES:
        raise InputError(f"scheme: {scheme!r} is unknown; known are {', '.join(SCHEMES)}")
    if not 2 <= n_folds <= n_points:
        raise InputError(
            f"n_folds: {n_folds} for {n_points} points; expected at least 2 and at most the points"
        )


def _buffer(
    place: NDArray[np.float64],
    fold: NDArray[np.int64],
    label: ArrayLike | None,
    buffer_km: float | None,
    seed: int,
) -> float:
    if buffer_km is not None:
        if not buffer_km >= 0:
            raise InputError(f"buffer_km: {buffer_km}; expected 0 or more")
        return float(buffer_km)
    if label is None:
        raise InputError(
            "folds: how wide the buffer around blocks is follows from the label; give it, or "
            "buffer_km (0 for none)"
        )
    values = np.asarray(label, dtype=np.float64)
    if values.shape != (len(place),) or not np.isfinite(values).all():
        raise InputError(
            f"label: shape {values.shape} with {int((~np.isfinite(values)).sum())} values that are "
            f"not finite; expected {len(place)} finite values"
        )
    flat = _flat(place)
    rng = np.random.default_rng(seed)
    variogram = empirical_variogram(flat, without_trend(flat, values), rng=rng)
    range_km = fit_variogram(variogram).range_km
    return widest_buffer(place, fold, wanted_km=range_km / 2)


def _flat(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points on a sphere on the plane that is nearest to them, shape (n, 2)."""
    if place.shape[1] == 2:
        return place
    centred = place - place.mean(axis=0)
    return centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
