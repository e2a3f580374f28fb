"""95 % intervals by bootstrap: over tiles, as the paper, and over spatial blocks of tiles.

Neighbouring tiles are alike, so that intervals over single tiles are too short; those over blocks
stand beside them, of ratios by ``exchange`` (deviations `figure_5_intervals`, `ratio_intervals`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from incomelens.common.seeds import job_rng
from incomelens.folds.resampling import block_totals, percentile_ends, resampled_totals
from incomelens.topology.ratios import RatioTerms, quotient

ROUNDING = 1e-10  # a standard error below this part of the value is nothing but rounding


@dataclass(frozen=True)
class Intervals:
    """Ends of the intervals of several values, arrays of one shape; NaN where there is none.

    Attributes
    ----------
    low, high
        By resampling tiles.
    block_low, block_high
        By resampling spatial blocks; none with fewer than two blocks, and too short with fewer
        than about ten.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    block_low: NDArray[np.float64]
    block_high: NDArray[np.float64]


def ratio_interval(
    terms: RatioTerms, *, n_resamples: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Studentised bootstrap interval ("bootstrap-t") of average ratios, over tiles.

    The quantiles are those of :math:`t^* = (x^* - x) / \mathrm{se}^*`, with the standard error of a
    quotient of sums. Ratios of small areas are so skewed that percentile intervals miss the truth
    twice as often as they should.

    Parameters
    ----------
    terms : RatioTerms
        Arrays of shape (n_tiles, n_classes).
    n_resamples : int
    seed : int

    Returns
    -------
    low, high : arrays of shape (n_classes,)
        From 0 up. NaN for a class in fewer than two tiles, or missing in more than one resample of
        twenty.
    """
    top, bottom = terms.numerator, terms.denominator
    n_classes = top.shape[1]
    sums = np.concatenate([top, bottom, top * top, top * bottom, bottom * bottom], axis=1)
    value, error = _value_and_error(sums.sum(axis=0), n_classes)
    resampled = _resampled(sums, n_resamples, job_rng(seed, "tiles"))
    drawn, drawn_error = _value_and_error(resampled, n_classes)
    steady = error <= ROUNDING * value
    # All tiles with the same ratio: the interval is that ratio, whatever the resamples.
    low, high = percentile_ends(np.where(steady, 0.0, quotient(drawn - value, drawn_error)))
    single = (bottom > 0).sum(axis=0) < 2
    ends = np.where(single, np.nan, (value - high * error, value - low * error))
    return np.maximum(ends[0], 0.0), ends[1]


def percentile_intervals(
    terms: NDArray[np.float64],
    block: NDArray[np.int64],
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    n_resamples: int,
    seed: int,
) -> Intervals:
    """Percentile bootstrap intervals of any function of sums over tiles.

    Parameters
    ----------
    terms : array of shape (n_tiles, n_terms)
    block : array of shape (n_tiles,)
    function : callable
        Turns sums, shape (n_resamples, n_terms), into values, shape (n_resamples, ...).
    n_resamples : int
    seed : int
        Same seed, same draws, whatever the terms.

    Returns
    -------
    Intervals
        Arrays of the shape of one value.
    """
    units = {"tiles": terms, "blocks": block_totals(terms, block)}
    ends = [
        percentile_ends(function(_resampled(unit, n_resamples, job_rng(seed, name))))
        for name, unit in units.items()
    ]
    return Intervals(*ends[0], *ends[1])


def _resampled(
    terms: NDArray[np.float64], n_resamples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Sums of every resample; NaN where there are fewer than two units to draw from."""
    if len(terms) < 2:
        return np.full((n_resamples, terms.shape[1]), np.nan)
    return resampled_totals(terms, n_resamples=n_resamples, rng=rng)


def _value_and_error(
    sums: NDArray[np.float64], n_classes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Quotients of sums and their standard errors by linearisation."""
    parts = sums.reshape(*sums.shape[:-1], 5, n_classes)
    top, bottom, squares, products, weights = np.moveaxis(parts, -2, 0)
    value = quotient(top, bottom)
    variance = squares - 2 * value * products + value**2 * weights
    return value, quotient(np.sqrt(np.maximum(variance, 0.0)), bottom)
