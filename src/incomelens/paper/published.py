"""A table ready to print: its numbers, its layout, its caption and the notes below it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.common.published_tables import Estimate, write_published_table

EMPTY_SLOT = (
    "Rows and columns called paper hold the printed values; a dash marks one that has not been "
    "typed into config/paper_reference.yaml."
)

INTERVAL_OF_FOLDS = (
    "in brackets its 95 % interval by leaving out one district at a time (jackknife), which means "
    "of folds of fewer than 20 districts do not have: those of the pooled score stand in the CSV"
)
CONSTANT = (
    "r² of predictions that are the same all through a fold (as the training districts' mean is) "
    "is undefined: a dash."
)


@dataclass(frozen=True)
class PublishedTable:
    """What a table of a paper consists of.

    Parameters
    ----------
    numbers : DataFrame
        Every number behind the table, long, at full precision: the CSV.
    shown : DataFrame
        The table as it is read: Markdown and LaTeX.
    caption : str
    notes : tuple of str
        Paragraphs below the table.
    blocks : str, optional
        Column of `shown` that heads blocks of rows.
    decimals : mapping
        Decimals by column of `shown`.
    """

    numbers: pd.DataFrame
    shown: pd.DataFrame
    caption: str
    notes: tuple[str, ...] = ()
    blocks: str | None = None
    decimals: Mapping[str, int] = field(default_factory=dict)

    def write(self, csv: str | Path, md: str | Path, tex: str | Path) -> None:
        """Write the three files, each whole or not at all."""
        write_published_table(
            self.shown,
            csv=csv,
            md=md,
            tex=tex,
            caption=self.caption,
            numbers=self.numbers,
            notes=self.notes,
            blocks=self.blocks,
            decimals=dict(self.decimals),
        )


def rows(table: pd.DataFrame) -> Iterable:
    """Rows of a table as named tuples."""
    return table.itertuples(index=False)


def number(slot: float | None) -> float:
    """Give a slot of the reference as a number; an empty one is NaN."""
    return float("nan") if slot is None else float(slot)


def estimate(row: object, column: str = "value", *, interval: str = "ci") -> Estimate | float:
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


def check_columns(table: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    """Refuse a table that lacks a column, with a message that names it."""
    missing = [column for column in columns if column not in table]
    if missing:
        raise InputError(
            f"{name}: lacks the column {listed(missing, most=20)}; it has {listed(table, most=20)}"
        )
