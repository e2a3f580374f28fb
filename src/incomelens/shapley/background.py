"""Backgrounds: the points that stand for 'this variable is not known'.

Deviation `shapley_background`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.cluster import KMeans

from incomelens.common.errors import InputError
from incomelens.shapley.inputs import checked_matrix, checked_vector


@dataclass(frozen=True)
class Background:
    """Background points with weights, and a record of where they come from.

    Attributes
    ----------
    points : array of shape (n_background, n_columns)
        In the units of the training inputs.
    weights : array of shape (n_background,)
        Positive; scaled here to sum to one.
    kind : str
        How the points were chosen.
    n_data : int
        Rows they were chosen from.
    seed : int or None
        Seed of the choice; None where nothing was drawn.
    """

    points: NDArray[np.float64]
    weights: NDArray[np.float64]
    kind: str
    n_data: int
    seed: int | None = None

    def __post_init__(self) -> None:
        points = checked_matrix("background", self.points)
        weights = checked_vector("background weights", self.weights, len(points))
        if not (weights > 0).all():
            row = int(np.argmin(weights))
            raise InputError(
                f"background weights: {weights[row]} at row {row}; leave such points out"
            )
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "weights", weights / weights.sum())

    @property
    def description(self) -> str:
        """One line for a table's sidecar, such as ``100 k-means points of 2117 rows, seed 1``."""
        seed = "" if self.seed is None else f", seed {self.seed}"
        return f"{len(self.points)} {self.kind} of {self.n_data} rows{seed}"


def kmeans_background(
    data: ArrayLike,
    n_points: int,
    *,
    seed: int,
    weighting: str = "cluster_size",
    centres: str = "nearest_values",
) -> Background:
    """Centres of k-means clusters, as ``shap.kmeans`` makes them.

    Parameters
    ----------
    data : array of shape (n, n_columns)
        Rows to stand for, usually the training inputs.
    n_points : int
        Clusters, no more than there are distinct rows.
    seed : int
        Of the clusters' starting centres (best of ten starts).
    weighting : {'cluster_size', 'equal'}
        A centre counts as many times as its cluster has rows (``shap.kmeans``), or once.
    centres : {'nearest_values', 'means'}
        Every coordinate of a centre rounded to the nearest value that occurs in its column
        (``shap.kmeans``; the point as a whole need not occur), or the plain mean.
    """
    rows = checked_matrix("data", data)
    _refuse_larger(n_points, len(rows))
    _refuse_unknown("weighting", weighting, ("cluster_size", "equal"))
    _refuse_unknown("centres", centres, ("nearest_values", "means"))
    n_distinct = len(np.unique(rows, axis=0))
    if n_points > n_distinct:
        raise InputError(
            f"background of {n_points} k-means points asked for, but only {n_distinct} of the "
            f"{len(rows)} rows are distinct; ask for {n_distinct} or fewer"
        )
    clusters = KMeans(n_clusters=n_points, random_state=seed, n_init=10).fit(rows)
    points = clusters.cluster_centers_
    if centres == "nearest_values":
        points = np.column_stack(
            [
                column[np.abs(column[:, None] - centre).argmin(axis=0)]
                for column, centre in zip(rows.T, points.T, strict=True)
            ]
        )
    sizes = np.bincount(clusters.labels_, minlength=n_points).astype(np.float64)
    weights = sizes if weighting == "cluster_size" else np.ones(n_points)
    kind = f"k-means points ({weighting} weights, {centres})"
    return Background(points, weights, kind, len(rows), seed)


def random_background(data: ArrayLike, n_points: int, *, seed: int) -> Background:
    """Rows drawn without replacement, each with the same weight.

    Parameters
    ----------
    data : array of shape (n, n_columns)
    n_points : int
        No more than there are rows.
    seed : int
    """
    rows = checked_matrix("data", data)
    _refuse_larger(n_points, len(rows))
    chosen = np.sort(np.random.default_rng(seed).choice(len(rows), n_points, replace=False))
    return Background(rows[chosen], np.ones(n_points), "random rows", len(rows), seed)


def full_background(data: ArrayLike) -> Background:
    """Every row with the same weight: the average is then over the data themselves."""
    rows = checked_matrix("data", data)
    return Background(rows, np.ones(len(rows)), "all rows", len(rows))


def _refuse_larger(n_points: int, n_rows: int) -> None:
    if n_points > n_rows:
        raise InputError(
            f"background of {n_points} points asked for, the data have {n_rows} rows; ask for "
            f"{n_rows} or fewer, or for all rows"
        )
    if n_points < 1:
        raise InputError(f"background of {n_points} points asked for; ask for one at least")


def _refuse_unknown(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(f"{name} '{value}' is not known (known: {', '.join(known)})")
