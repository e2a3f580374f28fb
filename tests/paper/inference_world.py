"""Out-of-fold predictions of a made-up city, judged by the stage itself."""

import numpy as np
import pandas as pd

from incomelens.inference.evaluation import evaluate
from incomelens.inference.transfer import transfer_table

from .aerial_world import aerial_world

NETWORKS = {
    "main": {"backbone": "tf_efficientnet_lite0", "head": "binomial"},
    "softmax": {"backbone": "tf_efficientnet_lite0", "head": "softmax"},
}
# Typical error in classes, and whether a model gives probabilities.
MODELS = {
    "main": (0.9, True),
    "softmax": (1.1, True),
    "majority": (3.0, False),
    "copy_neighbours": (0.6, False),
}
CITY = {"aubervieux": "Aubervieux", "valmorin": "Valmorin"}


def inference_city(*, n_east=8, n_north=7, seed=0, schemes=("random", "block"), models=MODELS):
    """Cells, folds and predictions of a city: (world, folds by scheme, predictions by scheme)."""
    world = aerial_world(n_east, n_north, seed=seed)
    rng = np.random.default_rng(seed)
    n = len(world.folds)
    block = np.arange(n) // 9
    folds, predictions = {}, {}
    for scheme in schemes:
        fold = rng.permutation(n) % 2 if scheme == "random" else block % 2
        folds[scheme] = world.folds.assign(fold=fold, block=block)
        predictions[scheme] = {
            model: _predictions(folds[scheme], error * (1 + (scheme == "block")), certain, rng)
            for model, (error, certain) in models.items()
        }
    return world, folds, predictions


def _predictions(folds, error, certain, rng):
    observed = folds["income_class"].to_numpy()
    place = observed + rng.normal(0, error, len(observed))
    weight = np.exp(-((np.arange(1, 6) - place[:, None]) ** 2))
    probability = weight / weight.sum(axis=1, keepdims=True)
    predicted = probability.argmax(axis=1) + 1
    if not certain:
        probability = np.full_like(probability, np.nan)
    expected = probability @ np.arange(1, 6)
    return pd.DataFrame(
        {
            "cell_id": folds["cell_id"].to_numpy(),
            "fold": folds["fold"].to_numpy(),
            "observed": observed,
            "predicted": predicted,
            "p": (expected - 1) / 4,
            **{f"prob_{k + 1}": probability[:, k] for k in range(5)},
        }
    )


def evaluations(seed=0, *, n_resamples=30, **options):
    """Judge a city by scheme, as ``evaluate_predictions`` writes it."""
    world, folds, predictions = inference_city(seed=seed, **options)
    return {
        scheme: evaluate(
            predictions[scheme], folds[scheme], world.cells, seed=1, n_resamples=n_resamples
        )
        for scheme in folds
    }


def histories(*, n_epochs=4, n_folds=2, start=1.7):
    """Histories of training, one table a fold."""
    epochs = np.arange(n_epochs)
    return [
        pd.DataFrame(
            {
                "epoch": epochs,
                "learning_rate": 1e-3,
                "train_loss": start - 0.2 * epochs,
                "validation_loss": start - 0.1 * epochs + 0.05 * fold,
                "train_accuracy": 0.2,
                "validation_accuracy": 0.2,
            }
        )
        for fold in range(n_folds)
    ]


def transfer(cities=tuple(CITY), *, n_resamples=30):
    """Scores of every city on every city, as ``inference/transfer.csv``."""
    own, folds = {}, {}
    for place, city in enumerate(cities):
        _, of_city, predictions = inference_city(seed=place, schemes=["random"])
        own[city], folds[city] = predictions["random"]["main"], of_city["random"]
    elsewhere = {
        (a, b): pd.concat(
            [
                _predictions(folds[b], 2.0, True, np.random.default_rng(len(a) + model))
                .drop(columns=["fold", "observed"])
                .assign(model_fold=model)
                for model in range(2)
            ]
        )
        for a in cities
        for b in cities
        if a != b
    }
    return transfer_table(
        {(city, city): own[city] for city in cities} | elsewhere,
        folds,
        seed=0,
        n_resamples=n_resamples,
    )
