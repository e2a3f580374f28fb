r"""Which classes a cell may be of: sets of neighbouring classes that hold nine in ten incomes.

A set grows from the most probable class, at each step by the more probable of the two classes
beside it, so that it never has a gap (ordinal adaptive prediction sets; Lu, Angelopoulos &
Pomerantz 2022, MICCAI, arXiv:2207.02238). The score of a class is the probability of the set
*before* it joins:

.. math:: s(x, k) = \sum_{j \in S_{<k}(x)} q_j(x), \qquad
          C(x) = \{k : s(x, k) \le \hat s\}

with :math:`\hat s` the quantile of the scores of the true classes
(:func:`incomelens.folds.conformal.conformal_quantile`). The most probable class has score 0: no set
is empty, and a network that is right about more than nine in ten cells gives sets that hold more
than it was asked for.

Cells are calibrated on those of the *other folds* of the same scheme, none on itself, nor on its
block, unit or area where these are held out whole: as for the districts
(:mod:`incomelens.ssig.conformal`), whose caveats hold here too. Models of different folds have to
err alike, and what is held out has to be exchangeable: cells under random folds, units or blocks as
wholes under folds of these. An area that is unlike all others is not, so that coverage is measured
(:mod:`incomelens.inference.set_coverage`).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.folds.conformal import LEVEL, conformal_quantile
from incomelens.inference.scored_cells import PROBABILITIES, scored_cells

METHODS = ("network", "split", "label_conditional")
"""The network's own probabilities; one threshold for all; one for each true class."""
Values = NDArray[np.float64]
Ends = tuple[NDArray[np.int64], NDArray[np.int64]]


def calibrate_sets(predictions: Mapping[str, pd.DataFrame], folds: pd.DataFrame) -> pd.DataFrame:
    """90 % sets of income classes of every network, by every method.

    Parameters
    ----------
    predictions : mapping of network to DataFrame
        Out of fold: ``cell_id``, ``fold``, ``observed``, ``predicted``, ``p``, ``prob_1`` ..
        ``prob_5``.
    folds : DataFrame
        ``cell_id``, ``income_class``, ``fold``, ``block``.

    Returns
    -------
    DataFrame
        Table ``inference/{city}/{scheme}/prediction_sets.parquet``; cells by their identifiers.

    Raises
    ------
    InputError
        If a network has no probabilities, a cell does not fit its fold, or there is one fold.
    """
    sample = scored_cells(predictions, folds)
    keys = pd.DataFrame(
        {
            "cell_id": folds["cell_id"].sort_values().to_numpy(),
            "fold": sample.fold,
            "observed": sample.observed,
        }
    )
    parts = []
    for network, probabilities in sample.probabilities.items():
        if probabilities is None:
            raise InputError(
                f"prediction sets: the predictions of {network} have no {PROBABILITIES[0]} .. "
                f"{PROBABILITIES[-1]}; a set is made of the probabilities of all classes"
            )
        sets = prediction_sets(sample.observed, probabilities, sample.fold)
        told = keys.assign(model=network, predicted=sample.predicted[network])
        parts += [
            told.assign(method=method, low_class=low, high_class=high)
            for method, (low, high) in sets.items()
        ]
    columns = ["model", "method", *keys, "predicted", "low_class", "high_class"]
    return pd.concat(parts, ignore_index=True)[columns]


def prediction_sets(
    observed: NDArray[np.int64], probabilities: Values, fold: NDArray[np.int64]
) -> dict[str, Ends]:
    """Lowest and highest class of every cell's set by method, each fold calibrated on the others.

    Parameters
    ----------
    observed : array of shape (n,)
        Classes from 1.
    probabilities : array of shape (n, n_classes)
        Of the classes, out of fold; each row sums to 1.
    fold : array of shape (n,)
        Two folds or more.

    Returns
    -------
    dict of (low, high), arrays of shape (n,)
        The :data:`METHODS`; classes from 1, low at most high.

    Raises
    ------
    InputError
        If there is one fold alone, so that nothing is left to calibrate on.
    """
    numbers = np.unique(fold)
    if len(numbers) < 2:
        raise InputError(
            "prediction sets: all cells are in one fold; cells are calibrated on those of other "
            "folds, so that two are needed"
        )
    before = mass_before(probabilities)
    score = before[np.arange(len(fold)), observed - 1]
    threshold = {method: np.empty_like(before) for method in METHODS[1:]}
    for number in numbers:
        own, rest = fold == number, fold != number
        threshold["split"][own] = conformal_quantile(score[rest])
        threshold["label_conditional"][own] = _quantile_of_classes(
            score[rest], observed[rest], before.shape[1]
        )
    # Its own set is the smallest that has the level: a class that finds it reached stays outside.
    inside = {"network": before < LEVEL * (1 - 1e-12)}
    inside |= {method: before <= limit for method, limit in threshold.items()}
    return {method: ends_of(inside[method]) for method in METHODS}


def mass_before(probabilities: Values) -> Values:
    """Probability of the growing set before each class joins it.

    Parameters
    ----------
    probabilities : array of shape (n, n_classes)

    Returns
    -------
    array of shape (n, n_classes)
        0 for the most probable class (the poorest of equals), and rising away from it.

    Examples
    --------
    >>> mass_before(np.array([[0.125, 0.5, 0.25, 0.0, 0.125]]))
    array([[0.75 , 0.   , 0.5  , 0.875, 0.875]])
    """
    n, n_classes = probabilities.shape
    rows = np.arange(n)
    # A column that nobody enters stands at either end.
    walled = np.pad(probabilities, ((0, 0), (1, 1)), constant_values=-np.inf)
    low = high = 1 + probabilities.argmax(axis=1)
    mass = walled[rows, low]
    before = np.zeros_like(walled)
    for _ in range(n_classes - 1):
        poorer = walled[rows, low - 1] >= walled[rows, high + 1]
        low, high = low - poorer, high + ~poorer
        joined = np.where(poorer, low, high)
        before[rows, joined] = mass
        mass = mass + walled[rows, joined]
    return before[:, 1:-1]


def ends_of(inside: NDArray[np.bool_]) -> Ends:
    """Lowest and highest class of sets, whose gaps they close.

    Parameters
    ----------
    inside : array of shape (n, n_classes)
        At least one class of each row.

    Returns
    -------
    low, high : arrays of shape (n,)
        From 1.
    """
    low = 1 + inside.argmax(axis=1)
    return low, inside.shape[1] - inside[:, ::-1].argmax(axis=1)


def _quantile_of_classes(score: Values, observed: NDArray[np.int64], n_classes: int) -> Values:
    """Threshold of each class from the cells that are of it; infinite where these are too few.

    Label-conditional conformal prediction (Vovk et al. 2005, 4.5): what it leaves out of a set it
    leaves out in at most one in ten cells of that very class.
    """
    return np.array(
        [conformal_quantile(score[observed == number]) for number in range(1, n_classes + 1)]
    )
