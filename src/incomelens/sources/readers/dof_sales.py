"""House sales as the New York City Department of Finance publishes them: one workbook a borough."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.common.progress import progress
from incomelens.sources.readers.workbooks import filled_rows, open_workbook
from incomelens.sources.readers.written_dates import dates
from incomelens.sources.readers.written_values import numbers

logger = logging.getLogger(__name__)

HEADER_WITHIN = 30  # rows of a sheet; the header follows some lines of notes
COLUMNS = {
    "BOROUGH": "borough",
    "BLOCK": "block",
    "LOT": "lot",
    "NEIGHBORHOOD": "neighborhood",
    "BUILDING CLASS CATEGORY": "building_class_category",
    "ADDRESS": "address",
    "APARTMENT NUMBER": "apartment",
    "ZIP CODE": "zip_code",
    "GROSS SQUARE FEET": "gross_sqft",
    "SALE PRICE": "sale_price",
    "SALE DATE": "sale_date",
}
"""Heading of the workbook, white space made single, to our column."""

MOST = {"borough": 1e9, "block": 1e9, "lot": 1e9, "sale_price": 1e11}
"""Beyond these a number is none of a borough, block or lot, nor a price in US dollars."""
NUMBERS = tuple(MOST)


def read_dof_sales(files: Sequence[str | Path]) -> pd.DataFrame:
    """Read annualised or rolling sales workbooks and stack them.

    Parameters
    ----------
    files : sequence of path
        ``.xlsx`` workbooks; the row of headings may follow any notes.

    Returns
    -------
    DataFrame
        One row a sale, in the order of the files: ``borough`` (1 Manhattan, 2 Bronx, 3 Brooklyn,
        4 Queens, 5 Staten Island), ``block``, ``lot`` (int), ``neighborhood``,
        ``building_class_category``, ``address``, ``apartment``, ``zip_code`` (text, null where
        empty), ``gross_sqft`` (square feet, NaN where unknown or 0), ``sale_price`` (USD; 0 and
        other nominal prices included), ``sale_date``.

    Raises
    ------
    InputError
        If a file is no workbook, has no row of headings, or a price or tax lot is no number.
    """
    if not files:
        raise InputError("sales: no workbook; set siamese.prices.source to one with .xlsx files")
    tables = [_read_workbook(Path(file)) for file in progress(files, "reading sales workbooks")]
    return pd.concat(tables, ignore_index=True)


def tidy_sales(
    raw: pd.DataFrame,
    *,
    where: str,
    first_row: int,
    decimal: str | None = ".",
    month_first: bool | None = True,
) -> pd.DataFrame:
    """Give the columns of sales their types.

    Parameters
    ----------
    raw : DataFrame
        Our columns, values as read.
    where : str
        File, for messages.
    first_row : int
        Number of the first row of data in the file.
    decimal, month_first
        How the file writes numbers and days: see :mod:`incomelens.sources.readers.written_values`.
    """

    def told(name: str) -> dict[str, Any]:
        column = f"{where}: column {name!r}"
        return {"where": column, "place": lambda row: f"row {row + first_row}"}

    sales = raw.reset_index(drop=True)
    for name in (*NUMBERS, "gross_sqft"):
        amounts = _without_currency(sales[name])
        sales[name] = numbers(amounts, decimal=decimal, expected="a number", **told(name))
    for name in NUMBERS:
        _refuse_missing(sales[name], where=where, first_row=first_row)
        _refuse_beyond(sales[name], where=where, first_row=first_row)
        sales[name] = sales[name].round().astype("int64")
    sales["gross_sqft"] = sales["gross_sqft"].where(lambda sqft: sqft > 0)
    sales["sale_date"] = dates(sales["sale_date"], month_first=month_first, **told("sale_date"))
    _refuse_missing(sales["sale_date"], where=where, first_row=first_row)
    for name in ("neighborhood", "building_class_category", "address", "apartment", "zip_code"):
        if name in sales:
            text = sales[name].astype("string").str.split().str.join(" ")
            sales[name] = text.mask(text == "")
    return sales


def _read_workbook(file: Path) -> pd.DataFrame:
    with open_workbook(file) as book:
        # Number and values of every row of the first sheet that holds anything.
        rows = [
            (number, tuple(cell.value for cell in row))
            for number, row in filled_rows(book.worksheets[0])
        ]
    header_at = _header_at(rows, file)
    number, header = rows[header_at]
    headings = [_heading(value) for value in header]
    missing = [name for name in COLUMNS if name not in headings]
    if missing:
        raise InputError(
            f"{file}: row {number} has no column {listed(missing)}; it has {listed(headings, 25)}"
        )
    data = rows[header_at + 1 :]
    at = {name: headings.index(name) for name in COLUMNS}
    table = pd.DataFrame(
        [[row[column] if column < len(row) else None for column in at.values()] for _, row in data],
        columns=list(COLUMNS.values()),
        dtype=object,
    )
    logger.info("%s: %s sales", file.name, f"{len(table):,}")
    return tidy_sales(table, where=str(file), first_row=data[0][0] if data else number + 1)


def _header_at(rows: list[tuple[int, tuple]], file: Path) -> int:
    for at, (_, row) in enumerate(rows[:HEADER_WITHIN]):
        if {"BOROUGH", "BLOCK", "LOT", "SALE PRICE"} <= {_heading(value) for value in row}:
            return at
    raise InputError(
        f"{file}: none of its first {HEADER_WITHIN} rows holds BOROUGH, BLOCK, LOT and SALE PRICE; "
        "expected a sales workbook of the Department of Finance"
    )


def _heading(value: object) -> str:
    return " ".join(str(value or "").split()).upper()


def _without_currency(values: pd.Series) -> pd.Series:
    def plain(value: object) -> object:
        if not isinstance(value, str):
            return value
        amount = value.replace("$", "").strip()
        return "0" if amount == "-" else amount  # how accounting formats show nothing

    return values.map(plain)


def _refuse_beyond(values: pd.Series, *, where: str, first_row: int) -> None:
    """Refuse what cannot be a price, and a borough, block or lot with decimals or below 0."""
    off = values.abs() > MOST[values.name]
    if values.name != "sale_price":  # a price may have cents
        off |= (values % 1 != 0) | (values < 0)
    if off.any():
        row = int(off.idxmax())
        raise InputError(
            f"{where}: column {values.name!r} has {values[row]:.15g} in row {row + first_row} "
            f"({int(off.sum())} of {len(values)} rows are off), which is no "
            f"{values.name.replace('_', ' ')}"
        )


def _refuse_missing(values: pd.Series, *, where: str, first_row: int) -> None:
    missing = values.isna()
    if missing.any():
        raise InputError(
            f"{where}: column {values.name!r} is empty in row {int(missing.idxmax()) + first_row} "
            f"({int(missing.sum())} of {len(values)} rows are off); every sale needs one"
        )
