"""Classes are the released code's fifths."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.common.errors import InputError
from incomelens.folds.income_classes import class_table, income_classes

incomes = st.lists(st.integers(5_000, 90_000), min_size=10, max_size=60, unique=True).map(
    lambda numbers: np.array(numbers, dtype=float)
)


def test_ten_incomes_make_five_classes_of_two():
    result = income_classes(np.arange(10.0, 110, 10))
    assert_array_equal(result.classes, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    assert_allclose(result.thresholds, [10, 28, 46, 64, 82, 100])


def test_an_income_on_a_threshold_goes_to_the_upper_class_and_the_highest_to_the_last():
    result = income_classes(np.array([0.0, 1, 2, 3, 4, 5]))
    assert_allclose(result.thresholds, [0, 1, 2, 3, 4, 5])
    assert_array_equal(result.classes, [1, 2, 3, 4, 5, 5])


@given(income=incomes)
def test_it_is_what_the_released_code_does(income):
    thresholds = np.percentile(income, [0, 20, 40, 60, 80, 100])
    expected = np.digitize(income, thresholds)
    expected[income == income.max()] = 5
    assert_array_equal(income_classes(income).classes, expected)


@given(income=incomes, seed=st.integers(0, 9))
def test_classes_follow_income_whatever_the_order_or_the_unit(income, seed):
    classes = income_classes(income).classes
    assert (np.diff(classes[np.argsort(income)]) >= 0).all()
    order = np.random.default_rng(seed).permutation(len(income))
    assert_array_equal(income_classes(income[order]).classes, classes[order])
    # Doubling is exact in binary: no threshold moves against the incomes.
    assert_array_equal(income_classes(2 * income).classes, classes)


@given(income=incomes)
def test_the_classes_of_incomes_that_differ_are_equal_in_size_by_one(income):
    assert np.ptp(np.bincount(income_classes(income).classes)[1:]) <= 2


def test_equal_incomes_share_a_class_and_are_told(caplog):
    income = np.array([1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10, 11])
    with caplog.at_level(logging.INFO):
        classes = income_classes(income).classes
    assert len(set(classes[5:7])) == 1
    assert "2 of 12 share their income, to the euro, with another" in caplog.text


def test_the_table_holds_thresholds_and_sizes():
    result = income_classes(np.arange(10.0, 110, 10))
    table = class_table(result)
    assert list(table.columns) == ["income_class", "income_from_eur", "income_to_eur", "n"]
    assert_array_equal(table["income_class"], [1, 2, 3, 4, 5])
    assert_allclose(table["income_from_eur"], [10, 28, 46, 64, 82])
    assert_allclose(table["income_to_eur"], [28, 46, 64, 82, 100])
    assert_array_equal(table["n"], [2, 2, 2, 2, 2])


@pytest.mark.parametrize(
    ("income", "message"),
    [
        (np.arange(4.0), "4 cells with an income cannot fill 5 classes"),
        (np.append(np.arange(9.0), np.nan), "1 of 10 cells have no income, the first in row 9"),
        (np.full(20, 7.0), r"class 1, 2, 3, 4 is empty .*20 of 20 share"),
        (np.append(np.full(8, 1.0), np.arange(2.0, 14)), "class 1 is empty .* exclude imputed"),
    ],
)
def test_incomes_without_five_classes_are_refused(income, message):
    with pytest.raises(InputError, match=message):
        income_classes(income)
