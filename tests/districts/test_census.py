"""Districts from the Census Bureau's files: the demo's truth read back, a city and a country."""

import logging
import shutil

import pandas as pd
import pytest
from numpy.testing import assert_allclose

from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError
from incomelens.demo.districts.city import AREAS
from incomelens.demo.districts.mirror import INCOME_TABLES
from incomelens.demo.districts.people import shares_of
from incomelens.demo.formats import census as formats
from incomelens.districts.build import build_districts
from incomelens.districts.columns import VARIABLES

from .census_files import built, rewritten


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
