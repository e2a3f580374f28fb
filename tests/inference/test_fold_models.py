"""The fold models of a city: what they may see, whom they predict, how they travel."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.inference.model_files import load_model, save_model
from incomelens.inference.network import build_network
from incomelens.inference.predict import predict, predict_elsewhere, predict_held_out
from incomelens.inference.settings import TrainingSettings
from incomelens.inference.training import labelled, train_fold_model

from .towns import Tiles as Images
from .towns import town

PX = 64
NETWORK = {
    "backbone": "test_efficientnet",
    "head": "binomial",
    "pool": "average",
    "weights": "none",
}


class Tiles(Images):
    """Noise of its own for every cell, in the shape of a city's tiles."""

    tile_px = PX

    def __init__(self, folds):
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (len(folds), PX, PX, 3), dtype=np.uint8)
        super().__init__(dict(zip(folds["cell_id"], images, strict=True)))


@pytest.fixture
def folds():
    return town(10, n_folds=2, block_side=2, scheme="random")


@pytest.fixture
def models(tmp_path):
    """Two models that differ by their first weights."""
    folders = [tmp_path / str(fold) for fold in range(2)]
    for seed, folder in enumerate(folders):
        save_model(folder, build_network(**NETWORK, seed=seed), scaling="half", tile_px=PX)
    return folders


def of_model(folder, tiles, cell_ids):
    model = load_model(folder)
    return predict(model.network, tiles, list(cell_ids), scaling="half")


def test_every_cell_is_predicted_by_the_model_of_its_own_fold(models, folds):
    tiles = Tiles(folds)
    table = predict_held_out(models, tiles, folds, batch_size=7)
    assert table["cell_id"].tolist() == sorted(folds["cell_id"])
    for fold, folder in enumerate(models):
        own = table[table["fold"] == fold]
        assert_allclose(own["p"], of_model(folder, tiles, own["cell_id"])["p"], rtol=1e-5)
    other = of_model(models[1], tiles, table["cell_id"])
    # The models do differ, or the comparison above would say nothing.
    assert np.abs(table["p"] - other["p"])[table["fold"] == 0].max() > 1e-4
    classes = folds.set_index("cell_id")["income_class"]
    assert (table["observed"].to_numpy() == classes[table["cell_id"]].to_numpy()).all()


def test_cells_elsewhere_are_predicted_by_every_model(models, folds):
    tiles = Tiles(folds)
    table = predict_elsewhere(models, tiles, folds["cell_id"], batch_size=7)
    assert len(table) == len(models) * len(folds)
    for fold, own in table.groupby("model_fold"):
        assert own["cell_id"].tolist() == folds["cell_id"].tolist()
        alone = of_model(models[fold], tiles, own["cell_id"])
        assert_allclose(own["prob_1"], alone["prob_1"], rtol=1e-5)


def test_a_fold_model_reads_no_tile_of_its_fold(tmp_path, folds):
    tiles = Tiles(folds)
    settings = TrainingSettings(epochs=1, samples_per_epoch=10, scaling="half")
    result = train_fold_model(
        tiles,
        folds,
        fold=1,
        scheme="random",
        buffer_cells=1,
        network=NETWORK,
        settings=settings,
        seed=3,
        folder=tmp_path,
    )
    held_out = set(folds.loc[folds["fold"] == 1, "cell_id"])
    assert tiles.read
    assert not held_out & set(tiles.read)
    assert len(result.history) == 1
    assert load_model(tmp_path).tile_px == PX


def test_shuffled_labels_are_the_same_classes_on_other_cells(folds):
    before = folds.copy()
    shuffled = labelled(folds, "shuffled", seed=1)
    pd.testing.assert_frame_equal(folds, before)
    assert sorted(shuffled["income_class"]) == sorted(folds["income_class"])
    moved = shuffled["income_class"] != folds["income_class"]
    assert 0.7 < moved.mean() < 0.9  # four of five classes are others
    pd.testing.assert_frame_equal(
        shuffled.drop(columns="income_class"), folds.drop(columns="income_class")
    )
    pd.testing.assert_frame_equal(labelled(folds, "shuffled", seed=1), shuffled)
    assert not labelled(folds, "shuffled", seed=2)["income_class"].equals(shuffled["income_class"])
    assert labelled(folds, "observed", seed=1) is folds


def test_a_network_on_shuffled_labels_is_trained_as_any_other(tmp_path, folds):
    settings = TrainingSettings(epochs=1, samples_per_epoch=10, scaling="half")
    options = {"fold": 0, "scheme": "random", "buffer_cells": 1, "settings": settings, "seed": 3}
    losses = {}
    for labels in ("observed", "shuffled"):
        network = NETWORK | {"labels": labels}
        folder = tmp_path / labels
        result = train_fold_model(Tiles(folds), folds, network=network, folder=folder, **options)
        losses[labels] = result.history[0].train_loss
    assert losses["observed"] != losses["shuffled"]
    assert load_model(tmp_path / "shuffled").network.architecture.head == "binomial"


def test_unknown_labels_are_refused(folds):
    with pytest.raises(InputError, match=r"labels: 'sorted' are unknown; known are observed, shuf"):
        labelled(folds, "sorted", seed=1)


def test_models_and_folds_must_be_as_many(models, folds):
    with pytest.raises(InputError, match="1 models for 2 folds; train one a fold"):
        predict_held_out(models[:1], Tiles(folds), folds, batch_size=7)


def test_a_model_of_other_tiles_is_refused_with_both_sizes(models, folds):
    tiles = Tiles(folds)
    tiles.tile_px = 128
    with pytest.raises(InputError, match="tiles of 64 pixels, these have 128"):
        predict_held_out(models, tiles, folds, batch_size=7)


def test_a_city_without_models_is_told(folds):
    with pytest.raises(InputError, match="name at least one fold model"):
        predict_elsewhere([], Tiles(folds), pd.Series(folds["cell_id"]), batch_size=7)
