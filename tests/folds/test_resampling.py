"""Resamples: of units and blocks, in pieces, with intervals that say when they do not exist."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ttest_1samp

from incomelens.folds import resampling
from incomelens.folds.resampling import (
    Interval,
    basic_interval,
    block_totals,
    constant_within_folds,
    jackknife_interval,
    percentile_interval,
    resampled_totals,
    times_drawn,
)


def test_blocks_are_summed_in_the_order_of_their_numbers():
    totals = block_totals(np.array([[1.0, 10], [2, 20], [4, 40]]), np.array([7, 3, 7]))
    assert_allclose(totals, [[2, 20], [5, 50]])


@given(n=st.integers(1, 30), seed=st.integers(0, 99))
def test_every_resample_draws_as_many_units_as_there_are(n, seed):
    drawn = np.concatenate(list(times_drawn(n, n_resamples=8, rng=np.random.default_rng(seed))))
    assert_array_equal(drawn.sum(axis=1), np.full(8, n))
    assert drawn.min() >= 0


def test_pieces_make_the_same_resamples_as_one_go(monkeypatch):
    terms = np.random.default_rng(0).normal(size=(20, 3))
    whole = resampled_totals(terms, n_resamples=7, rng=np.random.default_rng(1))
    monkeypatch.setattr(resampling, "WEIGHTS_AT_ONCE", 41)
    pieces = resampled_totals(terms, n_resamples=7, rng=np.random.default_rng(1))
    assert_allclose(pieces, whole)


def test_units_of_a_block_are_drawn_together():
    block = np.repeat([0, 1, 2], [5, 3, 2])
    terms = np.eye(3)[block]
    sums = resampled_totals(terms, n_resamples=50, rng=np.random.default_rng(0), block=block)
    drawn = sums / [5, 3, 2]
    assert_array_equal(drawn, drawn.astype(int))
    assert_array_equal(drawn.sum(axis=1), np.full(50, 3))
    assert drawn.std(axis=0).min() > 0


def test_the_mean_of_resampled_sums_is_the_sum():
    terms = np.random.default_rng(0).normal(5, 1, size=(40, 2))
    sums = resampled_totals(terms, n_resamples=4000, rng=np.random.default_rng(1))
    # Standard error of a resampled sum's mean: sqrt(40 / 4000) SD.
    assert_allclose(sums.mean(axis=0), terms.sum(axis=0), atol=5 * np.sqrt(40 / 4000))
    assert_allclose(sums.std(axis=0), np.sqrt(40) * terms.std(axis=0), rtol=0.1)


def test_percentile_interval_by_hand():
    interval = percentile_interval(np.arange(101.0), level=0.9)
    assert (interval.low, interval.high) == pytest.approx((5, 95))


def test_basic_interval_is_the_percentile_interval_reflected_at_the_score():
    values = np.random.default_rng(0).exponential(size=500)
    percentile, basic = percentile_interval(values), basic_interval(0.7, values)
    assert basic.low == pytest.approx(1.4 - percentile.high)
    assert basic.high == pytest.approx(1.4 - percentile.low)


@pytest.mark.parametrize(("missing", "known"), [(5, True), (6, False), (100, False)])
def test_a_score_missing_in_more_than_one_resample_of_twenty_has_no_interval(missing, known):
    values = np.arange(100.0)
    values[:missing] = np.nan
    assert np.isfinite(percentile_interval(values).low) == known


def without_each(values):
    """Mean of the values without each of them."""
    return (values.sum() - values) / (len(values) - 1)


def test_jackknife_interval_of_one_mean_is_students():
    values = np.random.default_rng(0).normal(3, 2, size=12)
    interval = jackknife_interval(values.mean(), [without_each(values)])
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))


def test_jackknife_interval_of_equal_folds_has_all_their_degrees_of_freedom():
    """Two folds of equal spread: Student's interval with n - 2 degrees of freedom."""
    values = np.array([1.0, 2.0, 4.0, 7.0])
    interval = jackknife_interval(
        values.mean() + 5, [without_each(values), without_each(values + 10)]
    )
    spread = values.std(ddof=1) / np.sqrt(8)
    assert interval.high - interval.low == pytest.approx(2 * 2.4469 * spread, rel=1e-4)


scores_without_one = st.lists(
    arrays(float, st.integers(2, 9), elements=st.floats(-5, 1)), min_size=1, max_size=6
)


@given(value=st.floats(-5, 1), without_one=scores_without_one)
def test_a_jackknife_interval_holds_its_value(value, without_one):
    interval = jackknife_interval(value, without_one)
    assert interval.low <= value <= interval.high


@pytest.mark.parametrize(
    ("value", "fold"), [(np.nan, [1.0, 2.0]), (0.5, [1.0, np.nan]), (0.5, [1.0])]
)
def test_what_a_score_lacks_its_jackknife_interval_lacks(value, fold):
    interval = jackknife_interval(value, [np.array(fold), np.array([0.1, 0.2])])
    assert np.isnan([interval.low, interval.high]).all()


def test_a_score_that_no_unit_changes_has_an_interval_of_no_length():
    assert jackknife_interval(1.0, [np.ones(4), np.ones(4)]) == Interval(1.0, 1.0)


@pytest.mark.parametrize(
    ("predicted", "fold", "constant"),
    [
        ([1.0, 1.0, 2.0, 2.0], [0, 0, 1, 1], True),
        ([0.1 + 0.2, 0.3, 2.0, 2.0], [0, 0, 1, 1], True),  # but for rounding
        ([1.0, 1.1, 2.0, 2.0], [0, 0, 1, 1], False),
        ([1.0, 2.0, 3.0], [0, 1, 2], False),  # one at a time: each fold says nothing
        ([1.0, 1.0, 3.0], [0, 0, 2], True),
        ([0.0, 0.0], [0, 0], True),
    ],
)
def test_predictions_that_differ_between_folds_alone_are_constant(predicted, fold, constant):
    assert constant_within_folds(np.array(predicted), np.array(fold)) is constant
