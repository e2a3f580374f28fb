"""Geographically weighted regression: weights by hand, and a city whose halves differ."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.ssig.gwr import GeographicallyWeightedRegression, local_fit
from incomelens.ssig.inner_blocks import inner_spatial_folds


def test_a_constant_is_the_weighted_mean_of_the_neighbours():
    """Distances 0, 1, 2 within a kernel of 2: weights 1, (3/4)² and (almost) 0."""
    place = np.array([[0.0], [1.0], [2.0]])
    ones, label = np.ones((3, 1)), np.array([1.0, 5.0, 100.0])
    made = local_fit(place, ones, label, np.array([[0.0]]), np.ones((1, 1)), share=1.0)
    weight = (1 - (np.arange(3) / 2) ** 2) ** 2
    assert_allclose(made, np.average(label, weights=weight), rtol=1e-5)


def city(n=400, seed=0):
    """Log income rises with the first variable in the west and falls with it in the east."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n, 12))
    inputs[:, 10], inputs[:, 11] = rng.uniform(40.6, 40.8, n), rng.uniform(-74.1, -73.7, n)
    sign = np.where(inputs[:, 11] < -73.9, 1.0, -1.0)
    return inputs, np.exp(11 + 0.3 * sign * inputs[:, 0] + rng.normal(0, 0.02, n))


def test_coefficients_follow_the_place():
    inputs, income = city()
    model = GeographicallyWeightedRegression().fit(inputs[:300], income[:300])
    assert model.share_ < 1
    errors = np.log(model.predict(inputs[300:]) / income[300:])
    assert np.median(np.abs(errors)) < 0.1


def test_a_law_that_is_the_same_everywhere_is_found_whatever_the_bandwidth():
    inputs, _ = city()
    income = np.exp(10 + 0.2 * inputs[:, 0] - 0.1 * inputs[:, 3])
    model = GeographicallyWeightedRegression().fit(inputs[:300], income[:300])
    assert_allclose(model.predict(inputs[300:]), income[300:], rtol=1e-3)


def test_an_income_without_a_logarithm_is_refused():
    inputs, income = city(60)
    with pytest.raises(InputError, match="gwr: an income is zero or negative"):
        GeographicallyWeightedRegression().fit(inputs, -income)


def test_inner_folds_are_of_about_equal_size_and_hold_neighbours_together():
    inputs, _ = city()
    fold = inner_spatial_folds(inputs, 0)
    assert sorted(set(fold)) == [0, 1, 2]
    assert np.bincount(fold).min() > 80
    nearest = [
        np.argsort(np.hypot(*(inputs[:, 10:] - inputs[row, 10:]).T))[1] for row in range(400)
    ]
    assert (fold == fold[nearest]).mean() > 0.8


def test_predictions_equal_those_of_mgwr():
    """Mgwr 2.2.1, adaptive bisquare kernel of 60 neighbours, predicted at the districts' places."""
    pytest.importorskip(
        "mgwr", reason="mgwr is not installed (pip install mgwr): no parity with it"
    )
    from mgwr.gwr import GWR

    rng = np.random.default_rng(0)
    place, design = rng.uniform(0, 20, (150, 2)), rng.normal(size=(150, 3))
    label = 1 + design @ [0.5, -1, 0] + 0.1 * place[:, 0] * design[:, 2]
    known, held_out = slice(0, 120), slice(120, 150)
    peer = GWR(place[known], label[known, None], design[known], bw=60, kernel="bisquare")
    expected = peer.predict(place[held_out], design[held_out], *_fitted(peer)).predictions
    ones = np.ones((150, 1))
    variables = np.hstack([ones, design])
    made = local_fit(
        place[known], variables[known], label[known], place[held_out], variables[held_out],
        share=0.5,
    )  # fmt: skip
    assert_allclose(made, expected[:, 0], rtol=1e-4)


def _fitted(peer):
    results = peer.fit()
    return results.scale, results.resid_response[:, None]
