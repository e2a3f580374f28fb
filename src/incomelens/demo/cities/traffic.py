"""Motorway, railway and avenues: lanes, rails and cars."""

import numpy as np
import shapely
from numpy.typing import NDArray

from incomelens.demo.cities.painter import Painter, rectangles
from incomelens.demo.cities.plan import Plan

CARS = np.array([(232, 232, 230), (40, 42, 46), (140, 30, 30), (60, 80, 130), (170, 172, 176)])


def draw_traffic(painter: Painter, plan: Plan, rng: np.random.Generator) -> None:
    """Lanes, rails, and cars along the avenues."""
    for line in plan.lines["motorway"]:
        for offset, colour, width in (
            (-7, (104, 106, 110), 9),
            (7, (104, 106, 110), 9),
            (0, (96, 118, 76), 2.5),
        ):
            painter.line(_beside(line, offset), colour, width)
        _draw_dashes(painter, line, (-7, 7))
        _draw_cars(painter, line, (-9, -5, 5, 9), 40, rng)
    for line in plan.lines["railway"]:
        for offset in (-3.6, -2.2, 2.2, 3.6):
            painter.line(_beside(line, offset), (86, 80, 78), 1)
    for line in plan.lines["avenues"]:
        _draw_dashes(painter, line, (0,))
        _draw_cars(painter, line, (-5.5, -2, 2, 5.5), 22, rng)


def _draw_dashes(painter: Painter, line: shapely.LineString, offsets: tuple[float, ...]) -> None:
    for offset in offsets:
        beside = shapely.LineString(_beside(line, offset))
        starts = np.arange(0, beside.length - 4, 12.0)
        first = shapely.get_coordinates(shapely.line_interpolate_point(beside, starts))
        second = shapely.get_coordinates(shapely.line_interpolate_point(beside, starts + 4))
        for pair in np.stack([first, second], axis=1):
            painter.line(pair, (226, 226, 222), 1)


def _draw_cars(
    painter: Painter,
    line: shapely.LineString,
    offsets: tuple[float, ...],
    gap: float,
    rng: np.random.Generator,
) -> None:
    for offset in offsets:
        beside = shapely.LineString(_beside(line, offset))
        at = np.cumsum(rng.exponential(gap, int(beside.length / gap)))
        points = shapely.get_coordinates(shapely.line_interpolate_point(beside, at))
        ahead = shapely.get_coordinates(shapely.line_interpolate_point(beside, at + 2))
        direction = np.arctan2(*(ahead - points).T[::-1])
        n = len(points)
        cars = rectangles(points, np.full(n, 4.4), np.full(n, 1.9), direction)
        painter.polygons(cars, CARS[rng.integers(0, len(CARS), n)])


def _beside(line: shapely.LineString, offset: float) -> NDArray[np.float64]:
    return shapely.get_coordinates(line if offset == 0 else shapely.offset_curve(line, offset))
