"""How a published table is laid out on a page: spanners, verdicts, evidence and notes."""

import re
from dataclasses import dataclass, field

from incomelens.report.table_text import TableText

SPANNER = ": "
# Words of the ledgers and of the tests, by what they say: the page sets a sign beside the word.
VERDICTS = {
    "supported": "yes",
    "contradicted": "no",
    "open": "open",
    "rejected": "yes",
    "not rejected": "no",
}
# Headings of columns that hold the values which a paper prints.
OF_A_PAPER = re.compile(r"\b(paper|preprint)\b", flags=re.IGNORECASE)
# With more notes than this, those below a table are folded away.
MOST_NOTES = 3
# A column whose longest cell has more characters than this is set in a wide column.
LONG = 34


@dataclass(frozen=True)
class Heading:
    """A cell of the head: its text, how many columns and rows it spans, its place."""

    text: str
    columns: int = 1
    rows: int = 1
    right: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell of the body: `verdict` is yes, no, open or empty."""

    text: str
    right: bool = False
    long: bool = False
    verdict: str = ""


@dataclass(frozen=True)
class Row:
    """A row of the body, with what is told of it below (a claim's rule and evidence)."""

    cells: tuple[Cell, ...]
    evidence: str = ""


@dataclass(frozen=True)
class PageTable:
    """A table ready for the page's template."""

    caption: str
    head: tuple[tuple[Heading, ...], ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    n_columns: int
    folded: bool
    beside_paper: bool
    is_ledger: bool = field(default=False)


def page_table(table: TableText) -> PageTable:
    """Lay out a published table.

    Headings that begin alike up to ``": "`` stand under one spanner. A note that begins with the
    number of a row (``7b. …``) belongs to that row.
    """
    long = [
        max((len(row[i]) for row in table.rows), default=0) > LONG and not right
        for i, right in enumerate(table.right)
    ]
    told = dict(filter(None, map(_told_of_row, table.notes)))
    numbers = {row[0] for row in table.rows if row} if table.headings[0] == "No." else set()
    evidence = {number: text for number, text in told.items() if number in numbers}
    notes = tuple(
        note
        for note in table.notes
        if (of_row := _told_of_row(note)) is None or of_row[0] not in evidence
    )
    rows = tuple(
        Row(
            cells=tuple(
                Cell(text, right, wide, VERDICTS.get(text, ""))
                for text, right, wide in zip(row, table.right, long, strict=True)
            ),
            evidence=evidence.get(row[0], ""),
        )
        for row in table.rows
    )
    return PageTable(
        caption=table.caption,
        head=_head(table),
        rows=rows,
        notes=notes,
        n_columns=len(table.headings),
        folded=len(notes) > MOST_NOTES,
        beside_paper=not evidence and _has_values_of_a_paper(table),
        is_ledger=bool(evidence),
    )


def _has_values_of_a_paper(table: TableText) -> bool:
    cells = [cell for row in table.rows for cell in row]
    return any(OF_A_PAPER.search(heading) for heading in table.headings) or any(
        cell.lower() == "paper" for cell in cells
    )


def _told_of_row(note: str) -> tuple[str, str] | None:
    matched = re.match(r"(\w{1,4})\. (.+)", note, flags=re.DOTALL)
    return (matched[1], matched[2]) if matched else None


def _head(table: TableText) -> tuple[tuple[Heading, ...], ...]:
    """One row of headings, or two where some stand under a spanner."""
    parts = [heading.split(SPANNER, 1) for heading in table.headings]
    starts = [part[0] if len(part) == 2 else None for part in parts]
    beside = zip([None, *starts], starts, [*starts[1:], None], strict=False)
    spans = [start is not None and start in (left, right) for left, start, right in beside]
    if not any(spans):
        return (
            tuple(
                Heading(text, right=right)
                for text, right in zip(table.headings, table.right, strict=True)
            ),
        )
    upper: list[Heading] = []
    lower: list[Heading] = []
    for i, (heading, right) in enumerate(zip(table.headings, table.right, strict=True)):
        if not spans[i]:
            upper.append(Heading(heading, rows=2, right=right))
            continue
        lower.append(Heading(_capital(parts[i][1]), right=right))
        if i and spans[i - 1] and starts[i - 1] == starts[i]:
            upper[-1] = Heading(parts[i][0], columns=upper[-1].columns + 1)
        else:
            upper.append(Heading(parts[i][0]))
    return tuple(upper), tuple(lower)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
