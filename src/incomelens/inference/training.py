"""Training: cross-entropy of the income classes, the weights of the best epoch kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from incomelens.common.errors import InputError, listed
from incomelens.inference.devices import choose_device
from incomelens.inference.history import EpochRecord, ScalarLog, best_epoch
from incomelens.inference.loop import LabelledImages, TrainingLoop
from incomelens.inference.network import IncomeNetwork
from incomelens.inference.settings import TrainingSettings
from incomelens.inference.streams import TileSource


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


def train(
    network: IncomeNetwork,
    tiles: TileSource,
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
    tiles : TileSource
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
        longer finite, or the checkpoint cannot be written.

    Notes
    -----
    Levy Abitbol & Karsai (2020), Methods: Adam, categorical cross-entropy, horizontal and vertical
    flips, no layer frozen.
    """
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
