"""The plane that districts are drawn in: equal areas around their middle, far ones in insets."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from incomelens.common.errors import listed
from incomelens.common.metres import DEGREES
from incomelens.paper.draw.style import INK, QUIET

# Radius of the disc that stands for a district without a polygon, in shares of the city's extent.
DISC_SHARE = 0.012
HALF_TURN = 180.0
EARTH_KM = 6371.0
# Areas that lie farther than this from all others would leave the map to the sea between them.
FAR_KM = 500.0
# Column of districts in a plane: what is written on the inset that holds them, none on the map.
INSET = "inset"
# Most of the map's width and height that an inset takes, and what is between them.
INSET_SHARE, GAP_SHARE = 0.3, 0.04
# Of the width: room above an inset for its name and, below that, its size.
NAME_SHARE = 0.08


def local_projection(districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Project onto the equal-area plane that touches the Earth in the middle of the city.

    North is up and lengths are true in the middle; over 100 km they are off by less than 0.01 %.
    Districts that are known by a point alone become discs. What lies in a plane already stays.
    Areas more than 500 km from all others, as Alaska and Hawaii are, come into insets below the
    map, each a plane of its own, made smaller where it has to be; the column ``inset`` names them.
    """
    if districts.crs.is_projected:
        return districts
    part = _parts(districts.to_crs(DEGREES))
    planes = [_around_the_middle(districts.geometry[part == n]) for n in range(part.max() + 1)]
    widest = max(np.ptp(plane.total_bounds.reshape(2, 2), axis=0).max() for plane in planes)
    planes = [_with_discs(plane, DISC_SHARE * widest) for plane in planes]
    sizes = [1.0]
    if len(planes) > 1:
        planes[1:], sizes[1:] = zip(*_below(planes), strict=True)
    shapes = np.full(len(part), None, dtype=object)
    for n, plane in enumerate(planes):
        shapes[part == n] = plane.to_numpy()
    flat = districts.set_geometry(shapes, crs=planes[0].crs)
    if len(planes) == 1:
        return flat
    names = [_name(flat["area"][part == n], size) for n, size in enumerate(sizes)]
    return flat.assign(**{INSET: np.array([None, *names[1:]], dtype=object)[part]})


def _name(areas: pd.Series, size: float) -> str:
    smaller = "" if size == 1 else f"\n× {size:.2f}"
    return listed(sorted(areas.dropna().unique()), most=2) + smaller


def _parts(degrees: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Which part each district lies in, from that of most districts, 0, to that of fewest."""
    if "area" not in degrees or degrees["area"].nunique() < 2:
        return np.zeros(len(degrees), dtype=np.intp)
    area = pd.factorize(degrees["area"], use_na_sentinel=False)[0]  # unknown: one of its own
    longitude, latitude = np.radians(shapely.get_coordinates(_middles(degrees)).T)
    level = np.cos(latitude)
    sphere = [level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)]
    places = EARTH_KM * np.column_stack(sphere)
    known = np.isfinite(places).all(axis=1)
    of_area = [places[known & (area == n)] for n in range(area.max() + 1)]
    trees = [KDTree(each) for each in of_area]
    near = [
        [tree.query(each, distance_upper_bound=FAR_KM)[0].min(initial=np.inf) for each in of_area]
        for tree in trees
    ]
    part = connected_components(np.isfinite(near))[1][area]
    by_size = np.argsort(-np.bincount(part[known], minlength=part.max() + 1), kind="stable")
    return np.where(known, np.argsort(by_size)[part], 0)


def _middles(degrees: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """A point of each district; one without coordinates for what has no shape."""
    middles = shapely.centroid(degrees.geometry.to_numpy())
    nowhere = shapely.is_missing(middles) | shapely.is_empty(middles)
    return np.where(nowhere, shapely.Point(np.nan, np.nan), middles)


def _around_the_middle(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    degrees = shapes.to_crs(DEGREES)
    _, south, _, north = degrees.total_bounds
    return shapes.to_crs(
        f"+proj=laea +lat_0={(south + north) / 2:.6f} +lon_0={_middle_longitude(degrees):.6f} "
        "+datum=WGS84 +units=m"
    )


def _middle_longitude(degrees: gpd.GeoSeries) -> float:
    """Middle of the districts' extent, also of those that lie on both sides of the date line."""
    west, _, east, _ = degrees.total_bounds
    if east - west <= HALF_TURN:
        return (west + east) / 2
    # Counted from the date line on: the Aleutians are then next to the rest of Alaska.
    ends = degrees.bounds[["minx", "maxx"]].to_numpy() % (2 * HALF_TURN)
    return (np.nanmin(ends) + np.nanmax(ends)) / 2 - 2 * HALF_TURN


def _with_discs(plane: gpd.GeoSeries, radius: float) -> gpd.GeoSeries:
    is_point = plane.geom_type == "Point"
    return plane.where(~is_point, plane.buffer(radius, quad_segs=4)) if is_point.any() else plane


def _below(planes: list[gpd.GeoSeries]) -> list[tuple[gpd.GeoSeries, float]]:
    """Shapes of all parts but the first in rows below it, with the size that each is drawn at."""
    west, south, east, north = planes[0].total_bounds
    most, gap = INSET_SHARE * np.array([east - west, north - south]), GAP_SHARE * (east - west)
    above = NAME_SHARE * (east - west)
    left, top, lowest, placed = west, south - above, south, []
    for plane in planes[1:]:
        low, high = plane.total_bounds.reshape(2, 2)
        size = float(min(1.0, *(most / (high - low))))
        across, up = size * (high - low)
        if left > west and left + across > east:
            left, top = west, lowest - above
        place = [size, 0.0, 0.0, size, left - size * low[0], top - size * high[1]]
        placed.append((plane.affine_transform(place), size))
        left, lowest = left + across + gap, min(lowest, top - up)
    return placed


def draw_insets(axes: Axes, districts: gpd.GeoDataFrame) -> None:
    """Frame the insets of a map, and write above each what it holds."""
    if INSET not in districts:
        return
    for name, part in districts.groupby(INSET):
        west, south, east, north = part.total_bounds
        frame = Rectangle((west, south), east - west, north - south, clip_on=False)
        frame.set(facecolor="none", edgecolor=QUIET, linewidth=0.4)
        axes.add_patch(frame)
        axes.text(west, north, name, fontsize=5, va="bottom", color=INK)
