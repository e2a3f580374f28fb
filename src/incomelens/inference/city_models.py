"""The fold models of a city: each trained without its fold, asked about cells it did not see."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError
from incomelens.folds.training import inner_split
from incomelens.inference.model_files import TrainedModel, load_model, save_model
from incomelens.inference.network import build_network
from incomelens.inference.predict import predict
from incomelens.inference.settings import TrainingSettings
from incomelens.inference.training import TrainingResult, train
from incomelens.inference.transfer import mean_over_models
from incomelens.tiles.store import Tiles


def train_fold_model(
    tiles: Tiles,
    folds: pd.DataFrame,
    *,
    fold: int,
    scheme: str,
    buffer_cells: int,
    network: Mapping[str, str],
    settings: TrainingSettings,
    seed: int,
    folder: str | Path,
) -> TrainingResult:
    """Train the network that holds one fold out, and write it to `folder`.

    Parameters
    ----------
    tiles : Tiles
    folds : DataFrame
        ``folds/{city}-{scheme}.parquet``.
    fold : int
    scheme : {"random", "block"}
        Also of the inner split into cells to learn from and cells to check on.
    buffer_cells : int
    network : mapping
        ``backbone``, ``head``, ``pool``, ``weights`` of
        :func:`incomelens.inference.network.build_network`.
    settings : TrainingSettings
    seed : int
    folder : path
        Gets ``weights.safetensors`` and ``model.json``; holds checkpoints meanwhile, from which a
        killed training goes on, and the scalars for TensorBoard.
    """
    folder = Path(folder)
    split = inner_split(folds, fold=fold, scheme=scheme, seed=seed, buffer_cells=buffer_cells)
    built = build_network(**network, seed=seed)
    result = train(
        built,
        tiles,
        folds.set_index("cell_id")["income_class"],
        folds.loc[split.train, "cell_id"].tolist(),
        folds.loc[split.validation, "cell_id"].tolist(),
        settings=settings,
        checkpoint_dir=folder / "checkpoint",
        tensorboard_dir=folder / "tensorboard",
        seed=seed,
    )
    save_model(folder, built, scaling=settings.scaling, tile_px=tiles.tile_px)
    return result


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
        ``cell_id``, ``fold``, ``observed``, ``predicted``, ``p``, ``prob_1`` .. ``prob_5``,
        ``expected_class``, sorted by ``cell_id``.

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
        predicted = _predict(_fitting_model(folder, tiles), tiles, held_out["cell_id"], batch_size)
        parts.append(held_out.merge(predicted, on="cell_id", validate="one_to_one"))
    table = pd.concat(parts).rename(columns={"income_class": "observed"})
    return table.sort_values("cell_id", ignore_index=True)


def predict_elsewhere(
    folders: Sequence[str | Path], tiles: Tiles, cell_ids: Sequence[str], *, batch_size: int
) -> pd.DataFrame:
    """Mean prediction of a city's fold models for the cells of another city.

    Returns
    -------
    DataFrame
        See :func:`incomelens.inference.transfer.mean_over_models`.
    """
    models = [_fitting_model(folder, tiles) for folder in folders]
    return mean_over_models([_predict(model, tiles, cell_ids, batch_size) for model in models])


def _predict(
    model: TrainedModel, tiles: Tiles, cell_ids: Sequence[str], batch_size: int
) -> pd.DataFrame:
    return predict(
        model.network, tiles, list(cell_ids), scaling=model.scaling, batch_size=batch_size
    )


def _fitting_model(folder: str | Path, tiles: Tiles) -> TrainedModel:
    model = load_model(folder)
    if model.tile_px != tiles.tile_px:
        raise InputError(
            f"{folder}: the model was trained on tiles of {model.tile_px} pixels, these have "
            f"{tiles.tile_px}; train it again on tiles of this size"
        )
    return model
