"""Activation ratios: by hand, what follows from the definition, edges and misuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.common.errors import InputError
from incomelens.topology.ratios import activation_ratio, mean_terms, pooled_terms

areas = arrays(float, (4, 5), elements=st.floats(1e-3, 1.0))
shares = areas.map(lambda area: area / area.sum(axis=1, keepdims=True))
sums = arrays(float, (4, 5), elements=st.floats(0.01, 9.0))


def test_quarter_of_the_tile_with_half_of_the_activation_has_ratio_two():
    ratio = activation_ratio(np.array([[3.0, 3.0]]), np.array([[0.25, 0.75]]))
    assert_allclose(ratio, [[2.0, 2 / 3]])


@given(area_share=shares, unit=st.floats(1e-6, 1e6))
def test_evenly_spread_activation_favours_no_class_in_any_unit(area_share, unit):
    assert_allclose(activation_ratio(unit * area_share, area_share), 1.0)


@given(activation=sums, area_share=shares)
def test_ratios_weighted_by_area_sum_to_one_in_every_tile(activation, area_share):
    ratio = activation_ratio(activation, area_share)
    assert_allclose((area_share * ratio).sum(axis=1), 1.0)


@given(activation=sums, area_share=shares, order=st.permutations(range(5)))
def test_the_order_of_the_classes_plays_no_part(activation, area_share, order):
    turned = activation_ratio(activation[:, order], area_share[:, order])
    assert_allclose(turned, activation_ratio(activation, area_share)[:, order])


@given(activation=sums, area_share=shares, unit=st.floats(0.1, 10))
def test_a_tile_in_other_units_changes_the_pooled_ratio_alone(activation, area_share, unit):
    rescaled = activation * np.array([[unit], [1], [1], [1]])
    mean, pooled = mean_terms(activation, area_share), pooled_terms(activation, area_share)
    assert_allclose(mean_terms(rescaled, area_share).value, mean.value)
    assert_allclose(pooled_terms(7 * activation, area_share).value, pooled.value)


def test_averages_equal_a_loop_over_tiles_and_classes():
    rng = np.random.default_rng(3)
    share = rng.dirichlet(np.full(6, 0.4), 30)
    share[share < 0.05] = 0
    share /= share.sum(axis=1, keepdims=True)
    activation = np.where(share > 0, rng.gamma(1.0, 1.0, share.shape), np.nan)
    for u in range(6):
        ratios, large, top, bottom = [], [], 0.0, 0.0
        for one, area in zip(activation, share, strict=True):
            if area[u] > 0:
                total = sum(value for value in one if value == value)
                ratios.append(one[u] / (area[u] * total))
                large += [ratios[-1]] if area[u] >= 0.2 else []
                top, bottom = top + one[u], bottom + area[u] * total
        assert mean_terms(activation, share).value[u] == pytest.approx(np.mean(ratios))
        some = mean_terms(activation, share, minimum_share=0.2).value[u]
        assert some == pytest.approx(np.mean(large))
        assert pooled_terms(activation, share).value[u] == pytest.approx(top / bottom)


def test_transforms_are_worked_through_alike():
    rng = np.random.default_rng(0)
    share = rng.dirichlet(np.ones(3), 4)
    activation = rng.random((8, 4, 3))
    together = activation_ratio(activation, share)
    assert_array_equal(together[5], activation_ratio(activation[5], share))
    assert mean_terms(activation, share).value.shape == (8, 3)


def test_a_silent_tile_is_left_out_instead_of_counting_as_zero():
    activation, share = np.array([[0.0, 0], [3, 1]]), np.full((2, 2), 0.5)
    assert np.isnan(activation_ratio(activation, share)[0]).all()
    assert_allclose(mean_terms(activation, share).value, [1.5, 0.5])
    assert_allclose(pooled_terms(activation, share).value, [1.5, 0.5])


def test_a_class_in_no_tile_has_no_average_whatever_stands_for_it():
    share = np.array([[1.0, 0.0]])
    for absent in (np.nan, 0.0, 9.0, -1.0):
        assert_array_equal(mean_terms(np.array([[2, absent]]), share).value, [1, np.nan])


def test_a_group_without_tiles_has_no_averages():
    assert np.isnan(mean_terms(np.ones((0, 3)), np.ones((0, 3))).value).all()


@pytest.mark.parametrize(
    ("activation", "share", "message"),
    [
        (np.ones((2, 2)), [[0.4, 0.6], [0.4, 0.4]], r"row 1 sums to 0\.8 instead of 1"),
        (np.ones((1, 2)), [[1.5, -0.5]], r"row 0 sums to 1 instead of 1, or holds a negative"),
        (np.ones((2, 3)), [[0.4, 0.6], [0.4, 0.6]], r"shape \(2, 3\) does not end in"),
        ([[1.0, 1.0], [-2.0, 1.0]], [[0.4, 0.6], [0.4, 0.6]], r"-2 in row 1, class 0 \(1 values"),
        ([[1.0, np.nan]], [[0.4, 0.6]], r"nan in row 0, class 1"),
    ],
)
def test_impossible_tiles_are_named(activation, share, message):
    with pytest.raises(InputError, match=message):
        activation_ratio(np.array(activation), np.array(share))
