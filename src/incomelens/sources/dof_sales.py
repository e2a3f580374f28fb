"""House sales as the New York City Department of Finance publishes them: one workbook a borough."""

import logging
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from incomelens.common.errors import InputError, listed
from incomelens.common.progress import progress

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

NUMBERS = ("borough", "block", "lot", "sale_price")
SALE_COLUMNS = tuple(COLUMNS.values())


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


def tidy_sales(raw: pd.DataFrame, *, where: str, first_row: int) -> pd.DataFrame:
    """Give the columns of sales their types.

    Parameters
    ----------
    raw : DataFrame
        Our columns, values as read.
    where : str
        File, for messages.
    first_row : int
        Number of the first row of data in the file.
    """
    sales = raw.reset_index(drop=True)
    for name in NUMBERS:
        sales[name] = _whole_numbers(sales[name], name, where=where, first_row=first_row)
    sales["gross_sqft"] = _numbers(sales["gross_sqft"]).where(lambda sqft: sqft > 0)
    date = pd.to_datetime(sales["sale_date"], errors="coerce")
    if date.isna().any():
        row = int(date.isna().idxmax())
        raise InputError(
            f"{where}: row {row + first_row}: {sales['sale_date'][row]!r} is no date of sale "
            f"({int(date.isna().sum())} of {len(sales)} rows are off); expected e.g. 2019-07-24"
        )
    sales["sale_date"] = date.dt.normalize().astype("datetime64[s]")
    for name in ("neighborhood", "building_class_category", "address", "apartment", "zip_code"):
        if name in sales:
            text = sales[name].astype("string").str.split().str.join(" ")
            sales[name] = text.mask(text == "")
    return sales


def _read_workbook(file: Path) -> pd.DataFrame:
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except FileNotFoundError:
        raise InputError(f"{file}: there is no such workbook") from None
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        raise InputError(
            f"{file}: not readable as an .xlsx workbook ({error}); fetch it again, and save an "
            "older .xls as .xlsx"
        ) from None
    try:
        rows = list(_filled_rows(book))
    finally:
        book.close()
    header_at = _header_at(rows, file)
    number, header = rows[header_at]
    headings = [_heading(value) for value in header]
    missing = [name for name in COLUMNS if name not in headings]
    if missing:
        raise InputError(
            f"{file}: row {number} has no column {listed(missing)}; it has {listed(headings, 25)}"
        )
    data = rows[header_at + 1 :]
    table = pd.DataFrame([row for _, row in data], columns=headings, dtype=object)
    table = table.loc[:, ~pd.Index(headings).duplicated()][list(COLUMNS)].rename(columns=COLUMNS)
    logger.info("%s: %s sales", file.name, f"{len(table):,}")
    return tidy_sales(table, where=str(file), first_row=data[0][0] if data else number + 1)


def _filled_rows(book: openpyxl.Workbook) -> Iterator[tuple[int, tuple]]:
    """Number and values of every row of the first sheet that holds anything."""
    for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
        if any(value is not None and str(value).strip() for value in row):
            yield number, row


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


def _numbers(values: pd.Series) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(values):
        values = values.astype("string").str.replace(r"[$,\s]", "", regex=True)
    return pd.to_numeric(values, errors="coerce").astype("float64")


def _whole_numbers(values: pd.Series, name: str, *, where: str, first_row: int) -> pd.Series:
    numbers = _numbers(values)
    if numbers.isna().any():
        row = int(numbers.isna().idxmax())
        raise InputError(
            f"{where}: row {row + first_row}: {values[row]!r} is no {name.replace('_', ' ')} "
            f"({int(numbers.isna().sum())} of {len(values)} rows are off); expected a number"
        )
    return numbers.round().astype("int64")
