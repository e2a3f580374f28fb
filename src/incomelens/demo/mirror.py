"""Writing a mirror: a folder a source, with files named as their providers name them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from incomelens.common.errors import InputError, listed
from incomelens.common.files import whole_file

Contents = dict[tuple[str, str], Callable[[], bytes]]
"""Source and file name to a function that gives the file's content."""


def write_mirror(contents: Contents, files: Sequence[str | Path]) -> None:
    """Write `files` of a mirror, each whole or not at all.

    Parameters
    ----------
    contents : dict
        What the mirror holds; only the contents asked for are made.
    files : sequence of path
        Ending in ``{source}/{file}`` of the registry of sources.

    Raises
    ------
    InputError
        If the mirror has no such file, with those that it has.
    """
    for file in map(Path, files):
        make = contents.get((file.parent.name, file.name))
        if make is None:
            known = listed(("/".join(key) for key in contents), len(contents))
            raise InputError(f"{file}: the synthetic world has no such file; it has {known}")
        with whole_file(file) as beside:
            beside.write_bytes(make())
