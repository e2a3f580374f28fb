"""Networks and baselines compared, where the aerial paper has its Supplementary Table 1."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from incomelens.paper.aerial.inputs import stacked
from incomelens.paper.aerial.names import MAIN, METRICS, SAMPLES, check_cities, model_labels
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name
from incomelens.paper.table import Table, estimate, rows

DIFFERENCE = "pearson_r"


def exhibit(
    summary: Sequence[pd.DataFrame],
    comparisons: Sequence[pd.DataFrame],
    *,
    names: Mapping[str, str],
    places: Sequence[tuple[str, str]],
    networks: Mapping[str, Mapping[str, str]],
) -> Exhibit:
    """Lay out all scores, and how far the main network is ahead (deviation `model_comparison`).

    Parameters
    ----------
    summary, comparisons : sequences of DataFrame
        `summary.csv` and `comparisons.csv` of every city and scheme.
    """
    scores = stacked(summary, places, "summary of scores")
    labels = model_labels(networks, scores["model"])
    # The comparison with nobody: a table without rows, but with its columns.
    ahead = stacked(comparisons, places, "comparisons of models")
    check_cities(list(scores["city"]), names)
    scores = scores[scores["scope"].isin(["pooled", "mean_of_folds"])]
    scores = scores[scores["metric"].isin(list(METRICS))].reset_index(drop=True)
    keys = ["city", "scheme", "cells", "model", "metric"]
    difference = ahead[ahead["model"] == MAIN].drop(columns="model")
    difference = difference.rename(columns={"against": "model"})[
        [*keys, "value", "ci_low", "ci_high", "block_ci_low", "block_ci_high"]
    ].rename(
        columns={
            column: f"main_minus_this_{column}".replace("_value", "")
            for column in ("value", "ci_low", "ci_high", "block_ci_low", "block_ci_high")
        }
    )
    # Differences are pooled ones, and belong to the pooled scores alone.
    numbers = scores.merge(
        difference.assign(scope="pooled"), on=[*keys, "scope"], how="left", validate="1:1"
    )
    pooled = numbers[numbers["scope"] == "pooled"]
    order = ["city", "scheme", "cells", "model"]
    shown = [
        _model_row(dict(zip(order, key, strict=True)), group, names, labels)
        for key, group in pooled.groupby(order, sort=False)
    ]
    table = Table(
        numbers=numbers,
        shown=pd.DataFrame(shown),
        caption="Comparison of networks and baselines, out of fold (Supplementary Table 1).",
        notes=(
            "Scores of all folds pooled; in brackets 95 % intervals by resampling spatial blocks, "
            "for the models as trained. Without imputed: the same models, judged on the cells "
            "whose income was observed. Acc: share of cells in their class; Acc±1: in it or a "
            "neighbouring one; MAE: in classes; Kappa: quadratic weights; ECE: expected "
            "calibration error, of models with probabilities. Network minus this: the difference "
            "of r under the same draws; above 0 the main network is better. Differences of the "
            "other scores, means of folds and intervals by single cells stand in the CSV.",
            "Copy the neighbours: median class of the eight nearest cells of training. Under "
            "random folds these lie next door, under spatial blocks at least a buffer away. The "
            "paper's own table was not at hand.",
            *_on_frozen_features(networks[MAIN], set(pooled["model"])),
        ),
        blocks="City, folds and cells",
        decimals=dict.fromkeys([metric.heading for metric in METRICS.values()], 2)
        | {"n": 0, "Network minus this: r": 2},
    )
    return Exhibit(table)


def _model_row(
    key: Mapping[str, str], table: pd.DataFrame, names: Mapping[str, str], labels: Mapping[str, str]
) -> dict[str, object]:
    by_metric = {row.metric: row for row in rows(table)}
    parts = (names[key["city"]], folds_name(key["scheme"]), SAMPLES.get(key["cells"], key["cells"]))
    ahead = by_metric.get(DIFFERENCE)
    return {
        "City, folds and cells": "{}, {}, {} cells".format(*parts),
        "Model": labels.get(key["model"], key["model"]),
        "n": table["n"].iloc[0],
        **{
            metric.heading: estimate(by_metric.get(name), interval="block_ci")
            for name, metric in METRICS.items()
        },
        "Network minus this: r": np.nan
        if ahead is None
        else estimate(ahead, "main_minus_this", interval="main_minus_this_block_ci"),
    }


def _on_frozen_features(network: Mapping[str, str], models: set[str]) -> list[str]:
    if "frozen_ridge" not in models:
        return []
    weights = "random weights" if network["weights"] == "none" else f"weights {network['weights']}"
    return [
        f"Frozen features: the maps of {network['backbone']} ({weights}), pooled over the tile, "
        "with none of its weights trained on incomes."
    ]
