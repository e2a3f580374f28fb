"""Intensities: found again where they are known, by two ways of fitting, and always finite."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from incomelens.topology.intensities import expected_ratios, fit_intensities
from incomelens.topology.ratios import activation_ratio

from . import worlds


def test_expected_ratios_by_hand():
    # 0.5 * 3 + 0.5 * 1 = 2.
    assert_allclose(expected_ratios(np.array([3.0, 1.0]), np.array([[0.5, 0.5]])), [[1.5, 0.5]])


def test_known_intensities_are_found_up_to_their_scale():
    true = np.array([4.0, 1.0, 0.25])
    activation, share = worlds.composed_world(np.random.default_rng(0), true, noise=1e-3)
    fit = fit_intensities(activation, share)
    assert_allclose(fit.value / fit.value[1], true, rtol=0.01)
    assert_allclose(fit.expected_ratio, activation_ratio(activation, share), rtol=0.02)


def test_newton_ends_where_proportional_fitting_and_an_optimiser_end():
    rng = np.random.default_rng(1)
    activation, share = worlds.composed_world(rng, [3, 1, 1, 0.2], n=60)
    observed = activation / activation.sum(axis=1, keepdims=True)
    scaled = np.ones(4)
    for _ in range(3000):
        scaled *= observed.sum(axis=0) / (share * scaled / (share @ scaled)[:, None]).sum(axis=0)
    best = minimize(lambda log: (np.log(share @ np.exp(log)) - observed @ log).sum(), np.zeros(4)).x
    value = fit_intensities(activation, share).value
    # The imaginary tile of the prior weighs 0.001 of 60.
    assert_allclose(value / value[0], scaled / scaled[0], rtol=1e-3)
    assert_allclose(np.exp(best - best[0]), scaled / scaled[0], rtol=1e-3)


@given(seed=st.integers(0, 50))
def test_every_class_has_as_much_activation_as_expected(seed):
    activation, share = worlds.composed_world(np.random.default_rng(seed), [3, 1, 0.3], n=30)
    fit = fit_intensities(activation, share)
    assert_allclose(fit.expected_share.sum(axis=1), 1)
    # But for the prior's thousandth of a tile.
    assert np.abs(fit.score.sum(axis=0)).max() < 1e-3


def test_units_and_scales_of_single_tiles_play_no_part():
    rng = np.random.default_rng(0)
    activation, share = worlds.composed_world(rng, [3, 1, 0.3], n=30)
    scale = rng.gamma(1, 1, (30, 1))
    assert_allclose(
        fit_intensities(activation, share).value, fit_intensities(scale * activation, share).value
    )


def test_classes_that_take_everything_or_nothing_stay_finite():
    share = np.array([[0.5, 0.5, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 1, 0]])
    fit = fit_intensities(np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1, 0]]), share)
    assert np.isfinite(fit.value[:3]).all()
    assert np.isnan(fit.value[3])
    assert_allclose(fit.expected_share[:2].max(axis=1), 1, atol=0.01)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_silent_tiles_have_even_expectations(n):
    fit = fit_intensities(np.zeros((n, 2)), np.full((n, 2), 0.5))
    assert_allclose(fit.expected_ratio, np.ones((n, 2)))
    assert_allclose(fit.score, 0)
