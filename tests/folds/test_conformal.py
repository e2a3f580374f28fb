"""The quantile of held-out scores, by hand and against its rank."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.folds.conformal import conformal_quantile


def test_nine_scores_hold_the_tenth_at_their_largest():
    scores = np.array([3.0, 1, 2, 5, 4, 9, 8, 7, 6])
    assert conformal_quantile(scores) == 9.0
    assert conformal_quantile(scores[:8]) == np.inf
    assert conformal_quantile(scores[:0]) == np.inf
    assert conformal_quantile(np.arange(1.0, 20)) == 18.0
    assert conformal_quantile(scores, level=0.5) == 5.0


def test_weights_move_the_quantile_to_the_scores_that_count():
    scores, weights = np.array([1.0, 2, 3, 4]), np.array([[9.0, 9, 0, 0], [0, 0, 30, 1]])
    assert_allclose(conformal_quantile(scores, weights), [2.0, 3.0])


@given(n=st.integers(1, 60), seed=st.integers(0, 99), level=st.sampled_from([0.5, 0.8, 0.9]))
def test_equal_weights_give_the_unweighted_quantile(n, seed, level):
    scores = np.random.default_rng(seed).exponential(size=n)
    one = conformal_quantile(scores, np.ones((1, n)), level=level)[0]
    rank = int(np.ceil(round((n + 1) * level, 9)))
    assert one == (np.sort(scores)[rank - 1] if rank <= n else np.inf)
