"""The corrected resampled t test: by hand, what it implies, and how often it errs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest

from incomelens.folds.comparison import fold_difference

scores = arrays(float, 5, elements=st.floats(-1, 1).map(lambda value: round(value, 3)))


def test_difference_by_hand():
    mean, interval, p_value = fold_difference([0.5, 0.7, 0.6], [0.4, 0.5, 0.3])
    assert mean == pytest.approx(0.2)
    # s² = 0.01, (1/3 + 1/2) s² = 0.00833, t(2; 0.975) = 4.3027
    assert interval.high - mean == pytest.approx(4.302653 * np.sqrt(0.01 * 5 / 6))
    assert p_value == pytest.approx(0.160, abs=0.001)


@given(own=scores, other=scores)
def test_models_change_places(own, other):
    mean, interval, p_value = fold_difference(own, other)
    back, of_back, p_back = fold_difference(other, own)
    assert (mean, interval.low, p_value) == pytest.approx((-back, -of_back.high, p_back))


@given(own=scores, other=scores)
def test_interval_and_p_say_the_same(own, other):
    _, interval, p_value = fold_difference(own, other)
    if abs(p_value - 0.05) > 1e-6:
        assert (p_value < 0.05) == (interval.low > 0 or interval.high < 0)


def test_a_missing_fold_does_not_count_and_one_fold_says_nothing():
    assert fold_difference([1, np.nan, 3], [0, 5, 1]) == fold_difference([1, 3], [0, 1])
    mean, interval, p_value = fold_difference([1.0], [0.5])
    assert mean == 0.5
    assert np.isnan([interval.low, interval.high, p_value]).all()


def test_the_same_difference_everywhere_is_certain_and_none_is_none():
    assert fold_difference([1, 2, 3], [0.5, 1.5, 2.5])[2] == 0
    assert fold_difference([1, 2, 3], [1, 2, 3])[2] == 1


def test_equal_models_on_overlapping_folds_are_told_apart_in_one_of_twenty_at_most():
    rng = np.random.default_rng(0)
    n_trials, k = 1000, 5
    # Differences of folds that share a part, as correlated as the correction assumes: 1 / k.
    shared = rng.normal(size=(n_trials, 1)) * np.sqrt(1 / k)
    d = shared + rng.normal(size=(n_trials, k)) * np.sqrt(1 - 1 / k)
    n_wrong = sum(fold_difference(row, np.zeros(k))[2] < 0.05 for row in d)
    assert binomtest(n_wrong, n_trials, 0.05).pvalue > 0.001
