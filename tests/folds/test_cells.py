"""Folds of cells: a partition, deterministic, balanced, and no neighbour between two sides."""

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.cells.neighbours import grid_coordinates
from incomelens.common.errors import InputError
from incomelens.folds.cells import SCHEMES, default_block_km
from incomelens.folds.training import inner_split, training_cells

from .cities import city, folds_of, steps

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
