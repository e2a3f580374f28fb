"""Polygons in longitude and latitude, their centroids, and the area they lie in."""

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from incomelens.common.errors import InputError, damage_told, listed
from incomelens.common.places import meeting, told_extent

logger = logging.getLogger(__name__)

DEGREES = "EPSG:4326"
NEAR_METRES = 1000.0
# A reference system is used a little beyond the area that it is meant for.
BEYOND_USE_DEGREES = 5.0


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
        collapsed = shapes.index[repaired.is_empty]
        if len(collapsed):
            raise InputError(
                f"{file}: {len(collapsed)} of {len(shapes)} polygons have no area: "
                f"{listed(collapsed)}; expected outlines that hold a place: mend or remove them"
            )
        shapes = shapes.set_geometry(repaired)
    shapes = _surfaces_alone(shapes, file)
    with damage_told(
        lambda problem: (
            f"{file}: its coordinate reference system cannot be used ({problem}); write the file "
            "again with the right one"
        )
    ):
        degrees = shapes.to_crs(DEGREES)
    _tell_area_of_use(degrees.geometry, shapes.crs, file)
    return degrees


def _surfaces_alone(shapes: gpd.GeoDataFrame, file: str) -> gpd.GeoDataFrame:
    """Take the polygons out of collections that also hold points or lines; tell of non-areas."""
    mixed = (shapes.geom_type == "GeometryCollection") & (shapely.area(shapes.geometry) > 0)
    if mixed.any():
        logger.warning(
            "%s: %d of %d geometries are collections, of which the polygons are taken: %s",
            *(file, mixed.sum(), len(shapes), listed(shapes.index[mixed])),
        )
        surfaces = shapes.geometry.to_numpy().copy()
        surfaces[mixed] = [
            shapely.union_all([part for part in shape.geoms if part.area > 0])
            for shape in surfaces[mixed]
        ]
        shapes = shapes.set_geometry(gpd.GeoSeries(surfaces, index=shapes.index, crs=shapes.crs))
    if not shapes.geom_type.str.contains("Polygon").any():
        logger.warning(
            "%s has no polygons, only %s: nothing lies in a district, and maps show points",
            *(file, listed(sorted(shapes.geom_type.unique()))),
        )
    return shapes


def _tell_area_of_use(shapes: gpd.GeoSeries, crs: pyproj.CRS, file: str) -> None:
    if crs.area_of_use is None:
        return
    west, south, east, north = crs.area_of_use.bounds
    bounds = shapes.bounds
    low, high = south - BEYOND_USE_DEGREES, north + BEYOND_USE_DEGREES
    off = ~(bounds["miny"].ge(low) & bounds["maxy"].le(high))
    if west < east:  # otherwise it crosses 180 degrees
        low, high = west - BEYOND_USE_DEGREES, east + BEYOND_USE_DEGREES
        off |= ~(bounds["minx"].ge(low) & bounds["maxx"].le(high))
    if off.any():
        logger.warning(
            "%s: %d of %d geometries lie outside the area for which %s is meant (%s), such as %s; "
            "they span %s: is it the right reference system, and metres where it counts metres?",
            *(file, off.sum(), len(shapes), crs.to_string(), crs.area_of_use.name),
            *(listed(shapes.index[off], 3), told_extent(shapes)),
        )


def centroids(shapes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Longitude and latitude of the centroids, computed in metres (the UTM zone of the city)."""
    points = shapes.geometry.to_crs(shapes.estimate_utm_crs()).centroid.to_crs(DEGREES)
    return pd.DataFrame({"longitude": points.x, "latitude": points.y}, index=shapes.index)


def area_of_each(shapes: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, column: str) -> pd.Series:
    """Name the area in which a point inside each district lies, or one that is near.

    A district whose point lies in no area takes the nearest one, if that is no farther than the
    district is long, or :data:`NEAR_METRES`: outlines of two sources differ along a shore. Others
    have none.

    Parameters
    ----------
    shapes, areas : GeoDataFrame
        Both in EPSG:4326.
    column : str
        Column of `areas` that holds the name. Many polygons may share one.

    Raises
    ------
    InputError
        If no district lies in any area, with both extents.
    """
    points = shapes.geometry.representative_point()
    areas = areas[[column, "geometry"]]
    inside = meeting(points, areas.geometry, names=("districts", f"areas by {column!r}"))
    # On a shared border the first area counts.
    joined = gpd.sjoin(gpd.GeoDataFrame(geometry=points[inside]), areas, predicate="intersects")
    names = joined[column].groupby(level=0).first().reindex(shapes.index)
    if inside.all():
        return names
    beside, metres = shapes[~inside], areas.estimate_utm_crs()
    lengths = _lengths(beside.geometry.to_crs(metres))
    near = gpd.sjoin_nearest(
        gpd.GeoDataFrame(geometry=points[~inside].to_crs(metres)),
        areas.to_crs(metres),
        max_distance=lengths.max(),
        distance_col="metres",
    )
    near = near[near["metres"] <= lengths.reindex(near.index)]
    names = names.fillna(near[column].groupby(level=0).first())
    _tell_beside(beside.index, names[beside.index].notna().to_numpy(), column)
    return names


def _lengths(shapes: gpd.GeoSeries) -> pd.Series:
    """Diagonals of the boxes in metres, at least :data:`NEAR_METRES`; that too where unknown."""
    bounds = shapes.bounds
    diagonal = np.hypot(bounds["maxx"] - bounds["minx"], bounds["maxy"] - bounds["miny"])
    return diagonal.where(np.isfinite(diagonal), 0.0).clip(lower=NEAR_METRES)


def _tell_beside(geoids: pd.Index, near: np.ndarray, column: str) -> None:
    if near.any():
        logger.warning(
            "%d districts lie in no area by %r and take the nearest: %s",
            *(near.sum(), column, listed(geoids[near])),
        )
    if not near.all():
        logger.warning(
            "%d districts lie in no area by %r, nor near one, and have none: %s; do the areas "
            "cover the city?",
            *((~near).sum(), column, listed(geoids[~near])),
        )


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
