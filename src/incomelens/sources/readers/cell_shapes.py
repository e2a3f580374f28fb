"""The ground of a user's cells: polygons of a file, boxes, squares of a grid, or around points."""

import logging
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from incomelens.common.errors import InputError, listed, present
from incomelens.common.metres import in_metres
from incomelens.sources.readers.income_columns import OwnColumns

logger = logging.getLogger(__name__)

EDGES = ("left", "bottom", "right", "top")
POINT = ("easting", "northing")
# CRS3035RES200mN2893400E3763200 (INSPIRE), and 1kmN2689E4337, which leaves out the zeros.
_INSPIRE = r"\ACRS(\d+)RES(\d+)(k?)mN(-?\d+)E(-?\d+)\Z"
_SHORT = r"\A(\d+)(k?)mN(-?\d+)E(-?\d+)\Z"


@dataclass(frozen=True)
class Shaping:
    """How cells are made of what a file says.

    Attributes
    ----------
    crs : str, optional
        Of the coordinates, where the file does not say.
    project_to : str, optional
        Projected system in metres that they are brought to.
    side_m : float, optional
        Side of squares, metres.
    anchor : {"lower_left", "centre"}, optional
        Which point of its square a point is.
    buffer_m : float, optional
        Radius of circles around points, metres.
    """

    crs: str | None = None
    project_to: str | None = None
    side_m: float | None = None
    anchor: Literal["lower_left", "centre"] | None = None
    buffer_m: float | None = None


def shapes_of(own: OwnColumns, frame: pd.DataFrame, shaping: Shaping) -> tuple[gpd.GeoSeries, CRS]:
    """Polygon of every row, in a projected CRS in metres; and the CRS that the file counts in.

    By the first of these that there is: columns ``left``, ``bottom``, ``right``, ``top``; columns
    ``easting``, ``northing`` (in degrees: longitude, latitude); geometry of the file, polygons or
    points; ids that name squares, as INSPIRE writes them. Points become squares of `side_m` or
    circles of `buffer_m`.

    Raises
    ------
    InputError
        If there is none of these, a cell has no surface, or points have neither size.
    """
    if any(name in own.rows for name in EDGES):
        boxes = _of(_boxes(own), shaping.crs, own)
        return _surfaces(boxes, own, shaping), boxes.crs
    if any(name in own.rows for name in POINT):
        coordinates = [_coordinate(own, name, POINT) for name in POINT]
        points = _of(shapely.points(*coordinates), shaping.crs, own)
        return _around(points, own, shaping), points.crs
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = _of(frame.geometry.to_numpy(), frame.crs or shaping.crs, own)
        _check_there(shapes, own)
        dimensions = shapely.get_dimensions(shapes.to_numpy())
        if (dimensions == 0).all() and (shaping.side_m or shaping.buffer_m):
            return _around(shapes, own, shaping), shapes.crs
        return _surfaces(shapes, own, shaping), shapes.crs
    squares = _of_ids(own, shaping)
    return _surfaces(squares, own, shaping), squares.crs


def _of(shapes: NDArray[np.object_], crs: object, own: OwnColumns) -> gpd.GeoSeries:
    try:
        return gpd.GeoSeries(shapes, index=own.names.to_numpy(), crs=crs)
    except CRSError:
        raise InputError(f"{own.file}: crs: {crs!r} is no reference system") from None


def _coordinate(own: OwnColumns, name: str, needed: tuple[str, ...]) -> NDArray[np.float64]:
    if name not in own.rows:
        raise InputError(
            f"{own.file}: `columns` maps nothing for {name}; {listed(needed)} belong together"
        )
    values = own.numbers(name, signed=True)
    if values.isna().any():
        raise InputError(f"{own.where(name)} is empty in {listed(own.names[values.isna()])}")
    return values.to_numpy()


def _boxes(own: OwnColumns) -> NDArray[np.object_]:
    left, bottom, right, top = (_coordinate(own, name, EDGES) for name in EDGES)
    wrong = (right <= left) | (top <= bottom)
    if wrong.any():
        raise InputError(
            f"{own.file}: right is not beyond left, or top not above bottom, in "
            f"{listed(own.names[wrong])} ({wrong.sum()} of {len(wrong)} cells)"
        )
    return shapely.box(left, bottom, right, top)


def _around(points: gpd.GeoSeries, own: OwnColumns, shaping: Shaping) -> gpd.GeoSeries:
    """Squares or circles around points, once these are in metres."""
    if (shaping.side_m is None) == (shaping.buffer_m is None):
        raise InputError(
            f"{own.file}: cells are points; say their size by side_m (squares) or buffer_m (radius "
            "of circles), and by one of them alone"
        )
    points = in_metres(points, where=own.file, project_to=shaping.project_to)
    if shaping.buffer_m is not None:
        return points.buffer(shaping.buffer_m)
    if shaping.anchor is None:
        raise InputError(
            f"{own.file}: say by anchor which point of its square a point is, lower_left or centre"
        )
    side_m = present(shaping.side_m)
    easting, northing = shapely.get_coordinates(points.to_numpy()).T
    if shaping.anchor == "centre":
        easting, northing = easting - side_m / 2, northing - side_m / 2
    squares = shapely.box(easting, northing, easting + side_m, northing + side_m)
    return gpd.GeoSeries(squares, index=points.index, crs=points.crs)


def _surfaces(shapes: gpd.GeoSeries, own: OwnColumns, shaping: Shaping) -> gpd.GeoSeries:
    """Valid polygons in metres; what is none is refused by name."""
    _check_there(shapes, own)
    flat = shapes.index[shapely.get_dimensions(shapes.to_numpy()) < 2]
    if len(flat):
        raise InputError(
            f"{own.file}: {len(flat)} of {len(shapes)} cells are points or lines: {listed(flat)}; "
            "expected polygons, or points alone with side_m or buffer_m"
        )
    if shaping.side_m is not None or shaping.buffer_m is not None:
        raise InputError(
            f"{own.file}: side_m and buffer_m are of points, and its cells are polygons; leave "
            "them out"
        )
    shapes = gpd.GeoSeries(shapely.force_2d(shapes.to_numpy()), index=shapes.index, crs=shapes.crs)
    invalid = shapes.index[~shapes.is_valid]
    if len(invalid):
        logger.info(
            "%s: %d invalid polygons are mended: %s", own.file, len(invalid), listed(invalid)
        )
        shapes = shapes.make_valid(method="structure", keep_collapsed=False)
    shapes = in_metres(shapes, where=own.file, project_to=shaping.project_to)
    empty = shapes.index[~(shapes.area > 0)]
    if len(empty):
        raise InputError(
            f"{own.file}: {len(empty)} of {len(shapes)} cells have no area: {listed(empty)}; mend "
            "or remove them"
        )
    return shapes


def _check_there(shapes: gpd.GeoSeries, own: OwnColumns) -> None:
    missing = shapes.index[shapes.isna() | shapes.is_empty]
    if len(missing):
        raise InputError(
            f"{own.file}: {len(missing)} of {len(shapes)} cells have no geometry: "
            f"{listed(missing)}; give each its polygon, or leave it out"
        )


def _of_ids(own: OwnColumns, shaping: Shaping) -> gpd.GeoSeries:
    """Squares that ids name: their corner, side and, in INSPIRE's form, reference system."""
    ids = own.names.astype("string")
    parts = ids.str.extract(_INSPIRE)
    if parts[0].isna().all():
        parts = ids.str.extract(_SHORT).set_axis([1, 2, 3, 4], axis=1)
        parts.insert(0, 0, None)
    unread = parts[1].isna()
    if unread.any():
        raise InputError(
            f"{own.file}: nothing says where {listed(own.names[unread])} lie ({unread.sum()} of "
            f"{len(ids)} cells); map {listed(EDGES)}, or easting and northing, give a file of "
            "polygons, or ids such as CRS3035RES200mN2893400E3763200"
        )
    kinds = parts[[0, 1, 2]].fillna("").drop_duplicates()
    if len(kinds) > 1:
        raise InputError(
            f"{own.file}: ids name cells of {len(kinds)} grids, such as {own.names.iloc[0]} and "
            f"{own.names[kinds.index[1]]}; give the cells of one"
        )
    number, metres, thousand = parts.iloc[0, :3]
    side = int(metres) * (1000 if thousand else 1)
    northing, easting = (parts[name].astype(np.int64).to_numpy() for name in (3, 4))
    if number is None:
        northing, easting = northing * side, easting * side
    crs = shaping.crs if number is None else CRS.from_epsg(int(number))
    squares = shapely.box(easting, northing, easting + side, northing + side)
    return _of(squares, crs, own)
