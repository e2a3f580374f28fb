"""Who is reached: recall by hand, by chance, with ties of weights; the slope of a shrunken map."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.ssig.decisions import SHARES, lowest, measure_decisions, reached, slope

ONCE = np.ones((1, 10))


def recall(observed, predicted, weights, share):
    return reached(lowest(observed, weights, 0.2), lowest(predicted, weights, share), weights)


def test_two_of_ten_are_poor_and_one_of_them_is_reached():
    observed = np.arange(10.0)
    predicted = np.array([5.0, 0, 1, 2, 3, 4, 6, 7, 8, 9])
    assert_allclose(recall(observed, predicted, ONCE, 0.1), [0.5])
    assert_allclose(recall(observed, predicted, ONCE, 0.5), [0.5])
    assert_allclose(recall(observed, predicted, ONCE, 0.6), [1.0])


def test_a_district_at_the_limit_is_taken_in_part():
    assert_allclose(lowest(np.array([3.0, 1, 2]), np.ones((1, 3)), 0.5), [[0, 1, 0.5]])
    assert_allclose(lowest(np.array([3.0, 1, 2]), np.array([[1.0, 0, 3]]), 0.5), [[0, 0, 2 / 3]])


@given(seed=st.integers(0, 99), share=st.sampled_from(SHARES))
def test_a_perfect_map_reaches_as_many_as_can_be(seed, share):
    observed = np.random.default_rng(seed).normal(size=50)
    weights = np.random.default_rng(seed).multinomial(50, np.full(50, 0.02), size=3).astype(float)
    assert_allclose(recall(observed, observed, weights, share), min(1.0, share / 0.2))


def test_the_slope_tells_by_how_much_predictions_shrink():
    observed = np.arange(10.0)
    assert_allclose(slope(observed, 3 + 0.6 * observed, ONCE), [0.6])
    assert np.isnan(slope(np.full(10, 5.0), observed, ONCE)[0])


def predictions(n=300, shrink=0.7):
    rng = np.random.default_rng(0)
    observed = rng.normal(6e4, 2e4, n)
    noise = rng.normal(0, 2e3, n)
    return pd.DataFrame(
        {
            "level": "tract", "income": "per_capita_income", "model": "ssig", "mode": "optimised",
            "scheme": "block", "variant": "main", "geoid": [f"{i:04d}" for i in range(n)],
            "block": np.arange(n) % 15, "observed_usd": observed,
            "predicted_usd": 6e4 + shrink * (observed - 6e4) + noise,
        }
    )  # fmt: skip


def test_shrunken_predictions_are_too_high_for_the_poor_and_too_low_for_the_rich():
    table = measure_decisions(predictions(), resamples=200, seed=1).set_index("measure")
    assert table.loc["slope", "value"] == pytest.approx(0.7, abs=0.02)
    assert table.loc["bias_of_poorest_usd", "ci_low"] > 0
    assert table.loc["bias_of_richest_usd", "ci_high"] < 0
    assert (table["ci_low"] <= table["value"]).all()
    assert (table["value"] <= table["ci_high"]).all()
    assert table.loc["recall_of_poorest", "share"].tolist() == list(SHARES)


def test_sensitivity_runs_do_not_count():
    both = pd.concat([predictions(), predictions(shrink=0.1).assign(variant="without_topcoded")])
    pd.testing.assert_frame_equal(
        measure_decisions(both, resamples=100, seed=1),
        measure_decisions(predictions(), resamples=100, seed=1),
    )
