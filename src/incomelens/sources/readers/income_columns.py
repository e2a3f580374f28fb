"""Columns of a user's table of incomes under our names: numbers, flags and words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.sources.readers.written_values import flags, numbers


@dataclass(frozen=True, eq=False)
class OwnColumns:
    """Rows of a table, read by our names.

    Attributes
    ----------
    rows : DataFrame
        As the file has them, under our names.
    columns : mapping
        Our name of a column to the file's.
    names : Series of str
        What a row is called in messages.
    decimal : str or None
        Decimal mark of the file.
    file : str
    """

    rows: pd.DataFrame
    columns: Mapping[str, str]
    names: pd.Series
    decimal: str | None
    file: str

    def where(self, name: str) -> str:
        """File and column, for messages."""
        return f"{self.file}: column {self.columns[name]!r}"

    def numbers(self, name: str, *, signed: bool = False) -> pd.Series:
        """Numbers of a column, NaN where missing or where it is not mapped.

        Raises
        ------
        InputError
            If a cell is no number, or negative although numbers are not `signed`.
        """
        if name not in self.rows:
            return pd.Series(np.nan, index=self.rows.index)
        amounts = numbers(
            self.rows[name], where=self.where(name), decimal=self.decimal, place=self._place
        )
        if not signed and (amounts < 0).any():
            raise InputError(f"{self.where(name)} is negative in {listed(self.names[amounts < 0])}")
        return amounts

    def flags(self, name: str) -> pd.Series:
        """Nullable booleans of a column, missing where it is not mapped."""
        if name not in self.rows:
            return pd.Series(pd.NA, index=self.rows.index, dtype="boolean")
        return flags(self.rows[name], where=self.where(name), place=self._place)

    def _place(self, row: int) -> str:
        return f"cell {self.names.iloc[row]}"


def check_mapping(
    columns: Mapping[str, str], *, known: Sequence[str], missing: Sequence[str], file: str
) -> None:
    """Refuse a mapping with names that are not `known`, or with nothing for `missing`."""
    unknown = [name for name in columns if name not in known]
    if unknown or missing:
        complaint = [f"unknown {listed(unknown)}"] if unknown else []
        complaint += [f"nothing for {listed(missing)}"] if missing else []
        raise InputError(
            f"{file}: `columns` maps {' and '.join(complaint)}; known are {listed(known, 20)}"
        )


def check_columns(present: Sequence[str], columns: Mapping[str, str], *, file: str) -> None:
    """Refuse a mapping to columns that the file does not have."""
    absent = [f"{theirs!r} ({ours})" for ours, theirs in columns.items() if theirs not in present]
    if absent:
        raise InputError(f"{file}: no column {listed(absent)}; it has {listed(present, 12)}")
