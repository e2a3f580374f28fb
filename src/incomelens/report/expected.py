"""A finished study beside the numbers that it is expected to give.

``python -m incomelens.report.expected results/demo docs/expected/demo.json`` prints both and ends
with 1 where one differs by more than its tolerance. Tolerances are for another processor, whose
arithmetic rounds differently: on one machine two runs agree to the byte. ``--take`` writes the
study's numbers into the list, after a change that is meant to move them.
"""

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.common.files import whole_file

KEYS = {"means", "table", "where", "column", "value", "tolerance"}


@dataclass(frozen=True)
class Compared:
    """One number of a study beside its expected value.

    Parameters
    ----------
    means : str
        What the number is.
    found, expected, tolerance : float
        In the unit of the number; `expected` is NaN as long as none was taken.
    """

    means: str
    found: float
    expected: float
    tolerance: float

    @property
    def judgement(self) -> str:
        """``as expected``, ``differs``, or ``no expected value yet``."""
        if math.isnan(self.expected):
            return "no expected value yet"
        close = abs(self.found - self.expected) <= self.tolerance
        return "as expected" if close else "differs"

    def __str__(self) -> str:
        known = "" if math.isnan(self.expected) else f" ({self.expected:.3f} ± {self.tolerance:g})"
        return f"  {self.found:7.3f}{known:<18} {self.judgement:<12} {self.means}"


def compare(results: str | Path, expected: str | Path) -> list[Compared]:
    """Look up the numbers of a list in the tables of a study.

    Parameters
    ----------
    results : path
        Folder of the study, ``results/<study>``.
    expected : path
        JSON with the study's name and `numbers`: each has what it `means`, the `table` below
        `results`, `where` (values of columns that single out one row), the `column`, the expected
        `value` (or null) and the absolute `tolerance`.

    Raises
    ------
    InputError
        If the list is not such a one, a table is not there, or a number is not in one row of it.
    """
    return [
        Compared(
            means=number["means"],
            found=_look_up(Path(results), number),
            expected=math.nan if number["value"] is None else float(number["value"]),
            tolerance=float(number["tolerance"]),
        )
        for number in _read(expected)["numbers"]
    ]


def take(results: str | Path, expected: str | Path) -> None:
    """Write the study's own numbers, rounded to six digits, into the list as its expected ones."""
    listed = _read(expected)
    for number in listed["numbers"]:
        number["value"] = float(f"{_look_up(Path(results), number):.6g}")
    with whole_file(expected) as beside:
        text = json.dumps(listed, indent=2, ensure_ascii=False)
        beside.write_text(text + "\n", encoding="utf-8")


def _read(path: str | Path) -> dict:
    try:
        listed = json.loads(Path(path).read_text(encoding="utf-8"))
        broken = [number for number in listed["numbers"] if set(number) != KEYS]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InputError(f"{path} is no list of expected numbers: {error}") from error
    if broken:
        raise InputError(
            f"{path}: a number has the keys {', '.join(sorted(broken[0]))}; "
            f"it needs {', '.join(sorted(KEYS))}"
        )
    return listed


def _look_up(results: Path, number: dict) -> float:
    path = results / number["table"]
    if not path.is_file():
        raise InputError(f"{path} is not there: run the whole study first")
    table = pd.read_csv(path, dtype=str)
    lacking = [name for name in [*number["where"], number["column"]] if name not in table]
    if lacking:
        raise InputError(f"{path} has no column {lacking[0]!r}")
    for column, value in number["where"].items():
        table = table[table[column] == str(value)]
    if len(table) != 1:
        asked = ", ".join(f"{column} {value}" for column, value in number["where"].items())
        raise InputError(f"{path} has {len(table)} rows of {asked} instead of one")
    return float(table[number["column"]].iloc[0])


def main(arguments: list[str] | None = None) -> int:
    """Compare, or take, as the command line says; 1 where a number differs or cannot be found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", help="folder of a finished study")
    parser.add_argument("expected", help="list of its expected numbers")
    parser.add_argument("--take", action="store_true", help="write its numbers into the list")
    options = parser.parse_args(arguments)
    try:
        if options.take:
            take(options.results, options.expected)
        compared = compare(options.results, options.expected)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("\n".join(map(str, compared)) + "\n")
    differing = sum(number.judgement == "differs" for number in compared)
    if differing:
        sys.stdout.write(
            f"{differing} of {len(compared)} numbers differ by more than another processor's "
            "rounding explains: was a setting or the code changed?\n"
        )
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
