"""Folds of cells: a partition, deterministic, balanced, and no neighbour between two sides."""

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.cells.neighbours import grid_coordinates
from incomelens.common.errors import InputError
from incomelens.folds.blocks import group_blocks
from incomelens.folds.cells import (
    SCHEMES,
    assign_city_folds,
    default_block_km,
    whole_units,
)
from incomelens.folds.kept import folds_of_date, kept_cells
from incomelens.folds.leakage import leakage_table, unit_in_training
from incomelens.folds.training import inner_split, training_cells


def city(width, height, *, seed=0, share=0.93, corner=(19_003, 14_001)):
    """Kept cells of a rectangle, some missing, richer in patches."""
    rng = np.random.default_rng(seed)
    place = np.array([(column, row) for row in range(height) for column in range(width)])
    place = place[rng.random(len(place)) < share]
    east, north = place.T
    patches = 3000 * np.sin(east / 2.5) + 2000 * np.cos(north / 2.0)
    return pd.DataFrame(
        {
            "cell_id": [
                f"CRS3035RES200mN{200 * (corner[1] + r)}E{200 * (corner[0] + c)}" for c, r in place
            ],
            "income": 20_000 + patches + rng.normal(0, 800, len(place)),
            "unit": [f"tract {c // 2}-{r // 2}" for c, r in place],
            "area": [f"town {5 * c // width}" for c, r in place],
        }
    )


def folds_of(cells, scheme="block", **options):
    if scheme == "group":
        options = {"group": "unit"} | options
    return assign_city_folds(cells, scheme=scheme, **({"n_folds": 3, "seed": 1} | options))


def steps(folds, one, other):
    """Chebyshev distance of every cell of `one` to the nearest of `other`."""
    grid = grid_coordinates(folds["cell_id"])
    return np.abs(grid[one][:, None] - grid[other][None]).max(axis=2).min(axis=1)


worlds = {
    "width": st.integers(14, 20),
    "height": st.integers(14, 18),
    "n_folds": st.integers(2, 4),
    "seed": st.integers(0, 50),
}


@given(scheme=st.sampled_from(SCHEMES), **worlds)
@settings(max_examples=8)
def test_every_cell_is_held_out_once_and_no_fold_is_empty(scheme, width, height, n_folds, seed):
    cells = city(width, height, seed=seed)
    folds = folds_of(cells, scheme, n_folds=n_folds, seed=seed)
    unit = ["unit"] if scheme == "group" else []
    assert list(folds.columns) == ["cell_id", "income_class", "fold", "block", *unit, "area"]
    assert sorted(folds["cell_id"]) == sorted(cells["cell_id"])
    assert set(folds["fold"]) == set(range(n_folds))
    assert set(folds["income_class"]) == {1, 2, 3, 4, 5}


@given(buffer_cells=st.integers(0, 2), **worlds)
@settings(max_examples=8)
def test_no_training_cell_lies_within_the_strip_around_what_is_scored(
    width, height, n_folds, seed, buffer_cells
):
    folds = folds_of(city(width, height, seed=seed), n_folds=n_folds, seed=seed, block_km=1.0)
    fold = seed % n_folds
    options = {"fold": fold, "scheme": "block", "buffer_cells": buffer_cells}
    held_out = (folds["fold"] == fold).to_numpy()
    try:
        training = training_cells(folds, **options)
        split = inner_split(folds, seed=seed, **options)
    except InputError:  # a strip of two cells can use up a small city
        assert buffer_cells == 2
        return
    assert steps(folds, training, held_out).min() > buffer_cells
    assert steps(folds, split.train, split.validation).min() > buffer_cells
    # Nothing more is left out than the strip asks for.
    others = ~held_out
    assert_array_equal(training[others], steps(folds, others, held_out) > buffer_cells)
    rest = training & ~split.validation
    assert_array_equal(split.train[rest], steps(folds, rest, split.validation) > buffer_cells)


@given(scheme=st.sampled_from(SCHEMES), **worlds)
@settings(max_examples=8)
def test_an_inner_split_is_a_part_of_the_training_cells(scheme, width, height, n_folds, seed):
    folds = folds_of(city(width, height, seed=seed), scheme, n_folds=n_folds, seed=seed)
    options = {"fold": 0, "scheme": scheme}
    training = training_cells(folds, **options)
    split = inner_split(folds, seed=seed, **options)
    assert not (split.train & split.validation).any()
    assert not ((split.train | split.validation) & ~training).any()
    assert not (training & (folds["fold"] == 0).to_numpy()).any()
    assert split.train.any()
    assert split.validation.any()
    if scheme == "random":
        assert_array_equal(split.train | split.validation, training)
        assert_array_equal(training, (folds["fold"] != 0).to_numpy())


def test_a_block_is_never_split_between_folds_nor_between_training_and_validation():
    folds = folds_of(city(30, 30), n_folds=4)
    assert folds.groupby("block")["fold"].nunique().max() == 1
    split = inner_split(folds, fold=1, scheme="block", seed=3)
    assert not set(folds["block"][split.train]) & set(folds["block"][split.validation])


def test_random_folds_hold_the_same_number_of_every_class():
    folds = folds_of(city(20, 20), "random", n_folds=5)
    counts = pd.crosstab(folds["fold"], folds["income_class"])
    assert (counts.max() - counts.min()).max() <= 1
    split = inner_split(folds, fold=2, scheme="random", seed=1)
    assert_allclose(split.validation.sum() / (folds["fold"] != 2).sum(), 0.25, atol=0.005)
    inside = folds.loc[split.validation, "income_class"].value_counts()
    assert np.ptp(inside) <= 1


def test_block_folds_of_a_large_city_are_even_in_cells_and_roughly_in_class():
    folds = folds_of(city(50, 50, share=0.7), n_folds=5)
    counts = pd.crosstab(folds["fold"], folds["income_class"]).to_numpy()
    cells = counts.sum(axis=1)
    assert np.abs(cells / cells.mean() - 1).max() < 0.1
    assert np.abs(counts / counts.mean(axis=0) - 1).max() < 0.25


def test_validation_blocks_hold_about_the_share_that_is_asked_for():
    folds = folds_of(city(50, 50, share=0.7), n_folds=5)
    training = training_cells(folds, fold=0, scheme="block")
    split = inner_split(folds, fold=0, scheme="block", seed=1, share=0.25)
    assert_allclose(split.validation.sum() / training.sum(), 0.25, atol=0.03)


def test_the_schemes_share_classes_and_blocks():
    cells = city(20, 20)
    block, random = folds_of(cells, "block"), folds_of(cells, "random")
    columns = ["cell_id", "income_class", "block"]
    pd.testing.assert_frame_equal(block[columns], random[columns])


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


@pytest.mark.parametrize("scheme", ["random", "block", "group"])
def test_seed_decides_and_row_order_does_not(scheme):
    cells = city(30, 30)
    first = folds_of(cells, scheme, block_km=1.0)
    shuffled = cells.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(folds_of(shuffled, scheme, block_km=1.0), first)
    other = folds_of(cells, scheme, block_km=1.0, seed=2)
    assert (other["fold"] != first["fold"]).any()
    options = {"fold": 0, "scheme": scheme}
    one, again, another = (inner_split(first, seed=seed, **options) for seed in (1, 1, 2))
    assert_array_equal(one.validation, again.validation)
    assert (one.validation != another.validation).any()


def test_folds_of_one_city_have_draws_of_their_own():
    folds = folds_of(city(30, 30), "random")
    both = (folds["fold"] == 2).to_numpy()  # in training for folds 0 and 1
    first, second = (
        inner_split(folds, fold=fold, scheme="random", seed=1).validation[both] for fold in (0, 1)
    )
    assert (first != second).any()


def test_with_one_column_the_largest_block_goes_to_the_smallest_fold():
    sizes = np.array([5, 9, 4, 4, 1])
    assert_array_equal(group_blocks(sizes[:, np.newaxis], 2), [1, 0, 1, 0, 1])


@given(
    sizes=st.lists(st.integers(1, 60), min_size=6, max_size=25).map(np.array),
    n_folds=st.integers(2, 6),
)
@settings(max_examples=30)
def test_one_column_is_the_greedy_rule_of_the_district_study(sizes, n_folds):
    filled, expected = np.zeros(n_folds, dtype=int), np.empty(len(sizes), dtype=int)
    for block in np.argsort(-sizes, kind="stable"):
        expected[block] = filled.argmin()
        filled[expected[block]] += sizes[block]
    assert_array_equal(group_blocks(sizes[:, np.newaxis], n_folds), expected)


def test_a_penalty_chooses_among_equally_even_groupings():
    counts = np.ones((4, 1), dtype=int)
    wanted = np.array([0, 0, 1, 1])

    def apart(fold_of):
        return 0.0 if (fold_of[0] == fold_of[1]) and (fold_of[2] == fold_of[3]) else 1.0

    found = group_blocks(counts, 2, rng=np.random.default_rng(0), restarts=40, penalty=apart)
    assert_array_equal(found == found[0], wanted == wanted[0])


def test_default_blocks_are_no_larger_than_the_range_and_whole_cells(caplog):
    cells = city(40, 40)
    with caplog.at_level(logging.INFO):
        block_km = default_block_km(cells, n_folds=3, seed=1)
    assert block_km == round(5 * block_km) / 5
    assert 0.6 <= block_km <= 8.0
    assert "variogram range" in caplog.text
    folds = folds_of(cells, block_km=block_km)
    assert folds["block"].nunique() >= 6


@pytest.mark.parametrize("seed", range(5))
def test_a_city_of_156_cells_has_three_block_folds_that_can_be_learnt(seed):
    folds = folds_of(city(13, 12, seed=seed, share=0.97), seed=seed)
    for fold in range(3):
        split = inner_split(folds, fold=fold, scheme="block", seed=seed)
        assert split.train.sum() >= 20
        assert split.validation.sum() >= 4


def kept_index(cells, kept):
    return pd.DataFrame(
        {"cell_id": cells["cell_id"], "kept": kept, "drop_reason": None}, index=cells.index
    )


def test_kept_cells_are_those_of_the_tiles_in_any_order():
    cells = city(4, 4, share=1)
    index = kept_index(cells, [True, False] * 8).iloc[::-1]
    assert list(kept_cells(cells, index)["cell_id"]) == list(cells["cell_id"][::2])


def test_folds_of_another_date_are_those_of_the_city_where_it_shows_them(caplog):
    cells = city(13, 12)
    folds = folds_of(cells, "random")
    shown = cells["cell_id"].isin(cells["cell_id"][5:])
    index = kept_index(cells, shown)
    more = pd.DataFrame({"cell_id": ["elsewhere"], "kept": [True], "drop_reason": [None]})
    of_date = folds_of_date(folds, pd.concat([index, more]))
    pd.testing.assert_frame_equal(
        of_date, folds[folds["cell_id"].isin(cells["cell_id"][5:])].reset_index(drop=True)
    )
    assert f"5 of {len(cells)} cells lack imagery of this date; 1 have it" in caplog.text
    lost = folds["fold"].to_numpy() != 2
    with pytest.raises(InputError, match="shows no cell of fold 2; check its imagery"):
        folds_of_date(folds, kept_index(folds, lost))


def test_cells_and_tiles_of_two_cities_are_refused():
    cells = city(4, 4, share=1)
    with pytest.raises(InputError, match="1 cells stand in only one of cells and tiles: CRS3035"):
        kept_cells(cells, kept_index(cells, True).iloc[1:])
    with pytest.raises(InputError, match="no cell is kept"):
        kept_cells(cells, kept_index(cells, False))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scheme": "region"}, "'region' is unknown; known are random, block, group, area"),
        (
            {"scheme": "area", "n_folds": 6, "block_km": 1.0},
            r"5 areas \(town 0, .*\) cannot fill 6 folds; lower",
        ),
        ({"scheme": "group", "group": None}, "folds.cities.group names none; set it to unit or"),
        ({"group": "tract"}, "folds.cities.group: tract, but the cells have no column `tract`"),
        ({"block_km": 0.5}, r"block_km: 0\.5 is no multiple of 0\.2 km"),
        ({"block_km": 0.1}, r"block_km: 0\.1 is no multiple of 0\.2 km"),
        ({"block_km": 20.0}, "blocks cannot fill 3 folds; make more and smaller blocks"),
        ({"n_folds": 40}, "cells make fewer than 80 blocks for 40 folds"),
        ({"scheme": "random", "n_folds": 40, "block_km": 1.0}, "class 1 has .* fewer than 40"),
    ],
)
def test_folds_that_cannot_be_made_are_refused_with_a_reason(options, message):
    with pytest.raises(InputError, match=message):
        folds_of(city(13, 12), **({"scheme": "block"} | options))


def test_areas_that_are_not_there_are_asked_for():
    with pytest.raises(
        InputError, match=r"156 of 156 cells say no area, which scheme `area` holds"
    ):
        folds_of(city(13, 12, share=1).drop(columns="area"), "area", block_km=1.0)


def test_a_cell_that_stands_twice_is_refused():
    cells = city(5, 5)
    with pytest.raises(InputError, match="a cell stands twice"):
        folds_of(pd.concat([cells, cells.iloc[:1]]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fold": 7}, "there is no fold 7; there are 0, 1, 2"),
        ({"scheme": "region"}, "'region' is unknown"),
        ({"buffer_cells": 30}, "a strip of 30 cells around it leave no cell to learn from"),
        ({"buffer_cells": -1}, "buffer: -1 cells"),
        ({"share": 1.0}, r"validation share: 1\.0; expected"),
        ({"scheme": "random", "share": 0.01}, "cannot be split .* with every class on both sides"),
    ],
)
def test_splits_that_leave_a_side_empty_are_refused_with_a_reason(options, message):
    folds = folds_of(city(13, 12))
    with pytest.raises(InputError, match=message):
        inner_split(folds, **({"fold": 0, "scheme": "block", "seed": 1} | options))


def test_blocks_side_by_side_cannot_be_parted_by_a_strip_as_wide_as_they_are():
    cells = city(6, 21, share=1, corner=(18_999, 13_998))
    folds = folds_of(cells, n_folds=2, block_km=0.6)
    folds["fold"] = (folds["block"] >= 10).astype(int)
    with pytest.raises(InputError, match=r"2 training blocks cannot be parted .* 3 cells between"):
        inner_split(folds, fold=0, scheme="block", seed=1, buffer_cells=3)


def test_a_fold_without_a_class_is_told(caplog):
    cells = city(12, 12, share=1, corner=(19_002, 14_004))
    cells["income"] = grid_coordinates(cells["cell_id"])[:, 0] + np.linspace(0, 0.5, len(cells))
    folds = folds_of(cells, n_folds=4, block_km=1.2)
    assert folds["block"].nunique() == 4
    assert "holds no cell of income class 4, 5" in caplog.text
