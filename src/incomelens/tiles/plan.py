"""Which job cuts which cell from which orthophoto, so that each block is decoded once."""

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from incomelens.common.errors import InputError, listed
from incomelens.common.places import meeting, told_extent

logger = logging.getLogger(__name__)

EARTH_M = 6_371_000.0  # radius

# Footprints of neighbours that are this close, metres, leave no gap.
SEAM = 0.01
# Cells are cut in bands from north to south. A JPEG 2000 of the IGN is decoded in rows of blocks of
# 1,024 pixels of 20 cm; where blocks have another size, only the order is a little less good.
BAND_M = 204.8
# Around a tile, in its own pixels: resampling reaches one of them, and a pixel of the imagery.
MARGIN_PX, LEAST_MARGIN_M = 1.5, 5.0
# A cut between two jobs moves this far, in jobs, to fall between two orthophotos.
MOST_SHIFT = 0.25


def plan_shards(
    cells: gpd.GeoDataFrame, listing: gpd.GeoDataFrame, *, n_shards: int
) -> pd.DataFrame:
    """Assign every cell to an orthophoto and to one of `n_shards` jobs of about equal size.

    A cell belongs to the orthophoto that holds its centre (the first by name where two deliveries
    overlap). Cells are ordered by orthophoto, inside it by bands from north to south and from west
    to east, so that the blocks of a compressed orthophoto are decoded once. Jobs are cut between
    orthophotos where that leaves them balanced, otherwise between bands.

    Parameters
    ----------
    cells : GeoDataFrame
        Columns ``cell_id``, ``drop_reason``, ``geometry``
        (:func:`incomelens.tiles.squares.tile_squares`, any CRS). Cells with a reason of their own
        are left out of the plan.
    listing : GeoDataFrame
        One row an orthophoto: ``name``, footprint ``geometry`` in the CRS of the imagery.
    n_shards : int

    Returns
    -------
    DataFrame
        Table ``tiles/{city}/plan.parquet``; some shards perhaps without cells.

    Raises
    ------
    InputError
        If `n_shards` is not positive, a name or cell comes twice, or a CRS is missing.
    """
    if n_shards < 1:
        raise InputError(f"tiles: {n_shards} shards; at least 1 is needed; raise tiles.n_shards")
    _check(cells, listing)
    waiting = cells.loc[cells["drop_reason"].isna()].reset_index(drop=True)
    by_name = listing.sort_values("name", kind="stable").reset_index(drop=True)
    centre = shapely.centroid(shapely.envelope(waiting.geometry.to_numpy()))
    centre = gpd.GeoSeries(centre, crs=cells.crs).to_crs(listing.crs)
    holder = _first_holder(centre.to_numpy(), by_name.geometry.to_numpy())
    plan = pd.DataFrame({"cell_id": waiting["cell_id"], "holder": holder})
    plan["orthophoto"] = pd.Series([by_name["name"].iloc[at] if at >= 0 else None for at in holder])
    west, north = _corners(by_name, holder)
    plan["north"], plan["west"] = -north, west  # north first, as an image is read
    plan["band"] = np.floor((north - centre.y.to_numpy()) / (BAND_M / _metres(listing)))
    plan["easting"] = centre.x.to_numpy()
    plan["outside"] = holder < 0
    keys = ["outside", "north", "west", "holder", "band", "easting", "cell_id"]
    plan = plan.sort_values(keys, kind="stable", ignore_index=True)
    plan["shard"] = _shard_numbers(plan, n_shards)
    plan["order"] = np.arange(len(plan))
    plan["orthophoto"] = plan["orthophoto"].astype("str")
    return plan[["cell_id", "shard", "order", "orthophoto"]]


def needed_orthophotos(
    cells: gpd.GeoDataFrame, listing: gpd.GeoDataFrame, *, margin_m: float = LEAST_MARGIN_M
) -> gpd.GeoDataFrame:
    """Rows of `listing` that any cell without a drop reason touches.

    Parameters
    ----------
    cells, listing : GeoDataFrame
        As in :func:`plan_shards`.
    margin_m : float
        Cells are taken this much larger on every side, because resampling looks a few pixels
        beyond them: see :func:`resampling_margin`.
    """
    _check(cells, listing)
    waiting = cells.loc[cells["drop_reason"].isna()].geometry.to_crs(listing.crs)
    margin = margin_m / _metres(listing)
    squares = shapely.buffer(waiting.to_numpy(), margin, join_style="mitre")
    _, touched = shapely.STRtree(listing.geometry.to_numpy()).query(squares, predicate="intersects")
    return listing.iloc[np.unique(touched)].reset_index(drop=True)


def resampling_margin(cells: gpd.GeoDataFrame, *, tile_px: int) -> float:
    """Metres beyond the tiles that their resampling may look at, 5 at least."""
    sides = cells.bounds["maxx"] - cells.bounds["minx"]
    return max(LEAST_MARGIN_M, MARGIN_PX * float(sides.max()) / tile_px)


def check_cover(
    cells: gpd.GeoDataFrame,
    listing: gpd.GeoDataFrame,
    *,
    what: str = "cells",
    max_void_share: float = 0.0,
) -> NDArray[np.float64]:
    """Tell how many cells the imagery covers, before anything is unpacked.

    Parameters
    ----------
    cells, listing : GeoDataFrame
        As in :func:`plan_shards`; all of the listing.
    what : str
        What the cells are called in a message.
    max_void_share : float
        Largest share of a cell without imagery with which it is kept.

    Returns
    -------
    array of shape (n,)
        Share that is covered of every cell without a drop reason.

    Raises
    ------
    InputError
        If no cell is covered that far, with the extent of both; if none meets an orthophoto, with
        the likely cause.
    """
    _check(cells, listing)
    waiting = cells.geometry[cells["drop_reason"].isna()]
    if waiting.empty:
        return np.empty(0)
    remedy = "look whether the imagery is of this city and its `crs` is right"
    meeting(waiting, listing.geometry, names=(what, "orthophotos"), least=0.0, remedy=remedy)
    share = _covered_shares(waiting.to_crs(listing.crs).to_numpy(), listing)
    n, whole, kept = len(share), int((share >= 1).sum()), int((share >= 1 - max_void_share).sum())
    apart = f"{what}: {told_extent(waiting)}; imagery: {told_extent(listing.geometry)}"
    if kept == 0:
        raise InputError(
            f"orthophotos: the {len(listing)} images cover none of {n} {what} far enough "
            f"({int((share > 0).sum())} in part); {apart}; {remedy}"
        )
    if whole < n:
        logger.warning(
            "orthophotos: %d of %d %s are covered wholly, %d in part, %d not at all; %s",
            *(whole, n, what, int(((share > 0) & (share < 1)).sum()), int((share == 0).sum())),
            apart,
        )
    return share


def _covered_shares(squares: NDArray, listing: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Share of each square that any footprint covers, 0 to 1; 0 for a square that is nowhere."""
    seam = SEAM / _metres(listing)
    footprints = shapely.buffer(listing.geometry.to_numpy(), seam, join_style="mitre")
    covered = shapely.union_all(footprints)
    shapely.prepare(covered)
    share = np.zeros(len(squares))
    # A wrong CRS can send a square to infinity.
    placed = np.flatnonzero(np.isfinite(shapely.bounds(squares)).all(axis=1))
    whole = shapely.covers(covered, squares[placed])
    share[placed[whole]] = 1.0
    part = placed[~whole & shapely.intersects(covered, squares[placed])]
    overlap = shapely.area(shapely.intersection(covered, squares[part]))
    share[part] = np.minimum(overlap / shapely.area(squares[part]), np.nextafter(1, 0))
    return share


def _metres(listing: gpd.GeoDataFrame) -> float:
    """Metres in a unit of the imagery's coordinates: feet, or degrees (of latitude)."""
    factor = float(listing.crs.axis_info[0].unit_conversion_factor)
    return factor * EARTH_M if listing.crs.is_geographic else factor


def _check(cells: gpd.GeoDataFrame, listing: gpd.GeoDataFrame) -> None:
    for what, table in (("cells", cells), ("orthophotos", listing)):
        if table.crs is None:
            raise InputError(f"{what}: the table says no CRS; set it where the table is made")
    for column, table in (("cell_id", cells), ("name", listing)):
        twice = table[column][table[column].duplicated()].unique()
        if len(twice):
            raise InputError(
                f"tiles: {column} {listed(twice)} comes more than once; "
                "leave one of the deliveries that hold it out"
            )


def _first_holder(points: NDArray, areas: NDArray) -> NDArray[np.int64]:
    """Position of the first area that holds each point, -1 where none does."""
    point, area = shapely.STRtree(areas).query(points, predicate="intersects")
    holder = np.full(len(points), len(areas), dtype=np.int64)
    np.minimum.at(holder, point, area)
    return np.where(holder == len(areas), -1, holder)


def _corners(by_name: gpd.GeoDataFrame, holder: NDArray[np.int64]) -> tuple[NDArray, NDArray]:
    """West and north edge of the orthophoto of each cell, 0 where there is none."""
    bounds = np.vstack([by_name.geometry.bounds.to_numpy(), np.zeros((1, 4))])
    return bounds[holder, 0], bounds[holder, 3]


def _shard_numbers(plan: pd.DataFrame, n_shards: int) -> NDArray[np.int64]:
    """Cut the ordered cells with imagery into equal parts; those without go to the last."""
    n_cells = int((~plan["outside"]).sum())
    size = n_cells / n_shards
    between_orthophotos = _changes(plan[["holder"]][:n_cells])
    between_bands = _changes(plan[["holder", "band"]][:n_cells])
    cuts = []
    for number in range(1, n_shards):
        cut = _nearest(between_orthophotos, number * size)
        if abs(cut - number * size) > MOST_SHIFT * size:
            cut = _nearest(between_bands, number * size)
        cuts.append(cut)
    shard = np.searchsorted(np.sort(cuts), np.arange(len(plan)), side="right")
    shard[n_cells:] = n_shards - 1
    return shard.astype(np.int64)


def _changes(keys: pd.DataFrame) -> NDArray[np.int64]:
    """Positions before which a new group begins, both ends included."""
    values = keys.to_numpy()
    inside = np.flatnonzero((values[1:] != values[:-1]).any(axis=1)) + 1
    return np.array([0, *inside, len(values)], dtype=np.int64)


def _nearest(positions: NDArray[np.int64], target: float) -> int:
    return int(positions[np.abs(positions - target).argmin()])
