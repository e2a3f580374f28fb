"""Intervals that hold: quantiles by hand, coverage where errors differ, and who is left out."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import binomtest

from incomelens.ssig.conformal import (
    METHODS,
    NEAR_SHARE,
    calibrate_intervals,
    conformal_intervals,
    label_conditional,
    local_scale,
)
from incomelens.ssig.coverage import coverage_by_group


def world(n=1500, *, seed=0, spread=0.2):
    """Incomes whose errors grow with them; predictions that shrink towards the mean."""
    rng = np.random.default_rng(seed)
    true = np.exp(rng.normal(11, 0.5, n))
    predicted = 0.85 * true + 0.15 * true.mean() + rng.normal(0, spread, n) * true
    return true, np.maximum(predicted, 1e3), np.arange(n) % 5, rng.uniform(0, 30, (n, 3))


def inside(observed, ends):
    return (ends[0] <= observed) & (observed <= ends[1])


def test_local_scale_is_the_mean_error_of_the_nearest_predictions():
    known = np.arange(200.0)
    error = np.where(known < 100, 1.0, 3.0)
    assert_allclose(local_scale(known, error, np.array([-5.0, 30, 170, 999])), [1, 1, 3, 3])


@pytest.mark.parametrize("method", METHODS[1:])
def test_nine_in_ten_incomes_lie_in_their_interval(method):
    observed, predicted, fold, place = world(4000)
    covered = inside(observed, conformal_intervals(observed, predicted, fold, place=place)[method])
    # Closing the gaps of a label-conditional set can only add to it.
    alternative = "less" if method == "label_conditional" else "two-sided"
    assert binomtest(covered.sum(), len(covered), 0.9, alternative=alternative).pvalue > 0.001
    assert covered.mean() < 0.93


def test_distance_weighs_errors_as_defined():
    """The definition, one district at a time (Lou, Luo & Meng 2025)."""
    observed, predicted, fold, place = world(600)
    own = fold == 0
    root = np.sqrt(predicted)
    error = np.abs(np.sqrt(observed) - root)
    scale = local_scale(root[~own], error[~own], root)
    score = error[~own] / scale[~own]
    highs = []
    for number in np.flatnonzero(own):
        distance = np.linalg.norm(place[~own] - place[number], axis=1)
        bandwidth = np.sort(distance)[len(score) // NEAR_SHARE - 1]
        weights = np.exp(-((distance / bandwidth) ** 2) / 2)
        held = [weights[score <= least].sum() for least in np.sort(score)]
        enough = np.array(held) >= 0.9 * (weights.sum() + 1)
        least = np.sort(score)[enough.argmax()] if enough.any() else np.inf
        highs.append((root[number] + scale[number] * least) ** 2)
    _, high = conformal_intervals(observed, predicted, fold, place=place)["geographic"]
    assert np.isfinite(highs).all()
    assert_allclose(high[own], highs, rtol=1e-12)


def test_intervals_by_fifths_of_income_hold_among_the_poor_and_the_rich():
    observed, predicted, fold, place = world(4000)
    ends = conformal_intervals(observed, predicted, fold, place=place)
    fifth = np.argsort(np.argsort(observed)) * 5 // len(observed)
    least = {
        method: min(inside(observed, ends[method])[fifth == number].mean() for number in range(5))
        for method in ("split", "label_conditional")
    }
    assert least["split"] < 0.8
    assert least["label_conditional"] > 0.88


def test_a_prediction_set_is_cut_at_the_limits_of_fifths():
    """Of ten districts a fifth, the lowest fifth errs by 5 and all others by 1."""
    known = np.arange(100.0)
    score = np.where(known < 20, 5.0, 1.0)
    low, high = label_conditional(known, score, np.array([10.0, 50.0, 22.0]), np.ones(3))
    limit = np.quantile(known, 0.2)
    assert_allclose(low, [5, 49, 22 - 5])
    assert_allclose(high, [15, 51, 23])
    assert limit == pytest.approx(19.8)


def test_a_district_s_own_income_does_not_move_its_interval():
    observed, predicted, fold, place = world(300)
    before = conformal_intervals(observed, predicted, fold, place=place)
    changed = np.where(fold == 2, 10 * observed, observed)
    after = conformal_intervals(changed, predicted, fold, place=place)
    for method in METHODS[1:]:
        for end in range(2):
            np.testing.assert_array_equal(
                before[method][end][fold == 2], after[method][end][fold == 2]
            )


def table(n=200):
    observed, predicted, fold, place = world(n)
    geoid = [f"{number:04d}" for number in range(n)]
    predictions = pd.DataFrame(
        {
            "geoid": geoid, "fold": fold, "observed_usd": observed, "predicted_usd": predicted,
            "variant": "main",
        }
    )  # fmt: skip
    gp = predictions.assign(model="ssig", mode="optimised", sd_usd=0.0, log_sd=np.nan)
    ridge = predictions.assign(model="ridge", mode="reference", sd_usd=np.nan, log_sd=np.nan)
    districts = pd.DataFrame(
        {
            "level": "tract", "geoid": geoid, "area": np.where(place[:, 0] < 15, "West", "East"),
            "longitude": place[:, 0] / 100, "latitude": place[:, 1] / 100,
            "population_density": place[:, 2],
        }
    )  # fmt: skip
    other = gp.assign(variant="without_topcoded")
    return pd.concat([gp, ridge, other], ignore_index=True), districts


def test_every_model_has_conformal_intervals_and_a_process_its_own():
    intervals = calibrate_intervals(*table())
    counts = intervals.groupby(["model", "method"]).size()
    assert (counts == 200).all()
    assert ("ssig", "model") in counts.index
    assert ("ridge", "model") not in counts.index
    assert {method for _, method in counts.index} == set(METHODS)


def test_coverage_is_told_for_every_group():
    predictions, districts = table()
    task = {"level": "tract", "income": "per_capita_income", "scheme": "random"}
    intervals = calibrate_intervals(predictions, districts).assign(**task)
    area = districts[["geoid"]].assign(applicable=districts["area"] == "West", **task)
    coverage = coverage_by_group(intervals, districts, area)
    own = coverage[(coverage["model"] == "ridge") & (coverage["method"] == "split")]
    groups = own.groupby("grouping")["n"].agg(["size", "sum"])
    assert groups["size"].to_dict() == {
        "all": 1, "area": 2, "income_fifth": 5, "predicted_fifth": 5, "density_fifth": 5,
        "applicability": 2,
    }  # fmt: skip
    assert (groups["sum"] == 200).all()
    # A standard deviation of zero covers nothing.
    assert (coverage.loc[coverage["method"] == "model", "coverage"] == 0).all()
    whole = own.loc[own["grouping"] == "all", "coverage"].item()
    by_area = own[own["grouping"] == "area"]
    assert whole == pytest.approx(np.average(by_area["coverage"], weights=by_area["n"]))
