"""A table of a paper: its numbers, its cells as they are read, what is told below it.

What a cell is, its own type says: a number, an :class:`Estimate` with its interval, a
:class:`Verdict`, text. The forms for readers (Markdown, LaTeX, HTML) are made from the same cells.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, NamedTuple

import pandas as pd

from incomelens.paper.forms import Cells, html, latex, markdown

MISSING = "–"
EMPTY_SLOT = (
    "Rows and columns called paper hold the printed values; a dash marks one that has not been "
    "typed into config/paper_reference.yaml."
)

# A row as a named tuple. Its fields are the columns of a table, which no type names.
Row = Any


class Estimate(NamedTuple):
    """A number with its interval, one cell of a table: 0.829 (0.811 to 0.845)."""

    value: float
    low: float
    high: float


class Verdict(NamedTuple):
    """What was decided, one cell of a table; `says` is yes, no or open."""

    words: str
    says: str


@dataclass(frozen=True)
class Table:
    """A table of a paper.

    Parameters
    ----------
    numbers : DataFrame
        Every number behind the table, long, at full precision: the CSV.
    shown : DataFrame
        The table as it is read: column names are the headings, with units. Missing values are
        shown as a dash. Headings that begin alike up to ``": "`` stand under one spanner.
    caption : str
        Stands above the table.
    notes : tuple of str
        Paragraphs below the table.
    blocks : str, optional
        Column of `shown` whose value heads a block of rows instead of standing in each of them.
    decimals : mapping
        Decimals by column of `shown`; three where nothing is said.
    units : mapping
        Units by column of `shown`, where it has one.
    printed : sequence of str
        Columns of `shown` that hold what the paper prints.
    whose : str, optional
        Column of `shown` that says whose a row is: ``paper`` where the paper prints it.
    evidence : mapping
        What is told of a row, by its place: a note that begins with the row's first cell.
    tallies : sequence of mappings
        Of a ledger: how many verdicts of each kind a column has, and under which folds.
    conclusion : tuple of str
        What follows, a sentence each: the first note, and what a page opens with.
    """

    numbers: pd.DataFrame
    shown: pd.DataFrame
    caption: str
    notes: tuple[str, ...] = ()
    blocks: str | None = None
    decimals: Mapping[str, int] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    printed: Sequence[str] = ()
    whose: str | None = None
    evidence: Mapping[int, str] = field(default_factory=dict)
    tallies: Sequence[Mapping[str, object]] = ()
    conclusion: tuple[str, ...] = ()

    @property
    def printed_rows(self) -> list[int]:
        """Places of the rows that the paper prints."""
        whose = [] if self.whose is None else self.shown[self.whose]
        return [place for place, name in enumerate(whose) if name.lower() == "paper"]

    def forms(self) -> dict[str, str]:
        """The table for readers, by ending of its file."""
        cells, makers = self._cells(), {"md": markdown, "tex": latex, "html": html}
        notes = (*([" ".join(self.conclusion)] if self.conclusion else ()), *self.notes)
        return {
            form: make(cells, caption=self.caption, notes=notes) for form, make in makers.items()
        }

    def _cells(self) -> Cells:
        shown = self.shown
        text = {
            name: [_text(value, self.decimals.get(name, 3)) for value in shown[name]]
            for name in shown
        }
        return Cells(
            pd.DataFrame(text, dtype=object),
            right=[_holds(shown[name]) in ("numbers", "estimates") for name in shown],
            blocks=self.blocks,
            says={
                (row, column): cell.says
                for column, name in enumerate(shown)
                for row, cell in enumerate(shown[name])
                if isinstance(cell, Verdict)
            },
            evidence=self.evidence,
        )

    def meaning(self) -> dict[str, object]:
        """What a page has to know of the table, and cannot see in its cells."""
        columns = [
            {
                "heading": name,
                "holds": _holds(self.shown[name]),
                "unit": self.units.get(name),
                "printed": name in self.printed,
            }
            for name in self.shown
        ]
        return {
            "caption": self.caption,
            "notes": list(self.notes),
            "columns": columns,
            "printed_rows": self.printed_rows,
            "tallies": list(self.tallies),
            "conclusion": list(self.conclusion),
        }


def _text(value: object, digits: int) -> str:
    if isinstance(value, Estimate):
        text, low, high = (_text(number, digits) for number in value)
        return text if MISSING in (text, low, high) else f"{text} ({low} to {high})"
    if isinstance(value, Verdict):
        return value.words
    if value is None or value is pd.NA or value != value:
        return MISSING
    if isinstance(value, bool | str) or not isinstance(value, Real):
        return str(value)
    text = f"{value:,}" if isinstance(value, Integral) else f"{value:,.{digits}f}"
    # A minus, not a hyphen; and no minus before a number that is rounded to zero.
    return text.replace("-", "−") if text.strip("-0.,") else text.lstrip("-")


def _holds(column: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(column):
        return "numbers"
    present = [value for value in column if _text(value, 0) != MISSING]
    if any(isinstance(value, Verdict) for value in present):
        return "verdicts"
    if not present or not all(isinstance(value, Estimate | Real) for value in present):
        return "text"
    return "estimates" if any(isinstance(value, Estimate) for value in present) else "numbers"


def rows(table: pd.DataFrame) -> Iterator[Row]:
    """Rows of a table as named tuples."""
    return table.itertuples(index=False)


def keyed(table: pd.DataFrame, *columns: str) -> dict[tuple, Row]:
    """Rows of a table by what stands in these columns, in a tuple."""
    return dict(zip(zip(*(table[name] for name in columns), strict=True), rows(table), strict=True))


def number(slot: float | None) -> float:
    """Give a slot of the reference as a number; an empty one is NaN."""
    return float("nan") if slot is None else float(slot)


def estimate(row: Row, column: str = "value", *, interval: str = "ci") -> Estimate | float:
    """Give a row's value with its interval; without one where the row has none.

    Parameters
    ----------
    row : named tuple or None
        None gives NaN.
    column : str
        Holds the value.
    interval : str
        What the columns of the interval that belongs to it begin with.
    """
    if row is None:
        return float("nan")
    columns = (column, f"{interval}_low", f"{interval}_high")
    value, low, high = (getattr(row, name) for name in columns)
    return value if pd.isna(low) or pd.isna(high) else Estimate(value, low, high)


def in_print_order(table: pd.DataFrame, **orders: Iterable) -> pd.DataFrame:
    """Sort rows by the columns named, each in the order of its names; unknown names come first."""
    table = table.reset_index(drop=True)
    ranks = pd.DataFrame(
        {
            column: table[column].map({name: place for place, name in enumerate(names)}).fillna(-1)
            for column, names in orders.items()
        }
    )
    places = ranks.sort_values(list(ranks), kind="stable").index
    return table.loc[places].reset_index(drop=True)
