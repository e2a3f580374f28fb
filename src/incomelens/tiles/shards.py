"""The job: the cells of one shard, cut and written as one Zarr group."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from incomelens.common.errors import InputError, listed
from incomelens.common.progress import progress
from incomelens.tiles.land_use import LandUseMap
from incomelens.tiles.mosaic import CACHE_MB, Mosaic
from incomelens.tiles.orthophoto import UnreadableImageryError
from incomelens.tiles.shard_file import ShardWriter
from incomelens.tiles.squares import ROUNDING, fills, tile_squares
from incomelens.tiles.warp import CellFrames, Warped, cell_frames, cut_tile

logger = logging.getLogger(__name__)

NO_IMAGERY = "no_imagery"
UNREADABLE = "unreadable_imagery"


@dataclass(frozen=True)
class _Job:
    """What the cells of a shard have in common."""

    plan: pd.DataFrame
    bounds: NDArray[np.float64]
    outlines: list[shapely.Geometry | None]
    frames: CellFrames
    land_use: LandUseMap
    tile_px: int


def cut_shard(
    plan_rows: pd.DataFrame,
    cells: gpd.GeoDataFrame,
    orthophotos: gpd.GeoDataFrame,
    folder: str | Path,
    land_use: gpd.GeoDataFrame,
    *,
    tile_px: int,
    out: str | Path,
    cache_mb: int = CACHE_MB,
    threads: int = 1,
    bands: Sequence[int] | None = None,
    void: Sequence[int | Sequence[int]] | None = None,
    side_m: float | None = None,
) -> pd.DataFrame:
    """Cut image and land use of the cells of one shard and write them as one Zarr group.

    Every cell with any imagery is written, however void: which are kept is decided by
    :func:`~incomelens.tiles.index.build_index`, so that another limit costs no cutting. Cells
    without imagery have their reason in the group, and no image.

    Parameters
    ----------
    plan_rows : DataFrame
        The shard's rows of the plan: ``cell_id``, ``order``, ``orthophoto``; none is legal.
    cells : GeoDataFrame
        ``cell_id`` and ``geometry``, polygons in a projected CRS in metres.
    orthophotos : GeoDataFrame
        ``name``, ``path`` relative to `folder`, footprints; ``.crs`` is that of the imagery.
    folder : path
    land_use : GeoDataFrame
        ``value`` and ``geometry``, in the CRS of `cells`.
    tile_px : int
        Pixels on each side of a tile.
    out : path
        The group, such as ``7.zarr``; replaced where it is there, written whole or not at all.
    cache_mb : int
        Bound of the cache of decoded blocks.
    threads : int
        For decoding; the result does not depend on it.
    bands, void : sequence, optional
        See :class:`incomelens.tiles.mosaic.Mosaic`.
    side_m : float, optional
        See :func:`incomelens.tiles.squares.tile_squares`. Land outside a cell, though in its tile,
        is of no class.

    Returns
    -------
    DataFrame
        The shard's part of the index, in the order of the plan: ``cell_id``; ``row`` in the group,
        -1 without image; ``void_share``, NaN where the imagery is unreadable; ``drop_reason``
        (``no_imagery``, ``unreadable_imagery``) or null.

    Raises
    ------
    InputError
        If a planned cell or orthophoto is not there, or a file is no orthophoto. Nothing is
        written.
    """
    _check(cells, land_use, tile_px)
    plan = plan_rows.sort_values("order", ignore_index=True)
    places = _places(plan, cells)
    squares = tile_squares(places, side_m=side_m)
    bounds = squares.bounds.to_numpy().reshape(-1, 4)
    frames = cell_frames(bounds, crs=cells.crs, imagery_crs=orthophotos.crs)
    job = _Job(plan, bounds, _outlines(places, squares), frames, LandUseMap(land_use), tile_px)
    side = _common_side(tile_squares(cells, side_m=side_m))
    with (
        ShardWriter(out, tile_px=tile_px, side=side, crs=cells.crs) as writer,
        Mosaic(
            orthophotos, folder, cache_mb=cache_mb, threads=threads, bands=bands, void=void
        ) as mosaic,
    ):
        tiles = progress(_tiles(job, mosaic), "cutting tiles", total=len(plan), unit="cells")
        for at, warped in enumerate(tiles):
            cell_id = plan["cell_id"].iloc[at]
            if isinstance(warped, Warped):
                box = tuple(bounds[at].tolist())
                values = job.land_use.burn(box, tile_px=tile_px, within=job.outlines[at])
                writer.add(cell_id, warped, values, box)
            else:
                writer.drop(cell_id, warped, 1.0 if warped == NO_IMAGERY else np.nan)
        return writer.index()


def _tiles(job: _Job, mosaic: Mosaic) -> Iterator[Warped | str]:
    """The warped image of each cell of the plan, or the reason why there is none."""
    for at, name in enumerate(job.plan["orthophoto"]):
        if pd.isna(name):
            yield NO_IMAGERY
            continue
        try:
            warped = cut_tile(mosaic, job.frames, at, primary=name, tile_px=job.tile_px)
        except UnreadableImageryError as error:
            logger.error("cell %s is dropped: %s", job.plan["cell_id"].iloc[at], error)
            yield UNREADABLE
            continue
        yield warped if warped.void_share < 1.0 else NO_IMAGERY


def _check(cells: gpd.GeoDataFrame, land_use: gpd.GeoDataFrame, tile_px: int) -> None:
    if not len(cells):
        raise InputError("tiles: the city has no cells; look at its boundary and its census grid")
    if tile_px < 1:
        raise InputError(f"tiles.tile_px: {tile_px}; at least 1 pixel is needed")
    if land_use.crs != cells.crs:
        raise InputError(
            f"land use: its CRS is {land_use.crs and land_use.crs.to_string()}, that of the cells "
            f"{cells.crs and cells.crs.to_string()}; make both with the stage `cells`"
        )


def _places(plan: pd.DataFrame, cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The planned cells, in the order of the plan."""
    place = cells.set_index("cell_id", drop=False)
    missing = plan.loc[~plan["cell_id"].isin(place.index), "cell_id"]
    if len(missing):
        raise InputError(
            f"tiles: planned cells {listed(missing)} are not among the cells; make the plan again"
        )
    return place.loc[plan["cell_id"]].reset_index(drop=True)


def _outlines(places: gpd.GeoDataFrame, squares: gpd.GeoDataFrame) -> list[shapely.Geometry | None]:
    """Polygon of each cell; None where it fills its tile."""
    shapes = places.geometry.to_numpy()
    whole = fills(shapes, squares.geometry.to_numpy())
    return [None if all_of_it else shape for shape, all_of_it in zip(shapes, whole, strict=True)]


def _common_side(squares: gpd.GeoDataFrame) -> float | None:
    """Side of all tiles of the city, metres; None where they differ."""
    west, _, east, _ = squares.geometry.iloc[0].bounds
    sides = squares.bounds["maxx"] - squares.bounds["minx"]
    return east - west if np.allclose(sides, east - west, rtol=ROUNDING, atol=0) else None
