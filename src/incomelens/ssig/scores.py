"""Scores of out-of-fold predictions: per fold, over all folds, with intervals.

All scores are functions of a few sums over districts, so that one matrix product of resampling
weights with the districts' terms gives every resample at once.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from incomelens.common.errors import InputError
from incomelens.common.seeds import job_rng
from incomelens.folds.resampling import (
    Interval,
    constant_within_folds,
    is_constant,
    jackknife_interval,
    percentile_interval,
    resampled_totals,
)
from incomelens.ssig.inducing import process_of

Scores = dict[str, NDArray[np.float64]]  # one array a metric

TASK = ["level", "income", "model", "mode", "variant", "scheme"]
METRICS = (
    "r2",
    "cod",
    "rmse_usd",
    "mae_usd",
    "rmse_sd",
    "mae_sd",
    "coverage_50",
    "coverage_90",
    "width_50_usd",
    "width_90_usd",
)
HALF_WIDTH = {share: float(ndtri(0.5 + share / 200)) for share in (50, 90)}
NO_INTERVAL = Interval(np.nan, np.nan)
# Districts in the smallest fold from which on a mean of folds has an interval (deviation
# `mean_of_folds`). A score of fewer is a ratio of two poorly known numbers, and the mean of such is
# off by more than chance: in simulated worlds of 39 districts in five folds, mean CoD lies 0.06 to
# 0.4 below the models' own.
LEAST_IN_FOLD = 20
# Where scores can lie; intervals end there.
BOUNDS = dict.fromkeys(METRICS, (0.0, np.inf)) | {
    "r2": (0.0, 1.0),
    "cod": (-np.inf, 1.0),
    "coverage_50": (0.0, 1.0),
    "coverage_90": (0.0, 1.0),
}


def metrics(
    observed: NDArray[np.float64],
    predicted: NDArray[np.float64],
    sd: NDArray[np.float64],
    label_sd: NDArray[np.float64],
    log_sd: NDArray[np.float64] | None = None,
    *,
    weights: NDArray[np.float64] | None = None,
) -> dict[str, NDArray[np.float64]]:
    r"""Scores of one set of predictions, once for each row of resampling weights.

    .. math::
       r^2 = \mathrm{corr}(y, \hat y)^2, \qquad
       \mathrm{CoD} = 1 - \frac{\sum (y - \hat y)^2}{\sum (y - \bar y)^2}

    Parameters
    ----------
    observed, predicted : arrays of shape (n,)
        USD.
    sd : array of shape (n,)
        Predictive standard deviation, USD; NaN where the model gives none.
    label_sd : array of shape (n,)
        Standard deviation of the training incomes, USD: the unit of ``rmse_sd`` and ``mae_sd``.
    log_sd : array of shape (n,), optional
        SD of the logarithm where the income is log-normal, missing where it is normal.
    weights : array of shape (n_resamples, n), optional
        How often each district counts; once each by default.

    Returns
    -------
    dict of arrays of shape (n_resamples,)
        The :data:`METRICS`; r² is missing where the predictions are constant, CoD where the
        incomes are.
    """
    if weights is None:
        weights = np.ones((1, len(observed)))
    return metrics_from_totals(weights @ score_terms(observed, predicted, sd, label_sd, log_sd))


def score_terms(
    observed: NDArray[np.float64],
    predicted: NDArray[np.float64],
    sd: NDArray[np.float64],
    label_sd: NDArray[np.float64],
    log_sd: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """What each district adds to the sums behind the scores, shape (n, n_terms)."""
    # Centred, so that the sums of squares lose no digits.
    centre = observed.mean()
    y, f = observed - centre, predicted - centre
    error = f - y
    if is_constant(observed):  # what is left of it is rounding
        y = np.zeros_like(y)
    (within_50, spread_50), (within_90, spread_90) = (
        held(observed, predicted, sd, log_sd, share=share) for share in HALF_WIDTH
    )
    terms = [y, f, y * y, f * f, y * f, error**2, np.abs(error)]
    terms += [(error / label_sd) ** 2, np.abs(error) / label_sd]
    terms += [within_50, within_90, spread_50, spread_90]
    return np.column_stack([np.ones_like(y), *terms])


def held(
    observed: NDArray[np.float64],
    predicted: NDArray[np.float64],
    sd: NDArray[np.float64],
    log_sd: NDArray[np.float64] | None = None,
    *,
    share: int,
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Whether a predictive interval with equal tails holds the income, and what makes its width.

    Parameters
    ----------
    observed, predicted, sd : arrays of shape (n,)
        USD; the prediction is the mean.
    log_sd : array of shape (n,), optional
        SD of the logarithm where the income is log-normal, missing where it is normal.
    share : {50, 90}
        In percent.

    Returns
    -------
    within : array of shape (n,)
        False where the model gives no interval.
    spread : array of shape (n,)
        SD in USD of the normal law whose interval is as wide; missing where there is none.
    """
    half = HALF_WIDTH[share]
    within = np.abs(predicted - observed) <= half * sd
    if log_sd is None:
        return within, sd
    low, high = central_interval(predicted, sd, log_sd, share=share)
    log_normal = np.isfinite(log_sd)
    within = np.where(log_normal, (low <= observed) & (observed <= high), within)
    return within, np.where(log_normal, (high - low) / (2 * half), sd)


def central_interval(
    predicted: NDArray[np.float64],
    sd: NDArray[np.float64],
    log_sd: NDArray[np.float64],
    *,
    share: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Low and high end of the predictive interval with equal tails, USD; as for :func:`held`."""
    half, log_normal = HALF_WIDTH[share], np.isfinite(log_sd)
    spread = np.where(log_normal, log_sd, 0.0)
    median = predicted * np.exp(-(spread**2) / 2)
    factor = np.exp(half * spread)
    low = np.where(log_normal, median / factor, predicted - half * sd)
    return low, np.where(log_normal, median * factor, predicted + half * sd)


def metrics_from_totals(totals: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Scores from sums of :func:`score_terms`, shape (n_sums, n_terms); one a row."""
    count = totals[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        means = (totals[:, 1:] / totals[:, :1]).T
    y1, f1, yy, ff, yf, square, absolute, square_sd, absolute_sd = means[:9]
    in_50, in_90, sd_50, sd_90 = means[9:]
    spread_y, spread_f = yy - y1**2, ff - f1**2
    unknown = np.where(np.isnan(sd_90), np.nan, 1.0)
    # Spreads below rounding count as none: a constant has no correlation.
    flat_y = spread_y <= 1e-12 * yy
    flat = flat_y | (spread_f <= 1e-12 * np.maximum(yy, ff)) | (count < 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = np.where(flat, np.nan, (yf - y1 * f1) ** 2 / (spread_y * spread_f))
        cod = np.where(flat_y, np.nan, 1 - square / spread_y)
    return {
        "r2": r2,
        "cod": cod,
        "rmse_usd": np.sqrt(square),
        "mae_usd": absolute,
        "rmse_sd": np.sqrt(square_sd),
        "mae_sd": absolute_sd,
        "coverage_50": in_50 * unknown,
        "coverage_90": in_90 * unknown,
        "width_50_usd": 2 * HALF_WIDTH[50] * sd_50,
        "width_90_usd": 2 * HALF_WIDTH[90] * sd_90,
    }


def score_folds(predictions: pd.DataFrame) -> pd.DataFrame:
    """Scores of every fold: the contract table ``ssig/scores.csv``."""
    rows = []
    for key, group in predictions.groupby([*TASK, "fold"], sort=False):
        values = {name: float(value[0]) for name, value in metrics(*_arrays(group)).items()}
        fitted = group[["log_marginal_likelihood", "converged"]].iloc[0].to_dict()
        rows.append(
            {
                **dict(zip([*TASK, "fold"], key, strict=True)),
                "n": len(group),
                **values,
                **fitted,
                **process_of(group),
            }
        )
    return pd.DataFrame(rows)


def summarise(predictions: pd.DataFrame, *, resamples: int, seed: int) -> pd.DataFrame:
    """Mean over folds, pooled value and 95 % intervals of every score.

    ``mean_of_folds`` is the average of the folds' scores, each fold counting once, as the paper's
    five-fold scores are read; ``folds_ci_low`` and ``folds_ci_high`` are its jackknife interval
    (:func:`incomelens.folds.resampling.jackknife_interval`), missing where a fold holds fewer than
    :data:`LEAST_IN_FOLD` districts. ``pooled`` scores all out-of-fold predictions together;
    ``ci_low`` and ``ci_high`` are percentiles over resampled districts, ``block_ci_low`` and
    ``block_ci_high`` over whole spatial blocks, because neighbouring districts are not
    independent. All hold for the models as fitted.

    r² is missing in a fold, and so is its mean, where the fold's predictions are constant, and
    pooled where those of every fold are.

    Returns
    -------
    DataFrame
        One row a model, mode, variant, scheme and metric.
    """
    groups = {
        key: group.sort_values("geoid") for key, group in predictions.groupby(TASK, sort=False)
    }
    # Models of one task share their draws, so that their intervals can be compared.
    together: dict[tuple, list[tuple]] = {}
    for key in groups:
        together.setdefault((*key[:2], *key[-2:]), []).append(key)
    summaries = {}
    for task, keys in together.items():
        seeds = {"n_resamples": resamples, "seed": (seed, "summarise", *task)}
        resampled = _resampled([groups[key] for key in keys], **seeds)
        for key, (by_district, by_block) in zip(keys, resampled, strict=True):
            rows = _summary_rows(groups[key], by_district, by_block)
            told = process_of(groups[key])
            summaries[key] = [{**dict(zip(TASK, key, strict=True)), **row, **told} for row in rows]
    return pd.DataFrame([row for key in groups for row in summaries[key]])


def _resampled(
    groups: Sequence[pd.DataFrame], *, n_resamples: int, seed: tuple
) -> list[tuple[Scores, Scores]]:
    """Scores of several models of the same districts in the same resamples.

    Of each model by districts and by blocks, arrays of shape (n_resamples,).
    """
    ids = [group["geoid"].tolist() for group in groups]
    if any(other_ids != ids[0] for other_ids in ids):
        fewest, most = min(map(len, ids)), max(map(len, ids))
        raise InputError(
            f"scores: models of {', '.join(map(str, seed[2:]))} predict {fewest} to {most} "
            "districts, not the same ones; models that share their folds need the same districts"
        )
    terms = [score_terms(*_arrays(group)) for group in groups]
    rng = job_rng(*seed)
    stacked, block = np.hstack(terms), groups[0]["block"].to_numpy()
    drawn = [
        resampled_totals(stacked, n_resamples=n_resamples, rng=rng, block=of)
        for of in (None, block)
    ]
    return [
        (metrics_from_totals(by_district), metrics_from_totals(by_block))
        for by_district, by_block in zip(
            *(np.hsplit(totals, len(groups)) for totals in drawn), strict=True
        )
    ]


def _summary_rows(
    group: pd.DataFrame, by_district: Scores, by_block: Scores
) -> Iterator[dict[str, object]]:
    arrays, fold = _arrays(group), group["fold"].to_numpy()
    pooled = metrics(*arrays)
    if constant_within_folds(arrays[1], fold):
        unknown = {"r2": np.full_like(by_district["r2"], np.nan)}
        pooled, by_district, by_block = (
            scores | unknown for scores in (pooled, by_district, by_block)
        )
    folds = [_fold_scores(*(values[fold == k] for values in arrays)) for k in np.unique(fold)]
    smallest = np.bincount(np.unique(fold, return_inverse=True)[1]).min()
    for name in METRICS:
        mean = float(np.mean([whole[name][0] for whole, _ in folds]))
        interval = NO_INTERVAL
        if smallest >= LEAST_IN_FOLD:
            interval = jackknife_interval(mean, [without[name] for _, without in folds])
        yield {
            "n": len(group),
            "n_folds": len(folds),
            "metric": name,
            "mean_of_folds": mean,
            **_within(interval, *BOUNDS[name]).columns("folds_ci"),
            "pooled": float(pooled[name][0]),
            **percentile_interval(by_district[name]).columns("ci"),
            **percentile_interval(by_block[name]).columns("block_ci"),
        }


def _fold_scores(*arrays: NDArray[np.float64]) -> tuple[Scores, Scores]:
    """Scores of a fold, and those without each of its districts."""
    terms = score_terms(*arrays)
    return metrics(*arrays), metrics_from_totals(terms.sum(axis=0) - terms)


def _arrays(group: pd.DataFrame) -> tuple[NDArray[np.float64], ...]:
    names = ("observed_usd", "predicted_usd", "sd_usd", "label_sd_usd")
    arrays = [group[name].to_numpy(dtype=np.float64) for name in names]
    if "log_sd" in group:
        arrays.append(group["log_sd"].to_numpy(dtype=np.float64))
    return tuple(arrays)


def _within(interval: Interval, lowest: float, highest: float) -> Interval:
    low, high = np.clip([interval.low, interval.high], lowest, highest)
    return Interval(float(low), float(high))
