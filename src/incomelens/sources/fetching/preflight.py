"""What is missing, told before any job runs."""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from incomelens.common.errors import InputError, listed
from incomelens.sources.fetching.keys import missing_key, public_address
from incomelens.sources.fetching.origins import Origin, Places, fetched_path, locate
from incomelens.sources.fetching.registry import MEGABYTE, SourceFile
from incomelens.sources.readers.companions import IMAGES, companions, folder_index

STATES = {
    "demo": "made by the study",
    "mirror": "from the mirror",
    "manual": "put by hand",
    "provider": "to download",
}


@dataclass(frozen=True)
class Row:
    """One file: whether it is there, and where it comes from otherwise."""

    file: str
    state: str
    bytes: int | None
    place: str


@dataclass(frozen=True)
class Preflight:
    """What a study needs, what of it is there, and what a person has to do first.

    Of the bytes that are `needed`, `raw` are those of raw files.
    """

    rows: Sequence[Row]
    problems: Sequence[str]
    notes: Sequence[str]
    needed: int
    raw: int
    free: int
    results: str

    def text(self) -> str:
        """Table of all files, disk needed and notes; without the problems.

        What is free changes from minute to minute and stands in :meth:`room`.
        """
        cells = [(row.state, row.file, _size(row.bytes), row.place) for row in self.rows]
        widths = [max((len(cell[i]) for cell in cells), default=0) for i in range(3)]
        lines = [
            f"{state:<{widths[0]}}  {file:<{widths[1]}}  {size:>{widths[2]}}  {place}"
            for state, file, size, place in cells
        ]
        disk = f"disk: {_size(self.needed)} needed at {self.results}"
        return "\n".join([*lines, disk, *(f"note: {note}" for note in self.notes)]) + "\n"

    def room(self) -> str:
        """Space that is free where the study will be."""
        return f"{_size(self.free)} free at {self.results}"

    def with_problems(self, problems: Iterable[str]) -> "Preflight":
        """The same with more that a person has to do."""
        return replace(self, problems=[*self.problems, *problems])

    def raise_if_missing(self) -> None:
        """End with the list of what a person has to do, if there is anything."""
        if self.problems:
            listing = "\n".join(f"  {i}. {text}" for i, text in enumerate(self.problems, start=1))
            raise InputError(f"{len(self.problems)} to mend before the study can run:\n{listing}")


def preflight(
    files: Iterable[SourceFile],
    *,
    places: Places,
    results: str | Path,
    own_files: Iterable[str | Path] = (),
    results_mb: float = 0.0,
    notes: Iterable[str] = (),
    environment: Mapping[str, str] = os.environ,
) -> Preflight:
    """Look up, without asking the network, everything a study needs before it can run.

    Parameters
    ----------
    files : iterable of SourceFile
        Files of the registry that the study needs.
    places : Places
        Where they are looked for.
    results : path
        Folder of the study; files that are fetched already lie in ``sources/`` there.
    own_files : iterable of path
        The user's own tables and other files that must be there.
    results_mb : float
        What the study writes beside the raw files, in MB.
    notes : iterable of str
        What a reader should know besides.
    environment : mapping
        Where keys of providers are looked up.
    """
    files = list(files)
    rows, problems, to_download = [], [], []
    for file in files:
        fetched = fetched_path(file, results)
        if fetched.is_file():
            rows.append(Row(file.label, "there", fetched.stat().st_size, str(fetched)))
            continue
        try:
            origin = locate(file, places)
        except InputError as error:
            problems.append(str(error))
            rows.append(Row(file.label, "MISSING", file.likely_bytes, file.page))
            continue
        rows.append(_row(file, origin))
        to_download += [file] if origin.kind == "provider" else []
    own_rows = [_own_row(Path(path)) for path in own_files]
    problems += [_own_problem(row) for row in own_rows if row.state == "MISSING"]
    missing_keys, notes_on_keys = _keys(to_download, environment)
    notes = [*notes, *notes_on_keys, *_left_beside(rows, files)]
    unknown = [row.file for row in rows if row.state != "there" and row.bytes is None]
    if unknown:
        notes.append(f"{len(unknown)} file(s) of unknown size are not counted in the disk needed")
    raw = sum(row.bytes or 0 for row in rows if row.state != "there")
    needed = int(results_mb * MEGABYTE) + raw
    free = shutil.disk_usage(_existing(Path(results))).free
    problems += missing_keys + _disk_problem(needed, free, results)
    return Preflight([*rows, *own_rows], problems, notes, needed, raw, free, str(results))


def _row(file: SourceFile, origin: Origin) -> Row:
    # A synthetic file is small whatever its namesake weighs.
    size = 0 if origin.kind == "demo" else file.likely_bytes
    if not origin.is_remote and Path(origin.address).is_file():
        size = Path(origin.address).stat().st_size
    return Row(file.label, STATES[origin.kind], size, public_address(origin.address))


def _own_row(path: Path) -> Row:
    exists = path.exists()
    size = path.stat().st_size if path.is_file() else None
    return Row(path.name, "there" if exists else "MISSING", size, str(path))


def _own_problem(row: Row) -> str:
    return (
        f"{row.place}: there is no such file; put your table there, or say in the configuration "
        "where it is (`data_dir` and the name of the table)"
    )


def _left_beside(rows: Sequence[Row], files: Sequence[SourceFile]) -> list[str]:
    """Note on masks, world files and the like that lie beside images and would stay there."""
    named = {file.name for file in files}
    images = [Path(row.place) for row in rows if row.file.lower().endswith(IMAGES)]
    folders = {folder for image in images if (folder := image.parent).is_dir()}
    beside = {folder: folder_index(folder) for folder in folders}
    left_out = [
        name
        for image in images
        for name in companions(image.name, beside.get(image.parent, {}))
        if name not in named
    ]
    if not left_out:
        return []
    return [
        f"{listed(left_out)} beside images in {listed(sorted(folders))} will not be read; add them "
        "to the `files` of their source in the registry"
    ]


def _keys(
    files: Iterable[SourceFile], environment: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Missing required keys and notes on the others, once a key, never a value."""
    problems, notes = {}, {}
    for file in files:
        secret = file.secret
        if secret is None:
            continue
        if environment.get(secret.environment, "").strip():
            notes[secret] = f"the key {secret.environment} is set"
        elif secret.required:
            problems[secret] = f"{file.source}: {missing_key(secret)}"
        else:
            notes[secret] = f"optional: {missing_key(secret)}"
    return list(problems.values()), list(notes.values())


def _disk_problem(needed: int, free: int, results: str | Path) -> list[str]:
    if needed <= free:
        return []
    return [
        f"{results}: the study needs {_size(needed)} and {_size(free)} are free; make room, or let "
        "results/ be a link to a larger disk"
    ]


def _existing(folder: Path) -> Path:
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def _size(number: int | None) -> str:
    if number is None:
        return "? MB"
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / MEGABYTE:.1f} MB"
