"""Do two things that are joined lie in one place, and does one thing hang together.

Extents are told in longitude and latitude, whatever system the files count in. Whether a place lies
in the sea is not checked: no map of the land comes with the workflow.
"""

import logging
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from incomelens.common.errors import InputError, listed
from incomelens.common.left_out import Finding

logger = logging.getLogger(__name__)

DEGREES = "EPSG:4326"
EARTH_KM = 6371.0
# Points without a place are often written (0, 0): the sea, 500 km from any land.
NULL_ISLAND_DEGREES = 1.0
# What hangs together has no gap of this many times the usual distance of neighbours (the 95 %
# quantile), and none of less than ten kilometres counts.
GAP_IN_NEIGHBOURS = 10.0
LEAST_GAP_KM = 10.0
# A group with at most this share of all is called stray, a larger one makes a city torn apart.
STRAY_SHARE = 0.02

Box = tuple[float, float, float, float]
NOWHERE: Box = (np.inf, np.inf, np.inf, np.inf)


def meeting(
    ours: gpd.GeoSeries,
    others: gpd.GeoSeries,
    *,
    names: tuple[str, str],
    least: float = 0.9,
    remedy: str = "",
) -> NDArray[np.bool_]:
    """Which of our shapes share a point with any of the others.

    Parameters
    ----------
    ours, others : GeoSeries
        Each in its own reference system; missing and empty shapes meet nothing.
    names : (str, str)
        What both are, for messages.
    least : float
        Share of ours that is expected to meet; the log tells the share and both extents, as a
        warning if fewer meet.
    remedy : str
        What else to look at if none meets.

    Returns
    -------
    array of bool, one for each of `ours`
        Their mean is the share that meets.

    Raises
    ------
    InputError
        If none meets: both extents in longitude and latitude, and the likely cause (axes
        exchanged, a wrong reference system, the sign of the longitude, another city).
    """
    moved = ours.to_crs(others.crs).to_numpy()
    _, met = shapely.STRtree(moved).query(others.to_numpy(), predicate="intersects")
    meets = np.zeros(len(ours), dtype=bool)
    meets[met] = True
    n, share = int(meets.sum()), meets.mean() if len(meets) else 0.0
    if not n:
        raise InputError(
            f"none of {len(ours):,} {names[0]} meets any of {len(others):,} {names[1]}: "
            f"{names[0]} lie in {told_extent(ours)}, {names[1]} in {told_extent(others)}; "
            f"{_likely_cause(ours, others, names)}{remedy and '; '}{remedy}"
        )
    logger.log(
        logging.WARNING if share < least else logging.INFO,
        "%s of %s %s (%.0f %%) meet %s; %s lie in %s, %s in %s",
        *(f"{n:,}", f"{len(ours):,}", names[0], 100 * share, names[1]),
        *(names[0], told_extent(ours), names[1], told_extent(others)),
    )
    return meets


def told_extent(shapes: gpd.GeoSeries) -> str:
    """Extent of shapes in words, degrees.

    Examples
    --------
    >>> told_extent(gpd.GeoSeries([shapely.box(2.25, 48.8, 2.5, 48.91)], crs=4326))
    'longitude 2.25 to 2.5, latitude 48.8 to 48.91'
    """
    west, south, east, north = _in_degrees(tuple(shapes.total_bounds), shapes.crs)
    if not np.isfinite([west, south, east, north]).all():
        bounds = ", ".join(f"{value:g}" for value in shapes.total_bounds)
        return f"no place on the globe ({shapes.crs.to_string()}, [{bounds}])"
    return (
        f"longitude {round(west, 3):g} to {round(east, 3):g}, "
        f"latitude {round(south, 3):g} to {round(north, 3):g}"
    )


def crs_name(crs: pyproj.CRS) -> str:
    """Short name of a reference system.

    Examples
    --------
    >>> crs_name(pyproj.CRS.from_epsg(26911))
    'EPSG:26911'
    """
    return crs.to_string() if len(crs.to_string()) < 40 else crs.name


def check_on_globe(shapes: gpd.GeoSeries, ids: Sequence[str], *, where: str) -> None:
    """Refuse places that are stand-ins for none, or that longitude tears in two.

    Parameters
    ----------
    shapes : GeoSeries
        In EPSG:4326.
    ids : sequence of str
    where : str
        File, for messages.

    Raises
    ------
    InputError
        If a shape lies at longitude and latitude 0, or shapes lie on both sides of the antimeridian
        (180° east or west), where differences of longitude are no distances.
    """
    named = np.asarray(ids, dtype=object)
    west, south, east, north = shapes.bounds.to_numpy().T
    middle = np.abs(np.column_stack([west + east, south + north])) / 2
    nowhere = (middle < NULL_ISLAND_DEGREES).all(axis=1)
    if nowhere.any():
        raise InputError(
            f"{where}: {listed(named[nowhere])} lie at longitude and latitude 0, in the sea "
            f"({nowhere.sum()} of {len(ids)}); a place that is unknown is often written so: give "
            "the place, or leave them out"
        )
    # Counted from the antimeridian eastwards, a city beside it spans little.
    beyond = np.column_stack([np.mod(west, 360), np.mod(east, 360)])
    span, other_span = east.max() - west.min(), beyond.max() - beyond.min()
    if span > 180 > other_span:
        across = (east > 0) & (west < 0)
        fewer = (west > 0) if (west > 0).sum() < (west < 0).sum() else (west < 0)
        raise InputError(
            f"{where}: the places lie on both sides of the antimeridian (180°), among them "
            f"{listed(named[across if across.any() else fewer])}; longitudes there are no measure "
            "of distance: leave out those of one side"
        )


def groups_apart(shapes: gpd.GeoSeries, *, gap_km: float) -> NDArray[np.int64]:
    """Number the groups that shapes fall into where gaps between them are wide.

    Parameters
    ----------
    shapes : GeoSeries
        In any reference system, none empty.
    gap_km : float
        Shapes belong together if vertices of them lie closer than about this (kilometres; to a
        quarter), or if a chain of such shapes joins them.

    Returns
    -------
    array of int, one for each shape
        0 for the largest group, of equally large ones that of the first shape, and so on.
    """
    degrees = shapes.to_crs(DEGREES).to_numpy()
    points, owner = shapely.get_coordinates(degrees, return_index=True)
    xyz = _on_sphere(points)
    _, first, place = np.unique(
        np.floor(xyz / (gap_km / 4)), axis=0, return_index=True, return_inverse=True
    )
    place = place.reshape(-1)
    near = KDTree(xyz[first]).query_pairs(gap_km, output_type="ndarray")
    along = np.column_stack([place[:-1], place[1:]])[owner[1:] == owner[:-1]]
    edges = np.concatenate([near.reshape(-1, 2), along])
    links = coo_array((np.ones(len(edges)), edges.T), shape=(len(first), len(first)))
    _, group = connected_components(links, directed=False)
    group_of_shape = group[place[np.searchsorted(owner, np.arange(len(shapes)))]]
    names, since, n = np.unique(group_of_shape, return_index=True, return_counts=True)
    rank = np.empty(len(names), dtype=np.int64)
    rank[np.lexsort((since, -n))] = np.arange(len(names))
    return rank[np.searchsorted(names, group_of_shape)]


def stray_and_torn(shapes: gpd.GeoSeries, ids: Sequence[str], *, what: str) -> list[Finding]:
    """Tell of shapes far from all others, and of a city torn into groups far from each other.

    Parameters
    ----------
    shapes : GeoSeries
    ids : sequence of str
    what : str
        What they are: cells, districts.

    Returns
    -------
    list of Finding
        ``far_from_others``: groups of at most :data:`STRAY_SHARE` of all; ``torn_apart``: larger
        groups beside the largest. All are kept.
    """
    named = np.asarray(ids, dtype=object)
    gap = _least_gap_km(shapes)
    group = groups_apart(shapes, gap_km=gap)
    size = np.bincount(group)
    most = max(1, int(STRAY_SHARE * len(ids)))
    stray = (group > 0) & (size[group] <= most)
    torn = (group > 0) & ~stray
    sizes = [f"{size[k]:,} (such as {named[group == k][0]})" for k in np.unique(group[~stray])]
    return [
        Finding.of(
            named[stray],
            what=what,
            reason="far_from_others",
            total=len(ids),
            treated="kept",
            message=f"{stray.sum()} of {len(ids):,} {what} lie more than {gap:.0f} km from all "
            f"others: {listed(named[stray])}; is their place right? Maps, blocks and lengthscales "
            "reach across the gap",
        ),
        Finding.of(
            named[torn],
            what=what,
            reason="torn_apart",
            total=len(ids),
            treated="kept",
            message=f"the {what} lie in {len(sizes)} groups more than {gap:.0f} km apart: "
            f"{listed(sizes)}; blocks, neighbours and lengthscales are those of one city: are "
            "these one?",
        ),
    ]


def _least_gap_km(shapes: gpd.GeoSeries) -> float:
    if len(shapes) < 2:
        return LEAST_GAP_KM
    centres = shapely.centroid(shapes.to_crs(DEGREES).to_numpy())
    xyz = _on_sphere(shapely.get_coordinates(centres))
    nearest = KDTree(xyz).query(xyz, k=2)[0][:, 1]
    return max(LEAST_GAP_KM, GAP_IN_NEIGHBOURS * float(np.quantile(nearest, 0.95)))


def _on_sphere(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points in space, kilometres: distances hold across 180° and in any country."""
    longitude, latitude = np.radians(degrees).T
    return EARTH_KM * np.column_stack(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ]
    )


def _likely_cause(ours: gpd.GeoSeries, others: gpd.GeoSeries, names: tuple[str, str]) -> str:
    boxes = [_in_degrees(tuple(shapes.total_bounds), shapes.crs) for shapes in (ours, others)]
    if _boxes_meet(*boxes):
        return "their extents overlap, yet they lie beside each other: are they areas, not points?"
    for name, moved, box in ((names[0], ours, boxes[1]), (names[1], others, boxes[0])):
        west, south, east, north = moved.total_bounds
        if _boxes_meet(_in_degrees((south, west, north, east), moved.crs), box):
            return (
                f"they would meet if the axes of {name} were exchanged (easting and northing, or "
                "longitude and latitude)"
            )
        mirrored = (-east, south, -west, north)
        if moved.crs.is_geographic and _boxes_meet(_in_degrees(mirrored, moved.crs), box):
            return f"they would meet if longitudes of {name} had the other sign: west is negative"
    if ours.crs != others.crs and _boxes_meet(ours.total_bounds, others.total_bounds):
        return (
            f"as bare numbers they meet, yet {names[0]} are said to be in {crs_name(ours.crs)} and "
            f"{names[1]} in {crs_name(others.crs)}: one of the two is wrong"
        )
    apart = _km_apart(*boxes)
    gap = f"they lie {apart:,.{0 if apart >= 10 else 1}f} km apart: " if np.isfinite(apart) else ""
    return f"{gap}are both of the same city, and in the reference systems that they name?"


def _boxes_meet(first: Sequence[float], second: Sequence[float]) -> bool:
    if not np.isfinite([*first, *second]).all():
        return False
    return bool(shapely.box(*first).intersects(shapely.box(*second)))


def _in_degrees(box: Box, crs: pyproj.CRS) -> Box:
    """A box in longitude and latitude; infinite where its coordinates are none of its system."""
    if not np.isfinite(box).all():
        return NOWHERE
    if crs.is_geographic:
        west, south, east, north = box
        fits = max(abs(west), abs(east)) <= 360 and max(abs(south), abs(north)) <= 90
        return box if fits else NOWHERE
    transformer = pyproj.Transformer.from_crs(crs, DEGREES, always_xy=True)
    try:
        return transformer.transform_bounds(*box)
    except pyproj.exceptions.ProjError:
        return NOWHERE


def _km_apart(first: Box, second: Box) -> float:
    if not np.isfinite([*first, *second]).all():
        return np.inf
    nearest = shapely.shortest_line(shapely.box(*first), shapely.box(*second))
    return float(pyproj.Geod(ellps="WGS84").geometry_length(nearest)) / 1000
