"""Folds as far from training as the map's places: distances by hand, clusters dealt out."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import wasserstein_distance
from shapely import box

from incomelens.common.errors import InputError
from incomelens.folds.buffer import KM_PER_DEGREE
from incomelens.folds.distances import (
    distance_tables,
    held_out_distances,
    prediction_distances,
)
from incomelens.folds.districts import district_folds
from incomelens.folds.knndm import dealt_out, knndm_folds


def on_a_line(*km):
    return np.column_stack([np.array(km, dtype=float), np.zeros(len(km))])


def squares(n_wide, n_high, *, without=(), side=0.01):
    """Districts that are squares of a grid, from south to north; `without` have no income."""
    cells = [(east, north) for north in range(n_high) for east in range(n_wide)]
    shapes = [box(side * e, side * n, side * (e + 1), side * (n + 1)) for e, n in cells]
    income = np.full(len(cells), 5e4)
    income[list(without)] = np.nan
    table = pd.DataFrame(
        {
            "geoid": [f"{number:04d}" for number in range(len(cells))],
            "area": ["West" if east < n_wide / 2 else "East" for east, _ in cells],
            "longitude": [side * (east + 0.5) for east, _ in cells],
            "latitude": [side * (north + 0.5) for _, north in cells],
            "per_capita_income": income,
            "median_household_income": income,
        }
    )
    return gpd.GeoDataFrame(table, geometry=shapes, crs=4326)


def test_held_out_distances_are_those_to_the_nearest_of_another_fold():
    place, fold = on_a_line(0, 1, 3, 6), np.array([0, 0, 1, 1])
    assert_allclose(held_out_distances(place, fold), [3, 2, 2, 5])


def test_a_buffer_makes_them_longer():
    place, fold = on_a_line(0, 1, 3, 6), np.array([0, 0, 1, 1])
    assert_allclose(held_out_distances(place, fold, buffer_km=2.5), [6, 5, 3, 6])


def test_a_district_without_an_income_is_a_step_from_its_neighbour():
    distance = prediction_distances(squares(3, 1, without=[1]), places="without_income")
    assert_allclose(distance, [0.01 * KM_PER_DEGREE], rtol=1e-4)


def test_an_unseen_area_is_as_far_as_its_districts_are_from_the_border():
    step = 0.01 * KM_PER_DEGREE
    distance = prediction_distances(squares(4, 1), places="area")
    assert_allclose(distance / step, [2, 1, 1, 2], rtol=1e-4)


def test_places_between_districts_lie_all_over_them_and_nowhere_else():
    """The mean distance from a random point of a square to its centre is 0.3826 sides."""
    districts = squares(10, 10)
    distance = prediction_distances(districts, places="between") / (0.01 * KM_PER_DEGREE)
    assert 900 < len(distance) < 1100
    assert distance.mean() == pytest.approx(0.3826, rel=0.03)
    assert distance.max() <= np.sqrt(0.5)


@pytest.mark.parametrize(
    ("places", "table", "message"),
    [
        ("without_income", squares(3, 1), "every district has an income"),
        ("area", squares(3, 1).assign(area="One"), "do not lie in two areas"),
        ("between", pd.DataFrame(squares(3, 1).drop(columns="geometry")), "no district has a poly"),
        ("elsewhere", squares(3, 1), "'elsewhere' is unknown; known are between"),
    ],
)
def test_places_that_a_city_does_not_have_are_told(places, table, message):
    with pytest.raises(InputError, match=message):
        prediction_distances(table, places=places)


def test_small_clusters_are_dealt_out_along_the_longest_direction():
    place = on_a_line(0, 1, 10, 11, 20, 21, 30, 31)
    cluster = np.array([3, 3, 1, 1, 0, 0, 2, 2])
    fold = dealt_out(place, cluster, 2)
    assert fold[0] == fold[1] == fold[4] == fold[5] != fold[2]
    assert fold[2] == fold[3] == fold[6] == fold[7]


def test_a_large_cluster_has_a_fold_of_its_own():
    place = on_a_line(0, 1, 2, 3, 4, 50, 60, 70, 80)
    cluster = np.array([0, 0, 0, 0, 0, 1, 2, 3, 4])
    fold = dealt_out(place, cluster, 3)
    assert len(set(fold[:5])) == 1
    assert fold[0] not in fold[5:]
    assert set(fold[5:]) == set(range(3)) - {fold[0]}


def test_maps_of_places_among_the_districts_get_random_folds():
    place = np.random.default_rng(0).uniform(0, 10, (200, 2))
    near = np.zeros(500)
    fold = knndm_folds(place, near, n_folds=5, rng=np.random.default_rng(1))
    assert_array_equal(np.bincount(fold), 40)
    assert_array_equal(fold, np.random.default_rng(1).permutation(np.arange(200) % 5))


def test_four_towns_and_a_map_of_a_fifth_hold_out_whole_towns():
    rng = np.random.default_rng(0)
    towns = np.repeat([[0, 0], [30, 0], [0, 30], [30, 30]], 25, axis=0)
    place = towns + rng.uniform(-1, 1, towns.shape)
    fold = knndm_folds(place, np.full(50, 29.0), n_folds=4, rng=rng)
    assert sorted(set(fold)) == [0, 1, 2, 3]
    assert all(len(set(fold[start : start + 25])) == 1 for start in range(0, 100, 25))


@settings(max_examples=15)
# From a mean target at which folds are matched: nearer places get random folds, see above.
@given(seed=st.integers(0, 99), target=st.floats(1.75, 8.0), n_folds=st.integers(2, 6))
def test_matched_folds_are_a_partition_at_least_as_like_the_map_as_random_ones(
    seed, target, n_folds
):
    rng = np.random.default_rng(seed)
    place, wanted = rng.uniform(0, 20, (90, 2)), rng.uniform(0, 2 * target, 60)
    fold = knndm_folds(place, wanted, n_folds=n_folds, rng=rng)
    assert set(fold) == set(range(n_folds))
    matched = wasserstein_distance(held_out_distances(place, fold), wanted)
    shuffled = [
        wasserstein_distance(held_out_distances(place, rng.permutation(fold)), wanted)
        for _ in range(10)
    ]
    assert matched <= np.mean(shuffled) + 0.25


def test_too_many_districts_to_link_are_told(monkeypatch):
    monkeypatch.setattr("incomelens.folds.knndm.MOST_DISTRICTS", 10)
    with pytest.raises(InputError, match=r"links every pair of 11 districts, at most 10 fit"):
        knndm_folds(np.zeros((11, 2)), np.ones(3), n_folds=2, rng=np.random.default_rng(0))


def test_the_scheme_knndm_matches_an_unseen_area_better_than_random_folds_do():
    districts = squares(14, 14)
    folds = {
        scheme: district_folds(districts, scheme=scheme, n_folds=4, n_blocks=8, seed=1)
        for scheme in ("random", "knndm", "area")
    }
    distances, matches = distance_tables(districts, folds)
    of_area = matches[matches["places"] == "area"].set_index("scheme")["wasserstein_km"]
    assert of_area["area"] == 0
    # Half of the city is an area, and a fold may hold a half: the rest lies nearer.
    assert of_area["knndm"] < 0.6 * of_area["random"]
    assert distances.groupby(["kind", "name"]).size().loc[("folds", "knndm")] == 196
    assert set(distances["name"]) == {"random", "knndm", "area", "between"}
