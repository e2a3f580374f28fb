"""Where the synthetic city lies: its tracts, their counties and their ZCTAs.

The city lies on a lake that does not exist, in a state (99) that does not exist either. Its
tracts are Voronoi cells, smaller towards the centre.
"""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import MultiPoint, Point, Polygon
from sklearn.cluster import KMeans

STATE = "99"
METRES = "EPSG:32614"  # UTM zone 14N: inland, far from any large city
CENTRE = (560_000.0, 4_370_000.0)
RADIUS = 12_000.0
OUTSIDE = "Outland"  # a county of the same state that is no part of the city
# Codes are odd, as the Census Bureau's are.
COUNTIES = {"99001": "North", "99003": "East", "99005": "South", "99007": "West", "99009": OUTSIDE}
OUTSIDE_SHARE = 1 / 12
CROWDING = 0.65  # 0.5 spreads tracts evenly, 1 makes their density fall as 1 / distance


def city_map(n_tracts: int, n_zctas: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Draw the tracts: ``county``, ``zcta`` and polygon (in metres), indexed by code."""
    n_all = n_tracts + max(3, round(n_tracts * OUTSIDE_SHARE))
    tracts = gpd.GeoDataFrame(geometry=_tract_shapes(n_all, rng), crs=METRES)
    tracts["county"] = _county_of_each(tracts, n_outside=n_all - n_tracts)
    tracts = tracts.sort_values("county", kind="stable", ignore_index=True)
    tracts = tracts.set_index(_tract_codes(tracts["county"]))
    tracts["zcta"] = _zcta_codes(tracts, n_zctas, rng)
    return tracts[["county", "zcta", "geometry"]]


def centroid_points(shapes: gpd.GeoDataFrame) -> NDArray:
    """Easting and northing of the centroids, in metres."""
    centroid = shapes.geometry.centroid
    return np.column_stack([centroid.x, centroid.y])


def _county_of_each(tracts: gpd.GeoDataFrame, *, n_outside: int) -> NDArray:
    """Sectors around the centre, from north clockwise; the easternmost tracts lie outside."""
    *inner, outer = COUNTIES
    centroid = tracts.geometry.centroid
    bearing = np.degrees(np.arctan2(centroid.x - CENTRE[0], centroid.y - CENTRE[1]))
    width = 360 / len(inner)
    sector = np.floor((bearing + width / 2) % 360 / width).astype(int)
    codes = np.array(inner)[sector]
    codes[np.argsort(-centroid.x.to_numpy(), kind="stable")[:n_outside]] = outer
    return codes


def _tract_codes(county: pd.Series) -> pd.Index:
    number = county.groupby(county).cumcount() + 1
    return pd.Index(county + (number * 100).astype(str).str.zfill(6), name="geoid")


def _zcta_codes(tracts: gpd.GeoDataFrame, n_zctas: int, rng: np.random.Generator) -> NDArray:
    """Compact groups of tracts, numbered from south to north; real ZIP codes start at 00501."""
    groups = KMeans(n_zctas, n_init=1, random_state=int(rng.integers(2**31)))
    groups = groups.fit(centroid_points(tracts))
    rank = np.argsort(np.argsort(groups.cluster_centers_[:, 1]))
    return np.array([f"{rank[group] + 1:05d}" for group in groups.labels_])


def _tract_shapes(n: int, rng: np.random.Generator) -> list[shapely.Geometry]:
    """Voronoi cells, in metres, on a round city with a bay."""
    outline = _outline(rng)
    points = _scattered(n, outline, rng)
    for _ in range(3):  # Lloyd's steps: no slivers, still irregular
        points = np.array([cell.centroid.coords[0] for cell in _cells(points, outline)])
    return _cells(points, outline)


def _outline(rng: np.random.Generator) -> Polygon:
    angle = np.linspace(0, 2 * math.pi, 144, endpoint=False)
    radius = 1 + sum(
        rng.uniform(-0.05, 0.05) * np.cos(k * angle + rng.uniform(0, 2 * math.pi))
        for k in range(2, 7)
    )
    x = CENTRE[0] + 1.25 * RADIUS * radius * np.cos(angle)
    y = CENTRE[1] + RADIUS * radius * np.sin(angle)
    bay = Point(CENTRE[0] - 0.25 * RADIUS, CENTRE[1] - 1.1 * RADIUS).buffer(0.6 * RADIUS)
    return Polygon(zip(x, y, strict=True)) - bay


def _scattered(n: int, outline: Polygon, rng: np.random.Generator) -> NDArray:
    points: list[tuple[float, float]] = []
    while len(points) < n:
        distance, angle = 1.4 * RADIUS * rng.uniform() ** CROWDING, rng.uniform(0, 2 * math.pi)
        point = (CENTRE[0] + distance * math.cos(angle), CENTRE[1] + distance * math.sin(angle))
        if outline.contains(Point(point)):
            points.append(point)
    return np.array(points)


def _cells(points: NDArray, outline: Polygon) -> list[shapely.Geometry]:
    """One cell a point, in the order of the points, clipped to the city."""
    cells = list(
        shapely.voronoi_polygons(MultiPoint(points), extend_to=outline.envelope, ordered=True).geoms
    )
    return [_largest(cell & outline) for cell in cells]


def _largest(shape: shapely.Geometry) -> shapely.Geometry:
    return max(getattr(shape, "geoms", [shape]), key=lambda part: part.area)
