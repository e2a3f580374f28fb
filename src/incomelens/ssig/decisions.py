"""What predictions would do to those whom a map of poverty is drawn for.

Whoever spends on the districts that are predicted poorest reaches some of the poorest fifth and
misses others; models shrink, so that poor places are predicted too rich and rich ones too poor.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.seeds import job_rng
from incomelens.folds.resampling import percentile_interval, times_drawn
from incomelens.ssig.inducing import process_of

SHARES = (0.1, 0.2, 0.3, 0.4)  # of the districts, that could be reached
POOREST = 0.2
KEYS = ["level", "income", "model", "mode", "scheme"]
Values = NDArray[np.float64]


def measure_decisions(predictions: pd.DataFrame, *, resamples: int, seed: int) -> pd.DataFrame:
    """Recall of the poorest fifth, slope of shrinkage and errors at both ends, with intervals.

    Intervals (95 %) resample spatial blocks; models of a task share their draws.

    Parameters
    ----------
    predictions : DataFrame
        Out-of-fold predictions of all tasks; those of the variant `main` count.
    resamples, seed : int

    Returns
    -------
    DataFrame
        Table ``ssig/decisions.csv``.
    """
    rows = []
    main = predictions[predictions["variant"] == "main"]
    for key, group in main.groupby(KEYS, sort=False):
        group = group.sort_values("geoid")
        task = dict(zip(KEYS, key, strict=True))
        rng = job_rng(seed, "decisions", task["level"], task["income"], task["scheme"])
        numbers, block = np.unique(group["block"], return_inverse=True)
        drawn = times_drawn(len(numbers), n_resamples=resamples, rng=rng)
        weights = np.vstack([np.ones((1, len(group))), *(part[:, block] for part in drawn)])
        observed, predicted = (
            group[name].to_numpy(dtype=np.float64) for name in ("observed_usd", "predicted_usd")
        )
        rows += [
            {
                **task,
                "n": len(group),
                "measure": measure,
                "share": share,
                "value": values[0],
                **percentile_interval(values[1:]).columns("ci"),
                **process_of(group),
            }
            for (measure, share), values in _measures(observed, predicted, weights).items()
        ]
    return pd.DataFrame(rows)


def _measures(
    observed: Values, predicted: Values, weights: Values
) -> dict[tuple[str, float], Values]:
    poor, rich = lowest(observed, weights, POOREST), lowest(-observed, weights, POOREST)
    error = predicted - observed
    return {
        **{
            ("recall_of_poorest", share): reached(poor, lowest(predicted, weights, share), weights)
            for share in SHARES
        },
        ("slope", np.nan): slope(observed, predicted, weights),
        **{
            (f"bias_of_{name}_usd", POOREST): (weights * taken) @ error / (weights * taken).sum(1)
            for name, taken in (("poorest", poor), ("richest", rich))
        },
    }


def reached(poor: Values, targeted: Values, weights: Values) -> Values:
    """Part of the poor districts that are among the targeted ones.

    Parameters
    ----------
    poor, targeted : arrays of shape (n_resamples, n)
        How much of each district is among them, from :func:`lowest`.
    weights : array of shape (n_resamples, n)
        How often each district counts.

    Returns
    -------
    array of shape (n_resamples,)
        As many targeted as poor could reach all of them; chance reaches the targeted share.
    """
    # Districts at a limit are in by a part: in both by the smaller one.
    return (weights * np.minimum(poor, targeted)).sum(axis=1) / (weights * poor).sum(axis=1)


def lowest(values: Values, weights: Values, share: float) -> Values:
    """How much of each district is among the lowest `share`, 0 to 1, shape (n_resamples, n)."""
    order = np.argsort(values, kind="stable")
    ranked = weights[:, order]
    before = np.cumsum(ranked, axis=1) - ranked
    room = share * weights.sum(axis=1, keepdims=True) - before
    taken = np.empty_like(weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        taken[:, order] = np.where(ranked > 0, np.clip(room / ranked, 0.0, 1.0), 0.0)
    return taken


def slope(observed: Values, predicted: Values, weights: Values) -> Values:
    """Slope of predictions over incomes: 1 is right; the less, the more models shrink.

    At a slope of 0.8 a district that is 10,000 USD poorer is predicted 8,000 USD poorer.
    """
    n = weights.sum(axis=1)
    mean_y, mean_f = weights @ observed / n, weights @ predicted / n
    covariance = weights @ (observed * predicted) / n - mean_y * mean_f
    variance = weights @ observed**2 / n - mean_y**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return covariance / np.where(variance > 1e-12 * mean_y**2, variance, np.nan)
