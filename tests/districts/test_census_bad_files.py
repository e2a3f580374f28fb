"""What is said of files of the Census Bureau that are broken, of another kind or of elsewhere."""

import geopandas as gpd
import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.demo.districts.city import AREAS
from incomelens.districts.build import build_districts
from incomelens.districts.census import read_boundaries

from .census_files import NEW_YORK, RELATIONSHIP, TRACT_ZIP, built, files_of, rewritten


def test_page_instead_of_json_is_told(copy):
    (copy / "acs5_2019_tract" / "B19301.json").write_text("<html>Missing Key</html>")
    with pytest.raises(InputError, match=r"B19301\.json: not an answer of the Census API"):
        built(copy, "tract")


def test_text_instead_of_a_number_names_value_and_district(copy):
    def change(table):
        table.loc[2, "B19301_001E"] = "(X)"
        return table

    rewritten(copy / "acs5_2019_tract" / "B19301.json", change)
    with pytest.raises(InputError, match=r"'B19301_001E' has '\(X\)' in row 3, index 990010003"):
        built(copy, "tract")


def test_missing_column_names_it_and_the_tables(copy):
    rewritten(
        copy / "acs5_2019_tract" / "B15003.json", lambda table: table.drop(columns="B15003_022E")
    )
    with pytest.raises(InputError, match=r"no column B15003_022E; expected the answers"):
        built(copy, "tract")


def test_missing_geography_is_told(copy):
    rewritten(copy / "acs5_2019_tract" / "B15003.json", lambda table: table.drop(columns="tract"))
    with pytest.raises(InputError, match=r"no column 'tract'; expected state, county and tract"):
        built(copy, "tract")


def test_district_twice_in_a_table_is_named(copy):
    rewritten(
        copy / "acs5_2019_tract" / "B02001.json",
        lambda table: pd.concat([table, table.iloc[[0]]]),
    )
    with pytest.raises(InputError, match=r"districts 99001000100 stand there more than once"):
        built(copy, "tract")


def test_table_of_fewer_districts_is_told(copy):
    rewritten(copy / "acs5_2019_tract" / "B02001.json", lambda table: table.iloc[1:])
    with pytest.raises(InputError, match=r"1 of 66 districts are missing: 99001000100"):
        built(copy, "tract")


def test_zcta_of_the_city_without_a_table_row_is_told(copy):
    for file in (copy / "acs5_2019_zcta").glob("*.json"):
        rewritten(file, lambda table: table[table["NAME"] != "ZCTA5 00003"])
    with pytest.raises(InputError, match=r"districts are missing: 00003"):
        built(copy, "zip")


def test_people_without_a_polygon_are_counted_and_named(copy):
    shapes = gpd.read_file(copy / TRACT_ZIP).set_index("GEOID", drop=False)
    peopled = built(copy, "tract").query("population > 0")["geoid"].iloc[0]
    shapes.drop(index=peopled).to_file(copy / "few.gpkg", index=False)
    with pytest.raises(InputError, match=rf"no polygon for 1 of 61 districts .* {peopled}"):
        built(copy, "tract", boundaries=copy / "few.gpkg")


def test_boundaries_without_identifiers_are_told(copy):
    gpd.read_file(copy / TRACT_ZIP).drop(columns="GEOID").to_file(copy / "odd.gpkg")
    with pytest.raises(InputError, match=r"no column GEOID, GEOID10 or GEOID20"):
        read_boundaries(copy / "odd.gpkg")


def test_broken_zip_is_told(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"broken\.zip: not a sound zip archive"):
        read_boundaries(tmp_path / "broken.zip")


def test_relationship_file_of_another_kind_is_told(copy):
    (copy / RELATIONSHIP).write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"expected the Census 2010 ZCTA-county relationship"):
        built(copy, "zip")


def test_areas_of_another_state_are_told(mirror):
    settings = {"adapter": "census", "tables": "acs", "areas": NEW_YORK}
    with pytest.raises(InputError, match=r"with districts in 99\d.*none of its .* 36005"):
        build_districts(files_of(mirror, "tract"), settings=settings, level="tract")


def test_areas_without_a_district_are_named(mirror, caplog):
    built(mirror, "tract")
    assert "no district lies in 1 of the 5 `areas`: 36005 Bronx; look at their codes" in caplog.text
    caplog.clear()
    built(mirror, "zip")
    assert "no district lies in 1 of the 5 `areas`: 36005 Bronx" in caplog.text


def in_connecticut(copy, county):
    """The first county of the demo's tables, moved to Connecticut."""

    def moved(table):
        return table[table["county"] == "001"].assign(state="09", county=county)

    for file in (copy / "acs5_2019_tract").glob("*.json"):
        rewritten(file, moved)
    return files_of(copy, "tract")


@pytest.mark.parametrize(("found", "asked"), [("001", "09110"), ("110", "09001")])
def test_counties_of_connecticut_of_another_year_are_told(copy, found, asked):
    files = in_connecticut(copy, found)
    settings = {"adapter": "census", "tables": "acs", "areas": {asked: "Hartford"}}
    message = rf"districts in 09{found}: none .* {asked}; .*Connecticut changed its county codes"
    with pytest.raises(InputError, match=message):
        build_districts(files, settings=settings, level="tract")


def test_zip_areas_without_their_relationship_are_told_the_setting(mirror):
    files = files_of(mirror, "zip")
    del files["relationship"]
    settings = {"adapter": "census", "tables": "acs", "areas": AREAS}
    with pytest.raises(InputError, match=r"ZIP areas such as .*; set `relationship`"):
        build_districts(files, settings=settings, level="zcta")
