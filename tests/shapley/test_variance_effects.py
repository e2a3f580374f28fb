"""Effects on the variance against their definition, on every combination of background values."""

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.shapley.background import Background
from incomelens.shapley.inputs import SumMean, merged_players, single_players
from incomelens.shapley.values import shapley_values
from incomelens.shapley.variance_effects import variance_effects

from .test_sums import PLACE, drawn_background, drawn_sum

PLAYERS = [single_players(5), merged_players(list("abxcd"), PLACE)]


def independent(background, players) -> Background:
    """Every combination of the players' own values, with the product of their weights."""
    n = len(background.points)
    points, weights = [], []
    for rows in product(range(n), repeat=len(players.names)):
        point = np.empty(background.points.shape[1])
        for row, columns in zip(rows, players.columns, strict=True):
            point[list(columns)] = background.points[row, list(columns)]
        points.append(point)
        weights.append(np.prod(background.weights[list(rows)]))
    return Background(np.array(points), np.array(weights), "product", n)


def variance_game(model, background, players):
    """Variance of the mean given a coalition, from predictions on all combinations."""
    whole, n = independent(background, players), len(background.points)
    shape = (n,) * len(players.names)
    predicted, weights = model.predict(whole.points).reshape(shape), whole.weights.reshape(shape)

    def game(coalition) -> float:
        others = tuple(set(range(len(shape))) - set(coalition))
        share = weights.sum(axis=others)
        given = (weights * predicted).sum(axis=others) / share
        return float((share * given**2).sum() - (share * given).sum() ** 2)

    return game


@pytest.mark.parametrize("players", PLAYERS, ids=["five", "location as one"])
def test_effects_equal_the_definition(brute_force, players):
    rng = np.random.default_rng(3)
    model, background = drawn_sum(rng), drawn_background(rng)
    game = variance_game(model, background, players)
    everyone = frozenset(range(len(players.names)))
    found = variance_effects(model, background, players=players, tolerance=1e-9)
    alone = [game({j}) for j in everyone]
    total = [game(everyone) - game(everyone - {j}) for j in everyone]
    assert_allclose(found.alone, alone, rtol=0, atol=1e-8)
    assert_allclose(found.total, total, rtol=0, atol=1e-8)
    values = brute_force["values"](game, len(everyone))
    assert_allclose(found.shapley, values, rtol=0, atol=1e-8)
    assert found.error_bound <= 1e-9
    assert_allclose(found.variance, game(everyone), rtol=0, atol=1e-8)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 1))
def test_effects_of_any_sum_are_ordered_nonnegative_and_add_up_to_the_variance(seed):
    rng = np.random.default_rng(seed)
    model, background = drawn_sum(rng), drawn_background(rng)
    found = variance_effects(model, background, tolerance=1e-9)
    assert (found.alone >= -1e-10).all()
    assert (found.shapley >= found.alone - 1e-10).all()
    assert (found.total >= found.shapley - 1e-10).all()
    whole = independent(background, PLAYERS[0])
    predicted = model.predict(whole.points)
    mean = whole.weights @ predicted
    assert found.variance == pytest.approx(whole.weights @ (predicted - mean) ** 2, abs=1e-8)


def test_shapley_effects_are_covariances_of_shapley_values_with_the_predictions():
    rng = np.random.default_rng(8)
    model, background = drawn_sum(rng), drawn_background(rng)
    players = PLAYERS[1]
    whole = independent(background, players)
    explained = shapley_values(model, whole.points, whole, players=players, tolerance=1e-9)
    away = explained.predictions - explained.base_value
    covariances = (whole.weights * away) @ explained.values
    found = variance_effects(model, background, players=players, tolerance=1e-9)
    assert_allclose(found.shapley, covariances, rtol=0, atol=1e-8)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), tolerance=st.sampled_from([1e-1, 1e-2, 1e-3]))
def test_roots_of_effects_are_within_the_bound_of_exact_ones(seed, tolerance):
    rng = np.random.default_rng(seed)
    model, background = drawn_sum(rng), drawn_background(rng)
    exact = variance_effects(model, background, tolerance=1e-9)
    rough = variance_effects(model, background, tolerance=tolerance)
    assert rough.error_bound <= tolerance
    for name in ("alone", "shapley", "total"):
        one, two = (np.sqrt(np.maximum(getattr(e, name), 0)) for e in (exact, rough))
        assert np.abs(one - two).max() <= rough.error_bound + 1e-9
        shares = getattr(exact, name) / exact.variance, getattr(rough, name) / rough.variance
        assert np.abs(shares[0] - shares[1]).max() <= rough.share_error + 1e-9


def test_without_interactions_the_three_effects_are_one_and_threads_change_nothing():
    rng = np.random.default_rng(9)
    whole, background = drawn_sum(rng), drawn_background(rng)
    model = SumMean(whole.train_inputs, whole.alpha, whole.parts[1:2], whole.linear_variance)
    found = variance_effects(model, background, players=PLAYERS[1])
    assert_allclose(found.shapley, found.alone, rtol=1e-12)
    assert_allclose(found.total, found.alone, rtol=1e-12)
    one = variance_effects(whole, background, threads=1)
    two = variance_effects(whole, background, threads=2)
    np.testing.assert_array_equal(one.shapley, two.shapley)


def test_a_tolerance_of_nothing_is_refused():
    rng = np.random.default_rng(9)
    with pytest.raises(InputError, match="tolerance: 0 must be positive"):
        variance_effects(drawn_sum(rng), drawn_background(rng), tolerance=0)
