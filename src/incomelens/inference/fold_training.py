"""Training the model that holds one fold of a city out."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.common.seeds import job_rng
from incomelens.folds.training import inner_split
from incomelens.inference.model_files import save_model
from incomelens.inference.network import build_network
from incomelens.inference.settings import TrainingSettings
from incomelens.inference.training import TrainingResult, train
from incomelens.tiles.store import Tiles

LABELS = ("observed", "shuffled")


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
        :func:`incomelens.inference.network.build_network`; perhaps ``labels``, see
        :func:`labelled`.
    settings : TrainingSettings
    seed : int
    folder : path
        Gets ``weights.safetensors`` and ``model.json``; holds checkpoints meanwhile, from which a
        killed training goes on, and the scalars for TensorBoard.
    """
    folder = Path(folder)
    architecture = {name: value for name, value in network.items() if name != "labels"}
    folds = labelled(folds, network.get("labels", LABELS[0]), seed=seed)
    split = inner_split(folds, fold=fold, scheme=scheme, seed=seed, buffer_cells=buffer_cells)
    built = build_network(**architecture, seed=seed)
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


def labelled(folds: pd.DataFrame, labels: str, *, seed: int) -> pd.DataFrame:
    """Fold table with the income classes that a network is to learn.

    Parameters
    ----------
    folds : DataFrame
        ``income_class``; left as it is.
    labels : {"observed", "shuffled"}
        ``shuffled`` deals the classes out anew among all cells, so that nothing is left to learn
        but the training cells themselves (Adebayo et al. 2018, "data randomization").
    seed : int

    Raises
    ------
    InputError
        If there are no such labels.
    """
    if labels not in LABELS:
        raise InputError(f"labels: {labels!r} are unknown; known are {', '.join(LABELS)}")
    if labels == "observed":
        return folds
    rng = job_rng(seed, "labels")
    return folds.assign(income_class=rng.permutation(folds["income_class"].to_numpy()))
