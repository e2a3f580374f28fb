"""Intervals: by hand and by loop, coverage where the truth is known, too little to resample."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.common.seeds import job_rng
from incomelens.topology.adjustment import adjustment_sums
from incomelens.topology.intensities import fit_intensities
from incomelens.topology.ratios import RatioTerms, activation_ratio
from incomelens.topology.resampling import percentile_intervals, ratio_interval

from . import worlds
from .worlds import coactivation

N_WORLDS = 500


def terms_of(ratio):
    """Terms of a mean of ratios, NaN where the class is absent."""
    known = np.isfinite(ratio)
    return RatioTerms(np.where(known, ratio, 0.0), known.astype(float))


def test_studentised_interval_equals_a_loop_over_the_same_draws():
    rng = np.random.default_rng(0)
    ratio = np.where(rng.random(30) < 0.7, rng.gamma(1, 1, 30), np.nan)
    low_end, high_end = ratio_interval(terms_of(ratio[:, None]), n_resamples=50, seed=4)

    def mean_and_error(values):
        known = values[np.isfinite(values)]
        return known.mean(), known.std() / np.sqrt(len(known))

    value, error = mean_and_error(ratio)
    times = job_rng(4, "tiles").multinomial(30, np.full(30, 1 / 30), size=50)
    t = []
    for drawn in times:
        again, its_error = mean_and_error(np.repeat(ratio, drawn))
        t.append((again - value) / its_error)
    low, high = np.percentile(t, (2.5, 97.5))
    assert low_end[0] == pytest.approx(max(value - high * error, 0))
    assert high_end[0] == pytest.approx(value - low * error)


@pytest.mark.slow
def test_intervals_of_skewed_ratios_cover_the_truth():
    rng = np.random.default_rng(8)
    covered = []
    for _ in range(N_WORLDS):
        present = rng.random((120, 2)) < [0.5, 0.9]
        ratio = np.where(present, rng.gamma(2.0, 0.5, (120, 2)), np.nan)
        low, high = ratio_interval(terms_of(ratio), n_resamples=199, seed=1)
        covered.append((low <= 1) & (high >= 1))
    for column in np.array(covered).T:
        assert worlds.fits_level(~column, 0.05)
        assert 0.93 <= column.mean() <= 0.97


def test_intervals_of_coactivation_and_its_adjustment_cover_the_truth():
    intensity = (3, 1, 0.6, 2)
    rng = np.random.default_rng(6)
    activation, share = worlds.composed_world(rng, intensity, n=200_000)
    ratio = activation_ratio(activation, share)
    truth = coactivation(ratio[:, :1], share > 0)[0, 1:]
    expected = fit_intensities(activation, share).expected_ratio
    true_adjusted = truth / coactivation(expected[:, :1], share > 0)[0, 1:]
    plain, adjusted = [], []
    for seed in range(200):
        activation, share = worlds.composed_world(rng, intensity, n=200)
        ratio, fit = activation_ratio(activation, share), fit_intensities(activation, share)
        sums = adjustment_sums(ratio, share > 0, fit, (0,))
        found = percentile_intervals(
            sums.terms, np.arange(200), sums.values, n_resamples=199, seed=seed
        )
        low, high = found.low[:, 0, 1:], found.high[:, 0, 1:]
        plain.append((low[0] <= truth) & (truth <= high[0]))
        adjusted.append((low[2] <= true_adjusted) & (true_adjusted <= high[2]))
    for held in (np.array(plain), np.array(adjusted)):
        for column in held.T:
            assert worlds.fits_level(~column, 0.05)


def test_the_unit_of_the_terms_plays_no_part():
    ratio = np.random.default_rng(0).gamma(1, 1, (40, 2))
    one, other = (
        ratio_interval(RatioTerms(unit * ratio, unit * np.ones_like(ratio)), n_resamples=30, seed=0)
        for unit in (1.0, 1e6)
    )
    assert_allclose(one, other)


def test_a_ratio_that_is_the_same_everywhere_is_its_own_interval():
    found = ratio_interval(terms_of(np.full((9, 1), 1.0)), n_resamples=30, seed=0)
    assert_array_equal(found, np.ones((2, 1)))


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_resample_gives_no_interval(n):
    terms = RatioTerms(np.ones((n, 2)), np.ones((n, 2)))
    assert np.isnan(ratio_interval(terms, n_resamples=20, seed=0)).all()


def test_a_class_in_one_tile_or_in_none_has_no_interval():
    ratio = np.full((30, 2), np.nan)
    ratio[4, 0] = 2.0
    assert np.isnan(ratio_interval(terms_of(ratio), n_resamples=30, seed=0)).all()
