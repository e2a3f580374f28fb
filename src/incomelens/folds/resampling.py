"""Intervals of scores that are functions of sums: bootstrap of units and blocks, and jackknife.

A resample draws as many units as there are, with replacement. Neighbouring units share their
errors, so an interval from single units is too short; one from whole blocks (squares of cells,
groups of districts) keeps neighbours together. A mean over folds is a mean of few
ratios, each of few units: what resampling does to those has little to do with the mean itself, so
its interval comes from leaving out one unit at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

# Weights are made in pieces, so that 1,000 resamples of 68,000 cells need tens of MB, not 500.
WEIGHTS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Interval:
    """Both ends of a confidence interval; NaN where the score is missing too often."""

    low: float
    high: float

    def columns(self, name: str) -> dict[str, float]:
        """Columns of a table: ``{name}_low``, ``{name}_high``."""
        return {f"{name}_low": self.low, f"{name}_high": self.high}


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
    finite = values[np.isfinite(values)]
    if len(finite) == 0 or len(finite) < 0.95 * len(values):
        return Interval(np.nan, np.nan)
    tail = 50 * (1 - level)
    low, high = np.percentile(finite, (tail, 100 - tail))
    return Interval(float(low), float(high))


def percentile_ends(
    values: NDArray[np.float64], *, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Low and high ends of :func:`percentile_interval`, of many scores at a time.

    Parameters
    ----------
    values : array of shape (n_resamples, ...)
    level : float

    Returns
    -------
    low, high : arrays of shape (...)
    """
    scores = values.reshape(len(values), -1).T
    intervals = [percentile_interval(column, level=level) for column in scores]
    low = np.array([interval.low for interval in intervals]).reshape(values.shape[1:])
    high = np.array([interval.high for interval in intervals]).reshape(values.shape[1:])
    return low, high


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


def jackknife_interval(
    value: float, without_one: Sequence[NDArray[np.float64]], *, level: float = 0.95
) -> Interval:
    r"""Student's interval of a mean over folds, from each fold's score without one of its units.

    .. math::
       s^2 = \frac{1}{K^2} \sum_k s_k^2, \qquad
       s_k^2 = \frac{n_k - 1}{n_k} \sum_i \bigl(\theta_{k(-i)} - \bar\theta_k\bigr)^2

    with :math:`\theta_{k(-i)}` the score of fold k without unit i; the degrees of freedom are
    Satterthwaite's, :math:`s^4 / \sum_k (s_k / K)^4 / (n_k - 1)`. It always holds its value.

    Parameters
    ----------
    value : float
        Mean over the K folds of their scores.
    without_one : sequence of K arrays of shape (n_k,)
        Of each fold, its score without each of its units.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    Interval
        NaN at both ends where a score without a unit, or the value, is missing.

    Notes
    -----
    Tukey's jackknife, folds as strata (Shao & Tu 1995, "The Jackknife and Bootstrap", 6.2).
    """
    n = np.array([len(scores) for scores in without_one])
    squares = np.array([np.sum((scores - scores.mean()) ** 2) for scores in without_one])
    if not np.isfinite([value, *squares]).all() or n.min() < 2:
        return Interval(np.nan, np.nan)
    variances = (n - 1) / n * squares / len(n) ** 2
    variance = float(variances.sum())
    if variance == 0:
        return Interval(value, value)
    freedom = 1 / float(((variances / variance) ** 2 / (n - 1)).sum())
    half = float(stdtrit(freedom, 0.5 + level / 2)) * np.sqrt(variance)
    return Interval(value - half, value + half)


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


def constant_within_folds(predicted: NDArray[Any], fold: NDArray[np.int64]) -> bool:
    """Whether predictions are the same, up to rounding, all through every fold.

    The mean of the training units is: it differs between folds because their training sets do, the
    lower the richer the held-out fold. That is no skill, so a correlation of the predictions of
    all folds together, which it would feed, is undefined.

    Parameters
    ----------
    predicted : array of shape (n,)
        Out of fold.
    fold : array of shape (n,)
        Folds of a single unit say nothing either way.
    """
    several = [
        predicted[fold == number] for number in np.unique(fold) if (fold == number).sum() > 1
    ]
    return bool(several) and all(is_constant(values) for values in several)


def is_constant(values: NDArray[np.float64]) -> bool:
    """Whether values differ by rounding at most: by 1e-9 of the largest."""
    return bool(np.ptp(values) <= 1e-9 * np.abs(values).max())
