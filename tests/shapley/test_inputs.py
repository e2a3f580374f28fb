"""The posterior mean, the players, and what is refused."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.distance import cdist

from incomelens.common.errors import InputError
from incomelens.shapley.inputs import (
    GaussianProcessMean,
    Players,
    checked_matrix,
    merged_players,
    single_players,
)
from incomelens.shapley.mixture import StationaryKernel

MATERN = StationaryKernel("matern", 1.5)


def test_prediction_is_the_kernel_sum(model, inputs):
    scaled = inputs / model.lengthscale
    expected = model.outputscale * MATERN(cdist(scaled[:5], scaled)) @ model.alpha
    assert_allclose(model.predict(inputs[:5]), expected, rtol=1e-12)


def test_nan_names_the_place():
    values = np.ones((4, 3))
    values[2, 1] = np.nan
    with pytest.raises(InputError, match=r"points: nan at row 2, column 1 \(1 of 12 entries"):
        checked_matrix("points", values)


def test_infinite_weight_is_refused():
    with pytest.raises(InputError, match=r"alpha: inf at row 1"):
        GaussianProcessMean(np.ones((2, 1)), np.array([1.0, np.inf]), MATERN)


def test_wrong_number_of_columns_is_refused(model):
    with pytest.raises(InputError, match=r"inputs: 5 columns instead of the 6"):
        model.predict(np.ones((2, 5)))


def test_vector_of_points_is_refused(model):
    with pytest.raises(InputError, match=r"inputs: shape \(6,\) instead of \(n_rows, n_columns\)"):
        model.predict(np.ones(6))


def test_alpha_of_another_length_is_refused():
    with pytest.raises(InputError, match=r"alpha: shape \(3,\) instead of \(2,\)"):
        GaussianProcessMean(np.ones((2, 1)), np.ones(3), MATERN)


@pytest.mark.parametrize("lengthscale", [0.0, -1.0, np.nan])
def test_lengthscale_must_be_positive(lengthscale):
    with pytest.raises(InputError, match=r"lengthscale: .* must be positive"):
        GaussianProcessMean(np.ones((2, 1)), np.ones(2), MATERN, lengthscale)


def test_lengthscales_of_another_number_are_refused():
    with pytest.raises(InputError, match=r"lengthscale: shape \(3,\) instead of one number"):
        GaussianProcessMean(np.ones((2, 2)), np.ones(2), MATERN, np.ones(3))


def test_outputscale_must_be_positive():
    with pytest.raises(InputError, match=r"outputscale: 0\.0 must be positive"):
        GaussianProcessMean(np.ones((2, 1)), np.ones(2), MATERN, 1.0, 0.0)


def test_latitude_and_longitude_play_as_one_where_the_first_stood():
    players = merged_players(["a", "lat", "b", "lon"], {"location": ["lat", "lon"]})
    assert players.names == ("a", "location", "b")
    assert players.columns == ((0,), (1, 3), (2,))


def test_single_players_without_names_are_numbered():
    assert single_players(2) == Players(("x0", "x1"), ((0,), (1,)))


@pytest.mark.parametrize("columns", [((0, 1), (1,)), ((0,), (2,)), ((0, 1), ())])
def test_players_that_are_no_partition_are_refused(columns):
    with pytest.raises(InputError, match=r"not a partition; every column must belong to exactly"):
        Players(("a", "b"), columns)


def test_two_players_of_one_name_are_refused():
    with pytest.raises(InputError, match=r"names are not distinct"):
        Players(("a", "a"), ((0,), (1,)))


def test_missing_name_is_refused():
    with pytest.raises(InputError, match=r"1 names for 2 groups"):
        Players(("a",), ((0,), (1,)))


def test_group_of_unknown_column_is_refused():
    with pytest.raises(InputError, match=r"'location' asks for column 'north', which is not among"):
        merged_players(["lat", "lon"], {"location": ["north", "lon"]})


def test_column_in_two_groups_is_refused():
    with pytest.raises(InputError, match=r"column 'lat' is in both 'one' and 'two'"):
        merged_players(["lat", "lon"], {"one": ["lat"], "two": ["lat", "lon"]})
