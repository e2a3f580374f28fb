"""Annotated points: read from a table, placed, counted by cell."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from incomelens.cells.points import place_points, point_counts
from incomelens.common.errors import InputError
from incomelens.sources.readers.points import read_points

from ..conftest import REAL_DATA

CRS = "EPSG:26911"
WEST, SOUTH = 400_000.0, 3_700_000.0
CELLS = gpd.GeoDataFrame(
    {"cell_id": ["a", "b"]},
    geometry=[box(WEST + x, SOUTH, WEST + x + 100, SOUTH + 100) for x in (0, 200)],
    crs=CRS,
)


def at(*places):
    return gpd.GeoSeries([Point(WEST + x, SOUTH + y) for x, y in places], crs=CRS)


def test_points_are_counted_in_their_cell_and_cells_without_any_have_none():
    trees, pools = at((10, 10), (20, 20), (150, 50)), at((205, 50))
    points, _ = place_points(
        {"trees": trees, "pools": pools.to_crs("EPSG:4326")},
        CELLS,
        radius_m={"trees": 60.0, "pools": 2.0},
    )
    assert points.crs == CRS
    assert points["points"].tolist() == ["trees"] * 3 + ["pools"]
    counts = point_counts(points, CELLS).set_index(["cell_id", "points"])["n"]
    assert counts.to_dict() == {
        ("a", "trees"): 2, ("a", "pools"): 0, ("b", "trees"): 0, ("b", "pools"): 1,
    }  # fmt: skip


def test_points_that_are_left_out_are_counted():
    trees = gpd.GeoSeries([*at((10, 10), (5_000, 5_000)), Point()], crs=CRS)
    points, findings = place_points({"trees": trees}, CELLS, radius_m={"trees": 3.0})
    assert len(points) == 1
    told = {one.reason: (one.n, one.total, one.what) for one in findings}
    assert told == {"no_place": (1, 3, "trees"), "outside_the_cells": (1, 3, "trees")}


def test_points_of_another_place_are_refused_with_both_extents():
    with pytest.raises(InputError, match=r"none of 1 trees meets any of 2 cells.*latitude 34\.3"):
        place_points({"trees": at((0, 100_000))}, CELLS, radius_m={"trees": 3.0})


def test_a_table_of_points_names_its_columns_and_its_system(tmp_path):
    table = tmp_path / "trees.csv"
    table.write_text("unit_id,easting,northing\nu,400010.5,3700020\nv,,\n")
    points = read_points(table, x="easting", y="northing", crs=CRS)
    assert points.crs == CRS
    assert points[0].coords[0] == (400_010.5, 3_700_020.0)
    assert points.isna().tolist() == [False, True]
    with pytest.raises(InputError, match=r"does not say its coordinate reference system.*`crs`"):
        read_points(table, x="easting", y="northing")
    with pytest.raises(InputError, match=r"no column lon, None for the place.*unit_id, easting"):
        read_points(table, x="lon", crs=CRS)


def test_a_layer_of_points_needs_no_columns(tmp_path):
    gpd.GeoDataFrame(geometry=at((10, 10))).to_file(tmp_path / "trees.gpkg")
    assert read_points(tmp_path / "trees.gpkg").crs == CRS


@pytest.mark.real
def test_real_trees_are_counted_as_the_table_of_their_chips_counts_them():
    folder = REAL_DATA / "socal"
    if not folder.exists():
        pytest.skip(f"no real data at {folder}; set INCOMELENS_REAL_DATA to its folder")
    units = pd.read_csv(folder / "units.csv")
    chips = units[["left", "bottom", "right", "top"]].to_numpy()
    cells = gpd.GeoDataFrame(
        {"cell_id": units["unit_id"]}, geometry=[box(*one) for one in chips], crs=CRS
    )
    trees = read_points(folder / "trees_2020.csv", x="easting", y="northing", crs=CRS)
    points, findings = place_points({"trees": trees}, cells, radius_m={"trees": 3.0})
    assert [finding.n for finding in findings] == [0, 0]
    counts = point_counts(points, cells).set_index("cell_id")["n"]
    apart = counts.loc[units["unit_id"]].to_numpy() - units["n_trees"].to_numpy()
    # Chips overlap here and there, and a tree in both is annotated in one.
    assert (apart == 0).mean() > 0.95
    assert (apart >= 0).all()
