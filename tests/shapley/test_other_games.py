"""Games of other packages: by their definition here, and beside the packages where installed."""

# ruff: noqa: PD011 - `values` of our own, not of pandas
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.gaussian_process import GaussianProcessRegressor, kernels

from incomelens.common.errors import InputError
from incomelens.shapley.background import random_background
from incomelens.shapley.inputs import GaussianProcessMean, Part, SumMean, merged_players
from incomelens.shapley.interactions import shapley_interactions
from incomelens.shapley.mixture import StationaryKernel
from incomelens.shapley.other_games import geoshapley_values, product_kernel_values
from incomelens.shapley.values import shapley_values

# The last two columns are the place, as geoshapley wants them.
COLUMNS = [*"abcd", "latitude", "longitude"]
PLAYERS = merged_players(COLUMNS, {"location": ["latitude", "longitude"]})


@pytest.mark.parametrize("family", ["rbf", "matern"])
def test_a_player_who_is_absent_is_left_out_of_the_kernel(family, fit, inputs, label, brute_force):
    model = fit(inputs, label, StationaryKernel(family), 1.7, 2.0, 0.5)
    accuracy = 1e-9
    values = product_kernel_values(model, inputs[:2], tolerance=accuracy)
    for point, found in zip(inputs, values, strict=False):

        def game(coalition, point=point):
            kept = list(coalition)
            distance = np.linalg.norm((inputs[:, kept] - point[kept]) / 1.7, axis=1)
            return float(2.0 * model.kernel(distance) @ model.alpha)

        assert_allclose(found, brute_force["values"](game, 6), rtol=0, atol=accuracy)


def test_product_kernel_values_equal_those_of_shapiq(inputs, label):
    package = pytest.importorskip(
        "shapiq.explainer.product_kernel", reason="shapiq is not installed (envs/bench.in)"
    )
    gp = GaussianProcessRegressor(kernels.RBF(1.7), alpha=0.5, optimizer=None).fit(inputs, label)
    model = GaussianProcessMean(inputs, gp.alpha_, StationaryKernel("rbf"), 1.7)
    ours = product_kernel_values(model, inputs[:5])
    explainer = package.ProductKernelExplainer(model=gp)
    theirs = [explainer.explain(point).get_n_order_values(1) for point in inputs[:5]]
    assert_allclose(ours, theirs, rtol=0, atol=1e-8)


def by_regression(model, point, background, n_features=4):
    """GeoShapley as its paper fits it: least squares over all coalitions, weighted."""
    m = n_features + 1
    rows, gains, weights = [], [], []
    base = background.weights @ model.predict(background.points)
    for size in range(1, m + 1):
        for coalition in combinations(range(m), size):
            mixed = background.points.copy()
            for player in coalition:
                columns = list(PLAYERS.columns[player])
                mixed[:, columns] = point[columns]
            alone = [float(j in coalition) for j in range(n_features)]
            with_place = float(n_features in coalition)
            rows.append([*alone, with_place, *(one * with_place for one in alone)])
            gains.append(background.weights @ model.predict(mixed) - base)
            weights.append(1 / (comb(m, size) * size * (m - size)) if size < m else 1e9)
    root = np.sqrt(weights)
    solution, *_ = np.linalg.lstsq(root[:, None] * rows, root * gains, rcond=None)
    return solution[:n_features], solution[n_features], solution[n_features + 1 :]


@pytest.fixture(scope="module")
def some(inputs):
    return random_background(inputs, 7, seed=2)


def test_geoshapley_equals_the_regression_over_all_coalitions(model, inputs, some):
    told = geoshapley_values(model, inputs[:2], some, players=PLAYERS, tolerance=1e-9)
    assert told.names == tuple("abcd")
    for row, point in enumerate(inputs[:2]):
        primary, place, interactions = by_regression(model, point, some)
        assert_allclose(told.primary[row], primary, rtol=0, atol=1e-7)
        assert_allclose(told.place[row], place, rtol=0, atol=1e-7)
        assert_allclose(told.interactions[row], interactions, rtol=0, atol=1e-7)


def test_geoshapley_adds_up_and_halves_into_shapley_values(model, inputs, some):
    told = geoshapley_values(model, inputs[:3], some, players=PLAYERS, tolerance=1e-8)
    whole = shapley_values(model, inputs[:3], some, players=PLAYERS, tolerance=1e-8)
    total = told.place + told.primary.sum(axis=1) + told.interactions.sum(axis=1)
    assert_allclose(total + told.base_value, whole.predictions, rtol=0, atol=1e-7)
    assert_allclose(told.primary + told.interactions / 2, whole.values[:, :4], atol=1e-7)


def test_a_place_that_is_only_added_has_no_interaction_index_but_one_of_geoshapley(inputs, some):
    """What the others change among themselves is partly told as the place's."""
    alpha = np.linspace(-1, 1, len(inputs))
    parts = []
    for columns in ((0, 1, 2, 3), (4, 5)):
        kernel = StationaryKernel("matern")
        parts.append(Part(GaussianProcessMean(inputs[:, columns], alpha, kernel), columns))
    additive = SumMean(inputs, alpha, tuple(parts), np.zeros(6))
    index = shapley_interactions(additive, inputs[:1], some, players=PLAYERS).interactions
    assert_allclose(index[0, -1, :-1], 0, atol=1e-6)
    told = geoshapley_values(additive, inputs[:1], some, players=PLAYERS)
    assert_allclose(told.interactions[0], by_regression(additive, inputs[0], some)[2], atol=1e-5)
    assert np.abs(told.interactions).min() > 0.1


def test_geoshapley_equals_its_package(model, inputs, some):
    package = pytest.importorskip(
        "geoshapley", reason="geoshapley is not installed (envs/bench.in)"
    )
    explainer = package.GeoShapleyExplainer(model.predict, some.points, g=2, exact=True)
    theirs = explainer.explain(pd.DataFrame(inputs[:3], columns=COLUMNS), n_jobs=1)
    ours = geoshapley_values(model, inputs[:3], some, players=PLAYERS, tolerance=1e-9)
    assert_allclose(ours.primary, theirs.primary, rtol=0, atol=1e-6)
    assert_allclose(ours.place, theirs.geo, rtol=0, atol=1e-6)
    assert_allclose(ours.interactions, theirs.geo_intera, rtol=0, atol=1e-6)


def test_players_without_the_place_are_refused(model, inputs, some):
    with pytest.raises(InputError, match="expected 'town' and others, see merged_players"):
        geoshapley_values(model, inputs[:1], some, players=PLAYERS, place="town")
