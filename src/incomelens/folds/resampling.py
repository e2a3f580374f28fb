"""Bootstrap of units and of whole spatial blocks, for scores that are functions of sums.

A resample draws as many units as there are, with replacement. Neighbouring units share their
errors, so an interval from single units is too short; one from whole blocks (squares of cells,
groups of districts) keeps neighbours together (ruling 11).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Weights are made in pieces, so that 1,000 resamples of 68,000 cells need tens of MB, not 500.
WEIGHTS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Interval:
    """Both ends of a confidence interval; NaN where the score is missing too often."""

    low: float
    high: float


def percentile_interval(values: NDArray[np.float64], *, level: float = 0.95) -> Interval:
    """Interval between the percentiles of a resampled score.

    Parameters
    ----------
    values : array of shape (n_resamples,)
        NaN where the score does not exist in a resample.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    Interval
        NaN at both ends if the score is missing in more than one resample of twenty: what is left
        would be a selection.
    """
    known = values[np.isfinite(values)]
    if len(known) == 0 or len(known) < 0.95 * len(values):
        return Interval(np.nan, np.nan)
    tail = 50 * (1 - level)
    low, high = np.percentile(known, (tail, 100 - tail))
    return Interval(float(low), float(high))


def basic_interval(value: float, values: NDArray[np.float64], *, level: float = 0.95) -> Interval:
    """Interval of the percentiles reflected at the score itself (reverse percentile, "basic").

    For a score that resampling pushes to one side, as it pushes an expected calibration error up:
    what the resamples are too high, the interval is set lower.

    Parameters
    ----------
    value : float
        The score of the sample as it is.
    values, level
        As for :func:`percentile_interval`.
    """
    ends = percentile_interval(values, level=level)
    return Interval(2 * value - ends.high, 2 * value - ends.low)


def times_drawn(
    n: int, *, n_resamples: int, rng: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    """Yield how often each of `n` units is drawn in each resample.

    Yields
    ------
    array of shape (some resamples, n)
        Each row sums to `n`; the rows of all arrays together are `n_resamples`.
    """
    at_once = max(1, WEIGHTS_AT_ONCE // n)
    for done in range(0, n_resamples, at_once):
        size = min(at_once, n_resamples - done)
        yield rng.multinomial(n, np.full(n, 1 / n), size=size).astype(np.float64)


def resampled_totals(
    terms: NDArray[np.float64],
    *,
    n_resamples: int,
    rng: np.random.Generator,
    block: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Column sums of a matrix in every resample of its rows, or of whole blocks of rows.

    Parameters
    ----------
    terms : array of shape (n, n_terms)
        What each unit adds to the sums that a score is made of.
    n_resamples : int
    rng : Generator
        The same state gives the same draws whatever the terms, so that models scored on the same
        units can be compared resample by resample.
    block : array of shape (n,), optional
        Block of every row; rows are drawn one by one without it.

    Returns
    -------
    array of shape (n_resamples, n_terms)
    """
    if block is not None:
        terms = block_totals(terms, block)
    draws = times_drawn(len(terms), n_resamples=n_resamples, rng=rng)
    return np.concatenate([weights @ terms for weights in draws])


def block_totals(terms: NDArray[np.float64], block: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sums of the rows of each block, blocks in ascending order of their number."""
    numbers, place = np.unique(block, return_inverse=True)
    totals = np.zeros((len(numbers), terms.shape[1]))
    np.add.at(totals, place, terms)
    return totals
