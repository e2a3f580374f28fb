"""What a photograph says of itself: where and when it was taken, and which side is up (EXIF).

Cameras, phones and editors write these tags in many ways, some of them wrong. What is not plainly
a place is none, with the reason: a guessed sign would move a photograph to another continent.
"""

import math
import re
import struct
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import SupportsFloat

from PIL import ExifTags, Image, UnidentifiedImageError

# What Pillow raises on damaged files, from the header to the last tag.
DAMAGE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    AttributeError,
    ArithmeticError,
    struct.error,
)
GPS = ExifTags.GPS
DATE = re.compile(r"(\d{4})[:/.-](0[1-9]|1[0-2])[:/.-](0[1-9]|[12]\d|3[01])")


class NoPlaceError(Exception):
    """A photograph whose tags tell no place; the text is the reason, the same for all of a kind."""


@dataclass(frozen=True)
class Place:
    """Where, when and in which direction a photograph was taken.

    Attributes
    ----------
    longitude, latitude : float
        Degrees, EPSG:4326.
    date : str
        ``YYYY-MM-DD``, or what a table says; empty where unknown.
    heading : float
        Degrees clockwise from north; NaN where unknown.
    """

    longitude: float
    latitude: float
    date: str = ""
    heading: float = math.nan

    @property
    def is_null(self) -> bool:
        """Whether this is 0° N 0° E, what devices write that know no place."""
        return self.longitude == 0 and self.latitude == 0


def place_by_tags(path: str | Path) -> Place:
    """Read place, date and direction from the EXIF tags of an image.

    A coordinate is three numbers (degrees, minutes below 60, seconds below 60) and the first letter
    of its hemisphere: N or S, E or W.

    Raises
    ------
    NoPlaceError
        If there is no such place in the tags.
    """
    try:
        with _opened(path) as image:
            tags = image.getexif()
            gps = tags.get_ifd(ExifTags.IFD.GPSInfo)
            date = tags.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
            in_xmp = b"GPSLatitude" in _bytes(image.info.get("xmp", b""))
    except DAMAGE:
        raise NoPlaceError("file or tags that cannot be read") from None
    if GPS.GPSLatitude not in gps or GPS.GPSLongitude not in gps:
        raise NoPlaceError("a place in XMP alone, which is not read" if in_xmp else "no GPS tags")
    place = Place(
        longitude=_coordinate(gps, GPS.GPSLongitude, GPS.GPSLongitudeRef, "EW", most=180),
        latitude=_coordinate(gps, GPS.GPSLatitude, GPS.GPSLatitudeRef, "NS", most=90),
        date=_date(date),
        heading=_heading(gps.get(GPS.GPSImgDirection)),
    )
    if place.is_null:
        raise NoPlaceError("0° N 0° E, which means unknown")
    return place


def turn_upright(image: Image.Image) -> Image.Image:
    """Turn and mirror an image as its tag Orientation asks; as it is where that cannot be read."""
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    try:
        turn = turns.get(image.getexif().get(ExifTags.Base.Orientation))
    except DAMAGE:
        return image
    return image if turn is None else image.transpose(turn)


@contextmanager
def _opened(path: str | Path) -> Generator[Image.Image]:
    # Pillow's warnings about single tags and large images would stand in the log once an image.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path) as image:
            yield image


def _coordinate(
    gps: Mapping[int, object], value: int, reference: int, sides: str, *, most: float
) -> float:
    positive, negative = sides
    side = _text(gps.get(reference))[:1].upper()
    if side not in (positive, negative):
        raise NoPlaceError("an unknown hemisphere")
    parts = gps[value]
    if not isinstance(parts, tuple | list) or len(parts) != 3:
        raise NoPlaceError("not three numbers for a coordinate")
    degrees, minutes, seconds = map(_number, parts)
    if not (degrees >= 0 and 0 <= minutes < 60 and 0 <= seconds < 60):  # false for NaN too
        raise NoPlaceError("numbers that are no degrees, minutes and seconds")
    coordinate = degrees + minutes / 60 + seconds / 3600
    if coordinate > most:
        raise NoPlaceError("numbers that are no degrees, minutes and seconds")
    return coordinate if side == positive else -coordinate


def _number(value: object) -> float:
    """Return a rational in any of its forms; NaN for one without a value."""
    try:
        if isinstance(value, tuple | list):
            numerator, denominator = value
            return float(numerator) / float(denominator)
        return float(value) if isinstance(value, SupportsFloat) else math.nan
    except (TypeError, ValueError, ArithmeticError):
        return math.nan


def _heading(value: object) -> float:
    heading = _number(value)
    return heading if 0 <= heading <= 360 else math.nan


def _date(value: object) -> str:
    """``YYYY-MM-DD``; empty for what is no date, such as the zeros of a clock never set."""
    match = DATE.match(_text(value))
    return "-".join(match.groups()) if match and match[1] != "0000" else ""


def _text(value: object) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
    return text.strip(" \0\t\r\n")


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
