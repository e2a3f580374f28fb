"""H0 by exchange of maps: equal to a loop, level under any direction, intervals, power, edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.topology.exchange import LogRatios, Stratum, exchanged_ratios, n_blocks_with
from incomelens.topology.hypotheses import joint_p_value, p_values
from incomelens.topology.levels import (
    N_CLASSES,
    Tiles,
    exchange_p,
    paired_sums,
    rejections,
    simulated,
    turned_p,
)
from incomelens.topology.ratios import RatioTerms, mean_terms

from . import worlds

N_WORLDS = 400


def strata_of(tiles, size=10):
    sums, share = paired_sums(tiles)
    n = len(share)
    return [
        Stratum(tile, mean_terms(sums[np.ix_(tile, tile)], share[tile]))
        for tile in np.array_split(np.arange(n), n // size)
    ]


def exchanged(tiles, *, n_draws=99, seed=0, **options):
    rng = np.random.default_rng(seed)
    strata = strata_of(tiles, **options)
    return exchanged_ratios(strata, tiles.block, n_draws=n_draws, n_classes=N_CLASSES, rng=rng)


def small_city(seed=0, n=40, **options):
    rng = np.random.default_rng(seed)
    return Tiles(worlds.maps(rng, n, **options), worlds.land(rng, n), np.arange(n) // 4)


def test_the_observation_equals_a_loop_over_tiles_and_their_partners():
    tiles = small_city()
    found = exchanged(tiles)
    sums, share = paired_sums(tiles)
    ratio = sums / np.where(share > 0, share * sums.sum(axis=2, keepdims=True), 1)
    own, others = [], []
    for stratum in np.array_split(np.arange(40), 4):
        for land in stratum:
            own.append(np.where(share[land] > 0, ratio[land, land], np.nan))
            partners = ratio[[i for i in stratum if i != land], land]
            others.append(np.where(share[land] > 0, partners.mean(axis=0), np.nan))
    own, others = np.array(own), np.array(others)
    x, expected = np.nanmean(own, axis=0), np.nanmean(others, axis=0)
    assert_allclose(found.expected, expected)
    assert_allclose(np.exp(found.value[0]), x / expected)
    influence = np.nan_to_num(own / x - others / expected)
    by_block = influence.reshape(10, 4, -1).sum(axis=1)
    present = (share.reshape(10, 4, -1) > 0).any(axis=1).sum(axis=0)
    error = np.sqrt((by_block**2).sum(axis=0) * present / (present - 1)) / (share > 0).sum(axis=0)
    assert_allclose(found.error[0], error)


def test_maps_are_exchanged_within_strata_alone():
    rng = np.random.default_rng(0)
    apart = Tiles(worlds.maps(rng, 4), rng.integers(N_CLASSES, size=(4, 64)), np.arange(4))
    # Two strata of two: each as it is or swapped.
    assert len(np.unique(exchanged(apart, size=2).value[:, 0].round(12))) == 4
    assert len(np.unique(exchanged(apart, size=4).value[:, 0].round(12))) > 4


def test_the_same_seed_draws_the_same_whatever_the_terms():
    tiles = small_city()
    double = Tiles(2 * tiles.maps, tiles.land, tiles.block)
    assert_allclose(exchanged(tiles).value, exchanged(double).value, atol=1e-12)


def test_joined_draws_keep_one_observation():
    one, more = exchanged(small_city(), n_draws=9), exchanged(small_city(), n_draws=20, seed=1)
    both = one.joined(more)
    assert both.value.shape == (30, N_CLASSES)
    assert_array_equal(both.value[:10], one.value)
    assert_array_equal(both.error[10:], more.error[1:])


@given(seed=st.integers(0, 300), level=st.sampled_from([0.05, 0.2, 0.5]))
def test_the_interval_leaves_out_what_is_expected_exactly_where_p_is_at_most_the_level(seed, level):
    found = exchanged(small_city(seed, 20), n_draws=39)
    low, high = found.interval(level=level)
    outside = (found.expected < low) | (found.expected > high)
    assert_array_equal(outside, p_values(found.studentised) <= level)
    ratio = found.expected * np.exp(found.value[0])
    assert ((low <= ratio) & (ratio <= high)).all()


@pytest.mark.parametrize("coast", [False, True])
@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("alike", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_true_nulls_are_rejected_as_often_as_stated(directed, coast, alike):
    world = simulated(directed=directed, coast=coast, alike=alike)
    n_worlds = N_WORLDS if directed and coast else N_WORLDS // 2
    (rejected,) = rejections(world, exchange_p, n_worlds=n_worlds, seed=5)
    for column in rejected.T:
        assert worlds.fits_level(column, 0.05)
    assert 0.03 <= rejected[:, :-1].mean() <= 0.07


def test_turning_maps_rejects_true_nulls_where_maps_and_land_have_a_direction():
    world = simulated(directed=True, coast=True, alike=False)
    (rejected,) = rejections(world, turned_p, n_worlds=50)
    # Class 0 is the sea, in the south of every other tile.
    assert rejected[:, 0].mean() > 0.3
    assert worlds.rejects_too_often(rejected[:, -1], 0.05)


def test_a_class_with_more_activation_is_found_and_named():
    tiles = small_city(3, 80)
    lit = tiles.maps * np.where(tiles.land.reshape(tiles.maps.shape) == 2, 2.0, 1.0)
    found = exchanged(Tiles(lit, tiles.land, tiles.block), n_draws=199)
    p = p_values(found.studentised)
    assert p[2] == 1 / 200
    assert found.value[0, 2] > 0.2
    assert joint_p_value(found.studentised) <= 0.01


@pytest.mark.slow
def test_intervals_miss_the_true_ratio_of_an_activated_class_as_often_as_stated():
    rng = np.random.default_rng(3)
    held = []
    for _ in range(N_WORLDS):
        tiles = small_city(int(rng.integers(2**31)), 80)
        lit = tiles.maps * np.where(tiles.land.reshape(tiles.maps.shape) == 2, 2.0, 1.0)
        found = exchanged(Tiles(lit, tiles.land, tiles.block), n_draws=199, size=32)
        held.append((found.interval(), found.value[0, 2], found.expected[2]))
    # The truth: over so many worlds the mean of log(x / E).
    truth = np.mean([value for _, value, _ in held])
    missed = [
        not low[2] <= expected * np.exp(truth) <= high[2] for (low, high), _, expected in held
    ]
    assert worlds.fits_level(missed, 0.05)


def test_tiles_without_a_partner_and_no_tiles_at_all_give_no_test():
    told = {"n_draws": 9, "n_classes": N_CLASSES, "rng": np.random.default_rng(0)}
    assert np.isnan(exchanged_ratios([], np.zeros(0, dtype=int), **told).value).all()
    lonely = Stratum(np.array([0]), RatioTerms(np.ones((1, 1, 5)), np.ones((1, 1, 5))))
    found = exchanged_ratios([lonely], np.array([0]), **told)
    assert found.value.shape == (10, N_CLASSES)
    assert np.isnan(found.studentised).all()
    assert np.isnan(found.interval()).all()


def test_a_single_block_gives_no_test():
    tiles = small_city()
    found = exchanged(Tiles(tiles.maps, tiles.land, np.zeros(40, dtype=int)))
    assert np.isnan(found.value).all()


def test_silent_maps_say_nothing():
    tiles = small_city()
    maps = tiles.maps.copy()
    maps[::2] = 0
    found = exchanged(Tiles(maps, tiles.land, tiles.block))
    assert np.isfinite(found.value).all()
    silent = exchanged(Tiles(0 * maps, tiles.land, tiles.block))
    assert np.isnan(silent.value).all()


def test_a_class_that_is_never_activated_lies_infinitely_low():
    found = LogRatios(
        np.array([[-np.inf], [0.1], [-0.2]]), np.array([[np.nan], [1.0], [1.0]]), np.array([1.0])
    )
    assert_array_equal(found.studentised[:, 0], [np.inf, 0.1, 0.2])
    assert p_values(found.studentised)[0] == 1 / 3
    assert np.isnan(found.interval()).all()


def test_blocks_of_a_class_are_counted_once():
    terms = RatioTerms(np.zeros((4, 2)), np.array([[1, 0], [1, 0], [0, 0], [1, 1]]))
    assert_array_equal(n_blocks_with(terms, np.array([7, 7, 8, 9])), [2, 1])
