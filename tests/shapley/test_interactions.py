"""Shapley interaction index: the definition, conventions, what it implies."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.common.errors import InputError
from incomelens.shapley.background import Background
from incomelens.shapley.inputs import GaussianProcessMean, Players, merged_players, single_players
from incomelens.shapley.interactions import shapley_interactions
from incomelens.shapley.mixture import StationaryKernel
from incomelens.shapley.values import shapley_values

OFF_DIAGONAL = ~np.eye(6, dtype=bool)


def test_six_players_equal_the_definition(model, inputs, background, brute_force, game_of):
    result = shapley_interactions(model, inputs[:3], background, tolerance=5e-10)
    for point, matrix in zip(inputs, result.interactions, strict=False):
        expected = brute_force["interactions"](game_of(model, point, background), 6)
        assert_allclose(matrix[OFF_DIAGONAL], expected[OFF_DIAGONAL], rtol=0, atol=1e-9)


def test_variables_by_location_equal_the_definition(
    model, inputs, background, brute_force, game_of
):
    # Five players: an odd number, filled up inside with one that never moves.
    players = merged_players(list("abcdef"), {"location": ["e", "f"]})
    result = shapley_interactions(model, inputs[:2], background, players=players, tolerance=5e-10)
    off_diagonal = ~np.eye(5, dtype=bool)
    for point, matrix in zip(inputs, result.interactions, strict=False):
        expected = brute_force["interactions"](game_of(model, point, background, players), 5)
        assert_allclose(matrix[off_diagonal], expected[off_diagonal], rtol=0, atol=1e-9)


def test_values_are_those_of_the_values_module(model, inputs, background):
    result = shapley_interactions(model, inputs[:3], background)
    assert_array_equal(result.values, shapley_values(model, inputs[:3], background).values)


def test_rows_of_the_split_form_sum_to_the_values(model, inputs, background):
    result = shapley_interactions(model, inputs[:3], background)
    assert_allclose(result.split().sum(axis=2), result.values, rtol=0, atol=1e-12)
    assert_allclose(
        result.split()[:, OFF_DIAGONAL], result.interactions[:, OFF_DIAGONAL] / 2, rtol=0
    )


def test_diagonal_is_the_value_less_half_of_the_interactions(model, inputs, background):
    result = shapley_interactions(model, inputs[:1], background)
    matrix = result.interactions[0]
    others = np.where(OFF_DIAGONAL, matrix, 0).sum(axis=1)
    assert_allclose(np.diag(matrix), result.values[0] - others / 2, rtol=0, atol=1e-12)


def test_two_players_by_hand():
    # One training point at the origin, the background far from it in both columns.
    kernel = StationaryKernel("rbf")
    model = GaussianProcessMean(np.zeros((1, 2)), np.array([1.0]), kernel)
    background = Background(np.array([[1.0, 2.0]]), np.ones(1), "by hand", 1)
    result = shapley_interactions(model, np.zeros((1, 2)), background, tolerance=1e-9)
    one, two = np.exp(-0.5), np.exp(-2.0)
    assert_allclose(result.interactions[0, 0, 1], (1 - one) * (1 - two), atol=1e-9)
    assert_allclose(result.values[0, 0], (1 - one) * (1 + two) / 2, atol=1e-9)


def test_true_error_keeps_the_bound(model, inputs, background):
    best = shapley_interactions(model, inputs[:2], background, tolerance=1e-10)
    result = shapley_interactions(model, inputs[:2], background, tolerance=1e-4)
    error = np.abs(result.interactions - best.interactions)[:, OFF_DIAGONAL].max()
    assert error <= result.error_bound + best.error_bound


def test_threads_change_no_bit_and_progress_is_told(model, inputs, background):
    calls = []
    one = shapley_interactions(model, inputs, background, threads=1)
    three = shapley_interactions(
        model, inputs, background, threads=3, progress=lambda done, total: calls.append(done)
    )
    assert_array_equal(three.interactions, one.interactions)
    assert calls[-1] == 60


def test_one_player_has_no_interactions(model, inputs, background):
    players = Players(("all",), (tuple(range(6)),))
    with pytest.raises(InputError, match=r"one player alone has none"):
        shapley_interactions(model, inputs, background, players=players)


def test_players_of_another_width_are_refused(model, inputs, background):
    with pytest.raises(InputError, match=r"share out 4 columns"):
        shapley_interactions(model, inputs, background, players=single_players(4))
