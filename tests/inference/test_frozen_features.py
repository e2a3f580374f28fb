"""Frozen features and ridge: the main network's backbone as it comes, and scikit-learn's ridge."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.preprocessing import StandardScaler

from incomelens.common.errors import InputError
from incomelens.common.seeds import job_seed
from incomelens.inference.baseline_task import STRENGTHS
from incomelens.inference.baselines import predict_out_of_fold
from incomelens.inference.frozen_features import FrozenFeatures, frozen_features
from incomelens.inference.inputs import scale_images
from incomelens.inference.network import build_network
from incomelens.sources.readers.embedding_tables import Embedding

from .towns import Tiles, tiles, town

TOWN = town(6)
IDS = TOWN["cell_id"].to_numpy(dtype=str)
NETWORK = {"backbone": "test_efficientnet", "pool": "average", "weights": "none"}
SETTINGS = FrozenFeatures(
    network={**NETWORK, "head": "softmax", "labels": "shuffled"}, scaling="half"
)


@pytest.fixture(scope="module")
def images():
    return tiles(TOWN, signal="contrast", px=32)


@pytest.fixture(scope="module")
def features(images):
    return frozen_features(images, IDS, settings=SETTINGS, seed=3)


def test_features_are_the_pooled_maps_of_the_backbone_at_rest(images, features):
    network = build_network(**NETWORK, seed=job_seed(3, "baseline", "frozen_ridge")).eval()
    with torch.inference_mode():
        scaled = scale_images(torch.from_numpy(images.read_images(IDS)), "half")
        maps = network.feature_maps(scaled)
    assert_allclose(features.matrix, maps.mean(dim=(-2, -1)), rtol=1e-4, atol=1e-5)
    assert_array_equal(features.of(IDS[[7, 2]]), features.matrix[[7, 2]])


def test_neither_batches_nor_a_second_run_change_them(images, features):
    again = frozen_features(images, IDS, settings=SETTINGS, seed=3)
    assert_array_equal(again.matrix, features.matrix)
    few = FrozenFeatures(SETTINGS.network, SETTINGS.scaling, batch_size=5)
    others = frozen_features(images, IDS, settings=few, seed=3)
    assert_allclose(others.matrix, features.matrix, rtol=1e-4, atol=1e-5)


def test_each_fold_is_scikit_learns_ridge_on_the_other_folds(images, features):
    found = predict_out_of_fold("frozen_ridge", TOWN, scheme="random", seed=3, embedding=features)
    folds = TOWN.sort_values("cell_id").reset_index(drop=True)
    for fold in folds["fold"].unique():
        train, held_out = folds[folds["fold"] != fold], folds[folds["fold"] == fold]
        scaler = StandardScaler().fit(features.of(train["cell_id"].to_numpy(dtype=str)))
        scaled = {
            name: scaler.transform(features.of(part["cell_id"].to_numpy(dtype=str)))
            for name, part in (("train", train), ("held_out", held_out))
        }
        inner = LeaveOneGroupOut().split(scaled["train"], groups=train["fold"])
        ridge = RidgeCV(STRENGTHS, cv=list(inner), scoring="neg_mean_squared_error")
        expected = ridge.fit(scaled["train"], train["income_class"]).predict(scaled["held_out"])
        own = found.set_index("cell_id").loc[held_out["cell_id"]]
        assert_allclose(1 + 4 * own["p"], np.clip(expected, 1, 5))
        assert own["predicted"].tolist() == np.rint(np.clip(expected, 1, 5)).tolist()


def test_what_imagenet_taught_finds_a_texture_that_no_colour_tells():
    folds = town(9, smooth=False)
    lite0 = {"backbone": "tf_efficientnet_lite0", "pool": "average", "weights": "lite0_package"}
    features = frozen_features(
        tiles(folds, signal="texture", px=64),
        folds["cell_id"].to_numpy(dtype=str),
        settings=FrozenFeatures(lite0, "half"),
        seed=3,
    )
    found = predict_out_of_fold("frozen_ridge", folds, scheme="random", seed=3, embedding=features)
    assert np.corrcoef(found["observed"], found["p"])[0, 1] > 0.9


def test_all_stages_stand_before_the_last_maps_and_turns_are_averaged(images, features):
    every = FrozenFeatures(SETTINGS.network, "half", stages="all")
    whole = frozen_features(images, IDS, settings=every, seed=3)
    n_last = features.matrix.shape[1]
    assert whole.matrix.shape[1] == n_last + 16 + 24 + 32 + 48 + 64
    assert_allclose(whole.matrix[:, -n_last:], features.matrix, rtol=1e-4, atol=1e-5)
    averaged = FrozenFeatures(SETTINGS.network, "half", stages="all", turns=8)
    mirrored = Tiles({one: image[:, ::-1].swapaxes(0, 1) for one, image in images.images.items()})
    pair = [
        frozen_features(source, IDS, settings=averaged, seed=3) for source in (images, mirrored)
    ]
    assert_allclose(pair[0].matrix, pair[1].matrix, rtol=1e-3, atol=1e-4)
    assert np.abs(pair[0].matrix - whole.matrix).max() > 1e-3


def test_turns_that_there_are_not_are_refused():
    with pytest.raises(InputError, match="stages last, turns 3; expected one of last, all and of"):
        FrozenFeatures(SETTINGS.network, "half", turns=3)


def test_a_cell_without_a_row_is_told_the_mean_of_training():
    rng = np.random.default_rng(1)
    matrix = TOWN["income_class"].to_numpy()[:, None] + rng.normal(0, 0.1, (len(TOWN), 3))
    lacking = TOWN["fold"].to_numpy() == 0
    lacking &= np.arange(len(TOWN)) % 2 == 0
    matrix[lacking] = np.nan
    found = predict_out_of_fold(
        "embedding_mine", TOWN, scheme="random", seed=3, embedding=Embedding(IDS, matrix)
    )
    train = TOWN[TOWN["fold"] != 0]
    assert_allclose(1 + 4 * found["p"][lacking], train["income_class"].mean())
    assert np.corrcoef(found["observed"][~lacking], found["p"][~lacking])[0, 1] > 0.95
    with pytest.raises(InputError, match="baseline embedding_mine: it reads an embedding; pass"):
        predict_out_of_fold("embedding_mine", TOWN, scheme="random", seed=3)
    nothing = Embedding(IDS, np.full((len(IDS), 2), np.nan))
    with pytest.raises(InputError, match="none of the cells to learn from has a row"):
        predict_out_of_fold("embedding_no", TOWN, scheme="random", seed=3, embedding=nothing)


def test_a_backbone_without_weights_is_told(images, caplog):
    frozen_features(images, IDS[:3], settings=SETTINGS, seed=3)
    assert (
        "test_efficientnet has no weights (weights: none), its features are random" in caplog.text
    )


def test_labels_are_not_asked_for(images, features):
    """All of a city's cells at once, held-out ones too: no label and no fold is in there."""
    relabelled = TOWN.assign(income_class=6 - TOWN["income_class"])
    pair = [
        predict_out_of_fold("frozen_ridge", one, scheme="random", seed=3, embedding=features)
        for one in (TOWN, relabelled)
    ]
    assert_allclose(pair[0]["p"], 1 - pair[1]["p"], atol=1e-6)
    pd.testing.assert_series_equal(pair[0]["fold"], pair[1]["fold"])
