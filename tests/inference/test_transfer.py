"""From city to city: averaged probabilities, own cells out of fold, losses under the same draws."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError
from incomelens.inference.metrics import METRICS, score
from incomelens.inference.transfer import mean_over_models, transfer_table

from .towns import PROBABILITIES, network_like, town

HERE, THERE = town(9, seed=1), town(8, scheme="block", seed=2)


def elsewhere(folds, noise, seed):
    models = [network_like(folds, noise=noise, seed=seed + number) for number in range(3)]
    return mean_over_models([m[["cell_id", *PROBABILITIES]] for m in models])


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
    check_written(mean.assign(tested_on="there"), "results/small/inference/transfer/here.parquet")
    assert mean["cell_id"].tolist() == ["a", "b"]
    assert_allclose(mean[PROBABILITIES], [[0.5, 0.2, 0.3, 0, 0], [0, 0, 0, 0.25, 0.75]])
    assert mean["predicted"].tolist() == [1, 5]
    assert_allclose(mean["p"], [0.2, 0.9375])


def test_every_pair_has_its_scores(table, predictions):
    assert len(table) == 4 * len(METRICS)
    own = predictions["here", "there"].set_index("cell_id").loc[THERE["cell_id"]]
    expected = score(
        THERE["income_class"].to_numpy(),
        own["predicted"].to_numpy(),
        p=own["p"].to_numpy(),
        probabilities=own[PROBABILITIES].to_numpy(),
    )
    rows = table.query("trained_on == 'here' and tested_on == 'there'").set_index("metric")
    assert (rows["n"] == 64).all()
    assert (rows["n_blocks"] == THERE["block"].nunique()).all()
    for name in METRICS:
        assert rows.loc[name, "value"] == pytest.approx(getattr(expected, name)), name


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
