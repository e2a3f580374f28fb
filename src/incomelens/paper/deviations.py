"""Where we read the papers in one of several ways, or depart from them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.common.yaml_files import SCHEMAS, read_yaml
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Table

HEADINGS = {
    "where": "Where",
    "paper_says": "The paper says",
    "we_do": "We do",
    "why": "Why",
    "switch": "Setting",
}


@dataclass(frozen=True)
class Deviation:
    """One reading or departure. `switch` is the configuration key that changes it, or None."""

    id: str
    paper: str
    where: str
    paper_says: str
    we_do: str
    why: str
    switch: str | None


FIELDS = [field.name for field in fields(Deviation)]


def read_deviations(path: str | Path, *, config: Mapping | None = None) -> list[Deviation]:
    """Read `config/deviations.yaml` and check every entry.

    Parameters
    ----------
    path : path
    config : mapping, optional
        A study's configuration; with it, every switch must name one of its keys.

    Raises
    ------
    InputError
        If an entry lacks a field, has an unknown or an empty one, names another paper than
        `aerial` or `district`, repeats an id, or names a switch that the configuration lacks.
    """
    entries = read_yaml(path, schema=SCHEMAS / "deviations.schema.yaml")
    deviations = [Deviation(**entry) for entry in entries]
    repeated = [name for name, n in Counter(d.id for d in deviations).items() if n > 1]
    if repeated:
        raise InputError(f"{path}: the id {repeated[0]!r} stands twice; give each entry its own")
    if config is not None:
        for deviation in deviations:
            _check_switch(deviation, config, path)
    return deviations


def _check_switch(deviation: Deviation, config: Mapping, path: str | Path) -> None:
    value: object = config
    for key in (deviation.switch or "").split(".") if deviation.switch else ():
        if not isinstance(value, Mapping) or key not in value:
            raise InputError(
                f"{path}: {deviation.id}: the configuration has no key {deviation.switch!r}; "
                "name an existing key or write null"
            )
        value = value[key]


def deviations_exhibit(deviations: Sequence[Deviation], *, paper: str) -> Exhibit:
    """Every reading of a paper (`district` or `aerial`) and every departure from it, in order."""
    entries = [asdict(deviation) for deviation in deviations if deviation.paper == paper]
    numbers = pd.DataFrame(entries, columns=FIELDS)
    table = Table(
        numbers=numbers,
        shown=numbers[list(HEADINGS)].rename(columns=HEADINGS),
        caption=f"Readings of the {paper} paper, and departures from it.",
        notes=("From config/deviations.yaml.",),
        printed=[HEADINGS["paper_says"]],
    )
    return Exhibit(table)
