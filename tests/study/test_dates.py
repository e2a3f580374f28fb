"""Further dates of imagery: entries of their own, and a city's own entry as if there were none."""

import re

import pytest

from incomelens.common.errors import InputError
from incomelens.study import with_dates
from incomelens.study.results import Results

IMAGERY = {"reader": "geotiff", "folder": "images_2020", "crs": "EPSG:26911"}
ENTRY = {
    "name": "Rome",
    "income": {"reader": "cells"},
    "land_use": {"reader": "raster"},
    "shards": 1,
}


def rome(vintages, date="2020", **cities):
    imagery = IMAGERY | ({"date": date, "vintages": vintages} if vintages else {})
    return {"rome": ENTRY | {"imagery": imagery}} | cities


def test_a_further_date_is_the_city_with_other_images():
    entries = with_dates(rome({"2018": {"sources": ["ign"], "bands": [2, 3, 4]}}))
    assert entries["rome"]["imagery"] == IMAGERY
    assert entries["rome"]["dates"] == {"2020": "rome", "2018": "rome_2018"}
    other = entries["rome_2018"]
    assert other["name"] == "Rome, 2018"
    assert other["imagery"] == {
        "reader": "geotiff", "crs": "EPSG:26911", "sources": ["ign"], "bands": [2, 3, 4]
    }  # fmt: skip
    assert {key: other[key] for key in ("income", "land_use", "shards")} == {
        key: ENTRY[key] for key in ("income", "land_use", "shards")
    }


def test_a_city_without_further_dates_stays_as_it_is():
    city = rome({})
    assert with_dates(city) == city


def test_one_more_date_changes_nothing_of_the_others():
    two, three = (
        with_dates(rome({"2018": {"folder": "a"}} | more))
        for more in ({}, {"2016": {"folder": "b"}})
    )
    assert three["rome"]["imagery"] == two["rome"]["imagery"]
    assert three["rome_2018"] == two["rome_2018"]


@pytest.mark.parametrize(
    ("vintages", "others"),
    [({"2020": {"folder": "a"}}, {}), ({"2018": {"folder": "a"}}, {"rome_2018": {"imagery": {}}})],
)
def test_a_date_that_stands_twice_is_refused(vintages, others):
    with pytest.raises(InputError, match=r"city\.rome\.imagery\.vintages: 20.. stands there twice"):
        with_dates(rome(vintages, **others))


@pytest.fixture
def of_two_dates(study):
    return study(
        cities=["rome"],
        city=with_dates(rome({"2018": {"folder": "images_2018"}})),
        folds={"cities": {"schemes": ["random", "group"], "n_folds": 2, "group": "unit"}},
        inference={"transfer_scheme": "group", "frozen_features": {"dates": "all"}},
    )


def test_dates_are_scored_beside_the_city_and_share_its_cells(of_two_dates):
    assert of_two_dates.cities == ["rome"]
    assert of_two_dates.first_date == {"rome_2018": "rome"}
    assert ("rome_2018", "group") in of_two_dates.scored_places
    assert ("rome_2018", "group") not in of_two_dates.city_places
    assert of_two_dates.scored_names["rome_2018"] == "Rome, 2018"
    files = Results(of_two_dates)
    assert files.cells({"city": "rome_2018"}) == "<results>/cells/rome.parquet"
    assert files.land_use({"city": "rome_2018"}) == "<results>/cells/rome-land_use.parquet"
    assert files.features({"city": "rome_2018"}) == [
        f"<results>/inference/{one}/frozen_features.parquet" for one in ("rome", "rome_2018")
    ]
    assert files.models_of_dates("rome", "weights") == [
        f"<results>/inference/{city}/group/main/{fold}/weights.safetensors"
        for city in ("rome", "rome_2018")
        for fold in (0, 1)
    ]


def test_folds_of_a_date_are_taken_from_its_city_and_of_a_city_are_its_own(of_two_dates):
    assert re.fullmatch(of_two_dates.date_form, "rome_2018")
    assert not re.fullmatch(of_two_dates.own_city_form, "rome_2018")
    assert re.fullmatch(of_two_dates.own_city_form, "rome")


def test_whole_units_are_not_held_out_where_none_are_named(study):
    with pytest.raises(InputError, match=r"folds\.cities\.group names none; set it to unit"):
        study(folds={"cities": {"schemes": ["group"]}})


def test_without_further_dates_no_city_is_one(study):
    paper = study()
    assert paper.scored_places == paper.city_places
    assert paper.own_city_form == paper.city_form
    assert not re.fullmatch(paper.date_form, "paris")
