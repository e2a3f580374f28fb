"""Workbooks (.xlsx): one sheet as a table, every cell as the spreadsheet shows it."""

import datetime
import logging
import re
import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pandas as pd
from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from incomelens.common.errors import InputError, listed

logger = logging.getLogger(__name__)

ENDINGS = (".xlsx", ".xlsm")
OLE = b"\xd0\xcf\x11\xe0"  # of .xls, and of .xlsx that a password protects

Row = tuple[int, tuple]
"""Number of a row in its sheet, from 1, and its cells."""


@contextmanager
def open_workbook(file: Path, *, results: bool = True) -> Generator[openpyxl.Workbook]:
    """Open a workbook to read, with the results of its formulas or the formulas themselves.

    Raises
    ------
    InputError
        If it cannot be read, also within the block.
    """
    try:
        with warnings.catch_warnings():
            # What openpyxl cannot keep (styles, drop-down lists) is nothing that is read here.
            warnings.filterwarnings("ignore", module="openpyxl")
            # Opened here, for openpyxl leaves a damaged file open.
            with file.open("rb") as opened:
                yield openpyxl.load_workbook(opened, read_only=True, data_only=results)
    except FileNotFoundError:
        raise InputError(f"{file}: there is no such workbook") from None
    except InputError:
        raise
    except (
        *(zipfile.BadZipFile, zlib.error, OSError, EOFError, SyntaxError),
        *(LookupError, ValueError, TypeError, AttributeError, NotImplementedError, RuntimeError),
    ) as error:
        older = file.is_file() and file.read_bytes()[: len(OLE)] == OLE
        problem = "an older .xls, or protected by a password" if older else error
        raise InputError(
            f"{file}: not readable as an .xlsx workbook ({problem}); fetch it again, or save it as "
            ".xlsx without a password"
        ) from None


def filled_rows(sheet: Worksheet) -> Iterator[Row]:
    """Rows of a sheet that hold anything, their cells as openpyxl knows them."""
    # Some writers state a range of cells that is too small, and the rest would go unread.
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if any(cell.value is not None and str(cell.value).strip() for cell in row):
            yield number, row


def read_workbook(file: Path, *, sheet: str | None = None, key: str | None) -> pd.DataFrame:
    """Read a sheet below its row of headings, the first row that holds anything.

    Parameters
    ----------
    file : path
    sheet : str, optional
        Its name; needed where several sheets hold something.
    key : str, optional
        Setting that names the sheet, for messages; None where there is none.

    Returns
    -------
    DataFrame
        Cells as text, but for numbers, which stay numbers (int where they are whole, so that an
        identifier is not ``36061.0``). What a format shows is kept: ``00601`` of a cell that holds
        601 as ``00000``, ``12.5 %`` of one that holds 0.125 as a percentage. Days are ISO dates.
        Rows without any cell are skipped, columns without heading and cell left out, both counted
        in the log.

    Raises
    ------
    InputError
        If the workbook cannot be read, it is not told which sheet is meant, the sheet is empty,
        headings stand twice, or its formulas have no results.
    """
    with open_workbook(file) as book:
        name, rows = _sheet(file, book, sheet, key=key)
        cells = [[_shown(cell) for cell in row] for _, row in rows]
        blank = rows[-1][0] - rows[0][0] + 1 - len(rows)
    _check_formulas(file, name)
    width = max(map(len, cells))
    headings, *data = (row + [None] * (width - len(row)) for row in cells)
    headings = ["" if text is None else " ".join(str(text).split()) for text in headings]
    twice = [text for text in dict.fromkeys(headings) if text and headings.count(text) > 1]
    if twice:
        raise InputError(
            f"{file.name}: {listed(twice)} heads more than one column; give each its own heading"
        )
    named = [text or f"Unnamed: {at}" for at, text in enumerate(headings)]
    table = pd.DataFrame(data, columns=named, dtype="object")
    keep = [bool(text) or not table.iloc[:, at].isna().all() for at, text in enumerate(headings)]
    if blank or not all(keep):
        logger.info(
            "%s: %d rows and %d columns without any cell are left out",
            file.name, blank, len(keep) - sum(keep),
        )  # fmt: skip
    return table.loc[:, keep]


def choice(key: str | None) -> str:
    """What to do about several sheets or layers where the setting `key`, or none, names one."""
    return f"set `{key}` to one" if key else "give a file that holds one alone"


def _sheet(
    file: Path, book: openpyxl.Workbook, sheet: str | None, *, key: str | None
) -> tuple[str, list[Row]]:
    names = [each.title for each in book.worksheets]
    if sheet is not None and sheet not in names:
        raise InputError(f"{file.name}: no sheet {sheet!r}; it has {listed(names)}")
    filled = {
        each.title: rows
        for each in book.worksheets
        if sheet in (None, each.title) and (rows := list(filled_rows(each)))
    }
    if not filled:
        raise InputError(f"{file.name}: is empty; expected a row of headings and rows of data")
    if len(filled) > 1:
        raise InputError(f"{file.name}: several sheets, {listed(filled)}; {choice(key)}")
    return next(iter(filled.items()))


def _shown(cell: Cell) -> object:
    """Value of a cell as a spreadsheet shows it, None where it is blank."""
    value = cell.value
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    form = cell.number_format or ""
    if "%" in form:
        return f"{100 * value:.15g} %"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{value:0{len(form)}d}" if re.fullmatch("00+", form) and value >= 0 else value


def _check_formulas(file: Path, sheet: str) -> None:
    """Refuse a sheet whose formulas were never computed: all of their cells would be empty."""
    with open_workbook(file, results=False) as book:
        formulas = [
            cell.coordinate
            for row in book[sheet].iter_rows()
            for cell in row
            if cell.value is not None and cell.data_type == "f"
        ]
    if not formulas:
        return
    with open_workbook(file) as book:
        wanted = set(formulas)
        computed = any(
            cell.value is not None
            for row in book[sheet].iter_rows()
            for cell in row
            if cell.value is not None and cell.coordinate in wanted
        )
    if not computed:
        raise InputError(
            f"{file.name}: {len(formulas)} cells hold formulas without results ({listed(formulas)})"
            "; open the workbook in a spreadsheet and save it"
        )
