"""Days as people and spreadsheets write them: 2019-07-24, 24.7.2019, 7/24/2019, 24-Jul-19.

What ``03/04/2019`` means is read from the other rows, or refused; never from row to row anew.
"""

import datetime
import re
from numbers import Real

import pandas as pd

from incomelens.sources.readers.written_values import Place, is_missing, refuse

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_YEAR = r"(?:\d{2}|\d{4})"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
# A day, a month and a year, each said: pandas makes a date of "now", "12:03" and "Jul", too.
_WHOLE_DATE = re.compile(
    rf"\d{{4}}([-/.])\d{{1,2}}\1\d{{1,2}}|\d{{8}}"
    rf"|(?:[a-z]{{3,9}},? +)?{_DAY}[ .-]*{_MONTH}[ ,-]*{_YEAR}"
    rf"|(?:[a-z]{{3,9}},? +)?{_MONTH}[ -]*{_DAY}[ ,-]+{_YEAR}"
    rf"|\d{{4}}[ -]*{_MONTH}[ -]*{_DAY}",
    re.IGNORECASE,
)


def dates(
    values: pd.Series,
    *,
    where: str,
    month_first: bool | None = None,
    place: Place | None = None,
) -> pd.Series:
    """Days of a column, NaT where a cell is empty or says that it is missing.

    Parameters
    ----------
    values : series
        Dates, or text: year first, day first with points, the name of the month, or with slashes
        or hyphens in an order that `month_first` or a day beyond the 12th tells.
    where, place
        As :func:`incomelens.sources.readers.written_values.numbers`.
    month_first : bool, optional
        Whether the month comes first in ``03/04/2019``, where that is known.

    Raises
    ------
    InputError
        If a cell is no date, or could be two, with its value and place.
    """
    expected = "dates such as 2019-07-24"
    text = pd.Series([_date_text(value) for value in values], values.index, dtype="object")
    parts = text.astype("string").str.extract(r"^(\d{1,2})[/-](\d{1,2})[/-]\d{2,4}$").astype(float)
    by_month, by_day = bool((parts[1] > 12).any()), bool((parts[0] > 12).any())
    if month_first is None and parts[0].notna().any():
        if by_month == by_day:
            reason = "both orders of day and month occur" if by_month else "no row tells the order"
            refuse(
                values, parts[0].notna(), where=where, place=place,
                expected=f"{expected}: {reason}",
            )  # fmt: skip
        month_first = by_month
    day_first = not month_first
    # Sales by the ten thousand fall on a few hundred days.
    days = {value: _date(value, day_first=day_first) for value in text.unique()}
    parsed = text.map(days)
    refuse(values, parsed.isna() & text.notna(), where=where, place=place, expected=expected)
    return parsed.astype("datetime64[s]")


def _date_text(value: object) -> object:
    """Drop the time of day from a text; a number is a date to no reader but a spreadsheet."""
    if isinstance(value, datetime.date | Real):  # Timestamp and datetime are dates
        return None if is_missing(value) else value
    value = value if isinstance(value, str) or value is None else str(value)
    missing = value is None or is_missing(value)
    return None if missing else re.split(r"[T ](?=\d{1,2}:)", value.strip())[0]


def _date(value: object, *, day_first: bool) -> pd.Timestamp:
    if value is None or isinstance(value, Real):
        return pd.NaT
    if not isinstance(value, str):
        return pd.Timestamp(value).tz_localize(None).normalize()
    numeric = re.fullmatch(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})", value)
    if numeric:
        first, mark, second, year = numeric.groups()
        day, month = (first, second) if day_first or mark == "." else (second, first)
        value = f"{'20' * (len(year) == 2)}{year}-{month:0>2}-{day:0>2}"
    return pd.to_datetime(value, errors="coerce") if _WHOLE_DATE.fullmatch(value) else pd.NaT
