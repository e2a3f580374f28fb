"""Posterior variance of Shapley values, against the posterior covariance of whole games."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist

from incomelens.common.errors import InputError
from incomelens.shapley.background import Background, full_background
from incomelens.shapley.inputs import Players, merged_players, single_players
from incomelens.shapley.uncertainty import shapley_variance

NOISE = 0.1


def variance_by_definition(model, point, background, players, coalition_weights):
    """Posterior and prior variance of each value, by the covariance of the whole game."""
    where, weights = coalition_weights(point, background, players)
    where = where / model.lengthscale
    train = model.train_inputs / model.lengthscale
    covariance = model.outputscale * model.kernel(cdist(train, train))
    cross = weights @ (model.outputscale * model.kernel(cdist(where, train)))
    prior = weights @ (model.outputscale * model.kernel(cdist(where, where))) @ weights.T
    explained = cross @ np.linalg.solve(covariance + NOISE * np.eye(len(train)), cross.T)
    return np.diag(prior - explained), np.diag(prior)


@pytest.fixture(scope="module")
def small(inputs):
    return Background(inputs[:4], np.array([1.0, 2.0, 3.0, 1.0]), "rows", 60)


@pytest.mark.parametrize(
    "players",
    [single_players(6), merged_players(list("abcdef"), {"location": ["a", "f"]})],
    ids=["six", "five"],
)
def test_variance_equals_the_definition(model, inputs, small, players, coalition_weights):
    result = shapley_variance(
        model, inputs[:2], small, noise=NOISE, players=players, tolerance=1e-9
    )
    for i in range(2):
        variance, prior = variance_by_definition(
            model, inputs[i], small, players, coalition_weights
        )
        assert_allclose(result.variance[i], variance, rtol=0, atol=1e-9)
        assert_allclose(result.prior_variance[i], prior, rtol=0, atol=1e-9)


def test_looser_tolerance_keeps_its_bound(model, inputs, small):
    best = shapley_variance(model, inputs[:2], small, noise=NOISE, tolerance=1e-9)
    result = shapley_variance(model, inputs[:2], small, noise=NOISE, tolerance=1e-4)
    assert result.error_bound <= 1e-4
    assert np.abs(result.variance - best.variance).max() <= 1.1 * result.error_bound


def test_one_player_has_the_variance_of_a_difference_of_predictions(model, inputs):
    players = Players(("all",), (tuple(range(6)),))
    one = Background(inputs[:1], np.ones(1), "row", 60)
    result = shapley_variance(model, inputs[1:2], one, noise=NOISE, players=players)
    both, train = inputs[:2] / model.lengthscale, inputs / model.lengthscale
    cross = model.outputscale * model.kernel(cdist(both, train))
    covariance = model.outputscale * model.kernel(cdist(train, train)) + NOISE * np.eye(60)
    posterior = model.outputscale * model.kernel(cdist(both, both))
    posterior = posterior - cross @ np.linalg.solve(covariance, cross.T)
    change = np.array([-1.0, 1.0])
    assert_allclose(result.variance[0, 0], change @ posterior @ change, atol=1e-6)


def test_data_can_only_reduce_the_variance(model, inputs, small):
    result = shapley_variance(model, inputs[:5], small, noise=NOISE)
    assert (result.variance <= result.prior_variance + result.error_bound).all()
    assert (result.variance >= -result.error_bound).all()
    assert_allclose(result.sd, np.sqrt(result.variance))


def test_noise_of_each_district_counts(model, inputs, small):
    each = np.full(60, NOISE)
    same = shapley_variance(model, inputs[:1], small, noise=each)
    assert_array_equal(
        same.variance, shapley_variance(model, inputs[:1], small, noise=NOISE).variance
    )
    each[0] = 10.0
    noisier = shapley_variance(model, inputs[:1], small, noise=each)
    assert (noisier.variance > same.variance).all()


def test_threads_change_nothing_and_progress_is_told(model, inputs, small):
    calls = []
    one = shapley_variance(model, inputs[:40], small, noise=NOISE)
    two = shapley_variance(
        model,
        inputs[:40],
        small,
        noise=NOISE,
        threads=2,
        progress=lambda done, total: calls.append((done, total)),
    )
    # The solution of the linear system is LAPACK's, which may round differently by its own threads.
    assert_allclose(two.variance, one.variance, rtol=0, atol=1e-12)
    assert calls == [(32, 40), (40, 40)]


def test_noise_of_zero_is_refused(model, inputs, small):
    with pytest.raises(InputError, match=r"noise: 0\.0 must be positive"):
        shapley_variance(model, inputs[:1], small, noise=0.0)


def test_background_with_too_many_pairs_names_the_memory(model, inputs):
    every = full_background(inputs)
    with pytest.raises(InputError, match=r"pairs of 60 background points; allow \d+ or take fewer"):
        shapley_variance(model, inputs[:1], every, noise=NOISE, memory_limit_mb=4)
