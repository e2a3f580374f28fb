"""Tables of a task's global effects: observed values, percentages, and the values of the study."""

import logging

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.common.names import INCOMES
from incomelens.shapley.global_effects import dependences, evenly_spread, independent_effects
from incomelens.shapley.names import PLAYERS
from incomelens.shapley.tables import dependence_table, location_table, variance_table
from incomelens.shapley.task import level_background, task_of
from incomelens.ssig.additive import DENSITY
from incomelens.ssig.features import SOCIOECONOMIC, SPATIAL
from incomelens.ssig.fit_additive import fit_additive

N = 16


@pytest.fixture(scope="module")
def districts() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.uniform(0.05, 0.6, size=(N, len(PLAYERS))), columns=list(PLAYERS))
    table[DENSITY] *= 1e4
    table["latitude"] += 40
    table.insert(0, "geoid", [f"{i:011d}" for i in range(N)])
    table[INCOMES[0]] = 3e4 * np.exp(2 * table["bachelor"] + rng.normal(scale=0.1, size=N))
    table[INCOMES[1]] = 2 * table[INCOMES[0]]
    return table


@pytest.fixture(scope="module")
def task(districts):
    fitted = fit_additive(
        districts[list(PLAYERS)].to_numpy(),
        districts[INCOMES[0]].to_numpy(),
        features=PLAYERS,
        ids=tuple(districts["geoid"]),
        known_noise=np.zeros(N),
        learnt=np.arange(N),
        starts=1,
        rng=np.random.default_rng(0),
    )
    background = level_background(
        districts, level="tract", incomes=INCOMES, background={"kind": "kmeans", "size": 5}, seed=1
    )
    names = {"level": "tract", "income": INCOMES[0], "mode": "additive"}
    return task_of(fitted, names=names, background=background)


def test_places_of_a_curve_are_observed_from_end_to_end_and_each_stands_once():
    values = np.array([5.0, 1.0, 1.0, 9.0, 2.0, 8.9])
    rows = evenly_spread(values, 9)
    assert values[rows].tolist() == [1.0, 2.0, 5.0, 8.9, 9.0]


def test_curves_and_map_tell_the_effect_on_the_income_itself(task, districts):
    found = dependences(task)
    curves = dependence_table(task, found, districts)
    assert set(curves["variable"]) == set(SOCIOECONOMIC)
    assert set(curves["term"]) == {"sum", "linear", "census", "everything"}
    whole = curves[(curves["variable"] == "bachelor") & (curves["term"] == "sum")]
    assert whole["value"].is_monotonic_increasing
    assert set(whole["value"]) <= set(districts["bachelor"])
    # The factor between mean logarithms of predictions, here taken at one observed value.
    value, at = whole["value"].iloc[-1], task.columns.index("bachelor")
    row = districts.index[districts["bachelor"] == value][0]
    moved = task.background.points.copy()
    moved[:, at] = task.points[row, at]
    change = task.model.predict(moved) - task.model.predict(task.background.points)
    factor = np.exp(task.label_sd * (task.background.weights @ change))
    assert_allclose(whole["percent"].iloc[-1], 100 * (factor - 1), rtol=1e-8)
    assert (curves["percent_low"] <= curves["percent"]).all()
    assert (curves["percent"] <= curves["percent_high"]).all()
    of_terms = curves[curves["term"] != "sum"].groupby(["variable", "value"])["effect"].sum()
    sums = curves[curves["term"] == "sum"].set_index(["variable", "value"])["effect"]
    assert_allclose(of_terms.loc[sums.index], sums, rtol=0, atol=1e-12)

    location = location_table(task, found, districts)
    assert set(location["term"]) == {"sum", "place", "everything"}
    whole = location[location["term"] == "sum"]
    assert_array_equal(whole["geoid"], districts["geoid"])
    assert_allclose(whole[list(SPATIAL)], districts[list(SPATIAL)])


def test_very_many_districts_are_taken_in_parts_and_stood_for_by_some(task, monkeypatch, caplog):
    whole, exact = dependences(task), independent_effects(task, threads=1)
    monkeypatch.setattr("incomelens.shapley.dependence._PLACES", 5)
    for one, same in zip(dependences(task), whole, strict=True):
        for name in ("mean", "variance", "term_mean", "term_variance"):
            assert_allclose(getattr(one.effect, name), getattr(same.effect, name), atol=1e-10)
    monkeypatch.setattr("incomelens.shapley.global_effects.MOST_VARYING", N - 1)
    with caplog.at_level(logging.INFO, logger="incomelens"):
        some = independent_effects(task, threads=1)
    assert "players vary as over 15 random rows of 16 rows" in caplog.text
    assert_allclose(some.variance, exact.variance, rtol=0.3)


def test_shares_of_the_variance_add_up_and_name_the_variable_that_makes_the_income(task):
    table = variance_table(task, independent_effects(task, threads=1))
    assert table["variable"].tolist() == [*SOCIOECONOMIC, "location"]
    assert table["shapley_effect"].sum() == pytest.approx(1)
    assert table.loc[table["shapley_effect"].idxmax(), "variable"] == "bachelor"
    assert (table["alone"] <= table["total"] + table["share_error"]).all()
    assert table["share_error"].iloc[0] < 0.01
