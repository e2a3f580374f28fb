"""Coactivation and gains: by hand, by a slow loop, and with what area alone does to them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.topology.adjustment import adjustment_sums
from incomelens.topology.intensities import fit_intensities
from incomelens.topology.pairs import joint_tiles
from incomelens.topology.ratios import activation_ratio

from . import worlds
from .worlds import appearance_gain, coactivation


def test_coactivation_by_hand():
    ratio = np.array([[3.0], [1.0], [np.nan], [2.0]])
    neighbour = np.array([[True, False], [False, False], [True, False], [True, False]])
    # With v: (3 + 2) / 2; all with u: (3 + 1 + 2) / 3.
    assert_array_equal(coactivation(ratio, neighbour), [[1.25, np.nan]])
    assert_array_equal(joint_tiles(np.isfinite(ratio), neighbour), [[2, 0]])


def test_gain_by_hand():
    low = np.array([True, False, False, True])
    holds = np.array([[True], [True], [True], [False]])
    neighbour = np.array([[True], [True], [False], [True]])
    # P(low | u, v) = 1/2, P(low | u) = 1/3.
    assert_allclose(appearance_gain(low, holds, neighbour), [[1.5]])


def test_no_gain_over_a_class_that_is_nowhere_in_the_group():
    holds = np.ones((3, 1), dtype=bool)
    assert np.isnan(appearance_gain(np.zeros(3, dtype=bool), holds, holds)).all()


def test_coactivation_equals_a_loop_over_pairs():
    rng = np.random.default_rng(1)
    ratio = np.where(rng.random((40, 3)) < 0.5, rng.gamma(1, 1, (40, 3)), np.nan)
    neighbour = rng.random((40, 4)) < 0.3
    found = coactivation(ratio, neighbour)
    for u in range(3):
        for v in range(4):
            some = [r for r, b in zip(ratio[:, u], neighbour[:, v], strict=True) if b and r == r]
            every = [r for r in ratio[:, u] if r == r]
            assert found[u, v] == pytest.approx(np.mean(some) / np.mean(every))


def test_a_neighbour_in_every_tile_coactivates_nothing():
    ratio = np.random.default_rng(0).gamma(1, 1, (9, 2))
    assert_allclose(coactivation(ratio, np.ones((9, 3), dtype=bool)), 1)


def test_pairs_are_not_symmetrical():
    activation, share = worlds.composed_world(np.random.default_rng(0), [3, 1, 1])
    c = coactivation(activation_ratio(activation, share), share > 0)
    assert abs(c[0, 1] - c[1, 0]) > 0.05


@pytest.fixture(scope="module")
def noiseless():
    activation, share = worlds.composed_world(np.random.default_rng(2), [4, 1, 0.5], noise=1e-4)
    ratio = activation_ratio(activation, share)
    return share, ratio, fit_intensities(activation, share)


def test_without_interaction_coactivation_exceeds_one_by_arithmetic(noiseless):
    share, ratio, intensities = noiseless
    sums = adjustment_sums(ratio, share > 0, intensities, (0,))
    plain, expected, adjusted = sums.values(sums.terms.sum(axis=0))
    assert plain[0, 1:].min() > 1.05
    # Noise of 0.01 % is left.
    assert_allclose(expected[0, 1:], plain[0, 1:], rtol=1e-3)
    assert_allclose(adjusted[0, 1:], 1, rtol=1e-3)


def test_sums_of_the_sample_give_its_own_coactivation(noiseless):
    share, ratio, intensities = noiseless
    sums = adjustment_sums(ratio, share > 0, intensities, (2, 0))
    plain, expected, _ = sums.values(sums.terms.sum(axis=0))
    assert_allclose(plain, coactivation(ratio[:, [2, 0]], share > 0))
    rho = intensities.expected_ratio[:, [2, 0]]
    assert_allclose(expected, coactivation(rho, share > 0))


def test_one_step_in_a_resample_comes_near_a_new_fit():
    rng = np.random.default_rng(5)
    activation, share = worlds.composed_world(rng, [4, 1, 0.5], n=400, noise=0.6)
    ratio = activation_ratio(activation, share)
    sums = adjustment_sums(ratio, share > 0, fit_intensities(activation, share), (0, 1, 2))
    fitted = fit_intensities(activation, share).expected_ratio
    apart, stale = [], []
    for _ in range(10):
        drawn = rng.integers(400, size=400)
        _, expected, _ = sums.values(sums.terms[drawn].sum(axis=0))
        refit = fit_intensities(activation[drawn], share[drawn]).expected_ratio
        true = coactivation(refit, share[drawn] > 0)
        old = coactivation(fitted[drawn], share[drawn] > 0)
        apart.append(np.abs(expected - true).max())
        stale.append(np.abs(old - true).max())
    assert np.mean(apart) < 0.4 * np.mean(stale)
