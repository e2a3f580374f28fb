"""Photographs taken on the street, in a folder of a user's own: where each was taken and when."""

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from incomelens.common.errors import InputError, listed
from incomelens.sources.archives import archive_members, is_archive, unpack
from incomelens.sources.stray_files import files_below
from incomelens.sources.tables import decimal_mark, read_table
from incomelens.sources.written_values import numbers

logger = logging.getLogger(__name__)

IMAGES = (".jpg", ".jpeg", ".png")
COLUMNS = ("file", "longitude", "latitude")
OPTIONAL = ("date", "heading")


class UnreadableImageError(Exception):
    """An image that cannot be decoded: costs itself, not the whole job."""


@dataclass(frozen=True)
class StreetViews:
    """Photographs of a folder.

    Attributes
    ----------
    placed : DataFrame
        ``image_id`` (file name below the folder), ``path``, ``longitude``, ``latitude`` (degrees,
        EPSG:4326), ``date`` (text, empty where unknown), ``heading`` (degrees clockwise from north,
        NaN where unknown); sorted by ``image_id``.
    without_place : list of str
        Images whose place neither the table nor their own EXIF tags tell.
    without_image : list of str
        Files that the table names and the folder lacks.
    """

    placed: pd.DataFrame
    without_place: list[str]
    without_image: list[str]


@contextmanager
def street_view_folder(path: str | Path) -> Iterator[Path]:
    """Yield the folder of images that `path` is, or that it holds as an archive."""
    path = Path(path)
    if path.is_dir() or not is_archive(path):
        yield path
        return
    wanted = [name for name in archive_members(path) if name.lower().endswith((*IMAGES, ".csv"))]
    with tempfile.TemporaryDirectory(prefix="incomelens-") as folder:
        unpack(path, Path(folder) / "images", members=wanted)
        yield Path(folder) / "images"


def list_street_views(folder: str | Path) -> StreetViews:
    """List the photographs below a folder, with the place and date of each.

    A CSV in it (``file``, ``longitude``, ``latitude``, and perhaps ``date``, ``heading``) tells
    where images were taken; what it does not tell is looked up in the images' own EXIF tags.

    Raises
    ------
    InputError
        If the folder is not there or holds no image, a table lacks a column, or a place cannot be
        longitude and latitude.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"{root}: there is no such folder; see siamese.street_view")
    inside = files_below(root)
    files = [path for path in inside if path.suffix.lower() in IMAGES]
    if not files:
        raise InputError(f"{root}: no image ({listed(IMAGES)}) in it or its folders")
    told = _tables(root, inside)
    rows, without_place = [], []
    for file in files:
        name = file.relative_to(root).as_posix()
        place = told.get(name) or _exif_place(file)
        if place is None:
            without_place.append(name)
        else:
            rows.append({"image_id": name, "path": str(file), **place})
    names = {file.relative_to(root).as_posix() for file in files}
    columns = ["image_id", "path", "longitude", "latitude", *OPTIONAL]
    views = StreetViews(
        pd.DataFrame(rows, columns=columns),
        without_place,
        sorted(name for name in told if name not in names),
    )
    for what, of in (("have no place", without_place), ("are not there", views.without_image)):
        if of:
            logger.warning("%s: %d images %s: %s", root.name, len(of), what, listed(of))
    return views


def read_square(path: str | Path, *, px: int) -> NDArray[np.uint8]:
    """Read an image, upright, its middle square brought to (px, px, 3), 8 bits RGB.

    Raises
    ------
    UnreadableImageError
        If it cannot be decoded.
    """
    try:
        with Image.open(path) as image:
            image.load()
            upright = _upright(image).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise UnreadableImageError(
            f"{Path(path).name}: not readable as an image ({error})"
        ) from None
    side = min(upright.size)
    left, top = ((length - side) // 2 for length in upright.size)
    box = (left, top, left + side, top + side)
    return np.asarray(upright.resize((px, px), Image.Resampling.BOX, box=box), dtype=np.uint8)


def _upright(image: Image.Image) -> Image.Image:
    turns = {
        3: Image.Transpose.ROTATE_180,
        6: Image.Transpose.ROTATE_270,
        8: Image.Transpose.ROTATE_90,
    }
    turn = turns.get(image.getexif().get(ExifTags.Base.Orientation))
    return image if turn is None else image.transpose(turn)


def _tables(root: Path, inside: Sequence[Path]) -> dict[str, Mapping[str, object]]:
    """Place of every file that any CSV below the folder names, relative to that CSV."""
    told: dict[str, Mapping[str, object]] = {}
    for file in (path for path in inside if path.suffix.lower() == ".csv"):
        table = read_table(file)
        missing = [name for name in COLUMNS if name not in table]
        if missing:
            raise InputError(
                f"{file}: no column {listed(missing)}; expected {', '.join(COLUMNS)}, and perhaps "
                f"{', '.join(OPTIONAL)}"
            )
        for name in (*COLUMNS[1:], "heading"):
            if name in table:
                column = f"{file.name}: column {name!r}"
                table[name] = numbers(table[name], where=column, decimal=decimal_mark(file))
        where = file.parent.relative_to(root)
        for row in table.itertuples(index=False):
            place = _told_place(row._asdict(), file)
            if place is not None:
                told[(where / str(row.file)).as_posix()] = place
    return told


def _told_place(row: Mapping[str, object], file: Path) -> Mapping[str, object] | None:
    longitude, latitude, heading = (
        pd.to_numeric(row.get(name), errors="coerce")
        for name in ("longitude", "latitude", "heading")
    )
    if pd.isna(longitude) or pd.isna(latitude):
        return None
    if abs(longitude) > 180 or abs(latitude) > 90:
        raise InputError(
            f"{file}: ({longitude:g}, {latitude:g}) of {row['file']} cannot be longitude and "
            "latitude; expected degrees, EPSG:4326"
        )
    date = row.get("date")
    return {
        "longitude": float(longitude),
        "latitude": float(latitude),
        "date": "" if pd.isna(date) else str(date),
        "heading": float("nan") if heading is None else float(heading),
    }


def _exif_place(file: Path) -> Mapping[str, object] | None:
    """Place, date and heading by the image's EXIF tags; None without a place."""
    try:
        with Image.open(file) as image:
            exif = image.getexif()
            gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
            date = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal, "")
        longitude = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef])
        latitude = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef])
    except (KeyError, UnidentifiedImageError, OSError, SyntaxError, ValueError, ZeroDivisionError):
        return None
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        return None
    heading = gps.get(ExifTags.GPS.GPSImgDirection)
    return {
        "longitude": longitude,
        "latitude": latitude,
        "date": str(date)[:10].replace(":", "-"),
        "heading": float("nan") if heading is None else float(heading),
    }


def _degrees(parts: tuple, reference: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    sign = -1.0 if str(reference).upper() in ("S", "W") else 1.0
    return sign * (degrees + minutes / 60 + seconds / 3600)
