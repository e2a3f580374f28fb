"""Bytes are what their format says, or the message says what they are."""

import gzip
import io
import json
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace

import pandas as pd
import py7zr
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incomelens.common.errors import InputError
from incomelens.sources.fetching.verify import ANY_BYTES, MAGIC, TEXT, checksum, page_title, verify

FORMATS = {*MAGIC, *TEXT, *ANY_BYTES}
SCHEMA = "workflow/schemas/sources.schema.yaml"


def zipped(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in entries.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def seven_zipped() -> bytes:
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w") as archive:
        archive.writestr("one,two\n", "a.csv")
    return buffer.getvalue()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame({"a": [1]}).to_parquet(buffer)
    return buffer.getvalue()


def geopackage(tmp_path) -> bytes:
    with closing(sqlite3.connect(tmp_path / "x.gpkg")) as base:
        base.execute("create table a (b)")
        base.commit()
    return (tmp_path / "x.gpkg").read_bytes()


@pytest.fixture
def samples(tmp_path) -> dict[str, bytes]:
    return {
        "zip": zipped(a=b"1"),
        "xlsx": zipped(a=b"1"),
        "7z": seven_zipped(),
        "gz": gzip.compress(b"1"),
        "gpkg": geopackage(tmp_path),
        "csv": "a,b\n1,é\n".encode("latin-1"),
        "txt": b"text",
        "7z_first": seven_zipped()[:40],
        "7z_part": b"\x00\x01 any bytes",
        "parquet": parquet(),
        "tif": b"II*\x00\x08\x00\x00\x00",
        "jp2": b"\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00",
        "json": b'\xef\xbb\xbf [["a"], [1]]\n',
    }


@pytest.fixture
def check(raw, tmp_path):
    def check(body: bytes, **changes):
        path = tmp_path / "body"
        path.write_bytes(body)
        return verify(path, replace(raw, **changes))

    return check


def test_the_schema_offers_the_formats_that_are_checked(request):
    schema = yaml.safe_load((request.config.rootpath / SCHEMA).read_text())
    offered = schema["$defs"]["file"]["properties"]["format"]["enum"]
    assert set(offered) == FORMATS


@pytest.mark.parametrize("format_", sorted(FORMATS))
def test_a_sound_file_of_every_format_passes(check, samples, tmp_path, format_):
    assert check(samples[format_], format=format_) == checksum(tmp_path / "body")


@pytest.mark.parametrize("format_", sorted(FORMATS))
def test_every_format_refuses_an_empty_file(check, format_):
    with pytest.raises(InputError, match=r"survey/table\.csv: the file is empty"):
        check(b"", format=format_)


@pytest.mark.parametrize("format_", sorted(FORMATS))
def test_every_format_refuses_a_web_page(check, format_):
    with pytest.raises(InputError, match=rf"titled 'Sorry' came instead of a {format_} file"):
        check(b"\n<html><TITLE>Sorry</TITLE>", format=format_)


@pytest.mark.parametrize("format_", ["zip", "xlsx", "7z", "7z_first", "gz", "gpkg", "tif", "jp2"])
def test_another_format_is_refused_by_its_first_bytes(check, format_):
    with pytest.raises(InputError, match=rf"not a {format_} file; it begins with b'plain text'"):
        check(b"plain text", format=format_)


@pytest.mark.parametrize("format_", ["csv", "txt", "json"])
def test_binary_bytes_are_no_text(check, format_):
    with pytest.raises(InputError, match=rf"not a {format_} file"):
        check(b"PK\x00\x00", format=format_)


@pytest.mark.parametrize("format_", ["zip", "7z", "json", "parquet"])
def test_a_file_without_its_end_is_cut_short(check, samples, format_):
    with pytest.raises(InputError, match=rf"the {format_} file is cut short or damaged"):
        check(samples[format_].rstrip()[:-1], format=format_)


def test_a_seven_zip_header_without_the_rest_is_cut_short(check, samples):
    with pytest.raises(InputError, match=r"it ends in its first header"):
        check(samples["7z"][:20], format="7z")


def test_a_first_part_is_shorter_than_its_header_says_and_is_no_whole_archive(check, samples):
    check(samples["7z_first"], format="7z_first")
    with pytest.raises(InputError, match=r"the 7z file is cut short or damaged: 40 bytes instead"):
        check(samples["7z_first"], format="7z")


@pytest.mark.parametrize("head", [b"MM\x00*", b"II+\x00", b"MM\x00+"])
def test_tiffs_of_either_byte_order_and_size_pass(check, head):
    check(head + bytes(8), format="tif")


def test_a_flipped_bit_inside_an_archive_is_found(check):
    body = bytearray(zipped(a=bytes(range(256)) * 20))
    body[60] ^= 1
    with pytest.raises(InputError, match=r"the zip file is cut short or damaged"):
        check(bytes(body), format="zip")


def test_a_checksum_decides_over_the_look_of_the_format(check, tmp_path):
    sha256 = check(b"odd but published so")
    assert check(b"odd but published so", format="zip", sha256=sha256) == sha256


def test_size_and_checksum_name_both_values(check):
    with pytest.raises(InputError, match=r"cut short: 3 bytes instead of 5"):
        check(b"a,b", bytes=5)
    with pytest.raises(InputError, match=r"too long: 3 bytes instead of 2"):
        check(b"a,b", bytes=2)
    with pytest.raises(InputError, match=r"sha256 \w{64} instead of f{64}"):
        check(b"a,b", sha256="f" * 64)


def test_title_of_a_page(tmp_path):
    page = tmp_path / "page"
    page.write_text("<!doctype HTML><head><title lang=en>\n Not &amp; found </title>")
    assert page_title(page) == "Not & found"
    page.write_text("<html><body>nothing")
    assert page_title(page) == ""
    page.write_text("a,b\n<html>,1\n" * 200)
    assert page_title(page) is not None  # a page may follow a comment or a declaration
    page.write_text("a,b\n1,2\n")
    assert page_title(page) is None


def test_a_table_cut_after_a_whole_row_is_cut_short(check):
    with pytest.raises(InputError, match=r"cut short or damaged: 3 brackets open and 2 close"):
        check(b'[["NAME"],\n["Tract 1, \\"]\\" County"]', format="json")


texts = st.text(alphabet='ab"\\[]{}', max_size=8)
tables = st.lists(st.lists(texts, max_size=4), min_size=1, max_size=4)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables, block=st.integers(1, 9))
def test_brackets_in_strings_do_not_count_wherever_blocks_end(check, monkeypatch, table, block):
    monkeypatch.setattr("incomelens.sources.fetching.verify.HEAD", block)
    body = json.dumps(table).encode()
    check(body, format="json")
    with pytest.raises(InputError, match=r"cut short"):
        check(body[:-1], format="json")
