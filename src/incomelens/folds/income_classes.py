"""Fifths of a city's income distribution: the classes that the network predicts."""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError, listed

logger = logging.getLogger(__name__)

UNEVEN = 0.1  # classes that differ by more than this from an equal share are worth a warning
# The paper prints {3, 4} for high, which counts from zero: deviation `ses_groups`.
SES_CLASSES = {"low": (1, 2), "high": (4, 5)}


@dataclass(frozen=True)
class IncomeClasses:
    """Class of every cell, 1 (poorest) .. n, and the n + 1 incomes that part them, ascending."""

    classes: NDArray[np.int64]
    thresholds: NDArray[np.float64]


def income_classes(income: NDArray[np.float64], *, n_classes: int = 5) -> IncomeClasses:
    """Cut the incomes of a city's kept cells into classes of about equal size.

    Deviation `income_fifths`.

    Parameters
    ----------
    income : array of shape (n_cells,)
        Of the kept cells of one city, in any unit.
    n_classes : int

    Returns
    -------
    IncomeClasses
        Class k holds incomes from threshold k - 1 (inclusive) to threshold k (exclusive); the last
        class holds the highest income too.

    Raises
    ------
    InputError
        If an income is missing, or so many incomes are equal that a class is empty.

    Notes
    -----
    Exactly the released code: percentiles 0, 20, .., 100, ``numpy.digitize``, and the maximum put
    in the last class. Equal incomes always share a class, the upper one at a threshold.
    """
    income = np.asarray(income, dtype=np.float64)
    if len(income) < n_classes:
        raise InputError(
            f"income classes: {len(income)} cells with an income cannot fill {n_classes} classes; "
            "check why cells were dropped"
        )
    missing = np.flatnonzero(~np.isfinite(income))
    if len(missing):
        raise InputError(
            f"income classes: {len(missing)} of {len(income)} cells have no income, the first in "
            f"row {missing[0]}; pass the kept cells only"
        )
    thresholds = np.percentile(income, np.linspace(0.0, 100.0, n_classes + 1))
    classes = np.minimum(np.digitize(income, thresholds), n_classes).astype(np.int64)
    _check_filled(income, classes, n_classes)
    return IncomeClasses(classes, thresholds)


def class_table(result: IncomeClasses) -> pd.DataFrame:
    """Table of the classes: ``income_class``, ``income_from_eur``, ``income_to_eur``, ``n``."""
    n_classes = len(result.thresholds) - 1
    return pd.DataFrame(
        {
            "income_class": np.arange(1, n_classes + 1),
            "income_from_eur": result.thresholds[:-1],
            "income_to_eur": result.thresholds[1:],
            "n": np.bincount(result.classes, minlength=n_classes + 1)[1:],
        }
    )


def _check_filled(income: NDArray[np.float64], classes: NDArray[np.int64], n_classes: int) -> None:
    counts = np.bincount(classes, minlength=n_classes + 1)[1:]
    # Imputed neighbours share one mean, up to the rounding of the published sums.
    _, same = np.unique(income.round(), return_counts=True)
    n_equal = int(same[same > 1].sum())
    filling = (
        f"cells in classes 1..{n_classes}: {listed(counts, n_classes)}; {n_equal} of {len(income)} "
        "share their income, to the euro, with another"
    )
    if (counts == 0).any():
        empty = np.flatnonzero(counts == 0) + 1
        raise InputError(
            f"income classes: class {listed(empty)} is empty ({filling}); exclude imputed cells, "
            "which share one income, or use fewer classes"
        )
    fair = len(income) / n_classes
    uneven = np.abs(counts - fair).max() > max(1.0, UNEVEN * fair)
    logger.log(logging.WARNING if uneven else logging.INFO, "income: %s", filling)
