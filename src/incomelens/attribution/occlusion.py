"""What a network loses when one urban class of a tile is made even: what it relies on, by trial.

A yardstick for the maps that needs no gradient. If maps do not favour a class that the network
demonstrably relies on, it is not the network that is to blame. Its control has the same area and
shape: the pixels under the class are made even on the images of *other* tiles, too, where something
else lies. Like maps, images then exchange places under H0 (:mod:`incomelens.topology.exchange`).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from incomelens.attribution.batches import LandUseTiles, tile_batches
from incomelens.attribution.models import ModelChoice, cells_by_model, ready_model
from incomelens.attribution.scores import TARGETS, target_scores
from incomelens.attribution.strata import NO_SES, with_strata
from incomelens.attribution.table import Part, no_pairings, pairing_table, sums_table, turn_table
from incomelens.attribution.zonal import TURNS, TileSums, zonal_sums
from incomelens.cells.urban_classes import land_use_list
from incomelens.common.progress import progress
from incomelens.inference.devices import choose_device
from incomelens.inference.inputs import scale_images
from incomelens.inference.model_files import TrainedModel

METHOD = "occlusion"
TILES_A_STRATUM = 8  # a forward pass for every class of every tile on every image of the stratum


def evened(images: Tensor, inside: Tensor) -> Tensor:
    """Fill part of each image with its own mean colour there.

    Parameters
    ----------
    images : float tensor of shape (n, 3, px, px)
    inside : bool tensor of shape (px, px)
        At least one pixel.
    """
    mean = images[:, :, inside].mean(dim=2)
    return torch.where(inside, mean[:, :, None, None], images)


def occlusion_parts(
    models: Mapping[int, str | Path],
    tiles: LandUseTiles,
    folds: pd.DataFrame,
    predictions: pd.DataFrame | None = None,
    *,
    batch_size: int = 16,
    device: torch.device | None = None,
) -> Iterator[Part]:
    """Change of both scores when each urban class of each tile loses its texture.

    Parameters are those of :func:`incomelens.attribution.run.attribution_parts`; a tile meets the
    network that did not train on it.

    Yields
    ------
    Part
        As of a map with the method ``occlusion``, under transform and turn 0 alone:
        ``activation_sum`` is the absolute change of the score of the target (logit or log-odds)
        when the pixels of the class take their mean colour; ``activation_sums`` are those of the
        images of all tiles of the stratum under the same pixels.
    """
    device = device or choose_device()
    for fold, rows in cells_by_model(folds, models, ModelChoice()):
        model = ready_model(models[fold], tile_px=tiles.tile_px, device=device)
        cells = with_strata(rows, predictions, tiles_a_stratum=TILES_A_STRATUM)
        strata = [part for _, part in cells.groupby("stratum")]
        for part in progress(strata, f"occluding classes, fold {fold}", unit="part"):
            yield _occlude(model, fold, tiles, part, batch_size, device)


def _occlude(
    model: TrainedModel,
    fold: int,
    tiles: LandUseTiles,
    cells: pd.DataFrame,
    batch_size: int,
    device: torch.device,
) -> Part:
    ((_, images, land_use),) = tile_batches(tiles, cells["cell_id"].tolist(), len(cells), device)
    scaled = scale_images(images, model.scaling)
    ses, stratum = cells[["ses", "stratum"]].iloc[0]
    changes = _changes(model, scaled, land_use, batch_size, exchanged=ses != NO_SES)
    shares = zonal_sums(scaled[:, :1], land_use, n_transforms=1)
    own = np.moveaxis(np.diagonal(changes), -1, 0)  # (n, n_targets, n_classes)
    sums = TileSums(own[:, None], shares.area_share, shares.excluded_share)
    told: dict[str, Any] = {"model_fold": fold, "methods": [METHOD]}
    pairings = no_pairings()
    if ses != NO_SES:
        of_ses = changes[:, :, TARGETS.index(ses), None]
        name = {"stratum": f"{fold}-{stratum}", "methods": [METHOD]}
        pairings = pairing_table(cells, of_ses, shares.area_share, **name)
    return Part(
        sums_table(cells, sums, **told), turn_table(cells, sums, turns=TURNS[1], **told), pairings
    )


@torch.inference_mode()
def _changes(
    model: TrainedModel, scaled: Tensor, land_use: Tensor, batch_size: int, *, exchanged: bool
) -> NDArray[np.float64]:
    """Changes of both scores of every image under every class of every tile's land.

    Returns an array of shape (n, n, n_targets, n_classes), the image first; of a tile's own image
    alone unless `exchanged`.
    """
    n, n_classes = len(scaled), len(land_use_list().names)
    before = _scores(model, scaled, batch_size)
    changes = np.zeros((n, n, len(TARGETS), n_classes))
    for land in range(n):
        chosen = slice(None) if exchanged else slice(land, land + 1)
        for value in land_use[land].unique().tolist():
            if 1 <= value <= n_classes:
                even = evened(scaled[chosen], land_use[land] == value)
                moved = _scores(model, even, batch_size) - before[chosen]
                changes[chosen, land, :, value - 1] = moved.abs().cpu().numpy()
    return changes


def _scores(model: TrainedModel, scaled: Tensor, batch_size: int) -> Tensor:
    layout = scaled.contiguous(memory_format=torch.channels_last)
    parts = layout.split(batch_size)
    return torch.cat(
        [target_scores(model.network, model.network.feature_maps(part)) for part in parts]
    )
