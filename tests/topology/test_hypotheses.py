"""P and q values: by hand, ties, and what is missing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import rankdata, spearmanr
from statsmodels.stats.multitest import multipletests

from incomelens.topology.hypotheses import (
    average_ranks,
    deviations,
    joint_p_value,
    p_values,
    q_values,
    rank_correlation,
    settled,
    until_settled,
)


def test_p_counts_the_observation_among_the_draws():
    values = np.array([[5.0], [0], [1], [2], [-9]])
    # Mean -0.2: only -9 is as far away as 5.
    assert_allclose(p_values(deviations(values)), [2 / 5])


def test_draws_equal_to_the_observation_count_whatever_their_rounding():
    values = np.array([[0.3], [0.1 + 0.2], [0.0], [0.0], [0.0], [0.0]])
    assert_allclose(p_values(deviations(values)), [2 / 6])
    assert_allclose(p_values(deviations(values[[1, 0, 2, 3, 4, 5]])), [2 / 6])


def test_a_statistic_that_no_draw_changes_has_p_one_and_a_missing_one_none():
    values = np.column_stack([np.full(9, 1.0), np.full(9, np.nan)])
    assert_array_equal(p_values(deviations(values)), [1, np.nan])
    assert joint_p_value(deviations(values)) == 1
    assert np.isnan(joint_p_value(deviations(values)[:, 1:]))


def test_draws_without_a_value_do_not_deviate():
    values = np.array([[1.0], [np.nan], [-1.0], [0.0]])
    assert_allclose(deviations(values)[1], 0)


def test_the_joint_test_takes_the_largest_deviation_of_every_draw_in_units_of_its_column():
    deviation = np.array([[1.0, 2.0], [3.0, 0.0], [0.0, 1.9], [2.0, 0.1]])
    # Largest of 3 and of 2: 1, 1, 0.95 and 0.67.
    assert joint_p_value(deviation) == 2 / 4
    assert joint_p_value(deviation * [1000, 1]) == 2 / 4


def test_infinitely_far_is_the_furthest_whatever_the_column():
    deviation = np.array([[np.inf, 1.0], [1.0, 1.0], [2.0, 3.0], [np.inf, 0.0]])
    assert_allclose(p_values(deviation), [2 / 4, 3 / 4])
    assert joint_p_value(deviation) == 3 / 4


def drawn(truth, n_draws, rng):
    """Deviations of tests with these P values, in as many draws."""
    draws = rng.random((n_draws, len(truth)))
    return np.vstack([1 - np.asarray(truth), draws])


@pytest.mark.parametrize("truth", [[0.0, 0.5, 0.9], [0.3, 0.5, 0.9], [0.012, 0.5, 0.9]])
def test_draws_go_on_until_no_decision_would_change(truth):
    rng = np.random.default_rng(0)
    parts = []

    def extend(n_draws):
        parts.append(drawn(truth, n_draws, rng)[len(parts) > 0 :])
        return np.vstack(parts)

    found = until_settled(extend, name="H", n_families=1, least=99, most=20_000)
    assert settled(found)
    # At 0.012, near the bound of 0.05 / 3, a hundred draws would not do.
    assert (len(found) > 1000) == (truth[0] == 0.012)
    decided = q_values(p_values(found)) <= 0.05
    assert_array_equal(decided, [truth[0] <= 0.05 / 3, False, False])


def test_a_single_finding_can_reach_q_in_the_whole_family():
    rng = np.random.default_rng(0)
    truth = [0.0] + [0.5] * 9
    parts = []

    def extend(n_draws):
        parts.append(drawn(truth, n_draws, rng)[len(parts) > 0 :])
        return np.vstack(parts)

    found = until_settled(extend, name="H", n_families=5, least=99, most=5000)
    family = np.concatenate([p_values(found), np.full(40, 0.5)])
    assert q_values(family)[0] <= 0.05


def test_too_few_draws_for_the_family_are_told(caplog):
    until_settled(
        lambda n: drawn([0.5] * 9, n, np.random.default_rng(0)),
        name="H1, guided", n_families=5, least=99, most=99,
    )  # fmt: skip
    assert "H1, guided: 99 draws cannot bring a single one of 45 tests to q <= 0.05" in caplog.text
    assert "set most_draws to at least 899" in caplog.text


def test_q_by_hand_and_without_the_missing():
    assert_allclose(q_values(np.array([0.01, np.nan, 0.04, 0.03])), [0.03, np.nan, 0.04, 0.04])
    assert np.isnan(q_values(np.array([np.nan]))).all()


def test_rank_correlation_has_the_interval_of_bonett_and_wright():
    a = np.arange(12.0)
    b = np.array([1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10.0])
    rho, interval = rank_correlation(a, b)
    assert rho == pytest.approx(1 - 6 * 12 / (12 * 143))
    half = 1.96 * np.sqrt((1 + rho**2 / 2) / 9)
    assert interval.low == pytest.approx(np.tanh(np.arctanh(rho) - half))
    assert rank_correlation(a, -b)[1].high == pytest.approx(-interval.low)


def test_rank_correlation_of_few_classes_or_constants_has_no_interval():
    for a, b in ((np.ones(9), np.arange(9.0)), (np.arange(4.0), np.arange(4.0))):
        assert np.isnan(rank_correlation(a, b)[1].low)


SHARES = st.lists(st.integers(0, 20).map(lambda count: count / 20), min_size=1, max_size=40)


@given(SHARES)
def test_q_values_are_those_of_statsmodels_to_the_last_bit(p_value):
    p_value = np.array(p_value)
    assert_array_equal(q_values(p_value), multipletests(p_value, method="fdr_bh")[1])


@given(SHARES)
def test_ranks_and_their_correlation_are_those_of_scipy_to_the_last_bit(values):
    values = np.array(values)
    assert_array_equal(average_ranks(values), rankdata(values))
    if len(np.unique(values)) > 1 and len(values) > 2:
        other = np.arange(len(values))[::-1] ** 2.0
        assert rank_correlation(values, other)[0] == spearmanr(values, other).statistic
