"""The synthetic city in the Census Bureau's formats."""

import io
import json
import zipfile

import geopandas as gpd
import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.demo.districts.city import simulate_city
from incomelens.demo.districts.mirror import census_contents
from incomelens.demo.mirror import write_mirror


@pytest.fixture(scope="module")
def contents(city):
    return {key: make() for key, make in census_contents(city).items()}


def test_every_file_is_the_same_to_the_byte_on_a_second_run(contents):
    again = simulate_city(n_tracts=60, n_zctas=12, seed=1)
    assert {key: make() for key, make in census_contents(again).items()} == contents


def test_an_api_answer_is_a_list_of_lists_of_text_with_a_header(contents):
    header, *rows = json.loads(contents["acs5_2019_tract", "B19301.json"])
    assert header == [
        *("B19301_001E", "B19301_001EA", "B19301_001M", "B19301_001MA"),
        *("GEO_ID", "NAME", "state", "county", "tract"),
    ]
    assert all(value is None or isinstance(value, str) for row in rows for value in row)
    assert all(row[4] == f"1400000US{''.join(row[6:])}" for row in rows)


def test_suppressed_and_topcoded_incomes_carry_their_annotations(contents):
    header, *rows = json.loads(contents["acs5_2019_tract", "B19013.json"])
    table = pd.DataFrame(rows, columns=header).set_index("B19013_001E")
    suppressed = table.loc["-666666666"].iloc[0]
    assert suppressed[["B19013_001EA", "B19013_001M", "B19013_001MA"]].tolist() == [
        *("-", "-222222222", "**")
    ]
    topcoded = table.loc[["250001"]].iloc[0]
    assert topcoded[["B19013_001EA", "B19013_001M", "B19013_001MA"]].tolist() == [
        *("250,000+", "-333333333", "***")
    ]


@pytest.mark.parametrize("source", ["acs5_2019_tract", "acs5_2019_zcta"])
def test_lines_of_the_tables_add_up_to_their_totals(contents, source):
    def line(table, *numbers):
        header, *rows = json.loads(contents[source, f"{table}.json"])
        cells = pd.DataFrame(rows, columns=header)
        return sum(cells[f"{table}_{number:03d}E"].astype(int) for number in numbers).tolist()

    everyone = line("B01001", 1)
    assert line("B01001", 2, 26) == everyone
    assert line("B01001", *range(3, 26)) == line("B01001", 2)
    assert line("B01001", *range(27, 50)) == line("B01001", 26)
    assert line("B02001", *range(2, 9)) == everyone
    assert line("B15003", *range(2, 26)) == line("B15003", 1)
    assert line("B23025", 4, 5) == line("B23025", 3)
    assert line("B23025", 2, 7) == line("B23025", 1)


@pytest.mark.parametrize(
    ("source", "name", "columns"),
    [
        (
            "cb_2018_tract",
            "cb_2018_36_tract_500k",
            [
                *("STATEFP", "COUNTYFP", "TRACTCE", "AFFGEOID", "GEOID", "NAME", "LSAD"),
                *("ALAND", "AWATER", "geometry"),
            ],
        ),
        (
            "cb_2018_zcta",
            "cb_2018_us_zcta510_500k",
            ["ZCTA5CE10", "AFFGEOID10", "GEOID10", "ALAND10", "AWATER10", "geometry"],
        ),
    ],
)
def test_boundaries_are_valid_shapefiles_with_the_bureaus_columns(
    contents, tmp_path, source, name, columns
):
    content = contents[source, f"{name}.zip"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {file.split(".")[0] for file in archive.namelist()} == {name}
        assert {info.date_time[0] for info in archive.infolist()} == {2019}
    (tmp_path / f"{name}.zip").write_bytes(content)
    shapes = gpd.read_file(tmp_path / f"{name}.zip")
    assert list(shapes.columns) == columns
    assert shapes.crs.to_epsg() == 4269
    assert shapes.geometry.is_valid.all()


def test_relationship_file_splits_every_zcta_over_its_counties(contents, city):
    parts = pd.read_csv(
        io.BytesIO(contents["zcta_county_2010", "zcta_county_rel_10.txt"]),
        dtype={"ZCTA5": str, "GEOID": str},
    )
    assert list(parts.columns[:7]) == [
        *("ZCTA5", "STATE", "COUNTY", "GEOID", "POPPT", "HUPT", "AREAPT")
    ]
    people = parts.groupby("ZCTA5")["POPPT"].sum()
    assert people[city.zctas.index].tolist() == city.zctas["population"].tolist()
    assert (parts.groupby("ZCTA5")["ZPOP"].first() == people).all()
    assert len(people) > len(city.zctas)  # the file is national


def test_unknown_file_is_refused_by_name(city, tmp_path):
    with pytest.raises(InputError, match=r"no such file; it has acs5_2019_tract/B"):
        write_mirror(census_contents(city), [tmp_path / "acs5_2019_tract" / "B99999.json"])
    assert not list(tmp_path.iterdir())


def test_files_are_written_below_their_source(city, contents, tmp_path):
    file = tmp_path / "acs5_2019_zcta" / "B02001.json"
    write_mirror(census_contents(city), [file])
    assert file.read_bytes() == contents["acs5_2019_zcta", "B02001.json"]
