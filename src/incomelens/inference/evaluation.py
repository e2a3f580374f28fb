"""Tables of how well income classes are predicted out of fold, for several models side by side."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.common.seeds import job_seed
from incomelens.folds.resampling import constant_within_folds
from incomelens.inference.intervals import Resampled, ResampledFolds, resample_folds
from incomelens.inference.metrics import METRICS, N_CLASSES, scores_from_totals, share
from incomelens.inference.scored_cells import ScoredCells, scored_cells

logger = logging.getLogger(__name__)

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """Tables of one city and scheme.

    ``cells`` is the sample that was scored: ``all``, or ``without_imputed``, where the same models
    are judged on the cells whose income was observed.

    Attributes
    ----------
    metrics, summary, comparisons, confusion, classes : DataFrame
        Tables ``inference/{city}/{scheme}/*.csv``. Comparisons are of the first model minus each
        other one under the same draws, pooled. Intervals hold for the models as trained; that of an
        ``ece`` may begin below 0, which says as much as 0.
    """

    metrics: pd.DataFrame
    summary: pd.DataFrame
    comparisons: pd.DataFrame
    confusion: pd.DataFrame
    classes: pd.DataFrame


def evaluate(
    predictions: Mapping[str, pd.DataFrame],
    folds: pd.DataFrame,
    cells: pd.DataFrame,
    *,
    seed: int,
    n_resamples: int = 1000,
) -> Evaluation:
    """Score the out-of-fold predictions of one city and scheme.

    Parameters
    ----------
    predictions : mapping of model name to DataFrame
        ``cell_id``, ``fold``, ``observed``, ``predicted``, ``p``, ``prob_1`` .. ``prob_5`` (missing
        where a model has none), every cell of `folds` once. The first model is the one that the
        others are compared with.
    folds : DataFrame
        ``cell_id``, ``income_class``, ``fold``, ``block``, and ``unit`` where labels are shared.
    cells : DataFrame
        ``cell_id``, ``imputed``.
    seed : int
        Of the resamples.
    n_resamples : int

    Raises
    ------
    InputError
        If a cell is missing, predicted twice, or predicted for another fold or class than that of
        `folds`.
    """
    if not predictions:
        raise InputError("evaluation: no predictions; name at least one model")
    everyone = scored_cells(predictions, folds, cells)
    samples = {"all": everyone, "without_imputed": everyone.subset(~everyone.imputed)}
    parts: list[Evaluation] = []
    for name, sample in samples.items():
        if len(sample.observed) == 0:
            logger.warning("evaluation: every cell is imputed; no scores without imputed cells")
            continue
        logger.info("evaluation: %s: %d cells", name, len(sample.observed))
        parts.append(_evaluate_sample(sample, name, job_seed(seed, name), n_resamples))
    tables = ("metrics", "summary", "comparisons", "confusion", "classes")
    return Evaluation(
        **{
            table: pd.concat([getattr(part, table) for part in parts], ignore_index=True)
            for table in tables
        }
    )


def _evaluate_sample(sample: ScoredCells, cells: str, seed: int, n_resamples: int) -> Evaluation:
    terms = [
        np.hstack([sample.terms(model), _class_terms(sample, model)]) for model in sample.models
    ]
    width = terms[0].shape[1]
    sums = resample_folds(
        np.hstack(terms),
        sample.fold,
        sample.block,
        n_resamples=n_resamples,
        seed=seed,
        unit=sample.unit,
    )
    columns = {
        model: slice(place * width, (place + 1) * width)
        for place, model in enumerate(sample.models)
    }
    unknown = {model: _unknown_correlations(sample, model) for model in columns}
    summary, metrics, classes, confusion = [], [], [], []
    for model, span in columns.items():
        identity = {"model": model, "cells": cells}
        summary += [{**identity, **row} for row in _summary_rows(sums, span, unknown[model])]
        metrics += [{**identity, **row} for row in _fold_rows(sums, span)]
        classes += [{**identity, **row} for row in _class_rows(sample, model, sums.pooled, span)]
        confusion += [{**identity, **row} for row in _confusion_rows(sample, model)]
    return Evaluation(
        metrics=pd.DataFrame(metrics),
        summary=pd.DataFrame(summary),
        comparisons=_comparisons(sums.pooled, columns, unknown, cells),
        confusion=pd.DataFrame(confusion),
        classes=pd.DataFrame(classes),
    )


def _scorer(metric: str, span: slice) -> Callable[[Values], Values]:
    """Function from the sums of all models to one score of one model."""
    return lambda sums: scores_from_totals(sums[:, span])[metric]


def _missing(sums: Values) -> Values:
    """A score that does not exist, for every row of sums."""
    return np.full(len(sums), np.nan)


def _unknown_correlations(sample: ScoredCells, model: str) -> set[str]:
    """Correlations of pooled cells that a model lacks, as it says one thing all through a fold."""
    outputs = {"pearson_r": sample.predicted[model], "pearson_r_expected": sample.p[model]}
    return {
        metric
        for metric, values in outputs.items()
        if values is not None and constant_within_folds(values, sample.fold)
    }


def _summary_rows(
    sums: ResampledFolds, span: slice, unknown: Collection[str]
) -> list[dict[str, object]]:
    rows = []
    for metric in METRICS:
        scorer = _scorer(metric, span)
        pooled = sums.pooled.map(_missing if metric in unknown else scorer)
        scopes = {"pooled": pooled, "mean_of_folds": sums.mean_of_folds(scorer)}
        scopes |= {f"fold_{fold}": part.map(scorer) for fold, part in sums.folds.items()}
        rows += [{"scope": scope, "metric": metric, **s.row(metric)} for scope, s in scopes.items()]
    return rows


def _fold_rows(sums: ResampledFolds, span: slice) -> list[dict[str, object]]:
    return [
        {
            "fold": fold,
            "n": part.n,
            **{name: float(v[0]) for name, v in scores_from_totals(part.value[:, span]).items()},
        }
        for fold, part in sums.folds.items()
    ]


def _comparisons(
    pooled: Resampled, columns: dict[str, slice], unknown: dict[str, set[str]], cells: str
) -> pd.DataFrame:
    first, *others = columns
    rows = []
    for other in others:
        for metric in METRICS:
            ours, its = (
                pooled.map(_missing if metric in unknown[name] else _scorer(metric, columns[name]))
                for name in (first, other)
            )
            identity = {"model": first, "against": other, "cells": cells, "metric": metric}
            rows.append({**identity, **ours.minus(its).row(metric)})
    return pd.DataFrame(rows)


def _class_terms(sample: ScoredCells, model: str) -> Values:
    """Columns: cells observed in each class, and those of them that were predicted so."""
    member = sample.observed[:, None] == np.arange(1, N_CLASSES + 1)
    hit = sample.predicted[model] == sample.observed
    return np.hstack([member, member & hit[:, None]]).astype(np.float64)


def _class_rows(
    sample: ScoredCells, model: str, pooled: Resampled, span: slice
) -> list[dict[str, object]]:
    counts = _counts(sample.observed, sample.predicted[model])
    numbers = np.arange(1, N_CLASSES + 1)
    near = np.abs(numbers[:, None] - numbers) <= 1
    rows: list[dict[str, object]] = []
    for place, number in enumerate(numbers):
        member, hit = span.stop - 2 * N_CLASSES + place, span.stop - N_CLASSES + place
        recall = pooled.map(lambda s, hit=hit, member=member: share(s[:, hit], s[:, member])).row()
        n, n_predicted = int(counts[place].sum()), int(counts[:, place].sum())
        rows.append(
            {
                "income_class": int(number),
                "n": n,
                "n_predicted": n_predicted,
                "precision": float(share(counts[place, place], n_predicted)),
                "recall_within_1": float(share(counts[place, near[place]].sum(), n)),
                "recall": recall["value"],
                **{key: end for key, end in recall.items() if "ci_" in key},
            }
        )
    return rows


def _confusion_rows(sample: ScoredCells, model: str) -> list[dict[str, object]]:
    predicted = sample.predicted[model]
    counts = _counts(sample.observed, predicted)
    shares = share(counts, counts.sum(axis=1, keepdims=True))
    by_fold = []
    for fold in np.unique(sample.fold):
        rows = sample.fold == fold
        counted = _counts(sample.observed[rows], predicted[rows])
        by_fold.append(share(counted, counted.sum(axis=1, keepdims=True)))
    # A fold without the class says nothing about it; without any, the mean is missing.
    n_known = np.isfinite(by_fold).sum(axis=0)
    mean = share(np.nansum(by_fold, axis=0), n_known)
    return [
        {
            "observed": i + 1,
            "predicted": j + 1,
            "n": int(counts[i, j]),
            "share": float(shares[i, j]),
            "share_mean_of_folds": float(mean[i, j]),
        }
        for i, j in np.ndindex(counts.shape)
    ]


def _counts(observed: NDArray[np.int64], predicted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Confusion matrix, shape (n_classes, n_classes): observed in rows, predicted in columns."""
    counts = np.zeros((N_CLASSES, N_CLASSES), dtype=np.int64)
    np.add.at(counts, (observed - 1, predicted - 1), 1)
    return counts
