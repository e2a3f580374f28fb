"""Discs around annotated points on the pixels of a tile."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from shapely import Point, box

from incomelens.tiles.points import ELSEWHERE, PointDiscs, open_points, point_classes

CRS = "EPSG:26911"
CELLS = gpd.GeoDataFrame(
    {"cell_id": ["a", "b", "round"]},
    geometry=[box(0, 0, 100, 100), box(100, 0, 200, 100), Point(350, 50).buffer(50)],
    crs=CRS,
)


def points_at(*places, kind="trees", radius_m=10.0):
    points = gpd.GeoDataFrame(geometry=[Point(*one) for one in places], crs=CRS)
    return points.assign(points=kind, radius_m=radius_m)


def test_a_disc_has_its_area_and_lies_where_its_point_does():
    discs = PointDiscs(points_at((25, 75)), CELLS, tile_px=200)
    assert discs.kinds == ("trees",)
    (tile,) = discs.read(["a"])[0]
    assert tile.dtype == np.uint8
    assert set(np.unique(tile)) == {1, 2}
    assert (tile == 1).mean() == pytest.approx(np.pi * 10**2 / 100**2, rel=0.01)
    assert tile[50, 50] == 1  # north is up: 75 m north is a quarter from the top
    assert (tile[100:] == 2).all()


def test_a_disc_reaches_into_the_cell_beside_and_discs_that_overlap_count_once():
    discs = PointDiscs(points_at((99, 50), (97, 50)), CELLS, tile_px=100)
    both = discs.read(["a", "b"])[:, 0] == 1
    assert both[1, 50, :9].all()
    assert both.sum() < 2 * np.pi * 10**2


def test_each_kind_has_a_layer_and_land_outside_of_a_cell_is_unknown():
    points = pd.concat([points_at((350, 50)), points_at((350, 90), kind="pools", radius_m=5.0)])
    discs = PointDiscs(points, CELLS, tile_px=100)
    tile = discs.read(["round"])[0]
    assert tile.shape == (2, 100, 100)
    assert_array_equal(tile[0] == 0, tile[1] == 0)
    assert (tile[0] > 0).mean() == pytest.approx(np.pi / 4, abs=0.01)
    assert (tile[1] == 1).sum() == pytest.approx(np.pi * 25, rel=0.1)


def test_a_tile_of_another_side_than_its_cell_shows_its_middle():
    discs = PointDiscs(points_at((50, 50)), CELLS, tile_px=40, side_m=40.0)
    assert (discs.read(["a"]) == 1).mean() == pytest.approx(np.pi * 10**2 / 40**2, rel=0.05)


def test_of_both_parts_of_the_land_the_discs_alone_are_tested():
    classes = point_classes("street_trees")
    assert classes.names == ("street_trees", ELSEWHERE)
    assert classes.published == (0,)
    assert classes.classes[0].label == "Street trees"


def test_a_city_without_points_has_no_discs():
    assert open_points(None, None, tile_px=10) is None
