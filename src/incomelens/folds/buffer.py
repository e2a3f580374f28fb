"""A buffer of districts around what is held out: how wide it is, and what it leaves to learn from.

Blocks of districts touch, so that a held-out district still has training districts next door. As
around blocks of cells, those within a buffer are left out of training: half the distance over which
incomes are alike, or less where that would cost more than a fifth of the training districts
(deviation `district_buffer`).
"""

import logging

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from incomelens.common.errors import InputError
from incomelens.common.names import INCOMES
from incomelens.common.seeds import job_rng
from incomelens.folds.variogram import empirical_variogram, fit_variogram, without_trend

logger = logging.getLogger(__name__)

EARTH_KM = 6371.0
KM_PER_DEGREE = 111.195  # of latitude, on that sphere
MOST_LEFT_OUT = 5  # at most one training district in so many
LEAST_INCOMES = 10  # known, for a variogram of them


def local_km(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project degrees to kilometres east and north of the mean point, shape (n, 2).

    An equirectangular approximation, good to a few per mille over a city: enough for clusters and
    nearest neighbours, not for drawing.
    """
    east = (longitude - longitude.mean()) * KM_PER_DEGREE * np.cos(np.radians(latitude.mean()))
    north = (latitude - latitude.mean()) * KM_PER_DEGREE
    return np.column_stack([east, north])


def places_on_earth(
    longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Points in space, km from the centre of a sphere, shape (n, 3), of degrees (EPSG:4326).

    Straight distances between them are those on the ground to a millimetre over 100 km, and do not
    depend on which other districts are there.
    """
    east, north = np.radians(longitude), np.radians(latitude)
    flat = np.cos(north)
    return EARTH_KM * np.column_stack([flat * np.cos(east), flat * np.sin(east), np.sin(north)])


def outside_buffer(
    place: NDArray[np.float64],
    training: NDArray[np.int64],
    held_out: NDArray[np.int64],
    *,
    buffer_km: float,
) -> NDArray[np.int64]:
    """Training districts that are not closer than the buffer to any held-out district.

    Parameters
    ----------
    place : array of shape (n, 3)
        From :func:`places_on_earth`.
    training, held_out : arrays of int
        Rows of `place`; none is in both.
    buffer_km : float
        0 leaves out none.

    Returns
    -------
    array of int
        Rows of `training`, in their order.
    """
    if buffer_km <= 0 or not len(training) or not len(held_out):
        return training
    return training[_distance(place, training, held_out) >= buffer_km]


def widest_buffer(
    place: NDArray[np.float64], fold: NDArray[np.int64], *, wanted_km: float
) -> float:
    """Width up to `wanted_km` at which every fold keeps four fifths of its training districts.

    Parameters
    ----------
    place : array of shape (n, 3)
    fold : array of shape (n,)
        Two folds or more.
    wanted_km : float

    Returns
    -------
    float
        Kilometres; the same for all folds.
    """
    width = wanted_km
    for number in np.unique(fold):
        held_out = np.flatnonzero(fold == number)
        distance = np.sort(_distance(place, np.flatnonzero(fold != number), held_out))
        width = min(width, float(distance[len(distance) // MOST_LEFT_OUT]))
    return width


def half_income_range(districts: pd.DataFrame, *, seed: int) -> float:
    """Half the distance over which incomes are alike, in km: the longest of the incomes'.

    The range is that of the variogram of the income around its trend over the city, as for blocks
    of cells.

    Parameters
    ----------
    districts : DataFrame
        The incomes, ``longitude``, ``latitude``.
    seed : int
        Of the pairs that are looked at, where there are very many.

    Raises
    ------
    InputError
        If no income is known in enough districts at enough distances.
    """
    ranges = {}
    for income in INCOMES:
        earning = districts[districts[income].notna()]
        if len(earning) < LEAST_INCOMES:
            continue
        place = local_km(earning["longitude"].to_numpy(), earning["latitude"].to_numpy())
        residual = without_trend(place, earning[income].to_numpy(dtype=np.float64))
        rng = job_rng(seed, "income_variogram", income)
        try:
            ranges[income] = fit_variogram(empirical_variogram(place, residual, rng=rng)).range_km
        except InputError as error:
            raise InputError(
                f"folds.buffer_km: null asks for half the range of {income}, but {error}; set a "
                "width in km, or 0 for no buffer"
            ) from None
    if not ranges:
        raise InputError(
            f"folds.buffer_km: null asks for half the range of an income, which none shows that is "
            f"known in {LEAST_INCOMES} districts or more; set a width in km, or 0 for no buffer"
        )
    named = ", ".join(f"{income} {value:.2f} km" for income, value in ranges.items())
    logger.info("variogram ranges of incomes around their trend: %s", named)
    return max(ranges.values()) / 2


def _distance(
    place: NDArray[np.float64], rows: NDArray[np.int64], to: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Distance of some rows to the nearest of others, km."""
    return cKDTree(place[to]).query(place[rows])[0]
