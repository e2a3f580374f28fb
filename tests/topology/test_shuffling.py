"""H1 by shuffling neighbours: level without interaction, power with one, exact edges."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from incomelens.topology.hypotheses import deviations, p_values
from incomelens.topology.intensities import fit_intensities
from incomelens.topology.ratios import activation_ratio, quotient
from incomelens.topology.shuffling import permuted_contrasts, standardised_difference, strata

from . import worlds

N_WORLDS = 500
N_DRAWS = 99
INTENSITY = (3, 1, 0.6, 2, 0.3, 1)


def h1(activation, share, rng, *, block=None):
    """P of the adjusted contrasts of class 0 beside each of the others."""
    fit = fit_intensities(activation, share)
    value = quotient(activation_ratio(activation, share), fit.expected_ratio)[:, 0]
    return shuffled_p(value, share, rng, stratum=strata(share[:, 0]), block=block)


def shuffle(value, neighbour, stratum, *, n_draws, block=None):
    return permuted_contrasts(
        value,
        neighbour,
        stratum=stratum,
        block=np.arange(len(value)) if block is None else block,
        n_draws=n_draws,
        rng=np.random.default_rng(0),
    )


def shuffled_p(value, share, rng, *, stratum=None, block=None):
    n = len(value)
    drawn = permuted_contrasts(
        value,
        share[:, 1:] > 0,
        stratum=np.zeros(n, dtype=np.int64) if stratum is None else stratum,
        block=np.arange(n) if block is None else block,
        n_draws=N_DRAWS,
        rng=rng,
    )
    return p_values(deviations(drawn))


@pytest.fixture(scope="module")
def h1_null():
    """P of the adjusted and of the plain test over worlds of constant, unequal intensities."""
    rng = np.random.default_rng(23)
    adjusted, plain = [], []
    for _ in range(N_WORLDS):
        activation, share = worlds.composed_world(rng, INTENSITY, n=120)
        adjusted.append(h1(activation, share, rng))
        plain.append(shuffled_p(activation_ratio(activation, share)[:, 0], share, rng))
    return np.array(adjusted), np.array(plain)


@pytest.mark.slow
def test_adjusted_p_values_are_uniform_without_interaction(h1_null):
    adjusted, _ = h1_null
    spread = adjusted - np.random.default_rng(0).random(adjusted.shape) / (N_DRAWS + 1)
    for column in spread.T:
        assert stats.kstest(column, "uniform").pvalue > 0.001
        assert worlds.fits_level(column <= 0.05, 0.05)


@pytest.mark.slow
def test_plain_coactivation_rejects_without_any_interaction(h1_null):
    _, plain = h1_null
    assert np.mean(plain <= 0.05) > 0.2


def test_a_planted_interaction_is_found_beside_its_neighbour_alone():
    rng = np.random.default_rng(4)
    found = []
    for _ in range(20):
        activation, share = worlds.composed_world(rng, [2, 1, 1], n=200, interaction=2.0)
        found.append(h1(activation, share, rng) <= 0.05)
    assert np.mean(found, axis=0)[0] > 0.8
    assert np.mean(found, axis=0)[1] < 0.4


@pytest.fixture(scope="module")
def h1_spatial():
    """P with and without blocks over worlds whose neighbouring tiles are alike, no interaction."""
    rng = np.random.default_rng(29)
    blocks, tiles = [], []
    for _ in range(200):
        world = worlds.spatial_world(rng, INTENSITY)
        blocks.append(h1(world.activation_sum, world.area_share, rng, block=world.block))
        tiles.append(h1(world.activation_sum, world.area_share, rng))
    return np.array(blocks), np.array(tiles)


def test_blocks_keep_the_level_where_neighbouring_tiles_are_alike(h1_spatial):
    blocks, _ = h1_spatial
    for column in blocks.T:
        assert not worlds.rejects_too_often(column <= 0.05, 0.05)


def test_single_tiles_reject_where_neighbouring_tiles_are_alike(h1_spatial):
    _, tiles = h1_spatial
    assert all(worlds.rejects_too_often(column <= 0.05, 0.05) for column in tiles.T)


def test_contrast_by_blocks_equals_a_loop():
    rng = np.random.default_rng(2)
    value, neighbour, block = rng.gamma(1, 1, 30), rng.random(30) < 0.4, rng.integers(5, size=30)
    one = np.zeros(30, dtype=np.int64)
    found = shuffle(value, neighbour[:, None], one, n_draws=0, block=block)[0, 0]
    means = {side: value[neighbour == side].mean() for side in (True, False)}
    square = 0.0
    for number in range(5):
        with_v = value[(block == number) & neighbour] - means[True]
        without = value[(block == number) & ~neighbour] - means[False]
        square += (with_v.sum() / neighbour.sum() - without.sum() / (~neighbour).sum()) ** 2
    assert found == pytest.approx((means[True] - means[False]) / np.sqrt(square))


def test_pieces_of_draws_make_the_same_shuffles_as_one_go(monkeypatch):
    rng = np.random.default_rng(0)
    value, neighbour = rng.gamma(1, 1, 60), rng.random((60, 2)) < 0.4
    whole = shuffle(value, neighbour, strata(value / 9), n_draws=3)
    monkeypatch.setattr("incomelens.topology.shuffling.DRAWS_AT_ONCE", 200)
    # The pieces draw in another order; the observation and the shape are the same.
    pieces = shuffle(value, neighbour, strata(value / 9), n_draws=3)
    assert pieces.shape == whole.shape
    assert_allclose(pieces[0], whole[0])


def test_contrast_is_welch_t_within_rounding_of_its_divisors():
    rng = np.random.default_rng(0)
    value, neighbour = rng.gamma(1, 1, 400), rng.random((400, 2)) < 0.3
    one = np.zeros(400, dtype=np.int64)
    observed = shuffle(value, neighbour, one, n_draws=0)[0]
    for column, t in zip(neighbour.T, observed, strict=True):
        welch = stats.ttest_ind(value[column], value[~column], equal_var=False).statistic
        # Variances over n instead of n - 1.
        assert t == pytest.approx(welch, rel=0.01)


def test_shuffling_keeps_to_strata():
    # Within strata nothing varies, so shuffling within them can change nothing.
    value, stratum = np.repeat([1.0, 5.0], 20), np.repeat([0, 1], 20)
    neighbour = (np.arange(40) % 3 == 0)[:, None]
    drawn = shuffle(value, neighbour, stratum, n_draws=9)
    assert_array_equal(drawn, np.zeros((10, 1)))
    value += np.where(np.arange(40) == 39, 1.0, 0.0)
    single = (np.arange(40) < 20)[:, None]
    drawn = shuffle(value, single, stratum, n_draws=9)
    assert_allclose(drawn, np.broadcast_to(drawn[0], drawn.shape))


def test_neighbours_of_all_tiles_or_none_have_p_one():
    value = np.random.default_rng(0).gamma(1, 1, 30)
    neighbour = np.column_stack([np.ones(30), np.zeros(30)]).astype(bool)
    one = np.zeros(30, dtype=np.int64)
    drawn = shuffle(value, neighbour, one, n_draws=19)
    assert_array_equal(p_values(deviations(drawn)), [1, 1])
    assert_array_equal(standardised_difference(value, neighbour, one), [0, 0])


def test_effect_size_is_a_difference_in_standard_deviations():
    value = np.array([1.0, 1.0, 3.0, 3.0])
    found = standardised_difference(value, value[:, None] > 2, np.zeros(4, dtype=np.int64))
    assert_allclose(found, [2.0])


def test_strata_hold_twenty_tiles_and_keep_filled_tiles_apart():
    share = np.concatenate([np.linspace(0.01, 0.99, 100), np.ones(7)])
    stratum = strata(share)
    assert_array_equal(np.bincount(stratum), [20, 20, 20, 20, 20, 7])
    assert (np.diff(stratum) >= 0).all()
    assert_array_equal(strata(np.full(5, 0.4)), np.zeros(5))
    assert strata(np.linspace(0, 0.9, 5000)).max() == 9
