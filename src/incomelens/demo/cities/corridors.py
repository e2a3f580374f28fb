"""What cuts through the blocks of a synthetic city: motorway, railway, airfield, water.

Inland a river and a railway run from south to north, and a lake lies in its park. On a coast that
looks ``south`` land has a direction: the sea lies in the south, and inlets of it run along the
southern edge of every other row of cells, each with an avenue on its northern bank; motorway and
railway run along them too. So water lies in the south of half of the tiles and in the north of
none, and what a network makes of the south of any tile looks like something that it makes of water.
"""

import numpy as np
import shapely
from shapely import LineString, Polygon, affinity, box

from incomelens.demo.cities.use import CELL

HALF_AVENUE = 9.0
STEP = 0.01  # m, of all coordinates
SOUTH = "south"
COASTS = ("none", SOUTH)
# Metres above the southern edge of a row of cells: water to either side of the first, then a quay.
INLET, HALF_INLET, SWING = 26.0, 22.0, 6.0
QUAY_ROAD, MOTORWAY, RAILWAY = 64.0, 110.0, 150.0

Rectangle = tuple[float, float, float, float]


def draw_lines(core: Rectangle, outline: Rectangle, *, coast: str) -> dict[str, list[LineString]]:
    """Draw the centre lines of everything long.

    Parameters
    ----------
    core : tuple
        West, south, east, north of the cells, in metres.
    outline : tuple
        The same of the whole plan.
    coast : {"none", "south"}

    Returns
    -------
    dict
        ``motorway``, ``railway``, ``river`` (or the inlets of a coast) and ``quays``.
    """
    return _coast_lines(core, outline) if coast == SOUTH else _inland_lines(core, outline)


def draw_corridors(
    core: Rectangle, extent: Polygon, lines: dict[str, list[LineString]], *, coast: str
) -> dict[str, shapely.Geometry]:
    """Shapes that cut through the blocks by code, each without those that pass above it.

    Parameters
    ----------
    core : tuple
    extent : Polygon
        The whole plan.
    lines : dict
        Of :func:`draw_lines`, and ``avenues``.
    coast : {"none", "south"}
    """
    west, _, east, north = core
    long = min(420.0, (east - west) / 6)
    airfield = box(west + 20, north - 130, west + 20 + long, north - 20)
    bridges = [line.buffer(HALF_AVENUE) for line in lines["avenues"]]
    wanted = {
        "12210": lines["motorway"][0].buffer(15),
        "12230": lines["railway"][0].buffer(8),
        "12400": airfield,
        "50000": _sea(core, extent, lines) if coast == SOUTH else _river_and_lake(core, lines),
    }
    corridors, taken = {}, Polygon()
    for code, shape in wanted.items():
        if code == "50000":
            taken = shapely.union_all([taken, *bridges])
        shape = shapely.set_precision(shape & extent, STEP)
        corridors[code] = shapely.set_precision(shape - taken, STEP)
        taken = taken | shape
    return corridors


def _inland_lines(core: Rectangle, outline: Rectangle) -> dict[str, list[LineString]]:
    """Motorway from west to east in the south, railway and river from south to north."""
    west, south, east, north = core
    wide, high = east - west, north - south
    along = np.linspace(0, 1, 60)
    across = outline[0] + along * (outline[2] - outline[0])
    upward = outline[1] + along * (outline[3] - outline[1])
    motorway = np.column_stack([across, south + high * (0.17 + 0.05 * np.sin(7 * along))])
    railway = np.column_stack([east - wide * (0.24 + 0.06 * np.sin(3 * along + 1)), upward])
    river = np.column_stack([west + wide * (0.3 + 0.07 * np.sin(5 * along)), upward])
    names = ("motorway", "railway", "river")
    shapes = zip(names, (motorway, railway, river), strict=True)
    return {name: [LineString(line)] for name, line in shapes} | {"quays": []}


def _coast_lines(core: Rectangle, outline: Rectangle) -> dict[str, list[LineString]]:
    """All from west to east, swinging together: they stay as far from each other."""
    _, south, _, north = core
    along = np.linspace(0, 1, 120)
    across = outline[0] + along * (outline[2] - outline[0])
    rows = south + CELL * np.arange(0, round((north - south) / CELL), 2)

    def parallel(row: float, metres: float) -> LineString:
        swing = SWING * np.sin(9 * along + row / CELL)
        return LineString(np.column_stack([across, row + metres + swing]))

    return {
        "motorway": [parallel(rows[len(rows) // 4], MOTORWAY)],
        "railway": [parallel(rows[len(rows) // 2], RAILWAY)],
        "river": [parallel(row, INLET) for row in rows],
        "quays": [parallel(row, QUAY_ROAD) for row in rows],
    }


def _river_and_lake(core: Rectangle, lines: dict[str, list[LineString]]) -> shapely.Geometry:
    west, south, east, north = core
    # The lake fills most of a cell; the airfield lies across two in the south-west.
    lake_cell = (
        west + CELL * (round((east - west) / CELL * 0.62) + 0.5),
        south + CELL * (round((north - south) / CELL * 0.7) + 0.5),
    )
    lake = affinity.scale(shapely.Point(lake_cell).buffer(1, quad_segs=12), 96, 82)
    return shapely.union_all([lines["river"][0].buffer(22), lake])


def _sea(core: Rectangle, extent: Polygon, lines: dict[str, list[LineString]]) -> shapely.Geometry:
    west, south, east, _ = extent.bounds
    sea = box(west, south, east, core[1] + INLET - HALF_INLET)
    return shapely.union_all([sea, *(inlet.buffer(HALF_INLET) for inlet in lines["river"])])
