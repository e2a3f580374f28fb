"""Scores of out-of-fold predictions: per fold, over all folds, with intervals.

All scores are functions of a few sums over districts, so that one matrix product of resampling
weights with the districts' terms gives every resample at once.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from incomelens.common.seeds import job_rng

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
HALF_WIDTH = {share: float(norm.ppf(0.5 + share / 200)) for share in (50, 90)}
LIMITS = (2.5, 97.5)  # per cent; a 95 % interval


def metrics(
    observed: NDArray[np.float64],
    predicted: NDArray[np.float64],
    sd: NDArray[np.float64],
    label_sd: NDArray[np.float64],
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
    # Centred, so that the sums of squares lose no digits.
    centre = observed.mean()
    y, f = observed - centre, predicted - centre
    error = f - y
    covered = {share: np.abs(error) <= half * sd for share, half in HALF_WIDTH.items()}
    terms = [y, f, y * y, f * f, y * f, error**2, np.abs(error)]
    terms += [(error / label_sd) ** 2, np.abs(error) / label_sd, sd, covered[50], covered[90]]
    totals = weights @ np.column_stack([np.ones_like(y), *terms])
    count, rest = totals[:, 0], (totals[:, 1:] / totals[:, :1]).T
    y1, f1, yy, ff, yf, square, absolute, square_sd, absolute_sd, mean_sd, in_50, in_90 = rest
    spread_y, spread_f = yy - y1**2, ff - f1**2
    unknown = np.where(np.isnan(mean_sd), np.nan, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Spreads below rounding count as none: a constant has no correlation.
        flat = (spread_f <= 1e-12 * yy) | (spread_y <= 0) | (count < 2)
        r2 = np.where(flat, np.nan, (yf - y1 * f1) ** 2 / (spread_y * spread_f))
        cod = np.where(spread_y <= 0, np.nan, 1 - square / spread_y)
    return {
        "r2": r2,
        "cod": cod,
        "rmse_usd": np.sqrt(square),
        "mae_usd": absolute,
        "rmse_sd": np.sqrt(square_sd),
        "mae_sd": absolute_sd,
        "coverage_50": in_50 * unknown,
        "coverage_90": in_90 * unknown,
        "width_50_usd": 2 * HALF_WIDTH[50] * mean_sd,
        "width_90_usd": 2 * HALF_WIDTH[90] * mean_sd,
    }


def score_folds(predictions: pd.DataFrame) -> pd.DataFrame:
    """Scores of every fold: the contract table ``ssig/scores.csv``."""
    rows = []
    for key, group in predictions.groupby([*TASK, "fold"], sort=False):
        values = {name: float(value[0]) for name, value in metrics(*_arrays(group)).items()}
        fitted = group[["log_marginal_likelihood", "converged"]].iloc[0].to_dict()
        rows.append(
            {**dict(zip([*TASK, "fold"], key, strict=True)), "n": len(group), **values, **fitted}
        )
    return pd.DataFrame(rows)


def summarise(predictions: pd.DataFrame, *, resamples: int, seed: int) -> pd.DataFrame:
    """Mean over folds, pooled value and 95 % intervals of every score, one row a metric.

    ``mean_of_folds`` is the average of the folds' scores, each fold counting once, as the paper's
    five-fold scores are read. ``pooled`` scores all out-of-fold predictions together.
    ``ci_low`` and ``ci_high`` resample districts, ``block_ci_low`` and ``block_ci_high`` whole
    spatial blocks, because neighbouring districts are not independent; both are percentile
    intervals of the pooled value for the models as fitted.
    """
    by_fold = score_folds(predictions).groupby(TASK, sort=False)
    rows = []
    draws_of: dict[tuple, _Draws] = {}
    for key, group in predictions.groupby(TASK, sort=False):
        # Models of one task share their draws, so that their intervals can be compared.
        task = (*key[:2], key[-2], len(group))
        group = group.sort_values("geoid")
        if task not in draws_of:
            rng = job_rng(seed, "summarise", *map(str, task))
            draws_of[task] = _draws(group["block"].to_numpy(), resamples, rng)
        draws = draws_of[task]
        arrays = _arrays(group)
        pooled = metrics(*arrays)
        resampled = metrics(*arrays, weights=draws.districts)
        in_blocks = metrics(*arrays, weights=draws.blocks)
        folds = by_fold.get_group(key)
        for name in METRICS:
            low, high = _interval(resampled[name])
            block_low, block_high = _interval(in_blocks[name])
            rows.append(
                {
                    **dict(zip(TASK, key, strict=True)),
                    "n": len(group),
                    "n_folds": len(folds),
                    "metric": name,
                    "mean_of_folds": folds[name].mean(),
                    "pooled": float(pooled[name][0]),
                    "ci_low": low,
                    "ci_high": high,
                    "block_ci_low": block_low,
                    "block_ci_high": block_high,
                }
            )
    return pd.DataFrame(rows)


class _Draws(NamedTuple):
    """How often each district counts in each resample, shape (n_resamples, n)."""

    districts: NDArray[np.float64]
    blocks: NDArray[np.float64]


def _draws(block: NDArray[np.int64], resamples: int, rng: np.random.Generator) -> _Draws:
    n = len(block)
    numbers, place = np.unique(block, return_inverse=True)
    k = len(numbers)
    of_districts = rng.multinomial(n, np.full(n, 1 / n), size=resamples)
    of_blocks = rng.multinomial(k, np.full(k, 1 / k), size=resamples)
    return _Draws(of_districts.astype(float), of_blocks[:, place].astype(float))


def _arrays(group: pd.DataFrame) -> tuple[NDArray[np.float64], ...]:
    names = ("observed_usd", "predicted_usd", "sd_usd", "label_sd_usd")
    return tuple(group[name].to_numpy(dtype=np.float64) for name in names)


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    # A score that is missing in many resamples has no honest interval.
    if len(known) < 0.95 * len(values):
        return float("nan"), float("nan")
    low, high = np.percentile(known, LIMITS)
    return float(low), float(high)
