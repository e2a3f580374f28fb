"""Planted classes: ranks and areas by hand, chance where nothing is known, rates and intervals."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError
from incomelens.topology.planted import (
    decision_rates,
    hit_rates,
    pair_rates,
    planted_classes,
    planted_ratios,
    rank_table,
    roc_area,
)

NAMES = land_use_list().names

WORLDS = pd.DataFrame(
    [
        ("one", "One", "judge", "residential", "none"),
        ("two", "Two", "judge", "green", "south"),
        ("still", "Still", "judge", "none", "none"),
    ],
    columns=["city", "name", "role", "style", "coast"],
)
CODES = pd.DataFrame(
    [("One", "residential", 11100), ("One", "residential", 11210), ("Two", "green", 14100)],
    columns=["city", "style", "code"],
)


@pytest.fixture
def planted():
    return planted_classes(CODES, WORLDS)


def ratio_rows(ratios, *, q=0.5, effect=None, ses="low", method="guided"):
    """Rows of a table of ratios, one a class."""
    names = list(ratios)
    value = np.array(list(ratios.values()), dtype=float)
    return pd.DataFrame(
        {
            "method": method,
            "ses": ses,
            "urban_class": names,
            "n": 20,
            "ratio": value,
            "expected_ratio": 1.0,
            "log_error": 0.1,
            "effect_size": value - 1 if effect is None else effect,
            "p_value": 0.5,
            "q_value": q,
        }
    )


def test_codes_of_the_land_become_classes_of_cities_by_id(planted):
    assert planted.to_numpy().tolist() == [
        ["one", "continuous"],
        ["one", "dense"],
        ["two", "green_urban"],
    ]


def test_a_city_in_which_nothing_is_planted_is_named_unless_it_is_meant_to_tell_nothing():
    assert "still" not in set(planted_classes(CODES, WORLDS)["city"])
    third = pd.DataFrame([("three", "Three", "judge", "green", "none")], columns=WORLDS.columns)
    with pytest.raises(InputError, match=r"nothing is planted in Three; name synthetic cities"):
        planted_classes(CODES, pd.concat([WORLDS, third]))


def test_ranks_by_hand(planted):
    table = ratio_rows({"continuous": 3.0, "roads": 2.0, "dense": 1.5, "water": 0.5})
    ranks = rank_table(planted_ratios({("one", "main"): table}, planted, WORLDS)).iloc[0]
    assert (ranks["n_classes"], ranks["n_planted"]) == (4, 2)
    assert ranks["hit"]
    assert ranks["best"] == "continuous"
    assert ranks["chance"] == 0.5
    assert ranks["share_first"] == 0.5
    # Of the four pairs of a planted and another class, roads before dense is the wrong one.
    assert ranks["area"] == 0.75


def test_classes_that_were_not_tested_take_no_rank(planted):
    table = ratio_rows({"roads": 9.0, "continuous": 3.0, "water": 0.5})
    table.loc[0, "p_value"] = np.nan
    ranks = rank_table(planted_ratios({("one", "main"): table}, planted, WORLDS)).iloc[0]
    assert ranks["best"] == "continuous"
    assert ranks["n_classes"] == 2


def test_without_other_classes_nothing_can_be_ranked(planted):
    table = ratio_rows({"continuous": 3.0, "dense": 1.0})
    assert rank_table(planted_ratios({("one", "main"): table}, planted, WORLDS)).empty


def test_a_class_is_relied_on_beyond_networks_that_learnt_nothing(planted):
    learnt = ratio_rows({"continuous": 2.0, "dense": 2.0, "roads": 2.0, "water": 1.0}, q=0.01)
    nothing = ratio_rows({"continuous": 1.0, "dense": 1.9, "water": 0.9}, q=0.01)
    ratios = {("one", "main"): learnt, ("one", "shuffled"): nothing}
    table = planted_ratios(ratios, planted, WORLDS).set_index(["network", "urban_class"])
    z = table["beyond_shuffled"]
    assert z["main", "continuous"] == pytest.approx(np.log(2) / np.hypot(0.1, 0.1))
    # Without labels nearly as strong; without a counterpart; and not over-activated.
    assert table.loc["main", "relied_on"].to_dict() == {
        "continuous": True, "dense": False, "roads": False, "water": False,
    }  # fmt: skip
    assert z["shuffled"].isna().all()
    assert np.isnan(z["main", "roads"])
    rates = decision_rates(table.reset_index())
    found = rates[(rates["network"] == "main") & (rates["style"] == "residential")]
    by = found[found["ses"] == "low"].set_index("planted")
    assert by["relied_on"].to_dict() == {True: 0.5, False: 0.0}
    assert by["cities_relied_on"].to_dict() == {True: 1.0, False: 0.0}


def test_area_equals_scikit_learns_with_ties():
    rng = np.random.default_rng(0)
    for _ in range(20):
        value, planted = rng.integers(0, 5, 12).astype(float), rng.random(12) < 0.4
        planted[:2] = [True, False]
        assert roc_area(value, planted) == pytest.approx(roc_auc_score(planted, value))


def many_cities(n, draw):
    """Ratios of n cities with two planted and four other classes, drawn by a function."""
    names = ["continuous", "dense", "roads", "water", "natural", "leisure"]
    codes = [(f"City {k}", "residential", code) for k in range(n) for code in (11100, 11210)]
    worlds = pd.DataFrame(
        [(f"city_{k}", f"City {k}", "judge", "residential", "none") for k in range(n)],
        columns=WORLDS.columns,
    )
    planted = planted_classes(pd.DataFrame(codes, columns=["city", "style", "code"]), worlds)
    ratios = {
        (city, "main"): pd.concat(
            [ratio_rows(dict(zip(names, draw(), strict=True)), ses=ses) for ses in ("low", "high")]
        )
        for city in worlds["city"]
    }
    return planted_ratios(ratios, planted, worlds)


def test_maps_that_know_nothing_hit_as_often_as_chance_says():
    rng = np.random.default_rng(2)
    ranks = rank_table(many_cities(150, lambda: rng.random(6)))
    hits = hit_rates(ranks, n_resamples=200, seed=0)
    check_written(ranks, "results/small/topology/planted_ranks.csv")
    check_written(hits, "results/small/topology/planted_hits.csv")
    hits = hits.set_index(["style", "ses"])
    row = hits.loc[("residential", "low")]
    assert row["chance"] == pytest.approx(1 / 3)
    assert row["ci_low"] < 1 / 3 < row["ci_high"]
    assert row["area_ci_low"] < 0.5 < row["area_ci_high"]


def test_maps_that_know_everything_always_hit():
    rng = np.random.default_rng(2)
    ranks = rank_table(many_cities(20, lambda: rng.random(6) + np.array([2, 2, 0, 0, 0, 0])))
    row = hit_rates(ranks, n_resamples=200, seed=0).iloc[0]
    assert (row["hits"], row["n"], row["hit_rate"]) == (20, 20, 1.0)
    low, high = proportion_confint(20, 20, method="wilson")
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high))
    assert row["area"] == row["area_ci_low"] == 1.0


def test_both_ses_of_a_city_count_as_one_city_and_get_no_wilson_interval():
    ranks = rank_table(many_cities(5, lambda: np.arange(6.0)))
    table = hit_rates(ranks, n_resamples=50, seed=0).set_index(["style", "ses"])
    both = table.loc[("both", "both")]
    assert (both["n_cities"], both["n"]) == (5, 10)
    assert np.isnan(both["ci_low"])
    assert both["hit_rate"] == 0.0


def test_decisions_are_counted_by_what_was_planted(planted):
    rejected = {"continuous": 2.0, "dense": 0.5, "roads": 1.4, "water": 0.2}
    tables = {
        ("one", "main"): ratio_rows(rejected, q=[0.01, 0.01, 0.2, 0.04]),
        ("two", "main"): ratio_rows({"green_urban": 1.5, "roads": 1.5}, q=[0.3, 0.01]),
    }
    ratios = planted_ratios(tables, planted, WORLDS)
    assert ratios["decision"].tolist() == ["over", "under", "none", "under", "none", "over"]
    rates = decision_rates(ratios)
    check_written(ratios, "results/small/topology/planted_ratios.csv")
    check_written(rates, "results/small/topology/planted_h0.csv")
    rates = rates.set_index(["style", "ses", "planted"])
    others = rates.loc[("both", "low", False)]
    assert (others["over"], others["under"]) == pytest.approx((1 / 3, 1 / 3))
    assert (others["n_cities"], others["cities_over"]) == (2, 0.5)
    assert rates.loc[("residential", "low", True), "over"] == 0.5
    assert rates.loc[("green", "low", True), "cities_over"] == 0.0


def test_pairs_are_judged_on_both_measures(planted):
    pairs = pd.DataFrame(
        {
            "method": "guided",
            "ses": "low",
            "urban_class": "dense",
            "neighbour_class": NAMES[5:9],
            "coactivation": [1.5, 0.8, 1.2, 2.0],
            "effect_size": [-0.5, 0.2, 0.1, 0.0],
            "p_value": [0.01, 0.5, 0.5, np.nan],
            "q_value": [0.02, 0.6, 0.6, np.nan],
            "plain_p_value": [0.01, 0.01, 0.5, np.nan],
            "plain_q_value": [0.02, 0.02, 0.6, np.nan],
        }
    )
    quiet = pairs.assign(q_value=0.9, plain_q_value=0.9)
    rates = pair_rates({("one", "main"): pairs, ("two", "main"): quiet}, WORLDS)
    check_written(rates, "results/small/topology/planted_h1.csv")
    rates = rates.set_index(["style", "ses", "measure"])
    plain, adjusted = (rates.loc[("residential", "low", name)] for name in ("plain", "adjusted"))
    assert (plain["n_tests"], plain["over"], plain["under"]) == pytest.approx((3, 1 / 3, 1 / 3))
    assert (adjusted["over"], adjusted["under"]) == pytest.approx((0, 1 / 3))
    assert rates.loc[("both", "low", "plain"), "cities_rejected"] == 0.5


def test_a_method_not_tried_on_shuffled_labels_is_judged_by_its_own_test(planted):
    learnt = ratio_rows({"continuous": 2.0, "roads": 0.5}, q=0.01)
    tables = {("one", "main"): learnt.assign(method="occlusion"), ("two", "shuffled"): learnt}
    ratios = planted_ratios(tables, planted, WORLDS)
    assert ratios["relied_on"].tolist() == [True, False, False, False]


def test_rates_stand_by_role_with_coasts_and_silent_cities_apart(planted):
    tune = WORLDS.assign(role=["tune", "judge", "judge"])
    tables = {
        (city, "main"): ratio_rows({"roads": 1.5, "water": 0.5}, q=0.01) for city in WORLDS["city"]
    }
    rates = decision_rates(planted_ratios(tables, planted, tune))
    rates = rates[(rates["ses"] == "low") & ~rates["planted"]].set_index(["role", "style"])
    assert rates["n_cities"].to_dict() == {
        ("tune", "residential"): 1, ("judge", "green"): 1, ("judge", "none"): 1,
        ("tune", "both"): 1, ("judge", "both"): 1, ("judge", "coast"): 1,
    }  # fmt: skip
