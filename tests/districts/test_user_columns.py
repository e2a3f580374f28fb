"""Columns of a user's table: expressions, units, and what is refused with which words."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.districts.build import build_districts
from incomelens.districts.expressions import Source, computed, parsed
from incomelens.districts.user_columns import numbers_from, sources_of, written_as

TABLE = pd.DataFrame(
    {
        "bachelor_or_above": ["0.5", "0.3", ""],
        "postgraduate": ["0.2", "0.1", "0.1"],
        "n_black": ["10", "0", "3"],
        "population": ["40", "0", "6"],
        "Bac+3 (%)": ["12,5 %", "3", "40.0"],
        "people/ha": ["50", "0", "2"],
    },
    index=["d1", "d2", "d3"],
)


def read(written, ours="bachelor", table=TABLE, **options):
    sources = sources_of({ours: written}, list(table.columns), file="city.csv", **options)
    return numbers_from(table, sources[ours], ours=ours, file="city.csv")


# --- expressions --------------------------------------------------------------------------------


def test_a_difference_of_columns_is_missing_where_one_of_them_is():
    assert_allclose(read("bachelor_or_above - postgraduate"), [0.3, 0.2, np.nan])


def test_a_share_of_nobody_is_zero():
    assert_allclose(read("n_black / population", "black"), [0.25, 0.0, 0.5])


def test_an_income_of_nobody_is_missing():
    assert_allclose(read("n_black / population", "per_capita_income"), [0.25, np.nan, 0.5])


def test_somebody_of_nobody_is_refused_by_district():
    table = TABLE.assign(n_black=["10", "5", "3"])
    message = r"black \('n_black / population'\) comes to 5 / 0 in district d2 \(1 of 3 rows"
    with pytest.raises(InputError, match=message):
        read("n_black / population", "black", table)


def test_the_name_of_a_column_goes_before_its_reading_as_an_expression():
    assert_allclose(read("people/ha", "male"), [50, 0, 2])
    assert_allclose(read({"column": "people/ha"}, "male"), [50, 0, 2])


def test_names_with_signs_stand_in_backticks():
    assert_allclose(read("`people/ha` * 100", "population_density"), [5000, 0, 200])


def test_dust_of_decimals_is_no_negative_share():
    table = pd.DataFrame({"a": [0.3], "b": [0.1], "c": [0.2]}, index=["d1"])
    assert 0.3 - 0.1 - 0.2 < 0
    assert read("a - b - c", table=table) == 0


numbers = st.floats(-1e3, 1e3).map(lambda value: round(value, 3))
trees = st.recursive(
    st.sampled_from(["x", "`y z`"]) | numbers.map(lambda value: repr(abs(value))),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, st.sampled_from("+-*"), inner).map("".join),
        inner.map(lambda one: f"-{one}"),
    ),
    max_leaves=12,
)


@given(tree=trees, x=numbers, y=numbers)
def test_an_expression_means_what_it_means_in_python(tree, x, y):
    text = f"{tree} + x"
    meant = eval(text.replace("`y z`", "y"), {"__builtins__": {}}, {"x": x, "y": y})  # noqa: S307
    found = computed(
        Source(text, tokens=parsed(text, where="")),
        {"x": np.array([x]), "y z": np.array([y])},
        nobody_of_nobody=0.0,
        districts=["d1"],
        where="",
    )
    assert_allclose(found, [meant], rtol=1e-9, atol=1e-9)


@given(text=st.text(alphabet="xy 0123.e+-*/()`%'[]{}=;:\\\n", max_size=40))
def test_any_text_is_read_or_refused_with_a_sentence(text):
    try:
        tokens = parsed(text, where="here")
    except InputError:
        return
    assert any(token.kind == "name" for token in tokens)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("absent - postgraduate", r"no column 'absent', which bachelor is computed from"),
        ("absent", r"no column 'absent', which the configuration takes as bachelor"),
        ("Bac+3", r"no column 'Bac', which bachelor"),
        ("Bac+4 (%)", r"cannot be read from '%\)' on; .*Nor is it a column of the file, .*Bac\+3"),
        ("postgraduate ** 2", r"mixed up at '\*'"),
        ("postgraduate -", r"mixed up at 'its end'"),
        ("(postgraduate", r"mixed up at 'its end'"),
        ("postgraduate)", r"mixed up at '\)'"),
        ("abs(postgraduate)", r"mixed up at '\('"),
        ("postgraduate - 2nd", r"cannot be read from '2nd' on"),
        ("1 + 1", r"names no column"),
        ("postgraduate * 1e999", r"mixed up at '1e999'"),
        ({"expression": "__import__('os')"}, r"cannot be read from"),
        ({"column": "n_black / population"}, r"no column 'n_black / population', which"),
    ],
)
def test_what_is_no_expression_is_refused(written, message):
    with pytest.raises(InputError, match=message):
        read(written)


# --- units --------------------------------------------------------------------------------------


def test_percentages_become_shares_also_as_texts():
    assert_allclose(read({"column": "Bac+3 (%)", "unit": "percent"}), [0.125, 0.03, 0.4])


def test_an_expression_may_be_in_percent():
    written = {"expression": "`Bac+3 (%)` - n_black / 10", "unit": "percent"}
    assert_allclose(read(written), [0.115, 0.03, 0.397])


def test_one_word_makes_all_plain_shares_percentages():
    shares = {"share_unit": "percent"}
    assert_allclose(read("Bac+3 (%)", **shares), [0.125, 0.03, 0.4])
    assert_allclose(read({"column": "n_black", "unit": "share"}, **shares), [10, 0, 3])
    assert_allclose(read("n_black / population", **shares), [0.25, 0.0, 0.5])
    assert_allclose(read("population", "population", **shares), [40, 0, 6])


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("per_km2", 50), ("per_hectare", 5000), ("per_square_mile", 19.305108)],
)
def test_densities_come_to_people_per_square_kilometre(unit, expected):
    found = read({"column": "people/ha", "unit": unit}, "population_density")
    assert_allclose(found[0], expected, rtol=1e-7)


def test_percentages_that_look_like_shares_are_told(caplog):
    read({"column": "postgraduate", "unit": "percent"})
    assert "is said to be in percent, and none of its values is above 1" in caplog.text


def test_a_column_is_written_in_one_line_with_its_unit():
    assert written_as({"column": "x", "unit": "per_hectare"}) == "x, per hectare"
    assert written_as({"expression": "x / y", "unit": "share"}) == "x / y"


# --- in a table of districts --------------------------------------------------------------------


def built(file, columns, **settings):
    return build_districts(
        {"table": file},
        settings={"adapter": "table", "columns": columns, **settings},
        level="commune",
        incomes=["per_capita_income"],
    )


def test_a_table_with_sums_and_percentages_gives_the_same_districts(own_table, columns, tmp_path):
    own_table.to_file(tmp_path / "plain.gpkg")
    other = own_table.assign(
        both=own_table["bachelor"] + own_table["postgraduate"],
        n_black=own_table["black"] * own_table["people"],
        **{"male %": 100 * own_table["male"], "per ha": own_table["population_density"] / 100},
    )
    other.drop(columns=["bachelor", "black", "male"]).to_file(tmp_path / "other.gpkg")
    written = columns | {
        "bachelor": "both - postgraduate",
        "black": "n_black / people",
        "male": {"column": "male %", "unit": "percent"},
        "population_density": {"column": "per ha", "unit": "per_hectare"},
    }
    plain, found = built(tmp_path / "plain.gpkg", columns), built(tmp_path / "other.gpkg", written)
    for name in ("bachelor", "black", "male", "population_density", "bachelor_or_above"):
        assert_allclose(found[name], plain[name], atol=1e-12)


def test_a_percentage_without_its_unit_is_told_which_setting_mends_it(own_table, columns, tmp_path):
    own_table.assign(white=47.5 + np.arange(6)).to_file(tmp_path / "own.gpkg")
    message = r'set `white: \{column: "white", unit: percent\}` in .* or `shares: percent`'
    with pytest.raises(InputError, match=message):
        built(tmp_path / "own.gpkg", columns)


def test_a_percentage_above_a_hundred_is_told_as_such(own_table, columns, tmp_path):
    own_table.assign(white=110.0 + np.arange(6)).to_file(tmp_path / "own.gpkg")
    percent = {**columns, "white": {"column": "white", "unit": "percent"}}
    with pytest.raises(InputError, match=r"is 1\.1 in district 001 .* divided by 100 already"):
        built(tmp_path / "own.gpkg", percent)


def test_an_expression_out_of_range_names_its_district(own_table, columns, tmp_path):
    own_table.to_file(tmp_path / "own.gpkg")
    written = {**columns, "white": "white * 1000"}
    with pytest.raises(InputError, match=r"'white \* 1000' \(our white\) is .* in district 001"):
        built(tmp_path / "own.gpkg", written)
