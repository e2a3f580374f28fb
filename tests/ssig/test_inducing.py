"""Inducing points: the textbook's posterior, the exact one with enough of them, and their name."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import multivariate_normal

from incomelens.ssig.features import feature_names
from incomelens.ssig.fit import fit_gp
from incomelens.ssig.inducing import Approximation, induced, partial_cholesky
from incomelens.ssig.prediction import predict_income
from incomelens.ssig.storage import load_gp, save_gp
from incomelens.ssig.terms import Term, covariance_of_sum, income_terms

TERMS = income_terms(feature_names("ssig"))
MATERN = (Term("kernel", "matern", (0, 1, 2), 1.5, np.array([1.0, 2.0, 3.0])),)


def world(n, *, seed=0, d=12):
    """Z-scored inputs, a label and the variance of each label's noise."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n, d))
    return inputs, np.sin(inputs[:, 0]) + 0.3 * rng.normal(size=n), rng.uniform(0.1, 0.3, n)


def points_of(terms, data, *, n_points):
    return induced(terms, *data, n_points=n_points, learnt_on=7)


def city(n=90, seed=0):
    """Twelve inputs as a census has them, and incomes."""
    rng = np.random.default_rng(seed)
    inputs = rng.uniform(0.02, 0.7, size=(n, 12))
    inputs[:, 5] = np.exp(rng.normal(9, 1, n))
    inputs[:, -2:] = np.array([40.7, -74.0]) + rng.uniform(-0.1, 0.1, size=(n, 2))
    return inputs, np.exp(10 + inputs[:, 0] + 0.1 * rng.normal(size=n))


def fit(inputs, income, *, mode="optimised", seed=0, **sizes):
    return fit_gp(
        inputs,
        income,
        mode=mode,
        features=feature_names("ssig"),
        ids=tuple(map(str, range(len(income)))),
        starts=1,
        approximation=Approximation(**sizes),
        rng=np.random.default_rng(seed),
    )


@given(seed=st.integers(0, 2**32 - 1), n_points=st.integers(3, 25))
@settings(max_examples=20, deadline=None)
def test_mean_and_variance_are_those_of_titsias(seed, n_points):
    inputs, label, noise = world(40, seed=seed)
    found, _ = points_of(TERMS, (inputs, label, noise), n_points=n_points)
    z, places = found.points, world(6, seed=seed + 1)[0]
    k_zz, k_zx = covariance_of_sum(TERMS, z, z), covariance_of_sum(TERMS, z, inputs)
    across = covariance_of_sum(TERMS, places, z)
    summed = k_zz + k_zx / noise @ k_zx.T
    prior = np.diag(covariance_of_sum(TERMS, places, places))
    mean, variance = found.predict(TERMS, places)
    assert_allclose(mean, across @ np.linalg.solve(summed, k_zx @ (label / noise)), atol=1e-8)
    taken = np.linalg.solve(k_zz, across.T) - np.linalg.solve(summed, across.T)
    assert_allclose(variance, prior - (across * taken.T).sum(axis=1), atol=1e-8)


@pytest.mark.parametrize("terms", [TERMS, MATERN], ids=["sum", "one"])
def test_with_every_district_a_point_it_is_the_exact_process(terms):
    inputs, label, noise = world(60)
    found, value = points_of(terms, (inputs, label, noise), n_points=60)
    places = world(9, seed=1)[0]
    sigma = covariance_of_sum(terms, inputs, inputs) + np.diag(noise)
    across = covariance_of_sum(terms, places, inputs)
    mean, variance = found.predict(terms, places)
    assert len(found.points) == 60
    assert_allclose(mean, across @ np.linalg.solve(sigma, label), atol=1e-9)
    prior = np.diag(covariance_of_sum(terms, places, places))
    explained = (across * np.linalg.solve(sigma, across.T).T).sum(axis=1)
    assert_allclose(variance, prior - explained, atol=1e-9)
    assert_allclose(value, multivariate_normal.logpdf(label, cov=sigma), rtol=1e-9)


def test_the_bound_grows_with_the_points_and_never_beyond_the_likelihood():
    data = world(60)
    values = [points_of(MATERN, data, n_points=n)[1] for n in (5, 10, 20, 40, 60)]
    sigma = covariance_of_sum(MATERN, data[0], data[0]) + np.diag(data[2])
    assert values == sorted(values)
    assert values[-1] <= multivariate_normal.logpdf(data[1], cov=sigma) + 1e-9


def test_one_seed_gives_the_same_bits_and_another_learns_from_other_districts():
    inputs, income = city()
    sizes = {"exact_districts": 80, "inducing_points": 20, "learnt_on": 40}
    one, again, other = (fit(inputs, income, seed=seed, **sizes) for seed in (1, 1, 2))
    for array in ("points", "weights", "precision"):
        assert_array_equal(getattr(one.inducing, array), getattr(again.inducing, array))
    assert one.lengthscale == again.lengthscale
    assert one.lengthscale != other.lengthscale


def test_points_and_what_they_leave_make_up_the_prior_covariance():
    inputs = world(30)[0]
    rows, factor, left = partial_cholesky(TERMS, inputs, n_points=8)
    prior = covariance_of_sum(TERMS, inputs, inputs)
    assert_allclose((factor.T @ factor)[rows], prior[rows], atol=1e-10)
    assert_allclose((factor**2).sum(axis=0) + left, np.diag(prior))
    assert len(set(rows)) == 8
    assert left.max() <= np.diagonal(factor[:, rows]).min() ** 2


def test_twins_need_one_point():
    inputs, label, noise = world(20, d=3)
    twice = (np.vstack([inputs, inputs]), np.append(label, label), np.append(noise, noise))
    found, _ = points_of(MATERN, twice, n_points=40)
    assert len(found.points) == 20
    halved, _ = points_of(MATERN, (inputs, label, noise / 2), n_points=20)
    places = world(5, seed=3, d=3)[0]
    for ours, same in zip(
        found.predict(MATERN, places), halved.predict(MATERN, places), strict=True
    ):
        assert_allclose(ours, same, atol=1e-8)


@pytest.mark.parametrize("mode", ["literal", "optimised", "additive"])
def test_a_process_of_enough_points_predicts_as_the_exact_one(mode):
    inputs, income = city()
    exact = predict_income(fit(inputs, income, mode=mode), inputs)
    sizes = {"exact_districts": 89, "inducing_points": 90, "learnt_on": 90}
    fitted = fit(inputs, income, mode=mode, **sizes)
    by_points = predict_income(fitted, inputs)
    assert fitted.inducing is not None
    assert_allclose(by_points.mean, exact.mean, rtol=1e-4)
    assert_allclose(by_points.sd, exact.sd, rtol=1e-3)


def test_up_to_the_size_nothing_changes_by_a_bit():
    inputs, income = city()
    usual = fit(inputs, income)
    at_the_limit = fit(inputs, income, exact_districts=90, inducing_points=20, learnt_on=40)
    assert at_the_limit.inducing is None
    assert_array_equal(at_the_limit.weights(), usual.weights())
    assert_array_equal(at_the_limit.lengthscale, usual.lengthscale)


def test_fewer_points_than_districts_still_know_most():
    inputs, income = city(200)
    few = fit(inputs, income, mode="additive", exact_districts=80, inducing_points=60, learnt_on=80)
    new, observed = city(100, seed=1)
    prediction = predict_income(few, new)
    assert np.corrcoef(prediction.mean, observed)[0, 1] > 0.75
    assert (np.abs(observed - prediction.mean) < 2 * prediction.sd).mean() > 0.85


@pytest.mark.parametrize("mode", ["optimised", "additive"])
def test_a_stored_process_says_what_it_rests_on_and_predicts_the_same(tmp_path, mode):
    inputs, income = city()
    fitted = fit(inputs, income, mode=mode, exact_districts=80, inducing_points=20, learnt_on=60)
    paths = {"arrays": tmp_path / "gp.safetensors", "description": tmp_path / "gp.json"}
    save_gp(fitted, **paths)
    stored, told = load_gp(**paths), json.loads(paths["description"].read_text())
    assert told["process"] == "20 inducing points, learnt on 60 districts"
    before, after = predict_income(fitted, inputs), predict_income(stored, inputs)
    assert_array_equal(after.mean, before.mean)
    assert_array_equal(after.sd, before.sd)
    save_gp(fit(inputs, income, mode=mode), **paths)
    assert "process" not in json.loads(paths["description"].read_text())
