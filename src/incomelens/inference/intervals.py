"""Sums of resampled cells and blocks, over all folds and fold by fold.

Several models go through the same draws side by side, so that a difference between two models has
an interval of its own, usually much shorter than the two models' intervals suggest. Where several
cells share one label, their unit is what a resample of cells draws.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

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
        In resamples of single cells (of whole units, where cells share labels) and of whole blocks.
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


def resample(
    terms: Values,
    block: NDArray[np.int64],
    *,
    n_resamples: int,
    seed: int,
    unit: NDArray[np.int64] | None = None,
) -> Resampled:
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
    unit : array of shape (n,), optional
        Number of the unit that each cell shares its label with; units are drawn instead of cells.
    """
    n_blocks = len(np.unique(block))
    rng = job_rng(seed, "cells")
    by_cell = resampled_totals(terms, n_resamples=n_resamples, rng=rng, block=unit)
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
    unit: NDArray[np.int64] | None = None,
) -> ResampledFolds:
    """Sums over all cells and fold by fold; parameters as in :func:`resample`.

    For a mean of folds, single cells are drawn within each fold. Blocks and units too, where each
    lies in one fold (scheme `block`, scheme `group`); where they straddle folds (scheme `random`)
    they are drawn whole, once for all folds, so that neighbours in different folds stay together.
    """
    numbers, place = np.unique(fold, return_inverse=True)
    pooled = resample(terms, block, n_resamples=n_resamples, seed=seed, unit=unit)
    folds = {}
    for number in numbers:
        rows = fold == number
        own_seed = int(job_rng(seed, "fold", number).integers(2**32))
        folds[int(number)] = resample(
            terms[rows],
            block[rows],
            n_resamples=n_resamples,
            seed=own_seed,
            unit=None if unit is None else unit[rows],
        )
    parts = list(folds.values())
    across = partial(_across_folds, terms, place, n_resamples=n_resamples)
    if _is_nested(block, fold) or pooled.n_blocks < 2:
        by_block = np.stack([part.by_block for part in parts], axis=1)
    else:
        by_block = across(block, rng=job_rng(seed, "blocks"))
    if unit is None or _is_nested(unit, fold):
        by_cell = np.stack([part.by_cell for part in parts], axis=1)
    else:
        by_cell = across(unit, rng=job_rng(seed, "cells"))
    together = Resampled(
        pooled.n,
        pooled.n_blocks,
        np.stack([part.value for part in parts], axis=1),
        by_cell,
        by_block,
    )
    return ResampledFolds(pooled, folds, together)


def _is_nested(cluster: NDArray[np.int64], fold: NDArray[np.int64]) -> bool:
    """Whether every cluster of cells lies in one fold."""
    pairs = np.unique(np.column_stack([cluster, fold]), axis=0)
    return len(pairs) == len(np.unique(cluster))


def _across_folds(
    terms: Values,
    place: NDArray[np.int64],
    cluster: NDArray[np.int64],
    *,
    n_resamples: int,
    rng: np.random.Generator,
) -> Values:
    n, n_terms = terms.shape
    n_folds = int(place.max()) + 1
    apart = np.zeros((n, n_folds, n_terms))
    apart[np.arange(n), place] = terms
    sums = resampled_totals(apart.reshape(n, -1), n_resamples=n_resamples, rng=rng, block=cluster)
    return sums.reshape(n_resamples, n_folds, n_terms)
