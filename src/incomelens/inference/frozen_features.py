"""Pooled features of a backbone that is not trained, and ridge: what its weights tell as they are.

The backbone, its weights, the pooling and the scaling of pixels are those of the main network, so
that the two differ by training alone.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from incomelens.common.seeds import job_seed
from incomelens.inference.baseline_task import FoldTask, Guess, guess_by_ridge
from incomelens.inference.network import build_network
from incomelens.inference.predict import network_outputs
from incomelens.inference.streams import TileSource

logger = logging.getLogger(__name__)


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
    """

    network: Mapping[str, str]
    scaling: str
    batch_size: int = 32


@dataclass(frozen=True)
class TileFeatures:
    """Features of every tile of a city: cell ids, sorted, and an array of shape (n, n_maps)."""

    cell_ids: NDArray[np.str_]
    matrix: NDArray[np.float64]

    def of(self, cell_ids: NDArray[np.str_]) -> NDArray[np.float64]:
        """Features of some of the cells, in their order."""
        return self.matrix[self.cell_ids.searchsorted(cell_ids)]


def frozen_features(
    tiles: TileSource,
    cell_ids: NDArray[np.str_],
    *,
    settings: FrozenFeatures,
    seed: int,
    device: torch.device | None = None,
) -> TileFeatures:
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
    found = network_outputs(
        network,
        lambda images: network.pool(network.feature_maps(images)),
        tiles,
        list(cell_ids),
        scaling=settings.scaling,
        batch_size=settings.batch_size,
        device=device,
    )
    return TileFeatures(cell_ids, found)


def frozen_ridge(task: FoldTask, *, features: TileFeatures) -> Guess:
    """Ridge of the class on the frozen features."""
    return guess_by_ridge(task, features.of(task.train), features.of(task.held_out))
