"""Table 5: every number in its cell, and the paper's filter condition by condition."""

import copy
import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incomelens.common.errors import InputError
from incomelens.paper.names import TEN
from incomelens.paper.reference import Reference
from incomelens.paper.ssig import table_5
from incomelens.paper.ssig.table_5 import (
    Comparison,
    Conditions,
    Thresholds,
    conditions,
    p_text,
    read_thresholds,
)

from ..worlds import paper_world

LIMITS = Thresholds(difference=0.01, key_variable=0.05, p_value=0.05)
CLEAR = Comparison(0.10, 0.06, 0.001)


@pytest.fixture
def comparison():
    return paper_world().comparison


def failed(levels):
    met = dataclasses.asdict(conditions(levels, LIMITS))
    return [name for name, is_met in met.items() if is_met is False]


def cell(table, variable, values):
    shown = table.shown.copy()
    shown["Variable"] = shown["Variable"].where(shown["Variable"] != "").ffill()
    return shown.set_index(["Variable", "Values"]).loc[(variable, values)]


def test_variable_that_meets_all_conditions_passes():
    assert conditions({"tract": CLEAR, "zip": CLEAR}, LIMITS).passes


@pytest.mark.parametrize(
    ("zip_level", "expected"),
    [
        (Comparison(0.06, 0.10, 0.001), ["same_direction"]),
        (Comparison(0.10, 0.095, 0.001), ["difference"]),
        (Comparison(0.10, 0.10, 0.001), ["same_direction", "difference"]),
        (Comparison(0.10, 0.06, 0.9), []),
    ],
)
def test_condition_that_is_not_met_is_named(zip_level, expected):
    levels = {"tract": CLEAR, "zip": zip_level}
    assert failed(levels) == expected
    assert conditions(levels, LIMITS).passes is (not expected)


def test_one_significant_level_is_enough_and_none_is_not():
    unclear = Comparison(0.10, 0.06, 0.05)  # not below the limit
    assert conditions({"tract": CLEAR, "zip": unclear}, LIMITS).significant
    assert failed({"tract": unclear, "zip": unclear}) == ["significant"]


def test_one_column_of_four_at_the_limit_makes_a_key_variable():
    small = Comparison(0.03, 0.01, 0.001)
    limit = Comparison(0.05, 0.03, 0.001)
    assert conditions({"tract": small, "zip": limit}, LIMITS).key_variable
    assert failed({"tract": small, "zip": small}) == ["key_variable"]


@given(
    values=st.lists(st.floats(0, 1), min_size=4, max_size=4),
    p_values=st.lists(st.floats(0, 1), min_size=2, max_size=2),
)
def test_filter_does_not_care_which_income_comes_first(values, p_values):
    one, swapped = (
        {
            level: Comparison(*order(values[2 * place : 2 * place + 2]), p_values[place])
            for place, level in enumerate(("tract", "zip"))
        }
        for order in (tuple, lambda pair: tuple(reversed(pair)))
    )
    assert conditions(one, LIMITS) == conditions(swapped, LIMITS)


@pytest.mark.parametrize(
    "levels",
    [
        {"tract": CLEAR},
        {"tract": CLEAR, "zip": Comparison(np.nan, 0.1, 0.001)},
    ],
)
def test_missing_level_or_number_leaves_the_filter_open(levels):
    assert conditions(levels, LIMITS) == Conditions(None, None, None, None)


def test_missing_p_is_open_unless_the_other_level_is_significant():
    unknown = Comparison(0.10, 0.06, np.nan)
    assert conditions({"tract": CLEAR, "zip": unknown}, LIMITS).passes
    assert conditions({"tract": unknown, "zip": unknown}, LIMITS).passes is None


def test_every_number_stands_in_its_cell(comparison, reference):
    table = table_5.exhibit(comparison, reference).table
    row = cell(table, "≥25UDG", "ours, all fitted")
    assert row["Tract: per-capita"] == 0.22
    assert row["ZIP: household"] == 0.18
    assert row["Tract: P"] == "0.010"
    assert row["Filter"] == "passes"
    assert cell(table, "Male", "ours, all fitted")["Filter"] == "fails a, b, d"
    assert len(table.shown) == 2 * len(TEN)


def test_notes_list_what_passes(comparison, reference):
    notes = " ".join(table_5.exhibit(comparison, reference).table.notes)
    assert "pass it in ours, all fitted: ≥25UDG, ≥25PGD, White." in notes
    assert "(b) difference of at least 0.01 at both levels" in notes


def test_numbers_hold_tests_intervals_and_conditions(comparison, reference):
    numbers = table_5.exhibit(comparison, reference).table.numbers
    assert len(numbers) == 2 * len(TEN)
    row = numbers.query("variable == 'white' and level == 'zip'").iloc[0]
    assert row["difference_sd"] == pytest.approx(-0.04)
    assert row["p_paired"] == 0.5
    assert row["ci_low_sd"] == pytest.approx(-0.042)
    assert row["passes"]
    assert numbers["paper_passes"].isna().all()


def test_typed_slots_stand_beside_ours_and_are_filtered_too(comparison, reference):
    slots = copy.deepcopy(dict(reference.slots))
    for level in ("tract", "zip"):
        cells = {"per_capita_income": 0.5, "median_household_income": 0.4, "p_value": 0.01}
        slots["ssig"]["table_5"]["asian"][level] = cells
    table = table_5.exhibit(comparison, Reference("here", slots)).table
    paper = cell(table, "Asian", "paper")
    assert (paper["ZIP: per-capita"], paper["ZIP: P"], paper["Filter"]) == (0.5, "0.010", "passes")
    typed = table.numbers.query("variable == 'asian'")
    assert typed["paper_median_household_sd"].tolist() == [0.4, 0.4]
    assert not cell(table, "White", "paper").drop(["Filter"]).notna().any()


def test_study_with_one_level_says_that_the_filter_needs_two(comparison, reference):
    table = table_5.exhibit(comparison[comparison["level"] == "tract"], reference).table
    assert "cannot be applied to ours, all fitted: it needs both levels" in " ".join(table.notes)
    assert table.shown["Filter"].isna().all()
    assert table.forms().keys() == {"md", "tex", "html"}


def test_coordinates_stay_out_of_the_table(comparison, reference):
    more = comparison.iloc[:1].assign(variable="latitude")
    table = table_5.exhibit(pd.concat([comparison, more]), reference).table
    assert len(table.numbers) == len(comparison)


def test_tiny_p_is_not_shown_as_zero():
    assert p_text(1e-9) == "<0.001"
    assert p_text(0.001) == "0.001"
    assert np.isnan(p_text(float("nan")))


def test_empty_threshold_is_named(reference):
    slots = copy.deepcopy(dict(reference.slots))
    slots["ssig"]["thresholds"]["p_value"] = None
    with pytest.raises(InputError, match=r"ssig\.thresholds\.p_value is null; Table 5's filter"):
        read_thresholds(Reference("here", slots))
