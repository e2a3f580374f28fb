"""Files that are written whole or not at all."""

import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: str | Path) -> Generator[Path]:
    """Yield a path beside `path` to write to; move it there once the block has ended well.

    A job that is killed or fails leaves nothing that looks finished: readers see the old file, or
    none, or the whole new one. The temporary name keeps the ending, because writers such as
    matplotlib and pyogrio choose the format by it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    discard_leftovers(path)
    beside = beside_of(path)
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def beside_of(path: str | Path) -> Path:
    """Where this process writes what is to become `path`, a file or a folder."""
    path = Path(path)
    return path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")


def discard_leftovers(path: str | Path) -> None:
    """Remove what processes that were killed have left beside `path`.

    Only one job writes a path at a time, so that nothing of a living process is met.
    """
    path = Path(path)
    name = re.compile(rf"\.{re.escape(path.stem)}\.\d+\.part{re.escape(path.suffix)}")
    for leftover in path.parent.glob(".*.part*"):
        if not name.fullmatch(leftover.name):
            continue
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def set_aside(path: str | Path) -> Path:
    """Rename a file or folder to ``<name>.damaged``, over an older one, and return its new path."""
    path = Path(path)
    aside = path.with_name(path.name + ".damaged")
    if aside.is_dir():
        shutil.rmtree(aside)
    else:
        aside.unlink(missing_ok=True)
    return path.rename(aside)
