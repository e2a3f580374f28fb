"""Tables as text: CSV and its kin, in the encodings and dialects that programs write.

UTF-8, separated by commas, with decimal points is taken for granted; whatever else a file turns
out to be is told in one line of the log. Bytes are never replaced, cells never shifted.
"""

import csv
import logging
import re
import zlib
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, repeat, zip_longest
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.sources.readers.text_encodings import ENCODINGS, encoding_of, open_text
from incomelens.sources.readers.written_values import MISSING, decimal_of, read_number

logger = logging.getLogger(__name__)

ENDINGS = tuple(f".{kind}{packed}" for kind in ("csv", "tsv", "txt") for packed in ("", ".gz"))
ROWS_AT_A_TIME = 200_000
SAMPLE_ROWS = 1000  # from which separator and decimal mark are told
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}

# Polygons as text are longer than the module's 131,072 characters.
csv.field_size_limit(1 << 30)


@dataclass(frozen=True)
class Dialect:
    """How a file is written.

    Attributes
    ----------
    encoding : str
        As Python calls it.
    separator : str
        Of the fields.
    declared : bool
        Whether the first line says so (``sep=;``, as Excel understands it) and holds no headings.
    headings : tuple of str
        White space made single; empty where a column has none.
    decimal : str or None
        Decimal mark that its numbers prove; the point where fields are separated by commas and
        no number tells; None where nothing does, or numbers disagree.
    """

    encoding: str
    separator: str
    declared: bool
    headings: tuple[str, ...]
    decimal: str | None


def is_text_table(path: str | Path) -> bool:
    """Whether the name of a file ends as tables in text do."""
    return str(path).lower().endswith(ENDINGS)


def dialect_of(path: Path) -> Dialect:
    """Find out how a file is written, and tell what had to be assumed.

    Raises
    ------
    InputError
        If the file is missing, empty, no text, damaged, or has no usable row of headings.
    """
    with readable_text(path):
        facts = path.stat()
        with path.open("rb") as file:
            start = zlib.crc32(file.read(1 << 16))
        return _dialect(path, facts.st_size, facts.st_mtime_ns, start)


def text_blocks(path: Path, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
    """Read columns (all by default) of a table, some rows at a time, every cell as text.

    Empty cells are missing. Rows without any cell are skipped, columns without heading and cell
    left out, both counted in the log; rows that end early are filled with empty cells, and counted.

    Raises
    ------
    InputError
        If a row has more cells than there are headings, or the file is damaged.
    """
    dialect = dialect_of(path)
    names = [name or f"Unnamed: {at}" for at, name in enumerate(dialect.headings)]
    chosen = list(columns or names)
    # Rows are cut to the wanted columns at once: a block of all would not fit a small machine.
    cut = itemgetter(*(names.index(name) for name in chosen), 0)
    counts: Counter[str] = Counter()
    with readable_text(path):
        rows = map(cut, _rows(path, dialect, counts))
        first = True
        while (block := list(islice(rows, ROWS_AT_A_TIME))) or first:
            yield _frame(block, chosen)
            first = False
    _tell(path, counts)


def read_text_table(path: Path) -> pd.DataFrame:
    """Read a whole table, every cell as text: see :func:`text_blocks`."""
    table = pd.concat(text_blocks(path), ignore_index=True)
    headings = dialect_of(path).headings
    blank = [not name and table.iloc[:, at].isna().all() for at, name in enumerate(headings)]
    if any(blank):
        logger.info("%s: %d columns without heading and cells are left out", path.name, sum(blank))
    return table.loc[:, ~np.array(blank, bool)]


@contextmanager
def readable_text(path: Path) -> Generator[None]:
    """Say in a sentence why a text cannot be read."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except csv.Error as error:
        raise InputError(
            f"{path.name}: {error}; a quotation mark that is not doubled or not closed does this, "
            "and blanks between the fields: save the table as CSV from its source"
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path.name}: cannot be read ({error}); get the file again") from None


@lru_cache(maxsize=16)
def _dialect(path: Path, _size: int, _modified: int, _start: int) -> Dialect:
    """Cached by the file's state, so that it is looked through, and told of, once."""
    encoding = encoding_of(path)
    with open_text(path, encoding) as file:
        stated = re.fullmatch(r'"?sep=(.)"?', file.readline().rstrip("\r\n"), re.IGNORECASE)
    declared = stated is not None
    separator = stated[1] if stated else _separator(path, encoding)
    sample = _sample(path, encoding, separator, declared=declared)
    headings = _checked_headings(path, sample)
    dialect = Dialect(
        encoding, separator, declared, headings, _decimal(sample[1:], separator=separator)
    )
    assumed = [f"read as {ENCODINGS[encoding]}"] if encoding in ENCODINGS else []
    if separator != "," and len(headings) > 1:
        assumed.append(f"separated by {SEPARATORS.get(separator, repr(separator))}")
    if dialect.decimal == ",":
        assumed.append("with decimal commas")
    if assumed:
        logger.warning("%s: %s", path.name, ", ".join(assumed))
    return dialect


def _separator(path: Path, encoding: str) -> str:
    """Separator that parts the headings, and the rows likewise; quoted ones do not count."""
    alike = {}
    for separator in SEPARATORS:
        rows = _sample(path, encoding, separator, strict=False)
        width = len(rows[0]) if rows else 0
        if width > 1:
            alike[separator] = (sum(len(row) == width for row in rows) / len(rows), width)
    return max(alike, key=alike.__getitem__) if alike else ","


def _sample(
    path: Path, encoding: str, separator: str, *, declared: bool = False, strict: bool = True
) -> list[list[str]]:
    """Headings and the first rows, those without any cell left out."""
    with open_text(path, encoding) as file:
        if declared:
            file.readline()
        rows = csv.reader(file, delimiter=separator, strict=strict)
        return list(islice((row for row in rows if any(map(str.strip, row))), SAMPLE_ROWS + 1))


def _checked_headings(path: Path, sample: list[list[str]]) -> tuple[str, ...]:
    if not any(cell.strip(" ;\t|") for row in sample for cell in row):
        raise InputError(f"{path.name}: is empty; expected a row of headings and rows of data")
    headings = tuple(" ".join(name.split()) for name in sample[0])
    twice = [name for name, times in Counter(filter(None, headings)).items() if times > 1]
    if twice:
        raise InputError(
            f"{path.name}: {listed(twice)} heads more than one column; give each its own heading"
        )
    named = [name for name in headings if name]
    readings = [read_number(name) for name in named]
    if any(reading.decimal or reading.mark for reading in readings) and 2 * sum(
        np.isfinite(reading.value) for reading in readings
    ) >= len(named):
        raise InputError(
            f"{path.name}: the first line holds numbers ({listed(named)}); expected headings there"
        )
    if len(named) == 1 and any(separator in named[0] for separator in SEPARATORS):
        raise InputError(
            f"{path.name}: the first line is one cell, {named[0]!r}, in quotation marks as a "
            "whole; save the table anew from its source"
        )
    return headings


def _decimal(rows: list[list[str]], *, separator: str) -> str | None:
    """Decimal mark of the columns that hold numbers alone."""
    readings = []
    for column in zip_longest(*rows, fillvalue=""):
        cells = [cell for cell in map(str.strip, column) if cell and cell not in MISSING]
        read = [read_number(cell.removesuffix("%")) for cell in cells]
        if all(np.isfinite(reading.value) for reading in read):
            readings += read
    undecided = not any(reading.decimal for reading in readings)
    if undecided and separator == "," and not any(reading.mark == "," for reading in readings):
        return "."
    return decimal_of(readings)


def _rows(path: Path, dialect: Dialect, counts: Counter[str]) -> Iterator[list[str]]:
    """Cells of every row that has any, as many as there are headings."""
    width = len(dialect.headings)
    with open_text(path, dialect.encoding) as file:
        if dialect.declared:
            file.readline()
        reader = csv.reader(file, delimiter=dialect.separator, strict=True)
        next(row for row in reader if any(map(str.strip, row)))
        before = reader.line_num
        for row in reader:
            if reader.line_num > before + 1:
                _refuse_swallowed(path, row, dialect, line=reader.line_num)
            before = reader.line_num
            if not any(map(str.strip, row)):
                counts["blank"] += 1
            elif len(row) < width:
                counts["short"] += 1
                yield row + [""] * (width - len(row))
            elif any(map(str.strip, row[width:])):
                raise InputError(_too_many(path, row, dialect, line=reader.line_num))
            else:
                yield row


def _frame(block: Sequence[tuple[str, ...]], names: Sequence[str]) -> pd.DataFrame:
    """Columns of text from rows of cells; blank cells are missing."""
    columns = zip(*block, strict=True) if block else repeat((), len(names))
    return pd.DataFrame(
        {
            name: pd.Series([cell if cell.strip() else None for cell in column], dtype="str")
            for name, column in zip(names, columns, strict=False)
        }
    )


def _refuse_swallowed(path: Path, row: Sequence[str], dialect: Dialect, *, line: int) -> None:
    """Refuse a cell that holds whole lines: a stray quotation mark runs up to the next one."""
    most = len(dialect.headings) - 1
    for cell in row:
        inside = cell.splitlines()[1:]
        if any(row_inside.count(dialect.separator) >= most for row_inside in inside):
            raise InputError(
                f"{path.name}: a cell that ends in line {line} holds {len(inside)} whole rows: "
                "a quotation mark too many swallows all up to the next one; take it out, or double "
                "it within a cell in quotation marks"
            )


def _too_many(path: Path, cells: Sequence[str], dialect: Dialect, *, line: int) -> str:
    width = len(dialect.headings)
    advice = (
        "a separator within a cell wants the cell in quotation marks, notes above the headings "
        "have to go"
    )
    if len(cells) == width + 1:
        advice += ", and R leaves out the heading of its row names unless row.names = FALSE"
    return (
        f"{path.name}: line {line} has {len(cells)} cells under {width} headings "
        f"({listed(dialect.headings)}); {advice}"
    )


def _tell(path: Path, counts: Counter[str]) -> None:
    if counts["blank"]:
        logger.info("%s: %d rows without any cell are skipped", path.name, counts["blank"])
    if counts["short"]:
        logger.warning(
            "%s: %d rows end before the last heading; the cells they lack are empty",
            path.name,
            counts["short"],
        )
