"""Where a photograph was taken, by its own tags: a place, or none and why, never another place."""

import io
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from incomelens.sources.readers import photo_tags
from incomelens.sources.readers.photo_tags import NoPlaceError, place_by_tags

from .photographs import PLACE, TAGS, photograph

NEW_YORK = {
    TAGS.GPSLatitudeRef: "N",
    TAGS.GPSLatitude: (40.0, 42.0, 46.0),
    TAGS.GPSLongitudeRef: "W",
    TAGS.GPSLongitude: (73.0, 58.0, 12.0),
}


@pytest.mark.parametrize("reference", ["W", "W\0", "West", "W ", "w", " W", "\0W", "WEST\0\0"])
def test_the_first_letter_of_the_hemisphere_counts(tmp_path, reference):
    path = photograph(tmp_path / "a.jpg", gps=NEW_YORK | {TAGS.GPSLongitudeRef: reference})
    place = place_by_tags(path)
    assert (place.longitude, place.latitude) == pytest.approx((-73.97, 40.71278), abs=1e-5)


@pytest.mark.parametrize("reference", ["", " ", "\0", "X", "O", "N", "1", "-", "?"])
def test_an_unknown_hemisphere_is_no_place_and_never_a_guess(tmp_path, reference):
    """`O` is east in German and west in French."""
    path = photograph(tmp_path / "a.jpg", gps=NEW_YORK | {TAGS.GPSLongitudeRef: reference})
    with pytest.raises(NoPlaceError, match="an unknown hemisphere"):
        place_by_tags(path)


@pytest.mark.parametrize("tag", NEW_YORK)
def test_a_missing_tag_is_no_place(tmp_path, tag):
    gps = {key: value for key, value in NEW_YORK.items() if key != tag}
    with pytest.raises(NoPlaceError, match=r"no GPS tags|unknown hemisphere"):
        place_by_tags(photograph(tmp_path / "a.jpg", gps=gps))


@pytest.mark.parametrize(
    ("longitude", "reason"),
    [
        (73.97, "not three numbers"),
        ((73.0,), "not three numbers"),
        ((73.0, 58.0), "not three numbers"),
        ((73.0, 58.0, 12.0, 0.0), "not three numbers"),
        ((73.0, 60.0, 0.0), "no degrees, minutes and seconds"),
        ((73.0, 58.0, 60.0), "no degrees, minutes and seconds"),
        ((73.0, 58.0, IFDRational(0, 0)), "no degrees, minutes and seconds"),
        ((IFDRational(73, 0), 58.0, 12.0), "no degrees, minutes and seconds"),
        ((181.0, 0.0, 0.0), "no degrees, minutes and seconds"),
        ((180.0, 0.0, 0.1), "no degrees, minutes and seconds"),
    ],
)
def test_a_malformed_coordinate_is_no_place(tmp_path, longitude, reason):
    path = photograph(tmp_path / "a.jpg", gps=NEW_YORK | {TAGS.GPSLongitude: longitude})
    with pytest.raises(NoPlaceError, match=reason):
        place_by_tags(path)


def test_a_latitude_beyond_the_pole_is_no_place(tmp_path):
    path = photograph(tmp_path / "a.jpg", gps=NEW_YORK | {TAGS.GPSLatitude: (91.0, 0.0, 0.0)})
    with pytest.raises(NoPlaceError, match="no degrees, minutes and seconds"):
        place_by_tags(path)


def test_no_degrees_at_all_means_unknown(tmp_path):
    nothing = dict.fromkeys((TAGS.GPSLatitude, TAGS.GPSLongitude), (0.0, 0.0, 0.0))
    with pytest.raises(NoPlaceError, match="0° N 0° E, which means unknown"):
        place_by_tags(photograph(tmp_path / "a.jpg", gps=NEW_YORK | nothing))


def test_decimal_minutes_or_degrees_in_three_numbers_are_read(tmp_path):
    minutes = photograph(tmp_path / "a.jpg", gps=NEW_YORK | {TAGS.GPSLongitude: (73.0, 58.2, 0.0)})
    degrees = photograph(tmp_path / "b.jpg", gps=NEW_YORK | {TAGS.GPSLongitude: (73.97, 0.0, 0.0)})
    assert place_by_tags(minutes).longitude == pytest.approx(-73.97)
    assert place_by_tags(degrees).longitude == pytest.approx(-73.97)


class Tagged:
    """An opened image whose tags are as some other writer, or reader, has them."""

    def __init__(self, gps, date=None):
        self.info = {}
        self.tags = {ExifTags.IFD.GPSInfo: gps, ExifTags.IFD.Exif: {36867: date}}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def getexif(self):
        return self

    def get_ifd(self, which):
        return self.tags[which]


NUMBER = st.one_of(st.floats(), st.tuples(st.integers(), st.integers()), st.text())


@given(
    value=st.one_of(
        st.none(),
        st.text(max_size=4),
        st.binary(max_size=4),
        st.floats(),
        st.tuples(
            *[st.one_of(st.floats(), st.tuples(st.integers(), st.integers()), st.text())] * 3
        ),
    ),
    reference=st.one_of(st.none(), st.text(max_size=3), st.binary(max_size=3), st.integers()),
    heading=st.one_of(st.none(), st.floats(), st.binary(max_size=2), st.tuples(st.integers())),
)
def test_tags_of_any_type_are_a_place_on_earth_or_none(value, reference, heading):
    gps = PLACE | {TAGS.GPSLatitude: value, TAGS.GPSLatitudeRef: reference}
    gps[TAGS.GPSImgDirection] = heading
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photo_tags.Image, "open", lambda _: Tagged(gps))
        try:
            place = place_by_tags("a.jpg")
        except NoPlaceError:
            return
    text = reference.decode("latin-1") if isinstance(reference, bytes) else reference
    north = text.strip(" \0\t\r\n").upper().startswith("N")
    assert place.latitude == 0 or (place.latitude > 0) == north
    assert abs(place.latitude) <= 90
    assert math.isnan(place.heading) or 0 <= place.heading <= 360


def test_rationals_as_pairs_and_texts_as_bytes_are_read(monkeypatch):
    gps = {
        TAGS.GPSLatitudeRef: b"S\0",
        TAGS.GPSLatitude: ((33, 1), (306, 10), (0, 1)),
        TAGS.GPSLongitudeRef: b"W",
        TAGS.GPSLongitude: ((70, 1), (45, 1), (0, 1)),
        TAGS.GPSImgDirection: (900, 10),
    }
    opened = Tagged(gps, b"2019:05:06 10:11:12\0")
    monkeypatch.setattr(photo_tags.Image, "open", lambda _: opened)
    place = place_by_tags("a.jpg")
    assert (place.longitude, place.latitude) == pytest.approx((-70.75, -33.51))
    assert (place.date, place.heading) == ("2019-05-06", 90)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2019:05:06 10:11:12", "2019-05-06"),
        ("2019-05-06T10:11:12Z", "2019-05-06"),
        ("0000:00:00 00:00:00", ""),
        ("    :  :     :  :  ", ""),
        ("2019:13:01 00:00:00", ""),
        ("May 2019", ""),
    ],
)
def test_a_date_is_a_date_or_unknown(tmp_path, written, read):
    assert place_by_tags(photograph(tmp_path / "a.jpg", gps=PLACE, date=written)).date == read


def test_a_place_in_xmp_alone_is_told_as_such(tmp_path):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a exif:GPSLatitude="48,51.5N"/></x:xmpmeta>'
    Image.new("RGB", (4, 4)).save(tmp_path / "a.jpg", xmp=xmp)
    with pytest.raises(NoPlaceError, match="a place in XMP alone"):
        place_by_tags(tmp_path / "a.jpg")


@pytest.fixture(scope="module")
def whole():
    """The bytes of a photograph with all tags, and its place."""
    exif = Image.Exif()
    exif[ExifTags.IFD.GPSInfo] = NEW_YORK
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: "2019:05:06 10:11:12"}
    file = io.BytesIO()
    Image.new("RGB", (16, 16), "grey").save(file, "JPEG", exif=exif)
    return file.getvalue()


@given(cut=st.integers(0, 10_000), at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_damaged_bytes_cost_the_place_and_never_the_job(whole, tmp_path_factory, cut, at, byte):
    damaged = bytearray(whole)
    damaged[at % 400] = byte  # the tags lie in the first bytes
    path = Path(tmp_path_factory.getbasetemp()) / "damaged.jpg"
    path.write_bytes(damaged[: 1 + cut % len(damaged)])
    try:
        place = place_by_tags(path)
    except NoPlaceError:
        return
    assert abs(place.latitude) <= 90
    assert abs(place.longitude) <= 180
