"""Calibration bins: certainty of the predicted class against how often it is right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.inference.calibration import N_BINS, calibration_terms, reliability
from incomelens.inference.metrics import score


def with_certainty(predicted, certainty):
    probabilities = np.repeat((1 - np.array(certainty))[:, None] / 4, 5, axis=1)
    probabilities[np.arange(len(predicted)), np.array(predicted) - 1] = certainty
    return probabilities


def test_a_case_by_hand():
    observed, predicted = np.array([1, 2, 3, 4]), np.array([1, 3, 3, 4])
    probabilities = with_certainty(predicted, [0.62, 0.66, 0.9, 1.0])
    # Bin 6: certainty 0.64, accuracy 0.5; bin 9: 0.95, 1.
    assert score(observed, predicted, probabilities=probabilities).ece == pytest.approx(
        0.5 * 0.14 + 0.5 * 0.05
    )
    table = reliability(observed, predicted, probabilities)
    assert table["n"].tolist() == [0, 0, 0, 0, 0, 0, 2, 0, 0, 2]
    assert_allclose(table.loc[6, ["mean_certainty", "accuracy"]].astype(float), [0.64, 0.5])
    assert_allclose(table.loc[9, ["certainty_from", "certainty_to"]].astype(float), [0.9, 1.0])
    assert table.loc[0, ["mean_certainty", "accuracy"]].isna().all()


def test_a_certainty_on_the_edge_belongs_to_the_upper_bin_and_one_to_the_last():
    certainty = [0.0, 0.5, 1.0]
    terms = calibration_terms(np.ones(3, int), np.full(3, 2), with_certainty([2, 2, 2], certainty))
    assert_allclose(terms.sum(axis=1), certainty)
    assert terms[1, 5] == 0.5
    assert terms[2, N_BINS - 1] == 1.0


def test_the_certainty_is_that_of_the_predicted_class_even_if_another_is_likelier():
    probabilities = np.array([[0.7, 0.1, 0.1, 0.1, 0.0]])
    assert score(np.array([1]), np.array([2]), probabilities=probabilities).ece == pytest.approx(
        0.1
    )


@given(seed=st.integers(0, 500))
def test_the_table_and_the_score_tell_the_same_error(seed):
    rng = np.random.default_rng(seed)
    observed = rng.integers(1, 6, 50)
    probabilities = rng.dirichlet(np.ones(5), 50)
    predicted = probabilities.argmax(axis=1) + 1
    table = reliability(observed, predicted, probabilities).dropna()
    gap = (table["accuracy"] - table["mean_certainty"]).abs()
    error = np.average(gap, weights=table["n"])
    assert score(observed, predicted, probabilities=probabilities).ece == pytest.approx(error)


def test_a_calibrated_model_has_a_small_error_and_an_overconfident_one_a_large_one():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(5), 20_000)
    observed = 1 + (probabilities.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    predicted = probabilities.argmax(axis=1) + 1
    sharper = probabilities**3 / (probabilities**3).sum(axis=1, keepdims=True)
    assert score(observed, predicted, probabilities=probabilities).ece < 0.02
    assert score(observed, predicted, probabilities=sharper).ece > 0.2
