"""Cells of a city, predicted by the fold models that did not see them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError
from incomelens.inference.model_files import TrainedModel, load_model
from incomelens.inference.predict import predict
from incomelens.tiles.store import Tiles


def predict_held_out(
    folders: Sequence[str | Path], tiles: Tiles, folds: pd.DataFrame, *, batch_size: int
) -> pd.DataFrame:
    """Predict every cell of a city by the model that did not see it.

    Parameters
    ----------
    folders : sequence of path
        The model of fold 0, of fold 1, and so on.
    tiles : Tiles
    folds : DataFrame
        ``cell_id``, ``income_class``, ``fold``.
    batch_size : int

    Returns
    -------
    DataFrame
        Table ``inference/{city}/{scheme}/{network}/predictions.parquet``, sorted by ``cell_id``.

    Raises
    ------
    InputError
        If there are fewer or more models than folds, or a model reads tiles of another size.
    """
    numbers = np.unique(folds["fold"])
    if len(folders) != len(numbers):
        raise InputError(
            f"predictions: {len(folders)} models for {len(numbers)} folds; train one a fold"
        )
    parts = []
    for fold, folder in zip(numbers, folders, strict=True):
        held_out = folds.loc[folds["fold"] == fold, ["cell_id", "fold", "income_class"]]
        predicted = predict_by(fitting_model(folder, tiles), tiles, held_out["cell_id"], batch_size)
        parts.append(held_out.merge(predicted, on="cell_id", validate="one_to_one"))
    table = pd.concat(parts).rename(columns={"income_class": "observed"})
    return table.sort_values("cell_id", ignore_index=True)


def fitting_model(folder: str | Path, tiles: Tiles) -> TrainedModel:
    """Load a model; an InputError if it was trained on tiles of another size."""
    model = load_model(folder)
    if model.tile_px != tiles.tile_px:
        raise InputError(
            f"{folder}: the model was trained on tiles of {model.tile_px} pixels, these have "
            f"{tiles.tile_px}; train it again on tiles of this size"
        )
    return model


def predict_by(
    model: TrainedModel, tiles: Tiles, cell_ids: Sequence[str], batch_size: int
) -> pd.DataFrame:
    """Predict cells by a trained model, its images scaled as in training."""
    return predict(
        model.network, tiles, list(cell_ids), scaling=model.scaling, batch_size=batch_size
    )
