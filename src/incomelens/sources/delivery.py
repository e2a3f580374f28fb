"""What a provider delivers: one file, or a folder of them in one or more layers of archives."""

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from incomelens.common.errors import InputError
from incomelens.sources.archives import archive_members, is_archive, unpack

logger = logging.getLogger(__name__)

MOST_LAYERS = 4  # zip in zip, 7z in zip: no provider goes deeper

Choice = Callable[[Sequence[str]], Sequence[str]]
"""Chooses names among those of an archive or folder: files to read, archives to open."""


@contextmanager
def unpacked(path: str | Path, choose: Choice) -> Iterator[list[Path]]:
    """Yield the files of a delivery that are wanted, every layer of archives opened.

    Parameters
    ----------
    path : path
        A file, a zip or 7z (of archives), or a folder that holds them.
    choose : callable
        Given the names in an archive, those to unpack: only they are written, to a temporary
        folder that is gone after the block.

    Yields
    ------
    list of path
        Sorted, so that the order of an archive does not matter.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: there is no such file")
    with tempfile.TemporaryDirectory(prefix="incomelens-") as folder:
        yield sorted(_files(path, choose, Path(folder), MOST_LAYERS))


def _files(path: Path, choose: Choice, folder: Path, layers: int) -> Iterator[Path]:
    if path.is_dir():
        # Named from the folder above: the folder itself can tell what it is (a .gdb, a city).
        inside = [file for file in sorted(path.rglob("*")) if file.is_file()]
        names = choose([file.relative_to(path.parent).as_posix() for file in inside])
        for number, name in enumerate(names):
            yield from _files(path.parent / name, choose, folder / str(number), layers)
    elif not is_archive(path):
        yield path
    elif layers == 0:
        raise InputError(
            f"{path.name}: an archive in more than {MOST_LAYERS} others; unpack the delivery by "
            "hand and give its folder"
        )
    else:
        yield from _members(path, choose, folder, layers)


def _members(archive: Path, choose: Choice, folder: Path, layers: int) -> Iterator[Path]:
    chosen = choose(archive_members(archive))
    logger.info("%s: %d files are unpacked", archive.name, len(chosen))
    inside = folder / f"{archive.name}.unpacked"
    for file in unpack(archive, inside, members=chosen):
        yield from _files(file, choose, file.parent, layers - 1)
        if is_archive(file):
            file.unlink()
