"""What differs between the tables of two studies, or of two runs of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

OCCURRENCE = "occurrence"


@dataclass(frozen=True)
class Differences:
    """Two tables cell by cell.

    Attributes
    ----------
    keys : DataFrame of shape (n_rows, n_keys)
        What tells the rows apart that both tables have.
    cells : DataFrame
        One row a differing cell: ``row`` (place in `keys`), ``column``, ``one``, ``other`` (text as
        written) and ``difference`` (NaN where one is no number).
    n_cells : int
        Cells that were compared.
    lone_columns, lone_rows : tuple of (int or tuple of str)
        Columns, and the number of rows, that only the first and only the second has.
    """

    keys: pd.DataFrame
    cells: pd.DataFrame
    n_cells: int
    lone_columns: tuple[tuple[str, ...], tuple[str, ...]]
    lone_rows: tuple[int, int]

    @property
    def none(self) -> bool:
        """Whether the tables are the same."""
        return not (len(self.cells) or any(self.lone_rows) or any(self.lone_columns))


def differences(one: pd.DataFrame, other: pd.DataFrame) -> Differences:
    """Compare two tables of text as CSVs hold them.

    Parameters
    ----------
    one, other : DataFrame of str
        Missing values are empty text.

    Returns
    -------
    Differences

    Notes
    -----
    Tables of the same columns and length are compared row by row. Others are joined on their text:
    columns of which some cell is no number, and how often the same text came before.
    """
    shared = [name for name in one if name in other]
    lone = (
        tuple(name for name in one if name not in shared),
        tuple(name for name in other if name not in shared),
    )
    one, other = one[shared], other[shared]
    text = [name for name in shared if not (_is_number(one[name]) and _is_number(other[name]))]
    if len(one) == len(other) and not any(lone):
        compared, lone_rows = shared, (0, 0)
    else:
        one, other, lone_rows = _joined(one, other, text)
        compared = [name for name in shared if name not in text]
    return Differences(
        keys=one[text],
        cells=_apart(one, other, compared),
        n_cells=len(one) * len(compared),
        lone_columns=lone,
        lone_rows=lone_rows,
    )


def setting_differences(one: Mapping, other: Mapping) -> list[tuple[str, str, str]]:
    """Name, first and second value of every entry of two nested mappings that differ."""
    flat, flat_other = _flat(one), _flat(other)
    names = [*flat, *(name for name in flat_other if name not in flat)]
    pairs = [
        (name, flat.get(name, "not there"), flat_other.get(name, "not there")) for name in names
    ]
    return [(name, str(a), str(b)) for name, a, b in pairs if a != b]


def _is_number(column: pd.Series) -> bool:
    filled = column[column != ""]
    return bool(_numbers(filled).notna().all()) and len(filled) > 0


def _numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce").astype("float64")


def _joined(
    one: pd.DataFrame, other: pd.DataFrame, text: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[int, int]]:
    """Rows that both have, in the order of the first, and how many only one has."""

    def numbered(table: pd.DataFrame) -> pd.DataFrame:
        place = table.groupby(text).cumcount() if text else range(len(table))
        return table.assign(**{OCCURRENCE: place}).set_index([*text, OCCURRENCE], drop=False)

    one, other = numbered(one), numbered(other)
    both = one.index[one.index.isin(other.index)]
    lone = (len(one) - len(both), len(other) - len(both))
    return one.loc[both].reset_index(drop=True), other.loc[both].reset_index(drop=True), lone


def _apart(one: pd.DataFrame, other: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    parts = []
    for name in columns:
        first, second = one[name].reset_index(drop=True), other[name].reset_index(drop=True)
        differ = first != second
        part = pd.DataFrame({"one": first[differ], "other": second[differ]})
        part["difference"] = _numbers(part["one"]) - _numbers(part["other"])
        # The same number written otherwise is no difference.
        part = part[part["difference"] != 0]
        parts.append(part.rename_axis("row").reset_index().assign(column=name))
    names = ["row", "column", "one", "other", "difference"]
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)


def _flat(nested: Mapping, path: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in nested.items():
        where = f"{path}.{name}" if path else str(name)
        flat |= _flat(value, where) if isinstance(value, Mapping) and value else {where: value}
    return flat
