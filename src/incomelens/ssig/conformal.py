r"""Intervals around any model's out-of-fold predictions that are calibrated on what it got wrong.

Split conformal prediction takes the errors of districts that the model did not learn from, and
sets the interval so wide that it would have held nine in ten of them (Vovk et al. 2005; Lei et al.
2018, JASA 113:1094). Here they are the out-of-fold errors of the *other folds* of the same scheme:
no district is calibrated on its own error, nor on those of its block or area. As in cross-conformal
prediction (Vovk 2015) the models behind those errors are not one model, and have seen the held-out
fold: coverage is exact only as far as models of different folds agree (algorithmic stability;
Barber et al. 2021, Ann. Stat. 49:486), so that it is measured (:mod:`incomelens.ssig.coverage`).
What has to hold beside that is exchangeability: of districts under random folds, of blocks under
blocks (Dunn et al. 2023, JASA 118:2491). A borough that is unlike all others has none.

Errors are those of the square root of the income, :math:`|\sqrt y - \sqrt{\hat y}|`. Their spread
grows less with income than that of errors in dollars, which leave out the rich, and less the other
way than that of logarithms, which leave out the poor.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.folds.buffer import places_on_earth
from incomelens.folds.conformal import conformal_quantile
from incomelens.ssig.inducing import process_of
from incomelens.ssig.scores import central_interval

METHODS = ("model", "split", "normalised", "geographic", "label_conditional")
"""The process's own; one width; by local error; that, by distance; that, by fifths of income."""
N_FIFTHS = 5
NEAR_SHARE = 8  # an eighth of the calibration districts is near, in income or in space
LEAST_NEAR = 20
PAIRS_AT_ONCE = 250_000  # of held-out and calibration districts: 2 MB an array
Values = NDArray[np.float64]


def calibrate_intervals(predictions: pd.DataFrame, districts: pd.DataFrame) -> pd.DataFrame:
    """90 % intervals of every model of a task, by every method.

    Parameters
    ----------
    predictions : DataFrame
        Out-of-fold predictions of one level, income and scheme; those of the variant `main` count.
    districts : DataFrame
        ``geoid``, ``longitude``, ``latitude``.

    Returns
    -------
    DataFrame
        Table ``ssig/intervals/{level}-{income}-{scheme}.parquet``. An end that calibration cannot
        tell (too few districts) is infinite.
    """
    place = districts.set_index("geoid")[["longitude", "latitude"]]
    parts = []
    main = predictions[predictions["variant"] == "main"]
    for _, group in main.groupby(["model", "mode"], sort=False):
        observed, predicted, sd, log_sd = (
            group[name].to_numpy(dtype=np.float64)
            for name in ("observed_usd", "predicted_usd", "sd_usd", "log_sd")
        )
        degrees = place.loc[group["geoid"]].to_numpy(dtype=np.float64)
        ends = conformal_intervals(
            observed, predicted, group["fold"].to_numpy(), place=places_on_earth(*degrees.T)
        )
        if not np.isnan(sd).any():
            ends = {"model": central_interval(predicted, sd, log_sd, share=90), **ends}
        keys = group[["geoid", "model", "mode", "fold", "observed_usd", "predicted_usd"]]
        parts += [
            keys.assign(method=method, low_usd=low, high_usd=high, **process_of(group))
            for method, (low, high) in ends.items()
        ]
    return pd.concat(parts, ignore_index=True)


def conformal_intervals(
    observed: Values, predicted: Values, fold: NDArray[np.int64], *, place: Values
) -> dict[str, tuple[Values, Values]]:
    """Low and high ends by method, each fold calibrated on the others.

    Parameters
    ----------
    observed, predicted : arrays of shape (n,)
        Income and its out-of-fold prediction, USD.
    fold : array of shape (n,)
        Two folds or more.
    place : array of shape (n, d)
        Kilometres.

    Returns
    -------
    dict of (low, high), arrays of shape (n,)
        `split`, `normalised`, `geographic`, `label_conditional`; USD.
    """
    root, true = np.sqrt(np.maximum(predicted, 0.0)), np.sqrt(observed)
    error = np.abs(true - root)
    ends = {method: np.empty((2, len(fold))) for method in METHODS[1:]}
    for number in np.unique(fold):
        own, rest = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        scale = local_scale(root[rest], error[rest], root)
        score = error[rest] / scale[rest]
        width = {
            "split": np.full(len(own), conformal_quantile(error[rest])),
            "normalised": scale[own] * conformal_quantile(score),
            "geographic": scale[own] * _by_distance(place[rest], score, place[own]),
        }
        for method, half in width.items():
            ends[method][:, own] = root[own] - half, root[own] + half
        ends["label_conditional"][:, own] = label_conditional(
            true[rest], score, root[own], scale[own]
        )
    return {method: tuple(np.maximum(values, 0.0) ** 2) for method, values in ends.items()}


def local_scale(known: Values, error: Values, asked: Values) -> Values:
    """Mean error of the districts whose predictions are nearest in rank to those asked.

    Parameters
    ----------
    known, error : arrays of shape (n,)
        Predictions and errors of calibration districts.
    asked : array of shape (m,)
        Predictions.

    Returns
    -------
    array of shape (m,)
        Positive.
    """
    n = len(known)
    near = min(n, max(LEAST_NEAR, n // NEAR_SHARE))
    order = np.argsort(known, kind="stable")
    total = np.append(0.0, np.cumsum(error[order]))
    first = np.clip(np.searchsorted(known[order], asked) - near // 2, 0, n - near)
    # Perfect predictions have no scale; any number does for an error of zero.
    return np.maximum((total[first + near] - total[first]) / near, 1e-12)


def label_conditional(
    known: Values, score: Values, predicted: Values, scale: Values
) -> tuple[Values, Values]:
    """Ends of the interval that holds in every fifth of the true income, not on average alone.

    An income is in the prediction set if its score is no larger than the quantile of the
    calibration districts of *its own* fifth (label-conditional conformal prediction, Vovk et al.
    2005, 4.5). The set may have gaps at the limits of fifths; the interval closes them.

    Parameters
    ----------
    known, score : arrays of shape (n,)
        Incomes and scores of calibration districts.
    predicted, scale : arrays of shape (m,)
        In the unit of `known`.

    Returns
    -------
    low, high : arrays of shape (m,)
    """
    limits = np.quantile(known, np.arange(1, N_FIFTHS) / N_FIFTHS)
    fifth = np.searchsorted(limits, known)
    bounds = np.concatenate([[-np.inf], limits, [np.inf]])
    low, high = np.full_like(predicted, np.inf), np.full_like(predicted, -np.inf)
    for number in range(N_FIFTHS):
        half = scale * conformal_quantile(score[fifth == number])
        start = np.maximum(predicted - half, bounds[number])
        end = np.minimum(predicted + half, bounds[number + 1])
        is_there = start <= end
        low[is_there] = np.minimum(low, start)[is_there]
        high[is_there] = np.maximum(high, end)[is_there]
    return low, high


def _by_distance(known: Values, score: Values, asked: Values) -> Values:
    """Quantile with Gaussian weights that fall with distance, 1 where the district itself lies.

    Geographic conformal prediction (Lou, Luo & Meng 2025, Annals AAG). The bandwidth is the
    distance within which the nearest eighth of the calibration districts lies.
    """
    near = min(len(known), max(LEAST_NEAR, len(known) // NEAR_SHARE))
    quantiles = []
    for part in np.array_split(asked, max(1, len(asked) * len(known) // PAIRS_AT_ONCE)):
        squared = sum((part[:, [axis]] - known[:, axis]) ** 2 for axis in range(known.shape[1]))
        bandwidth = np.partition(squared, near - 1, axis=1)[:, near - 1 : near]
        weights = np.exp(-squared / (2 * np.maximum(bandwidth, 1e-12)))
        quantiles.append(conformal_quantile(score, weights))
    return np.concatenate(quantiles)
