"""How far districts that are held out lie from what is learnt from, and how far the map's places.

A score answers the question of a map as far as both kinds of distance are alike (Linnenbrink et al.
2024, Geosci. Model Dev. 17:5897). What the map is for has to be said, since a map of districts
whose incomes are known predicts nothing: at the sampled districts themselves every distance is 0.
"""

import logging
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import wasserstein_distance

from incomelens.common.errors import InputError
from incomelens.common.names import INCOMES
from incomelens.folds.buffer import KM_PER_DEGREE, outside_buffer, places_on_earth

logger = logging.getLogger(__name__)

PLACES = ("between", "without_income", "area")
"""What a map is for: any place in the city, its districts without an income, a whole area."""
N_BETWEEN = 1000  # places drawn between districts, about; as many as CAST draws


def prediction_distances(
    districts: gpd.GeoDataFrame | pd.DataFrame, *, places: str
) -> NDArray[np.float64]:
    """Distance of every place that the map is for to the nearest district it is learnt from, km.

    Parameters
    ----------
    districts : DataFrame
        ``longitude``, ``latitude`` (EPSG:4326), the incomes; ``geometry`` for `between`, ``area``
        for `area`. Those with an income are learnt from.
    places : {"between", "without_income", "area"}
        `between`: a regular grid over the polygons of all districts, CAST's `modeldomain`.
        `without_income`: the districts that have none. `area`: the districts of each area, learnt
        from those of the others, as for a borough without data.

    Raises
    ------
    InputError
        If `places` is unknown or the districts have no such place.
    """
    has_income = districts[list(INCOMES)].notna().any(axis=1).to_numpy()
    place = _places(districts)
    known = place[has_income]
    if places == "between":
        return _nearest(places_on_earth(*_between(districts).T), known)
    if places == "without_income":
        if has_income.all():
            raise InputError(
                "folds.knndm_places: without_income, but every district has an income; the map has "
                "nothing to predict: take between or area"
            )
        return _nearest(place[~has_income], known)
    if places == "area":
        area = districts["area"][has_income] if "area" in districts else pd.Series(dtype=object)
        if area.isna().any() or area.nunique() < 2:
            raise InputError(
                "folds.knndm_places: area, but the districts with an income do not lie in two "
                "areas or more (column `area`); take between"
            )
        return held_out_distances(known, pd.factorize(area, sort=True)[0])
    raise InputError(f"folds.knndm_places: {places!r} is unknown; known are {', '.join(PLACES)}")


def held_out_distances(
    place: NDArray[np.float64], fold: NDArray[np.int64], *, buffer_km: float = 0.0
) -> NDArray[np.float64]:
    """Distance of every district to the nearest that is learnt from while it is held out, km.

    Parameters
    ----------
    place : array of shape (n, d)
        Kilometres; from :func:`incomelens.folds.buffer.places_on_earth` where there is a buffer.
    fold : array of shape (n,)
        Two folds or more.
    buffer_km : float
        Districts closer than that to a held-out one are not learnt from.

    Returns
    -------
    array of shape (n,)
    """
    distance = np.empty(len(fold))
    for number in np.unique(fold):
        others, held_out = (np.flatnonzero((fold == number) == own) for own in (False, True))
        training = outside_buffer(place, others, held_out, buffer_km=buffer_km)
        distance[held_out] = _nearest(place[held_out], place[training])
    return distance


def distance_tables(
    districts: gpd.GeoDataFrame | pd.DataFrame, folds: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both kinds of distance, and how unlike they are.

    Parameters
    ----------
    districts : DataFrame
        As for :func:`prediction_distances`.
    folds : mapping
        Table ``folds/{level}-{scheme}.parquet`` by scheme.

    Returns
    -------
    distances : DataFrame
        Table ``folds/{level}-distances.csv``: one row a district and scheme, or a place of the map.
    matches : DataFrame
        Table ``folds/{level}-matches.csv``: Wasserstein distance of every scheme to every kind of
        places that the districts have.
    """
    of_folds = {}
    for scheme, table in folds.items():
        kept = districts.set_index("geoid").loc[table["geoid"]]
        buffer_km = float(table["buffer_km"].iloc[0]) if "buffer_km" in table else 0.0
        of_folds[scheme] = held_out_distances(
            _places(kept), table["fold"].to_numpy(), buffer_km=buffer_km
        )
    of_places = {}
    for places in PLACES:
        try:
            of_places[places] = prediction_distances(districts, places=places)
        except InputError as error:  # a level without areas, without polygons, ...
            logger.info("no places of this kind: %s", error)
    distances = [
        pd.DataFrame({"kind": kind, "name": name, "distance_km": np.sort(values)})
        for kind, group in (("folds", of_folds), ("places", of_places))
        for name, values in group.items()
    ]
    matches = [
        {
            "scheme": scheme,
            "places": places,
            "n": len(own),
            "n_places": len(target),
            "median_km": np.median(own),
            "median_places_km": np.median(target),
            "wasserstein_km": wasserstein_distance(own, target),
        }
        for scheme, own in of_folds.items()
        for places, target in of_places.items()
    ]
    return pd.concat(distances, ignore_index=True), pd.DataFrame(matches)


def _places(districts: pd.DataFrame) -> NDArray[np.float64]:
    degrees = districts[["longitude", "latitude"]].to_numpy(dtype=np.float64)
    return places_on_earth(*degrees.T)


def _between(districts: gpd.GeoDataFrame | pd.DataFrame) -> NDArray[np.float64]:
    """Longitude and latitude of a regular grid of places inside the polygons, shape (n, 2)."""
    shapes = getattr(districts, "geometry", pd.Series(dtype=object)).dropna()
    shapes = shapes[shapes.geom_type.isin(["Polygon", "MultiPolygon"])] if len(shapes) else shapes
    if shapes.empty:
        raise InputError(
            "folds.knndm_places: between, but no district has a polygon that places could lie in; "
            "take area or without_income"
        )
    west, south, east, north = shapes.total_bounds
    shrink = np.cos(np.radians((south + north) / 2))  # a degree of longitude beside one of latitude
    side = np.sqrt(shapes.to_crs(6933).area.sum() / 1e6 / N_BETWEEN) / KM_PER_DEGREE
    grid = np.meshgrid(
        np.arange(west + side / shrink / 2, east, side / shrink),
        np.arange(south + side / 2, north, side),
    )
    points = np.column_stack([axis.ravel() for axis in grid])
    inside, _ = shapely.STRtree(shapes.to_numpy()).query(shapely.points(points), "intersects")
    return points[np.unique(inside)]


def _nearest(place: NDArray[np.float64], to: NDArray[np.float64]) -> NDArray[np.float64]:
    return cKDTree(to).query(place)[0]
