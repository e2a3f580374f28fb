"""Values of districts by hand, from the cells of the Census Bureau's tables."""

import json
import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.districts.census import share, variables_of, zcta_areas
from incomelens.districts.census_tables import COUNTS, INCOME_CELLS, read_census_tables
from incomelens.districts.columns import MISSING_CODES, SHARES, VARIABLES

from .census_files import files_of, rewritten


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
