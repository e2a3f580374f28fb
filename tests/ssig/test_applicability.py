"""Area of applicability: the index by hand, CAST's threshold, and a district unlike all others."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.ssig.applicability import (
    dissimilarity_within,
    mean_distance,
    measure_applicability,
    upper_whisker,
)
from incomelens.ssig.features import SOCIOECONOMIC, Sample


def sample(n=120, *, seed=0, **columns):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.random((n, len(SOCIOECONOMIC))), columns=list(SOCIOECONOMIC))
    table = table.assign(
        geoid=[f"{number:04d}" for number in range(n)],
        longitude=rng.uniform(-74, -73.8, n),
        latitude=rng.uniform(40.6, 40.8, n),
        **columns,
    )
    income = 2e4 + 8e4 * table["postgraduate"].to_numpy()
    return Sample(table, income, np.zeros(n), np.arange(n) % 4, np.arange(n) % 9)


def test_training_districts_are_compared_with_those_of_other_folds():
    inputs, place = np.array([[0.0], [1], [3], [7]]), np.zeros((4, 3))
    assert_allclose(dissimilarity_within(inputs, np.array([0, 0, 1, 1]), place), [3, 2, 2, 6])


def test_a_single_training_fold_is_compared_with_itself():
    inputs, place = np.array([[0.0], [1], [3], [7]]), np.zeros((4, 3))
    assert_allclose(dissimilarity_within(inputs, np.zeros(4, dtype=int), place), [1, 1, 2, 4])


def test_the_buffer_is_left_out_there_too():
    inputs = np.array([[0.0], [1], [3], [7]])
    place = np.column_stack([[0.0, 1, 1.5, 9], np.zeros(4), np.zeros(4)])
    distance = dissimilarity_within(inputs, np.array([0, 0, 1, 1]), place, buffer_km=1.0)
    assert_allclose(distance, [7, 6, 3, 7])


def test_the_unit_is_the_mean_distance_of_all_pairs():
    inputs = np.array([[0.0], [1], [3]])
    assert mean_distance(inputs, rng=np.random.default_rng(0)) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("values", "whisker"),
    [
        ([1, 2, 3, 4, 5], 5),  # hinges 2 and 4: up to 7
        ([1, 2, 3, 4, 100], 4),  # hinges 2 and 4: up to 7
        ([1, 2, 3, 4, 5, 6, 7, 8, 30], 8),  # hinges 3 and 7: up to 13
        ([2, 2, 2, 2], 2),
    ],
)
def test_the_threshold_is_the_upper_whisker_of_a_box_plot(values, whisker):
    """`boxplot.stats(values)$stats[5]` in R."""
    assert upper_whisker(np.array(values, dtype=float)) == whisker


@given(scale=st.floats(0.1, 100), seed=st.integers(0, 20))
def test_the_threshold_has_the_unit_of_its_values(scale, seed):
    values = np.random.default_rng(seed).exponential(size=30)
    assert upper_whisker(scale * values) == pytest.approx(scale * upper_whisker(values))


def test_a_district_unlike_all_others_in_what_matters_is_outside():
    own = sample()
    own.table.loc[5, "postgraduate"] = 9.0
    area = measure_applicability(own, seed=1).set_index("geoid")
    assert not area.loc["0005", "applicable"]
    assert area.loc["0005", "dissimilarity"] == area["dissimilarity"].max()
    assert area["applicable"].mean() > 0.9


def test_what_does_not_matter_for_income_hardly_counts():
    matters, not_so = sample(), sample()
    matters.table.loc[5, "postgraduate"] = 9.0
    not_so.table.loc[5, "male"] = 9.0
    index = [
        measure_applicability(own, seed=1).set_index("geoid").loc["0005", "dissimilarity"]
        for own in (matters, not_so)
    ]
    assert index[0] > 5 * index[1]


def test_every_district_is_judged_in_its_own_fold():
    own = sample()
    area = measure_applicability(own, seed=1)
    assert area["geoid"].is_unique
    assert len(area) == len(own.table)
    assert area.groupby("fold")["threshold"].nunique().eq(1).all()
    np.testing.assert_array_equal(area["applicable"], area["dissimilarity"] <= area["threshold"])
