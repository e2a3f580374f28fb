"""Cells as people write them: read where they say one thing, refused where they may say two."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.sources.readers.written_dates import dates
from incomelens.sources.readers.written_values import flags, identifiers, numbers, read_number


def read(*cells, **options):
    return numbers(pd.Series(list(cells), dtype="object"), where="t.csv: column 'x'", **options)


# --- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("12", 12), ("-0.5", -0.5), (".5", 0.5), (",25", 0.25), ("1e3", 1000), ("+7", 7)],
        *[("0,25", 0.25), ("0.234", 0.234), ("1234,567", 1234.567), ("−2,5", -2.5)],
        *[("1.234,56", 1234.56), ("1,234.56", 1234.56), ("1.234.567", 1_234_567)],
        *[("12 345", 12345), ("12\xa0345,5", 12345.5), ("12\u202f345", 12345)],
        *[("12'345.5", 12345.5), ("12’345", 12345), (" 12,5 ", 12.5), ("1 234,567", 1234.567)],
    ],
)
def test_a_number_that_says_one_thing_is_read(text, value):
    assert_allclose(read(text), [value])


@pytest.mark.parametrize(
    "text",
    ["1.2.3", "1,23,456", "12 34", "0.123.456", "1.234,5.6", "12 €", "-", "e5", "1'23", "inf", ":"],
)
def test_what_is_no_number_is_refused_with_its_place(text):
    with pytest.raises(InputError, match=r"column 'x' has .* in row 2 \(1 of 2 rows are off\)"):
        read("1", text)


@pytest.mark.parametrize("text", ["1.234", "12,345", "-123.456"])
def test_thousands_or_decimals_is_refused_unless_something_tells(text):
    with pytest.raises(InputError, match=r"neither the column nor the file tells whether it is"):
        read(text)
    mark = "." if "." in text else ","
    as_decimal = float(text.replace(",", "."))
    assert_allclose(read(text, decimal=mark), [as_decimal])
    assert_allclose(read(text, decimal="," if mark == "." else "."), [1000 * as_decimal])


def test_the_advice_about_an_ambiguous_number_works():
    with pytest.raises(InputError, match=r"is 1234 or 1\.234; write 1234 or 1\.2340 there"):
        read("1.234")
    assert_allclose(read("1.2340", "1234"), [1.234, 1234])


def test_the_column_goes_before_the_file():
    assert_allclose(read("13.40512", "9.123", decimal=","), [13.40512, 9.123])
    assert_allclose(read("0,25", "1.234", decimal="."), [0.25, 1234])
    with pytest.raises(InputError, match=r"has '1\.234' in row 3"):
        read("0,25", "0.5", "1.234", decimal=".")


def test_thousands_are_told(caplog):
    read("23.456", "12", decimal=",")
    assert "1 of 2 numbers have thousands separators; '23.456' is read as 23456" in caplog.text


def test_missing_values_are_those_of_statistics_programs_and_told(caplog):
    found = read("", None, " ", "NA", ".", "#N/A", float("nan"), pd.NA, "2")
    assert found.isna().tolist() == [True] * 8 + [False]
    assert "3 of 9 cells say #N/A or . or NA and count as missing" in caplog.text


def test_errors_of_spreadsheets_and_percent_signs_say_what_they_are():
    with pytest.raises(InputError, match=r"'#DIV/0!'.* an error that the spreadsheet itself shows"):
        read("#DIV/0!")
    with pytest.raises(InputError, match=r"'12,5 %' in row 1 .*`unit: percent`"):
        read("12,5 %")
    assert_allclose(read("12,5 %", "7", percent=True), [12.5, 7])


def test_numbers_that_are_numbers_stay():
    assert_allclose(read(1, 2.5, "3,5", np.int64(4)), [1, 2.5, 3.5, 4])
    assert_allclose(read(1.234), [1.234])
    with pytest.raises(InputError, match=r"has inf in row 1"):
        numbers(pd.Series([np.inf]), where="x")
    with pytest.raises(InputError, match=r"in row 1 "):
        read(datetime.date(2019, 1, 1))
    with pytest.raises(InputError, match=r"in row 1 "):
        read([1])


styles = st.sampled_from(
    [(",", "."), (".", ","), (" ", ","), ("\u202f", ","), ("'", "."), ("", ",")]
)


@given(value=st.floats(-1e9, 1e9).map(lambda x: round(x, 2)), style=styles)
def test_any_number_of_two_decimals_comes_back_from_any_country(value, style):
    grouping, decimal = style
    text = f"{value:,.2f}".translate({ord(","): grouping, ord("."): decimal})
    assert read_number(text).value == value


@given(st.text())
def test_any_text_is_a_number_or_none(text):
    assert isinstance(read_number(text).value, float)


# --- flags, identifiers, dates ------------------------------------------------------------------


def test_flags_of_several_languages():
    found = flags(pd.Series(["1", "FALSCH", "vrai", "", None, "0.0", True, 0]), where="x")
    assert found.tolist() == [True, False, True, pd.NA, pd.NA, False, True, False]
    with pytest.raises(InputError, match=r"x has 'maybe' in row 2 .* expected 0 or 1"):
        flags(pd.Series(["1", "maybe"]), where="x")


@pytest.mark.parametrize("cells", [["3,60E+10", "1"], ["3.606E+10"], ["36061.0"], [36061.0]])
def test_identifiers_that_went_through_a_number_are_refused(cells):
    with pytest.raises(InputError, match=r"store them as text, so that no digit or leading zero"):
        identifiers(pd.Series(cells), where="x")


def test_identifiers_stay_text():
    mixed = pd.Series(["007", 36061000100, "NA", " 5E2 "], dtype="object")
    assert identifiers(mixed, where="x").tolist() == ["007", "36061000100", "NA", "5E2"]


def days(*cells, **options):
    found = dates(pd.Series(list(cells), dtype="object"), where="t: column 'd'", **options)
    return found.dt.strftime("%Y-%m-%d").tolist()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2019-07-24T10:11:12", "20190724", "2019/07/24"], ["2019-07-24"] * 3),
        (["03.04.2019", "24.7.19"], ["2019-04-03", "2019-07-24"]),
        (["03/04/2019", "07/24/2019"], ["2019-03-04", "2019-07-24"]),
        (["03/04/2019", "24/07/2019"], ["2019-04-03", "2019-07-24"]),
        (["24-Jul-19", "July 3, 2019"], ["2019-07-24", "2019-07-03"]),
        (["24JUL2019", "Wed, 24 Jul 2019", "Sept. 1, 2019"], ["2019-07-24"] * 2 + ["2019-09-01"]),
        ([pd.Timestamp("2019-07-24 23:00", tz="America/New_York")], ["2019-07-24"]),
        ([datetime.datetime(2019, 7, 24, 5), datetime.date(2019, 7, 24)], ["2019-07-24"] * 2),
    ],
)  # fmt: skip
def test_days_of_several_countries(cells, expected):
    assert days(*cells) == expected


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["2019-01-01", "03/04/2019"], r"'03/04/2019' in row 2 .*: no row tells the order"),
        (["24/07/2019", "07/24/2019"], r"both orders of day and month occur"),
        (["2019-01-01", 43670], r"43670 in row 2"),
        (["43670"], r"'43670' in row 1"),
        (["31.02.2019"], r"expected dates such as 2019-07-24"),
    ],
)
def test_a_day_that_may_be_another_is_refused(cells, message):
    with pytest.raises(InputError, match=message):
        days(*cells)


@pytest.mark.parametrize(
    "text", ["now", "today", "12:03", "10pm", "Jul", "2019-07", "2019.5", "2019Q1", "20:9-03-12"]
)
def test_what_does_not_say_day_month_and_year_is_no_day(text):
    with pytest.raises(InputError, match=rf"'{text}' in row 2 "):
        days("2019-07-24", text)


def test_a_known_order_of_day_and_month_is_kept():
    assert days("03/04/2019", month_first=True) == ["2019-03-04"]
