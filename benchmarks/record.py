"""What a benchmark found, kept as JSON; `tables.py` makes the tables of docs/methods.md from it."""

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from platform import python_version

from incomelens.common.code_digest import code_digest
from incomelens.common.files import whole_file
from incomelens.report.provenance import git_state, machine

ROOT = Path(__file__).resolve().parents[1]
ALWAYS = ("numpy", "scipy", "torch")
"""Packages whose versions stand beside those of the peers."""
UNTIMED = {Path(__file__).stem}
"""What a benchmark imports from beside it, and does not time."""


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    what : str
        What was done, and how much of it.
    ours : float
    unit : str
        Of all numbers of the row; less is better.
    peers : mapping of str to float
        What others take for the same, by name.
    districts : int, optional
        How many, where a figure draws the row's numbers against them (`costs_figure.py`).
    """

    what: str
    ours: float
    unit: str
    peers: Mapping[str, float] = field(default_factory=dict)
    districts: int | None = None


def add_record(parser: argparse.ArgumentParser) -> None:
    """Let the command line say where the measurement is kept."""
    parser.add_argument("--record", type=Path, help="folder in which the measurement is kept")


def installed(package: str) -> bool:
    """Whether a peer is there to be measured; says so where it is not."""
    found = importlib.util.find_spec(package) is not None
    if not found:
        print(f"{package}: left out, it is not installed", flush=True)
    return found


def timed_code(script: str | Path) -> str:
    """Digest of what a benchmark uses of the package, itself or by modules that lie beside it."""
    scripts, left = [], [Path(script)]
    while left:
        scripts.append(left.pop())
        names = re.findall(r"^(?:from|import) (\w+)", scripts[-1].read_text("utf-8"), re.MULTILINE)
        beside = [scripts[0].with_name(f"{name}.py") for name in names if name not in UNTIMED]
        left += [one for one in beside if one.is_file() and one not in [*scripts, *left]]
    each = "".join(sorted(code_digest(one) for one in scripts))
    return hashlib.sha256(each.encode()).hexdigest()[:16]


def keep(
    rows: Sequence[Row],
    folder: Path | None,
    name: str,
    *,
    script: str | Path,
    title: str,
    clock: str = "processor seconds",
    packages: Sequence[str] = (),
) -> None:
    """Write a measurement to ``<folder>/<name>.json``; nothing where there is no folder.

    Parameters
    ----------
    rows : sequence of Row
    folder : path, optional
    name : str
    script : path
        The benchmark, by whose imports it is known which code was timed.
    title : str
        Of the table.
    clock : str
        What was taken.
    packages : sequence of str
        Whose versions matter: the peers'.
    """
    if folder is None:
        return
    words = [f"benchmarks/{Path(script).name}", *_without_record(sys.argv[1:])]
    content = {
        "title": title,
        "command": shlex.join(["python", *words]),
        "clock": clock,
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine() | {"load": round(os.getloadavg()[0], 1)},
        "versions": {"python": python_version(), **_versions((*ALWAYS, *packages))},
        "code": {**git_state(ROOT), "digest": timed_code(script)},
        "rows": [asdict(row) for row in rows],
    }
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / f"{name}.json") as beside:
        text = json.dumps(content, indent=1, ensure_ascii=False)
        beside.write_text(text + "\n", encoding="utf-8")


def _versions(packages: Sequence[str]) -> dict[str, str]:
    found = {}
    for package in dict.fromkeys(packages):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def _without_record(words: Sequence[str]) -> list[str]:
    """The command line without where the measurement was put, and without paths of this machine."""
    kept, skip = [], False
    for word in words:
        if not skip and word != "--record":
            kept.append(Path(word).name if "/" in word else word)
        skip = word == "--record"
    return kept
