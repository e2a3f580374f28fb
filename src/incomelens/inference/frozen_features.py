"""Pooled features of a backbone that is not trained: what its weights tell as they are.

The backbone, its weights, the pooling and the scaling of pixels are those of the main network, so
that ridge on these features differs from it by training alone. Few tiles are told more by the maps
of all stages, and by a mean over the turned and mirrored tile, than by one look at the last maps.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from incomelens.common.errors import InputError
from incomelens.common.seeds import job_seed
from incomelens.inference.network import IncomeNetwork, build_network
from incomelens.inference.predict import network_outputs
from incomelens.inference.streams import TileSource
from incomelens.sources.readers.embedding_tables import Embedding, read_embedding

logger = logging.getLogger(__name__)

FROZEN = "frozen_ridge"
STAGES = ("last", "all")
# Quarter turns and, from 4 on, mirrored ones: half a turn, all quarter turns, or all eight.
TURNS = {1: (0,), 2: (0, 2), 4: (0, 1, 2, 3), 8: tuple(range(8))}


@dataclass(frozen=True)
class FrozenFeatures:
    """Settings of the frozen features.

    Attributes
    ----------
    network : mapping
        ``backbone``, ``pool`` and ``weights`` of
        :func:`incomelens.inference.network.build_network`; other keys say nothing here.
    scaling : {"min_max", "imagenet", "half"}
        See :func:`incomelens.inference.inputs.scale_images`.
    batch_size : int
    stages : {"last", "all"}
        The last maps, pooled as in the network; or beside them the mean of every map that timm
        gives of earlier stages.
    turns : {1, 2, 4, 8}
        Turned and mirrored tiles that features are the mean over.
    """

    network: Mapping[str, Any]
    scaling: str
    batch_size: int = 32
    stages: str = "last"
    turns: int = 1

    def __post_init__(self) -> None:
        """Refuse what there is not."""
        if self.stages not in STAGES or self.turns not in TURNS:
            raise InputError(
                f"inference.frozen_features: stages {self.stages}, turns {self.turns}; expected "
                f"one of {', '.join(STAGES)} and of {', '.join(map(str, TURNS))}"
            )


def frozen_features(
    tiles: TileSource,
    cell_ids: NDArray[np.str_],
    *,
    settings: FrozenFeatures,
    seed: int,
    device: torch.device | None = None,
) -> Embedding:
    """Maps of a backbone as it comes, pooled over each tile. No label and no fold is asked for.

    Parameters
    ----------
    tiles : TileSource
    cell_ids : array of str
        Sorted.
    settings : FrozenFeatures
    seed : int
        Of a backbone without weights, whose features are then random ones; told in the log.
    device : torch.device, optional
        By default CUDA where there is one.
    """
    parts = {key: settings.network[key] for key in ("backbone", "pool", "weights")}
    if parts["weights"] == "none":
        logger.warning(
            "frozen_ridge: %s has no weights (weights: none), its features are random ones",
            parts["backbone"],
        )
    network = build_network(**parts, seed=job_seed(seed, "baseline", "frozen_ridge"))
    turns = TURNS[settings.turns]
    found = network_outputs(
        network,
        lambda images: (
            sum(
                (_pooled(network, _turned(images, turn), settings.stages) for turn in turns),
                start=torch.zeros(()),
            )
            / len(turns)
        ),
        tiles,
        list(cell_ids),
        scaling=settings.scaling,
        batch_size=settings.batch_size,
        device=device,
    )
    return Embedding(cell_ids, found)


def read_features(files: Sequence[str | Path], cell_ids: Sequence[str]) -> dict[str, Embedding]:
    """Features of the tiles of one date or of several, side by side, by the baseline's name."""
    parts = [read_embedding(file, cell_ids, name=FROZEN, id_column="cell_id") for file in files]
    if not parts:
        return {}
    return {FROZEN: Embedding(parts[0].ids, np.hstack([part.matrix for part in parts]))}


def _pooled(network: IncomeNetwork, images: Tensor, stages: str) -> Tensor:
    """Features, shape (n, n_features), of scaled images."""
    if stages == "last":
        return network.pool(network.feature_maps(images))
    last, earlier = network.backbone.forward_intermediates(images)
    return torch.cat([*(maps.mean(dim=(-2, -1)) for maps in earlier), network.pool(last)], dim=1)


def _turned(images: Tensor, turn: int) -> Tensor:
    """Images in one of their eight rotations and reflections."""
    if turn == 0:  # a copy would lose the layout in memory, and the last digits with it
        return images
    images = images.flip(-1) if turn >= 4 else images
    return images.rot90(turn % 4, dims=(-2, -1))
