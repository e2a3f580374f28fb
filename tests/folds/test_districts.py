"""Folds of districts: a partition, deterministic, as far apart as the scheme promises."""

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incomelens.common.errors import InputError
from incomelens.folds.buffer import local_km
from incomelens.folds.districts import MOST_AREAS, district_folds

SCHEMES = ("random", "block", "area")
SETTINGS = {"n_folds": 5, "n_blocks": 10, "seed": 1}


def city(n, *, rng=None, **columns):
    rng = rng or np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "geoid": [f"{number:05d}" for number in range(n)],
            "longitude": rng.uniform(-74.2, -73.7, n),
            "latitude": rng.uniform(40.5, 40.9, n),
            "per_capita_income": rng.uniform(1e4, 1e5, n),
            "median_household_income": np.nan,
            "area": rng.choice(["Bronx", "Queens", "Brooklyn"], n),
        }
    )
    return table.assign(**columns)


@given(
    n=st.integers(20, 120),
    scheme=st.sampled_from(["random", "block"]),
    n_folds=st.integers(2, 6),
    seed=st.integers(0, 99),
)
@settings(max_examples=25, deadline=None)
def test_every_district_is_held_out_once_and_no_fold_is_empty(n, scheme, n_folds, seed):
    folds = district_folds(city(n), scheme=scheme, n_folds=n_folds, n_blocks=8, seed=seed)
    assert folds["geoid"].is_unique
    assert set(folds["fold"]) == set(range(n_folds))


def test_random_folds_have_equal_sizes():
    folds = district_folds(city(103), scheme="random", **SETTINGS)
    assert np.ptp(np.bincount(folds["fold"])) <= 1


def test_a_block_is_never_split_between_folds():
    folds = district_folds(city(200), scheme="block", **SETTINGS)
    assert folds.groupby("block")["fold"].nunique().max() == 1


def test_blocks_are_compact():
    table = city(400)
    folds = district_folds(table, scheme="block", **SETTINGS)
    place = pd.DataFrame(local_km(table["longitude"].to_numpy(), table["latitude"].to_numpy()))
    within = place.groupby(folds["block"].to_numpy()).std(ddof=0).pow(2).sum(axis=1)
    assert within.max() < 0.25 * place.std(ddof=0).pow(2).sum()


def test_only_block_folds_have_a_buffer():
    schemes = {name: district_folds(city(200), scheme=name, **SETTINGS) for name in SCHEMES}
    assert [name for name, folds in schemes.items() if "buffer_km" in folds] == ["block"]
    assert len(set(schemes["block"]["buffer_km"])) == 1
    assert schemes["block"]["buffer_km"].iloc[0] > 0


def test_the_buffer_is_told_with_what_it_takes_from_every_fold(caplog):
    caplog.set_level(logging.INFO)
    district_folds(city(100), scheme="block", **SETTINGS)
    told = [text for text in caplog.messages if "in the buffer of" in text]
    assert len(told) == 5
    for text in told:
        held_out, left, taken = (int(text.split()[place]) for place in (2, 6, 10))
        assert held_out + left + taken == 100
        assert taken <= (left + taken) // 5


def test_a_buffer_of_ones_own_is_taken_as_it_is_and_0_is_none():
    for width in (0.0, 1.5):
        folds = district_folds(city(100), scheme="block", **SETTINGS, buffer_km=width)
        assert folds["buffer_km"].tolist() == [width] * 100


def test_a_wide_buffer_is_a_warning_and_one_that_leaves_nothing_an_error(caplog):
    district_folds(city(100), scheme="block", **SETTINGS, buffer_km=12)
    assert [record.levelname for record in caplog.records].count("WARNING") == 5
    with pytest.raises(
        InputError, match=r"buffer_km: 100 km around fold 0 leave 0 of \d+ district"
    ):
        district_folds(city(100), scheme="block", **SETTINGS, buffer_km=100)


def test_of_very_many_areas_several_whole_ones_are_a_fold():
    names = [f"state {number}" for number in range(MOST_AREAS + 1)]
    table = city(300).assign(area=np.random.default_rng(0).choice(names, 300))
    folds = district_folds(table, scheme="area", **SETTINGS).merge(table, on="geoid")
    assert folds.groupby("area")["fold"].nunique().eq(1).all()
    sizes = folds["fold"].value_counts()
    assert len(sizes) == SETTINGS["n_folds"]
    assert sizes.max() - sizes.min() <= 0.2 * sizes.mean()


def test_leaving_an_area_out_leaves_out_all_of_it():
    table = city(60)
    folds = district_folds(table, scheme="area", **SETTINGS).merge(table, on="geoid")
    assert folds.groupby("area")["fold"].nunique().eq(1).all()
    assert folds["fold"].nunique() == 3


def test_the_same_seed_gives_the_same_folds_and_another_seed_others():
    table = city(100)
    first = district_folds(table, scheme="random", **SETTINGS)
    pd.testing.assert_frame_equal(first, district_folds(table, scheme="random", **SETTINGS))
    other = district_folds(table, scheme="random", **(SETTINGS | {"seed": 2}))
    assert (other["fold"] != first["fold"]).any()


def test_districts_without_any_income_get_no_fold():
    table = city(60)
    table.loc[3, "per_capita_income"] = np.nan
    folds = district_folds(table, scheme="random", **SETTINGS)
    assert "00003" not in set(folds["geoid"])
    assert len(folds) == 59


def test_a_degree_of_latitude_is_111_km():
    place = local_km(np.array([2.0, 2.0]), np.array([48.0, 49.0]))
    np.testing.assert_allclose(np.diff(place[:, 1]), 111.195)


@pytest.mark.parametrize(
    ("table", "scheme", "message"),
    [
        (city(4), "random", "4 districts with an income, at least 10 are needed"),
        (city(30).drop(columns="area"), "area", "needs the area"),
        (city(30, area="Queens"), "area", "all districts lie in one area, 'Queens'"),
        (city(30), "postcode", "'postcode' is unknown; known are random, block, area"),
    ],
)
def test_what_cannot_be_split_is_refused_with_a_reason(table, scheme, message):
    with pytest.raises(InputError, match=message):
        district_folds(table, scheme=scheme, **SETTINGS)
