"""Sets of neighbouring classes: grown by hand, held as promised, and counted by group."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binomtest

from incomelens.common.errors import InputError
from incomelens.inference.prediction_sets import (
    METHODS,
    calibrate_sets,
    ends_of,
    mass_before,
    prediction_sets,
)
from incomelens.inference.scored_cells import PROBABILITIES
from incomelens.inference.set_coverage import coverage_of_sets

weights = arrays(float, (7, 5), elements=st.floats(0.01, 1.0))
shares = weights.map(lambda weight: weight / weight.sum(axis=1, keepdims=True))


def cells(n=2000, *, seed=0, certain=1.0):
    """True classes and the probabilities that a network gives them, the more certain the surer."""
    rng = np.random.default_rng(seed)
    observed = rng.integers(1, 6, n)
    seen = observed + rng.normal(0, 1, n)
    weight = np.exp(-certain * (np.arange(1, 6) - seen[:, None]) ** 2)
    return observed, weight / weight.sum(axis=1, keepdims=True), rng.integers(0, 5, n)


def tables(n=400, *, seed=0, **more):
    """The same as tables of one city: predictions and folds, in blocks of twenty cells."""
    observed, probabilities, fold = cells(n, seed=seed)
    named = pd.DataFrame({"cell_id": [f"c{i:04d}" for i in range(n)], "fold": fold})
    predictions = named.assign(
        observed=observed,
        predicted=probabilities.argmax(axis=1) + 1,
        p=(probabilities @ np.arange(5)) / 4,
        **dict(zip(PROBABILITIES, probabilities.T, strict=True)),
    )
    folds = named.assign(income_class=observed, block=np.arange(n) // 20, **more)
    return predictions, folds


def inside(observed, ends):
    return (ends[0] <= observed) & (observed <= ends[1])


def test_a_set_grows_by_the_more_probable_class_beside_it():
    # 2 comes first, then 3 (0.25 against 0.125), then 1, then 4 and 5, where nothing else is left.
    before = mass_before(np.array([[0.125, 0.5, 0.25, 0.0, 0.125]]))
    assert_array_equal(before, [[0.75, 0.0, 0.5, 0.875, 0.875]])


def test_of_equals_the_poorer_class_joins_first():
    before = mass_before(np.array([[0.25, 0.25, 0.25, 0.25]]))
    assert_array_equal(before, [[0.0, 0.25, 0.5, 0.75]])


@given(shares)
def test_every_threshold_leaves_an_interval_of_classes_with_the_most_probable(probabilities):
    before = mass_before(probabilities)
    assert_array_equal(before[np.arange(7), probabilities.argmax(axis=1)], 0)
    for limit in (0.0, 0.3, 0.7, 0.95):
        low, high = ends_of(before <= limit)
        assert_array_equal((before <= limit).sum(axis=1), high - low + 1)
    # The last class to join finds all but its own probability.
    last = before.argmax(axis=1)
    assert_allclose(before.max(axis=1), 1 - probabilities[np.arange(7), last])


def test_a_threshold_is_that_of_nine_cells_of_the_other_fold():
    # The true class is the third to join in one cell of nine: its score is the tenth's threshold.
    probabilities = np.tile([0.5, 0.25, 0.125, 0.0625, 0.0625], (10, 1))
    observed = np.array([1, 1, 1, 1, 1, 1, 2, 2, 3, 5])
    fold = np.array([0] * 9 + [1])
    low, high = prediction_sets(observed, probabilities, fold)["split"]
    assert (low[9], high[9]) == (1, 3)
    # One cell alone says nothing of the nine, which may be anything.
    assert_array_equal(low[:9], 1)
    assert_array_equal(high[:9], 5)


def test_the_network_s_own_set_is_the_smallest_with_nine_tenths():
    probabilities = np.array([[0.0, 0.5, 0.4, 0.1, 0.0], [0.05, 0.5, 0.3, 0.1, 0.05]])
    low, high = prediction_sets(np.array([2, 2]), probabilities, np.array([0, 1]))["network"]
    assert_array_equal(low, [2, 2])
    assert_array_equal(high, [3, 4])


@pytest.mark.parametrize("certain", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("method", METHODS[1:])
def test_nine_in_ten_exchangeable_cells_are_held_however_sure_the_network_is(method, certain):
    held = [
        inside(observed, prediction_sets(observed, probabilities, fold)[method]).mean()
        for observed, probabilities, fold in (cells(certain=certain, seed=s) for s in range(20))
    ]
    n = 20 * 2000
    test = binomtest(round(np.mean(held) * n), n, 0.9, alternative="less")
    assert test.pvalue > 0.01


@given(seed=st.integers(0, 10_000), n=st.integers(12, 60))
def test_sets_of_every_method_lie_in_the_scale_around_the_most_probable_class(seed, n):
    observed, probabilities, fold = cells(n, seed=seed)
    fold[:2] = 0, 1
    for low, high in prediction_sets(observed, probabilities, fold).values():
        assert inside(probabilities.argmax(axis=1) + 1, (low, high)).all()
        assert (low >= 1).all()
        assert (high <= 5).all()


def test_an_overconfident_network_s_own_sets_hold_too_little_and_calibrated_ones_do_not():
    observed, probabilities, fold = cells(20_000, certain=5.0)
    sets = prediction_sets(observed, probabilities, fold)
    held = {method: inside(observed, ends).mean() for method, ends in sets.items()}
    assert held["network"] < 0.7
    assert 0.89 < held["split"] < 0.91


def test_sets_by_class_hold_in_a_class_that_one_threshold_leaves_out():
    observed, probabilities, fold = cells(20_000)
    # The network hardly ever thinks of the wealthiest class.
    probabilities[:, 4] *= 0.02
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    sets = prediction_sets(observed, probabilities, fold)
    held = {method: inside(observed, ends)[observed == 5].mean() for method, ends in sets.items()}
    assert held["split"] < 0.8
    assert held["label_conditional"] > 0.88


def test_an_area_unlike_all_others_is_not_held():
    observed, probabilities, fold = cells(5000)
    away = fold == 4
    probabilities[away] = np.roll(probabilities[away], 2, axis=1)
    held = inside(observed, prediction_sets(observed, probabilities, fold)["split"])
    assert held[away].mean() < 0.6
    assert held[~away].mean() > 0.9


def test_a_cell_s_own_class_does_not_move_its_set():
    observed, probabilities, fold = cells(300)
    other = observed.copy()
    other[7] = 6 - observed[7]
    sets = prediction_sets(observed, probabilities, fold)["split"]
    moved = prediction_sets(other, probabilities, fold)["split"]
    own = fold == fold[7]
    for before, after in zip(sets, moved, strict=True):
        assert_array_equal(before[own], after[own])


def test_tables_list_every_network_and_method_by_cell():
    predictions, folds = tables()
    shuffled = folds.sample(frac=1, random_state=0)
    sets = calibrate_sets({"main": predictions, "again": predictions}, shuffled)
    assert sets.groupby(["model", "method"]).size().tolist() == [400] * 6
    own = sets[(sets["model"] == "again") & (sets["method"] == "split")]
    assert own["cell_id"].tolist() == predictions["cell_id"].tolist()
    assert own["observed"].tolist() == predictions["observed"].tolist()
    assert own["predicted"].tolist() == predictions["predicted"].tolist()


def test_coverage_of_a_group_is_the_share_of_its_cells_and_blocks_count_once():
    predictions, folds = tables(60)
    folds["block"] = [0] * 40 + [1] * 20
    sets = calibrate_sets({"main": predictions}, folds)
    # Forty cells of one block miss their class 3 by a set of one class, twenty of another hold it.
    sets = sets[sets["method"] == "split"].assign(
        observed=3,
        predicted=[2] * 10 + [1] * 30 + [2] * 20,
        low_class=[4] * 40 + [2] * 20,
        high_class=4,
    )
    found = coverage_of_sets(sets, folds, seed=0, n_resamples=50).set_index(["grouping", "group"])
    assert found["coverage"]["all", "all"] == pytest.approx(20 / 60)
    assert found["coverage"]["block", "each once"] == pytest.approx(0.5)
    assert found["coverage"]["observed", "3"] == pytest.approx(20 / 60)
    assert np.isnan(found["coverage"]["observed", "1"])
    assert found["coverage"]["predicted", "2"] == pytest.approx(20 / 30)
    assert found["mean_size"]["all", "all"] == pytest.approx((40 + 3 * 20) / 60)
    assert found["mean_size"]["block", "each once"] == pytest.approx(2.0)
    assert found["n"]["predicted", "1"] == 30
    assert found["n_blocks"]["predicted", "1"] == 1
    assert "unit" not in found.index.get_level_values("grouping")


def test_units_are_drawn_whole_and_count_once():
    predictions, folds = tables(unit=[f"u{i // 10}" for i in range(400)])
    # All cells of a unit have one fate: an interval of cells would be a third as long.
    sets = calibrate_sets({"main": predictions}, folds)
    sets = sets[sets["method"] == "split"].assign(observed=1, low_class=1, high_class=1)
    sets.loc[sets["cell_id"] >= "c0360", "low_class"] = 2
    sets["high_class"] = sets["low_class"]
    whole = coverage_of_sets(sets, folds, seed=0).set_index("grouping").loc["all"]
    apart = coverage_of_sets(sets, folds.drop(columns="unit"), seed=0).set_index("grouping")
    assert whole["coverage"] == apart.loc["all", "coverage"] == pytest.approx(0.9)
    length, short = (row["ci_high"] - row["ci_low"] for row in (whole, apart.loc["all"]))
    assert length > 2.5 * short
    units = coverage_of_sets(sets, folds, seed=0).set_index("grouping").loc["unit"]
    assert units["coverage"] == pytest.approx(0.9)


def test_a_network_without_probabilities_is_named():
    predictions, folds = tables()
    bare = predictions.assign(**dict.fromkeys(PROBABILITIES, np.nan))
    with pytest.raises(InputError, match=r"predictions of main have no prob_1 \.\. prob_5"):
        calibrate_sets({"main": bare}, folds)


def test_a_single_fold_leaves_nothing_to_calibrate_on():
    predictions, folds = tables()
    with pytest.raises(InputError, match="all cells are in one fold"):
        calibrate_sets({"main": predictions.assign(fold=0)}, folds.assign(fold=0))


def test_sets_of_another_run_do_not_fit_the_folds():
    predictions, folds = tables()
    sets = calibrate_sets({"main": predictions}, folds)
    with pytest.raises(InputError, match="cells of main do not fit the folds"):
        coverage_of_sets(sets, folds.iloc[1:], seed=0)
    with pytest.raises(InputError, match="1 of 400 cells of the folds are missing: c0000"):
        calibrate_sets({"main": predictions.iloc[1:]}, folds)
