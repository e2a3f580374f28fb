"""Damage that files meet in the wild, and what a reader may make of it.

A reader either refuses a damaged file in a sentence (:class:`InputError`) or gives every row whose
bytes nobody has touched as the sound file has it. It never ends in another exception, never loses
such a row, and never gives it another row's value.

The examples are few and always the same, so that a change passes or fails by what it is; `make
fuzz` looks for new ones: ``INCOMELENS_FUZZ_EXAMPLES`` to a test, others from run to run.
"""

import csv
import io
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incomelens.common.errors import InputError

WISHED = os.environ.get("INCOMELENS_FUZZ_EXAMPLES")

Result = TypeVar("Result")

NASTY_VALUES = (
    *("", " ", "NaN", "inf", "-inf", "1e308", "-1e308", "1e-320", "-1", "0", "-999", "-666666666"),
    *("1,5", "1.234,5", "21,345", "1 234", "12%", "true", "None", "2019-07-24", "24.07.2019"),
    *("43670", "=1+1", '"', "'1", "x" * 5000, "9" * 40, "a\x00b", "\u202e12", "e\u0301", "\ufeff1"),
    *("\u0661\u0662", "a\nb", "1_000", "0x1A", "\u22125"),
)
NASTY_BYTES = (
    *(b'"', b"\x00", b"\n", b"\r", b",", b";", b"\t", b"-", b"e308", b"NaN", b"inf", b" ", b"'"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xe9", b"\xe2\x80\xae", b"e\xcc\x81", b"\xff\xff\xff\xff"),
    *(b"[", b"{", b"}", b":", b"#", b"&a", b"*a", b"!!", b"\x1a", b"\x7f"),
)


@dataclass(frozen=True)
class Damaged:
    """A damaged file: what it holds, which rows differ (the first of data is 0), what was done."""

    content: bytes
    touched: frozenset[int]
    what: str


def fuzzed(**strategies: st.SearchStrategy) -> Callable:
    """Try a test on examples of `strategies`; warnings of libraries are not errors in it."""

    def decorate(test: Callable) -> Callable:
        tried = settings(
            max_examples=int(WISHED or 20),
            suppress_health_check=list(HealthCheck),
            database=None,
        )(given(**strategies)(test))
        return pytest.mark.fuzz(tried)

    return decorate


def outcome(read: Callable[[], Result], *, named: str = "") -> Result | None:
    """What a reader gives; None where it refuses in a sentence that names the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return read()
        except InputError as error:
            refusal = str(error).strip()
    assert refusal, "refused without a word"
    assert named in refusal, f"{named} is not in: {refusal}"
    return None


def assert_refused_or_right(
    read: Callable[[Path], pd.DataFrame], path: Path, damaged: Damaged, sound: pd.DataFrame
) -> None:
    """Hold what `read` gives of a damaged file at `path` to what it gives of the sound one.

    Parameters
    ----------
    read : callable
        Gives a table, indexed by what names a row.
    path : path
        Where the damaged file is written.
    damaged : Damaged
    sound : DataFrame
        Of the sound file, rows in the file's order.
    """
    path.write_bytes(damaged.content)
    found = outcome(lambda: read(path))
    if found is None:
        return
    untouched = sound.drop(sound.index[sorted(damaged.touched)])
    for name, row in untouched.iterrows():
        assert name in found.index, f"{damaged.what}: row {name} is lost"
        # A touched row may have come to bear the name of this one.
        same = found.loc[[name]]
        right = pd.DataFrame([row], index=same.index[:1]).astype(sound.dtypes)
        assert any(same.iloc[[n]].astype(sound.dtypes).equals(right) for n in range(len(same))), (
            f"{damaged.what}: {same.to_dict('records')} instead of {row.to_dict()}"
        )


def damaged_bytes(content: bytes) -> st.SearchStrategy[bytes]:
    """Content with some bytes overwritten, inserted, lost or zeroed, or cut short."""
    return _changes(len(content)).map(lambda change: _applied(content, *change))


def damaged_lines(content: bytes, *, header: int = 1) -> st.SearchStrategy[Damaged]:
    """As :func:`damaged_bytes`, of a file with one row a line after some lines of heading."""
    lines = content.splitlines(keepends=True)
    ends = [sum(map(len, lines[: n + 1])) for n in range(len(lines))]

    def damaged(change: tuple[int, int, bytes]) -> Damaged:
        start, stop, new = change
        hit = [n for n, end in enumerate(ends) if end - len(lines[n]) <= stop and start <= end]
        rows = range(len(lines) - header)
        touched = rows if hit[0] < header else [n - header for n in hit]
        return Damaged(
            _applied(content, *change), frozenset(touched), f"{start}:{stop} became {new!r}"
        )

    return _changes(len(content)).map(damaged)


def damaged_tables(header: Sequence[str], rows: Sequence[Sequence[str]]) -> st.SearchStrategy:
    """A CSV of these columns and rows in which a cell, a row, a column or the form is off.

    Gives :class:`Damaged`. Only the form (encoding, line ends, a byte order mark, an empty end of
    every line, a further column) leaves all rows untouched.
    """
    header, rows = list(header), [list(row) for row in rows]
    row, column = st.integers(0, len(rows) - 1), st.integers(0, len(header) - 1)
    value = st.sampled_from(NASTY_VALUES) | st.text(max_size=8)
    everything = frozenset(range(len(rows)))

    def cell(i: int, j: int, new: str) -> Damaged:
        changed = [list(one) for one in rows]
        changed[i][j] = new
        return Damaged(written(header, changed), frozenset({i}), f"cell {i}, {header[j]}: {new!r}")

    def without_column(j: int) -> Damaged:
        kept = [k for k in range(len(header)) if k != j]
        content = written([header[k] for k in kept], [[one[k] for k in kept] for one in rows])
        return Damaged(content, everything, f"no column {header[j]}")

    def renamed(j: int, new: str) -> Damaged:
        names = [new if k == j else name for k, name in enumerate(header)]
        return Damaged(written(names, rows), everything, f"{header[j]} is called {new!r}")

    def exchanged(j: int, k: int) -> Damaged:
        changed = [list(one) for one in rows]
        for one in changed:
            one[j], one[k] = one[k], one[j]
        names = list(header)
        names[j], names[k] = names[k], names[j]
        content = written(names, changed)
        return Damaged(content, frozenset(), f"{header[j]} and {header[k]} in the other order")

    def row_again(i: int) -> Damaged:
        return Damaged(written(header, [*rows, rows[i]]), frozenset({i}), f"row {i} stands twice")

    def row_lost(i: int) -> Damaged:
        content = written(header, rows[:i] + rows[i + 1 :])
        return Damaged(content, frozenset({i}), f"no row {i}")

    def row_short(i: int, j: int) -> Damaged:
        changed = [one[:j] if n == i else one for n, one in enumerate(rows)]
        return Damaged(written(header, changed), frozenset({i}), f"row {i} ends after {j} cells")

    def row_long(i: int, j: int, new: str) -> Damaged:
        changed = [[*one[:j], new, *one[j:]] if n == i else one for n, one in enumerate(rows)]
        return Damaged(written(header, changed), frozenset({i}), f"row {i} has a cell too many")

    def further_column(j: int, new: str) -> Damaged:
        names = [*header[:j], "further", *header[j:]]
        changed = [[*one[:j], new, *one[j:]] for one in rows]
        return Damaged(written(names, changed), frozenset(), f"a further column of {new!r}")

    forms = st.builds(
        lambda separator, form, empty: Damaged(
            written(header, rows, separator=separator, end=form[1], tail=separator * empty)
            .decode()
            .encode(form[0], "replace"),
            frozenset(),
            f"written with {separator!r}, {form}, {empty} empty cells after every row",
        ),
        st.sampled_from([",", ";", "\t", "|"]),
        # Each as some program writes it: a lone CR is the old Mac's line end.
        st.sampled_from(
            [
                *(("utf-8", "\n"), ("utf-8", "\r"), ("utf-8-sig", "\r\n"), ("utf-32", "\n")),
                *(("cp1252", "\r\n"), ("latin-1", "\n"), ("utf-16", "\r\n"), ("mac_roman", "\r")),
            ]
        ),
        st.integers(0, 2),
    )
    return st.one_of(
        st.builds(cell, row, column, value),
        st.builds(cell, row, column, value),
        st.builds(without_column, column),
        st.builds(renamed, column, value | st.sampled_from([f" {one} " for one in header])),
        st.builds(exchanged, column, column),
        st.builds(row_again, row),
        st.builds(row_lost, row),
        st.builds(row_short, row, column),
        st.builds(row_long, row, column, value),
        st.builds(further_column, column, value),
        forms,
    )


def written(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    separator: str = ",",
    end: str = "\n",
    tail: str = "",
) -> bytes:
    """Write a CSV; `tail` stands after every row but the header."""
    lines = []
    for number, row in enumerate([header, *rows]):
        line = io.StringIO()
        # With its usual ends csv puts cells that hold one of them in quotation marks.
        csv.writer(line, delimiter=separator).writerow(row)
        lines.append(line.getvalue().removesuffix("\r\n") + (tail if number else "") + end)
    return "".join(lines).encode("utf-8", "surrogatepass")


def _changes(length: int) -> st.SearchStrategy[tuple[int, int, bytes]]:
    """Where something begins and ends in a file of so many bytes, and what comes in its place."""
    place = st.integers(0, length)
    few = st.sampled_from(NASTY_BYTES) | st.binary(min_size=1, max_size=4)
    some = st.integers(1, 64)
    return st.one_of(
        st.builds(lambda at, new: (at, min(at + len(new), length), new), place, few),
        st.builds(lambda at, new: (at, min(at + len(new), length), new), place, few),
        st.builds(lambda at, new: (at, at, new), place, few),
        st.builds(lambda at: (at, length, b""), place),
        st.builds(lambda at, n: (at, min(at + n, length), b""), place, some),
        st.builds(lambda at, n: (at, min(at + n, length), bytes(n)), place, some),
    )


def _applied(content: bytes, start: int, stop: int, new: bytes) -> bytes:
    return content[:start] + new + content[stop:]
