"""The variogram finds the range of fields whose range is known."""

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.common.errors import InputError
from incomelens.folds.variogram import (
    MODELS,
    Variogram,
    empirical_variogram,
    fit_variogram,
    without_trend,
)

PLACE = np.array([(column * 0.2, row * 0.2) for row in range(24) for column in range(24)])


@cache
def factor(model, length, nugget):
    distance = np.hypot(*(PLACE[:, None] - PLACE[None]).transpose(2, 0, 1))
    covariance = (1 - nugget) * (1 - MODELS[model](distance, 0, 1, length))
    return np.linalg.cholesky(covariance + (nugget + 1e-9) * np.eye(len(PLACE)))


def field(model, length, seed, *, nugget=0.0):
    """Gaussian field on the grid with variance 1 and a known practical range, in km."""
    return factor(model, length, nugget) @ np.random.default_rng(seed).normal(size=len(PLACE))


def variogram(value, place=PLACE, **options):
    return empirical_variogram(place, value, rng=np.random.default_rng(0), **options)


def test_three_places_on_a_line_by_hand():
    place = np.array([(0.0, 0.0), (1.0, 0.0), (3.0, 0.0)])
    found = variogram(np.array([1.0, 3.0, 7.0]), place, max_km=3.0, n_bins=2)
    # Classes 1 .. sqrt(3) and sqrt(3) .. 3: differences 2; and 4 and 6.
    assert_allclose(found.distance_km, [1, 2.5])
    assert_allclose(found.semivariance, [2, (16 + 36) / 4])
    assert_array_equal(found.n_pairs, [1, 2])


def test_every_pair_within_the_longest_distance_is_counted_once():
    found = variogram(field("exponential", 1, 0), max_km=100.0)
    assert found.n_pairs.sum() == len(PLACE) * (len(PLACE) - 1) // 2
    assert variogram(PLACE[:, 0], max_km=0.25).n_pairs.sum() == 2 * 24 * 23


def test_a_sample_of_pairs_tells_what_all_of_them_tell():
    value = field("exponential", 1.5, 1)
    whole, sample = variogram(value), variogram(value, most_pairs=80_000)
    assert sample.n_pairs.sum() < whole.n_pairs.sum()
    assert_allclose(sample.semivariance[-5:], whole.semivariance[-5:], rtol=0.1)


def test_the_same_generator_draws_the_same_pairs():
    value = field("exponential", 1, 0)
    first, second = (variogram(value, most_pairs=5_000) for _ in range(2))
    assert_array_equal(first.semivariance, second.semivariance)


@pytest.mark.parametrize("model", MODELS)
def test_an_exact_curve_gives_its_own_parameters_back(model):
    distance = np.linspace(0.2, 6, 25)
    curve = Variogram(distance, MODELS[model](distance, 3e6, 8e6, 2.5), np.arange(25) + 100)
    fit = fit_variogram(curve, model=model)
    assert_allclose((fit.nugget, fit.sill, fit.range_km), (3e6, 11e6, 2.5), rtol=1e-4)
    assert not fit.bounded


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("length", [0.8, 1.6])
def test_the_range_of_simulated_fields_is_found(model, length):
    ranges = [
        fit_variogram(variogram(field(model, length, seed)), model=model).range_km
        for seed in range(8)
    ]
    # One field of 4.8 km holds few independent places; the median of eight is within a third.
    assert_allclose(np.median(ranges), length, rtol=0.33)


def test_the_unit_of_the_values_does_not_move_the_range():
    value = field("exponential", 1, 2, nugget=0.3)
    first, second = (fit_variogram(variogram(unit * value)) for unit in (1.0, 1e4))
    assert_allclose(second.range_km, first.range_km, rtol=1e-3)
    assert_allclose(second.sill, 1e8 * first.sill, rtol=1e-3)


def test_a_trend_has_no_range_and_what_is_left_of_it_has():
    value = field("exponential", 0.8, 3) + 3 * PLACE[:, 0]
    assert fit_variogram(variogram(value)).bounded
    assert not fit_variogram(variogram(without_trend(PLACE, value))).bounded


def test_a_quadratic_surface_is_nothing_but_trend():
    east, north = PLACE.T
    value = 5 + east - 2 * north + east**2 + 3 * north**2 - east * north
    assert_allclose(without_trend(PLACE, value), 0, atol=1e-9)


def test_one_income_everywhere_has_no_range(caplog):
    assert fit_variogram(variogram(np.full(len(PLACE), 2.0))).bounded
    assert fit_variogram(variogram(np.full(len(PLACE), 2.0))).sill == 0


@pytest.mark.parametrize(
    ("value", "options", "message"),
    [
        (np.append(np.zeros(575), np.nan), {}, "576 values, 1 of them missing"),
        (np.zeros(576), {"max_km": 0.1}, "no two places within 0.1 km"),
    ],
)
def test_values_without_a_variogram_are_refused(value, options, message):
    with pytest.raises(InputError, match=message):
        variogram(value, **options)


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(InputError, match="'gaussian' is unknown; known are exponential, spherical"):
        fit_variogram(variogram(PLACE[:, 0]), model="gaussian")
    with pytest.raises(InputError, match="2 distance classes, three parameters need at least 4"):
        fit_variogram(variogram(PLACE[:, 0], n_bins=2))
