"""Predicting the income class of cells from their tiles.

Of a city's own cells each is asked of the fold model that did not see it, of another city's all.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from incomelens.common.errors import InputError
from incomelens.common.progress import progress
from incomelens.inference.devices import choose_device, precision
from incomelens.inference.heads import scale_position
from incomelens.inference.inputs import scale_images
from incomelens.inference.model_files import TrainedModel, load_model
from incomelens.inference.network import IncomeNetwork
from incomelens.inference.streams import ImageStream, TileSource
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
        predicted = predict_by(fitting_model(folder, tiles), tiles, held_out["cell_id"], batch_size)
        parts.append(held_out.merge(predicted, on="cell_id", validate="one_to_one"))
    table = pd.concat(parts).rename(columns={"income_class": "observed"})
    return table.sort_values("cell_id", ignore_index=True)


def predict_elsewhere(
    folders: Sequence[str | Path], tiles: Tiles, cell_ids: Sequence[str], *, batch_size: int
) -> pd.DataFrame:
    """Predict the cells of another city by each of a city's fold models.

    Returns
    -------
    DataFrame
        Table ``inference/transfer/{city}.parquet`` without ``tested_on``: every cell as often as
        there are models, which ``model_fold`` counts from 0.

    Raises
    ------
    InputError
        If there is no model, or one reads tiles of another size.
    """
    if not folders:
        raise InputError("transfer: no models to predict by; name at least one fold model")
    parts = {
        fold: predict_by(fitting_model(folder, tiles), tiles, cell_ids, batch_size)
        for fold, folder in enumerate(folders)
    }
    table = pd.concat(parts, names=["model_fold"]).reset_index("model_fold")
    probabilities = [name for name in table if name.startswith("prob_")]
    return table[["cell_id", "model_fold", "predicted", "p", *probabilities]]


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


def predict(
    network: IncomeNetwork,
    tiles: TileSource,
    cell_ids: Sequence[str],
    *,
    scaling: str,
    batch_size: int = 32,
    device: torch.device | None = None,
    n_readers: int = 4,
) -> pd.DataFrame:
    """Predict the income class of every cell.

    Parameters
    ----------
    network : IncomeNetwork
        Moved to the device and set to evaluation mode.
    tiles : TileSource
    cell_ids : sequence of str
    scaling : {"min_max", "imagenet", "half"}
        As in training.
    batch_size : int
    device : torch.device, optional
        By default CUDA where there is one.
    n_readers : int
        Threads that read the store.

    Returns
    -------
    DataFrame
        In the order of `cell_ids`: ``cell_id``; ``p``, the position 0..1 on the scale of classes;
        ``prob_1`` .. ``prob_5``, which add up to 1; ``predicted``, the most probable class (the
        poorest of equals), from 1; ``expected_class``, the mean of the classes.

    Raises
    ------
    InputError
        If a prediction is not a number.
    """
    n_classes = network.architecture.n_classes
    if not len(cell_ids):
        return _table([], np.empty((0, n_classes)))
    probabilities = np.exp(
        network_outputs(
            network,
            network,
            tiles,
            cell_ids,
            scaling=scaling,
            batch_size=batch_size,
            device=device,
            n_readers=n_readers,
        )
    )
    broken = ~np.isfinite(probabilities).all(axis=1)
    if broken.any():
        raise InputError(
            f"predictions: not a number for {broken.sum()} of {len(probabilities)} cells, the "
            f"first {cell_ids[int(broken.argmax())]}; the weights are damaged, train them anew"
        )
    return _table(cell_ids, probabilities / probabilities.sum(axis=1, keepdims=True))


def network_outputs(
    network: IncomeNetwork,
    part: Callable[[Tensor], Tensor],
    tiles: TileSource,
    cell_ids: Sequence[str],
    *,
    scaling: str,
    batch_size: int,
    device: torch.device | None = None,
    n_readers: int = 4,
) -> NDArray[np.float64]:
    """What a network, or some part of it, gives for every tile, each read once.

    Parameters
    ----------
    network : IncomeNetwork
        Moved to the device and set to evaluation mode.
    part : callable
        From scaled images, shape (n, 3, px, px), to an output of shape (n, n_outputs).

    Returns
    -------
    array of shape (n_cells, n_outputs)
        In the order of `cell_ids`, of which there has to be one at least; the other parameters are
        those of :func:`predict`.
    """
    device = device or choose_device()
    network.to(device).to(memory_format=torch.channels_last).eval()
    # Every image is read once: nothing is gained by keeping all of them.
    stream = ImageStream(tiles, cell_ids, device=device, memory_mb=0, n_readers=n_readers)
    positions = np.array_split(np.arange(len(cell_ids)), -(-len(cell_ids) // batch_size))
    with torch.inference_mode(), precision(device):
        batches = stream.batches(positions)
        shown = progress(batches, "predicting", total=len(positions), unit="batch")
        outputs = [part(scale_images(images, scaling)).double() for images in shown]
    return torch.cat(outputs).cpu().numpy()


def _table(cell_ids: Sequence[str], probabilities: np.ndarray) -> pd.DataFrame:
    n_classes = probabilities.shape[1]
    p = scale_position(torch.from_numpy(probabilities)).numpy()
    columns = {f"prob_{k + 1}": probabilities[:, k] for k in range(n_classes)}
    return pd.DataFrame(
        {
            "cell_id": pd.Series(list(cell_ids), dtype=str),
            "p": p,
            **columns,
            "predicted": probabilities.argmax(axis=1) + 1,
            "expected_class": 1 + (n_classes - 1) * p,
        }
    )
