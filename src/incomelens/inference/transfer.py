"""From city to city: how much of what a model learnt in one city holds in another.

A city's own cells are scored out of fold. Cells of another city were seen by none of the models, so
all fold models of the city of training are asked and their probabilities averaged. The observed
class is always the cell's fifth of **its own** city's incomes: what is asked to travel is the look
of relative wealth, not a level of income.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.common.seeds import job_seed
from incomelens.inference.intervals import Resampled, resample
from incomelens.inference.metrics import METRICS, N_CLASSES, scores_from_totals
from incomelens.inference.scored_cells import PROBABILITIES, scored_cells


def mean_over_models(predictions: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mean probabilities of several models for the same cells.

    Parameters
    ----------
    predictions : sequence of DataFrame
        ``cell_id``, ``prob_1`` .. ``prob_5`` of each fold model.

    Returns
    -------
    DataFrame
        Table ``inference/transfer/{city}.parquet`` without ``tested_on``, sorted by ``cell_id``; of
        two classes equally probable the lower one.

    Raises
    ------
    InputError
        If there is no table, the tables have other cells, or a probability is missing.
    """
    if not predictions:
        raise InputError("transfer: no predictions to average; name at least one fold model")
    tables = [table.set_index("cell_id")[PROBABILITIES].sort_index() for table in predictions]
    for number, table in enumerate(tables):
        if not table.index.is_unique or not table.index.equals(tables[0].index):
            apart = table.index.symmetric_difference(tables[0].index)
            raise InputError(
                f"transfer: model {number} predicts other cells than model 0 ({len(apart)} apart: "
                f"{listed(apart)}) or one twice; predict the same cells by every fold model"
            )
        if table.isna().to_numpy().any():
            raise InputError(f"transfer: model {number} gives no probability for some cells")
    mean = np.mean([table.to_numpy(dtype=np.float64) for table in tables], axis=0)
    expected = mean @ np.arange(1, N_CLASSES + 1)
    return pd.DataFrame(
        {
            "cell_id": tables[0].index,
            "predicted": mean.argmax(axis=1) + 1,
            "p": (expected - 1) / (N_CLASSES - 1),
            **dict(zip(PROBABILITIES, mean.T, strict=True)),
        }
    )


def transfer_table(
    predictions: Mapping[tuple[str, str], pd.DataFrame],
    folds: Mapping[str, pd.DataFrame],
    *,
    seed: int,
    n_resamples: int = 1000,
) -> pd.DataFrame:
    """Scores of every city's models on every city's cells.

    Parameters
    ----------
    predictions : mapping of (trained on, tested on) to DataFrame
        For a city on itself the out-of-fold ``predictions.parquet``; otherwise
        :func:`mean_over_models` of the fold models. Every kept cell of the tested city once.
    folds : mapping of city to DataFrame
        ``cell_id``, ``income_class``, ``fold``, ``block``; for every tested city.
    seed : int
    n_resamples : int

    Returns
    -------
    DataFrame
        Table ``inference/transfer.csv``: a loss under the same draws as the score, missing where
        the city has no models of its own here.

    Raises
    ------
    InputError
        If a tested city has no folds, or predictions and folds do not fit.
    """
    rows = []
    for tested_on in dict.fromkeys(city for _, city in predictions):
        if tested_on not in folds:
            raise InputError(
                f"transfer: no folds of {tested_on!r}; there are those of {listed(folds)}"
            )
        own = {trained: t for (trained, tested), t in predictions.items() if tested == tested_on}
        scores = _scores(own, folds[tested_on], tested_on, job_seed(seed, tested_on), n_resamples)
        for (trained_on, metric), score in scores.items():
            row = {"trained_on": trained_on, "tested_on": tested_on, "metric": metric}
            home = scores.get((tested_on, metric))
            rows.append({**row, **score.row(metric), **_loss(metric, score, home)})
    return pd.DataFrame(rows)


LESS_IS_BETTER = ("mae", "rps", "ece")


def _scores(
    predictions: dict[str, pd.DataFrame],
    folds: pd.DataFrame,
    city: str,
    seed: int,
    n_resamples: int,
) -> dict[tuple[str, str], Resampled]:
    home = {name: table for name, table in predictions.items() if name == city}
    if home:
        scored_cells(home, folds)  # its own cells must be predicted out of fold
    sample = scored_cells(predictions, folds, out_of_fold=False)
    terms = [sample.terms(name) for name in sample.models]
    width = terms[0].shape[1]
    sums = resample(np.hstack(terms), sample.block, n_resamples=n_resamples, seed=seed)
    scores = {}
    for place, name in enumerate(sample.models):
        span = slice(place * width, (place + 1) * width)
        for metric in METRICS:
            scores[name, metric] = sums.map(
                lambda s, span=span, metric=metric: scores_from_totals(s[:, span])[metric]
            )
    return scores


def _loss(metric: str, score: Resampled, home: Resampled | None) -> dict[str, float]:
    if home is None:
        return {"loss": np.nan, "loss_ci_low": np.nan, "loss_ci_high": np.nan}
    first, second = (score, home) if metric in LESS_IS_BETTER else (home, score)
    row = first.minus(second).row(metric)
    ends = {"loss_ci_low": row["block_ci_low"], "loss_ci_high": row["block_ci_high"]}
    return {"loss": row["value"], **ends}
