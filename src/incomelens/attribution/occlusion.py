"""What a network loses when one urban class of a tile is made even: what it relies on, by trial.

A yardstick for the maps that needs no gradient. If maps do not favour a class that the network
demonstrably relies on, it is not the network that is to blame.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from incomelens.attribution.batches import LandUseTiles, tile_batches
from incomelens.attribution.models import ModelChoice, cells_by_model, ready_model
from incomelens.attribution.scores import TARGETS, target_scores
from incomelens.attribution.zonal import zonal_sums
from incomelens.cells.urban_classes import NAMES
from incomelens.common.progress import progress
from incomelens.inference.devices import choose_device
from incomelens.inference.inputs import scale_images
from incomelens.inference.model_files import TrainedModel

METHOD = "occlusion"


def evened(image: Tensor, inside: Tensor) -> Tensor:
    """Fill part of an image with its own mean colour there.

    Parameters
    ----------
    image : float tensor of shape (3, px, px)
    inside : bool tensor of shape (px, px)
        At least one pixel.
    """
    mean = image[:, inside].mean(dim=1)
    return torch.where(inside, mean[:, None, None], image)


def occlusion_table(
    models: Mapping[int, str | Path],
    tiles: LandUseTiles,
    folds: pd.DataFrame,
    *,
    batch_size: int = 16,
    device: torch.device | None = None,
) -> pd.DataFrame:
    """Change of both scores when each urban class of each tile loses its texture.

    Parameters are those of :func:`incomelens.attribution.run.attribution_parts`; a tile meets the
    network that did not train on it.

    Returns
    -------
    DataFrame
        Table ``attribution/{city}/{scheme}-{network}-occlusion.parquet``, transform 0 alone.
    """
    device = device or choose_device()
    parts = []
    for fold, cells in cells_by_model(folds, models, ModelChoice()):
        model = ready_model(models[fold], tile_px=tiles.tile_px, device=device)
        ids = cells["cell_id"].tolist()
        batches = tile_batches(tiles, ids, batch_size, device)
        description = f"occluding classes, fold {fold}"
        total = -(-len(ids) // batch_size)
        for at, images, land_use in progress(batches, description, total=total, unit="batch"):
            table = _batch_table(model, images, land_use)
            table["cell_id"] = np.array(ids[at : at + batch_size], dtype=object)[table["tile"]]
            parts.append(table.assign(fold=fold, model_fold=fold))
    return pd.concat(parts, ignore_index=True).drop(columns="tile")


@torch.inference_mode()
def _batch_table(model: TrainedModel, images: Tensor, land_use: Tensor) -> pd.DataFrame:
    scaled = scale_images(images, model.scaling)
    before = _scores(model, scaled)
    rows = []
    for tile in range(len(scaled)):
        present = [value for value in land_use[tile].unique().tolist() if 1 <= value <= len(NAMES)]
        if not present:
            continue
        shares = zonal_sums(scaled[tile : tile + 1, :1], land_use[tile : tile + 1], n_transforms=1)
        changed = torch.stack([evened(scaled[tile], land_use[tile] == one) for one in present])
        moved = (_scores(model, changed) - before[tile]).abs().cpu().numpy()
        for value, change in zip(present, moved, strict=True):
            rows += [
                {
                    "tile": tile,
                    "target": target,
                    "urban_class": NAMES[value - 1],
                    "activation_sum": float(change[place]),
                    "area_share": shares.area_share[0, value - 1],
                    "excluded_share": shares.excluded_share[0],
                }
                for place, target in enumerate(TARGETS)
            ]
    return pd.DataFrame(rows).assign(method=METHOD, transform=0)


def _scores(model: TrainedModel, scaled: Tensor) -> Tensor:
    layout = scaled.contiguous(memory_format=torch.channels_last)
    return target_scores(model.network, model.network.feature_maps(layout))
