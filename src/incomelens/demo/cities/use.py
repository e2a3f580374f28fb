"""Which block of the plan is used for what: rings around a centre, a little of all anywhere."""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import box

from incomelens.common.names import CELL_M
from incomelens.demo.smooth_field import smooth_field

CELL = float(CELL_M)
RINGS = ("11100", "11210", "11220", "11230", "11240")
# Distance from the centre at which a ring ends, of the distance to the middle of the city's edge.
RING_ENDS = (0.3, 0.62, 0.9, 1.12)
RESIDENTIAL = (*RINGS, "11300")
FUNCTIONAL = ("12100", "14100", "14200")
OPEN_LAND = ("21000", "23000", "31000", "32000")
OPEN_LAND_ODDS = (0.45, 0.2, 0.25, 0.1)
# Of the blocks of the city; the rest is lived in.
OTHER_ODDS = {"12100": 0.07, "14100": 0.05, "14200": 0.04, "13300": 0.015, "13400": 0.02}
# Shares of a cell, residential and functional: enough of what carries the signal of a style.
LEAST = {"residential": (0.34, 0.14), "infrastructure_green": (0.2, 0.4), "none": (0.34, 0.14)}
PARK_CELL = (0.25, 0.55)  # where a park fills a cell, from the lower-left corner of the city


def assign_codes(
    blocks: NDArray,
    *,
    core: tuple[float, float, float, float],
    lake: shapely.Geometry,
    busy: shapely.Geometry,
    style: str,
    rng: np.random.Generator,
) -> NDArray[np.str_]:
    """Give every block a code of the Urban Atlas.

    Parameters
    ----------
    blocks : array of Polygon, length n
    core : tuple
        West, south, east, north of the cells. Land outside it is not lived in.
    lake : geometry
        Blocks on its shore, if it is not the river, are its park.
    busy : geometry
        Lines that attract trade and keep housing away.
    style : str
        Key of :data:`LEAST`.

    Returns
    -------
    array of str, length n
        Nearly every cell has its least share of residential land and of trade, park or sports, so
        that either can carry a signal.
    """
    points = shapely.get_coordinates(shapely.centroid(blocks))
    west, south, east, north = core
    half = np.array([east - west, north - south]) / 2
    offset = (points - (west, south) - half) / half
    reach = np.hypot(*offset.T) + 0.08 * smooth_field(points, wavelength=900, rng=rng)
    codes = np.array(RINGS)[np.digitize(reach, RING_ENDS)]
    odds = [*OTHER_ODDS.values(), 1 - sum(OTHER_ODDS.values())]
    uses = rng.choice([*OTHER_ODDS, ""], len(blocks), p=odds)
    codes = np.where(uses != "", uses, codes)
    near = shapely.distance(blocks, busy) < 45
    codes = np.where(near & (rng.uniform(size=len(blocks)) < 0.35), "12100", codes)
    wild = rng.choice(OPEN_LAND, len(blocks), p=OPEN_LAND_ODDS)
    open_odds = np.clip((reach - 0.95) * 1.6, 0, 0.75)
    codes = np.where(rng.uniform(size=len(blocks)) < open_odds, wild, codes)
    outside = (np.abs(offset) > 1.0).any(axis=1)
    codes = np.where(outside, wild, codes)
    reserved = _reserved(blocks, points, core, lake)
    codes[reserved] = "14100"
    codes = _balance(blocks, codes.astype("<U5"), core, reserved | outside, LEAST[style], rng)
    return _complete(codes, np.flatnonzero(~reserved & ~outside), rng)


def _reserved(
    blocks: NDArray,
    points: NDArray,
    core: tuple[float, float, float, float],
    lake: shapely.Geometry,
) -> NDArray[np.bool_]:
    """Blocks around the lake and in one cell of the larger cities: parks where nobody lives."""
    west, south, east, north = core
    ponds = [part for part in shapely.get_parts(lake) if np.ptp(part.bounds[1::2]) < CELL]
    shore = shapely.union_all([box(*_cell_around(pond.centroid, core)) for pond in ponds])
    if (east - west) * (north - south) > 100 * CELL**2:
        at = (west + PARK_CELL[0] * (east - west), south + PARK_CELL[1] * (north - south))
        shore = shore | box(*_cell_around(shapely.Point(at), core))
    overlap = shapely.area(shapely.intersection(blocks, shore))
    return overlap > 400


def _cell_around(
    point: shapely.Point, core: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    west = core[0] + (point.x - core[0]) // CELL * CELL
    south = core[1] + (point.y - core[1]) // CELL * CELL
    return west, south, west + CELL, south + CELL


def _balance(
    blocks: NDArray,
    codes: NDArray[np.str_],
    core: tuple[float, float, float, float],
    fixed: NDArray[np.bool_],
    least: tuple[float, float],
    rng: np.random.Generator,
) -> NDArray[np.str_]:
    """Rededicate blocks until cells have enough homes and enough trade, parks and sports."""
    eastings = np.arange(core[0], core[2], CELL)
    northings = np.arange(core[1], core[3], CELL)
    cells = np.array([box(e, n, e + CELL, n + CELL) for n in northings for e in eastings])
    pairs = shapely.STRtree(blocks).query(cells)
    share = shapely.area(shapely.intersection(cells[pairs[0]], blocks[pairs[1]])) / CELL**2
    ring = np.array(RINGS)[rng.integers(2, 5, len(blocks))]
    for _ in range(2):
        for cell in range(len(cells)):
            inside = pairs[0] == cell
            mine, size = pairs[1][inside], share[inside]
            if fixed[mine[np.argmax(size)]]:
                continue
            order = np.argsort(-size, kind="stable")
            for place in order:
                if size[np.isin(codes[mine], RESIDENTIAL)].sum() >= least[0]:
                    break
                if not fixed[mine[place]] and codes[mine[place]] not in RESIDENTIAL + FUNCTIONAL:
                    codes[mine[place]] = ring[mine[place]]
            _add_function(codes, mine, size, fixed, least, rng)
    return codes


def _complete(
    codes: NDArray[np.str_], city: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.str_]:
    """Give a block of the commonest class to each class of a city that has none."""
    for code in (*RINGS, *OTHER_ODDS):
        if not (codes[city] == code).any():
            names, counts = np.unique(codes[city], return_counts=True)
            codes[rng.choice(city[codes[city] == names[counts.argmax()]])] = code
    return codes


def _add_function(
    codes: NDArray[np.str_],
    mine: NDArray[np.intp],
    size: NDArray[np.float64],
    fixed: NDArray[np.bool_],
    least: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    """Turn the blocks of a cell that are just large enough over to trade, park or sports."""
    for place in np.argsort(np.abs(size - 0.17), kind="stable"):
        lived_in = size[np.isin(codes[mine], RESIDENTIAL)].sum()
        if size[np.isin(codes[mine], FUNCTIONAL)].sum() >= least[1]:
            return
        residential = codes[mine[place]] in RESIDENTIAL
        enough = lived_in - residential * size[place] >= least[0]
        if enough and not fixed[mine[place]] and codes[mine[place]] not in FUNCTIONAL:
            codes[mine[place]] = rng.choice(FUNCTIONAL)
