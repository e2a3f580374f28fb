"""Which job cuts which cell."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from incomelens.common.errors import InputError
from incomelens.tiles.plan import BAND_M, check_cover, needed_orthophotos, plan_shards

CRS = "EPSG:2154"


def cells_at(corners, *, side=200.0, crs=CRS) -> gpd.GeoDataFrame:
    squares = [box(e, n, e + side, n + side) for e, n in corners]
    ids = [f"N{n:.0f}E{e:.0f}" for e, n in corners]
    return gpd.GeoDataFrame({"cell_id": ids}, geometry=squares, crs=crs).assign(drop_reason=None)


def listing_of(extents: dict[str, tuple[float, float, float, float]], crs=CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": list(extents)}, geometry=[box(*one) for one in extents.values()], crs=crs
    )


def block(n_east, n_north, west=0.0, south=0.0):
    return [(west + 200 * c, south + 200 * r) for c in range(n_east) for r in range(n_north)]


SQUARE = listing_of(
    {
        "sw": (0, 0, 1000, 1000),
        "se": (1000, 0, 2000, 1000),
        "nw": (0, 1000, 1000, 2000),
        "ne": (1000, 1000, 2000, 2000),
    }
)


def test_centre_decides_to_which_orthophoto_a_cell_belongs():
    plan = plan_shards(cells_at([(890, 0), (910, 0)]), SQUARE, n_shards=1)
    assert dict(zip(plan["cell_id"], plan["orthophoto"], strict=True)) == {
        "N0E890": "sw",
        "N0E910": "se",
    }


def test_centre_is_taken_in_the_crs_of_the_imagery():
    corner = (3_921_000.0, 2_530_000.0)
    cells = cells_at([corner], crs="EPSG:3035")
    centre = gpd.points_from_xy([corner[0] + 100], [corner[1] + 100], crs="EPSG:3035").to_crs(CRS)
    listing = listing_of(
        {
            "wrong": (corner[0], corner[1], corner[0] + 500, corner[1] + 500),
            "right": (centre.x[0] - 1, centre.y[0] - 1, centre.x[0] + 1, centre.y[0] + 1),
        }
    )
    assert plan_shards(cells, listing, n_shards=1)["orthophoto"].tolist() == ["right"]


def test_four_equal_orthophotos_become_four_equal_jobs_from_north_to_south():
    plan = plan_shards(cells_at(block(10, 10)), SQUARE, n_shards=4)
    assert plan.groupby("shard")["orthophoto"].unique().str.join(" ").tolist() == [
        "nw",
        "ne",
        "sw",
        "se",
    ]
    assert plan["shard"].value_counts().unique().tolist() == [25]


def test_cut_moves_to_the_boundary_of_an_orthophoto_when_it_is_near():
    cells = cells_at(block(5, 5) + block(4, 5, west=1000))
    plan = plan_shards(cells, SQUARE.iloc[:2], n_shards=2)
    assert plan.groupby("shard")["orthophoto"].nunique().tolist() == [1, 1]
    assert plan["shard"].value_counts().to_dict() == {0: 25, 1: 20}


def test_orthophoto_larger_than_a_job_is_split_between_bands():
    plan = plan_shards(cells_at(block(5, 5)), SQUARE.iloc[:1], n_shards=5)
    assert plan["shard"].tolist() == np.repeat(np.arange(5), 5).tolist()
    # Northern row first, from west to east.
    assert plan["cell_id"].iloc[:6].tolist() == [
        *(f"N800E{e}" for e in range(0, 1000, 200)),
        "N600E0",
    ]


def test_cell_without_imagery_comes_last_and_has_no_orthophoto():
    plan = plan_shards(cells_at([(5000, 5000), (0, 0)]), SQUARE, n_shards=3)
    assert plan["cell_id"].tolist() == ["N0E0", "N5000E5000"]
    assert plan["orthophoto"].isna().tolist() == [False, True]
    assert plan["shard"].iloc[-1] == 2


def test_overlap_goes_to_the_first_by_name_whatever_the_order_of_the_listing():
    listing = listing_of({"b": (0, 0, 500, 500), "a": (0, 0, 500, 500)})
    assert plan_shards(cells_at([(0, 0)]), listing, n_shards=1)["orthophoto"].tolist() == ["a"]


def test_cells_with_a_reason_of_their_own_are_not_planned():
    cells = cells_at([(0, 0), (200, 0)])
    cells["drop_reason"] = ["no_income", None]
    assert plan_shards(cells, SQUARE, n_shards=1)["cell_id"].tolist() == ["N0E200"]


def test_more_shards_than_cells_leaves_shards_empty():
    plan = plan_shards(cells_at([(0, 0)]), SQUARE, n_shards=5)
    assert len(plan) == 1
    assert 0 <= plan["shard"].iloc[0] < 5


def test_city_without_a_waiting_cell_has_an_empty_plan_of_the_same_columns():
    cells = cells_at([(0, 0)]).assign(drop_reason="no_income")
    plan = plan_shards(cells, SQUARE, n_shards=2)
    assert plan.columns.tolist() == ["cell_id", "shard", "order", "orthophoto"]
    assert plan.empty


@settings(max_examples=30)
@given(
    places=st.sets(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=60),
    n_shards=st.integers(1, 12),
    seed=st.integers(0, 5),
)
def test_every_cell_is_planned_once_in_balanced_whole_bands(places, n_shards, seed):
    cells = cells_at([(200.0 * e, 200.0 * n) for e, n in sorted(places)])
    shuffled = cells.sample(frac=1, random_state=seed)
    plan = plan_shards(shuffled, SQUARE, n_shards=n_shards)
    pd.testing.assert_frame_equal(plan, plan_shards(cells, SQUARE, n_shards=n_shards))
    assert sorted(plan["cell_id"]) == sorted(cells["cell_id"])
    assert plan["order"].tolist() == list(range(len(cells)))
    assert plan["shard"].is_monotonic_increasing
    assert plan["shard"].between(0, n_shards - 1).all()
    seen = plan[plan["orthophoto"].notna()].copy()
    north = seen["orthophoto"].str.startswith("n").map({True: 2000, False: 1000})
    centre = seen["cell_id"].str.extract(r"N(\d+)E")[0].astype(float) + 100
    seen["band"] = (north - centre) // BAND_M
    bands = seen.groupby(["orthophoto", "band"])["shard"]
    assert (bands.min() == bands.max()).all()
    if len(seen):
        # Each end of a job moves a quarter of a job at most, or half a band.
        most = 1.5 * len(seen) / n_shards + bands.size().max()
        assert seen["shard"].value_counts().max() <= most


def test_needed_are_orthophotos_within_the_margin_of_a_waiting_cell():
    cells = cells_at([(796, 100), (1200, 1300)])
    cells["drop_reason"] = [None, "no_income"]
    assert needed_orthophotos(cells, SQUARE)["name"].tolist() == ["sw", "se"]
    assert needed_orthophotos(cells, SQUARE, margin_m=3)["name"].tolist() == ["sw"]


def test_needed_keeps_the_columns_and_crs_of_the_listing():
    needed = needed_orthophotos(cells_at([(0, 0)]), SQUARE.assign(archive="a.7z"))
    assert needed.crs == SQUARE.crs
    assert needed["archive"].tolist() == ["a.7z"]


def test_no_shard_is_refused():
    with pytest.raises(InputError, match="0 shards; at least 1 is needed"):
        plan_shards(cells_at([(0, 0)]), SQUARE, n_shards=0)


def test_name_that_comes_twice_is_named():
    listing = pd.concat([SQUARE, SQUARE.iloc[[2]]])
    with pytest.raises(InputError, match="name nw comes more than once"):
        plan_shards(cells_at([(0, 0)]), listing, n_shards=1)


def test_cell_that_comes_twice_is_named():
    with pytest.raises(InputError, match="cell_id N0E0 comes more than once"):
        plan_shards(cells_at([(0, 0), (0, 0)]), SQUARE, n_shards=1)


@pytest.mark.parametrize("what", ["cells", "orthophotos"])
def test_missing_crs_is_refused(what):
    cells = cells_at([(0, 0)], crs=None if what == "cells" else CRS)
    listing = SQUARE.set_crs(None, allow_override=True) if what == "orthophotos" else SQUARE
    with pytest.raises(InputError, match=f"{what}: the table says no CRS"):
        needed_orthophotos(cells, listing)


LYON = (842_000.0, 6_519_000.0)  # of EPSG:2154


def around_lyon(west=0.0, south=0.0, east=1000.0, north=1000.0) -> gpd.GeoDataFrame:
    e, n = LYON
    return listing_of({"only": (e + west, n + south, e + east, n + north)})


def test_cells_under_whole_imagery_are_covered_without_a_word(caplog):
    cells = cells_at(block(5, 5, *LYON))
    check_cover(cells, around_lyon())
    halves = pd.concat([around_lyon(east=500 - 1e-6), around_lyon(west=500)])
    check_cover(cells, halves.assign(name=["a", "b"]))
    assert not caplog.records


def test_cells_beyond_the_imagery_are_counted_with_both_extents(caplog):
    cells = cells_at(block(4, 1, *LYON))
    check_cover(cells, around_lyon(east=500))
    assert "2 of 4 cells are covered wholly, 1 in part, 1 not at all" in caplog.text
    assert "cells: longitude 4.827 to 4.837, latitude 45.75" in caplog.text
    assert "imagery: longitude 4.827 to 4.834, latitude 45.75" in caplog.text


@pytest.mark.parametrize(
    ("crs", "place"),
    [
        (
            "EPSG:32631",
            r"longitude 8\.9\d+ to 8\.9\d+, latitude 58\.6.* in EPSG:32631: one of the two",
        ),
        ("EPSG:2263", r"longitude .* in EPSG:2263: one of the two is wrong"),
        (
            "EPSG:4326",
            r"no place on the globe \(EPSG:4326, \[842000, .* in EPSG:4326: one of the two",
        ),
    ],
)
def test_imagery_of_another_place_is_refused_with_both_extents(crs, place):
    listing = around_lyon().set_crs(crs, allow_override=True)
    cells = cells_at(block(2, 2, *LYON))
    told = (
        rf"none of 4 cells meets any of 1 orthophotos: cells lie in longitude 4\.8.*, .* in {place}"
    )
    with pytest.raises(InputError, match=told):
        check_cover(cells, listing)


def test_imagery_without_a_whole_cell_is_refused_unless_parts_are_enough(caplog):
    cells = cells_at(block(2, 1, *LYON))
    narrow = around_lyon(west=60, east=340)  # 70 % of each cell
    with pytest.raises(InputError, match=r"none of 2 cells far enough \(2 in part\)"):
        check_cover(cells, narrow, max_void_share=0.01)
    check_cover(cells, narrow, max_void_share=0.4)
    assert "0 of 2 cells are covered wholly, 2 in part" in caplog.text


def test_a_city_whose_cells_are_all_dropped_asks_for_no_imagery():
    check_cover(cells_at(block(2, 2)).assign(drop_reason="no_income"), around_lyon())
