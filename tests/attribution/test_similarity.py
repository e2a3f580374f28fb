"""Likeness of maps."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr

from incomelens.attribution.similarity import cosine, spearman


def test_cosine_by_hand():
    a = np.array([[[3.0, 4.0]], [[1.0, 0.0]], [[1.0, 2.0]]])
    b = np.array([[[4.0, 3.0]], [[0.0, 2.0]], [[-2.0, -4.0]]])
    assert_allclose(cosine(a, b), [24 / 25, 0.0, -1.0])


def test_a_factor_changes_no_cosine_and_no_rising_function_a_rank():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 5, 8, 8))
    assert_allclose(cosine(3 * a, b), cosine(a, b))
    assert_allclose(spearman(np.exp(a), b), spearman(a, b))
    assert_allclose(cosine(a, a), 1.0)
    assert_allclose(spearman(a, -a), -1.0)


def test_rank_correlation_equals_scipys_with_ties():
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 4, (2, 3, 6, 6)).astype(float)
    expected = [spearmanr(x.ravel(), y.ravel()).statistic for x, y in zip(a, b, strict=True)]
    assert_allclose(spearman(a, b), expected)


def test_empty_and_flat_maps_have_no_likeness():
    assert np.isnan(cosine(np.zeros((1, 2, 2)), np.ones((1, 2, 2)))).all()
    assert np.isnan(spearman(np.ones((1, 2, 2)), np.arange(4.0).reshape(1, 2, 2))).all()


def test_maps_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(1, 2, 2\) and \(1, 3, 3\) cannot be compared"):
        cosine(np.ones((1, 2, 2)), np.ones((1, 3, 3)))
