"""A small square town: cells, income classes, folds, blocks, images and predictions."""

import numpy as np
import pandas as pd
from scipy.stats import binom

PROBABILITIES = [f"prob_{number}" for number in range(1, 6)]


def cell_id(column, row):
    return f"CRS3035RES200mN{2_800_000 + 200 * row}E{3_700_000 + 200 * column}"


def town(side=12, *, scheme="random", n_folds=3, block_side=3, smooth=True, seed=0):
    """Fold table of side × side cells; classes in smooth patches, or shuffled over the cells."""
    rng = np.random.default_rng(seed)
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(side), np.arange(side)))
    income = np.sin(column / 2) + np.cos(row / 2) + rng.normal(0, 0.1, side**2)
    if not smooth:
        income = rng.permutation(income)
    income_class = 1 + (5 * income.argsort().argsort()) // side**2
    block = (column // block_side) * side + row // block_side
    numbers = np.unique(block)
    of_block = dict(zip(numbers, rng.permutation(np.arange(len(numbers)) % n_folds), strict=True))
    fold = rng.permutation(np.arange(side**2) % n_folds)
    if scheme == "block":
        fold = np.array([of_block[number] for number in block])
    return pd.DataFrame(
        {
            "cell_id": [cell_id(c, r) for c, r in zip(column, row, strict=True)],
            "income_class": income_class,
            "fold": fold,
            "block": block,
        }
    ).sort_values("cell_id", ignore_index=True)


class Tiles:
    """Images in memory by cell id; remembers which were read."""

    def __init__(self, images):
        self.images = images
        self.read = []

    def read_images(self, cell_ids):
        self.read += list(cell_ids)
        return np.stack([self.images[one] for one in cell_ids])


def tiles(folds, *, signal, px=24, seed=0):
    """Noise whose brightness (`colour`), `contrast` or direction (`texture`) tells the class."""
    rng = np.random.default_rng(seed)
    images = {}
    for one, income_class in zip(folds["cell_id"], folds["income_class"], strict=True):
        noise = rng.normal(0, 1, (px, px, 3))
        if signal == "texture":
            # Stripes, more upright with class; mean and SD of the tile stay as they are.
            column, row = np.meshgrid(np.arange(px), np.arange(px))
            share = rng.random((px, px)) < (income_class - 0.5) / 5
            stripes = np.where(share, np.sign(np.sin(2 * column)), np.sign(np.sin(2 * row)))
            noise = 0.2 * noise + stripes[:, :, None]
        level = 100 + 10 * income_class if signal == "colour" else 128
        scale = 5 + 5 * income_class if signal == "contrast" else 25
        images[one] = np.clip(level + scale * noise, 0, 255).astype(np.uint8)
    return Tiles(images)


def network_like(folds, *, noise=0.7, seed=0):
    """Predictions of a binomial head whose logit follows the class."""
    rng = np.random.default_rng(seed)
    z = 0.8 * (folds["income_class"].to_numpy() - 3) + rng.normal(0, noise, len(folds))
    return from_p(folds, 1 / (1 + np.exp(-z)))


def from_p(folds, p):
    probabilities = binom.pmf(np.arange(5), 4, np.asarray(p)[:, None])
    return pd.DataFrame(
        {
            "cell_id": folds["cell_id"],
            "fold": folds["fold"],
            "observed": folds["income_class"],
            "predicted": probabilities.argmax(axis=1) + 1,
            "p": p,
            **dict(zip(PROBABILITIES, probabilities.T, strict=True)),
        }
    )
