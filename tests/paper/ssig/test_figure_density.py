"""Income against density: every district with both stands where its numbers are."""

import numpy as np
import pytest

from incomelens.common.errors import InputError
from incomelens.paper.ssig.figure_density import exhibit

INCOME = "per_capita_income"
LEVELS = {"tract": "Tract"}


def drawn(districts):
    return exhibit([districts], incomes=[INCOME], levels=LEVELS)


def test_every_dot_stands_at_its_density_and_income_in_thousands(districts):
    figure = drawn(districts).figure
    (dots,) = figure.axes[0].collections
    known = districts.dropna(subset=INCOME)
    expected = np.column_stack([known["population_density"], known[INCOME] / 1000])
    np.testing.assert_allclose(dots.get_offsets(), expected)


def test_districts_without_people_or_income_are_left_out_and_counted(districts):
    districts.loc[0, "population_density"] = 0.0
    exhibited = drawn(districts)
    title = exhibited.figure.axes[0].get_title(loc="left")
    assert title == "Tract, per-capita income: 18 of 20 districts"
    assert set(districts["geoid"]) - set(exhibited.table["geoid"]) == {
        districts["geoid"].iloc[0],
        districts["geoid"].iloc[-1],
    }


def test_each_level_and_income_has_a_panel(districts):
    levels = {**LEVELS, "zip": "ZIP"}
    both = exhibit(
        [districts, districts[:7]], incomes=[INCOME, "median_household_income"], levels=levels
    )
    titles = [axes.get_title(loc="left") for axes in both.figure.axes]
    assert titles == [
        "Tract, per-capita income: 19 of 20 districts",
        "Tract, median household income: 19 of 20 districts",
        "ZIP, per-capita income: 7 of 7 districts",
        "ZIP, median household income: 7 of 7 districts",
    ]


def test_level_where_nobody_lives_is_named(districts):
    with pytest.raises(InputError, match=r"districts/tract\.parquet: not one district has people"):
        drawn(districts.assign(population_density=0.0))
