"""Answers of the Census API: a JSON list of lists, the header first, and whose row each is."""

import json
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from incomelens.common.errors import InputError, listed

ZCTA = "zip code tabulation area"
CODES = {"state": 2, "county": 3, "tract": 6, "block group": 1, ZCTA: 5}
"""Columns that the API adds to say where a row is of, and how many digits they have."""

Row = list[str | int | float | None]


def read_answer(file: Path, *, once: Collection[str]) -> tuple[list[str], list[Row]]:
    """Header and rows of an answer, every row as long as the header.

    Parameters
    ----------
    file : path
    once : collection of str
        Columns that are read, besides :data:`CODES`: where the header has one of them twice, both
        have to say the same. (``NAME`` does stand there twice.)

    Raises
    ------
    InputError
        If it is no such list, a row is longer or shorter than the header or holds anything but
        texts, numbers and nulls, or two columns of one name differ.
    """
    try:
        header, *rows = json.loads(file.read_bytes())
        if not (isinstance(header, list) and all(isinstance(name, str) for name in header)):
            raise TypeError
    except (ValueError, TypeError, RecursionError):
        raise InputError(
            f"{file}: not an answer of the Census API; expected a JSON list of lists, the header "
            "first. A page about a missing key looks like this: fetch the file again"
        ) from None
    off = [
        number
        for number, row in enumerate(rows, start=1)
        if not (isinstance(row, list) and len(row) == len(header) and all(map(_is_plain, row)))
    ]
    if off:
        raise InputError(
            f"{file}: row {off[0]} is no list of {len(header)} texts, numbers or nulls, one for "
            f"each name of the header ({len(off)} of {len(rows)} rows are off); fetch it again"
        )
    unequal = [name for name in (*once, *CODES) if _differs(name, header, rows)]
    if unequal:
        raise InputError(
            f"{file}: {listed(unequal)} stands in the header more than once, over different "
            "values; fetch it again"
        )
    return header, rows


def codes_of(header: Sequence[str], rows: Sequence[Row], *, file: Path) -> list[str]:
    """Identifier of the district of each row: that of the ZCTA, or of the tract or block group.

    Raises
    ------
    InputError
        If a column is missing, or a code is not the text of digits that it should be: a program
        that took 06 for a number has lost the zero.
    """
    parts = [ZCTA] if ZCTA in header else ["state", "county", "tract"]
    absent = [part for part in parts if part not in header]
    parts += ["block group"] if "block group" in header else []
    if absent:
        raise InputError(
            f"{file}: no column {absent[0]!r}; expected state, county and tract, or zip code "
            "tabulation area, which the Census API adds to every answer"
        )
    columns = [[row[header.index(part)] for row in rows] for part in parts]
    for part, codes in zip(parts, columns, strict=True):
        shape = re.compile(rf"[0-9]{{{CODES[part]}}}")
        wrong = [code for code in codes if not (isinstance(code, str) and shape.fullmatch(code))]
        if wrong:
            raise InputError(
                f"{file}: {part} {wrong[0]!r} is no text of {CODES[part]} digits ({len(wrong)} of "
                f"{len(rows)} rows are off), and leading zeros count; fetch the file again, as the "
                "Census API gives it"
            )
    return ["".join(code) for code in zip(*columns, strict=True)]


def _is_plain(cell: object) -> bool:
    return cell is None or (isinstance(cell, str | int | float) and not isinstance(cell, bool))


def _differs(name: str, header: Sequence[str], rows: Sequence[Row]) -> bool:
    """Whether columns of one name hold different values."""
    columns = [at for at, column in enumerate(header) if column == name]
    return any(row[at] != row[columns[0]] for at in columns[1:] for row in rows)
