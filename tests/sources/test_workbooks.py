"""Sheets of workbooks, every cell as the spreadsheet shows it."""

import datetime
import zipfile
from contextlib import suppress

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incomelens.common.errors import InputError
from incomelens.sources.readers.tables import read_table


@pytest.fixture
def book(tmp_path):
    """Write sheets of rows, by name, and return the path."""

    def write(change=lambda book: None, name="own.xlsx", **sheets):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for title, rows in sheets.items():
            sheet = made.create_sheet(title)
            for row in rows:
                sheet.append(row)
        change(made)
        made.save(tmp_path / name)
        return tmp_path / name

    return write


def test_cells_are_what_the_spreadsheet_shows(book, caplog):
    def formats(made):
        sheet = made["A"]
        sheet["B4"].number_format, sheet["D4"].number_format = "00000", "0.0%"

    rows = [
        [None] * 5,
        ["geoid", "zip", " inc\nome ", "share", "day", None],
        ["007", "x", 2.5, 0.07, datetime.datetime(2019, 7, 24), None],
        [36061000100, 601, 23456.0, 0.125, True, None],
        [None] * 5,
        ["008", "#N/A", "1.234", " ", "", " "],
    ]
    with caplog.at_level("INFO", logger="incomelens"):
        table = read_table(book(formats, A=rows, Sheet2=[]))
    assert list(table) == ["geoid", "zip", "inc ome", "share", "day"]
    assert table["geoid"].tolist() == ["007", 36061000100, "008"]
    assert table["zip"].tolist() == ["x", "00601", "#N/A"]
    assert table["inc ome"].tolist() == [2.5, 23456, "1.234"]
    assert str(table["inc ome"][1]) == "23456"
    assert table["share"].tolist() == [0.07, "12.5 %", None]
    assert table["day"].tolist() == ["2019-07-24", "True", None]
    assert "1 rows and 1 columns without any cell are left out" in caplog.text


def test_a_sheet_has_to_be_named_where_there_are_several(book):
    path = book(one=[["a"], [1]], two=[["b"], [2]], empty=[])
    with pytest.raises(InputError, match=r"several sheets, one, two; set `layer` to one"):
        read_table(path, key="layer")
    assert read_table(path, layer="two")["b"].tolist() == [2]
    with pytest.raises(InputError, match=r"no sheet 'three'; it has one, two, empty"):
        read_table(path, layer="three")


def test_formulas_without_results_are_refused(book):
    with pytest.raises(InputError, match=r"1 cells hold formulas without results \(B2\); open"):
        read_table(book(A=[["a", "b"], [1, "=A2*2"]]))


def test_an_empty_sheet_and_headings_that_stand_twice_are_refused(book):
    with pytest.raises(InputError, match=r"own\.xlsx: is empty"):
        read_table(book(A=[]))
    with pytest.raises(InputError, match=r"a heads more than one column"):
        read_table(book(A=[["a", "b", "a"], [1, 2, 3]]))


def test_a_range_of_cells_stated_too_small_hides_nothing(book):
    path = book(A=[["a", "b"], [1, 2]])
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert b'ref="A1:B2"' in sheet
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'ref="A1:B2"', b'ref="A1"')
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    assert read_table(path).to_dict("list") == {"a": [1], "b": [2]}


def test_an_older_or_protected_workbook_is_told(tmp_path):
    (tmp_path / "own.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    with pytest.raises(InputError, match=r"an older \.xls, or protected by a password"):
        read_table(tmp_path / "own.xlsx")


@given(
    damage=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=20),
    kept=st.floats(0, 1) | st.just(1.0),
)
def test_a_damaged_workbook_is_a_table_or_a_sentence(tmp_path_factory, damage, kept):
    path = tmp_path_factory.mktemp("damaged") / "own.xlsx"
    made = openpyxl.Workbook()
    made.active.append(["a", "b"])
    made.active.append(["x", 0.5])
    made.save(path)
    content = bytearray(path.read_bytes())
    for place, byte in damage:
        content[round(place * (len(content) - 1))] = byte
    path.write_bytes(content[: round(kept * len(content))])
    with suppress(InputError):
        assert isinstance(read_table(path), pd.DataFrame)
