"""Folds of whole units and areas, and what a label that cells share lets a model copy."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal

from incomelens.common.errors import InputError
from incomelens.folds.cells import whole_units
from incomelens.folds.leakage import leakage_table, unit_in_training
from incomelens.folds.training import inner_split

from .cities import city, folds_of


def test_a_unit_is_never_split_between_folds_nor_between_training_and_validation():
    folds = folds_of(city(20, 20), "group", n_folds=4)
    assert folds.groupby("unit")["fold"].nunique().max() == 1
    assert not unit_in_training(folds, scheme="group").any()
    split = inner_split(folds, fold=1, scheme="group", seed=3)
    assert not set(folds["unit"][split.train]) & set(folds["unit"][split.validation])
    counts = pd.crosstab(folds["fold"], folds["income_class"]).to_numpy()
    assert np.abs(counts / counts.mean(axis=0) - 1).max() < 0.25


def test_with_as_many_areas_as_folds_one_is_left_out_a_fold():
    cells = city(20, 20)
    folds = folds_of(cells, "area", n_folds=5).merge(cells[["cell_id", "area"]])
    assert_array_equal(folds["area"], [f"town {fold}" for fold in folds["fold"]])
    split = inner_split(folds, fold=2, scheme="area", seed=1)
    assert len(set(folds["area"][split.validation])) == 1
    assert (split.train | split.validation).sum() == (folds["fold"] != 2).sum()


def test_more_areas_than_folds_are_held_out_whole():
    cells = city(20, 20)
    folds = folds_of(cells, "area", n_folds=2).merge(cells[["cell_id", "area"]])
    assert folds.groupby("area")["fold"].nunique().max() == 1
    assert inner_split(folds, fold=0, scheme="area", seed=1).validation.any()


def test_the_leak_of_a_shared_label_is_counted_by_hand():
    folds = folds_of(city(13, 12), "random", group="unit")
    known = unit_in_training(folds, scheme="random")
    for row in range(0, len(folds), 7):
        own = folds.iloc[row]
        others = folds[(folds["fold"] != own["fold"]) & (folds["unit"] == own["unit"])]
        assert known[row] == (len(others) > 0)


def test_random_folds_leak_shared_labels_and_whole_units_do_not():
    cells = city(18, 18)
    # Labels that only a unit tells: neighbours of other units know nothing.
    codes = pd.factorize(cells["unit"])[0]
    cells["income"] = 2e4 + 1e3 * np.random.default_rng(0).permutation(codes.max() + 1)[codes]
    folds = {
        scheme: folds_of(cells, scheme, group="unit", block_km=1.2)
        for scheme in ("random", "block", "group")
    }
    leak = leakage_table(folds).set_index("scheme")
    assert (leak.loc[["group", "block"], "unit_in_training"] == 0).all()
    assert leak.loc["random", "unit_in_training"] > 0.8
    assert leak.loc["random", "copied_nearest"] > leak.loc["group", "copied_nearest"] + 0.2
    assert set(leak["n_label_units"]) == {cells["unit"].nunique()}


def test_a_unit_joins_the_block_that_holds_most_of_it():
    block, unit = np.array([0, 0, 1, 1, 1, 2, 2, 3]), np.array([0, 1, 0, 1, 1, 2, 3, 2])
    # Units 0 and 2 lie half in one block and half in another: the first has them; block 3 is empty.
    assert_array_equal(whole_units(block, unit), [0, 1, 0, 1, 1, 2, 2, 2])


@given(
    block=arrays(np.int64, 30, elements=st.integers(0, 9)),
    unit=arrays(np.int64, 30, elements=st.integers(0, 12)),
)
def test_blocks_of_whole_units_cut_none_and_leave_units_of_one_block_there(block, unit):
    whole = whole_units(block, unit)
    assert sorted(set(whole)) == list(range(whole.max() + 1))
    table = pd.DataFrame({"unit": unit, "block": block, "whole": whole})
    assert table.groupby("unit")["whole"].nunique().max() == 1
    alone = table.groupby("unit")["block"].transform("nunique") == 1
    # Each block has one name, whatever joins it.
    assert table[alone].groupby("block")["whole"].nunique().le(1).all()
    assert_array_equal(whole_units(block, np.arange(30)), np.unique(block, return_inverse=True)[1])


@pytest.mark.parametrize("scheme", ["random", "block", "group"])
def test_no_block_cuts_a_unit_under_any_scheme(scheme):
    folds = folds_of(city(18, 18), scheme, group="unit", block_km=0.6)
    assert folds.groupby("unit")["block"].nunique().max() == 1
    if scheme == "block":
        assert folds.groupby("unit")["fold"].nunique().max() == 1


def test_cells_without_a_unit_are_units_of_their_own_and_told(caplog):
    cells = city(13, 12)
    cells.loc[[3, 40], "unit"] = None
    folds = folds_of(cells, "group").set_index("cell_id")
    assert folds.loc[cells["cell_id"][3], "unit"] == cells["cell_id"][3]
    assert f"2 of {len(cells)} cells say no unit and count as one of their own" in caplog.text


def test_areas_that_are_not_there_are_asked_for():
    with pytest.raises(
        InputError, match=r"156 of 156 cells say no area, which scheme `area` holds"
    ):
        folds_of(city(13, 12, share=1).drop(columns="area"), "area", block_km=1.0)
