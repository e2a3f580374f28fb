"""An answer of the Census API keeps its shape, and every row its own district."""

import pytest

from incomelens.common.errors import InputError
from incomelens.districts.census import read_boundaries
from incomelens.districts.census_answers import codes_of, read_answer
from incomelens.districts.census_tables import read_census_tables

from .test_fuzz import HEADER, ROWS, SHAPES, answer


def changed(place, value):
    """The rows with one cell of the second changed."""
    rows = [list(row) for row in ROWS]
    rows[1][HEADER.index(place)] = value
    return rows


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        (HEADER, [*ROWS, ROWS[0][:-1]], r"row 6 is no list of \d+ texts, numbers or nulls"),
        (HEADER, changed("state", ["36"]), r"row 2 is no list of"),
        (HEADER, changed("state", 36), r"state 36 is no text of 2 digits \(1 of 5 rows are off\)"),
        (HEADER, changed("tract", "100"), r"tract '100' is no text of 6 digits"),
        (
            [*HEADER[:-1], "B19301_001E"],
            ROWS,
            r"B19301_001E stands in the header more than once, over different values",
        ),
    ],
)
def test_an_answer_of_another_shape_is_refused(tmp_path, header, rows, message):
    (tmp_path / "a.json").write_bytes(answer(header, rows))
    with pytest.raises(InputError, match=message):
        read_census_tables([tmp_path / "a.json"])


def test_block_groups_are_not_taken_for_their_tracts(tmp_path):
    file = tmp_path / "a.json"
    file.write_bytes(
        answer(["state", "county", "tract", "block group"], [["36", "005", "000100", "2"]])
    )
    header, rows = read_answer(file, once=())
    assert codes_of(header, rows, file=file) == ["360050001002"]


def test_a_table_that_is_given_twice_is_refused(tmp_path):
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_bytes(answer(HEADER, ROWS))
    with pytest.raises(InputError, match=r"stands in more than one of them; give every table once"):
        read_census_tables([tmp_path / "a.json", tmp_path / "b.json"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda shapes: shapes.assign(GEOID="36005000000"), r"GEOID: 36005000000 stand more than"),
        (lambda shapes: shapes.assign(GEOID=range(5)), r"GEOID: 0, 1, 2, 3, 4 are no text"),
        (lambda shapes: shapes.assign(ALAND=-1), r"ALAND, square metres, is negative in 36005"),
        (lambda shapes: shapes.assign(ALAND="wide"), r"column 'ALAND' has 'wide'"),
    ],
)
def test_boundaries_that_cannot_be_told_apart_are_refused(tmp_path, change, message):
    change(SHAPES).to_file(tmp_path / "b.gpkg")
    with pytest.raises(InputError, match=message):
        read_boundaries(tmp_path / "b.gpkg")
