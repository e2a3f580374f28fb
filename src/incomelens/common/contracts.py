"""What stands in the tables that stages write: every column's type, unit and meaning.

``contracts.yaml`` says it, and how to read it. A table's contract is found by its place below
``results/<study>/``: :func:`incomelens.common.tables.write_table` writes no table there that breaks
its contract, and `read_table` refuses one that lacks a column. The page ``docs/tables.md`` is made
from the contracts: ``python -m incomelens.common.contracts > docs/tables.md``.
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError, listed

FILE = Path(__file__).with_suffix(".yaml")
KINDS = {
    "text": "O",
    "integer": "iu",
    "number": "f",
    "boolean": "b",
    "date": "M",
    "geometry": "O",
    "numbers": "O",
}
"""Types of a contract, and how NumPy calls the arrays that hold them."""


class ContractError(Exception):
    """A table that our own code made and that is not what its contract says."""


@dataclass(frozen=True)
class Column:
    """One column of a table, or (``prob_{class}``) a family of any number of columns.

    Parameters
    ----------
    name : str
    type : str
        One of :data:`KINDS`.
    unit : str
        Empty for pure numbers, and where a unit has no meaning.
    meaning : str
    nullable : bool
        Whether values may be missing.
    optional : bool
        Whether the column itself may be.
    """

    name: str
    type: str
    unit: str
    meaning: str
    nullable: bool
    optional: bool

    @property
    def pattern(self) -> str:
        """Regular expression of its name, or of all names of the family."""
        return _pattern(self.name, r"[^\n]+")

    @property
    def is_family(self) -> bool:
        """Whether it stands for any number of columns."""
        return "{" in self.name

    def holds(self, values: pd.Series) -> bool:
        """Whether the values are of its type; missing ones are of every type."""
        kind, present = values.dtype.kind, values.dropna()
        if self.type == "geometry":
            return values.dtype.name == "geometry"
        if present.empty or (kind == KINDS[self.type] == "O" and values.dtype != object):
            return True
        if kind == "O":
            wanted = {"text": str, "boolean": (bool, np.bool_), "numbers": np.ndarray}.get(
                self.type, ()
            )
            return all(isinstance(value, wanted) for value in present)
        # Counts that are missing somewhere stand in floating-point columns.
        whole = self.type == "integer" and kind == "f" and self.nullable
        return kind in KINDS[self.type] or (whole and bool((present % 1 == 0).all()))


@dataclass(frozen=True)
class Contract:
    """What one kind of table holds.

    Parameters
    ----------
    paths : tuple of str
        Places below ``results/<study>/``, identities in braces: ``folds/{city}-{scheme}.parquet``.
    meaning : str
        What a row is.
    columns : tuple of Column
        In their order.
    """

    paths: tuple[str, ...]
    meaning: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Names of the columns that are always there, in their order."""
        return [
            column.name for column in self.columns if not column.is_family and not column.optional
        ]

    @cached_property
    def _in_order(self) -> re.Pattern[str]:
        often = ("*" if column.is_family else "?" * column.optional for column in self.columns)
        parts = (
            f"(?:{column.pattern}\n){n}" for column, n in zip(self.columns, often, strict=True)
        )
        return re.compile("".join(parts))

    def fault(self, table: pd.DataFrame) -> str | None:
        """What is wrong with a table, if anything is."""
        if missing := [name for name in self.names if name not in table]:
            return f"lacks the column {listed(missing, most=20)}"
        columns = {name: self._column(name) for name in table}
        declared = {name: column for name, column in columns.items() if column is not None}
        if unknown := [name for name in columns if name not in declared]:
            return f"has the column {listed(unknown, most=20)}, which is not declared"
        if not self._in_order.fullmatch("".join(f"{name}\n" for name in table)):
            return f"has its columns in another order: {listed(table, most=40)}"
        for name, column in declared.items():
            values = table[name]
            if len(table) and not column.holds(values):
                return f"has {values.dtype} in the column {name}, declared {column.type}"
            if not column.nullable and values.isna().any():
                return f"lacks values in the column {name}, which is declared complete"
        return None

    def _column(self, name: str) -> Column | None:
        ranked = sorted(self.columns, key=lambda column: column.is_family)
        return next((column for column in ranked if re.fullmatch(column.pattern, name)), None)


@cache
def contracts() -> tuple[Contract, ...]:
    """All contracts, in the order of the file."""
    import yaml  # only jobs that write a table need it

    document = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    shared = {
        name: (*_type_and_unit(kind), meaning)
        for kind, meanings in document["columns"].items()
        for name, meaning in meanings.items()
    }
    return tuple(_contract(path, entry, shared) for path, entry in document["tables"].items())


def columns(path: str) -> list[str]:
    """Names of the columns of the table at `path`, as ``contracts.yaml`` writes it."""
    return next(contract for contract in contracts() if path in contract.paths).names


def contract_of(path: str | Path, names: Iterable[str] = ()) -> Contract | None:
    """Contract of the table at `path`; none of tables elsewhere and of published ones.

    Of the places that could be meant the most literal one is; where two are equal (folds of a city
    and of a level), the one that has more of the columns `names`.
    """
    place = re.search(r"(?:^|/)results/[^/]+/(.+)$", Path(path).as_posix())
    if place is None:
        return None
    candidates = [
        (len(re.sub(r"\{\w+\}", "", of)), len(set(names) & set(contract.names)), contract)
        for contract in contracts()
        for of in contract.paths
        if re.fullmatch(_pattern(of, "[^/]+"), place[1])
    ]
    return max(candidates, key=lambda match: match[:2])[2] if candidates else None


def check_written(table: pd.DataFrame, path: str | Path) -> None:
    """Raise a ContractError if the table to be written at `path` breaks its contract."""
    contract = contract_of(path, table.columns)
    if contract and (fault := contract.fault(table)):
        declared = listed([column.name for column in contract.columns], most=40)
        raise ContractError(f"{path}: the table {fault}; {FILE.name} declares {declared}")


def check_read(table: pd.DataFrame, path: str | Path) -> None:
    """Raise an InputError if the table read from `path` lacks a column of its contract."""
    contract = contract_of(path, table.columns)
    missing = [name for name in contract.names if name not in table] if contract else []
    if missing:
        raise InputError(
            f"{path}: lacks the column {listed(missing, most=20)}; it has {listed(table, most=20)}"
        )


def documentation() -> str:
    """The page on all tables, in Markdown."""
    lines = [PREAMBLE]
    for stage, group in groupby(contracts(), lambda contract: contract.paths[0].partition("/")[0]):
        lines.append(f"\n## {stage}")
        for contract in group:
            lines += ["\n### " + ", ".join(f"`{path}`" for path in contract.paths), ""]
            lines += [
                contract.meaning,
                "",
                "| column | type | unit | meaning |",
                "|---|---|---|---|",
            ]
            lines += map(_line, contract.columns)
    return "\n".join(lines) + "\n"


def _line(column: Column) -> str:
    kind = column.type + ", or missing" * column.nullable
    return f"| `{column.name}` | {kind} | {column.unit} | {column.meaning} |"


HEADER = ("| column | type | unit | meaning |", "|---|---|---|---|")
PREAMBLE = """# Tables

What the stages write below `results/<study>/`, column by column. This page is made from
[contracts.yaml](../src/incomelens/common/contracts.yaml), which every table is held to when it is
written: `python -m incomelens.common.contracts > docs/tables.md`. Names in braces are identities,
such as a city's key; a column in braces stands for any number of columns. A number without a unit
is a pure one. Published tables and the numbers behind figures (`paper/`) say themselves what they
hold."""


def _contract(path: str, entry: dict, shared: dict[str, tuple[str, str, str]]) -> Contract:
    meanings = dict(shared)
    for key, meaning in entry.get("own", {}).items():
        name, _, kind = key.rstrip(")").partition(" (")
        meanings[name] = (*(_type_and_unit(kind) if kind else shared[name][:2]), meaning)
    return Contract(
        paths=(path, *entry.get("also", "").split()),
        meaning=entry["rows"],
        columns=tuple(
            Column(
                name.replace("*", end), *meanings[name], nullable=bool(gaps), optional=bool(absent)
            )
            for name, gaps, absent in re.findall(r"([^\s\[\]?]+)(\??)(\]?)", entry["columns"])
            for end in (("low", "high") if "*" in name else ("",))
        ),
    )


def _type_and_unit(kind: str) -> tuple[str, str]:
    """Parts of "number, USD"; numbers without a unit have none."""
    name, _, unit = kind.partition(", ")
    return name, unit


def _pattern(text: str, wildcard: str) -> str:
    return wildcard.join(map(re.escape, re.split(r"\{\w+\}", text)))


if __name__ == "__main__":
    sys.stdout.write(documentation())
