"""Explaining all tiles of a city, in parts that survive a kill."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from incomelens.attribution.batches import LandUseTiles, tile_batches
from incomelens.attribution.kept_maps import KeptMaps
from incomelens.attribution.maps import METHODS, check_methods, check_postprocess, saliency_maps
from incomelens.attribution.models import ModelChoice, cells_by_model, ready_model
from incomelens.attribution.scores import TARGETS
from incomelens.attribution.table import sums_table
from incomelens.attribution.zonal import TileSums, zonal_sums
from incomelens.common.code_digest import code_digest
from incomelens.common.errors import InputError, listed
from incomelens.common.finished_parts import FinishedParts, digest_of
from incomelens.common.progress import progress
from incomelens.inference.devices import choose_device
from incomelens.inference.inputs import scale_images
from incomelens.inference.model_files import SETTINGS_FILE, TrainedModel

CELLS_A_PART = 256


@dataclass(frozen=True)
class MapSettings:
    """How maps are made.

    Attributes
    ----------
    methods : sequence of {"guided", "gradient", "gradcam"}
    postprocess : {"none", "released"}
        See :func:`incomelens.attribution.maps.finish`.
    batch_size : int
        Tiles at a time; decides, with the size of the tiles, how much memory is used.
    """

    methods: Sequence[str] = METHODS
    postprocess: str = "none"
    batch_size: int = 16

    def __post_init__(self) -> None:
        check_methods(self.methods)
        check_postprocess(self.postprocess)
        if self.batch_size < 1:
            raise InputError(f"batch_size: {self.batch_size}; expected at least 1")


def attribution_parts(
    models: Mapping[int, str | Path],
    tiles: LandUseTiles,
    folds: pd.DataFrame,
    *,
    methods: Sequence[str] = METHODS,
    postprocess: str = "none",
    model_choice: str = "out_of_fold",
    best_fold: int | None = None,
    batch_size: int = 16,
    device: torch.device | None = None,
    checkpoint_dir: str | Path | None = None,
) -> Iterator[pd.DataFrame]:
    """Yield the table of a city in parts of at most :data:`CELLS_A_PART` cells.

    Parameters
    ----------
    models : mapping of fold to folder
        What :func:`incomelens.inference.model_files.save_model` wrote for each fold.
    tiles : Tiles
    folds : DataFrame
        ``cell_id``, ``fold`` of the cells to explain.
    methods, postprocess, batch_size
        See :class:`MapSettings`.
    model_choice, best_fold
        See :class:`incomelens.attribution.models.ModelChoice`.
    device : torch.device, optional
        By default CUDA where there is one.
    checkpoint_dir : path, optional
        Finished parts are kept here, and read again by a run with the same code, models, tiles,
        cells and settings; :class:`~incomelens.common.finished_parts.FinishedParts` discards
        them.

    Yields
    ------
    DataFrame
        See :func:`incomelens.attribution.table.sums_table`.

    Raises
    ------
    InputError
        If a setting is unknown, a model is missing or does not fit the tiles, or a map is not a
        number.
    """
    settings = MapSettings(methods, postprocess, batch_size)
    choice = ModelChoice(model_choice, best_fold)
    device = device or choose_device()
    groups = list(cells_by_model(folds, models, choice))
    if not groups:
        raise InputError("attribution: the fold table has no cells; expected at least one")
    jobs = [
        (fold, rows.iloc[start : start + CELLS_A_PART])
        for fold, rows in groups
        for start in range(0, len(rows), CELLS_A_PART)
    ]
    finished = FinishedParts(checkpoint_dir)
    model: TrainedModel | None = None
    loaded = None
    for fold, cells in progress(jobs, "explaining tiles", unit="part"):
        name = f"{_digest(models[fold], tiles, cells, settings)}.parquet"
        table = finished.load(name, pd.read_parquet, own=(pa.ArrowException,))
        if table is None:
            if loaded != fold:
                model = ready_model(models[fold], tile_px=tiles.tile_px, device=device)
                loaded = fold
            sums = _explain(model, tiles, cells["cell_id"].tolist(), settings, device)
            table = sums_table(cells, sums, model_fold=fold, methods=settings.methods)
            finished.save(name, partial(table.to_parquet, index=False))
        yield table


def keep_maps(
    models: Mapping[int, str | Path],
    tiles: LandUseTiles,
    folds: pd.DataFrame,
    cell_ids: Sequence[str],
    *,
    methods: Sequence[str] = METHODS,
    postprocess: str = "none",
    model_choice: str = "out_of_fold",
    best_fold: int | None = None,
    batch_size: int = 16,
    device: torch.device | None = None,
) -> KeptMaps:
    """Full maps of the named cells, in their order (Fig. 4).

    Parameters are those of :func:`attribution_parts`.

    Raises
    ------
    InputError
        If a cell is not in the fold table; otherwise as for :func:`attribution_parts`.
    """
    settings = MapSettings(methods, postprocess, batch_size)
    unknown = sorted(set(cell_ids) - set(folds["cell_id"]))
    if unknown:
        raise InputError(
            f"maps: cells {listed(unknown)} are in no fold; name cells of the fold table"
        )
    device = device or choose_device()
    wanted = folds.loc[folds["cell_id"].isin(cell_ids)]
    found: dict[str, NDArray[np.float32]] = {}
    for fold, rows in cells_by_model(wanted, models, ModelChoice(model_choice, best_fold)):
        model = ready_model(models[fold], tile_px=tiles.tile_px, device=device)
        ids = rows["cell_id"].tolist()
        for at, images, _ in tile_batches(tiles, ids, settings.batch_size, device):
            made = _maps(model, images, settings, ids[at : at + len(images)])
            found |= zip(ids[at : at + len(images)], made.cpu().numpy(), strict=True)
    shape = (0, len(settings.methods), len(TARGETS), tiles.tile_px, tiles.tile_px)
    maps = np.stack([found[one] for one in cell_ids]) if found else np.empty(shape, np.float32)
    return KeptMaps(tuple(cell_ids), tuple(settings.methods), TARGETS, maps)


def _explain(
    model: TrainedModel,
    tiles: LandUseTiles,
    cell_ids: list[str],
    settings: MapSettings,
    device: torch.device,
) -> TileSums:
    """Sums of all maps of these cells, methods and then targets along the axis of maps."""
    parts = []
    for at, images, land_use in tile_batches(tiles, cell_ids, settings.batch_size, device):
        maps = _maps(model, images, settings, cell_ids[at : at + len(images)])
        parts.append(zonal_sums(maps.flatten(1, 2), land_use))
    return TileSums(
        activation=np.concatenate([part.activation for part in parts]),
        area_share=np.concatenate([part.area_share for part in parts]),
        excluded_share=np.concatenate([part.excluded_share for part in parts]),
    )


def _maps(
    model: TrainedModel, images: Tensor, settings: MapSettings, cell_ids: Sequence[str]
) -> Tensor:
    maps = saliency_maps(
        model.network,
        scale_images(images, model.scaling),
        methods=settings.methods,
        postprocess=settings.postprocess,
    )
    broken = ~maps.isfinite().flatten(1).all(dim=1)
    if broken.any():
        raise InputError(
            f"maps: not a number for {int(broken.sum())} of {len(broken)} cells, the first "
            f"{cell_ids[int(broken.int().argmax())]}; the weights are damaged, train them anew"
        )
    return maps


def _digest(
    folder: str | Path, tiles: LandUseTiles, cells: pd.DataFrame, settings: MapSettings
) -> str:
    """Digest of everything that decides a part; a sample of the tiles stands for them."""
    sample = [cells["cell_id"].iloc[0], cells["cell_id"].iloc[-1]]
    path = Path(folder) / SETTINGS_FILE
    told = {
        # It holds the digest of the weights.
        "model": path.read_text() if path.is_file() else None,
        "code": [code_digest(__file__), Path(__file__).read_text()],
        "cells": cells["cell_id"].tolist(),
        "folds": cells["fold"].tolist(),
        "methods": list(settings.methods),
        "postprocess": settings.postprocess,
        "batch_size": settings.batch_size,
    }
    return digest_of(told, tiles.read_images(sample), tiles.read_land_use(sample))
