"""Cells as pictures: the right square, the right way up, nothing stretched."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib_scalebar.scalebar import ScaleBar
from numpy.testing import assert_allclose, assert_array_equal
from shapely import affinity, box

from incomelens.common.errors import InputError
from incomelens.paper.draw.grid import (
    TILES_AT_ONCE,
    Square,
    draw_bar_below,
    fullest_square,
    gathered,
    large_enough,
    mosaic,
    show_grid,
    whole_city,
)
from incomelens.paper.draw.style import paper_figure

from ..aerial_world import CELL, SOUTH, WEST, FakeTiles, aerial_world


@pytest.fixture(scope="module")
def cells():
    return aerial_world(6, 5).cells


def test_whole_city_is_the_box_around_its_cells(cells):
    square = whole_city(cells)
    assert square == Square(WEST, SOUTH, 6, 5, CELL)
    assert square.bounds == (WEST, SOUTH, WEST + 1200, SOUTH + 1000)
    assert square.extent == (WEST, WEST + 1200, SOUTH, SOUTH + 1000)


def test_square_with_margin_keeps_its_centre_and_its_grid(cells):
    assert whole_city(cells).with_margin() == Square(WEST - 200, SOUTH - 200, 8, 7, CELL)


def test_grid_has_north_up_and_west_left(cells):
    values = np.arange(30.0)  # to the east first, then north
    image = whole_city(cells).grid(cells, values)
    assert_array_equal(image[-1], [0, 1, 2, 3, 4, 5])
    assert_array_equal(image[:, 0], [24, 18, 12, 6, 0])


def test_place_without_cell_is_nan(cells):
    image = whole_city(cells).grid(cells[1:], np.ones(29))
    assert_array_equal(np.argwhere(np.isnan(image)), [[4, 0]])


def test_fullest_square_holds_most_cells(cells):
    # Only the six in the upper right corner and one elsewhere are left.
    chosen = cells.iloc[[0, 21, 22, 23, 27, 28, 29]]
    square = fullest_square(chosen, side_m=600.0)
    assert (square.n_east, square.n_north) == (3, 3)
    assert (square.west, square.south) == (WEST + 600, SOUTH + 400)
    assert len(square.within(chosen)) == 6


def test_of_equal_squares_the_western_then_the_southern_is_taken(cells):
    square = fullest_square(cells, side_m=400.0)
    assert (square.west, square.south) == (WEST, SOUTH)
    corners = cells.iloc[[5, 24]]  # lower right and upper left
    square = fullest_square(corners, side_m=200.0)
    assert (square.west, square.south) == (WEST, SOUTH + 800)


def test_small_city_is_shown_whole(cells):
    assert fullest_square(cells) == whole_city(cells)


@given(
    rows=st.lists(st.integers(0, 29), min_size=1, max_size=30, unique=True), side=st.integers(1, 6)
)
def test_no_other_square_holds_more_and_order_plays_no_part(cells, rows, side):
    chosen = cells.iloc[rows]
    square = fullest_square(chosen, side_m=200.0 * side)
    column, row = np.array(rows) % 6, np.array(rows) // 6
    held = [
        np.count_nonzero(
            (column >= west)
            & (column < west + square.n_east)
            & (row >= south)
            & (row < south + square.n_north)
        )
        for west in range(6)
        for south in range(5)
    ]
    assert len(square.within(chosen)) == max(held)
    assert fullest_square(chosen[::-1], side_m=200.0 * side) == square


def test_no_cell_at_all_says_where_to_look(cells):
    with pytest.raises(InputError, match=r"not one cell .* see the column drop_reason"):
        whole_city(cells[:0])


def test_mosaic_puts_every_tile_in_its_place_and_the_right_way_up(cells):
    images = np.zeros((30, 8, 8, 3), dtype=np.uint8)
    images[:, :4] = 200  # upper half, the north
    images[:, :, :, 1] = np.arange(30)[:, np.newaxis, np.newaxis]
    tiles = FakeTiles(dict(zip(cells["cell_id"], images, strict=True)))
    picture = mosaic(whole_city(cells), cells[1:], tiles, px=2)
    assert picture.shape == (10, 12, 4)
    assert_array_equal(picture[0:8:2, :, 0], 200)
    assert_array_equal(picture[8, 2:, 0], 200)
    assert_array_equal(picture[1:8:2, :, 0], 0)
    assert_array_equal(picture[-1, 2::2, 1], [1, 2, 3, 4, 5])
    assert_array_equal(picture[0, ::2, 1], [24, 25, 26, 27, 28, 29])
    assert_array_equal(picture[-2:, :2], 0)  # the cell without a tile is clear
    assert picture[:-2, :, 3].min() == 255


def test_mosaic_averages_pixels():
    cells = aerial_world(1, 1).cells
    image = np.array([[0, 100], [100, 200]], dtype=np.uint8)[:, :, np.newaxis].repeat(3, axis=2)
    picture = mosaic(whole_city(cells), cells, FakeTiles({cells["cell_id"][0]: image}), px=1)
    assert_array_equal(picture, [[[100, 100, 100, 255]]])


def test_mosaic_reads_a_bounded_number_of_tiles_at_once():
    world = aerial_world(12, 12, tile_px=2)
    tiles = world.tiles
    mosaic(whole_city(world.cells), world.cells, tiles, px=1)
    assert sum(tiles.asked) == 144
    assert max(tiles.asked) == TILES_AT_ONCE


def test_mosaic_leaves_out_what_lies_outside(cells):
    world = aerial_world(6, 5)
    tiles = world.tiles
    mosaic(Square(WEST, SOUTH, 2, 1, CELL), cells, tiles, px=1)
    assert tiles.asked == [2]


def test_picture_is_not_stretched_and_the_bar_is_as_long_as_it_says(cells):
    square = whole_city(cells)
    with paper_figure(80.0, 80.0) as figure:
        axes = figure.panel(2.0, 2.0, 60.0, 50.0)
        show_grid(axes, square.grid(cells, np.arange(30.0)), square)
        draw_bar_below(axes)
        axes.figure.canvas.draw()
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    assert (west, east, south, north) == square.extent
    box = axes.get_window_extent()
    assert box.width / (east - west) == pytest.approx(box.height / (north - south))
    bar = next(artist for artist in axes.artists if isinstance(artist, ScaleBar)).info
    assert (bar.length_px, bar.scale_text) == (200.0, "200 m")
    assert bar.window_extent.y1 < box.y0


# --- Cells that are no grid


@pytest.fixture(scope="module")
def chips():
    """Two chips of 100 m and a wide one, 900 m of ground from the first to the last."""
    west, side = np.array([0.0, 450.0, 700.0]), np.array([100.0, 100.0, 200.0])
    shapes = box(WEST + west, SOUTH, WEST + west + side, SOUTH + 100.0)
    return gpd.GeoDataFrame({"cell_id": ["a", "b", "c"]}, geometry=shapes, crs=32611)


def test_polygons_are_drawn_where_they_lie_on_fine_pixels(chips):
    square = whole_city(chips)
    assert square.bounds == (WEST, SOUTH, WEST + 900, pytest.approx(SOUTH + 100, abs=1))
    image = square.grid(chips, np.array([1.0, 2.0, 3.0]))
    middle = image[len(image) // 2]
    east = (np.arange(square.n_east) + 0.5) * square.cell_m
    for number, (start, end) in enumerate([(0, 100), (450, 550), (700, 900)], start=1):
        inside = (east > start + 1) & (east < end - 1)
        assert_array_equal(middle[inside], number)
    assert np.isnan(middle[(east > 101) & (east < 449)]).all()


def test_the_fullest_square_of_chips_counts_their_middles(chips):
    square = fullest_square(chips, side_m=400.0)
    assert square.within(chips)["cell_id"].tolist() == ["b", "c"]
    assert max(square.n_east, square.n_north) >= 600


def test_tiles_of_chips_are_laid_out_where_they_lie(chips):
    class Tiles:
        def read_images(self, cell_ids):
            return np.full((1, 4, 4, 3), {"a": 50, "b": 100, "c": 200}[cell_ids[0]], np.uint8)

        def bounds(self, cell_id):
            return chips.set_index("cell_id").geometry[cell_id].bounds

    square = whole_city(chips)
    picture = mosaic(square, chips, Tiles(), px=1)
    assert picture.shape == (square.n_north, square.n_east, 4)
    shown = picture[len(picture) // 2, :, 0]
    assert [shown[int(at / square.cell_m)] for at in (50, 500, 750)] == [50, 100, 200]
    assert picture[0, int(200 / square.cell_m), 3] == 0


def test_cities_far_apart_are_drawn_side_by_side(chips):
    shapes = chips.geometry.copy()
    shapes.iloc[1] = affinity.translate(shapes.iloc[1], 90_000, 0)
    shapes.iloc[2] = affinity.translate(shapes.iloc[2], 0, 50_000)
    far = chips.set_geometry(shapes).assign(area=["a", "b", "c"])
    together, corners = gathered(far)
    assert list(corners) == ["a", "b", "c"]
    assert_allclose(together.area, far.area)
    assert max(np.ptp(together.total_bounds.reshape(2, 2), axis=0)) < 1000
    assert together.geometry.union_all().area == pytest.approx(far.area.sum())


def test_rows_and_columns_of_cities_are_as_large_as_their_largest(chips):
    shapes = [box(0, 0, 4, 1), box(100, 0, 101, 3), box(0, 90, 2, 92)]
    far = chips.set_geometry(gpd.GeoSeries(shapes, crs=chips.crs)).assign(area=["a", "b", "c"])
    _, corners = gathered(far)
    west, north, gap = 0.0, 92.0, 0.15 * 4
    assert_allclose(
        list(corners.values()),
        [(west, north), (west + 4 + gap, north), (west, north - 3 - gap)],
    )


def test_cells_too_small_to_be_seen_are_enlarged_where_they_are(chips):
    shapes = gpd.GeoSeries([box(x, 0, x + 1, 1) for x in (0, 700, 1499)], crs=chips.crs)
    grown, enlarged = large_enough(chips.set_geometry(shapes))
    assert enlarged
    assert_allclose(grown.area, 10.0**2)
    middles = [shapely.get_coordinates(cells.centroid) for cells in (grown, shapes)]
    assert_allclose(*middles)
    assert large_enough(chips)[0] is chips
    assert not large_enough(chips)[1]


def test_parts_of_one_city_stay_where_they_are(chips, cells):
    assert gathered(chips)[0] is chips
    parts = cells.assign(area=np.where(np.arange(len(cells)) < 15, "south", "north"))
    same, corners = gathered(parts)
    assert same is parts
    assert corners == {}
