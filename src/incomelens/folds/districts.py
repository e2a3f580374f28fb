"""Folds of districts: random, by spatial blocks, by area, as far as the map is from its districts.

Each scheme asks another question. `random` scores interpolation between known neighbours, as the
paper does; `block` scores prediction for a part of the city without data; `area` for a whole
borough without data (Roberts et al. 2017, Ecography 40:913; deviation `fold_choice`); `knndm`
matches the distances of the places that the map is for.
Around held-out blocks a buffer is left out of training. Areas have none: whoever predicts a borough
without data does know what lies behind its border.
"""

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.model_selection import KFold

from incomelens.common.errors import InputError
from incomelens.common.names import INCOMES
from incomelens.folds.blocks import group_blocks
from incomelens.folds.buffer import (
    MOST_LEFT_OUT,
    half_income_range,
    local_km,
    outside_buffer,
    places_on_earth,
    widest_buffer,
)
from incomelens.folds.distances import prediction_distances
from incomelens.folds.knndm import knndm_folds

logger = logging.getLogger(__name__)

MOST_AREAS = 20
"""Areas that are left out one by one; of the states of a country that would be a fold each."""


def district_folds(
    districts: gpd.GeoDataFrame | pd.DataFrame,
    *,
    scheme: str,
    n_folds: int,
    n_blocks: int,
    seed: int,
    buffer_km: float | None = None,
    knndm_places: str = "area",
) -> pd.DataFrame:
    """Assign every district that has an income to one fold of a scheme.

    Parameters
    ----------
    districts : DataFrame
        Columns ``geoid``, ``longitude``, ``latitude`` (EPSG:4326), the incomes, and ``area`` for
        the scheme `area`.
    scheme : {"random", "block", "area", "knndm"}
        Shuffled k-fold; k-means blocks of centroids, grouped into folds of equal size; leave one
        area out, where the number of areas is the number of folds; nearest neighbour distance
        matching (:mod:`incomelens.folds.knndm`). More than :data:`MOST_AREAS` areas are grouped,
        whole, into folds of about equal size.
    n_folds : int
        Folds of `random`, `block` and `knndm`, and of `area` where areas are grouped.
    n_blocks : int
        Blocks; also recorded under the other schemes, for block bootstraps.
    seed : int
    buffer_km : float, optional
        Under scheme `block`: districts closer than that to a held-out one are not learnt from. By
        default half the range of incomes (:func:`incomelens.folds.buffer.half_income_range`), or
        what leaves four fifths of every training set if that is less.
    knndm_places : {"between", "without_income", "area"}
        Under scheme `knndm`: what the map is for
        (:func:`incomelens.folds.distances.prediction_distances`).

    Returns
    -------
    DataFrame
        Table ``folds/{level}-{scheme}.parquet``, in the order of `districts`.

    Raises
    ------
    InputError
        If there are fewer districts than folds or blocks, an area is missing, or a buffer leaves
        a fold nothing to learn from.
    """
    has_income = districts[list(INCOMES)].notna().any(axis=1)
    kept = districts.loc[has_income].reset_index(drop=True)
    needed = max(n_folds, n_blocks)
    if len(kept) < needed:
        raise InputError(
            f"folds: {len(kept)} districts with an income, at least {needed} are needed; "
            "lower folds.n_folds and folds.n_blocks or bring more districts"
        )
    block = _blocks(kept, n_blocks, seed)
    if scheme == "random":
        fold = np.empty(len(kept), dtype=int)
        splits = KFold(n_folds, shuffle=True, random_state=seed).split(kept)
        for number, (_, held_out) in enumerate(splits):
            fold[held_out] = number
    elif scheme == "block":
        fold = group_blocks(np.bincount(block)[:, np.newaxis], n_folds)[block]
    elif scheme == "area":
        fold = _area_numbers(kept)
        if (n_areas := fold.max() + 1) > MOST_AREAS:
            fold = group_blocks(np.bincount(fold)[:, np.newaxis], n_folds)[fold]
            logger.info("scheme area: %d areas, grouped whole into %d folds", n_areas, n_folds)
    elif scheme == "knndm":
        degrees = kept[["longitude", "latitude"]].to_numpy(dtype=np.float64)
        fold = knndm_folds(
            places_on_earth(*degrees.T),
            prediction_distances(districts, places=knndm_places),
            n_folds=n_folds,
            rng=np.random.default_rng(seed),
        )
    else:
        raise InputError(
            f"folds.schemes: {scheme!r} is unknown; known are random, block, area, knndm"
        )
    folds = pd.DataFrame({"geoid": kept["geoid"], "fold": fold, "block": block})
    if scheme == "block":
        return folds.assign(buffer_km=_buffer(kept, fold, buffer_km, seed))
    return folds


def _blocks(districts: pd.DataFrame, n_blocks: int, seed: int) -> NDArray[np.int64]:
    place = local_km(districts["longitude"].to_numpy(), districts["latitude"].to_numpy())
    return KMeans(n_blocks, n_init=10, random_state=seed).fit_predict(place).astype(np.int64)


def _buffer(
    districts: pd.DataFrame, fold: NDArray[np.int64], buffer_km: float | None, seed: int
) -> float:
    """Width of the buffer, told with what it takes from every fold."""
    place = places_on_earth(districts["longitude"].to_numpy(), districts["latitude"].to_numpy())
    width = buffer_km
    if width is None:
        half = half_income_range(districts, seed=seed)
        width = widest_buffer(place, fold, wanted_km=half)
        logger.info(
            "buffer around held-out blocks: %.2f km, half the range of incomes being %.2f km",
            width,
            half,
        )
    for number in np.unique(fold):
        held_out = fold == number
        rows = np.flatnonzero(~held_out)
        n_left = len(outside_buffer(place, rows, np.flatnonzero(held_out), buffer_km=width))
        message = "fold %d: %d districts held out, %d to learn from, %d in the buffer of %.2f km"
        numbers = (number, held_out.sum(), n_left, len(rows) - n_left, width)
        if n_left < 2:
            raise InputError(
                f"folds.buffer_km: {width:g} km around fold {number} leave {n_left} of {len(rows)} "
                "districts to learn from; take a narrower buffer, or null for one by rule"
            )
        too_wide = n_left < (1 - 1 / MOST_LEFT_OUT) * len(rows)
        logger.log(logging.WARNING if too_wide else logging.INFO, message, *numbers)
    return width


def _area_numbers(districts: pd.DataFrame) -> NDArray[np.int64]:
    if "area" not in districts or districts["area"].isna().any():
        raise InputError(
            "folds: scheme `area` needs the area (borough, county) of every district; map the "
            "column `area`, set areas_from, or leave `area` out of folds.schemes"
        )
    numbers, names = pd.factorize(districts["area"], sort=True)
    if len(names) < 2:
        raise InputError(
            f"folds: all districts lie in one area, {names[0]!r}; leave `area` out of folds.schemes"
        )
    return numbers.astype(np.int64)
