r"""Tables in which a user says where photographs were taken, and the files that they mean.

Names travel badly: another system has written ``Sub\ÉTÉ.JPG`` for ``sub/été.jpg``. So a name means
the file that is called exactly so, else the one that is called so but for capitals, the form of
accents (NFC, NFD), blanks around it and the direction of slashes.
"""

import logging
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.sources.readers.photo_tags import Place
from incomelens.sources.readers.tables import decimal_mark, read_table
from incomelens.sources.readers.text_tables import dialect_of
from incomelens.sources.readers.written_values import numbers

logger = logging.getLogger(__name__)

COLUMNS = ("file", "longitude", "latitude")
OPTIONAL = ("date", "heading")
# A table with one of these is meant to tell places; one without is something else.
PLACES = {"longitude", "latitude", "lon", "lat", "long", "lng", "x", "y"}
ABSOLUTE = re.compile(r"(?:[A-Za-z]:)?/")


def told_places(
    tables: Iterable[Path], photographs: Sequence[str], *, root: Path
) -> tuple[dict[str, Place], list[str], list[Path]]:
    """Look up where tables say that photographs were taken.

    Parameters
    ----------
    tables : iterable of path
        CSV files below `root`; the names in each are relative to its folder.
    photographs : sequence of str
        Files below `root`, as ``sub/name.jpg``.
    root : path

    Returns
    -------
    places : dict
        Photograph to place.
    without_image : list of str
        Names in the tables that mean no photograph, sorted.
    placeless : list of path
        Tables that tell no places.

    Raises
    ------
    InputError
        If a table lacks a column, a place cannot be longitude and latitude, a name may mean several
        files, or a photograph has two places.
    """
    names = _Names(photographs)
    places: dict[str, Place] = {}
    without_image, placeless, unknown = [], [], []
    for file in tables:
        table = _table(file)
        if table is None:
            placeless.append(file)
            continue
        where = file.parent.relative_to(root)
        for row in table.to_dict("records"):
            place = _place(row, file)
            if place is None:
                continue
            if place.is_null:
                unknown.append(str(row["file"]))
                continue
            photograph = names.meant(str(row["file"]), where, file)
            if photograph is None:
                without_image.append((where / str(row["file"]).strip()).as_posix())
            elif repr(places.setdefault(photograph, place)) != repr(place):  # NaN equals itself so
                raise InputError(
                    f"{file}: {row['file']} has two places; leave one row for each photograph"
                )
    if unknown:
        logger.warning(
            "%d rows say 0, 0, which means unknown, and are not used: %s",
            *(len(unknown), listed(unknown)),
        )
    return places, sorted(without_image), placeless


class _Names:
    """Photographs by their names, and by what of the names all systems agree on."""

    def __init__(self, photographs: Sequence[str]) -> None:
        self._exact = set(photographs)
        self._alike: Mapping[str, list[str]] = defaultdict(list)
        for photograph in photographs:
            self._alike[_plain(photograph)].append(photograph)

    def meant(self, name: str, where: Path, table: Path) -> str | None:
        """Find the photograph that a table in the folder `where` means; None if there is none."""
        name = name.replace("\\", "/")
        if not ABSOLUTE.match(name.strip()):
            return self._one((where / name).as_posix(), table)
        # A path of the machine that the table was made on: its last parts, as many as fit.
        parts = PurePosixPath(name.strip()).parts[1:]
        tails = ((where / PurePosixPath(*parts[at:])).as_posix() for at in range(len(parts)))
        return next(filter(None, (self._one(tail, table) for tail in tails)), None)

    def _one(self, name: str, table: Path) -> str | None:
        if name in self._exact:
            return name
        alike = self._alike.get(_plain(name), [])
        if len(alike) > 1:
            raise InputError(
                f"{table}: {name} may mean {listed(alike)}; write the name as the file has it, or "
                "rename one of them"
            )
        return alike[0] if alike else None


def _plain(name: str) -> str:
    parts = (part.strip() for part in unicodedata.normalize("NFC", name).split("/"))
    return unicodedata.normalize("NFC", "/".join(parts).casefold())


def _table(file: Path) -> pd.DataFrame | None:
    """Rows of a table of places, numbers as numbers; None where it is a table of something else."""
    try:
        headings = {name.strip().lower() for name in dialect_of(file).headings}
    except InputError:
        if _begins_with_places(file):
            raise
        return None
    if not PLACES & headings:
        return None
    missing = [name for name in COLUMNS if name not in headings]
    if missing:
        raise InputError(
            f"{file}: no column {listed(missing)}; expected {', '.join(COLUMNS)}, and perhaps "
            f"{', '.join(OPTIONAL)}"
        )
    table = read_table(file).rename(columns=lambda name: name.strip().lower())
    table = table.dropna(subset="file").reset_index(drop=True)
    for name in (*COLUMNS[1:], "heading"):
        if name in table:
            table[name] = numbers(
                table[name],
                where=f"{file}: {name}",
                decimal=decimal_mark(file),
                place=lambda row: str(table["file"].iloc[row]),
                expected="degrees, such as -73.97",
            )
    return table


def _begins_with_places(file: Path) -> bool:
    """Whether a file that is no sound table, in whatever encoding, has headings of places."""
    with file.open("rb") as opened:
        first = opened.readline(10_000).replace(b"\0", b"").decode("latin-1").lower()
    return bool(PLACES & set(re.findall(r"[a-z]+", first)))


def _place(row: Mapping[str, Any], file: Path) -> Place | None:
    """Read the place of a row; None where it gives none."""
    longitude, latitude = row["longitude"], row["latitude"]
    if pd.isna(longitude) or pd.isna(latitude):
        return None
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        raise InputError(
            f"{file}: ({longitude:g}, {latitude:g}) of {row['file']} cannot be longitude and "
            "latitude; expected degrees, EPSG:4326"
        )
    date = row.get("date")
    return Place(
        longitude,
        latitude,
        "" if pd.isna(date) else str(date).strip(),
        row.get("heading", float("nan")),
    )
