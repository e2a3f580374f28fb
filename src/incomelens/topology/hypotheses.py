r"""P and q values of both hypotheses, from statistics drawn again; ranks of classes compared.

How they are drawn stands in ``exchange`` and ``repairing`` (H0) and in ``shuffling`` (H1). Every P
is two-sided and counts the observation among the draws: :math:`P = (M + 1) / (R + 1)`, where M of R
draws deviate at least as far. Draws go on until more of them would change no decision.
"""

import logging
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from incomelens.folds.resampling import Interval

logger = logging.getLogger(__name__)

TIE = 1e-9  # deviations closer than this are equal
LEVEL = 0.05
UNSETTLED = 0.01  # probability that more draws would turn a decision that is called settled


def deviations(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of every draw from the mean of all, in their SD.

    Parameters
    ----------
    values : array of shape (1 + n_draws, n)
        The observation first. A draw without a value (NaN) does not deviate.

    Returns
    -------
    array of shape (1 + n_draws, n)
        0 or more; 0 throughout where all draws are equal, NaN where the observation is missing.
    """
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / count
    away = np.where(known, np.abs(values - mean), 0.0)
    spread = np.sqrt((away**2).sum(axis=0) / count)
    steady = spread <= TIE * np.maximum(np.abs(mean), TIE)
    scaled = np.where(steady, 0.0, away / np.where(steady, 1.0, spread))
    return np.where(known[0], scaled, np.nan)


def p_values(deviation: NDArray[np.float64]) -> NDArray[np.float64]:
    """P = (M + 1) / (R + 1) of every column of :func:`deviations`; NaN without an observation."""
    as_far = (deviation[1:] >= deviation[0] - TIE).sum(axis=0)
    return np.where(np.isnan(deviation[0]), np.nan, (as_far + 1) / len(deviation))


def joint_p_value(deviation: NDArray[np.float64]) -> float:
    """P of the furthest deviation over all columns that have an observation.

    Each in units of what one of its draws in twenty exceeds, so that a column whose draws reach far
    by chance does not speak for all.

    Ratios of a tile's classes make up for one another, so that P values of classes are not
    independent and must not be combined as if they were. Draws that are shared by the columns carry
    their dependence; where columns were drawn independently although their observations are not,
    the test errs on the safe side (Šidák 1967, J. Am. Stat. Assoc. 62:626).
    """
    known = deviation[:, ~np.isnan(deviation[0])]
    if known.shape[1] == 0:
        return np.nan
    usual = np.quantile(known, 1 - LEVEL, axis=0, method="higher")
    with np.errstate(invalid="ignore"):  # infinitely far, in units of infinitely far
        units = np.nan_to_num(known / np.where(usual > 0, usual, 1.0), nan=1.0, posinf=np.inf)
    return float(p_values(units.max(axis=1, keepdims=True))[0])


def until_settled(
    extend: Callable[[int], NDArray[np.float64]],
    *,
    name: str,
    n_families: int,
    least: int,
    most: int,
    level: float = LEVEL,
) -> NDArray[np.float64]:
    """Draw until every decision on q <= `level` is settled.

    First as many draws that a single true alternative could be found in the whole family, where P
    must come down to `level` over its size; then twice as many, until the decisions would be the
    same at either end of the interval of every P (Clopper & Pearson 1934).

    Parameters
    ----------
    extend : callable
        Takes a number of further draws; gives the deviations of all so far, shape (1 + n_draws, n).
    name : str
        Of the tests, for the log.
    n_families : int
        How many tables like this one, of as many cities, q values span.
    least, most : int
        Bounds of the number of draws.
    level : float
    """
    deviation = extend(least)
    n_tests = n_families * int((~np.isnan(deviation[0])).sum())
    wanted = int(np.ceil(n_tests / level)) - 1
    while len(deviation) - 1 < most and (len(deviation) <= wanted or not settled(deviation, level)):
        so_far = len(deviation) - 1
        deviation = extend(min(max(wanted, 2 * so_far), most) - so_far)
    n_draws = len(deviation) - 1
    logger.info("%s: %d tests, %d draws", name, n_tests // n_families, n_draws)
    if n_draws < wanted:
        logger.warning(
            "%s: %d draws cannot bring a single one of %d tests to q <= %g; set most_draws to at "
            "least %d", name, n_draws, n_tests, level, wanted,
        )  # fmt: skip
    return deviation


def settled(deviation: NDArray[np.float64], level: float = LEVEL) -> bool:
    """Whether more draws would hardly change a decision on q <= `level` within these columns."""
    known = deviation[:, ~np.isnan(deviation[0])]
    n_draws = len(known) - 1
    as_far = (known[1:] >= known[0] - TIE).sum(axis=0)
    low = np.nan_to_num(betaincinv(as_far, n_draws - as_far + 1, UNSETTLED / 2), nan=0.0)
    high = np.nan_to_num(betaincinv(as_far + 1, n_draws - as_far, 1 - UNSETTLED / 2), nan=1.0)
    return bool(((q_values(low) <= level) == (q_values(high) <= level)).all())


def q_values(p_value: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Benjamini–Hochberg q of a family of P values; NaN where P is, which does not count.

    .. math:: q_{(i)} = \min_{j \ge i} \; n P_{(j)} / j
    """
    q_value = np.full(len(p_value), np.nan)
    (known,) = np.isfinite(p_value).nonzero()
    order = known[np.argsort(p_value[known])]
    share = np.arange(1, len(order) + 1) / len(order)
    # From the largest down, which no other may exceed.
    q_value[order] = np.minimum.accumulate((p_value[order] / share)[::-1])[::-1]
    return np.minimum(q_value, 1.0)


def rank_correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[float, Interval]:
    r"""Spearman's correlation of two numbers over classes, and its 95 % interval.

    .. math:: \mathrm{artanh}(\rho) \pm 1.96 \sqrt{(1 + \rho^2 / 2) / (n - 3)}

    Parameters
    ----------
    a, b : arrays of shape (n,)
        Without NaN.

    Returns
    -------
    rho : float
        NaN where one of them is constant, or with fewer than three classes.
    interval : Interval
        Of classes taken as a sample of classes; NaN with fewer than five.

    Notes
    -----
    Bonett & Wright (2000), Psychometrika 65:23. Classes are few, so that the interval is wide.
    """
    n = len(a)
    if n < 3 or len(np.unique(a)) == 1 or len(np.unique(b)) == 1:
        return np.nan, Interval(np.nan, np.nan)
    rho = float(np.corrcoef(average_ranks(a), average_ranks(b))[1, 0])
    if n < 5:
        return rho, Interval(np.nan, np.nan)
    half = 1.96 * np.sqrt((1 + rho**2 / 2) / (n - 3))
    centre = np.arctanh(np.clip(rho, -1 + 1e-9, 1 - 1e-9))  # a correlation of 1 is not certain
    return rho, Interval(float(np.tanh(centre - half)), float(np.tanh(centre + half)))


def average_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1, shape (n,); equal values share the mean of their ranks.

    As ``scipy.stats.rankdata``: many jobs need ranks, q and quantiles of scipy.stats, whose import
    takes longer than they compute.
    """
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]
