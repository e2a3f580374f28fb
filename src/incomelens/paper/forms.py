"""The forms of a table for readers, Markdown, LaTeX and HTML, made from the same cells.

pandas' Styler has no block titles, paragraphs or spanners over one line, and no LaTeX for ≥, −, σ.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

import pandas as pd

from incomelens.common.errors import InputError

SPANNER = ": "
# A column whose longest cell has more characters than this is set as a paragraph.
LONG = 34
# With more notes than this, a page folds all but the first away.
MOST_NOTES = 3


@dataclass(frozen=True)
class Cells:
    """A table whose cells are text.

    Parameters
    ----------
    text : DataFrame
        Column names are the headings; those that begin alike up to ``": "`` share a spanner.
    right : sequence of bool
        Whether a column stands to the right.
    blocks : str, optional
        Column whose value heads a block of rows.
    says : mapping from (row, column) to str
        What a cell with a verdict says: yes, no or open.
    evidence : mapping from row to str
        What is told of a row: below it on a page, as a note that begins with its first cell else.
    """

    text: pd.DataFrame
    right: Sequence[bool]
    blocks: str | None = None
    says: Mapping[tuple[int, int], str] = field(default_factory=dict)
    evidence: Mapping[int, str] = field(default_factory=dict)

    @property
    def blanked(self) -> pd.DataFrame:
        """The text, with a block's title in its first row only."""
        if self.blocks is None:
            return self.text
        titles = self.text[self.blocks]
        return self.text.assign(**{self.blocks: titles.mask(titles == titles.shift(), "")})

    def all_notes(self, notes: Sequence[str]) -> list[str]:
        """Notes of the table, and one of every row that has evidence."""
        first = self.text.iloc[:, 0]
        return [*notes, *(f"{first.iloc[row]}. {text}" for row, text in self.evidence.items())]

    def is_long(self, name: str) -> bool:
        """Whether a column is set as a paragraph."""
        to_right = dict(zip(self.text, self.right, strict=True))[name]
        return not to_right and max(map(len, self.text[name]), default=0) > LONG


def _spans(headings: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Spanners with the headings below them; a heading without one stands alone."""
    parts = [heading.rpartition(SPANNER) for heading in headings]
    keys = [spanner or place for place, (spanner, _, _) in enumerate(parts)]
    groups = groupby(zip(keys, parts, strict=True), key=lambda pair: pair[0])
    return [
        (key if isinstance(key, str) else "", [column for _, (_, _, column) in group])
        for key, group in groups
    ]


def markdown(cells: Cells, *, caption: str, notes: Sequence[str]) -> str:
    """Write the table between pipes, columns as wide as their longest cell, with its notes."""
    columns = [
        _padded([name, *column], to_right=to_right)
        for (name, column), to_right in zip(cells.blanked.items(), cells.right, strict=True)
    ]
    table = "\n".join("| " + " | ".join(row) + " |" for row in zip(*columns, strict=True))
    return "\n\n".join([caption, table, *cells.all_notes(notes)]) + "\n"


def _padded(cells: Sequence[str], *, to_right: bool) -> list[str]:
    """One column, its rule below the heading."""
    flat = [" ".join(cell.split()).replace("|", r"\|") for cell in cells]
    width = max(3, *map(len, flat))
    heading, *below = [cell.rjust(width) if to_right else cell.ljust(width) for cell in flat]
    return [heading, "-" * (width - 1) + ":" if to_right else "-" * width, *below]


def html(cells: Cells, *, caption: str, notes: Sequence[str]) -> str:
    """Write a table with its notes as a part of a page: no style, evidence folded below its row."""
    body = [_html_row(cells, place, row) for place, row in enumerate(cells.blanked.to_numpy())]
    return "\n".join(
        [
            '<div class="scroll" tabindex="0" role="region" '
            f'aria-label="Table: {escape(caption)}">',
            *["<table>", "<thead>", *_html_head(cells), "</thead>"],
            *["<tbody>", *body, "</tbody>", "</table>", "</div>"],
            *_html_notes([f"<p>{escape(note)}</p>" for note in notes]),
            "",
        ]
    )


def _html_notes(notes: Sequence[str]) -> list[str]:
    if len(notes) > MOST_NOTES:
        folded = [f"<details><summary>{len(notes) - 1} more notes</summary>", *notes[1:]]
        notes = [notes[0], *folded, "</details>"]
    return ['<div class="notes">', *notes, "</div>"] if notes else []


def _html_head(cells: Cells) -> list[str]:
    """One line of headings, or two where several stand under one spanner."""
    groups = _spans(list(cells.text))
    if all(len(below) == 1 for _, below in groups):
        headings = zip(cells.text, cells.right, strict=True)
        return [_html_line(_th(name, right=right) for name, right in headings)]
    upper, lower, place = [], [], 0
    for spanner, below in groups:
        right = cells.right[place : place + len(below)]
        if len(below) == 1:
            upper.append(_th(cells.text.columns[place], right=right[0], more=' rowspan="2"'))
        else:
            span = f' colspan="{len(below)}"'
            upper.append(_th(spanner, right=False, more=span, scope="colgroup"))
            names = [name[:1].upper() + name[1:] for name in below]
            lower += [_th(name, right=side) for name, side in zip(names, right, strict=True)]
        place += len(below)
    return [_html_line(upper), _html_line(lower)]


def _th(text: str, *, right: bool, more: str = "", scope: str = "col") -> str:
    place = ' class="right"' if right else ""
    return f'<th scope="{scope}"{more}{place}>{escape(text)}</th>'


def _html_line(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def _html_row(cells: Cells, place: int, row: Sequence[str]) -> str:
    html_cells = []
    for column, (name, text) in enumerate(zip(cells.text, row, strict=True)):
        tag, scope = ("td", "") if column else ("th", ' scope="row"')
        kind = "right" if cells.right[column] else "long" if cells.is_long(name) else ""
        says, inside = cells.says.get((place, column)), escape(text)
        if says:
            inside = f'<span class="verdict {says}">{inside}</span>'
        attribute = f' class="{kind}"' if kind else ""
        html_cells.append(f"<{tag}{scope}{attribute}>{inside}</{tag}>")
    return _html_line(html_cells) + _html_evidence(cells, place)


def _html_evidence(cells: Cells, place: int) -> str:
    if place not in cells.evidence:
        return ""
    details = f"<details><summary>Why</summary><p>{escape(cells.evidence[place])}</p></details>"
    span = len(cells.text.columns) - 1
    return f'\n<tr class="evidence"><td></td><td colspan="{span}">{details}</td></tr>'


LATEX_SPECIAL = {
    "\\": r"\textbackslash{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "|": r"\textbar{}",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "<": r"$<$",
    ">": r"$>$",
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "²": r"\textsuperscript{2}",
    "°": r"\textdegree{}",
    "σ": r"$\sigma$",
    "–": "--",
    "—": "---",
    "’": "'",
    "“": "``",
    "”": "''",
    "…": r"\ldots{}",
    "§": r"\S{}",
    "→": r"$\rightarrow$",
    "\N{NO-BREAK SPACE}": "~",
}


def _escaped(text: object) -> str:
    latex = "".join(_latex_character(character) for character in str(text))
    # Keys and file names such as a_b or a.b may be broken at the end of a line.
    return re.sub(r"(?<=[a-z])(\\_|\.)(?=[a-z])", r"\1\\allowbreak{}", latex)


def _latex_character(character: str) -> str:
    if character in LATEX_SPECIAL:
        return LATEX_SPECIAL[character]
    # LaTeX sets accented Latin letters from UTF-8 itself; anything else would stop it.
    if character.isascii() or unicodedata.name(character, "").startswith("LATIN "):
        return character
    raise InputError(
        f"the character {character!r} (U+{ord(character):04X}) has no LaTeX form yet; "
        "add one to LATEX_SPECIAL in paper/forms.py"
    )


def latex(cells: Cells, *, caption: str, notes: Sequence[str]) -> str:
    """Set the table in LaTeX, over as many pages as it needs, with caption and notes.

    Raises
    ------
    InputError
        If a character has no LaTeX form yet.
    """
    names = [name for name in cells.text if name != cells.blocks]
    columns = _latex_columns(cells, names)
    heading = [*_latex_heading(names, right=[column == "r" for column in columns]), r"\midrule"]
    titles = cells.blanked[cells.blocks] if cells.blocks else [""] * len(cells.text)
    rows = []
    for title, row in zip(titles, cells.text[names].to_numpy(), strict=True):
        if title:
            rows += [r"\addlinespace"] * bool(rows)
            rows += [rf"\multicolumn{{{len(names)}}}{{@{{}}l}}{{\textit{{{_escaped(title)}}}}} \\*"]
        rows += [" & ".join(map(_escaped, row)) + r" \\"]
    return "\n".join(
        [
            r"% Needs \usepackage{array,booktabs,longtable}.",
            r"\begingroup\footnotesize\setlength{\tabcolsep}{4pt}",
            rf"\begin{{longtable}}{{@{{}}{''.join(columns)}@{{}}}}",
            rf"\caption{{{_escaped(caption)}}}\\",
            *[r"\toprule", *heading, r"\endfirsthead"],
            *[r"\toprule", *heading, r"\endhead"],
            r"\bottomrule",
            r"\endfoot",
            *rows,
            r"\end{longtable}",
            *(rf"\noindent {_escaped(note)}\par" for note in cells.all_notes(notes)),
            r"\endgroup",
            "",
        ]
    )


def _latex_columns(cells: Cells, names: Sequence[str]) -> list[str]:
    """Numbers to the right, short text to the left, long text as paragraphs that share the line."""
    longest = {name: max(map(len, cells.text[name]), default=0) for name in names}
    room = 0.92 - 0.011 * sum(n for name, n in longest.items() if not cells.is_long(name))
    # The square root lets a column with five times the text be little more than twice as wide.
    weights = [sum(map(len, cells.text[name])) ** 0.5 * cells.is_long(name) for name in names]
    shares = [max(room, 0.3) * weight / max(sum(weights), 1.0) for weight in weights]
    to_right = dict(zip(cells.text, cells.right, strict=True))
    return [
        rf">{{\raggedright\arraybackslash}}p{{{share:.2f}\linewidth}}"
        if share
        else "lr"[to_right[name]]
        for name, share in zip(names, shares, strict=True)
    ]


def _latex_heading(names: Sequence[str], *, right: Sequence[bool]) -> list[str]:
    """Lines of the heading: one, or two where headings have a spanner."""
    groups = _spans(names)
    columns = [name for _, below in groups for name in below]
    lower = [
        rf"\multicolumn{{1}}{{r}}{{{_escaped(name)}}}" if to_right else _escaped(name)
        for name, to_right in zip(columns, right, strict=True)
    ]
    if not any(spanner for spanner, _ in groups):
        return [" & ".join(lower) + r" \\"]
    upper, rules, start = [], [], 1
    for spanner, below in groups:
        end = start + len(below) - 1
        upper.append(rf"\multicolumn{{{len(below)}}}{{c}}{{{_escaped(spanner)}}}" * bool(spanner))
        rules += [rf"\cmidrule(lr){{{start}-{end}}}"] * bool(spanner)
        start = end + 1
    return [" & ".join(upper) + r" \\", "".join(rules), " & ".join(lower) + r" \\"]
