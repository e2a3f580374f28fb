"""From date to date: single networks everywhere, and costs with the sign that they are named by."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.inference.dates import HELD_OUT, LEARNT, dates_table

from .towns import network_like, town

FOLDS = town(12, n_folds=4)


def by_every_model(*, learnt, held_out, seed):
    """Every cell by every fold's network, with more noise at places that it did not learn from."""
    tables = []
    for fold in range(4):
        known = network_like(FOLDS, noise=learnt, seed=seed + fold)
        unseen = network_like(FOLDS, noise=held_out, seed=seed + 50 + fold)
        own = (FOLDS["fold"] == fold).to_numpy()
        tables.append(pd.concat([known[~own], unseen[own]]).assign(model_fold=fold))
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="module")
def predictions():
    return {
        ("2020", "2020"): by_every_model(learnt=0.2, held_out=1.0, seed=1),
        ("2020", "2018"): by_every_model(learnt=0.8, held_out=2.5, seed=200),
        ("2018", "2018"): by_every_model(learnt=0.2, held_out=1.0, seed=400),
        ("2018", "2020"): by_every_model(learnt=0.2, held_out=1.0, seed=600),
    }


@pytest.fixture(scope="module")
def scores(predictions):
    table = dates_table(predictions, FOLDS, seed=1, n_resamples=300)
    keys = ["trained_on", "tested_on", "places", "metric"]
    assert not table.duplicated(keys).any()
    return table.set_index(keys).sort_index()


def test_on_its_own_date_and_held_out_places_it_is_the_score_out_of_fold(scores, predictions):
    table = predictions["2020", "2020"].merge(
        FOLDS[["cell_id", "income_class", "fold"]], on="cell_id"
    )
    own = table[table["model_fold"] == table["fold_y"]]
    row = scores.loc["2020", "2020", HELD_OUT, "accuracy"]
    assert_allclose(row["value"], (own["predicted"] == own["income_class"]).mean())
    assert row["n"] == len(FOLDS)
    others = table[table["model_fold"] != table["fold_y"]]
    learnt = scores.loc["2020", "2020", LEARNT, "accuracy"]
    assert_allclose(learnt["value"], (others["predicted"] == others["income_class"]).mean())


def test_a_date_that_is_harder_costs_and_one_that_is_not_does_not(scores):
    hard = scores.loc["2020", "2018", HELD_OUT]
    for metric in ("accuracy", "pearson_r", "mae", "rps"):
        assert hard.loc[metric, "cost_of_date"] > 0
        assert hard.loc[metric, "cost_of_date_ci_low"] > 0
    easy = scores.loc["2018", "2020", HELD_OUT, "pearson_r"]
    assert easy["cost_of_date_ci_low"] < 0 < easy["cost_of_date_ci_high"]


def test_a_cost_is_the_difference_of_two_scores_of_the_table(scores):
    row = scores.loc["2020", "2018", HELD_OUT, "mae"]
    assert_allclose(
        row["cost_of_date"], row["value"] - scores.loc["2020", "2020", HELD_OUT, "mae"]["value"]
    )
    assert_allclose(
        row["cost_of_place"], row["value"] - scores.loc["2020", "2018", LEARNT, "mae"]["value"]
    )
    assert np.isnan(scores.loc["2020", "2020", HELD_OUT, "mae"]["cost_of_date"])
    assert np.isnan(scores.loc["2020", "2018", LEARNT, "mae"]["cost_of_place"])


def test_cells_without_a_tile_of_some_date_are_left_out_of_all(predictions):
    gone = FOLDS["cell_id"].iloc[:10].tolist()
    part = predictions | {
        pair: table[~table["cell_id"].isin(gone)]
        for pair, table in predictions.items()
        if pair == ("2020", "2018")
    }
    table = dates_table(part, FOLDS, seed=1, n_resamples=100)
    assert set(table["n"]) == {len(FOLDS) - 10}


def test_dates_without_a_cell_in_common_are_refused(predictions):
    with pytest.raises(InputError, match=r"no cell has tiles of all dates \(2018, 2020\)"):
        dates_table(predictions, FOLDS.assign(cell_id="x" + FOLDS["cell_id"]), seed=1)
