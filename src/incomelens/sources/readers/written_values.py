"""Numbers, flags and identifiers as people and spreadsheets write them into tables.

A cell that says one thing is read; a cell that may say two is refused with its place, never
guessed. ``1.234`` is such a cell: thousands in Berlin, decimals in Boston. What else the column or
the file holds decides (``0,25`` or ``1.234.567`` tell), and if nothing does, the user.
"""

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from numbers import Real
from typing import NamedTuple

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError

logger = logging.getLogger(__name__)

Place = Callable[[int], str]
"""Names a row by its position, such as ``cell CRS3035RES200mN...`` or ``row 7``."""

MISSING = frozenset(
    (
        *("NA", "N/A", "n/a", "<NA>", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "."),
        *("#N/A", "#NA", "#NV", "#N/D", "#NULL!"),
    )
)
"""How R, pandas, databases, Stata, SAS, SPSS and spreadsheets write that a number is missing."""

FLAGS = dict.fromkeys(("1", "1.0", "true", "t", "wahr", "vrai", "vero", "verdadero"), True) | (
    dict.fromkeys(("0", "0.0", "false", "f", "falsch", "faux", "falso"), False)
)
"""Booleans as databases and spreadsheets of several languages write them, in small letters."""

EXPECTED = "numbers such as 12345.6, without units, and an empty cell where one is missing"

# Typographic twins: minus, the blanks that part thousands (no-break, narrow, thin), apostrophe.
_TWINS = str.maketrans({"−": "-", "\xa0": " ", "\u202f": " ", "\u2009": " ", "’": "'"})
_ONE_MARK = re.compile(r"([+-]?)(\d*)([.,]?)(\d*)((?:[eE][+-]?\d+)?)")
_GROUPED = re.compile(r"([+-]?)([1-9]\d{0,2}(?:([.,' ])\d{3})(?:\3\d{3})*)(?:([.,])(\d*))?")
_AS_FLOAT = r"\d+[.,]0+"
_SCIENTIFIC = r"\d(?:[.,]\d+)?[eE]\+\d+"


class Reading(NamedTuple):
    """One cell as a number.

    Attributes
    ----------
    value : float
        NaN where the cell is no number.
    decimal : str
        The decimal mark that the cell proves, ``.`` or ``,``; empty where it proves none.
    mark : str
        The mark of an ambiguous cell, which `value` takes for the decimal one; else empty.
    grouped : bool
        Whether thousands are parted.
    """

    value: float
    decimal: str = ""
    mark: str = ""
    grouped: bool = False

    def by(self, decimal: str | None) -> "Reading":
        """Say what an ambiguous cell is where the decimal mark is known."""
        if not self.mark or decimal is None:
            return self
        if self.mark == decimal:
            return Reading(self.value)
        return Reading(round(self.value * 1000), grouped=True)


def read_number(text: str) -> Reading:
    """Read one cell.

    Examples
    --------
    >>> read_number("1.234,5").value, read_number("0,25").value, read_number("12 345").value
    (1234.5, 0.25, 12345.0)
    >>> read_number("1.234").mark
    '.'
    """
    text = text.translate(_TWINS).strip()
    if match := _ONE_MARK.fullmatch(text):
        sign, whole, mark, fraction, exponent = match.groups()
        if not whole and not fraction:
            return Reading(np.nan)
        value = float(f"{sign}{whole}.{fraction}{exponent}" if mark else text)
        may_be_thousands = (
            len(fraction) == 3 and 0 < len(whole) < 4 and whole[0] != "0" and not exponent
        )
        return Reading(value, mark=mark) if may_be_thousands and mark else Reading(value, mark)
    if match := _GROUPED.fullmatch(text):
        sign, whole, separator, mark, fraction = match.groups()
        if mark != separator:
            value = float(f"{sign}{whole.replace(separator, '')}.{fraction or ''}")
            opposite = {".": ",", ",": "."}.get(separator, "")
            return Reading(value, mark or opposite, grouped=True)
    return Reading(np.nan)


def decimal_of(readings: Iterable[Reading]) -> str | None:
    """Decimal mark that all cells agree on, as far as they tell; None where they do not."""
    marks = {reading.decimal for reading in readings} - {""}
    return marks.pop() if len(marks) == 1 else None


def numbers(
    values: pd.Series,
    *,
    where: str,
    decimal: str | None = None,
    percent: bool = False,
    place: Place | None = None,
    expected: str = EXPECTED,
) -> pd.Series:
    """Numbers of a column, NaN where a cell is empty or says that it is missing.

    Parameters
    ----------
    values : series
        Numbers, text, or both.
    where : str
        File and column, for messages.
    decimal : {".", ","}, optional
        Decimal mark of the file (:func:`incomelens.sources.readers.tables.decimal_mark`): what
        ambiguous cells are read by, unless the column itself proves another.
    percent : bool
        Whether a percent sign may follow; the numbers stay percentages.
    place : callable, optional
        Names a row by its position; by default ``row 1`` is the first.
    expected : str
        Ends the message about a cell that is no number.

    Raises
    ------
    InputError
        If a cell is no number, infinite, or ambiguous, with its value and place.
    """
    if pd.api.types.is_numeric_dtype(values):
        parsed = values.astype("float64")
        refuse(values, np.isinf(parsed), where=where, place=place, expected=expected)
        return parsed
    if decimal == "." and (plain := _plain(values)) is not None:
        return plain
    readings = [_read_cell(value, percent=percent) for value in values]
    proven = {reading.decimal for reading in readings} - {""}
    known = decimal_of(readings) if proven else decimal
    readings = [reading.by(known) for reading in readings]
    parsed = pd.Series([reading.value for reading in readings], values.index, dtype="float64")
    empty = np.array([is_missing(value) for value in values], bool)
    wrong = (parsed.isna() & ~empty) | np.isinf(parsed)
    refuse(values, wrong, where=where, place=place, expected=expected)
    _refuse_ambiguous(values, readings, where=where, place=place)
    _tell(values, readings, where=where)
    return parsed


def flags(values: pd.Series, *, where: str, place: Place | None = None) -> pd.Series:
    """Nullable booleans of a column of 0 and 1, or of words for true and false.

    Raises
    ------
    InputError
        If a cell is neither, with its value and place.
    """
    words = values.astype("string").str.strip().str.lower()
    parsed = words.map(FLAGS).astype("boolean")
    filled = ~np.array([is_missing(value) for value in values], bool)
    refuse(values, parsed.isna() & filled, where=where, place=place, expected="0 or 1")
    return parsed


def identifiers(
    values: pd.Series, *, where: str, place: Place | None = None, what: str = "district"
) -> pd.Series:
    """Take identifiers (of each `what`) as text; leading zeros have to be in the file already.

    Raises
    ------
    InputError
        If one is empty, or was taken for a number on its way: ``36061.0`` or ``3.6E+10``.
    """
    lost = "identifiers: store them as text, so that no digit or leading zero is lost"
    text = values.astype("string").str.strip()
    missing = np.flatnonzero(text.isna() | (text == ""))
    if missing.size:
        raise InputError(
            f"{where} is empty in row {missing[0] + 1} ({missing.size} of {len(text)} rows); "
            f"every {what} needs an identifier"
        )
    text = text.astype(str)
    if len(text) and (pd.api.types.is_float_dtype(values) or text.str.fullmatch(_AS_FLOAT).all()):
        raise InputError(f"{where} holds decimal numbers such as {text.iloc[0]}; expected {lost}")
    refuse(text, text.str.fullmatch(_SCIENTIFIC), where=where, place=place, expected=lost)
    return text


def _plain(values: pd.Series) -> pd.Series | None:
    """Numbers of a column written as machines write it; None where any cell is not."""
    parsed = pd.to_numeric(values, errors="coerce").astype("float64")
    if np.isinf(parsed).any():
        return None
    unread = values[parsed.isna().to_numpy() & values.notna().to_numpy()]
    return parsed if unread.astype("string").str.strip().eq("").all() else None


def _read_cell(value: object, *, percent: bool) -> Reading:
    if isinstance(value, str):
        return read_number(value.strip().removesuffix("%") if percent else value)
    return Reading(float(value) if isinstance(value, Real) and not is_missing(value) else np.nan)


def is_missing(value: object) -> bool:
    """Whether a cell is empty or says that its value is missing."""
    if isinstance(value, str):
        return not value.strip() or value.strip() in MISSING
    return value is None or value is pd.NA or value != value  # NaN, NaT


def refuse(
    values: pd.Series,
    wrong: pd.Series,
    *,
    where: str,
    place: Place | None,
    expected: str,
) -> None:
    """Raise an :class:`InputError` if a cell is `wrong`, naming the first with its place."""
    rows = np.flatnonzero(wrong)
    if not rows.size:
        return
    value = values.iloc[rows[0]]
    if str(value).startswith("#"):
        expected += "; this is an error that the spreadsheet itself shows"
    if str(value).rstrip().endswith("%"):
        expected += "; shares go from 0 to 1, or a table of districts says `unit: percent`"
    quoted = repr(value) if isinstance(value, str) else value
    raise InputError(
        f"{where} has {quoted} in {_named(values, rows[0], place)} ({rows.size} of {len(values)} "
        f"rows are off); expected {expected}"
    )


def _refuse_ambiguous(
    values: pd.Series, readings: Sequence[Reading], *, where: str, place: Place | None
) -> None:
    rows = [row for row, reading in enumerate(readings) if reading.mark]
    if not rows:
        return
    value = readings[rows[0]].value
    raise InputError(
        f"{where} has {values.iloc[rows[0]]!r} in {_named(values, rows[0], place)} ({len(rows)} of "
        f"{len(values)} rows), and neither the column nor the file tells whether it is "
        f"{value * 1000:.0f} or {value:g}; write {value * 1000:.0f} or {value:.4f} there"
    )


def _tell(values: pd.Series, readings: Sequence[Reading], *, where: str) -> None:
    grouped = [row for row, reading in enumerate(readings) if reading.grouped]
    if grouped:
        row = grouped[0]
        logger.warning(
            "%s: %d of %d numbers have thousands separators; %r is read as %.15g",
            where, len(grouped), len(values), values.iloc[row], readings[row].value,
        )  # fmt: skip
    words = [value.strip() for value in values if isinstance(value, str)]
    said_missing = [word for word in words if word in MISSING]
    if said_missing:
        logger.log(
            logging.WARNING if any(word.startswith("#") for word in said_missing) else logging.INFO,
            "%s: %d of %d cells say %s and count as missing",
            where, len(said_missing), len(values), " or ".join(sorted(set(said_missing))),
        )  # fmt: skip


def _named(values: pd.Series, row: int, place: Place | None) -> str:
    if place is not None:
        return place(row)
    plain = isinstance(values.index, pd.RangeIndex)
    return f"row {row + 1}" + ("" if plain else f", index {values.index[row]}")
