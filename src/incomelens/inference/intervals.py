"""Sums of resampled cells and blocks, over all folds and fold by fold.

Several models go through the same draws side by side, so that a difference between two models has
an interval of its own, usually much shorter than the two models' intervals suggest.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from incomelens.common.seeds import job_rng
from incomelens.folds.resampling import (
    basic_interval,
    percentile_interval,
    resampled_totals,
)

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Resampled:
    """Something in the sample as it is and in every resample: sums, or a score made of them.

    Attributes
    ----------
    n, n_blocks : int
        Cells and blocks that were resampled.
    value : array of shape (1, ...)
        In the sample itself.
    by_cell, by_block : arrays of shape (n_resamples, ...)
        In resamples of single cells and of whole blocks.
    """

    n: int
    n_blocks: int
    value: Values
    by_cell: Values
    by_block: Values

    def map(self, function: Callable[[Values], Values]) -> "Resampled":
        """Apply a function of sums to the sample and to every resample."""
        values = (function(part) for part in (self.value, self.by_cell, self.by_block))
        return Resampled(self.n, self.n_blocks, *values)

    def minus(self, other: "Resampled") -> "Resampled":
        """Difference of two scores under the same draws."""
        return Resampled(
            self.n,
            self.n_blocks,
            self.value - other.value,
            self.by_cell - other.by_cell,
            self.by_block - other.by_block,
        )

    def row(self, metric: str = "") -> dict[str, float]:
        """Columns of a table: the value of one score, or of a difference, with both intervals.

        Percentile intervals, but basic ones for ``ece``: resamples of a calibrated model are always
        less calibrated than the model, so that percentiles never reach the truth.
        """
        value = float(self.value[0])
        cell, block = (
            basic_interval(value, values) if metric == "ece" else percentile_interval(values)
            for values in (self.by_cell, self.by_block)
        )
        return {
            "n": self.n,
            "n_blocks": self.n_blocks,
            "value": value,
            **cell.columns("ci"),
            **block.columns("block_ci"),
        }


@dataclass(frozen=True)
class ResampledFolds:
    """Sums over all cells and over those of each fold.

    Attributes
    ----------
    pooled : Resampled
        Sums over all cells, arrays of shape (..., n_terms).
    folds : dict of int to Resampled
        Sums of each fold, its cells and blocks resampled within it.
    together : Resampled
        Sums of all folds under draws that belong together, arrays of shape (..., n_folds, n_terms):
        what a mean of folds is made of.
    """

    pooled: Resampled
    folds: dict[int, Resampled]
    together: Resampled

    def mean_of_folds(self, function: Callable[[Values], Values]) -> Resampled:
        """Mean over folds of a function of the sums, each fold counting once."""

        def mean(sums: Values) -> Values:
            parts = [function(sums[:, place]) for place in range(sums.shape[1])]
            return np.mean(parts, axis=0)

        return self.together.map(mean)


def resample(terms: Values, block: NDArray[np.int64], *, n_resamples: int, seed: int) -> Resampled:
    """Sums of a matrix over its rows, over resampled rows and over resampled blocks of rows.

    Parameters
    ----------
    terms : array of shape (n, n_terms)
        What each cell adds.
    block : array of shape (n,)
        Spatial block of every cell. With fewer than two blocks there is nothing to resample: the
        sums of blocks are NaN. With fewer than about ten the interval is too short.
    n_resamples : int
    seed : int
        Same seed, same draws, whatever the terms.
    """
    n_blocks = len(np.unique(block))
    by_cell = resampled_totals(terms, n_resamples=n_resamples, rng=job_rng(seed, "cells"))
    if n_blocks > 1:
        rng = job_rng(seed, "blocks")
        by_block = resampled_totals(terms, n_resamples=n_resamples, rng=rng, block=block)
    else:
        by_block = np.full_like(by_cell, np.nan)
    return Resampled(len(terms), n_blocks, terms.sum(axis=0, keepdims=True), by_cell, by_block)


def resample_folds(
    terms: Values,
    fold: NDArray[np.int64],
    block: NDArray[np.int64],
    *,
    n_resamples: int,
    seed: int,
) -> ResampledFolds:
    """Sums over all cells and fold by fold; parameters as in :func:`resample`.

    For a mean of folds, single cells are drawn within each fold. Blocks too, where each lies in one
    fold (scheme `block`); where blocks straddle folds (scheme `random`) whole blocks are drawn
    once for all folds, so that neighbours in different folds stay together.
    """
    numbers, place = np.unique(fold, return_inverse=True)
    pooled = resample(terms, block, n_resamples=n_resamples, seed=seed)
    folds = {}
    for number in numbers:
        rows = fold == number
        own_seed = int(job_rng(seed, "fold", number).integers(2**32))
        folds[int(number)] = resample(
            terms[rows], block[rows], n_resamples=n_resamples, seed=own_seed
        )
    parts = list(folds.values())
    nested = sum(part.n_blocks for part in parts) == pooled.n_blocks
    if nested or pooled.n_blocks < 2:
        by_block = np.stack([part.by_block for part in parts], axis=1)
    else:
        by_block = _blocks_across_folds(terms, place, block, n_resamples=n_resamples, seed=seed)
    together = Resampled(
        pooled.n,
        pooled.n_blocks,
        np.stack([part.value for part in parts], axis=1),
        np.stack([part.by_cell for part in parts], axis=1),
        by_block,
    )
    return ResampledFolds(pooled, folds, together)


def _blocks_across_folds(
    terms: Values,
    place: NDArray[np.int64],
    block: NDArray[np.int64],
    *,
    n_resamples: int,
    seed: int,
) -> Values:
    n, n_terms = terms.shape
    n_folds = int(place.max()) + 1
    apart = np.zeros((n, n_folds, n_terms))
    apart[np.arange(n), place] = terms
    sums = resampled_totals(
        apart.reshape(n, -1), n_resamples=n_resamples, rng=job_rng(seed, "blocks"), block=block
    )
    return sums.reshape(n_resamples, n_folds, n_terms)
