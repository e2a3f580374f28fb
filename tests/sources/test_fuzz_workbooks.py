"""Sales workbooks: read right, or refused in a sentence."""

import io
import zipfile
from datetime import datetime

import openpyxl
import pandas as pd
from hypothesis import strategies as st

from incomelens.demo.formats.dof import HEADINGS, sales_workbook
from incomelens.sources.readers.dof_sales import read_dof_sales

from ..fuzzing import NASTY_VALUES, Damaged, assert_refused_or_right, damaged_bytes, fuzzed

N = 5
SALES = pd.DataFrame(
    {
        "borough": 1,
        "block": [10 + n for n in range(N)],
        "lot": [1 + n for n in range(N)],
        "category": "01 ONE FAMILY DWELLINGS",
        "address": [f"{n} MAIN STREET" for n in range(N)],
        "flat": "",
        "apartment": "",
        "area": [1000 + n for n in range(N)],
        "price": [500_000 + n for n in range(N)],
        "day": [10 * n for n in range(N)],
    }
)
BOOK = sales_workbook(SALES, "manhattan")
FIRST = 8  # row of the first sale
OBJECTS = (
    *(0, -1, 1.5, 1e308, 10**25, True, None, 43670, 43670.5, datetime(2019, 7, 24, 12)),
    *(datetime(1900, 1, 1), "7/24/2019", "2019-07-24T00:00:00Z", "$ 1,000", "(1,000)", "#N/A"),
)


def sales(path):
    return read_dof_sales([path]).set_index(["borough", "block", "lot"])


def sound(folder):
    (folder / "sound.xlsx").write_bytes(BOOK)
    return sales(folder / "sound.xlsx")


def changed(change):
    book = openpyxl.load_workbook(io.BytesIO(BOOK))
    change(book)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def plain(value):
    """Excel's own files cannot hold control characters either."""
    return "".join(c for c in value if c.isprintable()) if isinstance(value, str) else value


@st.composite
def changed_books(draw):
    row, column = draw(st.integers(0, N - 1)), draw(st.integers(0, len(HEADINGS) - 1))
    other = draw(st.integers(0, len(HEADINGS) - 1))
    value = plain(draw(st.sampled_from(OBJECTS + NASTY_VALUES)))
    kind = draw(st.sampled_from(["cell", "column", "heading", "order", "sheet", "rows"]))
    touched = {"cell": {row}, "order": (), "sheet": (), "rows": ()}.get(kind, range(N))

    def change(book):
        sheet = book.active
        if kind == "cell":
            sheet.cell(FIRST + row, column + 1).value = value
        elif kind == "column":
            sheet.delete_cols(column + 1)
        elif kind == "heading":
            sheet.cell(FIRST - 1, column + 1).value = value
        elif kind == "order":
            for line in range(FIRST - 1, FIRST + N):
                one, two = sheet.cell(line, column + 1), sheet.cell(line, other + 1)
                one.value, two.value = two.value, one.value
        elif kind == "sheet":
            book.create_sheet("notes").append(["nothing"])
        else:
            sheet.insert_rows(draw(st.integers(1, FIRST + N)))

    return Damaged(changed(change), frozenset(touched), f"{kind} {row}, {column}: {value!r}")


@fuzzed(damaged=changed_books())
def test_cells(tmp_path_factory, damaged):
    folder = tmp_path_factory.mktemp("books")
    assert_refused_or_right(sales, folder / "damaged.xlsx", damaged, sound(folder))


@fuzzed(content=damaged_bytes(BOOK))
def test_bytes(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("books")
    damaged = Damaged(content, frozenset(), "bytes")
    assert_refused_or_right(sales, folder / "damaged.xlsx", damaged, sound(folder))


@st.composite
def damaged_parts(draw):
    """The workbook with one part damaged and packed again, as a faulty writer leaves it."""
    with zipfile.ZipFile(io.BytesIO(BOOK)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = draw(st.sampled_from(sorted(parts)))
    parts[name] = draw(damaged_bytes(parts[name]))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for one, content in parts.items():
            archive.writestr(one, content)
    return Damaged(packed.getvalue(), frozenset(range(N)), name)


@fuzzed(damaged=damaged_parts())
def test_parts(tmp_path_factory, damaged):
    folder = tmp_path_factory.mktemp("books")
    assert_refused_or_right(sales, folder / "damaged.xlsx", damaged, sound(folder))
