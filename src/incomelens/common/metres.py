"""Shapes in a projected reference system that counts in metres, wherever on Earth they lie."""

import logging

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from incomelens.common.errors import InputError
from incomelens.common.places import told_extent

logger = logging.getLogger(__name__)

DEGREES = "EPSG:4326"


def in_metres(shapes: gpd.GeoSeries, *, where: str, project_to: str | None = None) -> gpd.GeoSeries:
    """Give shapes in metres.

    Shapes in feet, or in any other unit of length, are brought to their UTM zone, and told.

    Parameters
    ----------
    shapes : GeoSeries
    where : str
        File, for messages.
    project_to : str, optional
        Reference system that is wanted, such as ``EPSG:32719``.

    Returns
    -------
    GeoSeries
        Of the same index; the same object where nothing had to be done.

    Raises
    ------
    InputError
        If no system is named, or it counts in degrees and none is wanted (with the UTM zone that
        would fit), or the wanted one is unknown or not in metres, or coordinates are degrees
        although the system counts otherwise.
    """
    if shapes.crs is None:
        raise InputError(
            f"{where}: it does not say in which reference system its coordinates are; set `crs`, "
            "such as EPSG:26911"
        )
    _check_coordinates(shapes, where)
    if project_to is not None:
        return shapes.to_crs(_wanted(project_to, where))
    unit = shapes.crs.axis_info[0]
    if shapes.crs.is_geographic or not shapes.crs.is_projected:
        zone = local_utm(shapes)
        raise InputError(
            f"{where}: its coordinates are degrees ({shapes.crs.to_string()}), in which no "
            f"distance or area can be measured; set project_to: {zone.to_string()} "
            f"({zone.name}), or another projected system in metres"
        )
    if unit.unit_conversion_factor == 1.0:
        return shapes
    zone = local_utm(shapes)
    logger.info(
        "%s: %s counts in units of %s (%.10g m); brought to %s (%s); another system is taken from "
        "`project_to`",
        *(where, shapes.crs.to_string(), unit.unit_name, unit.unit_conversion_factor),
        *(zone.to_string(), zone.name),
    )
    return shapes.to_crs(zone)


def local_utm(shapes: gpd.GeoSeries) -> CRS:
    """UTM zone (WGS 84) of the middle of shapes, which may lie on both sides of 180 degrees."""
    points = gpd.GeoSeries(shapely.centroid(shapes.to_numpy()), crs=shapes.crs).to_crs(DEGREES)
    longitude, latitude = np.radians(shapely.get_coordinates(points.to_numpy())).T
    middle = np.arctan2(np.sin(longitude).mean(), np.cos(longitude).mean())
    zone = int((np.degrees(middle) + 180) // 6) % 60 + 1
    return CRS.from_epsg((32600 if latitude.mean() >= 0 else 32700) + zone)


def _wanted(project_to: str, where: str) -> CRS:
    try:
        crs = CRS.from_user_input(project_to)
    except CRSError:
        raise InputError(f"{where}: project_to: {project_to!r} is no reference system") from None
    if not crs.is_projected or crs.axis_info[0].unit_conversion_factor != 1.0:
        raise InputError(
            f"{where}: project_to: {project_to} ({crs.name}) does not count in metres; name a "
            "projected system that does, such as the UTM zone of the city"
        )
    return crs


def _check_coordinates(shapes: gpd.GeoSeries, where: str) -> None:
    west, south, east, north = shapes.total_bounds
    if max(abs(west), abs(east)) <= 360 and max(abs(south), abs(north)) <= 90:
        if not shapes.crs.is_geographic:
            raise InputError(
                f"{where}: coordinates from ({west:g}, {south:g}) to ({east:g}, {north:g}) look "
                f"like degrees, yet they are said to be in {shapes.crs.to_string()}; name the "
                "right `crs`, such as EPSG:4326"
            )
    elif shapes.crs.is_geographic:
        raise InputError(
            f"{where}: coordinates from ({west:g}, {south:g}) to ({east:g}, {north:g}) are no "
            f"degrees, yet they are said to be in {shapes.crs.to_string()}; name the right `crs`"
        )
    if not np.isfinite(shapes.to_crs(DEGREES).total_bounds).all():
        raise InputError(f"{where}: its shapes lie at {told_extent(shapes)}; name the right `crs`")
