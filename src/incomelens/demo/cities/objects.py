"""What stands on the ground: houses, halls, trees, pools, courts.

A block is filled along its own direction with rows of parcels. Its grain, 0 to 1, sets the size of
everything: fine blocks are narrow parallel terraces, coarse ones large houses, apart and askew,
with scattered trees and pools. The built share of a block does not depend on the grain.
"""

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image
from shapely import Polygon

from incomelens.demo.cities.painter import (
    Painter,
    Parcels,
    anywhere,
    parcels_of,
    rectangles,
    scattered,
    step_of,
    unit,
)
from incomelens.demo.cities.plan import Plan
from incomelens.demo.cities.traffic import draw_traffic

BUILT = {  # share of the block under roofs
    "11100": 0.58,
    "11210": 0.44,
    "11220": 0.34,
    "11230": 0.22,
    "11240": 0.12,
    "11300": 0.14,
    "12100": 0.48,
}
LEAST_LOCAL = 0.4  # built share around a house; sparser blocks leave parcels empty
FINEST, COARSEST = 10.5, 27.0  # m between rows of houses
HALLS = (11.0, 52.0)
TREES = (6.0, 20.0)
COURTS = (12.0, 52.0)
CROWNS = {"11100": 0.05, "11210": 0.09, "11220": 0.13, "11230": 0.17, "11240": 0.2, "11300": 0.2}
ROOFS = np.array([(184, 112, 84), (170, 96, 74), (196, 132, 100), (112, 114, 122), (150, 138, 126)])
FLAT_ROOFS = np.array([(206, 206, 204), (176, 180, 186), (150, 152, 152), (188, 176, 160)])
GREENS = np.array([(58, 88, 46), (72, 102, 54), (50, 78, 44), (84, 108, 60)])
SURFACES = np.array([(176, 96, 72), (84, 128, 92), (92, 122, 148), (126, 160, 84)])
POOL, SHADOW, CANOPY_SHADOW = (92, 178, 196), (58, 60, 60), (44, 58, 40)
SUN = np.array([-1.6, 2.6])  # where shadows of a house fall, m east and north


def draw_objects(
    canvas: Image.Image,
    plan: Plan,
    coarse: NDArray[np.float64],
    matrix: NDArray[np.float64],
    rng: np.random.Generator,
) -> None:
    """Draw everything that stands in the plan on `canvas`.

    Parameters
    ----------
    canvas : PIL image, RGB
        Changed in place.
    plan : Plan
    coarse : array of shape (n_polygons,)
        Grain of each polygon, 0 to 1.
    matrix : array of shape (2, 3)
        From EPSG:3035 metres to column and row.
    rng : Generator
    """
    painter = Painter(canvas, matrix)
    draw_traffic(painter, plan, rng)
    west, south, east, north = plan.core
    near = plan.land.cx[west - 400 : east + 400, south - 400 : north + 400]
    for number, code, angle, shape in near[["code", "angle", "geometry"]].itertuples():
        if code in BUILT:
            _draw_built(painter, shape, code, angle, coarse[number], rng)
        elif code == "14100":
            _draw_park(painter, shape, angle, coarse[number], rng)
        elif code == "14200":
            _draw_courts(painter, shape, angle, coarse[number], rng)
        elif code == "12400":
            _draw_runway(painter, shape)
        elif code in ("13300", "13400"):
            _draw_trees(painter, *scattered(shape, 0.03, (1.5, 3.5), rng), rng)


def _draw_built(
    painter: Painter,
    shape: Polygon,
    code: str,
    angle: float,
    coarse: float,
    rng: np.random.Generator,
) -> None:
    hall = code == "12100"
    parcels = parcels_of(shape, angle, step_of(HALLS if hall else (FINEST, COARSEST), coarse))
    local = max(BUILT[code], LEAST_LOCAL)
    centres = parcels.centres[rng.uniform(size=len(parcels.centres)) < BUILT[code] / local]
    n = len(centres)
    if n == 0:
        return
    length = parcels.along * (1.02 - 0.24 * coarse)
    width = parcels.across * local * parcels.along / length
    vary = 1 + coarse * rng.uniform(-0.2, 0.2, (n, 2))
    askew = parcels.angle + coarse * rng.uniform(-0.38, 0.38, n)
    centres = centres + coarse * rng.uniform(-0.14, 0.14, (n, 2)) * parcels.across
    roofs = rectangles(centres, length * vary[:, 0], width * vary[:, 1], askew)
    inside = shapely.contains(shape, shapely.polygons(roofs))
    roofs, centres = roofs[inside], centres[inside]
    if not hall and coarse > 0.55:
        pools = centres + (0.52 * parcels.across) * unit(parcels.angle + np.pi / 2)
        chosen = rng.uniform(size=len(pools)) < 1.1 * (coarse - 0.45)
        _draw_pools(painter, shape, pools[chosen], parcels.angle, rng)
    if not hall:
        _draw_garden_trees(painter, shape, parcels, CROWNS[code], coarse, rng)
    painter.polygons(roofs + SUN, np.array(SHADOW))
    (_draw_flat_roofs if hall else _draw_roofs)(painter, roofs, rng)


def _draw_roofs(painter: Painter, roofs: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Two sides and a ridge along the longer axis; the southern side is lit."""
    if len(roofs) == 0:
        return
    colour = ROOFS[rng.integers(0, len(ROOFS), len(roofs))] + rng.normal(0, 9, (len(roofs), 1))
    first, second = (roofs[:, 0] + roofs[:, 3]) / 2, (roofs[:, 1] + roofs[:, 2]) / 2
    first_slope = np.stack([roofs[:, 0], roofs[:, 1], second, first], axis=1)
    second_slope = np.stack([first, second, roofs[:, 2], roofs[:, 3]], axis=1)
    south = first_slope.mean(axis=1)[:, 1:] < second_slope.mean(axis=1)[:, 1:]
    painter.polygons(first_slope, colour * np.where(south, 1.16, 0.76))
    painter.polygons(second_slope, colour * np.where(south, 0.76, 1.16))


def _draw_flat_roofs(
    painter: Painter, roofs: NDArray[np.float64], rng: np.random.Generator
) -> None:
    colour = FLAT_ROOFS[rng.integers(0, len(FLAT_ROOFS), len(roofs))]
    colour = colour + rng.normal(0, 8, (len(roofs), 1))
    painter.polygons(roofs, colour)
    for at in (0.3, 0.7):  # skylights
        start = roofs[:, 0] + at * (roofs[:, 3] - roofs[:, 0])
        end = roofs[:, 1] + at * (roofs[:, 2] - roofs[:, 1])
        for pair, light in zip(np.stack([start, end], axis=1), colour * 0.82, strict=True):
            inner = pair.mean(axis=0) + 0.8 * (pair - pair.mean(axis=0))
            painter.line(inner, tuple(np.clip(light, 0, 255).astype(int).tolist()), 1)


def _draw_pools(
    painter: Painter,
    shape: Polygon,
    centres: NDArray[np.float64],
    angle: float,
    rng: np.random.Generator,
) -> None:
    n = len(centres)
    pools = rectangles(
        centres, rng.uniform(7, 10, n), rng.uniform(4, 5, n), angle + rng.uniform(-0.6, 0.6, n)
    )
    inside = shapely.contains(shape, shapely.polygons(pools)) if n else np.zeros(0, dtype=bool)
    around = pools.mean(axis=1, keepdims=True)
    painter.polygons((around + 1.35 * (pools - around))[inside], np.array((206, 200, 188)))
    painter.polygons(pools[inside], np.array(POOL))


def _draw_garden_trees(
    painter: Painter,
    shape: Polygon,
    parcels: Parcels,
    share: float,
    coarse: float,
    rng: np.random.Generator,
) -> None:
    """Crowns of the same total area: small ones in line behind terraces, or large and anywhere."""
    radius = 1.5 + 2.6 * coarse
    count = int(share * shape.area / (np.pi * radius**2))
    if coarse < 0.5 and len(parcels.centres):
        picked = parcels.centres[rng.integers(0, len(parcels.centres), count)]
        along = rng.uniform(-0.5, 0.5, (count, 1)) * parcels.along * unit(parcels.angle)
        points = picked + 0.5 * parcels.across * unit(parcels.angle + np.pi / 2) + along
        points = points + rng.normal(0, 0.3 + 4 * coarse, points.shape)
    else:
        points = anywhere(shape, count, rng)
    radii = radius * rng.uniform(1 - 0.3 * coarse, 1 + 0.3 * coarse, len(points))
    _draw_trees(painter, points, radii, rng, within=shape)


def _draw_park(
    painter: Painter, shape: Polygon, angle: float, coarse: float, rng: np.random.Generator
) -> None:
    """Fine: small trees planted in rows. Coarse: large crowns in groups, and a winding path."""
    parcels = parcels_of(shape, angle, step_of(TREES, coarse), shape_ratio=1.0)
    n = len(parcels.centres)
    if coarse > 0.4:
        west, south, east, north = shape.bounds
        t = np.linspace(0, 1, 20)
        path = np.column_stack(
            [
                west + (0.1 + 0.8 * t) * (east - west),
                south + (0.5 + 0.25 * np.sin(5 * t + rng.uniform(0, 6))) * (north - south),
            ]
        )
        path = shapely.intersection(shapely.LineString(path), shape.buffer(-2))
        for part in shapely.get_parts(path):
            if part.geom_type == "LineString":
                painter.line(shapely.get_coordinates(part), (198, 186, 160), 2.5)
    points = parcels.centres + coarse * rng.uniform(-0.5, 0.5, (n, 2)) * parcels.across
    radii = 0.36 * parcels.across * (1 + coarse * rng.uniform(-0.3, 0.3, n))
    standing = rng.uniform(size=n) < 0.85
    _draw_trees(painter, points[standing], radii[standing], rng, within=shape)


def _draw_courts(
    painter: Painter, shape: Polygon, angle: float, coarse: float, rng: np.random.Generator
) -> None:
    """Fine: rows of small courts. Coarse: a few large pitches, askew. White lines on both."""
    parcels = parcels_of(shape, angle, step_of(COURTS, coarse))
    n = len(parcels.centres)
    askew = parcels.angle + coarse * rng.uniform(-0.15, 0.15, n)
    size = np.full(n, parcels.along * 0.8), np.full(n, parcels.across * 0.72)
    courts = rectangles(parcels.centres, *size, askew)
    courts = courts[shapely.contains(shape, shapely.polygons(courts))] if n else courts
    painter.polygons(courts, SURFACES[rng.integers(0, len(SURFACES), len(courts))])
    for court in courts:
        middle = court.mean(axis=0)
        ring = middle + 0.86 * (court - middle)
        painter.line(np.vstack([ring, ring[:1]]), (232, 232, 226), 1)
        half = np.array([(ring[0] + ring[1]) / 2, (ring[2] + ring[3]) / 2])
        painter.line(half, (232, 232, 226), 1)
    _draw_trees(painter, *scattered(shape, 0.05, (2.0, 3.5), rng), rng)


def _draw_trees(
    painter: Painter,
    centres: NDArray[np.float64],
    radius: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    within: Polygon | None = None,
) -> None:
    if within is not None and len(centres):
        inside = shapely.contains_xy(within, *centres.T)
        centres, radius = centres[inside], radius[inside]
    colour = GREENS[rng.integers(0, len(GREENS), len(centres))].astype(float)
    painter.discs(centres + 0.45 * radius[:, None] * (-0.6, 1.0), radius, np.array(CANOPY_SHADOW))
    painter.discs(centres, radius, colour)
    painter.discs(centres + 0.3 * radius[:, None] * (0.6, -1.0), 0.55 * radius, colour * 1.3)


def _draw_runway(painter: Painter, shape: Polygon) -> None:
    west, south, east, north = shape.bounds
    middle = (south + north) / 2
    runway = np.array([[west + 8, middle], [east - 8, middle]])
    painter.line(runway, (112, 114, 116), 24)
    for start in np.arange(west + 20, east - 20, 24.0):
        painter.line(np.array([[start, middle], [start + 12, middle]]), (236, 236, 232), 1)
