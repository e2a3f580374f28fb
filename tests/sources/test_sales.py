"""Workbooks of sales, tables of located sales and maps of tax lots become tidy tables."""

import zipfile
from datetime import datetime

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from shapely import box

from incomelens.common.errors import InputError
from incomelens.sources.readers.dof_sales import COLUMNS, read_dof_sales
from incomelens.sources.readers.located_sales import read_located_sales
from incomelens.sources.readers.tax_lots import read_tax_lots

HEADINGS = [
    *("BOROUGH", "NEIGHBORHOOD", "BUILDING CLASS CATEGORY", "BLOCK", "LOT", "ADDRESS"),
    *("APARTMENT NUMBER", "ZIP CODE", "GROSS \nSQUARE FEET", "SALE PRICE", "SALE DATE"),
]
SALE = [
    *("1", "ALPHABET CITY", "01 ONE FAMILY DWELLINGS", 376, 43, "743  EAST 6TH STREET"),
    *(None, 10009, 3680, 3200000, datetime(2019, 7, 24)),
]


@pytest.fixture
def workbook(tmp_path):
    """Write a workbook of these rows below a few notes, and return its path."""

    def write(*rows, headings=HEADINGS, notes=2, name="2019_manhattan.xlsx"):
        book = openpyxl.Workbook()
        for number in range(notes):
            book.active.append([f"Note {number}"])
        book.active.append(headings)
        for row in rows:
            book.active.append(list(row))
        book.save(tmp_path / name)
        return tmp_path / name

    return write


def changed(**values):
    place = {heading.split()[-1].lower(): at for at, heading in enumerate(HEADINGS)}
    row = list(SALE)
    for name, value in values.items():
        row[place[name]] = value
    return row


def test_a_workbook_is_read_below_its_notes_with_types(workbook):
    sales = read_dof_sales([workbook(SALE, changed(feet=0, price="$1,250"))])
    assert tuple(sales.columns) == tuple(COLUMNS.values())
    first, second = sales.to_dict("records")
    assert (first["borough"], first["block"], first["lot"]) == (1, 376, 43)
    assert first["address"] == "743 EAST 6TH STREET"
    assert first["zip_code"] == "10009"
    assert first["sale_date"] == pd.Timestamp("2019-07-24")
    assert first["gross_sqft"] == 3680
    assert pd.isna(first["apartment"])
    assert second["sale_price"] == 1250
    assert np.isnan(second["gross_sqft"])


def test_workbooks_are_stacked_in_order_and_empty_rows_skipped(workbook):
    empty = [None] * len(SALE)
    files = [
        workbook(SALE, empty, SALE, name="a.xlsx"),
        workbook(changed(borough="2"), notes=6, name="b.xlsx"),
    ]
    assert read_dof_sales(files)["borough"].tolist() == [1, 1, 2]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (changed(price="much"), r"'sale_price' has 'much' in row 5 \(1 of 2 rows are off\)"),
        (changed(block=None), r"'block' is empty in row 5 \(1 of 2"),
        (changed(date="yesterday"), r"'sale_date' has 'yesterday' in row 5 .* 2019-07-24"),
    ],
)
def test_a_value_that_is_no_number_or_date_is_named_by_its_row(workbook, row, message):
    with pytest.raises(InputError, match=message):
        read_dof_sales([workbook(SALE, row)])


def test_a_workbook_without_headings_or_a_column_is_refused(workbook, tmp_path):
    with pytest.raises(InputError, match=r"none of its first 30 rows holds BOROUGH, BLOCK, LOT"):
        read_dof_sales([workbook(SALE, headings=["a"] * len(SALE))])
    without = [name if name != "ZIP CODE" else "POSTCODE" for name in HEADINGS]
    with pytest.raises(InputError, match=r"row 3 has no column ZIP CODE; it has BOROUGH"):
        read_dof_sales([workbook(SALE, headings=without)])
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(InputError, match=r"old\.xls: not readable as an \.xlsx workbook"):
        read_dof_sales([tmp_path / "old.xls"])
    (tmp_path / "cut.xlsx").write_bytes(workbook(SALE).read_bytes()[:500])
    with pytest.raises(InputError, match=r"cut\.xlsx: not readable as an \.xlsx workbook"):
        read_dof_sales([tmp_path / "cut.xlsx"])


LOCATED = (
    "borough,block,lot,building_class_category,sale_price,sale_date,longitude,latitude,tract,"
    "gross_sqft\n"
    "1,376,43,01 ONE FAMILY DWELLINGS,3200000,2019-07-24,-73.97,40.72,0036061,3680.0\n"
    "1,376,44,01 ONE FAMILY DWELLINGS,0,2019-07-25,,,,\n"
)


def test_a_located_table_keeps_places_and_the_districts_that_it_names(tmp_path):
    (tmp_path / "sales.csv").write_text(LOCATED)
    sales = read_located_sales(tmp_path / "sales.csv", district_columns={"tract": "tract"})
    assert sales["longitude"].tolist()[0] == -73.97
    assert sales["longitude"].isna().tolist() == [False, True]
    assert sales["district_tract"].tolist()[0] == "0036061"
    assert sales["district_tract"].isna().tolist() == [False, True]
    assert sales["address"].isna().all()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sale_price", "price", r"no column sale_price; it has borough"),
        ("-73.97", "-973.97", r"row 2: \(-973\.97, 40\.72\) cannot be longitude and latitude"),
        ("3200000", "n/a million", r"'sale_price' has 'n/a million' in row 2 "),
    ],
)
def test_a_located_table_that_cannot_be_used_says_why(tmp_path, old, new, message):
    (tmp_path / "sales.csv").write_text(LOCATED.replace(old, new))
    with pytest.raises(InputError, match=message):
        read_located_sales(tmp_path / "sales.csv")


def test_a_located_table_of_a_european_spreadsheet_is_the_same(tmp_path):
    (tmp_path / "sales.csv").write_text(LOCATED)
    text = LOCATED.replace(",", ";").replace("-73.97;40.72", "-73,97;40,72")
    text = text.replace("3680.0", "3680,0").replace("2019-07-24", "24.07.2019")
    (tmp_path / "european.csv").write_text(text, encoding="utf-16")
    pd.testing.assert_frame_equal(
        read_located_sales(tmp_path / "european.csv"), read_located_sales(tmp_path / "sales.csv")
    )


def test_a_place_that_is_no_number_is_refused_not_dropped(tmp_path):
    (tmp_path / "sales.csv").write_text(LOCATED.replace("-73.97", "73.97 W"))
    with pytest.raises(InputError, match=r"'longitude' has '73\.97 W' in row 2 "):
        read_located_sales(tmp_path / "sales.csv")


def test_an_amount_of_nothing_in_an_accounting_format_is_zero(workbook):
    sales = read_dof_sales([workbook(changed(price=" $ -   ", feet=" -  "))])
    assert sales["sale_price"].tolist() == [0]
    assert sales["gross_sqft"].isna().all()


def test_a_located_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: there is no such table of sales"):
        read_located_sales(tmp_path / "none.csv")


PLUTO = "borough,bbl,xcoord,ycoord\nMN,1003760043.00000000,990000,203000\nMN,1003760044,,\n"


def test_pluto_is_read_from_its_zip_and_its_state_plane(tmp_path):
    with zipfile.ZipFile(tmp_path / "pluto.zip", "w") as archive:
        archive.writestr("pluto_19v2.csv", PLUTO)
        archive.writestr("PLUTODD19v2.pdf", "%PDF")
    lots = read_tax_lots([tmp_path / "pluto.zip"])
    assert lots[["borough", "block", "lot"]].to_numpy().tolist() == [[1, 376, 43]]
    # State plane of Long Island, feet: the lower east side of Manhattan.
    assert lots["longitude"].tolist() == pytest.approx([-73.98], abs=0.02)
    assert lots["latitude"].tolist() == pytest.approx([40.72], abs=0.02)


def test_degrees_go_before_the_state_plane(tmp_path):
    text = PLUTO.replace("xcoord,ycoord", "latitude,longitude").replace("990000,203000", "40.5,-74")
    (tmp_path / "pluto.csv").write_text(text)
    assert read_tax_lots([tmp_path / "pluto.csv"])[
        ["longitude", "latitude"]
    ].to_numpy().tolist() == [[-74.0, 40.5]]


def test_mappluto_lots_lie_at_their_centroids(tmp_path):
    shapes = gpd.GeoDataFrame(
        {"BBL": [4161230007.0]}, geometry=[box(990_000, 203_000, 990_100, 203_200)], crs=2263
    )
    shapes.to_file(tmp_path / "MapPLUTO.gpkg")
    lots = read_tax_lots([tmp_path / "MapPLUTO.gpkg"])
    assert lots[["borough", "block", "lot"]].to_numpy().tolist() == [[4, 16123, 7]]
    back = gpd.GeoSeries.from_xy(lots["longitude"], lots["latitude"], crs=4326).to_crs(2263)
    assert (back.x[0], back.y[0]) == pytest.approx((990_050, 203_100), abs=0.01)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("block,lot\n1,2\n", r"no column 'bbl'"),
        ("bbl,zip\n1000010001,10001\n", r"neither longitude and latitude nor xcoord and ycoord"),
    ],
)
def test_a_table_of_lots_that_lacks_a_column_is_refused(tmp_path, text, message):
    (tmp_path / "lots.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_tax_lots([tmp_path / "lots.csv"])


def test_rows_without_a_lot_are_left_out_and_told(tmp_path, caplog):
    (tmp_path / "lots.csv").write_text("bbl,longitude,latitude\n0,-74,40\n1000010001,-74,40\n")
    assert len(read_tax_lots([tmp_path / "lots.csv"])) == 1
    assert "1 rows have no tax lot" in caplog.text
