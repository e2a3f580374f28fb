"""Folds of cells that are no European grid: the same rules, in metres, and within an area."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.folds.cells import assign_city_folds, default_block_km
from incomelens.folds.training import inner_split, training_cells
from incomelens.folds.variogram import empirical_variogram, without_trend

from .test_cells import city

SIDE = 150.0


def chips(n=120, *, seed=0, areas=2, apart=60_000.0, crs=32719):
    """Chips strewn over areas far apart, some overlapping, richer in patches, of two sizes."""
    rng = np.random.default_rng(seed)
    area = np.arange(n) % areas
    west, south = rng.uniform(0, 3000, (2, n))
    side = np.where(rng.random(n) < 0.5, SIDE, 1.2 * SIDE)
    income = 30_000 + 5_000 * np.sin(west / 500) + 3_000 * np.cos(south / 400)
    west, south = west + apart * area, south + 6_000_000
    return gpd.GeoDataFrame(
        {
            "cell_id": [f"chip_{number:03d}" for number in range(n)],
            "income": income + rng.normal(0, 500, n),
            "area": [f"city_{number}" for number in area],
        },
        geometry=shapely.box(west, south, west + side, south + side),
        crs=crs,
    )


def squares(cells):
    """Shapes of cells that so far only their ids tell, and other ids in the same order."""
    place = cells["cell_id"].str.extract(r"N(\d+)E(\d+)").astype(float).to_numpy()
    shapes = shapely.box(place[:, 1], place[:, 0], place[:, 1] + 200, place[:, 0] + 200)
    order = cells["cell_id"].rank().astype(int)
    ids = [f"square_{number:05d}" for number in order]
    return gpd.GeoDataFrame(cells.assign(cell_id=ids), geometry=shapes, crs=3035)


@pytest.mark.parametrize("scheme", ["random", "block"])
def test_the_names_of_squares_do_not_decide_their_folds(scheme):
    cells = city(16, 14).drop(columns=["area", "unit"], errors="ignore")
    options = {"scheme": scheme, "n_folds": 3, "seed": 1}
    by_id, by_shape = (assign_city_folds(one, **options) for one in (cells, squares(cells)))
    numbers = ["income_class", "fold", "block"]
    pd.testing.assert_frame_equal(by_shape[numbers], by_id[numbers])
    assert list(by_id) == ["cell_id", *numbers]
    assert list(by_shape) == ["cell_id", *numbers, "geometry"]
    for fold in range(3):
        asked = {"fold": fold, "scheme": scheme}
        known = (training_cells(folds, **asked) for folds in (by_id, by_shape))
        assert_array_equal(*known)
        splits = [inner_split(folds, seed=1, **asked) for folds in (by_id, by_shape)]
        assert_array_equal(splits[0].train, splits[1].train)


@pytest.fixture(scope="module")
def folds():
    return assign_city_folds(chips(), scheme="block", n_folds=3, seed=1, block_km=0.75)


def test_no_chip_is_learnt_from_beside_one_that_is_scored(folds):
    typical = np.sqrt(np.median(folds.area))
    for fold in range(3):
        split = inner_split(folds, fold=fold, scheme="block", seed=1)
        held_out = (folds["fold"] == fold).to_numpy()
        for scored in (held_out, split.validation):
            others = folds.geometry[split.train]
            nearest = others.distance(folds.geometry[scored].union_all())
            assert nearest.min() > typical / 2


def test_a_wider_strip_leaves_fewer_chips_and_none_keeps_those_that_do_not_overlap(folds):
    left = [training_cells(folds, fold=0, scheme="block", buffer_cells=width) for width in range(4)]
    counts = [known.sum() for known in left]
    assert counts == sorted(counts, reverse=True)
    held_out = folds.geometry[folds["fold"] == 0].union_all()
    overlap = folds.intersection(held_out).area > 0.02 * folds.area
    assert not (left[0] & overlap).any()


def test_default_blocks_of_chips_follow_the_range_within_areas():
    near, far = (
        default_block_km(chips(apart=apart), n_folds=3, seed=1) for apart in (10_000, 90_000)
    )
    assert near == far
    assert 3 * SIDE / 1000 <= near <= 3


# --- Variograms of several areas


def two_areas(n=60, *, apart=500.0):
    rng = np.random.default_rng(0)
    place = rng.uniform(0, 5, (n, 2))
    area = np.where(np.arange(n) % 2, "a", "b").astype(object)
    place[area == "b", 0] += apart
    return place, rng.normal(0, 1, n) + 100 * (area == "b"), area


def test_pairs_across_areas_are_in_no_variogram():
    place, value, area = two_areas()
    told = empirical_variogram(place, value, area=area, rng=np.random.default_rng(0))
    assert told.distance_km.max() < 5
    assert told.semivariance.max() < 10
    inside = [np.flatnonzero(area == name) for name in ("a", "b")]
    assert told.n_pairs.sum() < sum(len(rows) * (len(rows) - 1) // 2 for rows in inside)


def test_every_area_has_a_trend_of_its_own_and_a_small_one_its_mean_alone():
    place, value, area = two_areas()
    area[:5] = "c"
    residual = without_trend(place, value, area=area)
    for name in ("a", "b", "c"):
        assert_allclose(residual[area == name].mean(), 0, atol=1e-9)
    few = area == "c"
    assert_allclose(residual[few], value[few] - value[few].mean())
    alone = area == "a"
    assert_allclose(residual[alone], without_trend(place[alone], value[alone]))
