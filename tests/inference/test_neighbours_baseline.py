"""Copying the neighbours: the median of the nearest training cells, ties and all."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.cells.places import Places
from incomelens.inference.baseline_task import FoldTask
from incomelens.inference.baselines import copy_neighbours, median_class

from .towns import cell_id

rows_of_classes = arrays(
    np.int64, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(1, 5)
)


def task(train, classes, held_out, unit=None):
    known, asked = (
        pd.DataFrame({"cell_id": [cell_id(*place) for place in places]})
        for places in (train, held_out)
    )
    return FoldTask(
        train=known["cell_id"].to_numpy(str),
        train_class=np.array(classes),
        train_fold=np.zeros(len(train), dtype=np.int64),
        held_out=asked["cell_id"].to_numpy(str),
        rng=np.random.default_rng(0),
        train_unit=None if unit is None else np.array(unit),
        train_places=Places.of(known),
        held_out_places=Places.of(asked),
    )


def test_a_cell_takes_the_median_of_the_eight_around_it_and_of_no_other():
    ring = [(c, r) for c in (4, 5, 6) for r in (4, 5, 6) if (c, r) != (5, 5)]
    far = [(c, 9) for c in range(10)]
    guess = copy_neighbours(task(ring + far, [1, 1, 2, 4, 4, 4, 5, 5] + [1] * 10, [(5, 5)]))
    assert guess.predicted.tolist() == [4]
    assert_allclose(guess.probabilities, [[2 / 8, 1 / 8, 0, 3 / 8, 2 / 8]])
    assert_allclose(guess.p, [(26 / 8 - 1) / 4])


def test_with_fewer_than_eight_training_cells_all_are_neighbours():
    guess = copy_neighbours(task([(0, 0), (50, 50), (90, 9)], [2, 3, 5], [(1, 1), (80, 80)]))
    assert guess.predicted.tolist() == [3, 3]
    assert_allclose(guess.p, (10 / 3 - 1) / 4)


def test_a_unit_is_one_neighbour_however_many_cells_it_has():
    # Twenty cells of one rich unit next door, then four units of one poor cell each.
    near = [(c, r) for c in range(1, 6) for r in range(4)]
    far = [(20 + c, 0) for c in range(4)]
    shared = task(near + far, [5] * 20 + [1, 1, 2, 2], [(0, 0)], unit=[0] * 20 + [1, 2, 3, 4])
    guess = copy_neighbours(shared)
    assert_allclose(guess.probabilities, [[2 / 5, 2 / 5, 0, 0, 1 / 5]])
    assert guess.predicted.tolist() == [2]


def test_eight_units_are_found_behind_hundreds_of_cells_of_one():
    near = [(c, r) for c in range(20) for r in range(20)]
    far = [(100 + 5 * c, 0) for c in range(12)]
    unit = [0] * 400 + list(range(1, 13))
    guess = copy_neighbours(task(near + far, [5] * 400 + [1] * 12, [(0, 0)], unit=unit))
    assert_allclose(guess.probabilities, [[7 / 8, 0, 0, 0, 1 / 8]])


@given(classes=rows_of_classes)
def test_the_median_class_is_a_median(classes):
    """At least half of the row is at or below it, and at least half at or above."""
    median = median_class(classes)[:, None]
    assert ((classes <= median).mean(axis=1) >= 0.5).all()
    assert ((classes >= median).mean(axis=1) >= 0.5).all()
    assert set(median.ravel()) <= {1, 2, 3, 4, 5}


@given(classes=rows_of_classes)
def test_turning_the_classes_round_turns_the_median_round(classes):
    assert_array_equal(median_class(6 - classes), 6 - median_class(classes))


@pytest.mark.parametrize(
    ("classes", "median"),
    [
        ([1, 2, 2, 3], 2),
        ([1, 2, 3, 5], 3),  # 2.5, mean 2.75
        ([1, 2, 3, 3], 2),  # 2.5, mean 2.25
        ([2, 3], 3),  # 2.5, mean 2.5: towards the middle
        ([3, 4], 3),
        ([1, 2], 2),
        ([4, 5], 4),
        ([5], 5),
    ],
)
def test_a_median_between_two_classes_goes_to_the_side_of_the_mean(classes, median):
    assert median_class(np.array([classes])).tolist() == [median]


def test_neighbours_of_another_area_are_copied_by_nobody():
    guess = copy_neighbours(
        with_areas(
            task([(0, 0), (1, 0), (9, 0)], [1, 1, 5], [(2, 0), (8, 0), (0, 9)]),
            known=["a", "a", "b"],
            asked=["b", "b", "c"],
        )
    )
    # The first lies beside two of area a, and is of b; of c nothing is known, so all are asked.
    assert guess.predicted.tolist() == [5, 5, 1]
    assert_allclose(guess.probabilities[2], [2 / 3, 0, 0, 0, 1 / 3])


def with_areas(one, *, known, asked):
    return replace(
        one,
        train_places=replace(one.train_places, area=np.array(known, dtype=object)),
        held_out_places=replace(one.held_out_places, area=np.array(asked, dtype=object)),
    )
