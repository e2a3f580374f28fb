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
from incomelens.attribution.divisions import Division, tables_of_points
from incomelens.attribution.gradients import PAPER_METHODS, check_layer
from incomelens.attribution.kept_maps import KeptMaps
from incomelens.attribution.maps import (
    PATH_STEPS,
    check_methods,
    check_path_steps,
    check_postprocess,
    check_turns,
    turned_maps,
)
from incomelens.attribution.models import ModelChoice, cells_by_model, ready_model
from incomelens.attribution.scores import TARGETS
from incomelens.attribution.strata import TILES_A_STRATUM, with_strata
from incomelens.attribution.table import (
    PARTS,
    Part,
    turn_table,
)
from incomelens.attribution.zonal import (
    TURNS,
    TileSums,
    joined,
    layered,
    zonal_sums,
)
from incomelens.cells.urban_classes import land_use_list
from incomelens.common.code_digest import code_digest
from incomelens.common.errors import InputError, listed, present
from incomelens.common.finished_parts import FinishedParts, digest_of
from incomelens.common.progress import progress
from incomelens.inference.devices import choose_device
from incomelens.inference.inputs import scale_images
from incomelens.inference.model_files import SETTINGS_FILE, TrainedModel
from incomelens.tiles.points import ELSEWHERE, PointDiscs

STRATA_A_PART = 8


@dataclass(frozen=True)
class MapSettings:
    """How maps are made.

    Attributes
    ----------
    methods : sequence of str
        Of :data:`incomelens.attribution.maps.METHODS`; see
        :func:`incomelens.attribution.maps.saliency_maps`.
    postprocess : {"none", "released"}
        See :func:`incomelens.attribution.maps.finish`.
    turns : {8, 4, 2, 1}
        A map is the mean over so many turns of the image; see
        :func:`incomelens.attribution.maps.turned_maps`.
    layer : {"activated", "released"}
        See :func:`incomelens.attribution.gradients.image_gradients`.
    path_steps : int
        See :func:`incomelens.attribution.integrated.integrated_gradients`.
    batch_size : int
        Tiles at a time; decides, with the size of the tiles, how much memory is used.
    """

    methods: Sequence[str] = PAPER_METHODS
    postprocess: str = "none"
    turns: int = 8
    layer: str = "activated"
    path_steps: int = PATH_STEPS
    batch_size: int = 16

    def __post_init__(self) -> None:
        check_methods(self.methods)
        check_postprocess(self.postprocess)
        check_turns(self.turns)
        check_layer(self.layer)
        check_path_steps(self.path_steps)
        if self.batch_size < 1:
            raise InputError(f"batch_size: {self.batch_size}; expected at least 1")


def attribution_parts(
    models: Mapping[int, str | Path],
    tiles: LandUseTiles,
    folds: pd.DataFrame,
    predictions: pd.DataFrame | None = None,
    *,
    methods: Sequence[str] = PAPER_METHODS,
    postprocess: str = "none",
    turns: int = 8,
    layer: str = "activated",
    path_steps: int = PATH_STEPS,
    model_choice: str = "out_of_fold",
    best_fold: int | None = None,
    batch_size: int = 16,
    device: torch.device | None = None,
    checkpoint_dir: str | Path | None = None,
    points: PointDiscs | None = None,
) -> Iterator[Part]:
    """Yield the tables of a city in parts of a few strata of cells.

    Parameters
    ----------
    models : mapping of fold to folder
        What :func:`incomelens.inference.model_files.save_model` wrote for each fold.
    tiles : Tiles
    folds : DataFrame
        ``cell_id``, ``fold``, ``block`` of the cells to explain.
    predictions : DataFrame, optional
        ``cell_id``, ``predicted``: tiles of one SES exchange their maps. Without, none do.
    methods, postprocess, turns, layer, path_steps, batch_size
        See :class:`MapSettings`.
    model_choice, best_fold
        See :class:`incomelens.attribution.models.ModelChoice`.
    device : torch.device, optional
        By default CUDA where there is one.
    checkpoint_dir : path, optional
        Finished parts are kept here, and read again by a run with the same code, models, tiles,
        cells and settings; :class:`~incomelens.common.finished_parts.FinishedParts` discards
        them.
    points : PointDiscs, optional
        Annotated points of the city, on whose discs the same maps are summed.

    Yields
    ------
    Part

    Raises
    ------
    InputError
        If a setting is unknown, a model is missing or does not fit the tiles, or a map is not a
        number.
    """
    settings = MapSettings(methods, postprocess, turns, layer, path_steps, batch_size)
    choice = ModelChoice(model_choice, best_fold)
    device = device or choose_device()
    jobs = [
        (fold, cells)
        for fold, rows in cells_by_model(folds, models, choice)
        for cells in _of_parts(with_strata(rows, predictions, tiles_a_stratum=TILES_A_STRATUM))
    ]
    if not jobs:
        raise InputError("attribution: the fold table has no cells; expected at least one")
    finished = FinishedParts(checkpoint_dir)
    model: TrainedModel | None = None
    loaded = None
    for fold, cells in progress(jobs, "explaining tiles", unit="part"):
        digest = _digest(models[fold], tiles, cells, settings, points)
        part = _kept(finished, digest)
        if part is None:
            if model is None or loaded != fold:
                model = ready_model(models[fold], tile_px=tiles.tile_px, device=device, layer=layer)
                loaded = fold
            part = _explain(model, fold, tiles, cells, settings, device, points)
            for name, table in vars(part).items():
                finished.save(f"{digest}-{name}.parquet", partial(table.to_parquet, index=False))
        yield part


def keep_maps(
    models: Mapping[int, str | Path],
    tiles: LandUseTiles,
    folds: pd.DataFrame,
    cell_ids: Sequence[str],
    *,
    methods: Sequence[str] = PAPER_METHODS,
    postprocess: str = "none",
    turns: int = 8,
    layer: str = "activated",
    path_steps: int = PATH_STEPS,
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
    settings = MapSettings(methods, postprocess, turns, layer, path_steps, batch_size)
    unknown = sorted(set(cell_ids) - set(folds["cell_id"]))
    if unknown:
        raise InputError(
            f"maps: cells {listed(unknown)} are in no fold; name cells of the fold table"
        )
    device = device or choose_device()
    wanted = folds.loc[folds["cell_id"].isin(cell_ids)]
    found: dict[str, NDArray[np.float32]] = {}
    for fold, rows in cells_by_model(wanted, models, ModelChoice(model_choice, best_fold)):
        model = ready_model(models[fold], tile_px=tiles.tile_px, device=device, layer=layer)
        ids = rows["cell_id"].tolist()
        for at, images, land_use in tile_batches(tiles, ids, settings.batch_size, device):
            names = ids[at : at + len(images)]
            made, _ = _mean_maps(model, images, settings, names, land_use)
            found |= zip(names, made.cpu().numpy(), strict=True)
    shape = (0, len(settings.methods), len(TARGETS), tiles.tile_px, tiles.tile_px)
    maps = np.stack([found[one] for one in cell_ids]) if found else np.empty(shape, np.float32)
    return KeptMaps(tuple(cell_ids), tuple(settings.methods), TARGETS, maps)


def _kept(finished: FinishedParts, digest: str) -> Part | None:
    """Read a finished part; None unless all of its tables are there."""
    tables = {}
    for name in PARTS:
        file = f"{digest}-{name}.parquet"
        tables[name] = finished.load(file, pd.read_parquet, own=(pa.ArrowException,))
        if tables[name] is None:
            return None
    return Part(**tables)


def _of_parts(cells: pd.DataFrame) -> list[pd.DataFrame]:
    return [rows for _, rows in cells.groupby(cells["stratum"] // STRATA_A_PART)]


def _explain(
    model: TrainedModel,
    fold: int,
    tiles: LandUseTiles,
    cells: pd.DataFrame,
    settings: MapSettings,
    device: torch.device,
    points: PointDiscs | None,
) -> Part:
    """Explain whole strata, sorted by them."""
    told = {"methods": settings.methods}
    land, of_turns = Division(land_use_list().names, **told), []
    discs = [Division((kind, ELSEWHERE), **told) for kind in (points.kinds if points else ())]
    for stratum, rows in cells.groupby("stratum"):
        ses, ids = rows["ses"].iloc[0], rows["cell_id"].tolist()
        for at, images, land_use in tile_batches(tiles, ids, settings.batch_size, device):
            names = ids[at : at + len(images)]
            mean, by_turn = _mean_maps(model, images, settings, names, land_use)
            of_turns.append(by_turn)
            land.add(mean, land_use, ses)
            within = torch.from_numpy(points.read(names)).to(device).unbind(1) if points else ()
            for division, where in zip(discs, within, strict=True):
                division.add(mean, where, ses)
        for division in (land, *discs):
            division.pair(rows, stratum=f"{fold}-{stratum}")
    turns = turn_table(
        cells, joined(of_turns), turns=TURNS[settings.turns], model_fold=fold, **told
    )
    sums, pairings = land.tables(cells, fold)
    if points is None:
        return Part(sums, turns, pairings)
    return Part(sums, turns, pairings, *tables_of_points(points.kinds, discs, cells, fold))


def _mean_maps(
    model: TrainedModel,
    images: Tensor,
    settings: MapSettings,
    cell_ids: Sequence[str],
    land_use: Tensor,
) -> tuple[Tensor, TileSums]:
    """Mean map over turns, shape (n, n_methods, 2, px, px), and the sums of every turn's map."""
    mean, sums = None, []
    for maps in turned_maps(
        model.network,
        scale_images(images, model.scaling),
        turns=settings.turns,
        methods=settings.methods,
        postprocess=settings.postprocess,
        layer=settings.layer,
        path_steps=settings.path_steps,
    ):
        broken = ~maps.isfinite().flatten(1).all(dim=1)
        if broken.any():
            raise InputError(
                f"maps: not a number for {int(broken.sum())} of {len(broken)} cells, the first "
                f"{cell_ids[int(broken.int().argmax())]}; the weights are damaged, train them anew"
            )
        sums.append(zonal_sums(maps.flatten(1, 2), land_use, n_transforms=1))
        mean = maps if mean is None else mean + maps
    return present(mean) / settings.turns, layered(sums)


def _digest(
    folder: str | Path,
    tiles: LandUseTiles,
    cells: pd.DataFrame,
    settings: MapSettings,
    points: PointDiscs | None,
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
        "strata": [cells["ses"].tolist(), cells["stratum"].tolist()],
        "methods": list(settings.methods),
        "postprocess": settings.postprocess,
        "turns": settings.turns,
        "layer": settings.layer,
        "path_steps": settings.path_steps,
        "batch_size": settings.batch_size,
    }
    told |= {"points": points.kinds} if points else {}
    discs = [points.read(sample)] if points else []
    return digest_of(told, tiles.read_images(sample), tiles.read_land_use(sample), *discs)
