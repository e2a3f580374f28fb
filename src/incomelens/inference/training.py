"""Training: cross-entropy of the income classes, the weights of the best epoch kept.

:func:`train_fold_model` trains what holds one fold of a city out, :func:`train` any network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from incomelens.common.errors import InputError, listed
from incomelens.common.seeds import job_rng
from incomelens.folds.training import inner_split
from incomelens.inference.devices import choose_device
from incomelens.inference.frozen_views import FrozenViews
from incomelens.inference.history import EpochRecord, ScalarLog, best_epoch
from incomelens.inference.loop import LabelledImages, TrainingLoop
from incomelens.inference.model_files import save_model
from incomelens.inference.network import IncomeNetwork, build_network
from incomelens.inference.settings import TrainingSettings
from incomelens.inference.streams import TileSource
from incomelens.tiles.store import Tiles

LABELS = ("observed", "shuffled")


@dataclass(frozen=True)
class TrainingResult:
    """What training came to.

    Attributes
    ----------
    history : tuple of EpochRecord
    best_epoch : int
        Of the lowest validation loss.
    best_state : dict of tensors
        The network's state after it, on the CPU.
    """

    history: tuple[EpochRecord, ...]
    best_epoch: int
    best_state: dict[str, Tensor]


def train_fold_model(
    tiles: Tiles,
    folds: pd.DataFrame,
    *,
    fold: int,
    scheme: str,
    buffer_cells: int,
    network: Mapping[str, Any],
    settings: TrainingSettings,
    seed: int,
    folder: str | Path,
    views: FrozenViews | None = None,
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
    views : FrozenViews, optional
        What the frozen backbone says of the tiles, in place of asking it in every epoch.

    Raises
    ------
    InputError
        If `views` are of another backbone or no backbone is frozen, and as :func:`train`.
    """
    folder = Path(folder)
    architecture = {name: value for name, value in network.items() if name != "labels"}
    folds = labelled(folds, network.get("labels", LABELS[0]), seed=seed)
    split = inner_split(folds, fold=fold, scheme=scheme, seed=seed, buffer_cells=buffer_cells)
    built = build_network(**architecture, seed=seed)
    if views is not None:
        first = folds["cell_id"].iloc[0]
        views.check(built, tiles, scaling=settings.scaling, cell_id=first)
    result = train(
        built,
        tiles if views is None else views,
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


def train(
    network: IncomeNetwork,
    tiles: TileSource | FrozenViews,
    labels: Mapping[str, int] | pd.Series,
    train_ids: Sequence[str],
    validation_ids: Sequence[str],
    *,
    settings: TrainingSettings,
    checkpoint_dir: str | Path,
    seed: int,
    device: torch.device | None = None,
    tensorboard_dir: str | Path | None = None,
) -> TrainingResult:
    """Train a network, or go on with a training that was killed.

    Parameters
    ----------
    network : IncomeNetwork
        Trained in place; holds the best weights at the end. To resume, pass it as it was at first.
    tiles : TileSource or FrozenViews
    labels : mapping of str to int
        Income class 1..n of every cell named below.
    train_ids, validation_ids : sequence of str
        Cells to learn from, and cells that judge which epoch was best.
    settings : TrainingSettings
    checkpoint_dir : path
        Holds the training after every epoch; remove it with
        :meth:`incomelens.common.finished_parts.FinishedParts.discard` once the result is written.
    seed : int
        Decides order and flips. With as many threads, the CPU gives the same bits again, also when
        it was interrupted.
    device : torch.device, optional
        By default CUDA where there is one.
    tensorboard_dir : path, optional

    Returns
    -------
    TrainingResult

    Raises
    ------
    InputError
        If a label is missing or no class, a cell is in both sets, a set is empty, the loss is no
        longer finite, the checkpoint cannot be written, or views come without `frozen`.

    Notes
    -----
    Levy Abitbol & Karsai (2020), Methods: Adam, categorical cross-entropy, horizontal and vertical
    flips, no layer frozen; ours may be (`frozen`).
    """
    if isinstance(tiles, FrozenViews) and not settings.frozen:
        raise InputError("training: views are of a frozen backbone; set frozen, or pass the tiles")
    shared = sorted(set(train_ids) & set(validation_ids))
    if shared:
        raise InputError(
            f"training: {len(shared)} cells are in train_ids and in validation_ids "
            f"({listed(shared)}); a cell can only be in one"
        )
    device = device or choose_device()
    parts = {
        name: LabelledImages(
            tiles,
            labels,
            cell_ids,
            name=name,
            n_classes=network.architecture.n_classes,
            device=device,
            settings=settings,
        )
        for name, cell_ids in [("train_ids", train_ids), ("validation_ids", validation_ids)]
    }
    loop = TrainingLoop(
        network, *parts.values(), settings=settings, folder=checkpoint_dir, seed=seed, device=device
    )
    loop.resume()
    with ScalarLog(tensorboard_dir, first_epoch=len(loop.history)) as log:
        while loop.advance():
            log.add(loop.history[-1])
    network.load_state_dict(loop.best)
    return TrainingResult(tuple(loop.history), best_epoch(loop.history), loop.best)
