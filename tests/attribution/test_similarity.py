"""Likeness of maps."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr

from incomelens.attribution.similarity import cosine, spearman, ssim


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


def test_structural_similarity_knows_no_unit_and_no_order():
    rng = np.random.default_rng(3)
    a, b = rng.random((2, 4, 20, 20))
    assert_allclose(ssim(a, a), 1.0)
    assert_allclose(ssim(a, b), ssim(b, a))
    assert_allclose(ssim(1e4 * a, b), ssim(a, b))
    assert np.abs(ssim(a, b)).max() < 0.5


def test_structural_similarity_equals_a_loop_over_windows():
    rng = np.random.default_rng(5)
    a, b = rng.random((2, 16, 16))
    a, b = a / a.max(), b / b.max()
    place = np.arange(-5, 6)
    weight = np.exp(-0.5 * (place[:, None] ** 2 + place**2) / 1.5**2)
    weight /= weight.sum()
    wide = [np.pad(one, 5, mode="symmetric") for one in (a, b)]
    values = []
    for row in range(16):
        for column in range(16):
            x, y = (one[row : row + 11, column : column + 11] for one in wide)
            mx, my = (weight * x).sum(), (weight * y).sum()
            vx, vy = (weight * x * x).sum() - mx**2, (weight * y * y).sum() - my**2
            cov = (weight * x * y).sum() - mx * my
            c1, c2 = 0.01**2, 0.03**2
            top = (2 * mx * my + c1) * (2 * cov + c2)
            values.append(top / ((mx**2 + my**2 + c1) * (vx + vy + c2)))
    assert ssim(a[None], b[None])[0] == pytest.approx(np.mean(values))


def test_an_empty_map_has_no_structural_similarity():
    assert np.isnan(ssim(np.zeros((1, 8, 8)), np.ones((1, 8, 8)))).all()
