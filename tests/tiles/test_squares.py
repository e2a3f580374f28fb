"""Tiles of cells of any shape: the square around each, one scale if wanted, no land beside it."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import Transformer

from incomelens.cells.urban_classes import UNKNOWN
from incomelens.tiles.index import build_index
from incomelens.tiles.plan import (
    check_cover,
    needed_orthophotos,
    plan_shards,
    resampling_margin,
)
from incomelens.tiles.shards import cut_shard
from incomelens.tiles.squares import tile_squares
from incomelens.tiles.store import open_tiles

from .ground import census_cells, footprints, write_image

UTM = "EPSG:32611"
WEST, SOUTH = 430_000.0, 3_770_000.0


def cells_of(*shapes, crs=UTM):
    table = {"cell_id": [f"c{number}" for number in range(len(shapes))], "drop_reason": None}
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs=crs)


def at(west, south, east, north):
    return shapely.box(WEST + west, SOUTH + south, WEST + east, SOUTH + north)


def test_a_square_cell_is_its_own_tile():
    cells = census_cells(3, 2)
    assert tile_squares(cells).geometry.geom_equals_exact(cells.geometry, 0).all()


def test_the_tile_is_the_smallest_upright_square_around_a_polygon():
    circle = shapely.Point(WEST, SOUTH).buffer(50)
    squares = tile_squares(cells_of(at(0, 0, 200, 100), circle))
    assert squares.geometry.iloc[0].equals(at(0, -50, 200, 150))
    assert_allclose(squares.geometry.iloc[1].bounds, at(-50, -50, 50, 50).bounds)


def test_one_side_for_all_tiles_tells_cells_that_are_larger(caplog):
    squares = tile_squares(cells_of(at(0, 0, 200, 100), at(0, 0, 80, 90)), side_m=120)
    assert_allclose(squares.area, 120**2)
    assert "1 of 2 cells reach beyond their tile of 120 m" in caplog.text


def picture(folder, *, crs=UTM, pixel=1.0, width=600, name="whole"):
    """Red grows eastwards and green northwards, one level a pixel, wrapped; blue is 90."""
    west, north = (WEST - 100, SOUTH + 400)
    if crs != UTM:
        west, north = Transformer.from_crs(UTM, crs, always_xy=True).transform(west, north)
    column, row = np.meshgrid(np.arange(width), np.arange(width))
    image = np.stack([20 + column // 3, 230 - row // 3, np.full_like(row, 90)]).astype(np.uint8)
    write_image(folder / f"{name}.tif", image, west=west, north=north, pixel=pixel, crs=crs)
    return footprints(folder, [name], crs=crs)


def cut(cells, orthophotos, folder, *, values=(1,), side_m=None):
    land = cells_of(at(-500, -500, 900, 900)).assign(value=np.uint8(values[0]))
    plan = plan_shards(tile_squares(cells, side_m=side_m), orthophotos, n_shards=1)
    out = folder / "0.zarr"
    cut_shard(plan, cells, orthophotos, folder, land, tile_px=40, out=out, side_m=side_m)
    index = build_index(cells, plan, [out], max_void_share=0.01)
    return open_tiles(index, [out])


def test_land_beside_a_cell_is_in_no_sum_and_its_image_is_seen(tmp_path):
    cells = cells_of(at(0, 0, 200, 100), at(0, 0, 100, 100))
    tiles = cut(cells, picture(tmp_path), tmp_path)
    land = tiles.read_land_use(["c0", "c1"])
    assert_array_equal(land[0][:10], UNKNOWN)
    assert_array_equal(land[0][10:30], 1)
    assert_array_equal(land[0][30:], UNKNOWN)
    assert_array_equal(land[1], 1)
    assert (tiles.read_images(["c0"]) > 0).all()


def test_tiles_of_several_sizes_know_their_bounds_and_one_size_its_side(tmp_path):
    cells = cells_of(at(0, 0, 200, 100), at(0, 0, 100, 100))
    orthophotos = picture(tmp_path)
    tiles = cut(cells, orthophotos, tmp_path)
    assert tiles.bounds("c0") == at(0, -50, 200, 150).bounds
    assert tiles.bounds("c1") == at(0, 0, 100, 100).bounds
    tiles = cut(cells, orthophotos, tmp_path, side_m=200)
    assert tiles.bounds("c1") == at(-50, -50, 150, 150).bounds


@pytest.mark.parametrize("crs", ["EPSG:26945", "EPSG:2229", "EPSG:4326"])
def test_imagery_in_another_system_shows_the_same_place(tmp_path, crs):
    # California zone 5 in metres and in US survey feet; and degrees, as web exports have them.
    pixel = {"EPSG:26945": 1.0, "EPSG:2229": 3937 / 1200, "EPSG:4326": 1e-5}[crs]
    cells = cells_of(at(0, 0, 200, 200))
    orthophotos = picture(tmp_path, crs=crs, pixel=pixel)
    check_cover(cells, orthophotos)
    assert len(needed_orthophotos(cells, orthophotos)) == 1
    image = cut(cells, orthophotos, tmp_path).read_images(["c0"])[0].astype(float)
    offsets = (np.arange(40) + 0.5) * 5
    to_image = Transformer.from_crs(UTM, crs, always_xy=True)
    east, north = to_image.transform(*np.meshgrid(WEST + offsets, SOUTH + offsets[::-1]))
    left, _, _, top = orthophotos.total_bounds
    assert_allclose(image[..., 0], 20 + ((east - left) / pixel - 0.5) / 3, atol=1)
    assert_allclose(image[..., 1], 230 - ((top - north) / pixel - 0.5) / 3, atol=1)


def test_margins_are_metres_whatever_the_imagery_counts_in(tmp_path):
    cells = cells_of(at(0, 0, 200, 200))
    for crs, metre in (("EPSG:26945", 1.0), ("EPSG:2229", 3937 / 1200), ("EPSG:4326", 1 / 111_195)):
        west, _, east, north = cells.to_crs(crs).total_bounds
        apart = [shapely.box(west, north + gap * metre, east, north + 50) for gap in (4, 6)]
        listing = gpd.GeoDataFrame({"name": ["near", "far"]}, geometry=apart, crs=crs)
        assert needed_orthophotos(cells, listing)["name"].tolist() == ["near"]


def test_coarse_tiles_look_further_beyond_their_cell():
    assert resampling_margin(census_cells(1, 1), tile_px=800) == 5
    assert resampling_margin(cells_of(at(0, 0, 4000, 4000)), tile_px=64) == pytest.approx(93.75)
