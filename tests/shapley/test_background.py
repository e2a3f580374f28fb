"""Backgrounds: the library's own k-means, weights, and what is refused."""

import numpy as np
import pytest
import shap
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.common.errors import InputError
from incomelens.shapley.background import (
    Background,
    full_background,
    kmeans_background,
    random_background,
)


def test_kmeans_is_that_of_shap(inputs):
    reference = shap.kmeans(inputs, 8)
    background = kmeans_background(inputs, 8, seed=0)
    assert_array_equal(background.points, reference.data)
    assert_allclose(background.weights, reference.weights / reference.weights.sum())


def test_rounded_centres_take_values_that_occur(inputs):
    background = kmeans_background(inputs, 5, seed=0)
    assert all(np.isin(background.points[:, j], inputs[:, j]).all() for j in range(6))


def test_weighted_means_of_clusters_have_the_mean_of_the_data(inputs):
    background = kmeans_background(inputs, 5, seed=0, centres="means")
    assert_allclose(background.weights @ background.points, inputs.mean(axis=0))


def test_equal_weights(inputs):
    background = kmeans_background(inputs, 5, seed=0, weighting="equal")
    assert_allclose(background.weights, 0.2)


def test_random_rows_are_rows_and_follow_the_seed(inputs):
    one, same = (random_background(inputs, 9, seed=4) for _ in range(2))
    other = random_background(inputs, 9, seed=5)
    assert_array_equal(one.points, same.points)
    assert not np.array_equal(one.points, other.points)
    rows = {tuple(row) for row in inputs}
    assert len({tuple(row) for row in one.points} & rows) == 9


def test_description_is_enough_to_draw_it_again(inputs):
    assert random_background(inputs, 9, seed=4).description == "9 random rows of 60 rows, seed 4"
    assert full_background(inputs).description == "60 all rows of 60 rows"
    kmeans = kmeans_background(inputs, 5, seed=1).description
    assert kmeans == "5 k-means points (cluster_size weights, nearest_values) of 60 rows, seed 1"


@pytest.mark.parametrize("choose", [kmeans_background, random_background])
def test_background_larger_than_the_data_is_refused(choose, inputs):
    with pytest.raises(InputError, match=r"background of 61 points asked for, the data have 60"):
        choose(inputs, 61, seed=0)


def test_empty_background_is_refused(inputs):
    with pytest.raises(InputError, match=r"background of 0 points asked for; ask for one"):
        random_background(inputs, 0, seed=0)


def test_more_clusters_than_distinct_rows_are_refused(inputs):
    with pytest.raises(InputError, match=r"only 3 of the 9 rows are distinct"):
        kmeans_background(np.repeat(inputs[:3], 3, axis=0), 4, seed=0)


def test_nan_in_the_data_is_refused(inputs):
    data = inputs.copy()
    data[3, 2] = np.nan
    with pytest.raises(InputError, match=r"data: nan at row 3, column 2"):
        random_background(data, 5, seed=0)


def test_weight_of_zero_is_refused(inputs):
    with pytest.raises(InputError, match=r"background weights: 0\.0 at row 1"):
        Background(inputs[:2], np.array([1.0, 0.0]), "rows", 60)


@pytest.mark.parametrize(("option", "value"), [("weighting", "sizes"), ("centres", "medoids")])
def test_unknown_option_lists_the_known(inputs, option, value):
    with pytest.raises(InputError, match=rf"{option} '{value}' is not known \(known: "):
        kmeans_background(inputs, 5, seed=0, **{option: value})
