"""Two models compared fold by fold, with the dependence of folds taken into account."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from incomelens.folds.resampling import Interval


def fold_difference(
    own: ArrayLike, other: ArrayLike, *, test_over_training: float | None = None
) -> tuple[float, Interval, float]:
    r"""Mean difference of two models' scores over folds, its 95 % interval and its P.

    .. math:: t = \bar d \Big/ \sqrt{(1/k + n_\mathrm{test} / n_\mathrm{train})\, s_d^2}

    The corrected resampled t test. Trainings of k folds share most of their units, so that a usual
    paired t test calls differences real far too often; with k folds the added term is 1 / (k − 1).
    Repeated under other partitions, k counts all folds of all of them, and the term stays that of
    one.

    Parameters
    ----------
    own, other : arrays of shape (k,)
        Scores of both models on the same folds in the same order. Folds where one is missing (NaN)
        do not count.
    test_over_training : float, optional
        Units held out over units learnt from; by default those of k folds of one partition.

    Returns
    -------
    mean : float
    interval : Interval
        NaN with fewer than two folds.
    p_value : float
        Two-sided, k − 1 degrees of freedom; NaN with fewer than two folds.

    Notes
    -----
    Nadeau & Bengio (2003), Machine Learning 52:239. The correction assumes as much correlation
    between folds as they overlap; no estimate without such an assumption is unbiased.
    """
    d = np.asarray(own, dtype=float) - np.asarray(other, dtype=float)
    d = d[np.isfinite(d)]
    k = len(d)
    mean = float(d.mean()) if k else np.nan
    if k < 2:
        return mean, Interval(np.nan, np.nan), np.nan
    overlap = 1 / (k - 1) if test_over_training is None else test_over_training
    error = float(np.sqrt((1 / k + overlap) * d.var(ddof=1)))
    half = float(stdtrit(k - 1, 0.975)) * error
    if error == 0:  # the same difference in every fold
        return mean, Interval(mean, mean), float(mean == 0)
    p_value = 2 * float(stdtr(k - 1, -abs(mean) / error))
    return mean, Interval(mean - half, mean + half), p_value
