"""Photographs taken on the street, in a folder of a user's own: where each was taken and when."""

import logging
import tempfile
import warnings
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from incomelens.common.errors import InputError, listed
from incomelens.sources.fetching.archives import archive_members, is_archive, unpack
from incomelens.sources.fetching.stray_files import files_below
from incomelens.sources.readers.photo_tags import (
    DAMAGE,
    NoPlaceError,
    Place,
    place_by_tags,
    turn_upright,
)
from incomelens.sources.readers.place_tables import OPTIONAL, told_places

logger = logging.getLogger(__name__)

IMAGES = (".jpg", ".jpeg", ".png")
TABLES = (".csv",)
# Photographs of formats that are not read: told apart from files that are none.
OTHER_IMAGES = (
    *(".heic", ".heif", ".avif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".jp2", ".jfif"),
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".rw2", ".orf", ".insp"),
)


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
        Images whose place neither a table nor their own EXIF tags tell.
    without_image : list of str
        Files that a table names and the folder lacks.
    """

    placed: pd.DataFrame
    without_place: list[str]
    without_image: list[str]


@contextmanager
def street_view_folder(path: str | Path) -> Generator[Path]:
    """Yield the folder of images that `path` is, or that it holds as an archive."""
    path = Path(path)
    if path.is_dir() or not is_archive(path):
        yield path
        return
    members = archive_members(path)
    useful = [name for name in members if name.lower().endswith((*IMAGES, *TABLES))]
    _tell_others(path.name, set(members) - set(useful))
    with tempfile.TemporaryDirectory(prefix="incomelens-") as folder:
        unpack(path, Path(folder) / "images", members=useful)
        yield Path(folder) / "images"


def list_street_views(folder: str | Path) -> StreetViews:
    """List the photographs below a folder, with the place and date of each.

    A CSV in it (``file``, ``longitude``, ``latitude``, and perhaps ``date``, ``heading``) tells
    where images were taken; what it does not tell is looked up in the images' own EXIF tags. Other
    files and tables are left out and counted.

    Raises
    ------
    InputError
        If the folder is not there or holds no image, and as
        :func:`~incomelens.sources.readers.place_tables.told_places`.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"{root}: there is no such folder; see siamese.street_view")
    files = {path.relative_to(root).as_posix(): path for path in files_below(root)}
    photographs = {name: path for name, path in files.items() if _ends(name, IMAGES)}
    tables = [path for name, path in files.items() if _ends(name, TABLES)]
    if not photographs:
        raise InputError(f"{root}: no image ({listed(IMAGES)}) in it or its folders{_found(files)}")
    places, without_image, placeless = told_places(tables, list(photographs), root=root)
    known = {path.relative_to(root).as_posix() for path in tables if path not in placeless}
    _tell_others(root.name, set(files) - set(photographs) - known)
    rows, reasons = [], {}
    for name, path in photographs.items():
        try:
            place: Place = places.get(name) or place_by_tags(path)
        except NoPlaceError as reason:
            reasons[name] = str(reason)
        else:
            rows.append({"image_id": name, "path": str(path), **asdict(place)})
    columns = ["image_id", "path", "longitude", "latitude", *OPTIONAL]
    views = StreetViews(pd.DataFrame(rows, columns=columns), list(reasons), without_image)
    if reasons:
        counts = ", ".join(f"{n} {reason}" for reason, n in Counter(reasons.values()).items())
        logger.warning(
            "%s: %d images have no place (%s): %s", root.name, len(reasons), counts, listed(reasons)
        )
    if without_image:
        logger.warning(
            "%s: %d images are not there: %s", root.name, len(without_image), listed(without_image)
        )
    return views


def read_square(path: str | Path, *, px: int) -> NDArray[np.uint8]:
    """Read an image, upright, its middle square brought to (px, px, 3), 8 bits RGB.

    Of several frames the first counts.

    Raises
    ------
    UnreadableImageError
        If it cannot be decoded.
    """
    try:
        with warnings.catch_warnings(), Image.open(path) as image:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image.load()
            upright = _eight_bits(turn_upright(image))
    except DAMAGE as error:
        raise UnreadableImageError(
            f"{Path(path).name}: not readable as an image ({error})"
        ) from None
    side = min(upright.size)
    left, top = ((length - side) // 2 for length in upright.size)
    box = (left, top, left + side, top + side)
    return np.asarray(upright.resize((px, px), Image.Resampling.BOX, box=box), dtype=np.uint8)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Bring any mode to RGB, 16 bits a pixel as well, which Pillow would cut off at 255."""
    if image.mode.startswith("I"):
        grey = np.asarray(image).astype(np.int64) >> 8
        return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
    return image.convert("RGB")


def _ends(name: str, endings: tuple[str, ...]) -> bool:
    return PurePosixPath(name).suffix.lower() in endings


def _found(names: Iterable[str]) -> str:
    unreadable = sorted(name for name in names if _ends(name, OTHER_IMAGES))
    return f"; {listed(unreadable)} cannot be read, convert to JPEG" if unreadable else ""


def _tell_others(where: str, names: Iterable[str]) -> None:
    """Count the files that are left out: photographs that cannot be read, and all else."""
    unread = sorted(name for name in names if _ends(name, OTHER_IMAGES))
    unread_files = sorted(set(names) - set(unread))
    if unread:
        logger.warning(
            "%s: %d images of formats that are not read, convert them to JPEG: %s",
            *(where, len(unread), listed(unread)),
        )
    if unread_files:
        logger.info(
            "%s: %d files are neither images nor tables of places: %s",
            *(where, len(unread_files), listed(unread_files)),
        )
