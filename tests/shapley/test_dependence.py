"""Partial dependence against its definition, the Shapley game and the posterior covariance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.shapley.dependence import Posterior
from incomelens.shapley.inputs import SumMean, merged_players
from incomelens.shapley.values import shapley_values

from .test_sums import NOISE, PLACE, covariance, drawn_background, drawn_sum


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    columns=st.sampled_from([(0,), (2,), (3,), (3, 4), (4, 3)]),
)
def test_effect_and_variance_are_those_of_the_difference_from_the_background(seed, columns):
    rng = np.random.default_rng(seed)
    model, background = drawn_sum(rng), drawn_background(rng)
    places = rng.normal(size=(2, len(columns)))
    found = Posterior(model, background, NOISE).partial_dependence(columns, places)
    train, weights = model.train_inputs, np.r_[background.weights, -background.weights]
    noisy = covariance(model, train, train) + NOISE * np.eye(len(train))
    for i, place in enumerate(places):
        moved = background.points.copy()
        moved[:, columns] = place
        where = np.vstack([moved, background.points])
        cross = weights @ covariance(model, where, train)
        prior = weights @ covariance(model, where, where) @ weights
        variance = prior - cross @ np.linalg.solve(noisy, cross)
        assert_allclose(found.mean[i], weights @ model.predict(where), rtol=0, atol=1e-8)
        assert_allclose(found.variance[i], variance, rtol=0, atol=1e-8)


def test_terms_add_up_and_each_is_the_posterior_of_the_sum_without_the_others():
    rng = np.random.default_rng(3)
    model, background = drawn_sum(rng), drawn_background(rng)
    places = rng.normal(size=(3, 1))
    found = Posterior(model, background, NOISE).partial_dependence((1,), places)
    assert found.terms[0] == "linear"
    assert_allclose(found.term_mean.sum(axis=1), found.mean, rtol=0, atol=1e-12)
    away = places - background.weights @ background.points[:, 1:2]
    assert_allclose(found.term_mean[:, 0], away[:, 0] * model.slope[1], rtol=0, atol=1e-12)
    # The slope is a Gaussian variable: its variance times the square of the distance.
    train = model.train_inputs
    noisy = covariance(model, train, train) + NOISE * np.eye(len(train))
    v = model.linear_variance[1]
    slope_variance = v - v**2 * train[:, 1] @ np.linalg.solve(noisy, train[:, 1])
    assert_allclose(found.term_variance[:, 0], away[:, 0] ** 2 * slope_variance, atol=1e-12)


def test_of_a_model_without_interactions_it_is_the_shapley_value():
    rng = np.random.default_rng(4)
    whole, background = drawn_sum(rng), drawn_background(rng)
    # Linear, and the two columns of the place as one player.
    model = SumMean(whole.train_inputs, whole.alpha, whole.parts[1:2], whole.linear_variance)
    players = merged_players(list("abxcd"), PLACE)
    points = rng.normal(size=(4, 5))
    values = shapley_values(model, points, background, players=players, tolerance=1e-9).values
    posterior = Posterior(model, background, NOISE)
    for player, columns in enumerate(players.columns):
        found = posterior.partial_dependence(columns, points[:, columns])
        assert_allclose(found.mean, values[:, player], rtol=0, atol=1e-8)


def test_columns_that_no_term_reads_are_refused():
    rng = np.random.default_rng(5)
    whole, background = drawn_sum(rng), drawn_background(rng)
    model = SumMean(whole.train_inputs, whole.alpha, whole.parts[1:2], np.zeros(5))
    with pytest.raises(InputError, match=r"columns \[0\]: no term of the model reads them"):
        Posterior(model, background, NOISE).partial_dependence((0,), np.zeros((1, 1)))
    with pytest.raises(InputError, match=r"noise: 0\.0 must be positive"):
        Posterior(model, background, 0.0)
