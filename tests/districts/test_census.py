"""Districts from the Census Bureau's files: the demo's truth, values by hand, bad files."""

import json
import logging
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError
from incomelens.demo.districts.city import AREAS
from incomelens.demo.districts.mirror import INCOME_TABLES
from incomelens.demo.districts.people import shares_of
from incomelens.demo.formats import census as formats
from incomelens.districts.build import build_districts
from incomelens.districts.census import read_boundaries, share, variables_of, zcta_areas
from incomelens.districts.census_tables import COUNTS, INCOME_CELLS, read_census_tables
from incomelens.districts.columns import MISSING_CODES, SHARES, VARIABLES

TRACT_ZIP = "cb_2018_tract/cb_2018_36_tract_500k.zip"
ZCTA_ZIP = "cb_2018_zcta/cb_2018_us_zcta510_500k.zip"
RELATIONSHIP = "zcta_county_2010/zcta_county_rel_10.txt"
NEW_YORK = {"36005": "Bronx"}  # an overlay's areas join the default's, which no district has


def files_of(mirror, level):
    if level == "tract":
        tables = sorted((mirror / "acs5_2019_tract").glob("*.json"))
        return {"tables": tables, "boundaries": mirror / TRACT_ZIP}
    tables = sorted((mirror / "acs5_2019_zcta").glob("*.json"))
    return {
        "tables": tables,
        "boundaries": mirror / ZCTA_ZIP,
        "relationship": mirror / RELATIONSHIP,
    }


def built(mirror, level, **changes):
    settings = {"adapter": "census", "tables": "acs", "areas": {**NEW_YORK, **AREAS}}
    return build_districts({**files_of(mirror, level), **changes}, settings=settings, level=level)


@pytest.fixture
def copy(mirror, tmp_path):
    return shutil.copytree(mirror, tmp_path / "mirror")


def rewritten(file, change):
    header, *rows = json.loads(file.read_bytes())
    table = change(pd.DataFrame(rows, columns=header, dtype=object))
    file.write_text(json.dumps([list(table.columns), *table.to_numpy().tolist()]))


# --- the demo's truth ---------------------------------------------------------------------------


def test_tracts_read_back_are_the_tracts_that_were_made(city, mirror):
    districts = built(mirror, "tract").set_index("geoid")
    made = city.tracts[city.tracts["county"].isin(list(AREAS))].sort_index()
    assert list(districts.index) == list(made.index)
    land_km2 = made.geometry.area.to_numpy() / 1e6
    truth = shares_of(made, land_km2)
    # The boundary file gives the land in whole square metres.
    assert_allclose(districts[list(VARIABLES)], truth[list(VARIABLES)], rtol=1e-6)
    for name in ("per_capita_income", "median_household_income"):
        assert_allclose(districts[name], made[name])
        assert_allclose(districts[f"{name}_moe"], made[f"{name}_moe"])
    assert_allclose(districts["population"], made["population"])
    assert (districts["area"] == made["county"].map(AREAS)).all()


STATES = {"97": "Westland", "98": "Middleland", "99": "Eastland"}


@pytest.fixture(scope="module")
def country(city, tmp_path_factory):
    """Tables of three states, a file each, and boundaries in one: the same city three times."""
    folder = tmp_path_factory.mktemp("country")
    boundaries = []
    for number, state in enumerate(STATES):
        tracts = city.tracts.set_index(state + city.tracts.index.str[2:])
        tracts["geometry"] = tracts.translate(xoff=1e5 * number)
        boundaries.append(formats.tract_boundaries(tracts.assign(land_m2=tracts.area.round())))
        geography = formats.tract_geography(tracts.index, AREAS)
        for table, cells in formats.table_cells(tracts).items():
            answer = formats.counts_json(table, cells, geography)
            (folder / f"{table}-{state}.json").write_bytes(answer)
        for table, income in INCOME_TABLES.items():
            answer = formats.income_json(table, tracts[income], tracts[f"{income}_moe"], geography)
            (folder / f"{table}-{state}.json").write_bytes(answer)
    archive = folder / "boundaries.zip"
    archive.write_bytes(formats.shapefile_zip(pd.concat(boundaries), "tracts"))
    return {"tables": sorted(folder.glob("*.json")), "boundaries": archive}


def of_country(files, areas):
    return build_districts(
        files, settings={"adapter": "census", "tables": "acs", "areas": areas}, level="us_tract"
    )


def test_a_country_is_read_from_a_file_a_state_and_its_areas_are_states(city, country):
    districts = of_country(country, STATES).set_index("geoid")
    assert (districts["area"] == districts.index.str[:2].map(STATES)).all()
    one_state = city.tracts.sort_index()
    for state in STATES:
        of_state = districts[districts.index.str[:2] == state]
        assert list(of_state.index.str[2:]) == list(one_state.index.str[2:])
        assert_allclose(of_state["per_capita_income"], one_state["per_capita_income"])
        assert_allclose(of_state["population"], one_state["population"])


def test_a_county_s_own_name_goes_before_that_of_its_state(country):
    areas = {"98": "Middleland", "98001": "Northern Middleland"}
    districts = of_country(country, areas).set_index("geoid")
    assert set(districts["area"]) == set(areas.values())
    assert set(districts.index.str[:2]) == {"98"}
    in_county = districts.index.str[:5] == "98001"
    assert (districts["area"][in_county] == "Northern Middleland").all()


def test_a_state_whose_table_is_missing_or_there_twice_is_named(country, tmp_path):
    first, *others = country["tables"]
    with pytest.raises(InputError, match=r"B01001-98\.json.*districts are missing: 97001"):
        of_country({**country, "tables": others}, STATES)
    again = shutil.copy(first, tmp_path / "again.json")
    with pytest.raises(InputError, match=r"stands in more than one of them; give every table once"):
        of_country({**country, "tables": [first, again, *others]}, STATES)


def test_zctas_of_the_city_are_those_with_a_part_in_it(city, mirror):
    districts = built(mirror, "zip").set_index("geoid")
    inside = city.parts[city.parts["county"].isin(list(AREAS))]
    assert set(districts.index) == set(inside["zcta"])
    assert len(districts) < len(city.zctas) + 3  # three more lie in another state
    truth = shares_of(city.zctas, city.zctas.geometry.area.to_numpy() / 1e6)
    assert_allclose(
        districts[list(VARIABLES)], truth.loc[districts.index, list(VARIABLES)], rtol=1e-6
    )


def test_table_has_the_columns_of_the_contract_sorted_by_identifier(mirror):
    districts = built(mirror, "tract")
    check_written(districts, "results/small/districts/tract.parquet")
    assert districts["geoid"].is_monotonic_increasing
    assert districts.crs.to_epsg() == 4326
    assert districts["median_household_income_topcoded"].dtype == bool


def test_topcoded_median_keeps_its_value_and_has_a_flag(mirror):
    districts = built(mirror, "tract")
    flagged = districts[districts["median_household_income_topcoded"]]
    assert set(flagged["median_household_income"]) == {250_001}
    assert flagged["median_household_income_moe"].isna().all()


def test_water_tract_without_people_and_polygon_is_left_out_and_told(mirror, caplog):
    with caplog.at_level(logging.INFO, logger="incomelens"):
        districts = built(mirror, "tract")
    assert "99001990000" not in set(districts["geoid"])
    assert "left out 1 districts without people and polygon: 99001990000" in caplog.text
    assert f"tract: 60 districts, per_capita_income {districts['per_capita_income'].count()}" in (
        caplog.text
    )


def test_centroids_lie_in_the_box_of_the_city(mirror):
    districts = built(mirror, "tract")
    west, south, east, north = districts.total_bounds
    assert districts["longitude"].between(west, east).all()
    assert districts["latitude"].between(south, north).all()


def test_repeated_name_column_is_harmless(copy):
    def change(table):
        table.insert(0, "NAME", table["NAME"], allow_duplicates=True)
        return table

    plain = built(copy, "tract")
    rewritten(copy / "acs5_2019_tract" / "B19301.json", change)
    pd.testing.assert_frame_equal(built(copy, "tract"), plain)


# --- values -------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", MISSING_CODES)
def test_missing_codes_are_missing_and_never_numbers(copy, code):
    def change(table):
        table.loc[0, "B19301_001E"] = str(code)
        return table

    rewritten(copy / "acs5_2019_tract" / "B19301.json", change)
    cells = read_census_tables(files_of(copy, "tract")["tables"])
    assert np.isnan(cells["B19301_001E"].iloc[0])
    assert (cells.min() >= 0).all()


def cells_of(**known):
    cells = pd.DataFrame(0.0, index=["a"], columns=[*COUNTS, *INCOME_CELLS])
    return cells.assign(**{name: float(value) for name, value in known.items()})


def test_ten_variables_by_hand():
    cells = cells_of(
        B01001_001E=1000,
        B01001_002E=480,
        **{f"B01001_{line:03d}E": 10 for line in (3, 4, 5, 6, 27, 28, 29, 30)},
        **{f"B01001_{line:03d}E": 5 for line in (*range(20, 26), *range(44, 50))},
        B15003_001E=500,
        B15003_022E=100,
        B15003_023E=40,
        B15003_024E=6,
        B15003_025E=4,
        B23025_003E=400,
        B23025_005E=20,
        B02001_001E=1000,
        B02001_002E=600,
        B02001_003E=200,
        B02001_005E=100,
    )
    row = variables_of(cells, land_km2=pd.Series([0.5], index=["a"])).loc["a"]
    expected = {
        "bachelor": 0.2,
        "postgraduate": 0.1,
        "unemployment": 0.05,
        "age_65_plus": 0.06,
        "age_under_18": 0.08,
        "population_density": 2000,
        "male": 0.48,
        "black": 0.2,
        "asian": 0.1,
        "white": 0.6,
    }
    assert_allclose(row[list(expected)].astype(float), list(expected.values()))


def test_a_district_without_people_and_land_has_shares_of_zero():
    row = variables_of(cells_of(), land_km2=pd.Series([0.0], index=["a"])).loc["a"]
    assert (row[list(VARIABLES)] == 0).all()


people = st.integers(0, 10**6)


@given(
    whole=people,
    cut=st.lists(st.integers(0, 10**6), min_size=4, max_size=4),
    land=st.floats(0, 1e4),
)
def test_shares_of_any_counts_lie_between_zero_and_one(whole, cut, land):
    parts = dict(
        zip(
            ("B01001_002E", "B15003_022E", "B23025_005E", "B02001_003E"),
            (min(part, whole) for part in cut),
            strict=True,
        )
    )
    totals = dict.fromkeys(("B01001_001E", "B15003_001E", "B23025_003E", "B02001_001E"), whole)
    row = variables_of(cells_of(**totals, **parts), land_km2=pd.Series([land], index=["a"]))
    assert row.loc["a", list(SHARES)].between(0, 1).all()


def test_share_is_missing_where_a_count_is_missing():
    assert share(pd.Series([1.0, np.nan]), pd.Series([np.nan, 2.0])).isna().all()


def test_zcta_takes_the_county_with_most_of_its_people(tmp_path, caplog):
    file = tmp_path / "rel.txt"
    file.write_text(
        "ZCTA5,STATE,COUNTY,GEOID,POPPT,HUPT,AREAPT\n"
        "11001,36,059,36059,22661,8129,5089748\n"
        "11001,36,081,36081,4222,1469,720233\n"
        "11370,36,005,36005,11091,0,1579361\n"
        "11370,36,081,36081,28597,10244,2105008\n"
        "11371,36,081,36081,0,0,2602752\n"
        "11501,36,059,36059,19148,7841,5307491\n"
    )
    with caplog.at_level(logging.INFO, logger="incomelens"):
        areas = zcta_areas(file, {"36005": "Bronx", "36081": "Queens"})
    assert areas.to_dict() == {"11001": "Queens", "11370": "Queens", "11371": "Queens"}
    assert "1 ZCTAs have most of their people outside: 11001" in caplog.text


# --- bad files ----------------------------------------------------------------------------------


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


def test_block_groups_are_told_apart(tmp_path):
    header = ["NAME", "B19301_001E", "state", "county", "tract", "block group"]
    rows = [["a", "10", "36", "005", "000100", "1"], ["b", "20", "36", "005", "000100", "2"]]
    names = [*COUNTS, *INCOME_CELLS]
    table = [[*names, *header[2:]], *[["1"] * len(names) + row[2:] for row in rows]]
    (tmp_path / "groups.json").write_text(json.dumps(table))
    cells = read_census_tables([tmp_path / "groups.json"])
    assert cells.index.tolist() == ["360050001001", "360050001002"]


def test_a_published_income_of_zero_is_missing_and_told(caplog):
    cells = pd.DataFrame({name: [5.0, 9.0] for name in (*COUNTS, *INCOME_CELLS)}, index=["a", "b"])
    cells.loc["b", "B19301_001E"] = 0.0
    incomes = variables_of(cells, land_km2=pd.Series([1.0, 1.0], index=cells.index))
    assert incomes["per_capita_income"].isna().tolist() == [False, True]
    assert "B19301_001E is 0 and taken as missing in districts b" in caplog.text
