"""From city to city: single models at home and away, losses under the same draws."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError
from incomelens.inference.metrics import METRICS, score
from incomelens.inference.transfer import in_turns, mean_over_models, transfer_table

from .towns import PROBABILITIES, network_like, town

HERE, THERE = town(9, seed=1), town(8, scheme="block", seed=2)


def elsewhere(folds, noise, seed):
    models = {n: network_like(folds, noise=noise, seed=seed + n) for n in range(3)}
    table = pd.concat(models, names=["model_fold"]).reset_index("model_fold")
    return table[["cell_id", "model_fold", "predicted", "p", *PROBABILITIES]]


@pytest.fixture(scope="module")
def predictions():
    return {
        ("here", "here"): network_like(HERE, noise=0.3),
        ("there", "here"): elsewhere(HERE, 3.0, 10),
        ("there", "there"): network_like(THERE, noise=0.3),
        ("here", "there"): elsewhere(THERE, 3.0, 20),
    }


@pytest.fixture(scope="module")
def table(predictions):
    folds = {"here": HERE, "there": THERE}
    table = transfer_table(predictions, folds, seed=1, n_resamples=200)
    check_written(table, "results/small/inference/transfer.csv")
    return table


def test_probabilities_of_fold_models_are_averaged_by_hand():
    first = pd.DataFrame({"cell_id": ["a", "b"]}).assign(
        **dict(zip(PROBABILITIES, np.array([[1, 0, 0, 0, 0], [0, 0, 0, 0.5, 0.5]]).T, strict=True))
    )
    second = pd.DataFrame({"cell_id": ["b", "a"]}).assign(
        **dict(zip(PROBABILITIES, np.array([[0, 0, 0, 0, 1], [0, 0.4, 0.6, 0, 0]]).T, strict=True))
    )
    mean = mean_over_models([first, second])
    assert mean["cell_id"].tolist() == ["a", "b"]
    assert_allclose(mean[PROBABILITIES], [[0.5, 0.2, 0.3, 0, 0], [0, 0, 0, 0.25, 0.75]])
    assert mean["predicted"].tolist() == [1, 5]
    assert_allclose(mean["p"], [0.2, 0.9375])


def scored(predictions):
    own = predictions.set_index("cell_id").loc[THERE["cell_id"]]
    return score(
        THERE["income_class"].to_numpy(),
        own["predicted"].to_numpy(),
        p=own["p"].to_numpy(),
        probabilities=own[PROBABILITIES].to_numpy(),
    )


def test_every_pair_has_the_mean_score_of_single_models_and_that_of_all(table, predictions):
    assert len(table) == 4 * len(METRICS)
    away = predictions["here", "there"]
    check_written(away.assign(tested_on="there"), "results/small/inference/transfer/here.parquet")
    models = [own for _, own in away.groupby("model_fold")]
    together = scored(mean_over_models(models))
    turns = [scored(turn) for turn in in_turns(away, THERE)]
    rows = table.query("trained_on == 'here' and tested_on == 'there'").set_index("metric")
    assert (rows["n"] == 64).all()
    assert (rows["n_blocks"] == THERE["block"].nunique()).all()
    for name in METRICS:
        mean = np.mean([getattr(turn, name) for turn in turns])
        assert rows.loc[name, "value"] == pytest.approx(mean), name
        assert rows.loc[name, "averaged"] == pytest.approx(getattr(together, name)), name
    for name in ("accuracy", "accuracy_within_1", "mae", "rps"):
        mean = np.mean([getattr(scored(model), name) for model in models])
        assert rows.loc[name, "value"] == pytest.approx(mean), name
    between = rows["averaged"].between(rows["averaged_ci_low"], rows["averaged_ci_high"])
    assert between.drop("ece").all()


def test_every_model_tells_every_cell_once_and_a_fold_its_own_in_the_first_turn():
    away = elsewhere(THERE, 3.0, 20).sample(frac=1, random_state=0)
    turns = in_turns(away, THERE)
    fold = THERE.set_index("cell_id")["fold"]
    for number, turn in enumerate(turns):
        assert sorted(turn["cell_id"]) == sorted(THERE["cell_id"])
        of_cell = fold.loc[turn["cell_id"]].to_numpy()
        assert (turn["model_fold"].to_numpy() == (of_cell + number) % 3).all()
    told = pd.concat(turns)
    assert not told.duplicated(["cell_id", "model_fold"]).any()
    assert len(told) == 3 * len(THERE)


def test_cities_may_have_other_numbers_of_folds():
    away = elsewhere(THERE, 3.0, 20)
    for n_models in (1, 2):
        few = away[away["model_fold"] < n_models]
        turns = in_turns(few, THERE)
        assert [sorted(turn["cell_id"]) for turn in turns] == [sorted(THERE["cell_id"])] * n_models


def test_models_as_good_away_as_at_home_lose_nothing_by_being_averaged():
    """An average of three beats any of them: beside a single model at home that is no gain."""
    here = town(24, smooth=False)
    own = network_like(here, noise=2.0, seed=50)
    pair = {("here", "here"): own, ("there", "here"): elsewhere(here, 2.0, 60)}
    found = transfer_table(pair, {"here": here}, seed=1, n_resamples=200)
    away = found.query("trained_on == 'there'").set_index("metric").loc["pearson_r"]
    home = found.query("trained_on == 'here'").set_index("metric").loc["pearson_r"]
    assert away["loss_ci_low"] < 0 < away["loss_ci_high"]
    assert away["averaged"] > home["value"] + 0.05


def test_what_travelling_costs_is_positive_for_every_score(table):
    away = table.query("trained_on != tested_on and metric != 'ece'")
    assert (away["loss"] > 0).all()
    assert away["loss"].between(away["loss_ci_low"], away["loss_ci_high"]).all()
    values = table.set_index(["trained_on", "tested_on", "metric"])["value"]
    loss = table.set_index(["trained_on", "tested_on", "metric"])["loss"]
    assert loss["here", "there", "mae"] == pytest.approx(
        values["here", "there", "mae"] - values["there", "there", "mae"]
    )
    assert loss["here", "there", "accuracy"] == pytest.approx(
        values["there", "there", "accuracy"] - values["here", "there", "accuracy"]
    )


def test_a_city_at_home_loses_nothing(table):
    home = table.query("trained_on == tested_on")
    assert home[["averaged", "averaged_ci_low", "averaged_ci_high"]].isna().all(axis=None)
    assert (home[["loss", "loss_ci_low", "loss_ci_high"]] == 0).all(axis=None)


def test_a_city_without_own_models_has_scores_but_no_loss(predictions):
    one = {("here", "there"): predictions["here", "there"]}
    table = transfer_table(one, {"there": THERE}, seed=1, n_resamples=20)
    assert table["value"].notna().all()
    assert table["loss"].isna().all()


def test_own_cells_must_be_predicted_out_of_fold(predictions):
    seen = predictions["here", "here"].assign(fold=(HERE["fold"] + 1) % 3)
    with pytest.raises(InputError, match="fold of 81 cells differs"):
        transfer_table({("here", "here"): seen}, {"here": HERE}, seed=1, n_resamples=5)


def test_misuse_is_named(predictions):
    with pytest.raises(InputError, match="no folds of 'there'; there are those of here"):
        transfer_table(predictions, {"here": HERE}, seed=1, n_resamples=5)
    with pytest.raises(InputError, match="name at least one fold model"):
        mean_over_models([])
    one = predictions["here", "here"]
    with pytest.raises(InputError, match=r"model 1 predicts other cells than model 0 \(1 apart"):
        mean_over_models([one, one.iloc[1:]])
    with pytest.raises(InputError, match="model 0 gives no probability"):
        mean_over_models([one.assign(prob_2=np.nan)])
