"""The sum of kernels on log income: its likelihood, its inputs, and predictions in dollars."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import lognorm, multivariate_normal

from incomelens.common.errors import InputError
from incomelens.folds.buffer import KM_PER_DEGREE
from incomelens.ssig.additive import transformed
from incomelens.ssig.features import feature_names
from incomelens.ssig.fit import fit_gp
from incomelens.ssig.prediction import log_normal_prediction, predict_income
from incomelens.ssig.scores import metrics
from incomelens.ssig.storage import load_gp, save_gp
from incomelens.ssig.sum_likelihood import SumLikelihood
from incomelens.ssig.sum_space import SumSpace
from incomelens.ssig.terms import covariance_of_sum, income_terms

ALL = feature_names("ssig")
DENSITY = ALL.index("population_density")


def city(n=60, *, seed=0, features=ALL):
    """Log incomes that follow one share, the density, and the place."""
    rng = np.random.default_rng(seed)
    inputs = rng.uniform(0.02, 0.7, size=(n, len(ALL)))
    inputs[:, DENSITY] = np.exp(rng.normal(9, 1, n))
    inputs[:, -2:] = np.array([40.7, -74.0]) + rng.uniform(-0.1, 0.1, size=(n, 2))
    log_income = 10 + inputs[:, 0] - 0.1 * np.log(inputs[:, DENSITY]) + 2 * (inputs[:, -1] + 74)
    chosen = [ALL.index(name) for name in features]
    return inputs[:, chosen], np.exp(log_income + 0.05 * rng.normal(size=n))


def fit(inputs, income, *, features=ALL, seed=0, **options):
    return fit_gp(
        inputs,
        income,
        mode="additive",
        features=features,
        ids=tuple(map(str, range(len(income)))),
        starts=1,
        rng=np.random.default_rng(seed),
        **options,
    )


@pytest.fixture(scope="module")
def fitted():
    return fit(*city())


def test_the_value_is_the_density_of_a_multivariate_normal():
    rng = np.random.default_rng(1)
    inputs, label, known = rng.normal(size=(30, 12)), rng.normal(size=30), 0.1 * rng.random(30)
    space = SumSpace(income_terms(ALL))
    terms, noise = space.hyperparameters(space.start(rng))
    value, _ = SumLikelihood(inputs, label, known).value_and_gradient(terms, noise)
    sigma = covariance_of_sum(terms, inputs, inputs) + np.diag(noise + known)
    assert_allclose(value, multivariate_normal.logpdf(label, cov=sigma), rtol=1e-9)


@pytest.mark.parametrize("model", ["ssig", "socioeconomic", "spatial"])
def test_the_gradient_is_the_slope_of_the_posterior_density(model):
    rng = np.random.default_rng(2)
    features = feature_names(model)
    space = SumSpace(income_terms(features))
    likelihood = SumLikelihood(
        rng.normal(size=(25, len(features))), rng.normal(size=25), 0.1 * rng.random(25)
    )
    theta = space.start(rng)
    _, gradient = space.value_and_gradient(likelihood, theta)
    step = 1e-5
    slope = [
        space.value_and_gradient(likelihood, theta + step * e)[0]
        - space.value_and_gradient(likelihood, theta - step * e)[0]
        for e in np.eye(len(theta))
    ]
    assert_allclose(gradient, np.array(slope) / (2 * step), rtol=1e-5, atol=1e-6)


def test_each_model_has_the_terms_of_its_inputs():
    def names(model):
        return [term.name for term in income_terms(feature_names(model))]

    assert names("ssig") == ["linear", "census", "place", "everything"]
    assert names("socioeconomic") == ["linear", "census"]
    assert names("spatial") == ["place"]


def test_a_search_ends_no_lower_than_where_it_starts(fitted):
    space = SumSpace(income_terms(ALL))
    likelihood = SumLikelihood(fitted.training_inputs, fitted.training_label, fitted.known_noise)
    at_start, _ = space.value_and_gradient(likelihood, space.median)
    theta = np.concatenate([*(t.logarithms for t in fitted.terms), [np.log(fitted.noise - 1e-6)]])
    at_end, _ = space.value_and_gradient(likelihood, theta)
    assert fitted.converged
    assert at_end > at_start
    assert_allclose(fitted.log_marginal_likelihood, at_end - space.log_prior(theta), rtol=1e-6)


def test_shares_and_density_are_spread_out_and_places_left():
    inputs = np.array([[0.25, 999.0, -74.0]])
    spread = transformed(inputs, ("bachelor", "population_density", "longitude"))
    assert_allclose(spread, [[np.pi / 6, np.log(1000), -74.0]])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("bachelor", 25.0, r"bachelor is 25 in 1 of 60 districts; .* square root and needs 0 to 1"),
        ("population_density", -1.0, r"population_density is -1 in 1 of 60 .* logarithm"),
    ],
)
def test_an_input_that_cannot_be_spread_out_is_named(name, value, message):
    inputs, income = city()
    inputs[3, ALL.index(name)] = value
    with pytest.raises(InputError, match=message):
        fit(inputs, income)


def test_an_income_without_a_logarithm_is_refused():
    inputs, income = city()
    income[:2] = 0.0
    with pytest.raises(InputError, match=r"2 of 60 incomes are zero or negative"):
        fit(inputs, income)


def test_distances_of_places_are_kilometres_on_the_ground(fitted):
    here = np.array([[*np.full(10, 0.3), 40.7, -74.0]])
    north, east = here.copy(), here.copy()
    north[0, -2] += 0.01
    east[0, -1] += 0.01
    origin, *moved = (fitted.scaled(place)[0, -2:] for place in (here, north, east))
    of_north, of_east = (np.linalg.norm(place - origin) for place in moved)
    assert_allclose(of_east / of_north, np.cos(np.radians(40.7)), rtol=1e-3)
    km = fitted.input_scaling.sd[-2] * KM_PER_DEGREE
    assert_allclose(of_north * km, 1.11195, rtol=1e-6)


def test_predictions_equal_the_textbook(fitted):
    new, _ = city(7, seed=5)
    points, train = fitted.scaled(new), fitted.training_inputs
    sigma = covariance_of_sum(fitted.terms, train, train) + fitted.noise * np.eye(len(train))
    across = covariance_of_sum(fitted.terms, points, train)
    variance = np.diag(covariance_of_sum(fitted.terms, points, points))
    variance = variance - np.einsum("ij,ji->i", across, np.linalg.solve(sigma, across.T))
    mean, sd = fitted.label_scaling.mean[0], fitted.label_scaling.sd[0]
    log_mean = mean + sd * across @ np.linalg.solve(sigma, fitted.training_label)
    prediction = predict_income(fitted, new)
    assert_allclose(np.log(prediction.median), log_mean, rtol=1e-9)
    assert_allclose(prediction.log_sd, sd * np.sqrt(variance + fitted.noise), rtol=1e-6)


@given(log_mean=st.floats(9, 13), log_sd=st.floats(0.01, 1.5))
@settings(max_examples=25, deadline=None)
def test_mean_sd_median_and_interval_are_those_of_a_log_normal(log_mean, log_sd):
    prediction = log_normal_prediction(np.array([log_mean]), np.array([log_sd]))
    law = lognorm(s=log_sd, scale=np.exp(log_mean))
    assert_allclose(
        [prediction.mean[0], prediction.sd[0], prediction.median[0]],
        [law.mean(), law.std(), law.median()],
    )
    low, high = law.ppf([0.05, 0.95])
    inner, outer = [low * 1.001, high * 0.999], [low * 0.999, high * 1.001]
    for observed, covered in ((inner, 1.0), (outer, 0.0)):
        law_of_two = [np.repeat(a, 2) for a in (prediction.mean, prediction.sd)]
        scores = metrics(
            np.array(observed), *law_of_two, np.ones(2), np.repeat(prediction.log_sd, 2)
        )
        assert scores["coverage_90"][0] == covered
        assert_allclose(scores["width_90_usd"][0], high - low)


def test_a_survey_error_of_the_held_out_income_widens_its_interval(fitted):
    inputs, _ = city(3, seed=9)
    plain = predict_income(fitted, inputs)
    noisy = predict_income(fitted, inputs, known_noise=np.full(3, 1e6))
    assert_allclose(noisy.median, plain.median)
    assert_allclose(noisy.log_sd**2 - plain.log_sd**2, 1e6 / plain.median**2, rtol=1e-6)


def test_known_noise_is_believed_less():
    inputs, income = city()
    income[0] *= 3.0
    noise = np.zeros(len(income))
    plain = fit(inputs, income)
    noise[0] = (2 * income[0]) ** 2
    with_noise = fit(inputs, income, known_noise=noise)
    assert_allclose(with_noise.known_noise[0], 4 / with_noise.label_scaling.sd[0] ** 2)
    at_first = [predict_income(fitted, inputs[:1]).median[0] for fitted in (plain, with_noise)]
    assert at_first[1] < at_first[0]


@pytest.mark.parametrize("model", ["ssig", "socioeconomic", "spatial"])
def test_what_is_stored_predicts_the_same(tmp_path, model):
    features = feature_names(model)
    inputs, income = city(30, features=features)
    fitted = fit(inputs, income, features=features)
    paths = {"arrays": tmp_path / "gp.safetensors", "description": tmp_path / "gp.json"}
    save_gp(fitted, **paths)
    stored = load_gp(**paths)
    assert stored.mode == "additive"
    assert [term.name for term in stored.terms] == [term.name for term in fitted.terms]
    assert_allclose(predict_income(stored, inputs).mean, predict_income(fitted, inputs).mean)


def test_the_successor_finds_what_the_city_was_made_from():
    inputs, income = city(200, seed=3)
    new, truth = city(100, seed=4)
    prediction = predict_income(fit(inputs, income), new)
    assert np.corrcoef(prediction.mean, truth)[0, 1] ** 2 > 0.9
