"""Training the model that holds one fold of a city out."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from incomelens.folds.training import inner_split
from incomelens.inference.model_files import save_model
from incomelens.inference.network import build_network
from incomelens.inference.settings import TrainingSettings
from incomelens.inference.training import TrainingResult, train
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
