"""Inequality: cases by hand, what the definitions imply, coverage of the intervals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import stats

from incomelens.common.errors import InputError
from incomelens.districts.inequality import (
    MEASURES,
    decile_ratio,
    gini,
    mean,
    measures,
    p90_p10,
    resampled_interval,
    sampling_error_interval,
    sd,
)
from incomelens.districts.inequality_table import inequality_table

incomes = arrays(float, st.integers(2, 40), elements=st.floats(1e3, 3e5))
RELATIVE = ("gini", "decile_ratio", "p90_p10")


def ones(income):
    return np.ones(len(income))


def test_gini_by_hand():
    assert gini(np.array([1.0, 3.0]), np.ones(2)) == pytest.approx(0.25)
    assert gini(np.array([0.0, 0.0, 0.0, 8.0]), np.ones(4)) == pytest.approx(0.75)


def test_decile_ratio_by_hand_with_a_district_on_the_edge():
    # A tenth of 15 districts is one and a half.
    income = np.arange(1.0, 16.0)
    poorest, richest = (1 + 0.5 * 2) / 1.5, (15 + 0.5 * 14) / 1.5
    assert decile_ratio(income, ones(income)) == pytest.approx(richest / poorest)


def test_p90_p10_by_hand():
    income = np.arange(1.0, 11.0)
    assert p90_p10(income, ones(income)) == 9.0


@given(incomes)
def test_gini_equals_the_mean_difference_of_all_pairs(income):
    by_pairs = np.abs(income[:, None] - income).mean() / (2 * income.mean())
    assert_allclose(gini(income, ones(income)), by_pairs, atol=1e-12)


@given(incomes)
def test_gini_lies_between_zero_and_one(income):
    assert -1e-12 <= gini(income, ones(income)) <= 1 - 1 / len(income) + 1e-12


@given(incomes, st.floats(1e-3, 1e3))
def test_relative_measures_do_not_know_the_currency(income, rate):
    for name in ("gini", "decile_ratio"):
        measure = MEASURES[name]
        assert_allclose(
            measure(rate * income, ones(income)), measure(income, ones(income)), atol=1e-9
        )


@given(incomes)
def test_ratios_are_at_least_one(income):
    assert decile_ratio(income, ones(income)) >= 1 - 1e-12
    assert p90_p10(income, ones(income)) >= 1


@given(incomes, st.randoms(use_true_random=False))
def test_order_of_the_districts_does_not_matter(income, random):
    shuffled = income.copy()
    random.shuffle(shuffled)
    assert_allclose(measures(shuffled, ones(income)), measures(income, ones(income)), rtol=1e-9)


@given(incomes, st.data())
def test_a_weight_of_two_is_two_districts(income, data):
    weight = data.draw(arrays(int, len(income), elements=st.integers(1, 4)))
    repeated = np.repeat(income, weight)
    assert_allclose(
        measures(income, weight.astype(float)),
        measures(repeated, ones(repeated)),
        rtol=1e-9,
        atol=1e-9,
    )


def test_equal_districts_are_equal():
    income = np.full(7, 40_000.0)
    assert_allclose(measures(income, ones(income)), [0, 1, 1, 40_000, 0], atol=1e-12)


def test_gini_of_lognormal_incomes_is_that_of_theory():
    # G = 2 Φ(σ / √2) − 1; quantiles at equal steps leave a small part of the tail out.
    sigma = 0.5
    income = stats.lognorm.ppf((np.arange(20_000) + 0.5) / 20_000, s=sigma)
    assert_allclose(gini(income, ones(income)), 2 * stats.norm.cdf(sigma / 2**0.5) - 1, atol=1e-4)


def test_mean_and_sd_agree_with_numpy():
    income = np.array([1.0, 2.0, 6.0])
    assert mean(income, ones(income)) == np.mean(income)
    assert sd(income, ones(income)) == pytest.approx(np.std(income))


@pytest.mark.slow
def test_resampling_covers_the_mean_of_the_city_that_was_sampled():
    rng = np.random.default_rng(5)
    runs, hits = 100, 0
    for _ in range(runs):
        income = rng.lognormal(10, 0.4, 60)
        interval = resampled_interval(income, ones(income), n_resamples=100, rng=rng)[3]
        hits += interval.low <= np.exp(10 + 0.08) <= interval.high
    # Percentile intervals of 60 skewed values cover a little less than they say.
    assert stats.binomtest(hits, runs, 0.93).pvalue > 0.01


@pytest.mark.slow
def test_margins_of_error_lead_back_to_the_inequality_without_sampling_error():
    rng = np.random.default_rng(6)
    true = rng.lognormal(11, 0.45, 300)
    standard_error = 0.15 * true
    truth, runs, hits = gini(true, ones(true)), 80, 0
    for _ in range(runs):
        estimate = np.maximum(rng.normal(true, standard_error), 1.0)
        interval = sampling_error_interval(
            estimate, ones(true), 1.645 * standard_error, n_resamples=100, rng=rng
        )[0]
        hits += interval.low <= truth <= interval.high
        # What the estimates themselves say is too high.
        assert gini(estimate, ones(true)) > truth - 0.01
    assert stats.binomtest(hits, runs, 0.95).pvalue > 0.01


def test_districts_without_margin_keep_their_estimate():
    income = np.array([10.0, 20.0, 40.0])
    intervals = sampling_error_interval(
        income, ones(income), np.full(3, np.nan), n_resamples=20, rng=np.random.default_rng(0)
    )
    assert_allclose([interval.low for interval in intervals], measures(income, ones(income)))


# --- the table ----------------------------------------------------------------------------------


@pytest.fixture
def districts():
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "geoid": [f"{i:02d}" for i in range(30)],
            "population": rng.integers(1000, 5000, 30).astype(float),
            "per_capita_income": [np.nan, *rng.lognormal(10, 0.5, 29)],
            "per_capita_income_moe": [np.nan, *rng.uniform(1000, 3000, 29)],
            "median_household_income": rng.lognormal(11, 0.5, 30),
            "median_household_income_moe": np.nan,
        }
    )


def table_of(levels, **options):
    defaults = {
        "incomes": ["per_capita_income", "median_household_income"],
        "n_resamples": 50,
        "seed": 1,
    }
    return inequality_table(levels, **{**defaults, **options})


def test_table_has_a_row_for_every_measure_and_weighting(districts):
    table = table_of({"tract": districts})
    assert table.groupby("income")["n"].first().to_dict() == {
        "median_household_income": 30,
        "per_capita_income": 29,
    }
    assert len(table) == 2 * 2 * len(MEASURES)
    assert set(table["weighting"]) == {"districts", "population"}
    assert table.set_index("measure")["unit"].to_dict() == {
        **dict.fromkeys(RELATIVE, "1"),
        **dict.fromkeys(("mean", "sd"), "USD"),
    }
    assert (table["ci_low"] <= table["value"]).all()
    assert (table["value"] <= table["ci_high"]).all()


def test_margins_are_null_where_there_are_none(districts):
    known = table_of({"tract": districts}).set_index("income")["moe_ci_low"]
    assert known["median_household_income"].isna().all()
    assert known["per_capita_income"].notna().all()


def test_population_weights_need_every_population(districts):
    districts.loc[3, "population"] = np.nan
    assert set(table_of({"tract": districts})["weighting"]) == {"districts"}


def test_a_second_level_does_not_change_the_first(districts):
    alone = table_of({"tract": districts})
    both = table_of({"zip": districts.iloc[:20], "tract": districts})
    pd.testing.assert_frame_equal(both[both["level"] == "tract"].reset_index(drop=True), alone)


def test_incomes_of_zero_are_refused(districts):
    districts.loc[3, "per_capita_income"] = 0.0
    named = districts["geoid"][3]
    with pytest.raises(InputError, match=f"per_capita_income is not positive in districts {named}"):
        table_of({"tract": districts})
