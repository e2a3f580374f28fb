"""The map of districts: borders that fit together, incomes, and Shapley values by district."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
from shapely.affinity import translate

from incomelens.paper.names import VARIABLES
from incomelens.report.map.districts import borders, district_map

from .small_study import INCOME, applicability, districts, failing, gps, shapley


@pytest.fixture
def of_districts():
    return districts()


@pytest.fixture
def shown(of_districts):
    return district_map(
        "tract",
        of_districts,
        {(INCOME, "random"): gps(of_districts)},
        {(INCOME, "optimised"): shapley(of_districts)},
        mode="optimised",
    )


def layer(shown, key):
    return next(one for one in shown["layers"] if one["key"] == key)


def test_neighbours_share_their_border_to_the_step(of_districts):
    shape = borders(of_districts)
    corners = [set(zip(ring[::2], ring[1::2], strict=True)) for (ring,) in shape["rings"]]
    for left, right in pairwise(corners):
        assert len(left & right) == 2


def test_borders_are_in_metres_from_the_upper_left(of_districts):
    shape = borders(of_districts)
    steps = np.concatenate([np.array(ring).reshape(-1, 2) for (ring,) in shape["rings"]])
    assert steps.min() >= 0
    assert steps[:, 0].max() <= shape["width"]
    # Six squares of 0.01 degrees at 48.85 degrees north: 4.4 km wide, 1.1 km high.
    assert shape["width"] * shape["metres"] == pytest.approx(4_400, rel=0.02)
    assert shape["height"] * shape["metres"] == pytest.approx(1_113, rel=0.02)


def test_a_hole_is_a_ring_of_its_own(of_districts):
    block = of_districts.copy()
    outer = block.geometry[0]
    block.loc[0, "geometry"] = outer.difference(outer.centroid.buffer(0.002))
    assert len(borders(block)["rings"][0]) == 2


def test_islands_of_a_district_are_rings_of_it(of_districts):
    islands = of_districts.copy()
    islands.loc[0, "geometry"] = islands.geometry[0].union(translate(islands.geometry[0], 0, 0.05))
    assert [len(rings) for rings in borders(islands)["rings"]] == [2, 1, 1, 1, 1, 1]


@pytest.mark.real
def test_every_real_tract_of_new_york_is_drawn(nyc_folder):
    tracts = gpd.read_file(nyc_folder / "nyc_tract_acs_2015_2019.gpkg", layer="tracts")
    shape = borders(tracts)
    assert all(shape["rings"])
    corners = sum(len(ring) for rings in shape["rings"] for ring in rings) / 2
    assert corners < 20 * len(tracts)


def test_predictions_are_out_of_fold_and_missing_where_no_income_is_known(shown):
    difference = layer(shown, f"{INCOME}/difference_random")
    assert difference["values"][:5] == [5000] * 5
    assert difference["values"][5] is None
    assert difference["signed"]


def test_shapley_values_are_those_of_the_district(shown, of_districts):
    values = layer(shown, f"shapley/{INCOME}/optimised/white")["values"]
    assert values == [-1.0, -0.5, 0.0, 0.5, 1.0, None]
    bars = next(one for one in shown["details"] if one["kind"] == "bars")
    assert [variable for _, variable in bars["layers"]] == list(VARIABLES)
    assert not any(key.endswith("location") for key, _ in bars["layers"])


def test_a_study_without_shapley_values_lists_the_variables(of_districts):
    predicted = {(INCOME, "random"): gps(of_districts)}
    shown = district_map("tract", of_districts, predicted, {}, mode="optimised")
    assert "The ten variables" in [one["title"] for one in shown["details"]]


def test_a_mode_that_was_not_run_gives_way_to_the_first(of_districts):
    predicted = {(INCOME, "random"): gps(of_districts).assign(mode="literal")}
    shown = district_map("tract", of_districts, predicted, {}, mode="optimised")
    assert layer(shown, f"{INCOME}/predicted_random")["values"][0] == 35_000


def test_districts_without_a_polygon_are_counted_and_left_out(of_districts):
    lacking = of_districts.copy()
    lacking.loc[2, "geometry"] = None
    shown = district_map("tract", lacking, {(INCOME, "random"): gps(of_districts)}, {}, mode="ard")
    assert shown["about"].startswith("Tract level: 5 districts with a polygon, of 6.")
    assert "002" not in shown["ids"]


def marked(of_districts, **more):
    predicted = {(INCOME, scheme): gps(of_districts) for scheme in ("random", "area")}
    return district_map("tract", of_districts, predicted, {}, mode="optimised", **more)["marks"]


def test_a_district_like_no_other_is_crossed_out_where_predictions_are_shown(of_districts):
    (mark,) = marked(of_districts, applicability={(INCOME, "area"): applicability(of_districts)})
    assert (mark["pattern"], mark["places"]) == ("crossed", [1])
    assert mark["layers"] == [f"{INCOME}/predicted_area", f"{INCOME}/difference_area"]
    assert mark["told"] == [
        "Median household income, unseen area: outside the area of applicability. Nothing learnt "
        "from is like this district (dissimilarity 0.83, at most 0.42): neither prediction nor "
        "interval can be relied on."
    ]


def test_districts_of_an_area_whose_intervals_do_not_hold_are_lined(of_districts):
    (mark,) = marked(of_districts, failing=failing())
    # The last has no income to be predicted out of fold, but lies there all the same.
    assert (mark["pattern"], mark["places"]) == ("lined", [4, 5])
    assert mark["layers"] == [f"{INCOME}/predicted_random", f"{INCOME}/difference_random"]
    assert mark["told"][0] == (
        "Median household income, random folds: 90 % intervals do not hold here. Even calibrated "
        "ones hold 58 % of the incomes of two."
    )


def test_marks_without_a_place_are_left_out(of_districts):
    near = applicability(of_districts).assign(applicable=True)
    elsewhere = failing().assign(group="three")
    assert marked(of_districts, applicability={(INCOME, "random"): near}, failing=elsewhere) == []


def test_marks_count_the_districts_that_are_drawn(of_districts):
    lacking = of_districts.copy()
    lacking.loc[0, "geometry"] = None
    (mark,) = marked(lacking, applicability={(INCOME, "random"): applicability(of_districts)})
    assert mark["places"] == [0]
