"""Scores and reliability of several networks of several cities, side by side."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import pandas as pd

from incomelens.inference.calibration import reliability
from incomelens.inference.metrics import METRICS, score
from incomelens.inference.scored_cells import PROBABILITIES

Predictions = Mapping[tuple[str, str], pd.DataFrame]


def network_scores(predictions: Predictions, worlds: pd.DataFrame) -> pd.DataFrame:
    """Out-of-fold scores of every network in every city.

    Parameters
    ----------
    predictions : mapping
        By city and network, as :func:`incomelens.inference.predict.predict_held_out` gives them.
    worlds : DataFrame
        ``city``, ``role`` and ``style`` of every synthetic city.

    Returns
    -------
    DataFrame
        Table ``inference/network_scores.csv``.
    """
    told = worlds.set_index("city")[["role", "style"]].to_dict("index")
    rows = []
    for (city, network), table in predictions.items():
        scores = score(
            table["observed"].to_numpy(),
            table["predicted"].to_numpy(),
            p=table["p"].to_numpy(dtype=np.float64),
            probabilities=table[PROBABILITIES].to_numpy(dtype=np.float64),
        )
        row = {"city": city} | told[city] | {"network": network}
        rows.append(row | dataclasses.asdict(scores))
    return pd.DataFrame(rows)


def score_summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores over cities, by role, style, network and metric.

    Parameters
    ----------
    scores : DataFrame
        Of :func:`network_scores`.

    Returns
    -------
    DataFrame
        Table ``inference/network_summary.csv``. A network that predicts one class everywhere has no
        correlation.
    """
    by = ["role", "style", "network"]
    long = scores.melt(["city", *by], list(METRICS), "metric")
    grouped = long.groupby([*by, "metric"], sort=False)["value"]
    return grouped.agg(n_cities="count", mean="mean", low="min", high="max").reset_index()


def network_reliability(predictions: Predictions) -> pd.DataFrame:
    """Accuracy against certainty of every network, over the cells of all cities.

    The first parameter is that of :func:`network_scores`. Returns
    :func:`incomelens.inference.calibration.reliability` with ``network`` in front.
    """
    parts = []
    for network in dict.fromkeys(network for _, network in predictions):
        together = pd.concat([table for key, table in predictions.items() if key[1] == network])
        table = reliability(
            together["observed"].to_numpy(),
            together["predicted"].to_numpy(),
            together[PROBABILITIES].to_numpy(dtype=np.float64),
        )
        table.insert(0, "network", network)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)
