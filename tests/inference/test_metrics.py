"""Scores of classes by hand, against scikit-learn and scipy, and where they do not exist."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score, cohen_kappa_score, mean_absolute_error

from incomelens.common.errors import InputError
from incomelens.inference.metrics import METRICS, score, score_terms, scores_from_totals

classes = arrays(np.int64, 30, elements=st.integers(1, 5))
weights = arrays(float, (30, 5), elements=st.floats(0.01, 1))


def certain(predicted):
    return np.eye(5)[predicted - 1]


def test_a_case_by_hand():
    observed, predicted = np.array([1, 2, 3, 5]), np.array([1, 3, 3, 2])
    scores = score(observed, predicted)
    assert scores.n == 4
    assert scores.accuracy == 0.5
    assert scores.accuracy_within_1 == 0.75
    assert scores.mae == 1.0
    # Means 11/4 and 9/4; co-spread 26/4 − 99/16, spreads 35/16 and 11/16.
    assert scores.pearson_r == pytest.approx((5 / 16) / np.sqrt(35 / 16 * 11 / 16))
    assert scores.kappa_quadratic == pytest.approx(1 - (10 / 4) / (35 / 16 + 11 / 16 + 4 / 16))
    assert np.isnan(scores.rps)
    assert np.isnan(scores.pearson_r_expected)


@settings(max_examples=40)
@given(observed=classes, predicted=classes)
def test_scores_equal_those_of_scikit_learn_and_scipy(observed, predicted):
    assume(len(np.unique(observed)) > 1 and len(np.unique(predicted)) > 1)
    scores = score(observed, predicted)
    assert scores.accuracy == pytest.approx(accuracy_score(observed, predicted))
    assert scores.mae == pytest.approx(mean_absolute_error(observed, predicted))
    assert scores.pearson_r == pytest.approx(pearsonr(observed, predicted).statistic, abs=1e-9)
    # Its weights count the labels that it knows of, so it must know of all.
    kappa = cohen_kappa_score(observed, predicted, weights="quadratic", labels=range(1, 6))
    assert scores.kappa_quadratic == pytest.approx(kappa, abs=1e-9)


@settings(max_examples=40)
@given(observed=classes, predicted=classes)
def test_a_model_that_is_always_certain_has_the_error_of_its_classes(observed, predicted):
    """Ranked probability score = MAE / 4; calibration error = share of errors; r of p = r."""
    p = (predicted - 1) / 4
    scores = score(observed, predicted, p=p, probabilities=certain(predicted))
    assert scores.rps == pytest.approx(scores.mae / 4)
    assert scores.ece == pytest.approx(1 - scores.accuracy)
    assert_allclose(scores.pearson_r_expected, scores.pearson_r, atol=1e-9)


@settings(max_examples=40)
@given(observed=classes, weight=weights)
def test_the_correlation_of_expected_classes_is_scipys(observed, weight):
    assume(len(np.unique(observed)) > 1)
    p = weight[:, 0]
    assume(p.std() > 1e-3)
    found = score(observed, np.full(30, 2), p=p).pearson_r_expected
    assert found == pytest.approx(pearsonr(observed, p).statistic, abs=1e-9)


def test_ranked_probability_score_by_hand():
    probabilities = np.array([[0.1, 0.2, 0.4, 0.2, 0.1]])
    scores = score(np.array([2]), np.array([3]), probabilities=probabilities)
    assert scores.rps == pytest.approx((0.1**2 + 0.7**2 + 0.3**2 + 0.1**2) / 4)


@settings(max_examples=40)
@given(observed=classes, predicted=classes, weight=weights)
def test_turning_the_classes_round_changes_no_score(observed, predicted, weight):
    probabilities = weight / weight.sum(axis=1, keepdims=True)
    p = probabilities @ np.arange(5) / 4
    one = score(observed, predicted, p=p, probabilities=probabilities)
    other = score(6 - observed, 6 - predicted, p=1 - p, probabilities=probabilities[:, ::-1])
    for name in METRICS:
        assert_allclose(getattr(one, name), getattr(other, name), atol=1e-9)


@settings(max_examples=40)
@given(observed=classes, predicted=classes, times=arrays(int, 30, elements=st.integers(0, 3)))
def test_drawing_a_cell_twice_is_having_it_twice(observed, predicted, times):
    assume(times.sum() > 0)
    drawn = scores_from_totals(times[None, :] @ score_terms(observed, predicted))
    repeated = score(np.repeat(observed, times), np.repeat(predicted, times))
    for name in METRICS:
        assert_allclose(drawn[name][0], getattr(repeated, name), atol=1e-9)


def test_a_constant_prediction_has_no_correlation_but_a_kappa_of_zero():
    scores = score(np.array([1, 2, 3, 4, 5]), np.full(5, 3), p=np.full(5, 0.5))
    assert np.isnan(scores.pearson_r)
    assert np.isnan(scores.pearson_r_expected)
    assert scores.kappa_quadratic == pytest.approx(0)
    assert scores.accuracy == 0.2
    assert scores.mae == pytest.approx(6 / 5)


def test_one_class_on_both_sides_has_neither_correlation_nor_kappa():
    scores = score(np.full(4, 2), np.full(4, 2))
    assert np.isnan(scores.pearson_r)
    assert np.isnan(scores.kappa_quadratic)
    assert scores.accuracy == 1


def test_a_missing_class_leaves_the_other_scores_alone():
    scores = score(np.array([1, 2, 4, 5]), np.array([1, 2, 4, 4]))
    assert np.isfinite([scores.pearson_r, scores.kappa_quadratic, scores.accuracy]).all()


def test_one_cell_can_be_scored():
    scores = score(np.array([4]), np.array([5]))
    assert scores.accuracy_within_1 == 1
    assert np.isnan(scores.pearson_r)


def test_sums_without_any_cell_have_no_score():
    values = scores_from_totals(np.zeros((1, score_terms(np.array([1]), np.array([1])).shape[1])))
    assert all(np.isnan(value[0]) for value in values.values())


@pytest.mark.parametrize(
    ("observed", "predicted", "options", "message"),
    [
        ([], [], {}, "no cell to score"),
        ([1, 2], [1], {}, "2 observed classes but 1 of predicted"),
        ([0, 1], [1, 1], {}, r"observed class 0 in row 0 \(1 of 2 rows\) is not one of 1..5"),
        ([1, 2], [1, 6], {}, "predicted class 6 in row 1"),
        ([1], [1], {"p": np.ones(2)}, "1 observed classes but 2 of p"),
        ([1], [1], {"probabilities": np.full((1, 5), 0.1)}, "row 0 sum to 0.5 over 5"),
        ([1], [1], {"probabilities": np.full((1, 4), 0.25)}, "sum to 1 over 4 classes"),
        ([1], [1], {"probabilities": np.full((1, 5), np.nan)}, "sum to nan"),
    ],
)
def test_what_cannot_be_scored_is_named(observed, predicted, options, message):
    observed, predicted = (np.array(values, dtype=np.int64) for values in (observed, predicted))
    with pytest.raises(InputError, match=message):
        score(observed, predicted, **options)
