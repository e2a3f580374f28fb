"""Summaries over tasks: cases by hand, intervals, and what a study may lack."""

from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError
from incomelens.common.names import INCOMES
from incomelens.shapley.names import PLAYERS
from incomelens.shapley.summaries import (
    explained_task,
    groups_table,
    income_comparison_table,
    variables_table,
)
from incomelens.ssig.features import SPATIAL

NAMES = {"level": "tract", "income": "per_capita_income", "mode": "literal"}


def explained(values, names=NAMES, start=0, n_blocks=4, description=MappingProxyType({})):
    """A task from values of the ten variables, latitude, longitude and location."""
    n = len(values)
    geoid = [f"{start + i:011d}" for i in range(n)]
    table = pd.DataFrame(values, columns=[*PLAYERS, "location"]).assign(geoid=geoid)
    table = table.assign(prediction=table[list(PLAYERS)].sum(axis=1))
    every = [f"{i:011d}" for i in range(100)]
    variables = np.tile(np.arange(100.0)[:, None], 12)
    return explained_task(
        table,
        pd.DataFrame(variables, columns=list(PLAYERS)).assign(geoid=every),
        pd.DataFrame({"geoid": every, "block": np.arange(100) % n_blocks}),
        names=dict(names),
        description=description,
    )


def test_values_of_a_log_income_are_percentages_of_the_income():
    values = np.zeros((4, 13))
    values[:, 0] = [0.5, -0.5, 0.5, -0.5]
    of_income = explained(values, description={"label_sd_usd": 2e4})
    of_logarithm = explained(values, description={"label_sd_log": 2 * np.log(1.1)})
    for made in (groups_table, variables_table):
        assert made([of_income], resamples=10, seed=1)["percent"].isna().all()
        percent = made([of_logarithm], resamples=10, seed=1)["percent"].to_numpy()
        np.testing.assert_allclose(percent[:2], [10.0, 0.0], atol=1e-12)


def test_an_approximate_process_is_named_in_every_summary():
    named = {"process": "9 inducing points"}
    incomes = [{**NAMES, "income": income} for income in INCOMES]
    values = np.random.default_rng(0).normal(size=(12, 13))
    tasks = [explained(values, names, description=named) for names in incomes]
    exact = [explained(values, {**names, "level": "zip"}) for names in incomes]
    for made in (groups_table, variables_table, income_comparison_table):
        assert "process" not in made(exact, resamples=10, seed=1)
        for both in (exact + tasks, tasks + exact):
            table = made(both, resamples=10, seed=1)
            assert set(table.set_index("level").loc["tract", "process"]) == set(named.values())
            check_written(table, f"results/s/shapley/{made.__name__.removesuffix('_table')}.csv")


def test_effects_share_out_the_variance_of_the_predictions():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 13)) * np.array([3.0, *np.full(12, 0.1)])
    values[:, 12] = values[:, 10] + values[:, 11]
    table = variables_table([explained(values)], resamples=10, seed=1).set_index("variable")
    share = table["variance_share"]
    np.testing.assert_allclose(share[list(PLAYERS)].sum(), 1.0)
    assert share[PLAYERS[0]] > 0.9
    np.testing.assert_allclose(share["location"], share[list(SPATIAL)].sum())
    groups = groups_table([explained(values)], resamples=10, seed=1)
    np.testing.assert_allclose(groups["variance_share"].sum(), 1.0)


def test_members_that_cancel_do_not_count_in_their_group():
    values = np.zeros((4, 13))
    values[:, 0], values[:, 1] = 1.0, -1.0
    values[:, 10], values[:, 11], values[:, 12] = 0.5, [0.5, -0.5, 0.5, -0.5], 9.0
    table = groups_table([explained(values)], resamples=100, seed=1).set_index("group")
    assert table.loc["socio-economic", "mean_abs"] == 0
    assert table.loc["spatial", "mean_abs"] == 0.5
    assert (table["n"] == 4).all()


def test_variables_have_rank_direction_and_mean():
    values = np.zeros((20, 13))
    values[:, 0] = np.linspace(-1, 1, 20)  # rises with the variable
    values[:, 1] = -2 * values[:, 0]
    values[:, 10] = 5.0  # latitude leads the twelve, and says nothing about location's rank
    values[:, 12] = 0.6
    table = variables_table([explained(values)], resamples=100, seed=1).set_index("variable")
    assert table["game"].tolist() == ["twelve"] * 12 + ["eleven"]
    assert table.loc[["latitude", "postgraduate", "bachelor"], "rank"].tolist() == [1, 2, 3]
    assert table.loc["location", "rank"] == 2  # behind postgraduate alone
    assert_allclose(table.loc[["bachelor", "postgraduate"], "direction"], [1, -1])
    assert table.loc[["white", "location"], "direction"].isna().all()
    assert_allclose(table.loc["bachelor", "mean_value"], 0, atol=1e-15)
    assert table.loc["latitude", ["ci_low", "ci_high", "mean_value"]].tolist() == [5.0, 5.0, 5.0]


def test_intervals_hold_the_mean_and_modes_share_their_draws():
    values = np.random.default_rng(0).normal(size=(60, 13))
    tasks = [explained(values, {**NAMES, "mode": mode}) for mode in ("literal", "optimised")]
    one, two = (
        part.reset_index(drop=True)
        for _, part in variables_table(tasks, resamples=300, seed=1).groupby("mode")
    )
    for low, high in (("ci_low", "ci_high"), ("block_ci_low", "block_ci_high")):
        assert one["mean_abs"].between(one[low], one[high]).all()
    pd.testing.assert_frame_equal(one.drop(columns="mode"), two.drop(columns="mode"))


def test_neighbours_that_are_alike_widen_the_interval_of_blocks():
    values = np.repeat(np.random.default_rng(0).normal(size=(1, 4, 13)), 15, axis=0).reshape(60, 13)
    table = variables_table([explained(values)], resamples=400, seed=1)
    by_block = table["block_ci_high"] - table["block_ci_low"]
    assert (by_block > 1.5 * (table["ci_high"] - table["ci_low"])).mean() > 0.8


def test_incomes_are_compared_on_their_own_districts_level_by_level():
    values = np.random.default_rng(0).normal(size=(40, 13))
    names = {**NAMES, "income": "median_household_income"}
    tasks = [explained(2 * values), explained(values[:30], names, start=5)]
    table = income_comparison_table(tasks, resamples=100, seed=1)
    check_written(table, "results/small/shapley/income_comparison.csv")
    assert list(table["variable"]) == [*PLAYERS, "location"]
    first = table.iloc[0]
    assert_allclose(first["mean_abs_per_capita"], 2 * np.abs(values[:, 0]).mean())
    assert_allclose(first["mean_abs_median_household"], np.abs(values[:30, 0]).mean())
    assert_allclose(
        first["difference"], first["mean_abs_per_capita"] - first["mean_abs_median_household"]
    )
    counts = first[["n_per_capita", "n_median_household", "n_common"]]
    assert counts.tolist() == [40, 30, 30]
    assert table["difference"].between(table["ci_low"], table["ci_high"]).all()


def test_a_study_of_one_income_has_an_empty_comparison_with_its_columns():
    values = np.random.default_rng(0).normal(size=(10, 13))
    one = income_comparison_table([explained(values)], resamples=100, seed=1)
    other = {**NAMES, "income": "median_household_income"}
    both = income_comparison_table(
        [explained(values), explained(values + 1, other)], resamples=100, seed=1
    )
    assert len(one) == 0
    assert list(one) == list(both)


def test_values_of_a_district_that_is_not_in_the_study_are_refused():
    with pytest.raises(InputError, match="districts of level tract: no row for 00000000100, 000"):
        explained(np.zeros((2, 13)), start=100)


def test_direction_has_an_interval_over_spatial_blocks_that_holds_it():
    rng = np.random.default_rng(0)
    values = np.zeros((60, 13))
    values[:, 0] = np.arange(60.0)
    values[:, 1] = np.arange(60.0) + rng.normal(0, 40, 60)
    values[:, 2] = rng.normal(size=60)
    table = variables_table([explained(values, n_blocks=12)], resamples=300, seed=1)
    table = table.set_index("variable")
    certain, likely, none, constant = (table.loc[name] for name in PLAYERS[:4])
    assert_allclose(certain[["direction_ci_low", "direction_ci_high"]].astype(float), 1.0)
    assert 0 < likely["direction_ci_low"] < likely["direction"] < likely["direction_ci_high"] < 1
    assert none["direction_ci_low"] < 0 < none["direction_ci_high"]
    assert np.isnan(constant["direction_ci_low"])
    assert np.isnan(table.loc["location", "direction_ci_high"])
