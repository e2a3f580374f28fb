"""Polygons in longitude and latitude, their centroids, and the area they lie in."""

import logging

import geopandas as gpd
import numpy as np
import pandas as pd

from incomelens.common.errors import InputError, listed

logger = logging.getLogger(__name__)

DEGREES = "EPSG:4326"


def in_degrees(shapes: gpd.GeoDataFrame, *, file: str) -> gpd.GeoDataFrame:
    """Give `shapes` in longitude and latitude (EPSG:4326), every geometry valid.

    Parameters
    ----------
    shapes : GeoDataFrame
        Indexed by district, in any coordinate reference system.
    file : str
        Where they come from, for messages.

    Raises
    ------
    InputError
        If the reference system is missing or does not fit the coordinates, or a geometry is empty.
    """
    empty = shapes.index[shapes.geometry.isna() | shapes.geometry.is_empty]
    if len(empty):
        raise InputError(
            f"{file}: {len(empty)} of {len(shapes)} districts have no geometry: {listed(empty)}; "
            "expected a polygon for each"
        )
    _check_reference_system(shapes, file)
    invalid = shapes.index[~shapes.geometry.is_valid]
    if len(invalid):
        logger.info("%s: repaired %d invalid polygons: %s", file, len(invalid), listed(invalid))
        repaired = shapes.geometry.make_valid(method="structure", keep_collapsed=False)
        shapes = shapes.set_geometry(repaired)
    return shapes.to_crs(DEGREES)


def centroids(shapes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Longitude and latitude of the centroids, computed in metres (the UTM zone of the city)."""
    points = shapes.geometry.to_crs(shapes.estimate_utm_crs()).centroid.to_crs(DEGREES)
    return pd.DataFrame({"longitude": points.x, "latitude": points.y}, index=shapes.index)


def area_of_each(shapes: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, column: str) -> pd.Series:
    """Name the area in which a point inside each district lies, or the nearest area.

    Parameters
    ----------
    shapes, areas : GeoDataFrame
        Both in EPSG:4326.
    column : str
        Column of `areas` that holds the name. Many polygons may share one.
    """
    metres = shapes.estimate_utm_crs()
    inside = shapes.geometry.representative_point().to_crs(metres)
    points = gpd.GeoDataFrame(geometry=inside, index=shapes.index)
    # Distance 0 is inside; on a shared border the first area counts.
    found = gpd.sjoin_nearest(points, areas[[column, "geometry"]].to_crs(metres))
    return found[column].groupby(level=0).first().reindex(shapes.index)


def _check_reference_system(shapes: gpd.GeoDataFrame, file: str) -> None:
    if shapes.crs is None:
        raise InputError(
            f"{file}: the polygons have no coordinate reference system; write the file again with "
            "one, e.g. EPSG:4326 for longitude and latitude"
        )
    bounds = np.asarray(shapes.total_bounds)
    degrees = bool(np.all(np.abs(bounds) <= [180, 90, 180, 90]))
    name = shapes.crs.to_string() if len(shapes.crs.to_string()) < 40 else shapes.crs.name
    corner = f"({bounds[0]:g}, {bounds[1]:g})"
    if shapes.crs.is_geographic and not degrees:
        raise InputError(
            f"{file}: coordinates such as {corner} cannot be longitude and latitude, yet the file "
            f"says {name}; write it again with the reference system its coordinates are in"
        )
    if shapes.crs.is_projected and degrees:
        raise InputError(
            f"{file}: coordinates such as {corner} look like degrees, yet the file says {name}, "
            "which counts in metres or feet; write it again with the right reference system"
        )
