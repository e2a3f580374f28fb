"""One reader for the tables of users and providers, whatever program wrote them."""

import gzip
from contextlib import suppress

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from incomelens.common.errors import InputError
from incomelens.sources.readers.tables import column_names, decimal_mark, read_columns, read_table

CELLS = {"name": ["Été", "Öl"], "value": ["2,5", "3"]}


@pytest.fixture
def save(tmp_path):
    def save(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return save


# --- what programs write ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "assumed"),
    [
        ("name;value\r\nÉté;2,5\r\nÖl;3\r\n".encode("cp1252"), "Windows-1252, separated by semi"),
        ("name\tvalue\r\nÉté\t2,5\r\nÖl\t3\r\n".encode("utf-16"), "read as UTF-16, separated by t"),
        ("\ufeffname;value\nÉté;2,5\nÖl;3\n".encode(), "table.csv: separated by semicolons, with"),
        ("name;value\rÉté;2,5\rÖl;3\r".encode("mac_roman"), "read as Mac Roman, separated by sem"),
        ("sep=;\r\nname;value\r\nÉté;2,5\r\nÖl;3".encode(), "separated by semicolons, with decim"),
        ('"name","value"\n"Été","2,5"\n"Öl","3"\n'.encode(), "table.csv: with decimal commas"),
        ("name|value\nÉté|2,5\nÖl|3\n".encode(), "separated by vertical bars, with decimal com"),
        (
            "\n; ;\nname;value;\nÉté;2,5;\n;;\nÖl;3;\n; ;\n".encode(),
            "separated by semicolons, with",
        ),
    ],
)
def test_every_dialect_gives_the_same_cells_and_is_told(save, caplog, content, assumed):
    path = save(content)
    assert read_table(path).to_dict("list") == CELLS
    assert decimal_mark(path) == ","
    assert assumed in caplog.text
    assert (
        read_table(save(gzip.compress(content, mtime=0), "TABLE.CSV.GZ")).to_dict("list") == CELLS
    )


def test_the_plain_dialect_is_not_worth_a_word(save, caplog):
    path = save('a,b\n"x; y",0.5\n')
    assert read_table(path).to_dict("list") == {"a": ["x; y"], "b": ["0.5"]}
    assert decimal_mark(path) == "."
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("content", "mark"),
    [
        *[("a,b\n1,2\n", "."), ("a;b\n1;2\n", None), ("a;b\n0.5;2\n", ".")],
        ("a;b\n1,5;0.5\n", None),
        *[("a;b\n1.234;2\n", None), ('a,b\n"1,234",2\n', None), ('a,b\n"1,234",0.5\n', ".")],
        # A text with a comma proves nothing, nor does a column that is no number in one row.
        *[("a;b\n1,5;x\nround 2;y\n", None), ("a;b\n1.234.567;2\n", ",")],
    ],
)  # fmt: skip
def test_the_decimal_mark_wants_evidence(save, mark, content):
    assert decimal_mark(save(content)) == mark


def test_cells_stay_as_they_are_written(save):
    table = read_table(save('id,NA,c\n007,NA," x "\n,n/a,\n'))
    assert table["id"].tolist()[0] == "007"
    assert table["NA"].tolist() == ["NA", "n/a"]
    assert table["c"].tolist()[0] == " x "
    assert table.isna().to_numpy().tolist() == [[False] * 3, [True, False, True]]


def test_blank_rows_and_columns_and_short_rows_are_counted(save, caplog):
    with caplog.at_level("INFO", logger="incomelens"):
        table = read_table(save("a,b,,\n1,2,,\n3\n,,,\n ,,,\n"))
    assert table.to_dict("list") == {"a": ["1", "3"], "b": ["2", table["b"][1]]}
    assert "2 rows without any cell are skipped" in caplog.text
    assert "2 columns without heading and cells are left out" in caplog.text
    assert "1 rows end before the last heading" in caplog.text


def test_a_column_of_row_names_is_kept(save):
    assert list(read_table(save('"","a"\n"1",2\n'))) == ["Unnamed: 0", "a"]


def test_columns_come_in_the_order_asked_for(save):
    path = save("a;b;c\n1;2;3\n")
    assert column_names(path) == ["a", "b", "c"]
    (block,) = read_columns(path, ["c", "a"])
    assert block.to_dict("list") == {"c": ["3"], "a": ["1"]}
    (empty,) = read_columns(save("a;b\n"), ["b"])
    assert list(empty) == ["b"]


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is empty; expected a row of headings"),
        (b"\n;;\n", r"is empty"),
        (b"a,b\n1,\x002\n", r"holds NUL characters: damaged, or UTF-16 without the mark"),
        ("a;b\n1;2\n".encode("utf-16-le"), r"holds NUL characters"),
        (b"a,b\n\x81\x8d,2\n", r"characters that are not UTF-8 nor Windows-1252; save .* as UTF-8"),
        ("a,b\nÄ,1\n".encode() + "Ö,2\n".encode("cp1252"), r"line 3 is not UTF-8, yet other char"),
        (b"a,b\n1,2\n3,4,5\n", r"line 3 has 3 cells under 2 headings \(a, b\).*row\.names = FALSE"),
        (b"a,b,a\n1,2,3\n", r"a heads more than one column"),
        (b"0.25,-118.3\n0.3,-118\n", r"the first line holds numbers \(0\.25, -118\.3\)"),
        (b'"a,b"\n"1,2"\n', r"one cell, 'a,b', in quotation marks as a whole"),
        (b'a,b\n"1,2\n', r"unexpected end of data; a quotation mark"),
        (b'a,b\n"x \\"y\\" z",2\n', r"a quotation mark that is not doubled"),
        (b"PK\x03\x04", r"no table in text but a workbook or zip"),
        (b"\xd0\xcf\x11\xe0", r"an \.xls workbook; save it as \.xlsx or CSV"),
        (b"<!doctype html><html>", r"a web page; get the file again"),
        (gzip.compress(b"a,b\n", mtime=0), r"compressed; let its name end in \.gz"),
    ],
)
def test_a_text_that_is_no_table_says_why(save, content, message):
    with pytest.raises(InputError, match=r"table\.csv: .*" + message):
        read_table(save(content))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "cut.csv.gz",
            gzip.compress(b"a,b\n1,2\n" * 99, mtime=0)[:20],
            r"cannot be read \(Compressed file",
        ),
        ("plain.csv.gz", b"a,b\n", r"cannot be read \(Not a gzipped file"),
        ("own.ods", b"PK", r"own\.ods: save it as \.xlsx or CSV"),
        ("own.parquet", b"PAR1 no", r"own\.parquet: cannot be read"),
        ("own.gpkg", b"nothing", r"own\.gpkg: cannot be read .*file format\.\); expected \.csv"),
        ("own.doc", b"nothing", r"own\.doc: cannot be read"),
    ],
)
def test_a_file_of_another_kind_says_so(save, name, content, message):
    with pytest.raises(InputError, match=message):
        read_table(save(content, name))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: there is no such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"none\.csv: there is no such file"):
        column_names(tmp_path / "none.csv")


def test_the_advice_about_layers_names_the_setting_and_works(tmp_path):
    points = gpd.GeoDataFrame({"a": ["001"]}, geometry=[Point(0, 0)], crs=4326)
    for layer in ("tracts", "counties"):
        points.to_file(tmp_path / "two.gpkg", layer=layer)
    with pytest.raises(InputError, match=r"several layers, tracts, counties; set `boundaries_la"):
        read_table(tmp_path / "two.gpkg", key="boundaries_layer")
    with pytest.raises(InputError, match=r"tracts, counties; give a file that holds one alone"):
        read_table(tmp_path / "two.gpkg")
    assert read_table(tmp_path / "two.gpkg", layer="tracts")["a"].tolist() == ["001"]
    with pytest.raises(InputError, match=r"no layer 'roads'; it has tracts, counties"):
        read_table(tmp_path / "two.gpkg", layer="roads")


def test_styles_that_qgis_keeps_in_a_geopackage_are_no_layer(tmp_path):
    points = gpd.GeoDataFrame({"a": ["001"]}, geometry=[Point(0, 0)], crs=4326)
    points.to_file(tmp_path / "styled.gpkg", layer="tracts")
    styles = pd.DataFrame({"f_table_name": ["tracts"], "styleQML": ["<qgis/>"]})
    pyogrio.write_dataframe(styles, tmp_path / "styled.gpkg", layer="layer_styles")
    assert read_table(tmp_path / "styled.gpkg")["a"].tolist() == ["001"]


# --- anything at all ----------------------------------------------------------------------------


@given(content=st.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "table.csv"
    path.write_bytes(content)
    with suppress(InputError):
        assert isinstance(read_table(path), pd.DataFrame)


cell = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n", exclude_categories=["Cs"]))


@given(
    rows=st.lists(st.tuples(cell, cell, cell).filter(lambda row: any(map(str.strip, row)))),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_pandas_writes_comes_back(tmp_path_factory, rows, separator, encoding):
    path = tmp_path_factory.mktemp("back") / "table.csv"
    written = pd.DataFrame(rows, columns=["one", "two", "three"], dtype="object")
    written.to_csv(path, index=False, sep=separator, encoding=encoding)
    found = read_table(path)
    expected = [[text if text.strip() else "" for text in row] for row in rows]
    assert found.astype("object").fillna("").to_numpy().tolist() == expected
