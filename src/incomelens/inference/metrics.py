r"""Scores of predicted income classes: arrays in, numbers out.

Every score is a function of a few sums over cells. So :func:`score_terms` says what each cell adds,
:func:`scores_from_totals` turns sums into scores, and a bootstrap resamples the sums alone
(:mod:`incomelens.folds.resampling`).

With observed class :math:`o`, predicted class :math:`\hat o`, probabilities :math:`q_k` and
:math:`n_{SES}` classes:

``accuracy``, ``accuracy_within_1``
    Shares of cells with :math:`\hat o = o` and :math:`|\hat o - o| \le 1`.
``mae``
    Mean of :math:`|\hat o - o|`, in classes.
``pearson_r``
    Correlation of :math:`o` and :math:`\hat o`, as the paper's r.
``pearson_r_expected``
    Correlation of :math:`o` and the expected class :math:`1 + (n_{SES} - 1) p`.
``kappa_quadratic``
    :math:`1 - \overline{(\hat o - o)^2} / E`, where E is the same mean for independent classes with
    the same two margins (Cohen 1968).
``rps``
    Ranked probability score, :math:`\overline{\sum_k (Q_k - [o \le k])^2} / (n_{SES} - 1)` with the
    cumulative :math:`Q_k`: 0 is best, and ``mae`` / 4 for a model that is always certain of one of
    five classes.
``ece``
    Expected calibration error, see :mod:`incomelens.inference.calibration`.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.inference.calibration import N_BINS, calibration_terms

N_CLASSES = 5
_SUMS = 13  # columns before the ranked probability score and the calibration bins
N_TERMS = _SUMS + 1 + N_BINS


@dataclass(frozen=True)
class Scores:
    """Scores of one set of predictions (see the module for each); NaN where one does not exist.

    The correlations need predictions and observations that vary. ``kappa_quadratic`` is 0 for a
    constant prediction and missing only where both sides are one and the same class. ``rps`` and
    ``ece`` need probabilities.
    """

    n: int
    accuracy: float
    accuracy_within_1: float
    mae: float
    pearson_r: float
    pearson_r_expected: float
    kappa_quadratic: float
    rps: float
    ece: float


METRICS = tuple(field.name for field in fields(Scores) if field.name != "n")


def score(
    observed: NDArray[np.int64],
    predicted: NDArray[np.int64],
    *,
    p: NDArray[np.float64] | None = None,
    probabilities: NDArray[np.float64] | None = None,
) -> Scores:
    """Score one set of predictions.

    Parameters
    ----------
    observed, predicted : arrays of shape (n,)
        Income classes 1, 2, .., 5.
    p : array of shape (n,), optional
        (Expected class − 1) / 4, between 0 and 1.
    probabilities : array of shape (n, 5), optional
        Of every class; each row sums to 1.

    Raises
    ------
    InputError
        If there is no cell, the shapes differ, a class is outside 1..5, or a row of probabilities
        does not sum to 1.

    Examples
    --------
    >>> score(np.array([1, 2, 3, 4]), np.array([1, 3, 3, 2])).accuracy_within_1
    0.75
    """
    terms = score_terms(observed, predicted, p=p, probabilities=probabilities)
    values = scores_from_totals(terms.sum(axis=0, keepdims=True))
    return Scores(n=len(observed), **{name: float(value[0]) for name, value in values.items()})


def score_terms(
    observed: NDArray[np.int64],
    predicted: NDArray[np.int64],
    *,
    p: NDArray[np.float64] | None = None,
    probabilities: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """What each cell adds to the sums behind the scores; parameters as in :func:`score`.

    Returns
    -------
    array of shape (n, n_terms)
        To be summed over cells and given to :func:`scores_from_totals`. NaN where a model has no
        `p` or no probabilities.
    """
    _check(observed, predicted, p, probabilities)
    # Centred on the middle class, so that the spreads lose no digits.
    middle = (N_CLASSES + 1) / 2
    o, f = observed - middle, predicted - middle
    unknown = np.full(len(o), np.nan)
    e = unknown if p is None else (N_CLASSES - 1) * (p - 0.5)
    difference = np.abs(f - o)
    columns = [np.ones_like(o), difference == 0, difference <= 1, difference, difference**2]
    columns += [o, f, e, o * o, f * f, e * e, o * f, o * e]
    if probabilities is None:
        rank, bins = unknown[:, None], np.full((len(o), N_BINS), np.nan)
    else:
        reached = observed[:, None] <= np.arange(1, N_CLASSES)
        below = np.cumsum(probabilities, axis=1)[:, :-1]
        rank = ((below - reached) ** 2).sum(axis=1, keepdims=True) / (N_CLASSES - 1)
        bins = calibration_terms(observed, predicted, probabilities)
    return np.column_stack([np.column_stack(columns), rank, bins]).astype(np.float64)


def scores_from_totals(totals: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Scores from sums of :func:`score_terms`, one of each for every row of `totals`.

    Parameters
    ----------
    totals : array of shape (n_sums, at least N_TERMS)
        Further columns are left alone. A row without any cell (its first column is 0) gives NaN.

    Returns
    -------
    dict of arrays of shape (n_sums,)
        The :data:`METRICS`.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        means = (totals / totals[:, :1]).T
        hit, near, absolute, square, o1, f1, e1, oo, ff, ee, of, oe = means[1:_SUMS]
        rank, gaps = means[_SUMS], means[_SUMS + 1 : N_TERMS]
        spread_o, spread_f, spread_e = oo - o1**2, ff - f1**2, ee - e1**2
        by_chance = _positive(spread_o + spread_f + (o1 - f1) ** 2)
        return {
            "accuracy": hit,
            "accuracy_within_1": near,
            "mae": absolute,
            "pearson_r": (of - o1 * f1) / np.sqrt(_positive(spread_o) * _positive(spread_f)),
            "pearson_r_expected": (oe - o1 * e1)
            / np.sqrt(_positive(spread_o) * _positive(spread_e)),
            "kappa_quadratic": 1 - square / by_chance,
            "rps": rank,
            "ece": np.abs(gaps).sum(axis=0),
        }


def _positive(spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spreads in classes², missing where they are nothing but rounding."""
    return np.where(spread > 1e-12, spread, np.nan)


def _check(
    observed: NDArray[np.int64],
    predicted: NDArray[np.int64],
    p: NDArray[np.float64] | None,
    probabilities: NDArray[np.float64] | None,
) -> None:
    n = len(observed)
    if n == 0:
        raise InputError("scores: there is no cell to score; check the folds and the cells kept")
    sizes = {"predicted": predicted, "p": p, "probabilities": probabilities}
    for name, values in sizes.items():
        if values is not None and len(values) != n:
            raise InputError(f"scores: {n} observed classes but {len(values)} of {name}")
    for name, classes in {"observed": observed, "predicted": predicted}.items():
        outside = np.flatnonzero(~np.isin(classes, np.arange(1, N_CLASSES + 1)))
        if len(outside):
            raise InputError(
                f"scores: {name} class {classes[outside[0]]} in row {outside[0]} ({len(outside)} "
                f"of {n} rows) is not one of 1..{N_CLASSES}; classes count from 1"
            )
    if probabilities is not None:
        sums = probabilities.sum(axis=1)
        off = np.flatnonzero(~(np.abs(sums - 1) < 1e-4))
        if probabilities.shape[1] != N_CLASSES or len(off):
            row = int(off[0]) if len(off) else 0
            raise InputError(
                f"scores: probabilities of row {row} sum to {sums[row]:.6g} over "
                f"{probabilities.shape[1]} classes; expected 1 over {N_CLASSES}"
            )


def share(part: NDArray[Any] | float, whole: NDArray[Any] | float) -> NDArray[np.float64]:
    """Give the part of a whole, missing where the whole is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(part, dtype=float) / np.where(np.asarray(whole) > 0, whole, np.nan)
