"""What a study needs follows from its configuration."""

import pytest

from incomelens.common.errors import InputError
from incomelens.sources.fetching.plan import (
    district_sources,
    district_tables,
    siamese_files,
    siamese_modalities,
    siamese_notes,
    siamese_sources,
    unregistered,
)

CENSUS = {"adapter": "census", "tables": "acs", "boundaries": "cb"}
OWN = {"adapter": "table", "table": "a.csv"}


def test_census_levels_need_tables_boundaries_and_a_relationship():
    districts = {"levels": ["tract", "zip"], "tract": CENSUS, "zip": CENSUS | {"relationship": "r"}}
    assert district_sources(districts) == ["acs", "cb", "r"]
    assert district_tables(districts) == []


def test_a_level_that_is_not_studied_needs_nothing():
    districts = {"levels": ["tract"], "tract": OWN, "zip": CENSUS}
    assert district_sources(districts) == []
    assert district_tables(districts) == ["a.csv"]


def test_own_tables_count_with_their_companions_once():
    zips = OWN | {"boundaries_table": "b.gpkg", "areas_from": {"table": "a.csv", "column": "x"}}
    districts = {"levels": ["tract", "zip"], "tract": OWN, "zip": zips}
    assert district_tables(districts) == ["a.csv", "b.gpkg"]


@pytest.mark.parametrize(
    ("section", "read", "key"),
    [
        ({"adapter": "census", "tables": "acs"}, district_sources, "boundaries"),
        ({"adapter": "table"}, district_tables, "table"),
    ],
)
def test_a_missing_key_is_named(section, read, key):
    with pytest.raises(InputError, match=rf"districts\.tract\.{key} is missing"):
        read({"levels": ["tract"], "tract": section})


SIAMESE = {
    "prices": {"reader": "dof", "source": "dof", "lots": "pluto"},
    "satellite": {"reader": "geotiff", "sources": ["west", "east"]},
    "street_view": {"reader": "google"},
}
KEY = {"GOOGLE_STREET_VIEW_API_KEY": "k"}


def test_without_a_key_a_study_has_no_street_view_and_a_note_says_so():
    assert siamese_modalities(SIAMESE, KEY) == ["prices", "satellite", "street_view"]
    assert siamese_notes(SIAMESE, KEY) == []
    assert siamese_modalities(SIAMESE, {}) == ["prices", "satellite"]
    (note,) = siamese_notes(SIAMESE, {})
    assert "no street view, the models are built without it (-noSV)" in note
    assert "export GOOGLE_STREET_VIEW_API_KEY" in note


def test_a_modality_that_is_null_or_absent_is_not_there():
    assert siamese_modalities({"prices": None, "street_view": None}, KEY) == []
    assert siamese_notes({"street_view": None}, {}) == []
    assert siamese_sources({"prices": None}) == []


def test_the_modalities_name_their_sources_and_files():
    assert siamese_sources(SIAMESE) == ["dof", "pluto", "west", "east"]
    assert siamese_files(SIAMESE) == []
    own = {
        "prices": {"reader": "located", "table": "a.csv", "source": "unused"},
        "street_view": {"reader": "folder", "folder": "views"},
    }
    assert siamese_sources(own) == []
    assert siamese_files(own) == ["a.csv", "views"]
    assert siamese_modalities(own, {}) == ["prices", "street_view"]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"prices": {"reader": "located"}}, r"siamese\.prices\.table is missing; reader located"),
        ({"prices": {"reader": "dof", "lots": "p"}}, r"siamese\.prices\.source is missing"),
        ({"street_view": {"reader": "folder"}}, r"folder is missing; .* needs folder or source"),
    ],
)
def test_a_modality_without_its_data_is_named(section, message):
    with pytest.raises(InputError, match=message):
        siamese_sources(section)


def test_what_the_district_study_reads_beside_the_registry_is_listed_with_its_use():
    own = {"prices": {"reader": "located", "table": "a.csv"}, "satellite": None}
    tables = {"levels": ["tract"], "tract": {"adapter": "table", "table": "mine.gpkg"}}
    views = {"street_view": {"reader": "google"}}
    assert unregistered(tables, own, {}) == {
        "mine.gpkg": "Incomes, variables and boundaries",
        "a.csv": "Sales of homes",
    }
    asked = {"Street View Static API; Google": "Photographs taken in districts"}
    census = {"levels": []}
    assert unregistered(census, views, {"GOOGLE_STREET_VIEW_API_KEY": "k"}) == asked
    assert unregistered(census, views, {}) == {}
