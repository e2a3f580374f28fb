"""Shapley values of a sum of kernels, against the definition and against ``shap``."""

import numpy as np
import pytest
import shap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.shapley.background import Background
from incomelens.shapley.inputs import (
    GaussianProcessMean,
    Part,
    SumMean,
    merged_players,
    single_players,
)
from incomelens.shapley.interactions import shapley_interactions
from incomelens.shapley.mixture import StationaryKernel
from incomelens.shapley.uncertainty import shapley_variance
from incomelens.shapley.values import shapley_values

MATERN = StationaryKernel("matern", 1.5)
NOISE = 0.1
PLACE = {"location": ["c", "d"]}


def drawn_sum(rng: np.random.Generator, n_train: int = 9) -> SumMean:
    """As the successor's: linear and Matérn on three columns, on the last two, on all."""
    inputs, label = rng.normal(size=(n_train, 5)), rng.normal(size=n_train)
    linear_variance = np.array([0.3, 0.3, 0.3, 0.0, 0.0])

    def parts(alpha):
        return tuple(
            Part(GaussianProcessMean(inputs[:, columns], alpha, MATERN, scale, variance), columns)
            for columns, scale, variance in (
                ((0, 1, 2), rng.uniform(0.5, 3.0, 3), 0.8),
                ((3, 4), 0.7, 0.5),
                ((0, 1, 2, 3, 4), rng.uniform(0.5, 3.0, 5), 1.2),
            )
        )

    prior = SumMean(inputs, np.zeros(n_train), (terms := parts(np.zeros(n_train))), linear_variance)
    alpha = np.linalg.solve(prior.prior_covariance() + NOISE * np.eye(n_train), label)
    terms = tuple(
        Part(
            GaussianProcessMean(
                part.model.train_inputs,
                alpha,
                MATERN,
                part.model.lengthscale,
                part.model.outputscale,
            ),
            part.columns,
        )
        for part in terms
    )
    return SumMean(inputs, alpha, terms, linear_variance)


def drawn_background(rng: np.random.Generator) -> Background:
    return Background(rng.normal(size=(3, 5)), rng.uniform(1, 5, 3), "drawn", 3)


def covariance(model: SumMean, one, two):
    total = (one * model.linear_variance) @ two.T
    for part in model.parts:
        columns = list(part.columns)
        away = (one[:, None, columns] - two[None][..., columns]) / part.model.lengthscale
        total = total + part.model.outputscale * MATERN(np.sqrt((away**2).sum(-1)))
    return total


@pytest.mark.parametrize(
    "players",
    [single_players(5), merged_players(list("abxcd"), PLACE)],
    ids=["five", "location as one"],
)
def test_values_and_interactions_of_a_sum_equal_the_definition(brute_force, game_of, players):
    rng = np.random.default_rng(3)
    model, background = drawn_sum(rng), drawn_background(rng)
    points = rng.normal(size=(2, 5))
    n_players = len(players.names)
    found = shapley_values(model, points, background, players=players, tolerance=1e-9)
    pairs = shapley_interactions(model, points, background, players=players, tolerance=1e-9)
    assert found.error_bound <= 1e-9
    for i, point in enumerate(points):
        game = game_of(model, point, background, players)
        values = brute_force["values"](game, n_players)
        index = brute_force["interactions"](game, n_players)
        assert_allclose(found.values[i], values, rtol=0, atol=1e-8)
        np.fill_diagonal(index, values - index.sum(axis=1) / 2)
        assert_allclose(pairs.interactions[i], index, rtol=0, atol=1e-8)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 1))
def test_values_of_any_sum_add_up_and_equal_those_of_shap(seed):
    rng = np.random.default_rng(seed)
    model, background = drawn_sum(rng), drawn_background(rng)
    background = Background(background.points, np.ones(3), "drawn", 3)  # shap weighs them alike
    points = rng.normal(size=(2, 5))
    found = shapley_values(model, points, background, tolerance=1e-9)
    assert np.abs(found.efficiency_gap).max() <= found.error_bound + 1e-12
    masker = shap.maskers.Independent(background.points, max_samples=3)
    explained = shap.explainers.Exact(model.predict, masker)(points)
    assert_allclose(found.values, explained.values, rtol=0, atol=1e-8)


def test_a_player_without_columns_of_a_term_gets_nothing_of_it():
    rng = np.random.default_rng(5)
    model, background = drawn_sum(rng), drawn_background(rng)
    place_alone = SumMean(model.train_inputs, model.alpha, model.parts[1:2], np.zeros(5))
    values = shapley_values(place_alone, rng.normal(size=(3, 5)), background).values
    assert not values[:, :3].any()
    assert np.all(values[:, 3:] != 0)


def test_the_linear_term_moves_a_value_by_slope_times_distance():
    rng = np.random.default_rng(6)
    model, background = drawn_sum(rng), drawn_background(rng)
    points = rng.normal(size=(3, 5))
    without = SumMean(model.train_inputs, model.alpha, model.parts, np.zeros(5))
    moved = shapley_values(model, points, background).values
    moved = moved - shapley_values(without, points, background).values
    expected = (points - background.weights @ background.points) * model.slope
    assert_allclose(moved, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "players",
    [single_players(5), merged_players(list("abxcd"), PLACE)],
    ids=["five", "location as one"],
)
def test_variance_of_a_sum_equals_the_posterior_covariance_of_the_whole_game(
    players, coalition_weights
):
    rng = np.random.default_rng(7)
    model, background = drawn_sum(rng), drawn_background(rng)
    point = rng.normal(size=5)
    result = shapley_variance(
        model, point[None], background, noise=NOISE, players=players, tolerance=1e-9
    )
    where, weights = coalition_weights(point, background, players)
    train = model.train_inputs
    cross = weights @ covariance(model, where, train)
    prior = weights @ covariance(model, where, where) @ weights.T
    noisy = covariance(model, train, train) + NOISE * np.eye(len(train))
    explained = cross @ np.linalg.solve(noisy, cross.T)
    assert_allclose(result.prior_variance[0], np.diag(prior), rtol=0, atol=1e-8)
    assert_allclose(result.variance[0], np.diag(prior - explained), rtol=0, atol=1e-8)
    assert result.error_bound <= 1e-9
