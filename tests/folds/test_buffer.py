"""The buffer of districts: as wide as promised, and never dearer than a fifth of what is left."""

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from incomelens.common.errors import InputError
from incomelens.folds.buffer import (
    half_income_range,
    outside_buffer,
    places_on_earth,
    widest_buffer,
)

from .fields import smooth_incomes


def scattered(n, seed):
    rng = np.random.default_rng(seed)
    return places_on_earth(rng.uniform(-74.2, -73.7, n), rng.uniform(40.5, 40.9, n))


def test_a_degree_of_latitude_is_111_km_apart_and_one_of_longitude_less():
    place = places_on_earth(np.array([2.0, 2.0, 3.0]), np.array([60.0, 61.0, 60.0]))
    distance = cdist(place, place)[0]
    assert distance[1:] == pytest.approx([111.195, 55.6], rel=1e-3)


def test_whoever_is_closer_than_the_buffer_is_not_learnt_from():
    place = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [5, 0, 0]])
    held_out = np.array([0])
    training = np.array([3, 2, 1])
    assert outside_buffer(place, training, held_out, buffer_km=0).tolist() == [3, 2, 1]
    assert outside_buffer(place, training, held_out, buffer_km=2).tolist() == [3, 2]
    assert outside_buffer(place, training, held_out, buffer_km=2.1).tolist() == [3]
    assert outside_buffer(place, training, held_out, buffer_km=9).tolist() == []


@given(
    n=st.integers(4, 80),
    n_folds=st.integers(2, 4),
    wanted=st.floats(0, 50),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_the_widest_buffer_leaves_four_fifths_of_every_fold(n, n_folds, wanted, seed):
    place = scattered(n, seed)
    fold = np.arange(n) % n_folds
    width = widest_buffer(place, fold, wanted_km=wanted)
    assert 0 <= width <= wanted
    left = []
    for number in range(n_folds):
        training = np.flatnonzero(fold != number)
        held_out = np.flatnonzero(fold == number)
        left.append(len(outside_buffer(place, training, held_out, buffer_km=width)))
        assert left[-1] >= 0.8 * len(training)
    if width < wanted:  # nor is there a wider one that does
        wider = np.nextafter(width, np.inf)
        left = [
            len(
                outside_buffer(
                    place,
                    np.flatnonzero(fold != number),
                    np.flatnonzero(fold == number),
                    buffer_km=wider,
                )
            )
            < 0.8 * (fold != number).sum()
            for number in range(n_folds)
        ]
        assert any(left)


@pytest.mark.parametrize("range_km", [4.0, 10.0])
def test_the_range_of_a_smooth_income_is_found_whatever_the_other_income_lacks(range_km):
    table = smooth_incomes(500, range_km=range_km, seed=3)
    found = half_income_range(table, seed=1)
    assert range_km / 4 < found < range_km
    table["median_household_income"] = np.nan
    assert half_income_range(table, seed=1) == pytest.approx(found, rel=1e-6)


def test_the_longer_range_of_the_two_incomes_counts(caplog):
    caplog.set_level(logging.INFO)
    table = smooth_incomes(500, range_km=4.0, seed=3)
    short = half_income_range(table, seed=1)
    table["median_household_income"] = smooth_incomes(500, range_km=12.0, seed=3)[
        "per_capita_income"
    ]
    assert half_income_range(table, seed=1) > short
    assert "median_household_income" in caplog.text


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (smooth_incomes(9, range_km=4.0, seed=1), "known in 10 districts or more; set a width"),
        (
            smooth_incomes(30, range_km=4.0, seed=1).assign(longitude=2.0, latitude=48.0),
            "half the range of per_capita_income, but variogram: no two places within",
        ),
    ],
)
def test_where_there_is_no_range_the_setting_is_named(table, message):
    with pytest.raises(InputError, match=message):
        half_income_range(table, seed=1)
