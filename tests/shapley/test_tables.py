"""Tables of a task: columns of the contract, cases by hand, what a study may lack."""

import json
import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.common.errors import InputError
from incomelens.common.names import INCOMES
from incomelens.shapley.background import full_background
from incomelens.shapley.comparisons import KernelDifference, values_by_background
from incomelens.shapley.inputs import GaussianProcessMean
from incomelens.shapley.names import PLAYERS
from incomelens.shapley.runs import Settings, sampled_interactions, sampled_sd
from incomelens.shapley.tables import (
    background_table,
    explainer_table,
    interactions_table,
    uncertainty_table,
    values_description,
    values_table,
    write_description,
)
from incomelens.shapley.task import Task, chosen_background, level_background, task_of
from incomelens.shapley.values import ShapleyValues
from incomelens.ssig.fit import fit_gp
from incomelens.ssig.prediction import predict_income

NAMES = {"level": "tract", "income": "per_capita_income", "mode": "literal"}
N = 16


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(N, 12))
    return fit_gp(
        inputs,
        4e4 + 1e4 * inputs[:, 0] + 1e3 * rng.normal(size=N),
        mode="literal",
        features=PLAYERS,
        ids=tuple(f"{i:011d}" for i in range(N)),
        rng=rng,
    )


def districts_of(n=N, *, seed=0, without=()):
    """Districts with both incomes, but for some that lack the median."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(5 + 3 * rng.normal(size=(n, 12)), columns=list(PLAYERS))
    table[list(INCOMES)] = 5e4
    table.loc[list(without), "median_household_income"] = np.nan
    return table


def background_of(districts, level="tract", incomes=INCOMES, kind="kmeans", size=4, seed=1):
    settings = {"background": {"kind": kind, "size": size}, "seed": seed}
    return level_background(districts, level=level, incomes=incomes, **settings)


@pytest.fixture(scope="module")
def task(fitted) -> Task:
    return task_of(fitted, names=NAMES, background=background_of(districts_of()))


def by_hand(task, game, values, error_bound=1e-6):
    """Values that sum to what is explained, without computing any."""
    return ShapleyValues(
        values=values,
        predictions=values.sum(axis=1) + 0.5,
        base_value=0.5,
        players=task.players(game),
        background=task.background,
        explainer="exact",
        error_bound=error_bound,
        n_nodes=20,
        kernel_error=1e-9,
    )


@pytest.fixture(scope="module")
def games(task):
    rng = np.random.default_rng(2)
    return {
        "twelve": by_hand(task, "twelve", rng.normal(size=(N, 12))),
        "eleven": by_hand(task, "eleven", rng.normal(size=(N, 11))),
    }


def test_a_task_has_the_columns_of_the_contract_and_players_that_sum(task, games):
    table = values_table(task, games)
    assert list(table) == ["geoid", "prediction", "base_value", *PLAYERS, "location"]
    assert table["geoid"].tolist() == list(task.ids)
    assert_allclose(table[list(PLAYERS)].sum(axis=1) + table["base_value"], table["prediction"])
    assert_array_equal(table["location"], games["eleven"].values[:, 10])  # noqa: PD011 - an array


def test_the_sidecar_tells_bound_background_and_unit(task, games, tmp_path):
    description = values_description(task, games, Settings(tolerance=1e-5))
    write_description(description, tmp_path / "values.json")
    text = json.loads((tmp_path / "values.json").read_text())
    assert text["level"] == "tract"
    assert text["explainer"] == "exact"
    assert text["tolerance_sd"] == 1e-5
    assert_allclose(text["error_bound_usd"], 1e-6 * text["label_sd_usd"])
    assert text["background"]["size"] == 4
    assert text["background"]["seed"] == task.background.seed
    assert text["largest_efficiency_gap_sd"]["twelve"] < 1e-12


def test_an_explainer_without_a_bound_says_none_and_its_own_settings(task, games, tmp_path):
    unbound = {
        game: by_hand(task, game, result.values, error_bound=float("nan"))
        for game, result in games.items()
    }
    description = values_description(task, unbound, Settings(explainer="shap_kernel"))
    write_description(description, tmp_path / "values.json")
    text = json.loads((tmp_path / "values.json").read_text())
    assert text["error_bound_sd"] is None
    assert (text["l1_reg"], text["nsamples"]) == (False, "auto")


def test_the_modes_of_a_task_share_their_sample(fitted):
    one, two = (
        task_of(fitted, names={**NAMES, "mode": mode}, background=background_of(districts_of()))
        for mode in ("literal", "ard")
    )
    assert_array_equal(one.sample(5, seed=1), two.sample(5, seed=1))
    assert not np.array_equal(one.sample(5, seed=1), one.sample(5, seed=2))


def test_both_incomes_of_a_level_have_one_background_in_the_variables_own_units():
    """Fitted to other districts, and so z-scored otherwise, they ask about the same places."""
    rng = np.random.default_rng(0)
    districts = districts_of(30, without=range(4))
    inputs = districts[list(PLAYERS)].to_numpy()
    background, tasks = background_of(districts), []
    for income, rows in zip(INCOMES, (slice(None), slice(4, None)), strict=True):
        label = 4e4 + 1e3 * rng.normal(size=30)
        ids = tuple(f"{i:011d}" for i in range(30)[rows])
        fitted = fit_gp(
            inputs[rows], label[rows], mode="literal", features=PLAYERS, ids=ids, rng=rng
        )
        task = task_of(fitted, names={**NAMES, "income": income}, background=background)
        scaling = fitted.input_scaling
        assert_allclose(task.background.points * scaling.sd + scaling.mean, background.points)
        tasks.append(task)
    one, two = (task.background for task in tasks)
    assert not np.allclose(one.points, two.points)
    assert one.description == two.description


def test_a_background_is_chosen_from_districts_with_every_income_of_the_study(caplog):
    caplog.set_level(logging.INFO)
    districts = districts_of(30, without=range(25))
    everything = background_of(districts, kind="all")
    assert_allclose(everything.points, districts[list(PLAYERS)][25:])
    assert "background of level tract: from 5 of 30 districts with an income" in caplog.text
    assert background_of(districts, incomes=INCOMES[:1], kind="all").n_data == 30
    changed = districts.copy()
    changed.iloc[:25, :12] = 7.0
    assert_array_equal(background_of(changed).points, background_of(districts).points)


def test_levels_and_seeds_have_backgrounds_of_their_own():
    districts = districts_of()
    first = background_of(districts, kind="random")
    assert_array_equal(first.points, background_of(districts, kind="random").points)
    for other in ({"level": "zip"}, {"seed": 2}):
        assert not np.array_equal(
            first.points, background_of(districts, kind="random", **other).points
        )


def test_incomes_of_no_district_in_common_are_refused():
    districts = districts_of(without=range(N))
    message = "no district of level tract has per_capita_income and median_household_income"
    with pytest.raises(InputError, match=message):
        background_of(districts)


def test_samples_are_nested_and_may_be_all_or_none(task):
    assert set(task.sample(3, seed=1)) < set(task.sample(9, seed=1))
    assert_array_equal(task.sample(None, seed=1), np.arange(N))
    assert_array_equal(task.sample(500, seed=1), np.arange(N))
    assert len(task.sample(0, seed=1)) == 0


def test_backgrounds_of_every_kind():
    points = np.random.default_rng(0).normal(size=(9, 2))
    assert len(chosen_background(points, kind="kmeans", size=3, seed=0).points) == 3
    assert len(chosen_background(points, kind="random", size=3, seed=0).points) == 3
    assert len(chosen_background(points, kind="all", size=3, seed=0).points) == 9
    with pytest.raises(InputError, match="have 9 rows; ask for 9 or fewer"):
        chosen_background(points, kind="random", size=10, seed=0)
    with pytest.raises(InputError, match="'median' is not known"):
        chosen_background(points, kind="median", size=3, seed=0)


def test_uncertainty_stands_beside_the_value_of_the_same_district(task, games):
    ids = task.ids[[3, 7]]
    sd = np.arange(24.0).reshape(2, 12)
    table = uncertainty_table(values_table(task, games), ids, sd)
    assert list(table) == ["geoid", "player", "value", "sd"]
    row = table[(table["geoid"] == ids[1]) & (table["player"] == "black")].iloc[0]
    black = PLAYERS.index("black")
    value = games["twelve"].values[7, black]  # noqa: PD011 - an array
    assert (row["value"], row["sd"]) == (value, sd[1, black])


def test_every_pair_stands_once_with_its_whole_interaction():
    values = np.array([[[1.0, 2.0], [2.0, -3.0]], [[3.0, -4.0], [-4.0, 5.0]]])
    table = interactions_table({"twelve": values}, {"twelve": ["a", "b"]})
    assert table.to_numpy().tolist() == [
        ["twelve", "main_effect", "a", "a", 2, 2.0, 2.0],
        ["twelve", "interaction", "a", "b", 2, 3.0, -1.0],
        ["twelve", "main_effect", "b", "b", 2, 4.0, 1.0],
    ]


@pytest.mark.slow
def test_main_effects_and_interactions_give_the_values_back(task):
    # Four columns: the kernel of twelve takes long to compile.
    points = task.points[:, 8:]
    model = GaussianProcessMean(points, task.model.alpha, task.model.kernel)
    small = replace(
        task,
        model=model,
        points=points,
        columns=PLAYERS[8:],
        background=full_background(points),
    )
    found = sampled_interactions(small, np.array([2, 5]), Settings())
    assert [values.shape for values in found.values()] == [(2, 4, 4), (2, 3, 3)]
    gain = model.predict(points[[2, 5]]) - model.predict(points).mean()
    for values in found.values():
        # A value is its main effect and half of its interactions; all values are the prediction.
        phi = (values.sum(axis=2) + np.diagonal(values, axis1=1, axis2=2)) / 2
        assert_allclose(phi.sum(axis=1), gain, rtol=0, atol=1e-5)


def test_without_districts_tables_are_empty_and_keep_their_columns(task, games):
    none = task.sample(0, seed=1)
    sd = sampled_sd(task, none, Settings())
    uncertainty = uncertainty_table(values_table(task, games), task.ids[none], sd)
    assert list(uncertainty) == ["geoid", "player", "value", "sd"]
    interactions = interactions_table(
        sampled_interactions(task, none, Settings()),
        {game: task.players(game).names for game in ("twelve", "eleven")},
    )
    assert len(uncertainty) == len(interactions) == 0
    assert "mean_abs" in interactions


def test_ranks_over_backgrounds_have_a_best_and_a_worst(task):
    one, two = np.zeros((2, 12)), np.zeros((2, 12))
    one[:, 0], one[:, 1], two[:, 0], two[:, 1] = 3.0, -2.0, 1.0, -2.0
    backgrounds = [(task.background, one), (full_background(task.points), two)]
    table = background_table(backgrounds, task=task)
    bachelor = table[table["variable"] == "bachelor"]
    assert bachelor["rank"].tolist() == [1, 2]
    assert bachelor[["best_rank", "worst_rank"]].to_numpy().tolist() == [[1, 2], [1, 2]]
    assert table.groupby("background", sort=False)["kind"].first().tolist()[1] == "all rows"
    assert len(table) == 24


def test_further_backgrounds_are_random_rows_and_differ(task):
    found = values_by_background(task, np.array([0, 1]), Settings(), n_random=2, size=50, seed=1)
    assert [background.kind for background, _ in found[1:]] == ["random rows"] * 2
    assert found[0][0] is task.background
    assert len(found[1][0].points) == N
    smaller = values_by_background(task, np.array([0]), Settings(), n_random=2, size=4, seed=1)
    assert not np.array_equal(smaller[1][0].points, smaller[2][0].points)


def test_zeroed_values_are_counted_where_the_exact_value_is_not_zero(task):
    exact = np.array([[0.3, 1e-9, -0.2, 0.1]])
    values = np.array([[0.0, 0.0, -0.2, 0.3]])
    table = explainer_table([KernelDifference("p", 14, values, exact, 1e-6)], task=task)
    row = table.iloc[0]
    assert row["share_of_values_zeroed"] == 0.25
    assert_allclose(row["largest_difference"], 0.3)
    assert_allclose(row["mean_abs_difference"], (0.3 + 1e-9 + 0.2) / 4)


def test_the_model_that_is_explained_predicts_what_the_fit_does(fitted, task):
    raw = fitted.training_inputs * fitted.input_scaling.sd + fitted.input_scaling.mean
    predicted = task.label_mean + task.label_sd * task.model.predict(task.points)
    assert_allclose(predicted, predict_income(fitted, raw).mean, rtol=1e-9)
