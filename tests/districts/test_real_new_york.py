"""The authors' own sample of New York: counts and inequality that are known."""

from pathlib import Path

import pytest
import yaml

from incomelens.districts.build import build_districts
from incomelens.districts.census import read_boundaries
from incomelens.districts.inequality_table import inequality_table

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]
BOROUGHS = {"Bronx", "Brooklyn", "Manhattan", "Queens", "Staten Island"}


@pytest.fixture(scope="module")
def new_york(nyc_folder):
    study = yaml.safe_load((ROOT / "config" / "nyc.yaml").read_text())["districts"]
    return {
        level: build_districts(
            {
                "table": nyc_folder / study[level]["table"],
                "areas_from": nyc_folder / study["tract"]["table"],
            },
            settings=study[level],
            level=level,
        )
        for level in ("tract", "zip")
    }


def test_tracts_are_as_many_as_in_the_paper(new_york):
    tracts = new_york["tract"]
    assert tracts["per_capita_income"].count() == 2117
    assert tracts["median_household_income"].count() == 2095
    assert tracts["median_household_income_topcoded"].sum() == 5
    assert tracts["population"].sum() == 8_419_316
    assert set(tracts["area"]) == BOROUGHS


def test_every_zip_area_finds_its_borough(new_york):
    areas = new_york["zip"].set_index("geoid")["area"]
    assert len(areas) == 177
    assert set(areas) == BOROUGHS
    expected = {"10001": "Manhattan", "10314": "Staten Island", "10451": "Bronx"}
    expected |= {"11201": "Brooklyn", "11101": "Queens"}
    assert areas[list(expected)].to_dict() == expected


def test_inequality_of_tract_medians_is_the_known_one(new_york):
    table = inequality_table(
        new_york, incomes=["median_household_income"], n_resamples=20, seed=1
    ).set_index(["level", "weighting", "measure"])["value"]
    known = table["tract", "districts"]
    assert known["gini"] == pytest.approx(0.2602, abs=0.0005)
    assert known["decile_ratio"] == pytest.approx(6.04, abs=0.02)
    assert known["p90_p10"] == pytest.approx(3.54, abs=0.005)
    assert known["mean"] == pytest.approx(71_126, abs=1)
    assert known["sd"] == pytest.approx(34_759, abs=1)


def test_boundaries_of_the_census_have_the_tracts_and_their_land(new_york, nyc_folder):
    shapes = read_boundaries(nyc_folder / "raw" / "cb_2018_36_tract_500k.zip")
    tracts = new_york["tract"].set_index("geoid")
    tracts = tracts[tracts["population"] > 0]
    density = tracts["population"] / shapes.loc[tracts.index, "land_km2"]
    # The table's densities have three decimals.
    assert (density - tracts["population_density"]).abs().max() < 1e-3
