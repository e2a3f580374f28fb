"""A published table, read back from the Markdown that `paper.table` wrote."""

import re
from dataclasses import dataclass
from pathlib import Path

from incomelens.common.errors import InputError

PIPE = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class TableText:
    """A table as it is read: everything is text.

    Parameters
    ----------
    caption : str
    headings : tuple of str
    right : tuple of bool
        Whether a column is set to the right.
    rows : tuple of tuples of str
    notes : tuple of str
        Paragraphs below the table.
    """

    caption: str
    headings: tuple[str, ...]
    right: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def read_published_markdown(path: str | Path) -> TableText:
    """Read the Markdown form of a published table.

    Raises
    ------
    InputError
        If the file holds no table in that form: a caption, then a table between pipes.
    """
    blocks = Path(path).read_text(encoding="utf-8").strip().split("\n\n")
    place = next((i for i, block in enumerate(blocks) if block.startswith("| ")), None)
    lines = blocks[place].split("\n") if place is not None else []
    if place is None or len(lines) < 2:
        raise InputError(
            f"{path}: no table between pipes; expected the Markdown of a published table (a "
            "caption, the table, notes): write it with paper.table"
        )
    headings, rules, *rows = map(_cells, lines)
    uneven = next((row for row in [rules, *rows] if len(row) != len(headings)), None)
    if uneven is not None:
        raise InputError(
            f"{path}: a row has {len(uneven)} cells under {len(headings)} headings "
            f"({' | '.join(uneven)[:80]}); write the table with paper.table"
        )
    return TableText(
        caption=" ".join(blocks[:place]),
        headings=tuple(headings),
        right=tuple(rule.endswith(":") for rule in rules),
        rows=tuple(map(tuple, rows)),
        notes=tuple(blocks[place + 1 :]),
    )


def _cells(line: str) -> list[str]:
    parts = PIPE.split(line.strip())[1:-1]
    return [part.strip().replace(r"\|", "|") for part in parts]
