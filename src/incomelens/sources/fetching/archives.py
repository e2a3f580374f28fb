"""Unpacking without leaving the folder: zip, 7z, and 7z in several parts."""

import io
import shutil
import stat
import zipfile
from collections.abc import Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import TemporaryDirectory

import multivolumefile
import py7zr
from py7zr.io import Py7zIO, WriterFactory

from incomelens.common.errors import InputError, damage_told, listed
from incomelens.common.files import beside_of, discard_leftovers
from incomelens.sources.fetching.multi_part import PART, parts_of
from incomelens.sources.fetching.stray_files import is_stray, sorted_out

MOST_BYTES = 400_000_000_000
# Deflate cannot do better than about 1030; real tables, shapefiles and images stay below 50.
MOST_RATIO = 200
FREE_OF_RATIO = 10_000_000


@dataclass(frozen=True)
class _Entry:
    """What an archive says of one entry, before anything is unpacked."""

    name: str
    size: int
    is_folder: bool = False
    is_link: bool = False
    is_encrypted: bool = False


def is_archive(name: str | Path) -> bool:
    """Whether a file is named like a zip, a 7z or the first part of a 7z."""
    name = Path(name).name.lower()
    part = PART.match(name)
    return name.endswith((".zip", ".7z")) or bool(part and int(part["number"]) == 1)


def archive_members(archive: str | Path) -> list[str]:
    """Names of the files in an archive (zip, 7z, first part of a 7z), in its order.

    Empty ones and those that systems leave behind (``__MACOSX/``, ``Thumbs.db``) are left out.

    Raises
    ------
    InputError
        If the archive is damaged or a part is missing.
    """
    if _is_zip(archive):
        with _sound_zip(archive) as opened:
            entries = [_zip_entry(info) for info in opened.infolist()]
    else:
        with _sound_7z(archive) as opened:
            entries = _seven_zip_entries(opened)
    sizes = [(entry.name, entry.size) for entry in entries if not entry.is_folder]
    return sorted_out(sizes, where=Path(archive).name)


def unpack(
    archive: str | Path,
    folder: str | Path,
    *,
    members: Collection[str] | None = None,
    most_bytes: int = MOST_BYTES,
) -> list[Path]:
    """Unpack a zip, a 7z or a 7z in parts (its first part) by its name: see :func:`unpack_zip`."""
    unpacker = unpack_zip if _is_zip(archive) else unpack_7z
    return unpacker(archive, folder, members=members, most_bytes=most_bytes)


def unpack_zip(
    archive: str | Path,
    folder: str | Path,
    *,
    members: Collection[str] | None = None,
    most_bytes: int = MOST_BYTES,
) -> list[Path]:
    """Unpack a zip archive into a new `folder`, whole or not at all.

    Parameters
    ----------
    archive : path
    folder : path
        Replaced where it is there.
    members : collection of str, optional
        Names of the entries to unpack; by default all that no system left behind.
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
        more than its own size; if it is damaged or has no such member. Nothing is left behind.
    """
    with _sound_zip(archive) as opened:
        entries = _chosen(archive, map(_zip_entry, opened.infolist()), members)
        _check(archive, entries, most_bytes, packed=Path(archive).stat().st_size)
        with whole_folder(folder) as beside:
            opened.extractall(beside, [entry.name for entry in entries])
        return [Path(folder) / entry.name for entry in entries if not entry.is_folder]


def unpack_7z(
    archive: str | Path,
    folder: str | Path,
    *,
    members: Collection[str] | None = None,
    most_bytes: int = MOST_BYTES,
) -> list[Path]:
    """Unpack a 7z archive into a new `folder`; otherwise as :func:`unpack_zip`.

    Of an archive in parts (``NAME.7z.001``, ...) the first is given; a missing part is told before
    anything is unpacked.
    """
    with _sound_7z(archive) as opened:
        entries = _chosen(archive, _seven_zip_entries(opened), members)
        packed = sum(part.stat().st_size for part in parts_of(archive))
        _check(archive, entries, most_bytes, packed=packed)
        with whole_folder(folder) as beside:
            if entries:
                opened.extract(beside, targets=[entry.name for entry in entries])
        return [Path(folder) / entry.name for entry in entries if not entry.is_folder]


def member_heads(
    archive: str | Path, members: Collection[str], *, n_bytes: int = 1 << 16
) -> dict[str, bytes]:
    """First bytes of some members of an archive, read in one pass and kept in memory.

    Parameters
    ----------
    archive : path
    members : collection of str
    n_bytes : int
        How many bytes of each to keep.
    """
    if _is_zip(archive):
        with _sound_zip(archive) as opened:
            entries = _chosen(archive, map(_zip_entry, opened.infolist()), members)
            return {entry.name: opened.open(entry.name).read(n_bytes) for entry in entries}
    with _sound_7z(archive) as opened:
        entries = _chosen(archive, _seven_zip_entries(opened), members)
        heads = _Heads({}, n_bytes)
        opened.extract(targets=[entry.name for entry in entries], factory=heads)
    return {name: bytes(head) for name, head in heads.kept.items()}


@contextmanager
def whole_folder(folder: str | Path) -> Generator[Path]:
    """Yield an empty folder beside `folder`; move it there once the block has ended well."""
    folder = Path(folder)
    discard_leftovers(folder)
    beside = beside_of(folder)
    beside.mkdir(parents=True)
    try:
        yield beside
        if folder.exists():
            shutil.rmtree(folder)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _is_zip(archive: str | Path) -> bool:
    return Path(archive).name.lower().endswith(".zip")


@contextmanager
def _sound_zip(archive: str | Path) -> Generator[zipfile.ZipFile]:
    with (
        damage_told(lambda why: f"{archive}: not a sound zip archive ({why}); fetch it again"),
        zipfile.ZipFile(archive) as opened,
    ):
        # Of nothing the checksum is 0; zipfile does not compare it where it reads no byte.
        hollow = [
            entry.filename
            for entry in opened.infolist()
            if not entry.is_dir()  # some writers give folders a size
            and (
                (entry.CRC and not entry.file_size) or (entry.file_size and not entry.compress_size)
            )
        ]
        if hollow:
            raise zipfile.BadZipFile(f"{listed(hollow)} has no bytes, and should have")
        yield opened


@contextmanager
def _sound_7z(archive: str | Path) -> Generator[py7zr.SevenZipFile]:
    def unsound(why: str) -> str:
        return f"{archive}: not a sound 7z archive ({why}); fetch it again"

    with damage_told(unsound, own=(py7zr.exceptions.ArchiveError,)):
        try:
            with _opened_7z(archive) as opened:
                yield opened
        except py7zr.exceptions.PasswordRequired:
            raise InputError(f"{archive}: the archive is encrypted; unpack it by hand") from None
        except py7zr.exceptions.CrcError as error:
            entry = f"the entry {error.filename!r}" if error.filename else "an entry"
            raise InputError(unsound(f"{entry} does not match its checksum")) from None


@contextmanager
def _opened_7z(archive: str | Path) -> Generator[py7zr.SevenZipFile]:
    parts = parts_of(archive)
    if len(parts) == 1 and not PART.match(parts[0].name):
        with py7zr.SevenZipFile(archive) as opened:
            yield opened
        return
    # The library takes every file that begins like the archive, so that the parts need a folder
    # without the records that lie beside them.
    with TemporaryDirectory(prefix="incomelens-") as folder:
        for number, part in enumerate(parts):
            Path(folder, f"parts.{number:04d}").symlink_to(part.resolve())
        joined = multivolumefile.MultiVolume(Path(folder, "parts"), "rb")
        # Buffered, because one read may not stop at the end of a part.
        with io.BufferedReader(joined) as whole, py7zr.SevenZipFile(whole) as opened:
            yield opened


def _zip_entry(info: zipfile.ZipInfo) -> _Entry:
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    return _Entry(info.filename, info.file_size, info.is_dir(), is_link, bool(info.flag_bits & 1))


def _seven_zip_entries(opened: py7zr.SevenZipFile) -> list[_Entry]:
    return [
        _Entry(entry.filename, entry.uncompressed or 0, entry.is_directory, entry.is_symlink)
        for entry in opened.list()
    ]


def _chosen(
    archive: str | Path, entries: Iterable[_Entry], members: Collection[str] | None
) -> list[_Entry]:
    entries = list(entries)
    if members is None:
        return [entry for entry in entries if not is_stray(entry.name)]
    wanted = set(members)
    absent = sorted(wanted - {entry.name for entry in entries})
    if absent:
        raise InputError(f"{archive}: holds no {listed(absent)}; fetch it again or list it anew")
    return [entry for entry in entries if entry.name in wanted]


def _check(archive: str | Path, entries: Sequence[_Entry], most_bytes: int, *, packed: int) -> None:
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


class _Head(Py7zIO):
    """Takes a whole member and keeps its beginning."""

    def __init__(self, kept: bytearray, most: int) -> None:
        self._kept, self._most, self._size = kept, most, 0

    def write(self, s: bytes | bytearray) -> int:
        self._kept.extend(s[: max(0, self._most - len(self._kept))])
        self._size += len(s)
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        return bytes(self._kept[:size])

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        pass

    def size(self) -> int:
        return self._size


@dataclass(frozen=True)
class _Heads(WriterFactory):
    """Makes a :class:`_Head` for every member that is read."""

    kept: dict[str, bytearray]
    most: int

    def create(self, filename: str) -> _Head:
        return _Head(self.kept.setdefault(filename, bytearray()), self.most)
