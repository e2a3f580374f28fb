"""How far income resembles itself: the empirical variogram and its range."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit

from incomelens.common.errors import InputError

logger = logging.getLogger(__name__)

MOST_PAIRS = 1_000_000
FEW_PLACES = 24  # four a coefficient of a trend surface
Curve = Callable[..., NDArray[np.float64]]


@dataclass(frozen=True)
class Variogram:
    """Half the mean squared difference of pairs, by distance; one entry a distance class."""

    distance_km: NDArray[np.float64]  # mean over the pairs of the class
    semivariance: NDArray[np.float64]  # squared unit of the values
    n_pairs: NDArray[np.int64]


@dataclass(frozen=True)
class VariogramFit:
    """A model of a variogram; nugget and sill in the squared unit of the values.

    ``range_km`` is the practical range: where the spherical model reaches its sill, and the
    exponential model 95 % of the way to it. ``bounded`` says that the data showed no range shorter
    than the longest distance, so that the value is that distance.
    """

    model: str
    nugget: float
    sill: float
    range_km: float
    bounded: bool


def empirical_variogram(
    place_km: NDArray[np.float64],
    value: NDArray[np.float64],
    *,
    rng: np.random.Generator,
    area: NDArray[Any] | None = None,
    n_bins: int = 20,
    max_km: float | None = None,
    most_pairs: int = MOST_PAIRS,
) -> Variogram:
    """Empirical variogram (Matheron's estimator) of values at places.

    Parameters
    ----------
    place_km : array of shape (n, 2)
        Easting, northing in kilometres.
    value : array of shape (n,)
        Without missing values.
    rng : Generator
        Draws pairs where there are more than `most_pairs`.
    area : array of shape (n,), optional
        Pairs of places in different areas are left out.
    n_bins : int
        Distance classes, each wider than the one before by the same factor: near pairs, which the
        range hangs on, keep classes of their own. Empty ones are left out.
    max_km : float, optional
        Longest distance; by default half the diagonal of the extent, as is the custom; of several
        areas, of the widest.
    most_pairs : int
        Pairs to look at: all, or so many random ones.

    Returns
    -------
    Variogram
    """
    if len(value) < 3 or not np.isfinite(value).all():
        raise InputError(
            f"variogram: {len(value)} values, {np.count_nonzero(~np.isfinite(value))} of them "
            "missing; expected three or more, none missing"
        )
    area = np.zeros(len(value)) if area is None else area
    longest = max_km or max(
        float(np.hypot(*np.ptp(place_km[area == name], axis=0))) / 2 for name in np.unique(area)
    )
    first, second = _pairs(len(value), most_pairs, rng)
    distance = np.hypot(*(place_km[first] - place_km[second]).T)
    near = (distance > 0) & (distance <= longest) & (area[first] == area[second])
    if not near.any():
        raise InputError(f"variogram: no two places within {longest:g} km of each other")
    distance = distance[near]
    squared = (value[first[near]] - value[second[near]]) ** 2
    # Rounding may lift the first edge over the last where all pairs are equally far.
    edges = np.maximum.accumulate(np.geomspace(distance.min(), longest, n_bins + 1))
    # The shortest distance itself belongs to the first class, the longest to the last.
    bin_of_pair = np.clip(np.digitize(distance, edges) - 1, 0, n_bins - 1)
    n_pairs = np.bincount(bin_of_pair, minlength=n_bins)
    filled = n_pairs > 0
    n_pairs = n_pairs[filled]
    return Variogram(
        np.bincount(bin_of_pair, distance, n_bins)[filled] / n_pairs,
        np.bincount(bin_of_pair, squared, n_bins)[filled] / (2 * n_pairs),
        n_pairs,
    )


def fit_variogram(variogram: Variogram, *, model: str = "exponential") -> VariogramFit:
    r"""Fit a model by least squares, each class weighted by its number of pairs.

    .. math:: \gamma(h) = c_0 + c\,(1 - e^{-3h/a}) \quad\text{or}\quad
              c_0 + c\,\left(\tfrac32 \tfrac ha - \tfrac12 (\tfrac ha)^3\right)\ (h < a),\ c_0 + c

    with nugget :math:`c_0`, sill :math:`c_0 + c` and practical range :math:`a`.

    Parameters
    ----------
    variogram : Variogram
    model : {"exponential", "spherical"}

    Returns
    -------
    VariogramFit

    Raises
    ------
    InputError
        If the model is unknown or there are fewer than four distance classes.
    """
    if model not in MODELS:
        raise InputError(f"variogram: model {model!r} is unknown; known are {', '.join(MODELS)}")
    distance, n_bins = variogram.distance_km, len(variogram.distance_km)
    if n_bins < 4:
        raise InputError(
            f"variogram: {n_bins} distance classes, three parameters need at least 4; bring more "
            "cells or set block_km"
        )
    height = float(variogram.semivariance.max())
    if height == 0:  # one value everywhere: no distance tells anything apart
        return VariogramFit(model, 0.0, 0.0, float(distance[-1]), bounded=True)
    longest = float(distance[-1])
    # Lengths in parts of the longest distance, heights in parts of the largest semivariance.
    best, _ = curve_fit(
        MODELS[model],
        distance / longest,
        variogram.semivariance / height,
        p0=(0.1, 0.8, 0.3),
        sigma=1 / np.sqrt(variogram.n_pairs),
        bounds=([0, 0, distance[0] / longest], [2, 4, 1]),
        maxfev=10_000,
    )
    nugget, rise, length = (float(number) for number in best)
    bounded = length > 0.999 or rise < 1e-6
    if bounded:
        logger.warning(
            "variogram: no range below the longest distance of %.2f km; values differ by a trend, "
            "or by chance alone",
            longest,
        )
    return VariogramFit(model, nugget * height, (nugget + rise) * height, length * longest, bounded)


def without_trend(
    place_km: NDArray[np.float64],
    value: NDArray[np.float64],
    *,
    area: NDArray[Any] | None = None,
) -> NDArray[np.float64]:
    """Values less their quadratic trend surface, by least squares; shape (n,).

    Where one side of a city is richer than the other, differences grow with distance without end,
    and the variogram has no range. What is left around the trend has one. Every `area` (an array of
    shape (n,)) has a surface of its own; several areas of few places lose their mean alone.
    """
    if area is None or (names := np.unique(area)).size == 1:
        return _around_surface(place_km, value)
    residual = np.empty(len(value))
    for name in names:
        here = area == name
        few = here.sum() < FEW_PLACES
        around = value[here] - value[here].mean()
        residual[here] = around if few else _around_surface(place_km[here], value[here])
    return residual


def _around_surface(
    place_km: NDArray[np.float64], value: NDArray[np.float64]
) -> NDArray[np.float64]:
    scaled = (place_km - place_km.mean(axis=0)) / np.maximum(place_km.std(axis=0), 1e-9)
    east, north = scaled.T
    surface = np.column_stack([np.ones(len(value)), east, north, east**2, north**2, east * north])
    return value - surface @ np.linalg.lstsq(surface, value, rcond=None)[0]


def exponential(
    h: NDArray[np.float64], nugget: float, rise: float, length: float
) -> NDArray[np.float64]:
    """Exponential variogram; `length` is the practical range, in the unit of `h`."""
    return nugget + rise * -np.expm1(-3 * h / length)


def spherical(
    h: NDArray[np.float64], nugget: float, rise: float, length: float
) -> NDArray[np.float64]:
    """Spherical variogram; `length` is where it reaches its sill, in the unit of `h`."""
    part = np.minimum(h / length, 1.0)
    return nugget + rise * (1.5 * part - 0.5 * part**3)


MODELS: dict[str, Curve] = {"exponential": exponential, "spherical": spherical}


def _pairs(
    n: int, most: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs i < j, or `most` random ones."""
    if n * (n - 1) // 2 <= most:
        first, second = np.triu_indices(n, k=1)
        return first, second
    first = rng.integers(0, n, most)
    # A step of 1 .. n - 1 around the circle: never to itself, everywhere else equally likely.
    second = (first + rng.integers(1, n, most)) % n
    return first, second
