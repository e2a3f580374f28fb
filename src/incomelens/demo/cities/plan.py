"""The plan of a synthetic French city: who uses which land, as the Urban Atlas would map it.

A rectangle is halved again and again into street blocks, bent a little, and cut by a motorway, a
railway, water and an airfield. What is left between blocks is street. The polygons share their
edges: no gap, no overlap.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon, affinity, box

from incomelens.demo.cities.corridors import HALF_AVENUE, SOUTH, STEP, draw_corridors, draw_lines
from incomelens.demo.cities.use import CELL, assign_codes

GRID = "EPSG:3035"  # of cells and land use
MARGIN = CELL  # of land without inhabitants around the cells
HAMLET_CELLS = 8  # columns between the city and its hamlet, which no flight has covered
HALF_STREET, HALF_LANE = 5.0, 3.0
QUAY = 6.0
BEND_METRES, BEND_WAVELENGTH = 16.0, 900.0
SMALLEST = 150.0  # m²; what is smaller belongs to the street
STRIP_BLOCK, MARGIN_BLOCK = 420.0, 190.0

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True)
class Plan:
    """Land use and what the picture needs besides.

    Attributes
    ----------
    land : GeoDataFrame
        Partition of `extent` in EPSG:3035: ``code`` (of the Urban Atlas), ``angle`` (radians, of
        the longer side, anticlockwise from east), ``geometry``.
    extent : Polygon
        The functional urban area.
    core : tuple
        West, south, east, north of the grid of cells, without the hamlet.
    hamlet : tuple of float
        Lower-left corner of the cell of the hamlet.
    lines : dict
        Centre lines of ``motorway`` and ``railway``, and ``avenues``.
    """

    land: gpd.GeoDataFrame
    extent: Polygon
    core: Rectangle
    hamlet: tuple[float, float]
    lines: dict[str, list[LineString]]


def draw_plan(
    *,
    corner: tuple[float, float],
    cells_wide: int,
    cells_high: int,
    style: str,
    rng: np.random.Generator,
    coast: str = "none",
) -> Plan:
    """Draw a city over cells of 200 m with lower-left `corner` in EPSG:3035.

    What `coast` means: :mod:`incomelens.demo.cities.corridors`.
    """
    west, south = corner
    core = (west, south, west + CELL * cells_wide, south + CELL * cells_high)
    hamlet = (core[2] + CELL * HAMLET_CELLS, south + CELL * (cells_high // 2))
    outline = (west - MARGIN, south - MARGIN, core[2] + MARGIN, core[3] + MARGIN)
    extent = box(outline[0], outline[1], hamlet[0] + 2 * CELL, outline[3])
    bend = _bend(outline, rng)
    halved, avenues = _blocks(outline, core, rng)
    strip, _ = _halve(
        (outline[2], outline[1], extent.bounds[2], outline[3]), _even(STRIP_BLOCK), rng
    )
    faces = [_inset(bend(_dense(box(*ends))), box(*ends)) for ends in halved]
    faces += [box(*ends).buffer(-HALF_LANE, join_style="mitre") for ends in strip]
    centre_lines = draw_lines(core, extent.bounds, coast=coast)
    centre_lines["avenues"] = [bend(_dense(line)) for line in avenues] + centre_lines.pop("quays")
    corridors = draw_corridors(core, extent, centre_lines, coast=coast)
    cut = shapely.union_all(
        [corridors["50000"].buffer(QUAY), *(shape for code, shape in corridors.items())]
        + [line.buffer(HALF_AVENUE) for line in centre_lines["avenues"]]
    )
    blocks = _pieces(shapely.difference(np.array(faces), cut))
    codes = assign_codes(
        blocks,
        core=core,
        lake=Polygon() if coast == SOUTH else corridors["50000"],
        busy=shapely.union_all([*centre_lines["motorway"], *centre_lines["railway"]]),
        style=style,
        rng=rng,
    )
    blocks, codes = _farmsteads(blocks, codes, hamlet, rng)
    land = _partition(blocks, codes, corridors, extent)
    return Plan(land, extent, core, hamlet, centre_lines)


def cell_grid(plan: Plan) -> gpd.GeoDataFrame:
    """Squares of 200 m over the city and its hamlet: ``cell_id``, ``geometry`` (EPSG:3035)."""
    west, south, east, north = plan.core
    eastings, northings = np.meshgrid(np.arange(west, east, CELL), np.arange(south, north, CELL))
    corners = [*zip(eastings.ravel(), northings.ravel(), strict=True), plan.hamlet]
    return gpd.GeoDataFrame(
        {"cell_id": [f"CRS3035RES200mN{n:.0f}E{e:.0f}" for e, n in corners]},
        geometry=[box(e, n, e + CELL, n + CELL) for e, n in corners],
        crs=GRID,
    )


def _even(size: float) -> Callable[[float, float], float]:
    return lambda easting, northing: size


def _blocks(
    outline: Rectangle, core: Rectangle, rng: np.random.Generator
) -> tuple[list[Rectangle], list[LineString]]:
    """Halve the outline, finer towards the centre; the first cuts are avenues."""
    centre = np.array([(core[0] + core[2]) / 2, (core[1] + core[3]) / 2])
    radius = max(core[2] - core[0], core[3] - core[1]) / 2

    def size(easting: float, northing: float) -> float:
        if not (core[0] < easting < core[2] and core[1] < northing < core[3]):
            return MARGIN_BLOCK
        return 84 + 22 * float(np.hypot(*(centre - (easting, northing)))) / radius

    return _halve(outline, size, rng, avenue_depth=3)


def _halve(
    outline: Rectangle,
    size: Callable[[float, float], float],
    rng: np.random.Generator,
    *,
    avenue_depth: int = 0,
) -> tuple[list[Rectangle], list[LineString]]:
    """Halve a rectangle until no side is much longer than `size` at its centre, in metres."""
    waiting, faces, avenues = [(outline, 0)], [], []
    while waiting:
        (west, south, east, north), depth = waiting.pop()
        wide, high = east - west, north - south
        limit = 1.3 * size((west + east) / 2, (south + north) / 2)
        if max(wide, high) <= limit:
            faces.append((west, south, east, north))
            continue
        at = rng.uniform(0.42, 0.58)
        if wide >= high:
            cut = west + at * wide
            parts = (west, south, cut, north), (cut, south, east, north)
            line = LineString([(cut, south), (cut, north)])
        else:
            cut = south + at * high
            parts = (west, south, east, cut), (west, cut, east, north)
            line = LineString([(west, cut), (east, cut)])
        if depth < avenue_depth:
            avenues.append(line)
        waiting.extend((part, depth + 1) for part in parts)
    return faces, avenues


def _bend(
    outline: Rectangle, rng: np.random.Generator
) -> Callable[[shapely.Geometry], shapely.Geometry]:
    """Smooth displacement that leaves the outline where it is."""
    directions = rng.uniform(0, 2 * math.pi, (2, 4))
    phases = rng.uniform(0, 2 * math.pi, (2, 4))
    number = 2 * math.pi / BEND_WAVELENGTH
    west, south, east, north = outline

    def bend(points: NDArray[np.float64]) -> NDArray[np.float64]:
        away = np.minimum.reduce(
            [points[:, 0] - west, east - points[:, 0], points[:, 1] - south, north - points[:, 1]]
        )
        weight = BEND_METRES * np.clip(away / MARGIN, 0, 1)
        relative = points - (west, south)
        shift = [
            sum(
                np.sin(number * (relative @ (math.cos(a), math.sin(a))) + p)
                for a, p in zip(directions[axis], phases[axis], strict=True)
            )
            / 2
            for axis in (0, 1)
        ]
        return points + np.column_stack(shift) * weight[:, None]

    return lambda geometry: shapely.transform(geometry, bend)


def _dense(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.segmentize(geometry, 25.0)


def _inset(bent: Polygon, straight: Polygon) -> Polygon:
    rural = straight.area > MARGIN_BLOCK**2 / 2
    return bent.buffer(-(HALF_LANE if rural else HALF_STREET), join_style="mitre")


def _farmsteads(
    blocks: NDArray, codes: NDArray, hamlet: tuple[float, float], rng: np.random.Generator
) -> tuple[NDArray, NDArray]:
    """Cut isolated houses with their yard out of some fields, and out of the hamlet's field."""
    yards = [box(hamlet[0] + 50, hamlet[1] + 60, hamlet[0] + 130, hamlet[1] + 130)]
    fields = np.flatnonzero(np.isin(codes, ["21000", "23000"]) & (shapely.area(blocks) > 5000))
    for number in fields[rng.uniform(size=len(fields)) < 0.4]:
        point = blocks[number].representative_point()
        yard = box(point.x - 24, point.y - 20, point.x + 24, point.y + 20)
        if blocks[number].buffer(-4).contains(yard) and yard.distance(yards[0]) > 100:
            yards.append(affinity.rotate(yard, rng.uniform(-15, 15)))
    cut = shapely.set_precision(shapely.union_all(yards), STEP)
    # In the hamlet's strip the yard may lie on a lane: everything gives way to it.
    blocks = shapely.difference(blocks, cut)
    parts, origin = shapely.get_parts(blocks, return_index=True)
    pieces = np.concatenate([parts, shapely.get_parts(cut)])
    return pieces, np.concatenate([codes[origin], ["11300"] * (len(pieces) - len(parts))])


def _pieces(shapes: NDArray) -> NDArray:
    """Single polygons on the grid of coordinates, without slivers."""
    parts = shapely.get_parts(shapely.set_precision(shapes, STEP))
    parts = parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) >= SMALLEST)]
    thick = ~shapely.is_empty(shapely.buffer(parts, -3.0))
    return parts[thick]


def _partition(
    blocks: NDArray, codes: NDArray, corridors: dict[str, shapely.Geometry], extent: Polygon
) -> gpd.GeoDataFrame:
    """Node all edges once, then name each face: neighbours share their edges."""
    shapes, uses = list(blocks), list(codes)
    for code, shape in corridors.items():
        parts = shapely.get_parts(shape)
        shapes += list(parts)
        uses += [code] * len(parts)
    edges = shapely.union_all(shapely.boundary([*shapes, extent]), grid_size=STEP)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    face, shape = shapely.STRtree(shapes).query(
        shapely.point_on_surface(faces), predicate="intersects"
    )
    owner = np.full(len(faces), len(shapes))
    owner[face[::-1]] = shape[::-1]
    # What is cut off a block by rounding is street as well as what lies between blocks.
    merged = [shapely.union_all(faces[owner == number]) for number in np.unique(owner)]
    parts, origin = shapely.get_parts(merged, return_index=True)
    land = gpd.GeoDataFrame(
        {"code": np.array([*uses, "12220"])[np.unique(owner)][origin]}, geometry=parts, crs=GRID
    )
    land["angle"] = [_angle(shape) for shape in land.geometry]
    return land


def _angle(shape: Polygon) -> float:
    """Direction of the longer side, in radians within a half-turn."""
    corners = np.array(shapely.minimum_rotated_rectangle(shape).exterior.coords)
    sides = np.diff(corners, axis=0)[:2]
    longer = sides[np.argmax(np.hypot(*sides.T))]
    return float(np.arctan2(longer[1], longer[0]) % math.pi)
