"""Cities of activation maps with known intensities, made without any network."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from incomelens.cells.urban_classes import land_use_list
from incomelens.topology.levels import N_CLASSES, SIDE
from incomelens.topology.levels import draw_land as land
from incomelens.topology.levels import draw_maps as maps
from incomelens.topology.pairs import pair_gains, pair_terms

NAMES = land_use_list().names


@dataclass(frozen=True)
class World:
    """Sums under all eight transforms of the maps, shares, and the block of every tile."""

    activation_sum: np.ndarray  # (8, n_tiles, n_classes)
    area_share: np.ndarray  # (n_tiles, n_classes)
    block: np.ndarray
    paired: np.ndarray | None = None  # (n_tiles, n_tiles, n_classes): map of one on land of another


def coactivation(ratio, neighbour):
    """Coactivation of every class of `ratio` with every class of `neighbour`."""
    return pair_gains(pair_terms(ratio, neighbour).sum(axis=0), ratio.shape[1])


def appearance_gain(in_group, holds, neighbour):
    """Co-appearance gain, from whether each tile is in the group and holds each class."""
    return coactivation(np.where(holds, in_group[:, None].astype(float), np.nan), neighbour)


def summed(saliency, classes, block, n_classes=N_CLASSES):
    """Sum maps over land use under the eight transforms of the maps."""
    n = len(classes)
    place = (np.arange(n)[:, None] * n_classes + classes).ravel()
    sums = []
    for transform in range(8):
        turned = np.rot90(saliency, transform % 4, axes=(1, 2))
        if transform >= 4:
            turned = turned[:, :, ::-1]
        sums.append(np.bincount(place, turned.ravel(), n * n_classes).reshape(n, n_classes))
    share = np.bincount(place, minlength=n * n_classes).reshape(n, n_classes) / SIDE**2
    inside = (classes[:, None, :] == np.arange(n_classes)[:, None]).astype(float)
    paired = np.einsum("ip,jkp->ijk", saliency.reshape(n, -1), inside)
    return World(np.array(sums), share, block, paired)


def null_world(rng, n=40, *, tiles_a_block=1, centre_bias=0.0, alike=0.0):
    """H0 holds: maps and land are independent; tiles of a block share part of both."""
    block = np.arange(n) // tiles_a_block
    n_blocks = block[-1] + 1
    of_block = rng.random(n) < alike
    classes = np.where(of_block[:, None], land(rng, n_blocks)[block], land(rng, n))
    shared = maps(rng, n_blocks, centre_bias=centre_bias)[block]
    saliency = np.where(of_block[:, None, None], shared, maps(rng, n, centre_bias=centre_bias))
    return summed(saliency, classes, block)


def composed_world(rng, intensity, n=150, *, noise=0.5, interaction=1.0):
    """Tiles whose activation follows constant intensities, but for a planted interaction.

    Where classes 0 and 1 meet, the intensity of class 0 is multiplied by `interaction`.
    """
    n_classes = len(intensity)
    area = 0.02 + rng.gamma(1.0, 1.0, (n, n_classes))
    # Class 0 is everywhere; whichever class lies beside it takes some of its area.
    area[:, 1:] *= rng.random((n, n_classes - 1)) < 0.6
    share = area / area.sum(axis=1, keepdims=True)
    strength = np.tile(np.asarray(intensity, dtype=float), (n, 1))
    strength[:, 0] *= np.where(share[:, 1] > 0, interaction, 1.0)
    wobble = rng.gamma(1 / noise**2, noise**2, share.shape)
    scale = rng.gamma(2.0, 1.0, (n, 1))  # maps of different tiles are in different units
    return scale * share * strength * wobble, share


def spatial_world(rng, intensity, n=120, *, tiles_a_block=10):
    """No interaction, but tiles of a block have like neighbours and like activation."""
    n_classes, block = len(intensity), np.arange(n) // tiles_a_block
    area = 0.02 + rng.gamma(1.0, 1.0, (n, n_classes))
    present = (rng.random((block[-1] + 1, n_classes - 1)) < 0.6)[block]
    area[:, 1:] *= present ^ (rng.random(present.shape) < 0.2)
    share = area / area.sum(axis=1, keepdims=True)
    of_block = rng.gamma(6.0, 1 / 6, (block[-1] + 1, n_classes))[block]
    of_tile = rng.gamma(11.0, 1 / 11, share.shape)
    return World(share * np.asarray(intensity) * of_block * of_tile, share, block)


def tables_of(activation, share, *, predicted, block, method="guided", excluded=None):
    """Attribution, predictions and folds of a world, in the columns of the contract."""
    n = len(share)
    cells = np.array([f"cell {one:04d}" for one in range(n)], dtype=object)
    tile, column = np.nonzero(share)
    rows = [
        pd.DataFrame(
            {
                "cell_id": cells[tile],
                "fold": 0,
                "method": method,
                "target": target,
                "urban_class": np.array(NAMES, dtype=object)[column],
                "transform": transform,
                "activation_sum": activation[transform, tile, column],
                "area_share": share[tile, column],
                "excluded_share": 0.0 if excluded is None else excluded[tile],
            }
        )
        for target in ("low", "high")
        for transform in range(8)
    ]
    predictions = pd.DataFrame({"cell_id": cells, "observed": predicted, "predicted": predicted})
    folds = pd.DataFrame({"cell_id": cells, "block": block})
    return pd.concat(rows, ignore_index=True), predictions, folds


def pairings_of(world, *, predicted, method="guided", tiles_a_stratum=16):
    """Pairings of a world, in the columns of the contract; strata are runs of tiles of one SES."""
    parts = []
    for ses, classes in {"low": (1, 2), "high": (4, 5)}.items():
        tiles = np.flatnonzero(np.isin(predicted, classes))
        for number, tile in enumerate(np.array_split(tiles, max(1, len(tiles) // tiles_a_stratum))):
            land, column = np.nonzero(world.area_share[tile])
            parts.append(
                pd.DataFrame(
                    {
                        "cell_id": [f"cell {one:04d}" for one in tile[land]],
                        "ses": ses,
                        "method": method,
                        "urban_class": np.array(NAMES, dtype=object)[column],
                        "stratum": f"{ses} {number}",
                        "place": land,
                        "activation_sums": list(world.paired[tile][:, tile[land], column].T),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def fits_level(rejected, level):
    """Whether the number of rejections is one that a test of this level gives (P > 0.001)."""
    test = stats.binomtest(int(np.sum(rejected)), len(rejected), level)
    return test.pvalue > 0.001


def rejects_too_often(rejected, level):
    test = stats.binomtest(int(np.sum(rejected)), len(rejected), level, alternative="greater")
    return test.pvalue < 0.001
