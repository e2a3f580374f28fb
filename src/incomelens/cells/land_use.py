"""Land-use polygons of a city, mended and merged into urban classes.

Deviation `land_use_overlaps`.
"""

import logging
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from incomelens.cells.urban_classes import UNKNOWN, land_use_list
from incomelens.common.errors import InputError, listed
from incomelens.common.names import CELL_M
from incomelens.common.places import meeting

logger = logging.getLogger(__name__)

NEEDED = ("identifier", "code")
OPTIONAL = ("sheet",)
OVERLAP_M2 = 1.0  # less is rounding of shared edges, not two opinions on one place
NAMED_OVERLAP_M2 = 100.0
MARGIN_METRES = float(CELL_M)
# Cutting a cell out of a road network costs a walk along all of it, so long outlines are cut into
# pieces first.
MANY_VERTICES = 1000
SMALL_METRES = 100.0


@dataclass(frozen=True)
class LandUseReport:
    """What was mended in the polygons of a city; areas in square metres."""

    n_read: int
    n_kept: int
    n_outside: int
    n_empty: int
    n_duplicate: int
    n_mended: int
    n_overlaps: int
    n_covered: int
    overlap_m2: float
    unknown_m2: dict[str, float]


@dataclass(frozen=True)
class MergedLandUse:
    """Polygons with their urban class, and the report on how they were mended."""

    polygons: gpd.GeoDataFrame
    report: LandUseReport


def merge_land_use(
    polygons: gpd.GeoDataFrame,
    *,
    bounds: tuple[float, float, float, float] | None = None,
    margin: float = MARGIN_METRES,
) -> MergedLandUse:
    """Mend the polygons of a city and give each its urban class.

    Empty geometries and copies are dropped, invalid ones mended. Where two polygons overlap by more
    than :data:`OVERLAP_M2`, the smaller one keeps the place (of two equally large ones, the one
    with the first identifier) and the other loses it: every place is of one class, and the order of
    the rows does not decide which.

    Parameters
    ----------
    polygons : GeoDataFrame
        ``code``, ``identifier``, ``geometry``; polygons in a CRS in metres. Perhaps ``sheet``:
        polygons of the same are known to share no ground, as patches of a raster are.
    bounds : (west, south, east, north), optional
        Extent of the cells, in the CRS of `polygons`; polygons further than `margin` from it are
        left out.
    margin : float
        Metres.

    Returns
    -------
    MergedLandUse
        ``polygons``, table ``cells/{city}-land_use.parquet``, and a ``report``. Codes without a
        class are named in a warning with their area.

    Raises
    ------
    InputError
        If a column or the CRS is missing, or no polygon is left.
    """
    _check(polygons)
    kept = [*NEEDED, *(name for name in OPTIONAL if name in polygons), "geometry"]
    table = polygons[kept].reset_index(drop=True)
    near = _near(table, bounds, margin)
    if bounds is not None and not near.any():
        extent = gpd.GeoSeries([shapely.box(*bounds)], crs=table.crs)
        meeting(table.geometry, extent, names=("land-use polygons", "extents of cells"))
    mended, n_mended = _mended(table.loc[near].reset_index(drop=True))
    surfaces = mended.loc[~(mended.is_empty | mended.geometry.isna())].reset_index(drop=True)
    single = _without_copies(surfaces)
    apart, n_overlaps, overlap_m2 = _without_overlaps(single)
    left = apart.loc[~apart.is_empty].reset_index(drop=True)
    if not len(left):
        raise InputError(
            f"land use: none of {len(table)} polygons is left ({np.count_nonzero(~near)} outside "
            "the cells' extent, the others without a surface); check the file"
        )
    merged, unknown_m2 = _classified(left)
    report = LandUseReport(
        n_read=len(table),
        n_kept=len(left),
        n_outside=int(np.count_nonzero(~near)),
        n_empty=len(mended) - len(surfaces),
        n_duplicate=len(surfaces) - len(single),
        n_mended=n_mended,
        n_overlaps=n_overlaps,
        n_covered=len(apart) - len(left),
        overlap_m2=overlap_m2,
        unknown_m2=unknown_m2,
    )
    logger.info("land use: %s", report)
    return MergedLandUse(merged, report)


def _check(polygons: gpd.GeoDataFrame) -> None:
    missing = [column for column in NEEDED if column not in polygons]
    if missing:
        raise InputError(f"land use: no column {listed(missing)}; expected {listed(NEEDED)}")
    if polygons.crs is None or not polygons.crs.is_projected:
        raise InputError(f"land use: CRS {polygons.crs}; expected one in metres, that of the cells")


def _near(
    table: gpd.GeoDataFrame, bounds: tuple[float, float, float, float] | None, margin: float
) -> NDArray[np.bool_]:
    if bounds is None:
        return np.ones(len(table), dtype=bool)
    west, south, east, north = bounds
    boxes = table.bounds.to_numpy()
    apart = (
        (boxes[:, 0] > east + margin)
        | (boxes[:, 1] > north + margin)
        | (boxes[:, 2] < west - margin)
        | (boxes[:, 3] < south - margin)
    )
    # Boxes of empty geometries are NaN: neither apart nor near, they are counted as empty.
    return ~apart


def _mended(table: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int]:
    shapes = table.geometry.to_numpy().copy()
    # A missing geometry is not valid either; nothing can be made of it.
    broken = np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes))
    shapes[broken] = shapely.make_valid(shapes[broken])
    # Mending may leave lines and points beside the surfaces; deliveries may bring them.
    mixed = np.flatnonzero(~np.isin(shapely.get_type_id(shapes), (3, 6)))
    shapes[mixed] = [_surfaces(shape) for shape in shapes[mixed]]
    return table.set_geometry(gpd.GeoSeries(shapes, crs=table.crs)), len(broken)


def _surfaces(shape: shapely.Geometry | None) -> shapely.Geometry:
    parts = shapely.get_parts(shapely.get_parts(np.array([shape])))
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])


def _without_copies(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drop polygons that stand twice; of two codes the first identifier's stays, with a warning."""
    box = table.bounds.duplicated(keep=False).to_numpy()
    twins = np.flatnonzero(box)
    outline = pd.Series(shapely.to_wkb(shapely.normalize(table.geometry.to_numpy()[twins])))
    twins = table.loc[twins].assign(outline=outline.to_numpy())
    twins = twins.sort_values(["identifier", "code"], kind="stable")
    torn = twins.groupby("outline")["code"].nunique().gt(1)
    if torn.any():
        names = twins.loc[twins["outline"].isin(torn.index[torn]), "identifier"]
        logger.warning("land use: the same polygon with two codes: %s", listed(names))
    return table.drop(index=twins.index[twins["outline"].duplicated()]).reset_index(drop=True)


def _without_overlaps(table: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int, float]:
    shapes = table.geometry.to_numpy().copy()
    rank = np.empty(len(table), dtype=np.int64)
    names = table["identifier"].astype("str").to_numpy()
    rank[np.lexsort((names, shapely.area(shapes)))] = np.arange(len(table))
    sheet = pd.factorize(table["sheet"])[0] if "sheet" in table else np.arange(len(table))
    winner, loser, area = _overlaps(shapes, rank, sheet)
    for polygon in np.unique(loser):
        places = shapely.union_all(shapes[winner[loser == polygon]])
        shapes[polygon] = _surfaces(shapely.difference(table.geometry.iloc[polygon], places))
    large = area > NAMED_OVERLAP_M2
    if large.any():
        logger.warning(
            "land use: %d pairs of polygons overlap by more than %g m2; the smaller keeps the "
            "place: %s",
            large.sum(),
            NAMED_OVERLAP_M2,
            listed(
                f"{names[a]} over {names[b]} ({m2:.0f} m2)"
                for a, b, m2 in zip(winner[large], loser[large], area[large], strict=True)
            ),
        )
    return table.set_geometry(gpd.GeoSeries(shapes, crs=table.crs)), len(area), float(area.sum())


def _overlaps(
    shapes: NDArray[np.object_], rank: NDArray[np.int64], sheet: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Pairs of different sheets that share area: who keeps the place, who loses it, m2."""
    parts, owner = _in_blocks(shapes)
    pairs = shapely.STRtree(parts).query(parts)
    pairs = pairs[:, (pairs[0] < pairs[1]) & (sheet[owner[pairs[0]]] != sheet[owner[pairs[1]]])]
    # Neighbours that only touch, nearly all, are sorted out before any area is computed; asking the
    # longer outline of the two, prepared, is quick.
    length = shapely.get_num_coordinates(parts)
    pairs = np.where(length[pairs[0]] < length[pairs[1]], pairs[::-1], pairs)
    shapely.prepare(parts)
    pairs = pairs[:, shapely.intersects(*parts[pairs])]
    pairs = pairs[:, ~shapely.touches(*parts[pairs])]
    area = shapely.area(shapely.intersection(parts[pairs[0]], parts[pairs[1]]))
    whose = owner[pairs]
    whose = np.where(rank[whose[0]] < rank[whose[1]], whose, whose[::-1])
    couples, couple = np.unique(whose, axis=1, return_inverse=True)
    area = np.bincount(couple.reshape(-1), area, couples.shape[1]).astype(np.float64, copy=False)
    real = area > OVERLAP_M2
    return couples[0, real], couples[1, real], area[real]


def _classified(table: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, dict[str, float]]:
    code = table["code"].astype("str")
    classes = land_use_list()
    value = code.map(classes.code_values).fillna(UNKNOWN).astype(np.uint8)
    areas = table.area.groupby(code.where(value == UNKNOWN)).sum()
    unknown_m2 = {str(name): float(m2) for name, m2 in areas.items()}
    if unknown_m2:
        logger.warning(
            "land use: codes without an urban class: %s; their places count as unknown; add them "
            "to the study's list (`land_use` of the configuration)",
            listed((f"{name} ({m2 / 1e6:.3f} km2)" for name, m2 in unknown_m2.items()), 30),
        )
    names = value.map(dict(enumerate(classes.names, start=1))).astype("str")
    merged = table.assign(code=code, urban_class=names, value=value)
    return merged[["identifier", "code", "urban_class", "value", "geometry"]], unknown_m2


def _in_blocks(
    shapes: NDArray[np.object_],
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Cut polygons of many vertices into pieces of few; the others stay as they are.

    Returns the pieces and, for each, the position of its polygon in `shapes`.
    """
    long = shapely.get_num_coordinates(shapes) > MANY_VERTICES
    pieces, owners = [shapes[~long]], [np.flatnonzero(~long)]
    for number in np.flatnonzero(long):
        cut = _halved(shapes[number])
        pieces.append(np.array(cut, dtype=object))
        owners.append(np.full(len(cut), number))
    return np.concatenate(pieces), np.concatenate(owners)


def _halved(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """Cut across the longer side, again and again, until the pieces are short or small."""
    west, south, east, north = shape.bounds
    width, height = east - west, north - south
    if shapely.get_num_coordinates(shape) <= MANY_VERTICES or max(width, height) < SMALL_METRES:
        return [shape]
    if width > height:
        middle = west + width / 2
        halves = shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)
    else:
        middle = south + height / 2
        halves = shapely.box(west, south, east, middle), shapely.box(west, middle, east, north)
    return [
        piece
        for half in shapely.intersection(shape, halves)
        if half.area > 0
        for piece in _halved(half)
    ]
