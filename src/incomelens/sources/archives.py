"""Unpacking without leaving the folder."""

import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

import py7zr

from incomelens.common.errors import InputError

MOST_BYTES = 400_000_000_000
# Deflate cannot do better than about 1030; real tables, shapefiles and images stay below 50.
MOST_RATIO = 200
FREE_OF_RATIO = 10_000_000


@dataclass(frozen=True)
class _Entry:
    """What an archive says of one entry, before anything is unpacked."""

    name: str
    size: int
    is_link: bool = False
    is_encrypted: bool = False


def unpack_zip(
    archive: str | Path, folder: str | Path, *, most_bytes: int = MOST_BYTES
) -> list[Path]:
    """Unpack a zip archive into a new `folder`, whole or not at all.

    Parameters
    ----------
    archive : path
    folder : path
        Replaced where it is there.
    most_bytes : int
        Refuse archives that unpack to more.

    Returns
    -------
    list of path
        The files, in the order of the archive.

    Raises
    ------
    InputError
        If an entry points outside the folder, is a link or encrypted; if the archive unpacks to far
        more than its own size; if it is damaged. Nothing is left behind.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            _check(archive, map(_zip_entry, opened.infolist()), most_bytes)
            with _whole_folder(folder) as beside:
                opened.extractall(beside)
            return [Path(folder) / one.filename for one in opened.infolist() if not one.is_dir()]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise InputError(f"{archive}: not a sound zip archive ({error}); fetch it again") from None


def unpack_7z(
    archive: str | Path, folder: str | Path, *, most_bytes: int = MOST_BYTES
) -> list[Path]:
    """Unpack a 7z archive into a new `folder`; otherwise as :func:`unpack_zip`."""
    try:
        with py7zr.SevenZipFile(archive) as opened:
            listing = opened.list()
            _check(
                archive,
                (_Entry(one.filename, one.uncompressed or 0, one.is_symlink) for one in listing),
                most_bytes,
            )
            with _whole_folder(folder) as beside:
                opened.extractall(beside)
            return [Path(folder) / one.filename for one in listing if not one.is_directory]
    except (py7zr.exceptions.ArchiveError, EOFError) as error:
        raise InputError(f"{archive}: not a sound 7z archive ({error}); fetch it again") from None


def _zip_entry(info: zipfile.ZipInfo) -> _Entry:
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    return _Entry(info.filename, info.file_size, is_link, bool(info.flag_bits & 1))


def _check(archive: str | Path, entries: Iterable[_Entry], most_bytes: int) -> None:
    total = 0
    for entry in entries:
        if _leaves(entry.name):
            raise InputError(
                f"{archive}: the entry {entry.name!r} points outside its folder; nothing was "
                "unpacked; do not use this archive"
            )
        if entry.is_link:
            raise InputError(f"{archive}: the entry {entry.name!r} is a link; nothing was unpacked")
        if entry.is_encrypted:
            raise InputError(f"{archive}: the entry {entry.name!r} is encrypted; unpack it by hand")
        total += entry.size
    packed = Path(archive).stat().st_size
    if total > most_bytes or (total > FREE_OF_RATIO and total > MOST_RATIO * packed):
        raise InputError(
            f"{archive}: {packed} bytes would unpack to {total}, more than {MOST_RATIO} times as "
            f"much or more than {most_bytes} bytes; nothing was unpacked"
        )


def _leaves(name: str) -> bool:
    """Whether a name is absolute or climbs, read as a POSIX and as a Windows path."""
    return any(
        path.is_absolute() or bool(path.anchor) or ".." in path.parts
        for path in (PurePosixPath(name), PureWindowsPath(name))
    )


@contextmanager
def _whole_folder(folder: str | Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder`; move it there once the block has ended well."""
    folder = Path(folder)
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    beside.mkdir(parents=True)
    try:
        yield beside
        if folder.exists():
            shutil.rmtree(folder)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
