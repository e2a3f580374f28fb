"""The loop over epochs, with its state on disk."""

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from incomelens.common.errors import InputError, listed
from incomelens.common.finished_parts import digest_of
from incomelens.common.progress import progress
from incomelens.common.seeds import job_seed
from incomelens.inference.checkpoint import (
    Checkpoint,
    cpu_state,
    load_checkpoint,
    optimiser_tensors,
    restore_optimiser,
    save_checkpoint,
)
from incomelens.inference.devices import precision
from incomelens.inference.frozen_views import FrozenViews, ViewStream, flip_views
from incomelens.inference.history import EpochRecord, best_epoch
from incomelens.inference.inputs import draw_flips, draw_positions, flip_images, scale_images
from incomelens.inference.network import IncomeNetwork
from incomelens.inference.optimisers import eager
from incomelens.inference.schedules import NextEpoch, next_epoch
from incomelens.inference.settings import TrainingSettings
from incomelens.inference.steps import GradientStep
from incomelens.inference.streams import ImageStream, TileSource

logger = logging.getLogger(__name__)

SPEED_SETTINGS = frozenset({"memory_mb", "n_readers", "cuda_graph"})
# Enough to notice that the tiles themselves were made anew.
SAMPLED_IMAGES = 4


class LabelledImages:
    """Images of some cells, or what a backbone said of them, and the classes to be told.

    Attributes
    ----------
    cell_ids : array of str
    targets : int64 tensor of shape (n,)
        Classes from 0, on the device.
    stream : ImageStream or ViewStream
    """

    def __init__(
        self,
        tiles: TileSource | FrozenViews,
        labels: Mapping[str, int] | pd.Series,
        cell_ids: Sequence[str],
        *,
        name: str,
        n_classes: int,
        device: torch.device,
        settings: TrainingSettings,
    ) -> None:
        classes = _classes(labels, cell_ids, name, n_classes)
        absent = sorted(set(range(1, n_classes + 1)) - set(classes.tolist()))
        if absent:
            logger.warning("%s: no cell of the income classes %s", name, listed(absent))
        self.cell_ids = np.asarray(cell_ids, dtype=str)
        self.targets = torch.from_numpy(classes - 1).to(device)
        self.stream = (
            tiles.stream(cell_ids, device)
            if isinstance(tiles, FrozenViews)
            else ImageStream(
                tiles,
                cell_ids,
                device=device,
                memory_mb=settings.memory_mb,
                n_readers=settings.n_readers,
            )
        )

    def __len__(self) -> int:
        return len(self.cell_ids)

    def sample(self) -> NDArray[np.uint8]:
        """Images of the first few cells."""
        positions = np.arange(min(SAMPLED_IMAGES, len(self)))
        return next(self.stream.batches([positions])).cpu().numpy()


class TrainingLoop:
    """A training between two epochs.

    Attributes
    ----------
    history : list of EpochRecord
    best : dict of tensors
        State of the network at the lowest validation loss so far, on the CPU.
    """

    def __init__(
        self,
        network: IncomeNetwork,
        training: LabelledImages,
        validation: LabelledImages,
        *,
        settings: TrainingSettings,
        folder: str | Path,
        seed: int,
        device: torch.device,
    ) -> None:
        self._digest = _digest(network, training, validation, settings, seed)
        self._network = network.to(device).to(memory_format=torch.channels_last)
        self._network.backbone.requires_grad_(not settings.frozen)
        # Compiling takes longer on a CPU than it saves.
        compiles = settings.compile and device.type == "cuda"
        self._by_views = isinstance(training.stream, ViewStream)
        learner = self._network.head if self._by_views else self._network
        compiled: Any = torch.compile(learner) if compiles else learner
        self._step = GradientStep(
            compiled,
            scaling=None if self._by_views else settings.scaling,
            device=device,
            recorded=settings.cuda_graph,
        )
        self._training, self._validation = training, validation
        self._settings, self._folder = settings, folder
        self._seed, self._device = seed, device
        self._optimiser = self._new_optimiser()
        self.history: list[EpochRecord] = []
        self.best = cpu_state(network)

    def resume(self) -> None:
        """Go back to the last whole checkpoint of this training, if there is one."""
        checkpoint = load_checkpoint(self._folder, digest=self._digest)
        if checkpoint is not None:
            self._network.load_state_dict(checkpoint.network)
            restore_optimiser(self._optimiser, checkpoint.optimiser)
            self.history, self.best = list(checkpoint.history), checkpoint.best
            logger.info("training goes on after epoch %d", len(self.history) - 1)

    def advance(self) -> bool:
        """Train one more epoch and keep it on disk; False where the schedule ends instead."""
        settings = self._settings
        following = next_epoch(
            self.history,
            schedule=settings.schedule,
            learning_rate=settings.learning_rate,
            epochs=settings.epochs,
        )
        if following.stop:
            return False
        record = self._epoch(following)
        self.history.append(record)
        if best_epoch(self.history) == record.epoch:
            self.best = cpu_state(self._network)
        kept = Checkpoint(
            cpu_state(self._network), self.best, optimiser_tensors(self._optimiser), self.history
        )
        save_checkpoint(self._folder, kept, digest=self._digest)
        logger.info(
            "epoch %d: loss %.4f, validation %.4f; accuracy %.3f, validation %.3f",
            *(record.epoch, record.train_loss, record.validation_loss),
            *(record.train_accuracy, record.validation_accuracy),
        )
        return True

    def _epoch(self, following: NextEpoch) -> EpochRecord:
        epoch = len(self.history)
        if following.restart:
            self._optimiser = self._new_optimiser()
        for group in self._optimiser.param_groups:
            group["lr"] = following.learning_rate
        cuda = [self._device] if self._device.type == "cuda" else []
        with torch.random.fork_rng(devices=cuda):
            # For backbones with dropout: as stateless as order and flips.
            torch.manual_seed(job_seed(self._seed, "dropout", epoch))
            train_loss, train_accuracy = self._learn(epoch)
            validation_loss, validation_accuracy = self._judge()
        where = f"epoch {epoch}"
        _check_finite(torch.tensor([validation_loss]), f"{where}, validation", following)
        return EpochRecord(
            epoch,
            following.learning_rate,
            train_loss,
            validation_loss,
            train_accuracy,
            validation_accuracy,
        )

    def _learn(self, epoch: int) -> tuple[float, float]:
        """Mean loss and accuracy over one epoch of steps."""
        self._network.train()
        if self._settings.frozen:
            self._network.backbone.eval()  # statistics and dropout, too
        losses, hits = [], []
        positions = self._positions(epoch)
        batches = self._training.stream.batches(positions)
        steps = enumerate(zip(positions, batches, strict=True))
        description = f"epoch {epoch}"
        for step, (chosen, images) in progress(steps, description, total=len(positions)):
            flips = draw_flips(len(chosen), seed=self._seed, epoch=epoch, step=step)
            images = self._flipped(images, flips if self._settings.flips else None)
            targets = self._training.targets[torch.from_numpy(chosen).to(self._device)]
            loss, accuracy = self._step(images, targets)
            self._optimiser.step()
            losses.append(loss)
            hits.append(accuracy)
        every = torch.stack(losses).cpu()
        _check_finite(every, description, NextEpoch(self._optimiser.param_groups[0]["lr"]))
        return every.double().mean().item(), torch.stack(hits).double().mean().item()

    @torch.inference_mode()
    def _judge(self) -> tuple[float, float]:
        """Mean loss and accuracy over the validation cells."""
        self._network.eval()
        loss = hits = 0.0
        positions = np.array_split(
            np.arange(len(self._validation)), -(-len(self._validation) // self._settings.batch_size)
        )
        batches = self._validation.stream.batches(positions)
        with precision(self._device):
            for chosen, images in zip(positions, batches, strict=True):
                targets = self._validation.targets[torch.from_numpy(chosen).to(self._device)]
                log_probabilities = (
                    self._network.head(self._flipped(images, None))
                    if self._by_views
                    else self._network(scale_images(images, self._settings.scaling))
                )
                loss += functional.nll_loss(log_probabilities, targets, reduction="sum").item()
                hits += (log_probabilities.argmax(dim=1) == targets).sum().item()
        return loss / len(self._validation), hits / len(self._validation)

    def _flipped(self, images: Tensor, flips: NDArray[np.bool_] | None) -> Tensor:
        """Images, or what the backbone said of them, flipped or (None) as they are."""
        if self._by_views:
            return flip_views(images, np.zeros((len(images), 2), bool) if flips is None else flips)
        return images if flips is None else flip_images(images, flips)

    def _positions(self, epoch: int) -> list[NDArray[np.int64]]:
        """Positions of every batch of an epoch; all batches are of one size."""
        n = len(self._training)
        size = min(self._settings.batch_size, n)
        steps = -(-(self._settings.samples_per_epoch or n) // size)
        count = steps * size
        drawn = draw_positions(n, start=epoch * count, count=count, seed=self._seed)
        return np.split(drawn, steps)

    def _new_optimiser(self) -> torch.optim.Optimizer:
        rate = self._settings.learning_rate
        learnt = [one for one in self._network.parameters() if one.requires_grad]
        return eager(torch.optim.Adam)(learnt, lr=rate, fused=True)


def _classes(
    labels: Mapping[str, int] | pd.Series, cell_ids: Sequence[str], name: str, n_classes: int
) -> NDArray[np.int64]:
    """Classes 1..n of these cells, checked."""
    if not len(cell_ids):
        raise InputError(f"{name}: empty; expected at least one cell")
    if len(set(cell_ids)) < len(cell_ids):
        raise InputError(f"{name}: {len(cell_ids) - len(set(cell_ids))} cells are named twice")
    classes = pd.Series(labels, dtype=float).reindex(list(cell_ids))
    wrong = classes.index[~classes.isin(range(1, n_classes + 1))]
    if len(wrong):
        raise InputError(
            f"{name}: {len(wrong)} of {len(classes)} cells have no income class 1 to {n_classes} "
            f"({listed(wrong)}); leave them out or bring their class"
        )
    return classes.to_numpy().astype(np.int64)


def _digest(
    network: IncomeNetwork,
    training: LabelledImages,
    validation: LabelledImages,
    settings: TrainingSettings,
    seed: int,
) -> str:
    arrays = [
        array
        for part in (training, validation)
        for array in (part.cell_ids, part.targets.cpu().numpy(), part.sample())
    ]
    described = dataclasses.asdict(settings)
    # How images reach the network and how its steps are launched changes no result.
    described = {key: value for key, value in described.items() if key not in SPEED_SETTINGS}
    described |= {"seed": seed, "architecture": dataclasses.asdict(network.architecture)}
    state = cpu_state(network)
    return digest_of(described, *arrays, *(state[key].numpy() for key in sorted(state)))


def _check_finite(losses: Tensor, where: str, following: NextEpoch) -> None:
    broken = (~torch.isfinite(losses)).nonzero().flatten().tolist()
    if broken:
        step = f", step {broken[0]}" if len(losses) > 1 else ""
        raise InputError(
            f"training: the loss is {losses[broken[0]].item()} at {where}{step} (learning rate "
            f"{following.learning_rate:g}); lower learning_rate; the last whole checkpoint is kept"
        )
