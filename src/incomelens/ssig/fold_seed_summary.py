"""Scores over many partitions (``fold_seeds``): means, spreads, and differences between models."""

import numpy as np
import pandas as pd

from incomelens.folds.comparison import fold_difference
from incomelens.ssig.inducing import process_of

SCORES = ["r2", "cod", "rmse_usd", "mae_usd"]


def summarise_fold_seeds(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean over seeds of the mean of folds, its spread, and the difference from SSIG.

    The spread is that of the seeds' means. Differences are those of the first mode of SSIG less the
    model, fold by fold; their 95 % interval is that of the corrected resampled t test over all
    folds of all seeds (:func:`incomelens.folds.comparison.fold_difference`).

    Parameters
    ----------
    scores : DataFrame
        Tables ``ssig/fold_seeds/{level}-{income}.csv`` of all tasks.

    Returns
    -------
    DataFrame
        Table ``ssig/fold_seeds.csv``.
    """
    task = ["level", "income", "n_blocks"]
    rows = []
    for key, group in scores.groupby(task, sort=False):
        first = group.loc[group["model"] == "ssig", "mode"].iloc[:1].tolist()
        ours = group[(group["model"] == "ssig") & group["mode"].isin(first)]
        for (model, mode), own in group.groupby(["model", "mode"], sort=False):
            keys = {**dict(zip(task, key, strict=True)), "model": model, "mode": mode}
            rows += [
                {**keys, "metric": metric}
                | _summary(own, metric)
                | _difference(ours, own, metric)
                | process_of(own)
                for metric in SCORES
            ]
    return pd.DataFrame(rows)


def _summary(own: pd.DataFrame, metric: str) -> dict[str, float]:
    by_seed = own.groupby("fold_seed")[metric].mean()
    return {
        "n_seeds": len(by_seed),
        "n_folds": len(own),
        "mean": by_seed.mean(),
        "sd": by_seed.std(ddof=1),
        "low": by_seed.min(),
        "high": by_seed.max(),
    }


def _difference(ours: pd.DataFrame, own: pd.DataFrame, metric: str) -> dict[str, float]:
    """Of the first mode of SSIG less this model; missing of that mode itself."""
    keys = ["fold_seed", "fold"]
    if ours.empty or own.index.equals(ours.index):
        names = ("ssig_minus", "ssig_minus_ci_low", "ssig_minus_ci_high", "p_value")
        return dict.fromkeys([*names, "share_won"], np.nan)
    pairs = ours[[*keys, metric, "n", "n_training"]].merge(own[[*keys, metric]], on=keys)
    first, second = pairs[f"{metric}_x"], pairs[f"{metric}_y"]
    ratio = float((pairs["n"] / pairs["n_training"]).mean())
    mean, interval, p_value = fold_difference(first, second, test_over_training=ratio)
    wins = first < second if metric in ("rmse_usd", "mae_usd") else first > second
    return {
        "ssig_minus": mean,
        **interval.columns("ssig_minus_ci"),
        "p_value": p_value,
        "share_won": float(wins.mean()),
    }
