"""The urban class of every pixel."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from rasterio import Affine
from rasterio.features import rasterize
from shapely import MultiPoint, Point, box

from incomelens.cells.urban_classes import EXCLUDED, UNKNOWN
from incomelens.common.errors import InputError
from incomelens.tiles.land_use import LandUseMap

CELL = (3_921_000.0, 2_530_000.0, 3_921_200.0, 2_530_200.0)
W, S, E, N = CELL


def polygons(shapes, values) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"value": np.uint8(values)}, geometry=list(shapes), crs="EPSG:3035")


def test_north_is_up_and_west_is_left():
    quarters = [
        box(W, S + 100, W + 100, N),
        box(W + 100, S + 100, E, N),
        box(W, S, W + 100, S + 100),
    ]
    burnt = LandUseMap(polygons(quarters, [1, 2, EXCLUDED])).burn(CELL, tile_px=4)
    assert burnt.dtype == np.uint8
    assert_array_equal(
        burnt,
        [[1, 1, 2, 2], [1, 1, 2, 2], [EXCLUDED, EXCLUDED, 0, 0], [EXCLUDED, EXCLUDED, 0, 0]],
    )


def test_pixel_belongs_to_the_polygon_at_its_centre():
    """Pixels of 50 m: an edge 26 m from the west takes the first column, one at 24 m does not."""
    for edge, first in ((26, 3), (24, UNKNOWN)):
        burnt = LandUseMap(polygons([box(W, S, W + edge, N)], [3])).burn(CELL, tile_px=4)
        assert_array_equal(burnt[:, 0], [first] * 4)
        assert not burnt[:, 1:].any()


@settings(max_examples=4)
@given(seed=st.integers(0, 10_000), n=st.integers(3, 12))
def test_class_shares_are_those_of_the_exact_overlay_within_half_a_per_cent(seed, n):
    rng = np.random.default_rng(seed)
    seeds = MultiPoint(rng.uniform([W - 100, S - 100], [E + 100, N + 100], size=(n, 2)))
    parts = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=box(*CELL).buffer(300)))
    values = rng.integers(1, 20, size=len(parts))
    burnt = LandUseMap(polygons(parts, values)).burn(CELL, tile_px=800)
    overlay = shapely.area(shapely.intersection(parts, box(*CELL))) / 200**2
    for value in range(1, 20):
        exact = overlay[values == value].sum()
        assert abs((burnt == value).mean() - exact) < 0.005
    assert not (burnt == UNKNOWN).any()


def test_clipping_to_the_cell_changes_no_pixel():
    """A star with a hole and far-away corners, burnt whole by rasterio itself."""
    middle = Point(W + 90, S + 130)
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    reach = np.where(np.arange(400) % 2, 60, 5000)
    star = shapely.Polygon(
        np.column_stack([middle.x + reach * np.cos(angles), middle.y + reach * np.sin(angles)])
    ).difference(middle.buffer(20))
    whole = rasterize(
        [(star, 7)], out_shape=(128, 128), transform=Affine(200 / 128, 0, W, 0, -200 / 128, N)
    )
    assert_array_equal(LandUseMap(polygons([star], [7])).burn(CELL, tile_px=128), whole)


def test_neighbouring_cells_join_without_a_seam():
    strip = shapely.Polygon(
        [(W - 9, S + 3), (E + 300, S + 150), (E + 300, S + 170), (W - 9, S + 40)]
    )
    land_use = LandUseMap(polygons([strip], [5]))
    both = land_use.burn((W, S, W + 400, S + 400), tile_px=80)
    left, right = (land_use.burn((W + d, S, W + d + 200, N), tile_px=40) for d in (0, 200))
    assert_array_equal(np.hstack([left, right]), both[40:])


def test_later_polygon_wins_where_two_overlap():
    both = polygons([box(*CELL), box(W, S, W + 100, N)], [4, 9])
    burnt = LandUseMap(both).burn(CELL, tile_px=2)
    assert_array_equal(burnt, [[9, 4], [9, 4]])
    assert_array_equal(LandUseMap(both.iloc[::-1]).burn(CELL, tile_px=2), [[4, 4], [4, 4]])


def test_no_polygon_near_is_unknown_all_over():
    touching = box(E, S, E + 50, N)  # along the eastern edge only
    for shapes in ([], [touching], [box(0, 0, 1, 1)]):
        burnt = LandUseMap(polygons(shapes, [6] * len(shapes))).burn(CELL, tile_px=8)
        assert_array_equal(burnt, np.full((8, 8), UNKNOWN))


def test_value_of_no_class_is_refused():
    with pytest.raises(
        InputError, match="values 20, 99 belong to no urban class; expected 1 to 19"
    ):
        LandUseMap(polygons([box(*CELL)] * 3, [20, 99, 1]))
