"""Which photographs a table of places means, whatever system has written its names."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incomelens.common.errors import InputError
from incomelens.sources.readers.place_tables import told_places


@pytest.fixture
def read(tmp_path):
    """Read a table of places for photographs of these names."""

    def of(text, photographs, *, table="places.csv"):
        file = tmp_path / table
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return told_places([file], photographs, root=tmp_path)

    return of


def places(*names):
    return "file,longitude,latitude\n" + "".join(f'"{name}",2.5,48.5\n' for name in names)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("A.JPG", "a.jpg"),
        (unicodedata.normalize("NFD", "été.jpg"), "été.jpg"),
        ("été.jpg", unicodedata.normalize("NFD", "été.jpg")),
        ("Sub\\A.jpg", "sub/a.jpg"),
        (" a.jpg ", "a.jpg"),
        ("./a.jpg", "a.jpg"),
        ("C:\\photos\\sub\\a.jpg", "sub/a.jpg"),
        ("/Users/ada/sub/a.jpg", "sub/a.jpg"),
        ("STRASSE.jpg", "straße.jpg"),
    ],
)
def test_a_name_is_matched_across_systems(read, written, meant):
    told, without_image, _ = read(places(written), [meant, "other.jpg"])
    assert (list(told), without_image) == ([meant], [])


@given(name=st.text(st.characters(exclude_characters='/\\"\r\n\0', exclude_categories=["Cs"])))
def test_the_exact_name_always_means_its_file(tmp_path_factory, name):
    """Whatever it is made of, and however alike the other names are."""
    photograph = f"a{name}b.jpg"
    file = Path(tmp_path_factory.getbasetemp()) / "exact.csv"
    file.write_text(places(photograph), encoding="utf-8")
    told, without_image, _ = told_places(
        [file], [photograph, photograph.swapcase()], root=file.parent
    )
    assert (list(told), without_image) == ([photograph], [])


def test_names_in_a_folder_are_relative_to_its_table(read):
    told, _, _ = read(places("a.jpg"), ["a.jpg", "sub/a.jpg"], table="sub/places.csv")
    assert list(told) == ["sub/a.jpg"]


def test_two_files_that_differ_in_capitals_alone_are_refused_by_name(read):
    with pytest.raises(InputError, match=r"a\.Jpg may mean A\.jpg, a\.jpg; write the name as"):
        read(places("a.Jpg"), ["A.jpg", "a.jpg"])
    told, _, _ = read(places("a.jpg"), ["A.jpg", "a.jpg"])
    assert list(told) == ["a.jpg"]


def test_a_photograph_with_two_places_is_refused(read):
    told, _, _ = read(places("a.jpg", "A.JPG"), ["a.jpg"])
    assert list(told) == ["a.jpg"]
    with pytest.raises(InputError, match=r"places\.csv: A\.JPG has two places"):
        read(places("a.jpg") + "A.JPG,2.6,48.5\n", ["a.jpg"])


def test_a_table_of_something_else_is_left_out(read):
    told, without_image, other = read("file,sha256\na.jpg,12\n", ["a.jpg"])
    assert (told, without_image, [file.name for file in other]) == ({}, [], ["places.csv"])


def test_headings_in_capitals_are_the_same_columns(read):
    told, _, _ = read(places("a.jpg").replace("longitude", " Longitude"), ["a.jpg"])
    assert told["a.jpg"].longitude == 2.5


def test_a_table_that_a_european_spreadsheet_saved_is_read(read):
    text = "file;longitude;latitude;heading\na.jpg;2,5;48,25;90\n"
    told, _, _ = read(text, ["a.jpg"])
    place = told["a.jpg"]
    assert (place.longitude, place.latitude, place.heading) == (2.5, 48.25, 90.0)


def test_no_degrees_at_all_means_unknown_and_is_told(read, caplog):
    told, _, _ = read("file,longitude,latitude\na.jpg,0,0\n", ["a.jpg"])
    assert told == {}
    assert "1 rows say 0, 0, which means unknown" in caplog.text


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.jpg,2.5,48.5N", r"latitude has '48\.5N' in a\.jpg .* expected degrees"),
        ("a.jpg,2.5,inf", r"latitude has 'inf' in a\.jpg"),
        ("a.jpg,448000,5411000", r"of a\.jpg cannot be longitude and latitude"),
    ],
)
def test_a_place_that_is_none_is_refused_by_its_row(read, row, message):
    with pytest.raises(InputError, match=message):
        read(f"file,longitude,latitude\n{row}\n", ["a.jpg"])
