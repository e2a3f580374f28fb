r"""Random convolutional features and ridge: what texture tells without any training of filters.

After MOSAIKS (Rolf et al. 2021, Nature Communications 12:4392): small patches of training tiles,
whitened, serve as filters; both halves of each response beyond a bias are averaged over the tile;
a ridge regression does the rest. With the patches' mean :math:`\mu` and covariance :math:`\Sigma`,
the filter of a patch x is :math:`w \propto \Sigma^{-1}(x - \mu)`, scaled so that its response to
the patches has mean 0 and SD 1; the features are the tile's means of

.. math:: \max(r - b, 0), \quad \max(-r - b, 0), \qquad r = w^\top (\text{patch} - \mu).
"""

import logging
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from incomelens.common.errors import InputError, present
from incomelens.common.progress import progress
from incomelens.inference.baseline_task import FoldTask, Guess, guess_by_ridge
from incomelens.inference.streams import TileSource

logger = logging.getLogger(__name__)

PATCHES_PER_FILTER = 10  # from the same tile, for the mean and the covariance
# Directions in which patches hardly vary are noise: whitening must not blow them up.
FLOOR = 1e-3  # of the mean variance of a direction
FILTERS_AT_ONCE = 64  # so that the responses of a tile stay in the processor's cache


@dataclass(frozen=True)
class RandomFeatures:
    """Settings of the random features.

    Attributes
    ----------
    n_filters : int
        Patches drawn; twice as many features.
    patch : int
        Side of a patch, pixels.
    bias : float
        b, in SD of the response.
    device : str
        Where PyTorch convolves: ``cpu`` or ``cuda``.
    tiles_at_once : int
        Held in memory together.
    """

    n_filters: int = 512
    patch: int = 3
    bias: float = 1.0
    device: str = "cpu"
    tiles_at_once: int = 8


@dataclass(frozen=True)
class Filters:
    """A bank of filters for images in 0..1: weight (n, 3, patch, patch) and offset (n,)."""

    weight: NDArray[np.float32]
    offset: NDArray[np.float32]


def random_features(task: FoldTask, *, settings: RandomFeatures) -> Guess:
    """Ridge of the class on random convolutional features, filters from training tiles only."""
    filters = draw_filters(present(task.tiles), task.train, settings=settings, rng=task.rng)
    everyone = np.concatenate([task.train, task.held_out])
    features = tile_features(present(task.tiles), everyone, filters, settings=settings)
    return guess_by_ridge(task, features[: len(task.train)], features[len(task.train) :])


def draw_filters(
    tiles: TileSource,
    cell_ids: NDArray[np.str_],
    *,
    settings: RandomFeatures,
    rng: np.random.Generator,
) -> Filters:
    """Draw patches of tiles and turn them into filters.

    Parameters
    ----------
    tiles : TileSource
    cell_ids : array of str
        Training cells; a tile may give several patches.
    settings : RandomFeatures
    rng : Generator

    Raises
    ------
    InputError
        If the tiles are smaller than a patch.
    """
    tile_of = np.sort(rng.integers(len(cell_ids), size=settings.n_filters))
    parts = []
    for start in range(0, len(tile_of), settings.tiles_at_once):
        batch = tile_of[start : start + settings.tiles_at_once]
        images = tiles.read_images(cell_ids[batch])
        parts.append(_patches(images, PATCHES_PER_FILTER, settings.patch, rng))
    patches = np.concatenate(parts) / 255  # (n_filters, patches per filter, values)
    return _whitened(patches[:, 0], patches.reshape(-1, patches.shape[-1]), settings.patch)


def tile_features(
    tiles: TileSource,
    cell_ids: NDArray[np.str_],
    filters: Filters,
    *,
    settings: RandomFeatures,
) -> NDArray[np.float64]:
    """Features of tiles under a bank of filters.

    Returns
    -------
    array of shape (n, 2 n_filters)
        Mean response above +b of every filter, then below −b, in SD of the response.
    """
    weight, offset = (
        torch.from_numpy(part).to(settings.device) for part in (filters.weight, filters.offset)
    )
    parts = []
    starts = range(0, len(cell_ids), settings.tiles_at_once)
    for start in progress(starts, "random features", unit="batches of tiles"):
        images = tiles.read_images(cell_ids[start : start + settings.tiles_at_once])
        pixels = torch.from_numpy(images).to(settings.device).permute(0, 3, 1, 2).float() / 255
        parts.append(_pooled(pixels, weight, offset, settings.bias).cpu().numpy())
    return np.concatenate(parts).astype(np.float64)


@torch.inference_mode()
def _pooled(
    pixels: torch.Tensor, weight: torch.Tensor, offset: torch.Tensor, bias: float
) -> torch.Tensor:
    above, below = [], []
    for start in range(0, len(weight), FILTERS_AT_ONCE):
        part = slice(start, start + FILTERS_AT_ONCE)
        # One tile a time on the CPU for the cache's sake; a GPU would rather have all at once.
        for_each = pixels.split(1) if pixels.device.type == "cpu" else (pixels,)
        responses = [functional.conv2d(image, weight[part], offset[part]) for image in for_each]
        above.append(torch.cat([(r - bias).relu_().mean(dim=(2, 3)) for r in responses]))
        below.append(torch.cat([(-r - bias).relu_().mean(dim=(2, 3)) for r in responses]))
    return torch.cat(above + below, dim=1)


def _patches(
    images: NDArray[np.uint8], n_each: int, side: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Patches at random places, shape (n_tiles, n_each, 3 side²), colours first."""
    n, height, width, _ = images.shape
    if min(height, width) < side:
        raise InputError(
            f"random features: tiles of {height} × {width} px are smaller than patches of {side} "
            "px; lower `patch`"
        )
    windows = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(1, 2))
    row = rng.integers(height - side + 1, size=(n, n_each))
    column = rng.integers(width - side + 1, size=(n, n_each))
    return windows[np.arange(n)[:, None], row, column].reshape(n, n_each, -1).astype(np.float64)


def _whitened(chosen: NDArray[np.float64], patches: NDArray[np.float64], side: int) -> Filters:
    mean = patches.mean(axis=0)
    covariance = np.cov(patches, rowvar=False)
    variance = np.trace(covariance) / len(covariance)
    if variance < 1e-12:  # less than a grey level in any of a million pixels
        logger.warning("random features: the patches drawn are all equal; the features are empty")
        chosen, variance = np.tile(mean, (len(chosen), 1)), 1.0
    floor = FLOOR * variance
    w = np.linalg.solve(covariance + floor * np.eye(len(covariance)), (chosen - mean).T).T
    sd = np.sqrt(np.einsum("ij,jk,ik->i", w, covariance, w))
    w = w / np.where(sd > 0, sd, 1)[:, None]
    return Filters(w.reshape(-1, 3, side, side).astype(np.float32), (-w @ mean).astype(np.float32))
