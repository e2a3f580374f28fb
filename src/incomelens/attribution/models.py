"""Which network explains which tile."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch

from incomelens.attribution.folding import fold_batch_norms
from incomelens.attribution.gradients import LAST_CONVOLUTION
from incomelens.common.errors import InputError, listed
from incomelens.inference.model_files import TrainedModel, load_model

MODEL_CHOICES = ("out_of_fold", "best_fold")


@dataclass(frozen=True)
class ModelChoice:
    """The rule by which a tile gets its network (deviation `out_of_fold_maps`).

    Attributes
    ----------
    name : {"out_of_fold", "best_fold"}
        ``out_of_fold``: the network that did not train on the tile. ``best_fold``: one network for
        all tiles, its own training tiles among them, as in the released code.
    best_fold : int, optional
        The fold whose network that is, see :func:`lowest_loss`.
    """

    name: str = "out_of_fold"
    best_fold: int | None = None

    def __post_init__(self) -> None:
        if self.name not in MODEL_CHOICES:
            raise InputError(
                f"model_choice: {self.name!r} is unknown; known are {', '.join(MODEL_CHOICES)}"
            )
        if (self.name == "best_fold") != (self.best_fold is not None):
            raise InputError(
                f"model_choice: {self.name} with best_fold = {self.best_fold}; a best fold goes "
                "with best_fold and with nothing else"
            )

    def model_folds(self, folds: pd.DataFrame) -> pd.Series:
        """Number of the fold whose network explains each row of the fold table."""
        if self.best_fold is None:
            return folds["fold"]
        return pd.Series(self.best_fold, index=folds.index)


def lowest_loss(histories: Mapping[int, pd.DataFrame]) -> int:
    """Fold whose network reached the lowest validation loss, the first of equals.

    Parameters
    ----------
    histories : mapping of fold to DataFrame
        With a column ``validation_loss``.
    """
    if not histories:
        raise InputError("model_choice: best_fold needs the history of every fold; none was given")
    return min(sorted(histories), key=lambda fold: histories[fold]["validation_loss"].min())


def cells_by_model(
    folds: pd.DataFrame, models: Mapping[int, str | Path], choice: ModelChoice
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield each model's fold and its rows of the fold table, in the order of folds.

    Raises
    ------
    InputError
        If the table lacks a column or has a cell twice, or a fold has no model.
    """
    absent = {"cell_id", "fold"} - set(folds.columns)
    if absent:
        raise InputError(
            f"folds: no column {listed(sorted(absent))}; pass folds/{{city}}-….parquet"
        )
    twice = folds.loc[folds["cell_id"].duplicated(), "cell_id"]
    if len(twice):
        raise InputError(f"folds: {listed(twice)} more than once; expected one row a cell")
    of_model = choice.model_folds(folds)
    missing = sorted(set(of_model) - set(models))
    if missing:
        raise InputError(
            f"attribution: no model for fold {listed(missing)} (given: {listed(sorted(models))}); "
            "train one a fold"
        )
    for fold, rows in folds.groupby(of_model, sort=True):
        yield int(fold), rows


def ready_model(
    folder: str | Path, *, tile_px: int, device: torch.device, layer: str = "activated"
) -> TrainedModel:
    """Load a fold model, fold its batch norms and move it to the device.

    Where the Grad-CAM is of the last convolution before its batch norm (`layer` "released") that
    one is not folded.

    Raises
    ------
    InputError
        If it is not there, or was trained on tiles of another size.
    """
    model = load_model(folder)
    if model.tile_px != tile_px:
        raise InputError(
            f"{folder}: the model was trained on tiles of {model.tile_px} pixels, these have "
            f"{tile_px}; train it again on tiles of this size"
        )
    model.network.to(device).to(memory_format=torch.channels_last).eval().requires_grad_(False)
    noise = torch.rand((1, 3, tile_px, tile_px), generator=torch.Generator().manual_seed(0))
    has_layer = layer == "released" and hasattr(model.network.backbone, LAST_CONVOLUTION)
    but = [f"backbone.{LAST_CONVOLUTION}"] if has_layer else []
    folded = fold_batch_norms(model.network, noise.to(device), but=but)
    return dataclasses.replace(model, network=folded)
