r"""Calibration: of the cells given a class with 70 % certainty, 70 % should be of that class.

The certainty is the probability of the **predicted** class (top-label calibration, Guo et al. 2017,
ICML). Cells are sorted into ten bins of certainty, fixed and of equal width, [0, 0.1), [0.1, 0.2),
.., [0.9, 1]:

.. math:: \mathrm{ECE} = \sum_b \frac{n_b}{n} \, |\text{accuracy}_b - \text{mean certainty}_b|

Fixed bins make the error a function of sums, and comparable between models and folds. A perfectly
calibrated model has a positive ECE in a finite sample: read it beside its interval.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

N_BINS = 10


def calibration_terms(
    observed: NDArray[np.int64],
    predicted: NDArray[np.int64],
    probabilities: NDArray[np.float64],
) -> NDArray[np.float64]:
    """What each cell adds to the gap between certainty and accuracy of its bin.

    Parameters
    ----------
    observed, predicted : arrays of shape (n,)
        Income classes from 1.
    probabilities : array of shape (n, n_classes)

    Returns
    -------
    array of shape (n, N_BINS)
        (Certainty − hit) in the column of the cell's bin, 0 elsewhere; the ECE is the sum of the
        absolute column means.
    """
    certainty = _certainty(predicted, probabilities)
    gaps = np.zeros((len(observed), N_BINS))
    gaps[np.arange(len(observed)), _bin(certainty)] = certainty - (observed == predicted)
    return gaps


def reliability(
    observed: NDArray[np.int64],
    predicted: NDArray[np.int64],
    probabilities: NDArray[np.float64],
) -> pd.DataFrame:
    """Accuracy against certainty, bin by bin: the table behind a reliability diagram.

    Returns
    -------
    DataFrame
        ``certainty_from``, ``certainty_to``, ``n``, ``mean_certainty``, ``accuracy``, one row a
        bin; the last two are missing in an empty bin. The ECE is the mean of
        ``accuracy`` − ``mean_certainty``, without its sign, weighted by ``n``.
    """
    certainty = _certainty(predicted, probabilities)
    place = _bin(certainty)
    n = np.bincount(place, minlength=N_BINS)
    count = np.where(n > 0, n, np.nan)
    edges = np.arange(N_BINS + 1) / N_BINS
    return pd.DataFrame(
        {
            "certainty_from": edges[:-1],
            "certainty_to": edges[1:],
            "n": n,
            "mean_certainty": np.bincount(place, certainty, minlength=N_BINS) / count,
            "accuracy": np.bincount(place, observed == predicted, minlength=N_BINS) / count,
        }
    )


def _certainty(
    predicted: NDArray[np.int64], probabilities: NDArray[np.float64]
) -> NDArray[np.float64]:
    return probabilities[np.arange(len(predicted)), np.asarray(predicted) - 1].astype(np.float64)


def _bin(certainty: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.minimum((certainty * N_BINS).astype(np.int64), N_BINS - 1)
