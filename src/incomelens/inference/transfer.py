"""From city to city: how much of what a model learnt in one city holds in another.

A city's own cells are scored out of fold: each is told by one model, and the models share the city.
Cells of another city were seen by none of the models; so that a loss is that of travelling, they
are shared among single models just the same, in as many turns as there are models
(:func:`in_turns`). The mean probability of all models, which is better than any of them, is scored
beside. The observed class is always the cell's fifth of **its own** city's incomes: what is asked
to travel is the look of relative wealth, not a level of income.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
        ``cell_id``, ``predicted``, ``p``, ``prob_1`` .. ``prob_5``, sorted by ``cell_id``; of two
        classes equally probable the lower one.

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


def in_turns(predictions: pd.DataFrame, folds: pd.DataFrame) -> list[pd.DataFrame]:
    """Share the cells of another city among single models as its own models share them.

    In the first turn the cells of the city's first fold are told by the first model, those of the
    second fold by the second, ...; in the next turn each by the next model, until every model has
    told every cell once. A score that adds up over cells is, in the mean over turns, that of the
    mean single model on the whole city; one that does not, such as r, is that of as many models
    pooled as at home.

    Parameters
    ----------
    predictions : DataFrame
        ``cell_id``, ``model_fold``, ``predicted``, ``p``, ``prob_1`` .. ``prob_5``: every cell by
        every model.
    folds : DataFrame
        ``cell_id``, ``fold`` of the tested city.

    Returns
    -------
    list of DataFrame
        Every cell once in each.
    """
    models, fold_numbers = np.unique(predictions["model_fold"]), np.unique(folds["fold"])
    fold = predictions["cell_id"].map(folds.set_index("cell_id")["fold"])
    asked = models.searchsorted(predictions["model_fold"])
    turn = (asked - fold_numbers.searchsorted(fold)) % len(models)
    return [predictions[turn == number] for number in range(len(models))]


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
        For a city on itself the out-of-fold ``predictions.parquet``, every kept cell once;
        otherwise the cells of the tested city by each fold model, told by ``model_fold``.
    folds : mapping of city to DataFrame
        ``cell_id``, ``income_class``, ``fold``, ``block``; for every tested city.
    seed : int
    n_resamples : int

    Returns
    -------
    DataFrame
        Table ``inference/transfer.csv``: the mean score over turns; a loss under the same draws as
        the score, missing where the city has no models of its own here; and the score of all models
        averaged, missing for a city on itself.

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
        truth = folds[tested_on]
        draws = {"n_resamples": n_resamples, "seed": job_seed(seed, tested_on)}
        averaged = mean_scores(_averaged(own, tested_on), truth, **draws)
        if tested_on in own:
            scored_cells({tested_on: own[tested_on]}, truth)  # must be predicted out of fold
        single = {city: [t] if city == tested_on else in_turns(t, truth) for city, t in own.items()}
        scores = mean_scores(single, truth, **draws)
        for (trained_on, metric), score in scores.items():
            row: dict[str, object] = {
                "trained_on": trained_on,
                "tested_on": tested_on,
                "metric": metric,
            }
            home, together = scores.get((tested_on, metric)), averaged.get((trained_on, metric))
            row |= {**score.row(metric), **_loss(metric, score, home)}
            rows.append({**row, **ends("averaged", metric, together)})
    return pd.DataFrame(rows)


LESS_IS_BETTER = ("mae", "rps", "ece")

Scores = dict[tuple[str, str], Resampled]  # by city of training and metric


def _averaged(predictions: dict[str, pd.DataFrame], city: str) -> dict[str, list[pd.DataFrame]]:
    return {
        name: [mean_over_models([own for _, own in table.groupby("model_fold")])]
        for name, table in predictions.items()
        if name != city
    }


def mean_scores(
    turns: Mapping[str, Sequence[pd.DataFrame]],
    folds: pd.DataFrame,
    *,
    n_resamples: int,
    seed: int,
) -> Scores:
    """Mean score over the turns of each city of training; one seed, the same draws."""
    tables = {
        name if len(own) == 1 else f"{name}, turn {number}": table
        for name, own in turns.items()
        for number, table in enumerate(own)
    }
    if not tables:
        return {}
    sample = scored_cells(tables, folds, out_of_fold=False)
    terms = [sample.terms(name) for name in sample.models]
    sums = resample(
        np.hstack(terms), sample.block, n_resamples=n_resamples, seed=seed, unit=sample.unit
    )
    scores, first = {}, 0
    for name, own in turns.items():
        parts = len(own)
        columns = slice(first, first := first + parts * terms[0].shape[1])
        found = sums.map(lambda s, at=columns, n=parts: _mean_of_parts(s[:, at], n))
        for place, metric in enumerate(METRICS):
            scores[name, metric] = found.map(lambda values, place=place: values[:, place])
    return scores


def _mean_of_parts(sums: NDArray[np.float64], n_parts: int) -> NDArray[np.float64]:
    """All metrics, shape (n, n_metrics), as the mean over parts that lie side by side."""
    parts = [scores_from_totals(part) for part in np.split(sums, n_parts, axis=1)]
    return np.mean([np.stack([part[name] for name in METRICS], axis=1) for part in parts], axis=0)


def _loss(metric: str, score: Resampled, home: Resampled | None) -> dict[str, float]:
    if home is None:
        return ends("loss", metric, None)
    first, second = (score, home) if metric in LESS_IS_BETTER else (home, score)
    return ends("loss", metric, first.minus(second))


def ends(name: str, metric: str, score: Resampled | None) -> dict[str, float]:
    """A value and its interval over blocks; missing where there is no score."""
    row = {} if score is None else score.row(metric)
    return {
        name: row.get("value", np.nan),
        f"{name}_ci_low": row.get("block_ci_low", np.nan),
        f"{name}_ci_high": row.get("block_ci_high", np.nan),
    }
