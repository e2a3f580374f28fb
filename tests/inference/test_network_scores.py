"""Scores of several networks of several cities are those of each, and of all cells together."""

import numpy as np
import pandas as pd
import pytest

from incomelens.common.contracts import check_written
from incomelens.inference.metrics import score
from incomelens.inference.network_scores import (
    network_reliability,
    network_scores,
    score_summary,
)

from .towns import PROBABILITIES, network_like, town

STYLES = {"a": "residential", "b": "residential", "c": "infrastructure_green"}
WORLDS = pd.DataFrame({"city": list(STYLES), "role": "judge", "style": list(STYLES.values())})


@pytest.fixture(scope="module")
def predictions():
    return {
        (city, network): network_like(town(seed=seed), noise=noise, seed=seed)
        for seed, city in enumerate(STYLES)
        for network, noise in (("main", 0.5), ("shuffled", 9.0))
    }


def test_every_network_of_every_city_has_its_own_scores(predictions):
    table = network_scores(predictions, WORLDS).set_index(["city", "network"])
    one = predictions["b", "shuffled"]
    expected = score(
        one["observed"].to_numpy(),
        one["predicted"].to_numpy(),
        p=one["p"].to_numpy(),
        probabilities=one[PROBABILITIES].to_numpy(),
    )
    found = table.loc[("b", "shuffled")]
    assert found["pearson_r"] == pytest.approx(expected.pearson_r)
    assert found["ece"] == pytest.approx(expected.ece)
    assert found["style"] == "residential"
    assert len(table) == 6


def test_the_summary_holds_mean_and_extremes_over_cities(predictions):
    scores = network_scores(predictions, WORLDS)
    summary = score_summary(scores)
    check_written(scores, "results/small/inference/network_scores.csv")
    check_written(summary, "results/small/inference/network_summary.csv")
    summary = summary.set_index(["style", "network", "metric"])
    row = summary.loc[("residential", "main", "mae")]
    of_cities = scores[(scores["style"] == "residential") & (scores["network"] == "main")]["mae"]
    assert row["n_cities"] == 2
    assert row["mean"] == pytest.approx(of_cities.mean())
    assert (row["low"], row["high"]) == (of_cities.min(), of_cities.max())


def test_a_network_that_says_one_class_has_no_correlation(predictions):
    one = predictions["a", "main"].assign(predicted=3)
    scores = network_scores({("a", "main"): one}, WORLDS)
    row = score_summary(scores).set_index("metric").loc["pearson_r"]
    assert row["n_cities"] == 0
    assert np.isnan(row["mean"])


def test_reliability_counts_the_cells_of_all_cities_once(predictions):
    table = network_reliability(predictions)
    check_written(table, "results/small/inference/network_reliability.csv")
    n = sum(len(one) for (_, network), one in predictions.items() if network == "main")
    assert table[table["network"] == "main"]["n"].sum() == n
    hits = pd.concat([one for (_, name), one in predictions.items() if name == "main"])
    accuracy = (hits["observed"] == hits["predicted"]).mean()
    main = table[table["network"] == "main"].dropna()
    assert np.average(main["accuracy"], weights=main["n"]) == pytest.approx(accuracy)
