"""Summaries over districts: cases by hand, invariance, a second implementation, coverage."""

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binomtest, pearsonr, spearmanr, ttest_ind, ttest_rel

from incomelens.common.errors import InputError
from incomelens.shapley.groups import (
    IncomeValues,
    compare_incomes,
    direction,
    importance_ranks,
    rank_stability,
)

matrices = arrays(np.float64, (5, 3), elements=st.floats(-10, 10).map(lambda x: round(x, 3)))


def income(values, start=0, n_blocks=5):
    values = np.asarray(values, dtype=float)
    names = np.array([f"d{start + i}" for i in range(len(values))])
    return IncomeValues(values, names, (start + np.arange(len(values))) % n_blocks)


def test_direction_equals_scipy():
    rng = np.random.default_rng(0)
    inputs, values = rng.normal(size=(30, 2)), rng.normal(size=(30, 2)).round(1)
    for method, reference in (("spearman", spearmanr), ("pearson", pearsonr)):
        expected = [reference(inputs[:, j], values[:, j]).statistic for j in range(2)]
        assert_allclose(direction(inputs, values, method=method), expected)


def test_rising_value_has_direction_one_and_a_constant_has_none():
    inputs = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    assert_array_equal(direction(inputs, inputs**3), [1.0, np.nan])


def test_direction_refuses_other_districts_and_methods():
    with pytest.raises(InputError, match=r"inputs: 2 districts, values: 3"):
        direction(np.ones((2, 1)), np.ones((3, 1)))
    with pytest.raises(InputError, match=r"method 'kendall' is not known"):
        direction(np.ones((2, 1)), np.ones((2, 1)), method="kendall")


def test_equal_importance_shares_the_better_rank():
    assert_array_equal(importance_ranks([0.1, 0.3, 0.3, 0.2]), [4, 1, 1, 3])


def test_rank_stability_by_hand():
    result = rank_stability([[[3.0, 2.0, 1.0]], [[3.0, 1.0, -2.0]], [[-3.0, 2.5, 1.0]]])
    assert_array_equal(result.ranks, [[1, 2, 3], [1, 3, 2], [1, 2, 3]])
    assert_array_equal(result.best_rank, [1, 2, 2])
    assert_array_equal(result.worst_rank, [1, 3, 3])


def test_one_background_says_nothing_about_stability():
    with pytest.raises(InputError, match=r"two backgrounds or more"):
        rank_stability([np.ones((2, 2))])


def test_tests_of_two_incomes_equal_scipy_on_absolute_values():
    rng = np.random.default_rng(0)
    one, two = income(rng.normal(size=(40, 2))), income(1.5 * rng.normal(size=(38, 2)), start=5)
    result = compare_incomes(one, two, rng=rng, n_resamples=50)
    first, second = np.abs(one.values), np.abs(two.values)
    assert result.n_common == 35
    assert_allclose(result.p_welch, ttest_ind(first, second, equal_var=False).pvalue)
    assert_allclose(result.p_paired, ttest_rel(first[5:], second[:35]).pvalue)
    assert_allclose(result.difference, first.mean(axis=0) - second.mean(axis=0))


def test_sign_of_a_value_does_not_matter():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(20, 2))
    one, flipped, other = income(values), income(-values), income(values + 1)
    results = [compare_incomes(x, other, rng=np.random.default_rng(0)) for x in (one, flipped)]
    assert_array_equal(results[0].p_welch, results[1].p_welch)
    assert_array_equal(results[0].ci_low, results[1].ci_low)


def test_equal_incomes_have_no_difference_and_an_interval_of_width_zero():
    values = np.random.default_rng(2).normal(size=(20, 2))
    result = compare_incomes(income(values), income(values), rng=np.random.default_rng(0))
    assert_allclose(result.p_welch, 1)
    assert np.isnan(result.p_paired).all()
    assert_array_equal(result.ci_low, 0)
    assert_array_equal(result.ci_high, 0)


def test_players_that_never_vary_have_no_p_value():
    result = compare_incomes(
        income(np.ones((10, 1))), income(np.ones((10, 1))), rng=np.random.default_rng(0)
    )
    assert np.isnan(result.p_welch).all()


def test_interval_follows_its_generator():
    rng = np.random.default_rng(3)
    one, two = income(rng.normal(size=(30, 1))), income(rng.normal(size=(30, 1)))
    first, same, other = (
        compare_incomes(one, two, rng=np.random.default_rng(seed), n_resamples=200).ci_low
        for seed in (0, 0, 1)
    )
    assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_block_interval_covers_where_neighbours_are_alike_and_welch_rejects_too_often():
    rng = np.random.default_rng(4)
    covered = rejected = 0
    n_worlds, n_blocks, size = 150, 40, 6
    blocks = np.repeat(np.arange(n_blocks), size)
    names = np.array([f"d{i}" for i in range(len(blocks))])
    for _ in range(n_worlds):
        # Positive values whose level is shared by a block, drawn anew for each income.
        one, two = (
            3 + rng.normal(size=n_blocks)[blocks] + 0.3 * rng.normal(size=len(blocks))
            for _ in range(2)
        )
        result = compare_incomes(
            IncomeValues(one[:, None], names, blocks),
            IncomeValues(two[:, None], names, blocks),
            rng=rng,
            n_resamples=300,
        )
        covered += bool(result.ci_low[0] <= 0 <= result.ci_high[0])
        rejected += bool(result.p_welch[0] < 0.05)
    assert binomtest(covered, n_worlds, 0.95).pvalue > 1e-3
    assert binomtest(rejected, n_worlds, 0.05).pvalue < 1e-6


def test_incomes_without_common_districts_are_refused():
    one, two = income(np.ones((3, 1))), income(np.ones((3, 1)), start=50)
    with pytest.raises(InputError, match=r"districts: 0 in both incomes"):
        compare_incomes(one, two, rng=np.random.default_rng(0))


def test_incomes_with_other_players_are_refused():
    with pytest.raises(InputError, match=r"1 players for one, 2 for two"):
        compare_incomes(
            income(np.ones((3, 1))), income(np.ones((3, 2))), rng=np.random.default_rng(0)
        )


def test_one_block_is_no_bootstrap():
    values = income(np.arange(4.0)[:, None], n_blocks=1)
    with pytest.raises(InputError, match=r"blocks: all districts are in one"):
        compare_incomes(values, values, rng=np.random.default_rng(0))


def test_district_twice_is_refused():
    with pytest.raises(InputError, match=r"an identifier stands in more than one row"):
        IncomeValues(np.ones((2, 1)), np.array(["a", "a"]), np.zeros(2, dtype=int))


def test_blocks_of_another_length_are_refused():
    with pytest.raises(InputError, match=r"blocks: shape \(3,\) for 2 districts"):
        IncomeValues(np.ones((2, 1)), np.array(["a", "b"]), np.zeros(3, dtype=int))
