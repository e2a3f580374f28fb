"""The four modes: what they fix, what they find, and predictions equal to the textbook's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.spatial.distance import cdist

from incomelens.common.errors import InputError
from incomelens.ssig.fit import fit_gp
from incomelens.ssig.likelihood import MarginalLikelihood
from incomelens.ssig.prediction import predict_income
from incomelens.ssig.search import SearchSpace
from incomelens.ssig.storage import load_gp, save_gp


def city(n=80, d=3, seed=0):
    """Incomes around 50,000 USD from a smooth function of inputs in unlike units."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n, d)) * np.array([1.0, 100.0, 0.01])[:d] + 5.0
    scaled = (inputs - inputs.mean(0)) / inputs.std(0)
    income = 5e4 + 2e4 * np.sin(scaled[:, 0]) + 1e4 * scaled[:, 1] + 2e3 * rng.normal(size=n)
    return inputs, income


def fit(inputs, income, mode="optimised", seed=0, **options):
    return fit_gp(
        inputs,
        income,
        mode=mode,
        features=tuple(f"x{number}" for number in range(inputs.shape[1])),
        ids=tuple(str(number) for number in range(len(income))),
        rng=np.random.default_rng(seed),
        **options,
    )


def textbook_prediction(inputs, income, new, lengthscale, outputscale, noise):
    """Rasmussen & Williams (2006), equations 2.25 and 2.26, on z-scores."""
    mean, sd = inputs.mean(0), inputs.std(0)
    x, z = (inputs - mean) / sd, (new - mean) / sd
    y = (income - income.mean()) / income.std()

    def kernel(a, b):
        r = np.sqrt(3) * cdist(a / lengthscale, b / lengthscale)
        return outputscale * (1 + r) * np.exp(-r)

    sigma = kernel(x, x) + noise * np.eye(len(x))
    across = kernel(z, x)
    f = across @ np.linalg.solve(sigma, y)
    variance = outputscale - np.einsum("ij,ji->i", across, np.linalg.solve(sigma, across.T)) + noise
    return income.mean() + income.std() * f, income.std() * np.sqrt(variance)


@given(seed=st.integers(0, 50), n=st.integers(10, 60))
@settings(max_examples=10, deadline=None)
def test_literal_predictions_equal_the_textbook(seed, n):
    inputs, income = city(n, seed=seed)
    new, _ = city(7, seed=seed + 1)
    prediction = predict_income(fit(inputs, income, "literal"), new)
    mean, sd = textbook_prediction(inputs, income, new, np.ones(3), 1.0, 1.0)
    np.testing.assert_allclose(prediction.mean, mean, rtol=1e-9)
    np.testing.assert_allclose(prediction.sd, sd, rtol=1e-7)


@pytest.mark.parametrize("mode", ["fixed_lengthscale", "optimised", "ard"])
def test_predictions_of_a_fit_equal_the_textbook(mode):
    inputs, income = city()
    new, _ = city(9, seed=1)
    fitted = fit(inputs, income, mode)
    mean, sd = textbook_prediction(
        inputs, income, new, fitted.lengthscale, fitted.outputscale, fitted.noise
    )
    prediction = predict_income(fitted, new)
    np.testing.assert_allclose(prediction.mean, mean, rtol=1e-6)
    np.testing.assert_allclose(prediction.sd, sd, rtol=1e-5)


def test_literal_fixes_all_three_and_fixed_lengthscale_only_one():
    literal, fixed = fit(*city(), "literal"), fit(*city(), "fixed_lengthscale")
    assert (literal.lengthscale, literal.outputscale, literal.noise) == (np.ones(1), 1.0, 1.0)
    assert literal.n_evaluations == 0
    assert fixed.lengthscale == np.ones(1)
    assert fixed.noise < 0.5


def test_every_mode_explains_the_data_better_than_the_mode_inside_it():
    values = [
        fit(*city(200), mode).log_marginal_likelihood
        for mode in ("literal", "fixed_lengthscale", "optimised", "ard")
    ]
    assert values == sorted(values)


@pytest.mark.parametrize("mode", ["optimised", "ard"])
def test_the_optimum_is_no_worse_than_a_patient_search_from_many_starts(mode):
    inputs, income = city(120)
    fitted = fit(inputs, income, mode)
    likelihood = MarginalLikelihood(
        fitted.training_inputs, fitted.training_label, fitted.known_noise
    )
    n_lengthscales = len(fitted.lengthscale)

    def objective(theta):
        scales = np.exp(theta)
        value, slope = likelihood.value_and_gradient(scales[:-2], scales[-2], scales[-1])
        return -value, -slope

    rng = np.random.default_rng(3)
    starts = rng.normal(size=(10, n_lengthscales + 2))
    bounds = [(-9, 9)] * (n_lengthscales + 2)
    found = [minimize(objective, start, jac=True, bounds=bounds).fun for start in starts]
    assert fitted.converged
    assert fitted.log_marginal_likelihood > -min(found) - 0.01


def test_exploring_on_a_subset_ends_at_the_optimum_of_all_districts(monkeypatch):
    inputs, income = city(150)
    whole = fit(inputs, income, "ard")
    monkeypatch.setattr("incomelens.ssig.search.SUBSET", 60)
    by_subset = fit(inputs, income, "ard")
    assert by_subset.log_marginal_likelihood == pytest.approx(
        whole.log_marginal_likelihood, abs=0.01
    )


def test_an_input_that_does_not_matter_gets_a_long_lengthscale():
    fitted = fit(*city(200), "ard")
    assert fitted.lengthscale[2] > 5 * fitted.lengthscale[0]


def test_an_input_on_the_plateau_is_brought_back_and_the_others_are_left():
    space = SearchSpace("ard", 4)
    theta = np.log([1.0, 1e4, 2.0, 3.0, 1.5, 0.1])
    revived = space.off_the_plateau(theta)
    np.testing.assert_allclose(np.exp(revived), [1.0, 16.0, 2.0, 3.0, 1.5, 0.1])
    assert space.off_the_plateau(revived) is None
    assert SearchSpace("optimised", 4).off_the_plateau(np.log([1e4, 1.0, 0.1])) is None


def test_an_input_that_starts_on_the_plateau_is_found_all_the_same(monkeypatch):
    inputs, income = city(150)
    usual = fit(inputs, income, "ard", starts=1)
    start = SearchSpace.start

    def start_with_the_first_input_lost(space, rng):
        theta = start(space, rng)
        theta[0] = np.log(1e5)
        return theta

    monkeypatch.setattr(SearchSpace, "start", start_with_the_first_input_lost)
    found = fit(inputs, income, "ard", starts=1)
    np.testing.assert_allclose(found.lengthscale[0], usual.lengthscale[0], rtol=0.05)
    monkeypatch.setattr(SearchSpace, "off_the_plateau", lambda space, theta: None)
    lost = fit(inputs, income, "ard", starts=1)
    assert lost.log_marginal_likelihood < found.log_marginal_likelihood - 10


def test_units_of_inputs_and_income_change_nothing_but_the_unit():
    inputs, income = city()
    new, _ = city(5, seed=1)
    plain = predict_income(fit(inputs, income), new)
    factors = np.array([1e3, 1e-3, 7.0])
    changed = predict_income(fit(inputs * factors, income * 100), new * factors)
    np.testing.assert_allclose(changed.mean, 100 * plain.mean, rtol=1e-6)


def test_known_noise_is_taken_off_the_noise_that_is_learned():
    inputs, income = city(300)
    without = fit(inputs, income)
    known = np.full(300, 1.5e3**2)
    fitted = fit(inputs, income, known_noise=known)
    assert fitted.noise < without.noise
    total = fitted.noise + fitted.known_noise[0]
    assert total == pytest.approx(without.noise, rel=0.05)


def test_the_mean_is_the_weighted_sum_of_kernels_that_shapley_values_take_apart():
    inputs, income = city()
    fitted = fit(inputs, income)
    distance = np.sqrt(3) * cdist(fitted.training_inputs, fitted.training_inputs)
    distance /= fitted.lengthscale
    kernel = fitted.outputscale * (1 + distance) * np.exp(-distance)
    expected = (predict_income(fitted, inputs).mean - income.mean()) / income.std()
    np.testing.assert_allclose(kernel @ fitted.weights(), expected, atol=1e-6)


def test_a_stored_model_predicts_the_same(tmp_path):
    inputs, income = city()
    fitted = fit(inputs, income, "ard")
    paths = {"arrays": tmp_path / "gp.safetensors", "description": tmp_path / "gp.json"}
    save_gp(fitted, **paths)
    stored = load_gp(**paths)
    assert (stored.features, stored.training_ids) == (fitted.features, fitted.training_ids)
    np.testing.assert_allclose(
        predict_income(stored, inputs).mean, predict_income(fitted, inputs).mean, rtol=1e-12
    )
    (tmp_path / "gp.json").write_text('{"format": "other"}')
    with pytest.raises(InputError, match="format is 'other', expected 'incomelens-gp-1'"):
        load_gp(**paths)


def test_what_cannot_be_fitted_is_refused_with_a_reason():
    inputs, income = city(10)
    with pytest.raises(InputError, match="x1 has the same value, 5, in all 10"):
        fit(np.column_stack([inputs[:, 0], np.full(10, 5.0)]), income)
    with pytest.raises(InputError, match="income has the same value"):
        fit(inputs, np.full(10, 4e4))
    with pytest.raises(InputError, match="'best' is unknown; known are literal"):
        fit(inputs, income, "best")
    with pytest.raises(InputError, match="needs 3 districts at least, there are 2"):
        fit(inputs[:2], income[:2])
    with pytest.raises(InputError, match="reads 3 inputs"):
        predict_income(fit(inputs, income), inputs[:, :2])
