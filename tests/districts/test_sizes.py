"""Settings that a city has too few districts for, and small cities in the stages that follow."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.districts.columns import VARIABLES
from incomelens.districts.inequality_table import inequality_table
from incomelens.districts.sizes import Sizes, check_most, check_sizes, sizes_of
from incomelens.folds.districts import district_folds
from incomelens.shapley.task import chosen_background
from incomelens.ssig.features import feature_names, income_sample
from incomelens.ssig.references import reference_model

SIZES = Sizes(
    schemes=("random", "block"),
    n_folds=5,
    n_blocks=10,
    background_kind="kmeans",
    background_size=20,
)


@pytest.fixture
def town():
    """Twenty-six districts in two areas, with both incomes."""
    rng = np.random.default_rng(3)
    n = 26
    return pd.DataFrame(
        {
            "geoid": [f"{number:03d}" for number in range(n)],
            "area": np.where(np.arange(n) < 12, "North", "South"),
            "population": rng.integers(500, 5000, n).astype(float),
            "per_capita_income": rng.uniform(2e4, 8e4, n).round(),
            "per_capita_income_moe": np.nan,
            "median_household_income": rng.uniform(3e4, 9e4, n).round(),
            "median_household_income_moe": np.nan,
            "median_household_income_topcoded": False,
            **{name: rng.uniform(0.05, 0.3, n) for name in VARIABLES},
            "bachelor_or_above": rng.uniform(0.1, 0.6, n),
            "longitude": rng.uniform(5.0, 5.1, n),
            "latitude": rng.uniform(45.0, 45.1, n),
        }
    )


def refused(town, message, **changes):
    with pytest.raises(InputError, match=message):
        check_sizes(town, replace(SIZES, **changes), level="commune")


def test_a_town_of_26_districts_suits_settings_of_its_size(town):
    check_sizes(town, replace(SIZES, schemes=("random", "block", "area")), level="commune")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"background_size": 100}, r"shapley\.background\.size is 100, .* 26 distinct .* to 26 or"),
        ({"n_blocks": 30}, r"folds\.n_blocks is 30, .* lie at 26 places: set it to 26 or less"),
        ({"n_folds": 40, "n_blocks": 26}, r"folds\.n_folds is 40, and scheme block has .*: 26"),
        ({"n_folds": 27, "schemes": ("random",)}, r"folds\.n_folds is 27: of 26 districts"),
    ],
)
def test_a_setting_beyond_the_districts_is_named_with_its_key(town, changes, message):
    refused(town, r"commune: too few districts", **changes)
    refused(town, message, **changes)


def test_all_settings_at_fault_are_told_at_once(town):
    refused(
        town, r"(?s)1\. folds\.n_blocks.*2\. shapley\.background", n_blocks=30, background_size=99
    )


def test_an_income_of_few_districts_is_counted_by_itself(town):
    town.loc[15:, "median_household_income"] = np.nan
    refused(town, r"15 distinct districts with a median household income: set it to 15")
    check_sizes(town, SIZES, level="commune", incomes=["per_capita_income"])


def test_districts_alike_count_once_for_clusters(town):
    town.loc[5:, [*VARIABLES, "longitude", "latitude"]] = town.loc[
        5, [*VARIABLES, "longitude", "latitude"]
    ].to_numpy()
    refused(town, r"lie at 6 places")
    refused(town, r"there are 6 distinct districts", n_blocks=5)
    check_sizes(town, replace(SIZES, n_blocks=5, background_kind="random"), level="commune")


@pytest.mark.parametrize(
    ("area", "message"),
    [
        (["one"] * 26, r"all districts lie in 'one': leave `area` out of folds\.schemes"),
        (["one"] * 20 + ["two"] * 6, r"without 'one' 6 districts are left to learn from, of 8"),
        ([None] * 3 + ["two"] * 23, r"3 districts have none: map the column `area`"),
    ],
)
def test_areas_that_cannot_be_left_out_are_told(town, area, message):
    refused(town.assign(area=area), message, schemes=("area",))


def test_what_is_told_is_what_the_stages_could_not_use(town):
    """Each refusal stands for an error that came later, or for a model that learns nothing."""
    inputs = town[list(VARIABLES)].to_numpy()
    with pytest.raises(InputError, match="background of 100 points asked for"):
        chosen_background(inputs, kind="kmeans", size=100, seed=0)
    with pytest.raises(InputError, match="lower folds"):
        district_folds(town, scheme="random", n_folds=5, n_blocks=30, seed=0)
    model = reference_model("copy_neighbours", seed=0)
    with pytest.raises(InputError, match="copy_neighbours: 6 training districts"):
        model.fit(np.random.default_rng(0).random((6, 12)), np.arange(6.0))


def test_the_smallest_accepted_city_goes_through_folds_models_and_inequality(town):
    city, sizes = town.head(10), replace(SIZES, n_blocks=5, background_size=10)
    check_sizes(city, sizes, level="commune")
    folds = district_folds(city, scheme="random", n_folds=5, n_blocks=5, seed=0)
    sample = income_sample(city, folds, income="per_capita_income")
    training = sample.fold != 0
    inputs = sample.inputs(feature_names("ssig"))
    for name in ("mean", "linear", "log_linear", "ridge", "copy_neighbours"):
        model = reference_model(name, seed=0)
        model.fit(inputs[training], sample.income[training])
        assert np.isfinite(model.predict(inputs[~training])).all()
    chosen_background(inputs, kind="kmeans", size=10, seed=0)
    table = inequality_table(
        {"commune": city}, incomes=["per_capita_income"], n_resamples=20, seed=0
    )
    assert np.isfinite(table["value"]).all()


def test_a_size_known_before_the_city_is_made_is_told_with_its_key():
    with pytest.raises(InputError, match=r"zip: .*\n.*size is 20, .* 12 distinct .* demo\.n_zctas"):
        check_most(12, SIZES, level="zip", because="demo.n_zctas")
    check_most(40, SIZES, level="zip", because="demo.n_zctas")


def test_sizes_are_read_off_a_configuration():
    config = {
        "folds": {"schemes": ["random", "block"], "n_folds": 5, "n_blocks": 10},
        "shapley": {"background": {"kind": "kmeans", "size": 20}},
    }
    assert sizes_of(config) == SIZES


# --- incomes and people that measures cannot use ------------------------------------------------


def measured(town):
    return inequality_table(
        {"commune": town}, incomes=["per_capita_income"], n_resamples=50, seed=1
    )


def test_districts_without_people_are_left_out_where_people_weigh(town, caplog):
    found = measured(town.assign(population=town["population"].where(town.index < 20, 0.0)))
    n = found.groupby("weighting")["n"].first()
    assert n.to_dict() == {"districts": 26, "population": 20}
    assert "per_capita_income without any population, left out" in caplog.text
    rest = measured(town.head(20)).query("weighting == 'population'")["value"].to_numpy()
    assert found.query("weighting == 'population'")["value"].to_numpy() == pytest.approx(rest)


def test_unknown_people_leave_the_weighting_out_and_say_so(town, caplog):
    town.loc[4, "population"] = np.nan
    assert set(measured(town)["weighting"]) == {"districts"}
    assert "is not weighted by population, which 1 of 26 districts lack: 004" in caplog.text


def test_one_populated_district_among_empty_ones_has_finite_intervals(town):
    found = measured(town.assign(population=np.where(town.index == 3, 100.0, 0.0)))
    assert np.isfinite(found[["value", "ci_low", "ci_high"]]).all(axis=None)


def test_margins_wider_than_incomes_leave_ratios_without_limits(town):
    found = measured(town.head(10).assign(per_capita_income_moe=1e6)).set_index("measure")
    ratios = found.loc[["decile_ratio", "p90_p10"], ["moe_ci_low", "moe_ci_high"]]
    assert ratios.isna().all(axis=None)
    assert np.isfinite(found.loc["mean", "moe_ci_low"]).all()
