"""What training came to, epoch by epoch, for tables, TensorBoard and the schedule."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pandas as pd


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch came to.

    Attributes
    ----------
    epoch : int
        From 0.
    learning_rate : float
    train_loss, validation_loss : float
        Mean cross-entropy, in nats; of training over the images as they were shown.
    train_accuracy, validation_accuracy : float
        Share of images whose most probable class is theirs.
    """

    epoch: int
    learning_rate: float
    train_loss: float
    validation_loss: float
    train_accuracy: float
    validation_accuracy: float


def best_epoch(history: Sequence[EpochRecord]) -> int:
    """Epoch of the lowest validation loss, the first of equals (deviation `best_epoch`)."""
    return min(history, key=lambda record: record.validation_loss).epoch


def history_table(history: Sequence[EpochRecord]) -> pd.DataFrame:
    """One row an epoch, with the fields of EpochRecord as columns."""
    names = [field.name for field in dataclasses.fields(EpochRecord)]
    return pd.DataFrame([dataclasses.asdict(record) for record in history], columns=names)


class ScalarLog:
    """TensorBoard scalars of every epoch; without a folder, nothing.

    Parameters
    ----------
    folder : path or None
    first_epoch : int
        Epochs from this one on that an earlier, killed run has logged are hidden.
    """

    def __init__(self, folder: str | Path | None, *, first_epoch: int = 0) -> None:
        self._writer = None
        if folder is not None:
            # Seconds to import, and of use to few.
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(folder), purge_step=first_epoch)

    def add(self, record: EpochRecord) -> None:
        """Log one epoch, at once."""
        if self._writer is not None:
            for name, value in dataclasses.asdict(record).items():
                if name != "epoch":
                    self._writer.add_scalar(name.replace("_", "/", 1), value, record.epoch)
            self._writer.flush()

    def __enter__(self) -> "ScalarLog":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()
