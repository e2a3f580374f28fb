"""The synthetic city: its map, its people, and the function behind its incomes."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

from incomelens.demo.districts.city import AREAS, simulate_city
from incomelens.demo.districts.people import (
    CENTRES,
    EFFECTS,
    LEVELS,
    SCALES,
    TOP_CODE,
    expected_income,
    shares_of,
)


@pytest.fixture(scope="module")
def large_city():
    return simulate_city(n_tracts=600, n_zctas=60, seed=3)


def test_tracts_tile_the_city_without_overlap(city):
    assert city.tracts.geometry.is_valid.all()
    assert (city.tracts.geometry.geom_type == "Polygon").all()
    assert_allclose(city.tracts.union_all().area, city.tracts.area.sum(), rtol=1e-9)


def test_city_has_the_tracts_asked_for_and_some_outside(city):
    inside = city.tracts["county"].isin(list(AREAS))
    assert inside.sum() == 60
    assert (~inside).sum() == 5
    assert set(city.tracts["county"][inside]) == set(AREAS)


def test_zctas_are_unions_of_tracts_and_some_cross_counties(city):
    assert len(city.zctas) == 12
    assert_allclose(city.zctas["population"].sum(), city.tracts["population"].sum())
    assert city.tracts.groupby("zcta")["county"].nunique().max() > 1


def test_income_at_the_centres_is_the_level():
    variables = pd.DataFrame([CENTRES]).assign(population_density=2500.0)
    for income, level in LEVELS.items():
        assert_allclose(expected_income(variables, np.zeros(1), income), level)


def test_ages_do_not_change_the_income_and_education_does():
    variables = pd.DataFrame([CENTRES, CENTRES, CENTRES]).assign(population_density=2500.0)
    variables.loc[1, ["age_65_plus", "age_under_18"]] = 0.3
    variables.loc[2, "postgraduate"] += SCALES["postgraduate"]
    expected = expected_income(variables, np.zeros(3), "per_capita_income")
    assert expected[1] == expected[0]
    assert_allclose(expected[2] / expected[0], np.exp(EFFECTS["per_capita_income"]["postgraduate"]))


def test_regression_on_the_reported_incomes_finds_the_effects(large_city):
    tracts = large_city.tracts[large_city.tracts["per_capita_income"].notna()]
    variables = shares_of(tracts, tracts.geometry.area.to_numpy() / 1e6)
    variables["population_density"] = np.log(variables["population_density"])
    inputs = ((variables - pd.Series(CENTRES)) / pd.Series(SCALES)).assign(
        location=tracts["location_field"]
    )
    fit = sm.OLS(np.log(tracts["per_capita_income"]), sm.add_constant(inputs)).fit()
    truth = pd.Series(EFFECTS["per_capita_income"]).reindex(fit.params.index, fill_value=0.0)
    truth["location"], truth["const"] = 0.10, np.log(LEVELS["per_capita_income"])
    # Thirteen coefficients at once: four standard errors leave one false alarm in a thousand.
    assert (np.abs(fit.params - truth) < 4 * fit.bse).all()


def test_reported_incomes_scatter_about_the_truth_by_their_margins(large_city):
    tracts = large_city.tracts
    error = (tracts["per_capita_income"] - tracts["true_per_capita_income"]).dropna()
    inside = error.abs() <= tracts["per_capita_income_moe"].dropna()
    assert inside.mean() == pytest.approx(0.9, abs=0.04)  # three standard errors of 650 tracts


def test_odd_cases_of_the_survey_are_there(city):
    tracts = city.tracts
    assert (tracts["population"] == 0).any()
    assert tracts["per_capita_income"][tracts["population"] == 0].isna().all()
    hidden = tracts["median_household_income"].isna() & (tracts["population"] > 0)
    assert hidden.any()
    topcoded = tracts["median_household_income"] == TOP_CODE
    assert topcoded.any()
    assert tracts["median_household_income_moe"][topcoded].isna().all()
    assert (tracts["median_household_income"].dropna() <= TOP_CODE).all()


def test_same_seed_gives_the_same_city_and_another_seed_another(city):
    again = simulate_city(n_tracts=60, n_zctas=12, seed=1)
    pd.testing.assert_frame_equal(again.tracts, city.tracts)
    other = simulate_city(n_tracts=60, n_zctas=12, seed=2)
    assert not other.tracts["population"].equals(city.tracts["population"])
