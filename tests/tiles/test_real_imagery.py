"""Real orthophotos: a clip of Zurich, and one of the IGN that does not name its datum."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio import Affine
from rasterio.warp import Resampling, reproject
from shapely import box

from incomelens.tiles.index import build_index
from incomelens.tiles.plan import plan_shards
from incomelens.tiles.shards import cut_shard
from incomelens.tiles.store import open_tiles

from ..conftest import REAL_DATA
from .ground import land_use_squares

pytestmark = pytest.mark.real


def orthophoto(relative: str, crs: str) -> gpd.GeoDataFrame:
    path = REAL_DATA / relative
    if not path.exists():
        pytest.skip(f"no real orthophoto at {path}; set INCOMELENS_REAL_DATA to its folder")
    with rasterio.open(path) as opened:
        extent = box(*opened.bounds)
    return gpd.GeoDataFrame({"name": ["clip"], "path": [relative]}, geometry=[extent], crs=crs)


def cells_inside(extent: gpd.GeoDataFrame, side: float) -> gpd.GeoDataFrame:
    """Cells of the European grid that touch the extent."""
    west, south, east, north = extent.to_crs("EPSG:3035").total_bounds // side * side
    corners = [
        (e, n) for e in np.arange(west, east + 1, side) for n in np.arange(south, north + 1, side)
    ]
    cells = gpd.GeoDataFrame(
        {"cell_id": [f"N{n:.0f}E{e:.0f}" for e, n in corners]},
        geometry=[box(e, n, e + side, n + side) for e, n in corners],
        crs="EPSG:3035",
    )
    return cells.assign(drop_reason=None)


def cut(clip, cells, out, tile_px):
    plan = plan_shards(cells, clip, n_shards=1)
    land_use = land_use_squares(cells, [1])
    cut_shard(plan, cells, clip, REAL_DATA, land_use, tile_px=tile_px, out=out)
    return build_index(cells, plan, [out], max_void_share=0.01)


def gdal(clip, cell, tile_px, **options):
    """The same cell, warped by GDAL from the whole file."""
    west, _, east, north = cell.bounds
    pixel = (east - west) / tile_px
    with rasterio.open(REAL_DATA / clip["path"].iloc[0]) as opened:
        image, transform = opened.read((1, 2, 3)), opened.transform
    out = np.zeros((3, tile_px, tile_px), dtype=np.uint8)
    reproject(
        image,
        out,
        src_transform=transform,
        src_crs=clip.crs,
        dst_transform=Affine(pixel, 0, west, 0, -pixel, north),
        dst_crs="EPSG:3035",
        resampling=Resampling.bilinear,
        tolerance=0,
        **options,
    )
    return np.moveaxis(out, 0, 2)


def test_zurich_cells_equal_what_gdal_warps(tmp_path):
    clip = orthophoto("zurich/zurich_ortho_1091-322_00_0m50.tif", "EPSG:2056")
    # Cells of 100 m: the clip holds no 200 m cell of the grid whole.
    cells = cells_inside(clip, 100)
    index = cut(clip, cells, tmp_path / "0.zarr", tile_px=160)
    tiles = open_tiles(index, [tmp_path / "0.zarr"])
    assert len(tiles) >= 3
    place = cells.set_index("cell_id").geometry
    for cell in tiles.cell_ids:
        ours = tiles.read_images([cell])[0].astype(int)
        theirs = gdal(clip, place[cell], 160, XSCALE=0.8, YSCALE=0.8)
        assert np.abs(ours - theirs).mean() < 0.5
        assert ours.std() > 20  # a city, not a grey field


def test_real_french_clip_of_unnamed_datum_lies_where_lambert_93_says(tmp_path):
    clip = orthophoto("france/ign_ortho_rgb_50m_la93.tif", "EPSG:2154")
    cells = cells_inside(clip, 20)
    index = cut(clip, cells, tmp_path / "0.zarr", tile_px=100)
    tiles = open_tiles(index, [tmp_path / "0.zarr"])
    assert len(tiles) >= 1
    place = cells.set_index("cell_id").geometry
    for cell in tiles.cell_ids:
        ours = tiles.read_images([cell])[0].astype(int)
        assert np.abs(ours - gdal(clip, place[cell], 100, XSCALE=1, YSCALE=1)).mean() < 0.5
