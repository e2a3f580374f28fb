"""Baselines under the folds: no leak, chance where there is no signal, each finds its own."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.folds.cells import assign_city_folds
from incomelens.folds.training import training_cells
from incomelens.inference.baseline_task import FoldTask, guess_from_expected, ridge_by_folds
from incomelens.inference.baselines import BASELINES, majority, predict_out_of_fold, tile_colours
from incomelens.inference.evaluation import evaluate
from incomelens.inference.frozen_features import FrozenFeatures, frozen_features
from incomelens.inference.metrics import score
from incomelens.inference.random_features import RandomFeatures
from incomelens.sources.readers.filosofi import read_filosofi

from ..conftest import REAL_DATA
from .towns import PROBABILITIES, Tiles, tiles, town

FEW = RandomFeatures(n_filters=24)
FROZEN = FrozenFeatures(
    network={"backbone": "test_efficientnet", "pool": "average", "weights": "none"}, scaling="half"
)
COLUMNS = ["cell_id", "fold", "observed", "predicted", "p", *PROBABILITIES]


def predict(model, folds, *, scheme="random", images=None, seed=1):
    embedding = None
    if model == "frozen_ridge":
        ids = np.sort(folds["cell_id"].to_numpy(dtype=str))
        embedding = frozen_features(images, ids, settings=FROZEN, seed=seed)
    return predict_out_of_fold(
        model, folds, scheme=scheme, seed=seed, tiles=images, settings=FEW, embedding=embedding
    )


def r(predictions):
    observed, predicted = predictions["observed"].to_numpy(), predictions["predicted"].to_numpy()
    return score(observed, predicted).pearson_r


@pytest.mark.parametrize("scheme", ["random", "block"])
@pytest.mark.parametrize("model", BASELINES)
def test_every_cell_is_predicted_once_in_the_contracts_columns(model, scheme):
    folds = town(9, scheme=scheme)
    found = predict(model, folds, scheme=scheme, images=tiles(folds, signal="contrast", px=12))
    assert found.columns.tolist() == COLUMNS
    pd.testing.assert_series_equal(found["cell_id"], folds["cell_id"])
    assert found["observed"].tolist() == folds["income_class"].tolist()
    assert found["predicted"].isin(range(1, 6)).all()
    assert found["p"].between(0, 1).all()
    probabilities = found[PROBABILITIES]
    if model in ("majority", "copy_neighbours"):
        assert_allclose(probabilities.sum(axis=1), 1)
        assert_allclose(probabilities @ np.arange(5) / 4, found["p"])
    else:
        assert probabilities.isna().all(axis=None)
        assert (found["predicted"] - (1 + 4 * found["p"])).abs().max() <= 0.5
    cells = folds[["cell_id"]].assign(imputed=False)
    evaluate({model: found}, folds, cells, seed=1, n_resamples=5)


@pytest.mark.parametrize("scheme", ["random", "block"])
@pytest.mark.parametrize("model", BASELINES)
def test_labels_that_training_may_not_see_change_no_bit(model, scheme):
    """Neither those of the held-out cells nor, under blocks, those of the strip around them."""
    folds = town(9, scheme=scheme)
    images = tiles(folds, signal="contrast", px=12)
    before = predict(model, folds, scheme=scheme, images=images).drop(columns="observed")
    own = (folds["fold"] == 1).to_numpy()
    unseen = ~training_cells(folds, fold=1, scheme=scheme, buffer_cells=1)
    assert (unseen & ~own).any() == (scheme == "block")
    changed = folds.assign(income_class=folds["income_class"].where(~unseen, 1))
    after = predict(model, changed, scheme=scheme, images=images).drop(columns="observed")
    pd.testing.assert_frame_equal(before[own], after[own], check_exact=True)
    assert not before[~own].equals(after[~own])


@pytest.mark.parametrize("model", ["mean_colour", "random_features", "frozen_ridge"])
def test_the_image_of_a_held_out_cell_tells_nothing_of_another(model):
    folds = town(9)
    images = tiles(folds, signal="contrast", px=12)
    before = predict(model, folds, images=images)
    cell = folds.query("fold == 1")["cell_id"].iloc[0]
    others = ((folds["fold"] == 1) & (folds["cell_id"] != cell)).to_numpy()
    images.images[cell] = 255 - images.images[cell] // 3
    after = predict(model, folds, images=images)
    pd.testing.assert_frame_equal(before[others], after[others], check_exact=True)
    assert not before.equals(after)


@pytest.mark.parametrize("model", BASELINES)
def test_shuffled_labels_give_chance(model):
    """No correlation beyond four standard errors of 300 unrelated cells."""
    folds = town(17, smooth=False)
    images = tiles(town(17), signal="contrast", px=12)
    found = predict(model, folds, images=images)
    observed, predicted = found["observed"].to_numpy(), found["predicted"].to_numpy()
    assert abs(np.mean(observed == predicted) - 0.2) < 4 * np.sqrt(0.16 / 289)
    if model != "majority":
        assert np.nan_to_num(abs(r(found))) < 4 / np.sqrt(289)


@pytest.mark.parametrize(
    ("model", "signal", "at_least"),
    [
        ("mean_colour", "colour", 0.9),
        ("random_features", "contrast", 0.9),
        ("random_features", "texture", 0.9),
    ],
)
def test_each_model_finds_the_signal_it_is_made_for(model, signal, at_least):
    folds = town(9, smooth=False)
    assert r(predict(model, folds, images=tiles(folds, signal=signal))) > at_least


@pytest.mark.parametrize("signal", ["contrast", "texture"])
def test_mean_colour_sees_neither_contrast_nor_texture(signal):
    folds = town(12, smooth=False)
    found = predict("mean_colour", folds, images=tiles(folds, signal=signal))
    assert np.nan_to_num(r(found)) < 0.35


def test_neighbours_are_worth_much_at_random_and_less_across_blocks():
    near = r(predict("copy_neighbours", town(15, scheme="random")))
    far = r(predict("copy_neighbours", town(15, scheme="block"), scheme="block"))
    assert near > 0.85
    assert far < near - 0.1


@pytest.mark.real
def test_in_paris_neighbours_alone_beat_the_papers_correlation_but_not_across_blocks():
    """Real incomes, no image: r 0.83 between known neighbours, 0.66 across blocks."""
    path = REAL_DATA / "france" / "filosofi2021_paris_200m.csv"
    if not path.exists():
        pytest.skip(f"no real data at {path}; set INCOMELENS_REAL_DATA to its folder")
    grid = read_filosofi(path)
    cells = pd.DataFrame(
        {"cell_id": grid["cell_id"], "income": grid["income_sum"] / grid["individuals"]}
    )
    found = {}
    for scheme in ("random", "block"):
        folds = assign_city_folds(cells, scheme=scheme, n_folds=5, seed=1)
        found[scheme] = predict("copy_neighbours", folds, scheme=scheme)
    assert 0.79 < r(found["random"]) < 0.86
    assert r(found["block"]) < r(found["random"]) - 0.1


@pytest.mark.parametrize("model", ["random_features", "frozen_ridge"])
def test_the_seed_decides_and_the_order_of_rows_does_not(model):
    folds = town(9)
    images = tiles(folds, signal="texture", px=12)
    first = predict(model, folds, images=images)
    shuffled = predict(model, folds.sample(frac=1, random_state=1), images=images)
    pd.testing.assert_frame_equal(first, shuffled, check_exact=True)
    other = predict(model, folds, images=images, seed=2)
    assert not first["p"].equals(other["p"])


def task(train_class, n_held_out=3):
    n = len(train_class)
    return FoldTask(
        train=np.arange(n).astype(str),
        train_class=np.array(train_class),
        train_fold=np.zeros(n, dtype=np.int64),
        held_out=np.arange(n_held_out).astype(str),
        rng=np.random.default_rng(0),
    )


@pytest.mark.parametrize(
    ("train_class", "best"),
    [([1, 5, 5, 2], 5), ([1, 2, 3, 4, 5], 3), ([1, 1, 2, 2, 4, 4], 2), ([1, 5], 1)],
)
def test_the_majority_is_the_most_frequent_class_and_of_equals_the_middle_one(train_class, best):
    guess = majority(task(train_class))
    assert guess.predicted.tolist() == [best] * 3
    assert_allclose(guess.p, (np.mean(train_class) - 1) / 4)
    assert_allclose(guess.probabilities[0, best - 1], np.mean(np.array(train_class) == best))


def test_expected_classes_are_rounded_and_kept_within_the_classes():
    guess = guess_from_expected(np.array([-2.0, 1.4, 1.6, 3.0, 7.0]))
    assert guess.predicted.tolist() == [1, 1, 2, 3, 5]
    assert_allclose(guess.p, [0, 0.1, 0.15, 0.5, 1])
    assert guess.probabilities is None


def test_tile_colours_by_hand():
    image = np.zeros((2, 2, 3), dtype=np.uint8)
    image[0] = [200, 10, 0]
    found = tile_colours(Tiles({"a": image}), np.array(["a"]))
    assert_allclose(found, [[100, 5, 0]])


def test_the_strength_of_the_ridge_is_chosen_across_folds():
    """Features that only tell the fold apart fit single cells well and other folds badly."""
    rng = np.random.default_rng(0)
    fold = np.repeat(np.arange(4), 15)
    classes = np.array([1, 5, 2, 4])[fold] + rng.normal(0, 0.1, 60)
    features = rng.normal(size=(4, 40))[fold] + rng.normal(0, 0.3, (60, 40))
    across = ridge_by_folds(fold).fit(features, classes)[-1].alpha_
    within = ridge_by_folds(np.zeros(60, dtype=np.int64)).fit(features, classes)[-1].alpha_
    assert across > 10 * within


def test_misuse_is_named():
    folds = town(6)
    with pytest.raises(InputError, match="'resnet' is unknown; known are majority, copy"):
        predict("resnet", folds)
    with pytest.raises(InputError, match="baseline mean_colour: it looks at images"):
        predict("mean_colour", folds)
    with pytest.raises(InputError, match="frozen_ridge: it reads an embedding; pass that of"):
        predict_out_of_fold("frozen_ridge", folds, scheme="random", seed=1, tiles=Tiles({}))
