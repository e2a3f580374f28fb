"""One page that sets a study beside another, or a run beside another run.

``python -m incomelens.report.against results/demo results/other`` writes
``results/demo/against-other.html``, which needs no network (``make report STUDY=demo
AGAINST=other``).
"""

import argparse
import base64
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from incomelens.common.errors import InputError, listed
from incomelens.paper.forms import Cells
from incomelens.paper.forms import html as html_table
from incomelens.report.differences import Differences, differences, setting_differences
from incomelens.report.page import inside, templates, write_page

MOST_ROWS = 40  # of a table; the download has them all
SAME_NAME = ("this run", "the other run")
Exhibits = dict[str, tuple[Mapping, Path]]


@dataclass(frozen=True)
class Compared:
    """A table or figure that both have and whose numbers differ."""

    anchor: str
    label: str
    found: Differences
    table: Markup
    names: tuple[str, str]

    @property
    def summary(self) -> str:
        """How much of it differs."""
        return f"{len(self.found.cells):,} of {self.found.n_cells:,} cells differ"

    @property
    def notes(self) -> list[str]:
        """What only one of the two has, and how much of the rest is shown."""
        told = [
            f"Only {name} has the column{'s' if len(columns) > 1 else ''} {listed(columns, most=9)}"
            for name, columns in zip(self.names, self.found.lone_columns, strict=True)
            if columns
        ]
        told += [
            f"Only {name} has {n:,} of the rows"
            for name, n in zip(self.names, self.found.lone_rows, strict=True)
            if n
        ]
        n_rows = self.found.cells["row"].nunique()
        if n_rows > MOST_ROWS:
            told.append(f"The first {MOST_ROWS} of {n_rows:,} rows that differ are shown")
        return told


def comparison_page(results: str | Path, other: str | Path) -> str:
    """Page that sets the numbers of two finished studies side by side.

    Parameters
    ----------
    results, other : path
        Folders of studies, ``results/<study>``.

    Returns
    -------
    str
        HTML with styles and data inside.

    Raises
    ------
    InputError
        If one holds no table or figure.
    """
    folders = Path(results), Path(other)
    mine, others = (_exhibits(folder) for folder in folders)
    names = (folders[0].name, folders[1].name)
    if names[0] == names[1]:
        names = SAME_NAME
    apart, same = [], []
    for key in (key for key in mine if key in others):
        found = differences(_numbers(*mine[key]), _numbers(*others[key]))
        label = _label(mine[key][0])
        if found.none:
            same.append(label)
        else:
            table = _shown(found, names, label)
            apart.append(Compared(key.replace("/", "-"), label, found, table, names))
    lone = [
        (_label(told), f"only {name}")
        for name, own, theirs in ((names[0], mine, others), (names[1], others, mine))
        for key, (told, _) in own.items()
        if key not in theirs
    ]
    return (
        templates()
        .get_template("against.html")
        .render(
            one=names[0],
            other=names[1],
            apart=apart,
            same=same,
            lone=lone,
            why=_why(*folders, names),
            all_differences=_all_differences(apart),
            style=Markup(inside("style.css")),  # noqa: S704 - our own file
        )
    )


def _exhibits(folder: Path) -> Exhibits:
    """What every table and figure of a study tells of itself, with its place, by its name."""
    found: Exhibits = {}
    for path in sorted((folder / "paper").glob("*/*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        if "labels" in told and "csv" in told.get("files", {}):
            found[f"{path.parent.name}/{path.stem}"] = (told, path)
    if not found:
        raise InputError(
            f"{folder}: no table or figure lies in {folder / 'paper'}; expected the results of a "
            "finished study, such as results/demo"
        )
    return found


def _numbers(told: Mapping, path: Path) -> pd.DataFrame:
    table = path.with_name(told["files"]["csv"])
    try:
        return pd.read_csv(table, dtype=str, keep_default_na=False)
    except pd.errors.EmptyDataError:  # an exhibit of which the study has nothing
        return pd.DataFrame()
    except (OSError, ValueError) as error:
        raise InputError(f"{table}: cannot be read ({error}); run its study again") from error


def _label(told: Mapping) -> str:
    return f"{told['study']}: {next(iter(told['labels'].values()))}"


def _shown(found: Differences, names: tuple[str, str], label: str) -> Markup:
    """Rows that differ: what tells them apart, then each differing column of both."""
    rows = found.cells["row"].drop_duplicates().sort_values()[:MOST_ROWS]
    cells = found.cells[found.cells["row"].isin(rows)]
    if cells.empty:
        return Markup()
    columns: dict[str, pd.Series] = {}
    keys = found.keys.loc[rows]
    for name in keys:
        # A text that all rows share tells none apart; one that differs is shown with the others.
        if (keys[name] != keys[name].iloc[0]).any() and name not in set(cells["column"]):
            columns[name] = keys[name]
    for name, of_column in cells.groupby("column", sort=False):
        by_row = of_column.set_index("row").reindex(rows)
        columns[f"{name}: {names[0]}"] = by_row["one"].map(_short)
        columns[f"{name}: {names[1]}"] = by_row["other"].map(_short)
        if by_row["difference"].notna().any():
            columns[f"{name}: difference"] = by_row["difference"].map(_signed)
    text = pd.DataFrame(columns).fillna("")
    right = [name not in keys for name in text]
    caption = f"{label}, rows that differ."
    return Markup(html_table(Cells(text, right=right), caption=caption, notes=()))  # noqa: S704 - cells are escaped


def _short(value: float | str) -> str:
    if pd.isna(value):
        return ""
    try:
        return f"{float(value):.5g}"
    except ValueError:
        return str(value)


def _signed(value: float) -> str:
    return "" if pd.isna(value) else f"{value:+.3g}"


def _why(one: Path, other: Path, names: tuple[str, str]) -> Markup:
    """Settings, code and packages that differ, where both say how they came about."""
    told = [folder / "provenance.json" for folder in (one, other)]
    lacking = [str(path) for path in told if not path.is_file()]
    if lacking:
        return Markup("<p>{} is not there, which tells how a study came about.</p>").format(
            listed(lacking)
        )
    mine, others = (_came_about(json.loads(path.read_text(encoding="utf-8"))) for path in told)
    found = setting_differences(mine, others)
    if not found:
        return Markup()
    text = pd.DataFrame(found, columns=["What", *names])
    cells = Cells(text, right=[False] * 3)
    return Markup(html_table(cells, caption="What else differs.", notes=()))  # noqa: S704 - cells are escaped


def _came_about(provenance: Mapping) -> dict:
    return {
        "setting": provenance["configuration"],
        "code": {name: provenance["code"].get(name) for name in ("commit", "sha256")},
        "package": provenance["software"]["packages"],
        "Python": provenance["software"]["python"],
    }


def _all_differences(apart: list[Compared]) -> str:
    """Address (``data:``) of a CSV of every differing cell."""
    parts = [one.found.cells.assign(exhibit=one.anchor) for one in apart]
    names = ["exhibit", "row", "column", "one", "other", "difference"]
    table = pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)
    text = table.to_csv(index=False).encode("utf-8")
    return f"data:text/csv;base64,{base64.b64encode(text).decode('ascii')}"


def main(arguments: list[str] | None = None) -> int:
    """Write the page that the command line asks for; 1 where a study is not there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", type=Path, help="folder of a finished study")
    parser.add_argument("other", type=Path, help="folder of the study that it is set beside")
    options = parser.parse_args(arguments)
    try:
        page = comparison_page(options.results, options.other)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    path = options.results / f"against-{options.other.resolve().name}.html"
    write_page(page, path)
    sys.stdout.write(f"Open {path} in a browser; it needs no network\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
