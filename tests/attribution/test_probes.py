"""Checks of one city's networks: which tiles, which networks, what the tables hold."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from incomelens.attribution.gradients import PAPER_METHODS
from incomelens.attribution.probe_summaries import mirror_summary, similarity_summary
from incomelens.attribution.probes import (
    curve_table,
    held_out_sample,
    mirror_table,
    models_by_network,
    network_similarity,
)
from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError

from .nets import MemoryTiles, save_fold_models

CELLS = [f"CRS3035RES200mN{2_800_000 + 200 * row}E3700000" for row in range(24)]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folds():
    return pd.DataFrame({"cell_id": CELLS, "fold": np.arange(24) % 2})


@pytest.fixture(scope="module")
def tiles():
    return MemoryTiles(CELLS)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {
        "main": save_fold_models(folder / "main", 2),
        "softmax": save_fold_models(folder / "softmax", 2, head="softmax"),
    }


@pytest.fixture(scope="module")
def similarity(models, tiles, folds):
    networks = models | {"copy": models["main"]}
    return network_similarity(networks, tiles, folds, n_tiles=10, seed=1, device=CPU)


def test_a_sample_is_of_the_fold_and_does_not_depend_on_the_order_of_rows(folds):
    found = dict(held_out_sample(folds, n_tiles=5, seed=1))
    assert {fold: len(ids) for fold, ids in found.items()} == {0: 5, 1: 5}
    fold = folds.set_index("cell_id")["fold"]
    assert all((fold[ids] == number).all() for number, ids in found.items())
    assert dict(held_out_sample(folds[::-1], n_tiles=5, seed=1)) == found
    assert dict(held_out_sample(folds, n_tiles=5, seed=2)) != found


def test_weights_of_networks_are_told_apart_by_their_order():
    weights = [f"{name}/{fold}/weights" for name in ("main", "again") for fold in (0, 1)]
    found = models_by_network(["main", "again"], weights)
    assert {name: [str(one) for one in folds.values()] for name, folds in found.items()} == {
        "main": ["main/0", "main/1"],
        "again": ["again/0", "again/1"],
    }


@pytest.mark.slow
def test_a_copy_of_the_network_has_its_maps_and_others_have_not(similarity):
    ranks = similarity[similarity["measure"] == "spearman"]
    mean = ranks.groupby(["kind", "against"])["mean"].mean()
    assert mean["network", "copy"] == pytest.approx(1.0)
    assert mean["network", "softmax"] < 0.99
    assert mean["network", "turned"] < 0.9


@pytest.mark.slow
def test_a_network_that_forgot_everything_has_other_maps(similarity):
    ranks = similarity[(similarity["measure"] == "spearman") & (similarity["kind"] == "cascade")]
    steps = ranks.sort_values("step")
    assert steps["against"].iloc[0] == "head"
    last = steps[steps["step"] == steps["step"].max()]
    assert set(last["against"]) == {"conv_stem"}
    assert last["mean"].mean() < 0.8
    assert "turned" not in set(ranks["against"])


@pytest.mark.slow
def test_the_head_alone_leaves_the_guided_gradient_nearly_as_it_was(similarity):
    """A guided gradient hardly depends on the weights behind the maps."""
    head = similarity[(similarity["against"] == "head") & (similarity["measure"] == "spearman")]
    mean = head.groupby("method")["mean"].mean()
    assert mean["guided_gradient"] > mean["gradcam"]


@pytest.mark.slow
def test_similarities_of_cities_are_averaged_over_their_units(similarity):
    summary = similarity_summary({"a": similarity, "b": similarity})
    check_written(similarity, "results/small/attribution/a/block-similarity.csv")
    check_written(summary, "results/small/attribution/similarity.csv")
    key = ["kind", "step", "against", "method", "measure"]
    row = summary.set_index(key).loc[("network", 1, "softmax", "guided_gradient", "spearman")]
    part = similarity[
        (similarity["against"] == "softmax")
        & (similarity["method"] == "guided_gradient")
        & (similarity["measure"] == "spearman")
        & similarity["mean"].notna()
    ]
    assert len(part)
    assert row["n_units"] == 2 * len(part)
    assert row["n"] == 2 * part["n"].sum()
    assert row["mean"] == pytest.approx(part["mean"].mean())
    assert row["low"] == part["mean"].min()


def test_the_mirror_is_exact_behind_one_logit_and_not_behind_five(models, tiles, folds):
    table = mirror_table(models, tiles, folds, n_tiles=6, seed=1, device=CPU)
    assert set(table["fold"]) == {0, 1}
    summary = mirror_summary({"a": table})
    check_written(table, "results/small/attribution/a/block-mirror.csv")
    check_written(summary, "results/small/attribution/mirror.csv")
    summary = summary.set_index(["network", "quantity"])
    assert_allclose(summary.loc[("main", "plain_gradient"), "cosine_mean"], -1, atol=1e-5)
    assert_allclose(summary.loc[("main", "cam"), "cosine_max"], -1, atol=1e-5)
    assert summary.loc[("softmax", "plain_gradient"), "cosine_mean"] > -0.99
    assert summary.loc[("main", "guided_gradient"), "n"] == 12
    assert summary.loc[("main", "plain_gradient"), "n_networks"] == 2


def test_curves_are_drawn_for_tiles_of_low_and_high_alone(models, tiles, folds):
    predicted = np.arange(24) % 5 + 1
    predictions = folds.assign(predicted=predicted)
    options = {"n_tiles": 4, "steps": 3, "patches": 4, "random_orders": 2, "device": CPU}
    table = curve_table(models["main"], tiles, predictions, seed=1, **options)
    check_written(table, "results/small/attribution/a/block-main-curves.parquet")
    side = table.drop_duplicates("cell_id").set_index("cell_id")["ses"]
    classes = predictions.set_index("cell_id")["predicted"]
    assert all((classes[cell] < 3) == (ses == "low") for cell, ses in side.items())
    assert len(side) == 8
    assert 3 not in set(classes[side.index])
    orders = set(table["order"])
    assert orders <= {*PAPER_METHODS, *(f"{name}_turned" for name in PAPER_METHODS), "random"}
    assert set(table.loc[table["order"] == "random", "draw"]) == {0, 1}
    assert table["score"].between(0, 1).all()
    again = curve_table(models["main"], tiles, predictions, seed=1, **options)
    assert_frame_equal(table, again)


def test_tiles_of_another_size_are_refused_with_both(models, folds):
    with pytest.raises(InputError, match=r"tiles of 64 pixels, these have 32"):
        mirror_table(models, MemoryTiles(CELLS, px=32), folds, n_tiles=2, seed=1, device=CPU)
