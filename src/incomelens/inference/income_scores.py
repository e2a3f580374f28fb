r"""How much of the log of income a method explains, whatever it predicts.

All methods are asked for the income class, so that they are set side by side on one task. What a
class says of income is known from the training folds: the mean log income of each class there. A
method with probabilities :math:`q_k` expects :math:`\sum_k q_k m_k`, with :math:`m_k` those means;
one without (ridge of the class) says an expected class, which lies between two classes, and so does
its income. The score is

.. math:: R^2 = 1 - \sum_i (y_i - \hat y_i)^2 \Big/ \sum_i (y_i - \bar y)^2

over all cells out of fold: 0 for whoever knows the mean of the sample, below for whoever errs more.
"""

import logging
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.inference.intervals import resample
from incomelens.inference.metrics import N_CLASSES
from incomelens.inference.scored_cells import ScoredCells, scored_cells

logger = logging.getLogger(__name__)

Values = NDArray[np.float64]
SCORES = ("r2", "pearson_r", "rmse")


def income_scores(
    predictions: Mapping[str, pd.DataFrame],
    folds: pd.DataFrame,
    cells: pd.DataFrame,
    *,
    seed: int,
    n_resamples: int = 1000,
) -> pd.DataFrame:
    """Score the out-of-fold predictions of one city and scheme against the cells' incomes.

    Parameters
    ----------
    predictions, folds, seed, n_resamples
        As for :func:`incomelens.inference.evaluation.evaluate`.
    cells : DataFrame
        ``cell_id``, ``income``, ``imputed``.

    Returns
    -------
    DataFrame
        Table ``inference/{city}/{scheme}/income_scores.csv``. Where an income is zero or negative
        (a share, an index) there is no log: the label is scored as it is, and ``scale`` says so.
    """
    sample = scored_cells(predictions, folds, cells)
    income = cells.set_index("cell_id")["income"].reindex(np.sort(folds["cell_id"]))
    scale, label = _label(income.to_numpy(dtype=np.float64))
    means = _class_means(label, sample)
    rows = []
    for model in sample.models:
        terms = _terms(label - label.mean(), _expected(sample, model, means) - label.mean())
        sums = resample(terms, sample.block, n_resamples=n_resamples, seed=seed, unit=sample.unit)
        rows += [
            {"model": model, "scale": scale, "metric": metric, **score.row(metric)}
            for metric in SCORES
            for score in [sums.map(lambda totals, metric=metric: _scores(totals)[metric])]
        ]
    return pd.DataFrame(rows)


def _label(income: Values) -> tuple[str, Values]:
    """Log of income and the word for it; the income itself where there is no log."""
    if (income > 0).all():
        return "log", np.log(income)
    logger.warning(
        "income scores: %d of %d labels are zero or negative, so there is no log; they are scored "
        "as they are",
        *((income <= 0).sum(), len(income)),
    )
    return "as it is", income


def _class_means(label: Values, sample: ScoredCells) -> dict[int, Values]:
    """Mean label of each class in the other folds, by fold; of a class without any, in between."""
    numbers = np.arange(1, N_CLASSES + 1)
    means = {}
    for fold in np.unique(sample.fold):
        others = sample.fold != fold
        known = [k for k in numbers if (sample.observed[others] == k).any()]
        of_class = [label[others & (sample.observed == k)].mean() for k in known]
        means[int(fold)] = np.interp(numbers, known, of_class)
    return means


def _expected(sample: ScoredCells, model: str, means: Mapping[int, Values]) -> Values:
    """Label that a model expects of every cell."""
    of_fold = np.stack([means[int(fold)] for fold in sample.fold])
    if (probabilities := sample.probabilities[model]) is not None:
        return (probabilities * of_fold).sum(axis=1)
    p = sample.p[model]
    expected = sample.predicted[model] if p is None else 1 + (N_CLASSES - 1) * p
    lower = np.clip(np.floor(expected).astype(np.int64), 1, N_CLASSES - 1) - 1
    within = expected - 1 - lower
    rows = np.arange(len(expected))
    return of_fold[rows, lower] * (1 - within) + of_fold[rows, lower + 1] * within


def _terms(label: Values, expected: Values) -> Values:
    """What each cell adds to the sums behind the scores; centred, so that no digits are lost."""
    error = (label - expected) ** 2
    columns = (label, label**2, expected, expected**2, label * expected, error)
    return np.column_stack([np.ones_like(label), *columns])


def _scores(totals: Values) -> dict[str, Values]:
    """Scores from sums of :func:`_terms`; missing where nothing varies."""
    with np.errstate(divide="ignore", invalid="ignore"):
        y, yy, f, ff, yf, error = (totals / totals[:, :1]).T[1:]
        spread, spread_f = yy - y**2, ff - f**2
        spread, spread_f = (np.where(part > 1e-12, part, np.nan) for part in (spread, spread_f))
        return {
            "r2": 1 - error / spread,
            "pearson_r": (yf - y * f) / np.sqrt(spread * spread_f),
            "rmse": np.sqrt(error),
        }
