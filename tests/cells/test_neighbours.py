"""Neighbours on the grid are the neighbours of the squares."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from libpysal.weights import Queen
from numpy.testing import assert_array_equal

from incomelens.cells.neighbours import (
    grid_coordinates,
    nearest_cells,
    neighbour_counts,
    neighbour_pairs,
    within_reach,
)
from incomelens.common.errors import InputError

from .worlds import ORIGIN, cell_id, grid_of, square

places = st.lists(
    st.tuples(st.integers(-6, 6), st.integers(-6, 6)), min_size=1, max_size=40, unique=True
).map(np.array)


def test_columns_count_eastwards_and_rows_northwards():
    grid = grid_coordinates([cell_id(0, 0), cell_id(3, 0), cell_id(0, 2)])
    assert_array_equal(grid - ORIGIN, [[0, 0], [3, 0], [0, 2]])


def test_the_id_names_northing_first_and_metres():
    assert_array_equal(grid_coordinates(["CRS3035RES200mN2893400E3763200"]), [[18816, 14467]])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("CRS3035RES200mN2893401E3763200", "1 cells do not start at a multiple of 200 m"),
        ("N2893400E3763200", "1 of 2 cell identifiers are not like CRS3035RES200mN2893400E376"),
    ],
)
def test_an_id_that_is_none_is_named(wrong, message):
    with pytest.raises(InputError, match=message):
        grid_coordinates([cell_id(0, 0), wrong])


def test_the_middle_of_nine_has_eight_neighbours_and_a_corner_three():
    counts = neighbour_counts(np.array(square(3, 3)))
    assert_array_equal(counts.reshape(3, 3), [[3, 5, 3], [5, 8, 5], [3, 5, 3]])


def test_the_end_of_a_row_is_no_neighbour_of_the_start_of_the_next():
    grid = np.array([(0, 0), (1, 0), (2, 0), (0, 2), (1, 2), (2, 2)])
    assert_array_equal(neighbour_pairs(grid), [[0, 1], [1, 2], [3, 4], [4, 5]])


def test_a_cell_alone_has_no_neighbours():
    assert_array_equal(neighbour_counts(np.array([[5, 5]])), [0])
    assert neighbour_pairs(np.empty((0, 2), dtype=np.int64)).shape == (0, 2)


def test_a_cell_that_stands_twice_is_refused():
    with pytest.raises(InputError, match="a cell stands twice"):
        neighbour_pairs(np.array([[1, 1], [0, 0], [1, 1]]))


@given(grid=places)
def test_pairs_are_those_one_step_apart_in_either_direction(grid):
    apart = np.abs(grid[:, None] - grid[None]).max(axis=2)
    expected = np.argwhere(np.triu(apart == 1, k=1))
    assert_array_equal(neighbour_pairs(grid), expected)


def test_libpysal_finds_the_same_neighbours():
    rng = np.random.default_rng(3)
    kept = [place for place in square(15, 12) if rng.random() < 0.8]
    table = grid_of(kept)
    queen = Queen.from_dataframe(table, use_index=False, silence_warnings=True)
    pairs = neighbour_pairs(grid_coordinates(table["cell_id"]))
    theirs = {(i, j) for i, others in queen.neighbors.items() for j in others if i < j}
    assert set(map(tuple, pairs.tolist())) == theirs


@given(grid=places, of=places, reach=st.integers(0, 3))
def test_reach_counts_diagonals_as_one_step(grid, of, reach):
    apart = np.abs(grid[:, None] - of[None]).max(axis=2).min(axis=1)
    assert_array_equal(within_reach(grid, of, reach=reach), apart <= reach)


def test_nothing_is_near_an_empty_set_and_reach_is_not_negative():
    grid = np.array(square(2, 2))
    assert not within_reach(grid, grid[:0], reach=5).any()
    with pytest.raises(InputError, match="buffer: -1 cells"):
        within_reach(grid, grid, reach=-1)


@given(grid=places, among=places, k=st.integers(1, 9))
def test_nearest_are_those_of_the_full_sort_and_ties_go_south_then_west(grid, among, k):
    found = nearest_cells(grid, among, k=k)
    for place, row in zip(grid, found, strict=True):
        keys = [(*[((one - place) ** 2).sum()], one[1], one[0]) for one in among]
        assert_array_equal(row, sorted(range(len(among)), key=keys.__getitem__)[:k])


@given(grid=places, among=places, seed=st.integers(0, 9))
def test_the_order_of_the_set_does_not_choose_the_nearest(grid, among, seed):
    order = np.random.default_rng(seed).permutation(len(among))
    first = among[nearest_cells(grid, among, k=3)]
    assert_array_equal(among[order][nearest_cells(grid, among[order], k=3)], first)


def test_many_cells_equally_far_are_cut_by_place_and_not_by_chance():
    ring = np.array(
        [(c, r) for c in range(-30, 31) for r in range(-30, 31) if c * c + r * r == 325]
    )
    found = nearest_cells(np.array([[0, 0]]), ring, k=1)
    assert_array_equal(ring[found[0, 0]], [-1, -18])


def test_none_of_nothing_is_refused():
    with pytest.raises(InputError, match="8 wanted of a set of 0"):
        nearest_cells(np.array([[0, 0]]), np.empty((0, 2), dtype=np.int64), k=8)


def test_ids_may_come_as_a_column():
    ids = pd.Series([cell_id(1, 2)], dtype="str")
    assert_array_equal(grid_coordinates(ids) - ORIGIN, [[1, 2]])
