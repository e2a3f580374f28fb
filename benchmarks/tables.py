"""Make the tables of speed in docs/methods.md, and their figure, from what docs/benchmarks holds.

    python benchmarks/tables.py

`make bench` does it at its end. So does `make format`, and marks what was measured on older code: a
benchmark whose script reaches a module of the package that has changed since.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import costs_figure
from record import timed_code

from incomelens.common.errors import InputError, damage_told
from incomelens.common.files import whole_file

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT, FOLDER = ROOT / "docs/methods.md", ROOT / "docs/benchmarks"
BEGIN = "<!-- what `python benchmarks/tables.py` makes from docs/benchmarks: not by hand -->"
END = "<!-- end of what it makes -->"
OLDER = " **Measured on older code.**"
NOTHING = "No benchmark has left its measurement yet: `make bench` does."


def tables(folder: Path = FOLDER, *, root: Path = ROOT) -> str:
    """All tables, each below what was run where, when and on which code.

    Raises
    ------
    InputError
        If a file is none that a benchmark wrote.
    """
    each = [table(_read(path), root=root) for path in sorted(folder.glob("*.json"))]
    return "\n\n".join(each) or NOTHING


def table(told: Mapping[str, Any], *, root: Path = ROOT) -> str:
    """One table, in Markdown."""
    rows = [
        f"| {_what(row)} | {_number(row['ours'])} {row['unit']} | {_peers(row)} |"
        for row in told["rows"]
    ]
    lines = [_head(told, root), "", "| what | ours | others |", "|---|---|---|", *rows]
    if len({row["districts"] for row in told["rows"] if row.get("districts")}) > 1:
        lines += ["", f"![Costs against the number of districts]({costs_figure.FIGURE.name})"]
    return "\n".join(lines)


def without_marks(text: str) -> str:
    """The same whether or not code has changed since it was measured."""
    return text.replace(OLDER, "")


def put(document: str, made: str) -> str:
    """Put tables in their place in a document.

    Raises
    ------
    InputError
        If the document does not have the place once.
    """
    if document.count(BEGIN) != 1 or document.count(END) != 1:
        raise InputError(f"docs/methods.md: expected once each the lines {BEGIN} and {END}")
    before, rest = document.split(BEGIN)
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{rest.split(END)[1]}"


def taken(document: str) -> str:
    """What stands in that place."""
    return document.split(BEGIN)[1].split(END)[0].strip()


def _read(path: Path) -> dict[str, Any]:
    with damage_told(
        lambda problem: f"{path}: not a measurement ({problem}); make it anew by its benchmark"
    ):
        told = json.loads(path.read_text(encoding="utf-8"))
        _ = [(row["what"], row["ours"], row["unit"], row["peers"]) for row in told["rows"]]
        return told


def _head(told: Mapping[str, Any], root: Path) -> str:
    on, code = told["machine"], told["code"]
    gpu = f" and {on['gpu']}" if on["gpu"] and "--device cuda" in told["command"] else ""
    commit = (code["commit"] or "unknown")[:7] + ", changed" * bool(code["changed_since_commit"])
    versions = ", ".join(f"{name} {version}" for name, version in told["versions"].items())
    return (
        f"**{told['title']}.** `{told['command']}`, {told['clock']}: {on['processor']} with "
        f"{on['processors']} processors{gpu}, load {on['load']}; {versions}; "
        f"{told['measured'][:10]}, commit {commit}.{OLDER * _changed(told, root)}"
    )


def _changed(told: Mapping[str, Any], root: Path) -> bool:
    script = root / told["command"].split()[1]
    return not script.is_file() or timed_code(script) != told["code"]["digest"]


def _what(row: Mapping[str, Any]) -> str:
    districts = row.get("districts")
    return row["what"] + (f", {districts:,} districts" if districts else "")


def _peers(row: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {_number(value)} {row['unit']} ({_number(value / row['ours'])}×)"
        for name, value in row["peers"].items()
    )


def _number(value: float) -> str:
    """Two or three digits."""
    for least, form in ((100, ",.0f"), (10, ".0f"), (1, ".1f"), (0.1, ".2f"), (0, ".3f")):
        if value >= least:
            return format(value, form)
    return str(value)


def main() -> None:
    """Rewrite the document, and draw its figure of costs."""
    text = put(DOCUMENT.read_text(encoding="utf-8"), tables())
    with whole_file(DOCUMENT) as beside:
        beside.write_text(text, encoding="utf-8")
    if costs_figure.MEASUREMENT.is_file():
        costs_figure.main()


if __name__ == "__main__":
    main()
