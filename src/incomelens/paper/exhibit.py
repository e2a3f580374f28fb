"""A table or figure of a paper, and how the one script of all of them makes it.

The module of an exhibit has one function, ``exhibit``. Its signature is what the rule has to give:
inputs, read as their annotations say, and settings. What it returns is what the rule writes.
"""

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Protocol, get_args, get_origin, get_type_hints

import pandas as pd
from jinja2 import Environment, StrictUndefined, TemplateError

from incomelens.common.errors import InputError, listed, present
from incomelens.common.files import whole_file
from incomelens.common.names import PROCESS
from incomelens.common.tables import read_table, write_table
from incomelens.paper.names import LEVELS
from incomelens.paper.table import Table

PACKAGE = "incomelens.paper"


class Drawing(Protocol):
    """A figure: see :class:`incomelens.paper.draw.style.PaperFigure`."""

    def write(self, path: str | Path) -> None:
        """Write it in the format of the path's ending."""


class Job(Protocol):
    """What a script knows as ``snakemake``, as far as a caption may need it."""

    rule: str


@dataclass(frozen=True)
class Exhibit:
    """What one table or figure of a paper consists of.

    Parameters
    ----------
    table : Table or DataFrame
        A table for readers, or only the numbers behind a figure.
    figure : Drawing, optional
    more : mapping
        Further numbers, by the name that the rule gives to their file.
    notes : tuple of str
        What is told below the caption of a figure; a table has its own.
    """

    table: Table | pd.DataFrame
    figure: Drawing | None = None
    more: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def noted(self, *notes: str) -> "Exhibit":
        """The same, with more notes to what it has of a table and a figure."""
        table = self.table
        if isinstance(table, Table):
            table = replace(table, notes=(*table.notes, *notes))
        below = notes if self.figure is not None else ()
        return replace(self, table=table, notes=(*self.notes, *below))

    def write(self, files: Mapping[str, str | Path], *, told: Mapping | None = None) -> None:
        """Write all its forms, each whole or not at all, and nothing if one cannot be made.

        Parameters
        ----------
        files : mapping
            Paths by form, in one folder: ``csv`` with full precision and ``json`` with the
            meaning; of a table ``md``, ``tex`` and ``html``; of a figure ``pdf`` and ``png``; and
            those of `more`.
        told : mapping
            What its rule tells of it: ``target``, ``study``, ``caption`` and ``labels`` of the
            table and the figure.

        Raises
        ------
        InputError
            If a form is asked for that it does not have, or one that it has is not.
        """
        numbers = self.table.numbers if isinstance(self.table, Table) else self.table
        tables = {"csv": numbers, **self.more}
        names = {form: Path(path).name for form, path in files.items()}
        meaning = {**(told or {}), **self.meaning(), "files": names}
        if self.notes:
            meaning["caption"] = "\n\n".join([str(meaning["caption"]), *self.notes])
        texts = {"json": json.dumps(meaning, ensure_ascii=False, indent=1) + "\n"}
        texts |= self.table.forms() if isinstance(self.table, Table) else {}
        pictures = [] if self.figure is None else ["pdf", "png"]
        forms = [*tables, *texts, *pictures]
        if set(files) != set(forms):
            raise InputError(
                f"the rule writes {listed(files, most=20)}, and the exhibit has "
                f"{listed(forms, most=20)}; name the rule's outputs so"
            )
        for form, path in files.items():
            if form in tables:
                write_table(tables[form], path)
            elif form in texts:
                with whole_file(path) as beside:
                    beside.write_text(texts[form], encoding="utf-8")
            else:
                present(self.figure).write(path)

    def meaning(self) -> dict[str, object]:
        """What a page has to know of it: whether table, figure or both, and what the table says."""
        table = self.table if isinstance(self.table, Table) else None
        kinds = {"table": table is not None, "figure": self.figure is not None}
        return {
            "kinds": [kind for kind, is_there in kinds.items() if is_there],
            "table": None if table is None else table.meaning(),
        }


def filled_caption(text: str, job: Job) -> str:
    """Fill the places of a caption, such as ``{{ snakemake.params.name }}``.

    Parameters
    ----------
    text : str
        As Snakemake's own report has it: reStructuredText, with Jinja's places.
    job : Job
        What a script knows as ``snakemake``.

    Raises
    ------
    InputError
        If the caption names a parameter or wildcard that its rule does not have.
    """
    # Not HTML: what a caption becomes is escaped where it is laid out.
    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701
    try:
        return environment.from_string(text).render(snakemake=job)
    except TemplateError as error:
        raise InputError(
            f"caption of {job.rule}: {error}; mend workflow/report/, or the rule's params"
        ) from None


def make(
    module: str,
    *,
    inputs: Mapping[str, str | Sequence[str]],
    settings: Mapping[str, object],
    offered: Mapping[str, object],
) -> Exhibit:
    """Read the inputs of a rule, and call the function ``exhibit`` of its module with them.

    Where an input rests on Gaussian processes that are not exact, the exhibit names these.

    Parameters
    ----------
    module : str
        Below `incomelens.paper`, such as ``ssig.table_1``.
    inputs : mapping
        A path, or several, by name. The annotation says how it is read: ``Path`` not at all, a
        class with a method ``read`` by that, a DataFrame as a table; ``... | None`` takes none or
        one of several, ``Sequence[...]`` all.
    settings : mapping
        What the rule's parameters say.
    offered : mapping
        What the function may take or leave: wildcards and the number of threads.

    Raises
    ------
    InputError
        If the rule gives what the function does not take, or the reverse.
    """
    function = import_module(f"{PACKAGE}.{module}").exhibit
    signature = inspect.signature(function)
    taken = {name: value for name, value in offered.items() if name in signature.parameters}
    given = {**taken, **inputs, **settings}
    try:
        signature.bind(**given)
    except TypeError as error:
        raise InputError(
            f"{PACKAGE}.{module}: {error}; the inputs and params of its rule and the parameters of "
            "its function `exhibit` must have the same names"
        ) from None
    hints = get_type_hints(function)
    tables = {name: read(paths, hints[name]) for name, paths in inputs.items()}
    exhibit = function(**given | tables)
    return exhibit.noted(*_approximated(tables.values(), {**offered, **settings}))


def _approximated(inputs: Iterable[object], given: Mapping[str, object]) -> list[str]:
    """Note that names the Gaussian processes behind inputs that are not exact, if any are."""
    every = [one for each in inputs for one in (each if isinstance(each, list) else [each])]
    tables = [one for one in every if isinstance(one, pd.DataFrame) and PROCESS in one]
    named = dict.fromkeys(name for table in tables for name in _processes(table, given))
    return [
        f"Gaussian processes that are approximate, by inducing points: {listed(named, most=9)}."
    ] * bool(named)


def _processes(table: pd.DataFrame, given: Mapping[str, Any]) -> Iterator[str]:
    """Processes that a table names: of the exhibit's task, or each after its level's name."""
    rests = table.dropna(subset=PROCESS)
    for key in {"level", "income"} & set(rests) & set(given):
        rests = rests[rests[key] == given[key]]
    if "level" not in rests or "level" in given:
        yield from rests[PROCESS].unique()
        return
    names = given.get("levels", LEVELS)
    for level, process in rests[["level", PROCESS]].drop_duplicates().to_numpy():
        yield f"{names.get(level, level)}: {process}"


def read(paths: str | Sequence[str], kind: type) -> object:
    """Read an input of a rule as the annotation `kind` says, see :func:`make`."""
    if get_origin(kind) is Sequence:
        return [read(path, get_args(kind)[0]) for path in paths]
    if get_origin(kind) is UnionType:
        kind = next(inner for inner in get_args(kind) if inner is not NoneType)
        return None if not paths else read(paths, kind)
    if not isinstance(paths, str):
        (paths,) = paths
    if kind is Path:
        return Path(paths)
    return read_table(paths) if issubclass(kind, pd.DataFrame) else kind.read(paths)
