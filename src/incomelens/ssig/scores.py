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
    """Mean over folds, pooled value and 95 % percentile intervals of every score.

    ``mean_of_folds`` is the average of the folds' scores, each fold counting once, as the paper's
    five-fold scores are read; ``folds_ci_low`` and ``folds_ci_high`` resample the districts within
    each fold. ``pooled`` scores all out-of-fold predictions together; ``ci_low`` and ``ci_high``
    resample districts, ``block_ci_low`` and ``block_ci_high`` whole spatial blocks, because
    neighbouring districts are not independent. All hold for the models as fitted.

    Returns
    -------
    DataFrame
        One row a model, mode, variant, scheme and metric.
    """
    rows = []
    draws_of: dict[tuple, _Draws] = {}
    for key, group in predictions.groupby(TASK, sort=False):
        group = group.sort_values("geoid")
        # Models of one task share their draws, so that their intervals can be compared.
        task = (*key[:2], key[-2], key[-1])
        if task not in draws_of:
            rng = job_rng(seed, "summarise", *task)
            block, fold = group["block"].to_numpy(), group["fold"].to_numpy()
            draws_of[task] = _draws(block, fold, resamples, rng)
        draws = draws_of[task]
        arrays = _arrays(group)
        of_folds = [
            (
                metrics(*(values[rows_of] for values in arrays)),
                metrics(*(values[rows_of] for values in arrays), weights=weights),
            )
            for rows_of, weights in draws.folds
        ]
        pooled = metrics(*arrays)
        by_district = metrics(*arrays, weights=draws.districts)
        by_block = metrics(*arrays, weights=draws.blocks)
        identity = dict(zip(TASK, key, strict=True))
        for name in METRICS:
            means = np.mean([resampled[name] for _, resampled in of_folds], axis=0)
            rows.append(
                {
                    **identity,
                    "n": len(group),
                    "n_folds": len(of_folds),
                    "metric": name,
                    "mean_of_folds": float(np.mean([plain[name][0] for plain, _ in of_folds])),
                    **_interval(means, "folds_ci"),
                    "pooled": float(pooled[name][0]),
                    **_interval(by_district[name], "ci"),
                    **_interval(by_block[name], "block_ci"),
                }
            )
    return pd.DataFrame(rows)


class _Draws(NamedTuple):
    """How often each district counts in each resample.

    Attributes
    ----------
    districts, blocks : arrays of shape (n_resamples, n)
    folds : list of (rows of the fold, array of shape (n_resamples, number of rows))
    """

    districts: NDArray[np.float64]
    blocks: NDArray[np.float64]
    folds: list[tuple[NDArray[np.int64], NDArray[np.float64]]]


def _draws(
    block: NDArray[np.int64], fold: NDArray[np.int64], resamples: int, rng: np.random.Generator
) -> _Draws:
    def times_drawn(n: int) -> NDArray[np.float64]:
        return rng.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64)

    numbers, place = np.unique(block, return_inverse=True)
    rows_of = [np.flatnonzero(fold == number) for number in np.unique(fold)]
    return _Draws(
        districts=times_drawn(len(block)),
        blocks=times_drawn(len(numbers))[:, place],
        folds=[(rows, times_drawn(len(rows))) for rows in rows_of],
    )


def _arrays(group: pd.DataFrame) -> tuple[NDArray[np.float64], ...]:
    names = ("observed_usd", "predicted_usd", "sd_usd", "label_sd_usd")
    return tuple(group[name].to_numpy(dtype=np.float64) for name in names)


def _interval(values: NDArray[np.float64], name: str) -> dict[str, float]:
    known = values[np.isfinite(values)]
    # A score that is missing in many resamples has no honest interval.
    enough = len(known) >= 0.95 * len(values)
    low, high = np.percentile(known, LIMITS) if enough else (np.nan, np.nan)
    return {f"{name}_low": float(low), f"{name}_high": float(high)}
