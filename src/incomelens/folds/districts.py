"""Folds of districts: random, by spatial blocks, by area.

Each scheme asks another question. `random` scores interpolation between known neighbours, as the
paper does; `block` scores prediction for a part of the city without data; `area` for a whole
borough without data (Roberts et al. 2017, Ecography 40:8; ruling 11 applies the same to cells).
"""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.model_selection import KFold

from incomelens.common.errors import InputError
from incomelens.folds.blocks import group_blocks

KM_PER_DEGREE = 111.195  # of latitude, on a sphere of 6,371 km


def district_folds(
    districts: gpd.GeoDataFrame | pd.DataFrame,
    *,
    scheme: str,
    n_folds: int,
    n_blocks: int,
    seed: int,
) -> pd.DataFrame:
    """Assign every district that has an income to one fold of a scheme.

    Parameters
    ----------
    districts : DataFrame
        Columns ``geoid``, ``longitude``, ``latitude`` (EPSG:4326), the incomes, and ``area`` for
        the scheme `area`.
    scheme : {"random", "block", "area"}
        Shuffled k-fold; k-means blocks of centroids, grouped into folds of equal size; leave one
        area out, where the number of areas is the number of folds.
    n_folds : int
        Folds of `random` and `block`.
    n_blocks : int
        Blocks; also recorded under the other schemes, for block bootstraps.
    seed : int

    Returns
    -------
    DataFrame
        ``geoid``, ``fold`` (0, 1, ...), ``block``, in the order of `districts`.

    Raises
    ------
    InputError
        If there are fewer districts than folds or blocks, or an area is missing.
    """
    has_income = districts[["per_capita_income", "median_household_income"]].notna().any(axis=1)
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
    else:
        raise InputError(f"folds.schemes: {scheme!r} is unknown; known are random, block, area")
    return pd.DataFrame({"geoid": kept["geoid"], "fold": fold, "block": block})


def local_km(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project degrees to kilometres east and north of the mean point, shape (n, 2).

    An equirectangular approximation, good to a few per mille over a city: enough for clusters and
    nearest neighbours, not for drawing.
    """
    east = (longitude - longitude.mean()) * KM_PER_DEGREE * np.cos(np.radians(latitude.mean()))
    north = (latitude - latitude.mean()) * KM_PER_DEGREE
    return np.column_stack([east, north])


def _blocks(districts: pd.DataFrame, n_blocks: int, seed: int) -> NDArray[np.int64]:
    place = local_km(districts["longitude"].to_numpy(), districts["latitude"].to_numpy())
    return KMeans(n_blocks, n_init=10, random_state=seed).fit_predict(place).astype(np.int64)


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
