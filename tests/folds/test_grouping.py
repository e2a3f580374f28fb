"""Blocks grouped into folds of about one size."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from incomelens.folds.blocks import group_blocks


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
