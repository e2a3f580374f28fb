"""A process that rests on inducing points: explained as exactly, at the cost of its points."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.distance import cdist

from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError
from incomelens.shapley.background import random_background
from incomelens.shapley.dependence import Posterior
from incomelens.shapley.inputs import single_players
from incomelens.shapley.interactions import shapley_interactions
from incomelens.shapley.tables import background_table
from incomelens.shapley.task import Task, task_of
from incomelens.shapley.uncertainty import shapley_variance
from incomelens.shapley.values import shapley_values
from incomelens.ssig.additive import FittedSum
from incomelens.ssig.fit import fit_gp
from incomelens.ssig.gp import FittedGP
from incomelens.ssig.inducing import Approximation

FEATURES = ("bachelor", "white", "latitude", "longitude")


N, FEW = 70, 15
RNG = np.random.default_rng(4)
INPUTS = RNG.uniform(0.05, 0.6, size=(N, 4))
INCOME = np.exp(10 + INPUTS[:, 0] + np.sin(6 * INPUTS[:, 2]) + 0.1 * RNG.normal(size=N))


def fitted(mode: str, n_points: int = FEW) -> FittedGP | FittedSum:
    return fit_gp(
        INPUTS,
        INCOME,
        mode=mode,
        features=FEATURES,
        ids=tuple(map(str, range(N))),
        starts=1,
        approximation=Approximation(N - 1, n_points, N),
        rng=np.random.default_rng(5),
    )


def explained(process: FittedGP | FittedSum) -> Task:
    names = {"level": "tract", "income": "per_capita_income", "mode": process.mode}
    return task_of(process, names=names, background=random_background(INPUTS, 4, seed=1))


@pytest.fixture(scope="module", params=["ard", "additive"])
def task(request) -> Task:
    return explained(fitted(request.param))


def test_values_and_interactions_equal_the_definition(task, brute_force, game_of):
    points = task.points[:2]
    found = shapley_values(task.model, points, task.background, tolerance=1e-9)
    pairs = shapley_interactions(task.model, points, task.background, tolerance=1e-9)
    assert len(task.model.alpha) == FEW
    assert len(task.points) == N
    for i, point in enumerate(points):
        game = game_of(task.model, point, task.background)
        values = brute_force["values"](game, 4)
        index = brute_force["interactions"](game, 4)
        assert_allclose(found.values[i], values, rtol=0, atol=1e-8)  # noqa: PD011 - an array
        np.fill_diagonal(index, values - index.sum(axis=1) / 2)
        assert_allclose(pairs.interactions[i], index, rtol=0, atol=1e-8)


def test_the_process_is_named_where_its_values_are(task):
    exact = explained(replace(fitted("ard"), inducing=None))
    backgrounds = [(task.background, np.ones((2, 12)))] * 2
    tables = [background_table(backgrounds, task=one) for one in (exact, task)]
    assert "process" not in tables[0]
    assert set(tables[1]["process"]) == {"15 inducing points, learnt on 70 districts"}
    # Levels of few districts and of many stand in one table.
    for both in (tables, tables[::-1]):
        check_written(pd.concat(both), "results/s/shapley/background_sensitivity.csv")


def test_variance_equals_the_definition(coalition_weights):
    task = explained(fitted("ard"))
    point, model = task.points[:1], task.model
    result = shapley_variance(
        model, point, task.background, precision=task.precision, tolerance=1e-8
    )
    where, weights = coalition_weights(point[0], task.background, single_players(4))
    where, train = where / model.lengthscale, model.train_inputs / model.lengthscale
    cross = weights @ (model.outputscale * model.kernel(cdist(where, train)))
    prior = weights @ (model.outputscale * model.kernel(cdist(where, where))) @ weights.T
    expected = np.diag(prior - cross @ task.precision @ cross.T)
    assert result.error_bound <= 1e-8
    assert_allclose(result.variance[0], expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("mode", ["ard", "additive"])
def test_with_every_district_a_point_all_is_what_it_is_of_the_exact_process(mode):
    process = fitted(mode, n_points=N)
    by_points, exact = explained(process), explained(replace(process, inducing=None))
    points, background = by_points.points[:3], by_points.background
    values, same = (shapley_values(t.model, points, background) for t in (by_points, exact))
    assert_allclose(values.values, same.values, rtol=0, atol=1e-5)
    sd, same = (
        shapley_variance(
            t.model, points, background, noise=t.noise, precision=t.precision, tolerance=1e-5
        ).sd
        for t in (by_points, exact)
    )
    assert_allclose(sd, same, rtol=0.01)
    effect, same = (
        Posterior(t.model, background, noise=t.noise, precision=t.precision).partial_dependence(
            (0,), points[:, :1]
        )
        for t in (by_points, exact)
    )
    assert_allclose(effect.mean, same.mean, atol=1e-5)
    assert_allclose(effect.variance, same.variance, atol=1e-5)


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({}, "noise, precision: give one of them"),
        ({"noise": 0.1, "precision": np.eye(FEW)}, "noise, precision: give one of them"),
        ({"precision": np.eye(FEW - 1)}, "precision: 14 columns instead of the 15"),
        ({"precision": np.triu(np.ones((FEW, FEW)))}, "symmetric matrix of the 15 training points"),
        ({"precision": np.zeros((FEW, FEW))}, "precision: has no positive eigenvalue"),
    ],
)
def test_what_is_known_of_a_process_is_one_of_two_things(task, known, message):
    with pytest.raises(InputError, match=message):
        shapley_variance(task.model, task.points[:1], task.background, **known)
