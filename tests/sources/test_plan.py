"""What a study needs follows from its configuration."""

import pytest

from incomelens.common.errors import InputError
from incomelens.sources.plan import district_sources, district_tables

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
