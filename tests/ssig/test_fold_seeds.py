"""Scores over sizes and seeds of blocks: every partition once, spread and differences by hand."""

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import t as student

from incomelens.common.errors import InputError
from incomelens.ssig.features import SOCIOECONOMIC
from incomelens.ssig.fold_seed_summary import summarise_fold_seeds
from incomelens.ssig.fold_seeds import score_fold_seeds

SETTINGS = {
    "income": "per_capita_income", "seeds": 2, "modes": ["literal"], "references": ["ridge"],
    "n_folds": 3, "buffer_km": 0.0, "starts": 1, "known_noise": False, "seed": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def city():
    rng = np.random.default_rng(0)
    n = 60
    table = pd.DataFrame(rng.random((n, len(SOCIOECONOMIC))), columns=list(SOCIOECONOMIC))
    table = table.assign(
        geoid=[f"{number:05d}" for number in range(n)],
        longitude=rng.uniform(-74, -73.8, n),
        latitude=rng.uniform(40.6, 40.8, n),
        bachelor_or_above=lambda t: (t["bachelor"] + t["postgraduate"]) / 2,
        per_capita_income=lambda t: 2e4 + 5e4 * t["postgraduate"] + rng.normal(0, 2e3, n),
        median_household_income=lambda t: t["per_capita_income"],
        median_household_income_topcoded=False,
    )
    points = gpd.points_from_xy(table["longitude"], table["latitude"])
    return gpd.GeoDataFrame(table, geometry=points, crs=4326)


@pytest.fixture(scope="module")
def scores(city):
    return score_fold_seeds(city, n_blocks=[4, 8], **SETTINGS)


def test_every_size_has_every_seed_and_every_model_all_folds(scores):
    counts = scores.groupby(["n_blocks", "fold_seed", "model"]).size()
    assert len(counts) == 2 * 2 * 2
    assert (counts == 3).all()
    held_out = scores.groupby(["n_blocks", "fold_seed", "model"])["n"].sum()
    assert (held_out == 60).all()
    assert (scores["n"] + scores["n_training"] == 60).all()


def test_seeds_part_the_city_otherwise(scores):
    by_seed = scores[(scores["model"] == "ridge") & (scores["n_blocks"] == 8)]
    first, second = (by_seed.loc[by_seed["fold_seed"] == number, "r2"] for number in (0, 1))
    assert set(first) & set(second) == set()


def test_sizes_that_cannot_be_made_are_told(city, caplog):
    with caplog.at_level(logging.WARNING):
        made = score_fold_seeds(city, n_blocks=[2, 4, 31], **SETTINGS)
    assert set(made["n_blocks"]) == {4}
    assert "2, 31 blocks are left out; between 3 and 30 can be made" in caplog.text
    with pytest.raises(InputError, match="none of 2, 31 lies between 3 folds and 30 blocks"):
        score_fold_seeds(city, n_blocks=[2, 31], **SETTINGS)


def by_hand():
    rows = [
        {"level": "tract", "income": "per_capita_income", "n_blocks": 10, "model": model}
        | {"mode": mode, "fold_seed": seed, "fold": fold, "n": 20, "n_training": 60}
        | dict.fromkeys(("r2", "cod", "rmse_usd", "mae_usd"), value)
        for model, mode, values in (
            ("ssig", "optimised", [[0.8, 0.6], [0.9, 0.7]]),
            ("ridge", "reference", [[0.7, 0.6], [0.6, 0.6]]),
        )
        for seed, folds in enumerate(values)
        for fold, value in enumerate(folds)
    ]
    return summarise_fold_seeds(pd.DataFrame(rows)).set_index(["model", "metric"])


def test_the_spread_is_that_of_means_over_folds():
    own = by_hand().loc[("ssig", "r2")]
    assert_allclose(own[["mean", "low", "high"]].astype(float), [0.75, 0.7, 0.8])
    assert own["sd"] == pytest.approx(np.std([0.7, 0.8], ddof=1))
    assert (own["n_seeds"], own["n_folds"]) == (2, 4)
    assert np.isnan(own["ssig_minus"])


def test_the_difference_has_the_corrected_error_of_all_folds_of_all_seeds():
    own = by_hand().loc[("ridge", "r2")]
    differences = np.array([0.1, 0.0, 0.3, 0.1])
    error = np.sqrt((1 / 4 + 20 / 60) * differences.var(ddof=1))
    half = student.ppf(0.975, 3) * error
    assert own["ssig_minus"] == pytest.approx(0.125)
    assert own["ssig_minus_ci_low"] == pytest.approx(0.125 - half)
    assert own["p_value"] == pytest.approx(2 * student.sf(0.125 / error, 3))
    assert own["share_won"] == 0.75


def test_of_errors_the_smaller_one_wins():
    assert by_hand().loc[("ridge", "rmse_usd"), "share_won"] == 0.0
