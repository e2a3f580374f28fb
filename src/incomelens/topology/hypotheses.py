r"""P and q values of both hypotheses, from statistics drawn again; ranks of classes compared.

How they are drawn stands in ``repairing`` (H0) and ``shuffling`` (H1). Every P is two-sided and
counts the observation among the draws: :math:`P = (M + 1) / (R + 1)`, where M of R draws deviate
at least as far. The deviation of each statistic is taken from its mean over the observation and all
draws, in units of their SD, which keeps the test exact and makes classes comparable.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from statsmodels.stats.multitest import multipletests

from incomelens.folds.resampling import Interval

TIE = 1e-9  # deviations closer than this are equal


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
    return np.where(np.isfinite(deviation[0]), (as_far + 1) / len(deviation), np.nan)


def joint_p_value(deviation: NDArray[np.float64]) -> float:
    """P of the largest deviation over all columns that have an observation.

    Ratios of a tile's classes make up for one another, so that P values of classes are not
    independent and must not be combined as if they were. Draws that are shared by the columns carry
    their dependence; where columns were drawn independently although their observations are not,
    the test errs on the safe side (Šidák 1967, J. Am. Stat. Assoc. 62:626).
    """
    known = deviation[:, np.isfinite(deviation[0])]
    if known.shape[1] == 0:
        return np.nan
    return float(p_values(known.max(axis=1, keepdims=True))[0])


def q_values(p_value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Benjamini–Hochberg q of a family of P values; NaN where P is, which does not count."""
    q_value = np.full(len(p_value), np.nan)
    known = np.isfinite(p_value)
    if known.any():
        q_value[known] = multipletests(p_value[known], method="fdr_bh")[1]
    return q_value


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
    rho = float(spearmanr(a, b).statistic)
    if n < 5:
        return rho, Interval(np.nan, np.nan)
    half = 1.96 * np.sqrt((1 + rho**2 / 2) / (n - 3))
    centre = np.arctanh(np.clip(rho, -1 + 1e-9, 1 - 1e-9))  # a correlation of 1 is not certain
    return rho, Interval(float(np.tanh(centre - half)), float(np.tanh(centre + half)))
