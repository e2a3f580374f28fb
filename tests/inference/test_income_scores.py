"""R² of log income: by hand, of whoever knows classes alone, and with units as clusters."""

import logging

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import r2_score

from incomelens.inference.income_scores import income_scores

from .towns import PROBABILITIES, network_like, town


@pytest.fixture(scope="module")
def folds():
    return town()


@pytest.fixture(scope="module")
def cells(folds):
    rng = np.random.default_rng(3)
    income = np.exp(9 + 0.3 * folds["income_class"] + rng.uniform(-0.1, 0.1, len(folds)))
    return pd.DataFrame({"cell_id": folds["cell_id"], "income": income, "imputed": False})


def certain_of(folds, classes):
    """A network that gives one class all the probability."""
    sure = np.eye(5)[np.asarray(classes) - 1]
    table = network_like(folds).assign(predicted=classes, p=(np.asarray(classes) - 1) / 4)
    return table.assign(**dict(zip(PROBABILITIES, sure.T, strict=True)))


def r2_of(folds, cells, predictions, **options):
    table = income_scores({"main": predictions}, folds, cells, seed=1, n_resamples=200, **options)
    return table.query("metric == 'r2'").iloc[0]


def test_knowing_the_class_explains_what_lies_between_class_means_of_the_other_folds(folds, cells):
    log = np.log(cells["income"])
    by_hand = [
        log[(folds["fold"] != fold) & (folds["income_class"] == number)].mean()
        for fold, number in zip(folds["fold"], folds["income_class"], strict=True)
    ]
    row = r2_of(folds, cells, certain_of(folds, folds["income_class"]))
    assert_allclose(row["value"], r2_score(log, by_hand))
    assert row["value"] > 0.95
    assert row["scale"] == "log"
    assert row["ci_low"] < row["value"] < row["ci_high"]
    assert row["block_ci_low"] < row["value"] < row["block_ci_high"]


def test_a_model_without_probabilities_says_an_income_between_two_classes(folds, cells):
    sure = certain_of(folds, folds["income_class"])
    alone = sure.assign(**dict.fromkeys(PROBABILITIES, np.nan))
    assert_allclose(r2_of(folds, cells, alone)["value"], r2_of(folds, cells, sure)["value"])
    between = alone.assign(p=(np.full(len(folds), 2.5) - 1) / 4)
    half = np.log(cells["income"])
    means = [
        np.mean([half[(folds["fold"] != f) & (folds["income_class"] == k)].mean() for k in (2, 3)])
        for f in folds["fold"]
    ]
    assert_allclose(r2_of(folds, cells, between)["value"], r2_score(half, means))


def test_a_unit_counts_once_so_that_intervals_are_longer(folds, cells):
    of_units = folds.assign(unit=(np.arange(len(folds)) // 24).astype(str))
    predictions = network_like(folds)
    # All cells of a unit say the same.
    first = predictions.groupby(of_units["unit"])[["predicted", "p", *PROBABILITIES]]
    predictions[["predicted", "p", *PROBABILITIES]] = first.transform("first")
    plain, clustered = (r2_of(table, cells, predictions) for table in (folds, of_units))
    assert clustered["value"] == plain["value"]
    width = clustered["ci_high"] - clustered["ci_low"]
    assert width > 1.5 * (plain["ci_high"] - plain["ci_low"])


def test_an_index_without_a_log_is_scored_as_it_is_and_told(folds, cells, caplog):
    index = cells.assign(income=folds["income_class"] - 3.0)
    with caplog.at_level(logging.WARNING):
        row = r2_of(folds, index, certain_of(folds, folds["income_class"]))
    assert_allclose(row["value"], 1.0)
    assert row["scale"] == "as it is"
    assert "labels are zero or negative, so there is no log" in caplog.text
