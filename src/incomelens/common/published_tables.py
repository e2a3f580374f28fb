"""A table of a paper in three forms: CSV for programs, Markdown and LaTeX for readers.

Apart from :mod:`incomelens.common.tables`, which every job imports: how a table is printed is no
reason to compute it again.
"""

import re
import unicodedata
from collections.abc import Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.common.files import whole_file
from incomelens.common.tables import write_table

MISSING = "–"


class Estimate(NamedTuple):
    """A number with its interval, one cell of a published table: 0.829 (0.811 to 0.845)."""

    value: float
    low: float
    high: float


def write_published_table(
    table: pd.DataFrame,
    *,
    csv: str | Path,
    md: str | Path,
    tex: str | Path,
    caption: str,
    numbers: pd.DataFrame | None = None,
    notes: Sequence[str] = (),
    blocks: str | None = None,
    decimals: dict[str, int] | None = None,
) -> None:
    """Write a table of a paper as CSV (full precision), Markdown and LaTeX (rounded).

    Parameters
    ----------
    table : DataFrame
        As it is read: column names are the headings, with units. Missing values are shown as a
        dash. Headings that begin alike up to ``": "`` stand under one spanner in LaTeX.
    csv, md, tex : path
        The LaTeX needs the packages array, booktabs and longtable.
    caption : str
        Stands above the table.
    numbers : DataFrame, optional
        What the CSV holds, where that is more than `table`; by default `table`.
    notes : sequence of str
        Stand below the table, one paragraph each.
    blocks : str, optional
        Column whose value heads a block of rows instead of standing in each of them.
    decimals : dict, optional
        Decimals of a column in the rounded forms; three where nothing is said.
    """
    shown = pd.DataFrame(
        {
            name: [_shown(value, (decimals or {}).get(name, 3)) for value in table[name]]
            for name in table.columns
        },
        dtype=object,
    )
    right = [_is_of_numbers(table[name]) for name in table.columns]
    markdown = "\n\n".join([caption, _markdown(shown, right, blocks), *notes]) + "\n"
    latex = _latex(shown, right, blocks, caption=caption, notes=notes)
    write_table(table if numbers is None else numbers, csv)
    for path, text in ((md, markdown), (tex, latex)):
        with whole_file(path) as beside:
            beside.write_text(text, encoding="utf-8")


def _shown(value: object, digits: int) -> str:
    if isinstance(value, Estimate):
        low, high = _shown(value.low, digits), _shown(value.high, digits)
        text = _shown(value.value, digits)
        if MISSING in (text, low, high):
            return text
        return f"{text} ({low} to {high})"
    if value is None or value is pd.NA or value != value:
        return MISSING
    if isinstance(value, bool | str) or not isinstance(value, Real):
        return str(value)
    text = f"{value:,}" if isinstance(value, Integral) else f"{value:,.{digits}f}"
    # A minus, not a hyphen; and no minus before a number that is rounded to zero.
    return text.replace("-", "−") if text.strip("-0.,") else text.lstrip("-")


def _is_of_numbers(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return True
    present = [value for value in column if _shown(value, 0) != MISSING]
    return bool(present) and all(isinstance(value, Estimate | Real) for value in present)


def _blanked(column: Sequence[str]) -> list[str]:
    """Keep the first of equal neighbours, blank the others."""
    before = [None, *column[:-1]]
    return ["" if cell == last else cell for cell, last in zip(column, before, strict=True)]


def _markdown(shown: pd.DataFrame, right: Sequence[bool], blocks: str | None) -> str:
    columns = {name: shown[name].tolist() for name in shown.columns}
    if blocks is not None:
        columns[blocks] = _blanked(columns[blocks])
    cells = [
        [" ".join(str(cell).split()).replace("|", r"\|") for cell in (name, *column)]
        for name, column in columns.items()
    ]
    padded = []
    for column, to_right in zip(cells, right, strict=True):
        width = max(3, *map(len, column))
        rule = "-" * (width - 1) + ":" if to_right else "-" * width
        lines = [cell.rjust(width) if to_right else cell.ljust(width) for cell in column]
        padded.append([lines[0], rule, *lines[1:]])
    return "\n".join("| " + " | ".join(row) + " |" for row in zip(*padded, strict=True))


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
# A column whose longest cell has more characters than this is set as a paragraph.
LATEX_LINE = 34


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
        "add one to LATEX_SPECIAL in common/published_tables.py"
    )


def _latex(
    shown: pd.DataFrame,
    right: Sequence[bool],
    blocks: str | None,
    *,
    caption: str,
    notes: Sequence[str],
) -> str:
    names = [name for name in shown.columns if name != blocks]
    columns = _latex_columns(
        [shown[name].tolist() for name in names],
        [to_right for name, to_right in zip(shown.columns, right, strict=True) if name != blocks],
    )
    heading = [*_latex_heading(names, right=[column == "r" for column in columns]), r"\midrule"]
    rows = []
    titles = _blanked(shown[blocks].tolist()) if blocks is not None else [""] * len(shown)
    for title, cells in zip(titles, shown[names].to_numpy().tolist(), strict=True):
        if title:
            rows += [r"\addlinespace"] * bool(rows)
            rows += [rf"\multicolumn{{{len(names)}}}{{@{{}}l}}{{\textit{{{_escaped(title)}}}}} \\*"]
        rows += [" & ".join(map(_escaped, cells)) + r" \\"]
    return "\n".join(
        [
            r"% Needs \usepackage{array,booktabs,longtable}.",
            r"\begingroup\footnotesize\setlength{\tabcolsep}{4pt}",
            rf"\begin{{longtable}}{{@{{}}{''.join(columns)}@{{}}}}",
            rf"\caption{{{_escaped(caption)}}}\\",
            r"\toprule",
            *heading,
            r"\endfirsthead",
            r"\toprule",
            *heading,
            r"\endhead",
            r"\bottomrule",
            r"\endfoot",
            *rows,
            r"\end{longtable}",
            *(rf"\noindent {_escaped(note)}\par" for note in notes),
            r"\endgroup",
            "",
        ]
    )


def _latex_columns(columns: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """Numbers to the right, short text to the left, long text as paragraphs that share the line."""
    longest = [max((len(cell) for cell in cells), default=0) for cells in columns]
    is_long = [n > LATEX_LINE and not to_right for n, to_right in zip(longest, right, strict=True)]
    room = 0.92 - 0.011 * sum(n for n, long in zip(longest, is_long, strict=True) if not long)
    # The square root lets a column with five times the text be little more than twice as wide.
    weights = [
        sum(map(len, cells)) ** 0.5 * long for cells, long in zip(columns, is_long, strict=True)
    ]
    shares = [max(room, 0.3) * weight / max(sum(weights), 1.0) for weight in weights]
    return [
        rf">{{\raggedright\arraybackslash}}p{{{share:.2f}\linewidth}}" if share else "lr"[to_right]
        for share, to_right in zip(shares, right, strict=True)
    ]


def _latex_heading(names: Sequence[str], *, right: Sequence[bool]) -> list[str]:
    """Lines of the heading: one, or two where headings share a spanner."""
    parts = [name.rpartition(": ") for name in map(str, names)]
    lower = [
        rf"\multicolumn{{1}}{{r}}{{{_escaped(own)}}}" if to_right else _escaped(own)
        for (_, _, own), to_right in zip(parts, right, strict=True)
    ]
    if not any(spanner for spanner, _, _ in parts):
        return [" & ".join(lower) + r" \\"]
    upper, rules, start = [], [], 0
    while start < len(parts):
        spanner = parts[start][0]
        end = start + 1
        while spanner and end < len(parts) and parts[end][0] == spanner:
            end += 1
        upper.append(rf"\multicolumn{{{end - start}}}{{c}}{{{_escaped(spanner)}}}" * bool(spanner))
        if spanner:
            rules.append(rf"\cmidrule(lr){{{start + 1}-{end}}}")
        start = end
    return [" & ".join(upper) + r" \\", "".join(rules), " & ".join(lower) + r" \\"]
