"""Checksum, size, and whether the bytes are what their format says."""

import gzip
import hashlib
import html
import os
import re
import struct
import zipfile
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from incomelens.common.errors import DAMAGE, InputError, first_line
from incomelens.sources.fetching.multi_part import SIGNATURE, stated_length
from incomelens.sources.fetching.registry import SourceFile

HEAD = 1 << 16
MAGIC: dict[str, bytes | tuple[bytes, ...]] = {
    "zip": b"PK",
    "xlsx": b"PK",
    "7z": SIGNATURE,
    "7z_first": SIGNATURE,
    "gz": b"\x1f\x8b",
    "gpkg": b"SQLite format 3\x00",
    "parquet": b"PAR1",
    # Of either byte order, and the same with 64-bit offsets (BigTIFF).
    "tif": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    # With its boxes, or the bare code.
    "jp2": (b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"),
}
TEXT = {"csv", "txt", "json"}
# Later parts of a 7z begin anywhere in it; whether all are here and whole is told on unpacking.
ANY_BYTES = {"7z_part"}


def verify(path: str | Path, file: SourceFile, *, synthetic: bool = False) -> str:
    """Hold a file to its entry in the registry, and return its SHA-256.

    Parameters
    ----------
    path : path
        The bytes, wherever they lie.
    file : SourceFile
    synthetic : bool
        The file was made by the workflow and stands in for the real one: checksum and size of the
        registry, which are the real one's, are not compared.

    Raises
    ------
    InputError
        If it is a web page, empty, cut short, of another format, size or checksum; with what was
        expected and what to do.
    """
    path = Path(path)
    _check_is_no_web_page(path, file)
    size = path.stat().st_size
    if size == 0:
        raise InputError(f"{file.label}: the file is empty")
    if not synthetic and file.bytes is not None and size != file.bytes:
        kind = "cut short" if size < file.bytes else "too long"
        raise InputError(
            f"{file.label}: the file is {kind}: {size} bytes instead of {file.bytes}; "
            f"{_remedy(file)}"
        )
    sha256 = checksum(path)
    expected = None if synthetic else file.sha256
    # A right checksum says more than any look at the format, and spares reading the file again.
    if expected is None:
        _check_format(path, file)
    elif sha256 != expected:
        raise InputError(
            f"{file.label}: the checksum differs: sha256 {sha256} instead of {expected}; "
            f"{_remedy(file)}"
        )
    return sha256


def checksum(path: str | Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def page_title(path: str | Path) -> str | None:
    """Title of a web page; empty where it has none, None where the file is no web page."""
    with Path(path).open("rb") as file:
        head = file.read(HEAD).decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    start = head[:1000].lower()
    if not (start.startswith(("<!doctype html", "<html", "<head")) or "<html" in start):
        return None
    title = re.search(r"<title[^>]*>(.*?)</title>", head, flags=re.IGNORECASE | re.DOTALL)
    return " ".join(html.unescape(title[1]).split())[:200] if title else ""


def _check_is_no_web_page(path: Path, file: SourceFile) -> None:
    title = page_title(path)
    if title is None:
        return
    called = f"titled {title!r}" if title else "without a title"
    key = file.secret.environment if file.secret else None
    advice = f"check the key in {key}, and " if key else ""
    raise InputError(
        f"{file.label}: an HTML page {called} came instead of a {file.format} file; "
        f"{advice}see {file.page} whether the address still holds"
    )


def _remedy(file: SourceFile) -> str:
    return (
        f"fetch it again; if it differs again, see {file.page} whether the provider has published "
        "another version, and update config/sources.yaml"
    )


def _check_format(path: Path, file: SourceFile) -> None:
    with path.open("rb") as opened:
        head = opened.read(HEAD)
    magic = MAGIC.get(file.format, b"")
    # Spreadsheets save "Unicode text" in UTF-16, with a mark at its start and NUL in every letter.
    wide = file.format != "json" and head.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    if not head.startswith(magic) or (file.format in TEXT and b"\x00" in head and not wide):
        raise InputError(
            f"{file.label}: not a {file.format} file; it begins with {head[:16]!r}; see {file.page}"
        )
    problem = WHOLE.get(file.format, lambda _: None)(path)
    if problem:
        raise InputError(f"{file.label}: the {file.format} file is cut short or damaged: {problem}")


def _zip_problem(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except DAMAGE as error:
        return first_line(error)
    return f"the entry {damaged} does not match its checksum" if damaged else None


def _seven_zip_problem(path: Path) -> str | None:
    """Compare the length with the start header, which says where the last header ends."""
    expected, size = stated_length(path), path.stat().st_size
    if expected is None:
        return "it ends in its first header"
    return None if size >= expected else f"{size} bytes instead of {expected}"


def _gz_problem(path: Path) -> str | None:
    try:
        with gzip.open(path) as file:
            while file.read(HEAD):
                pass
    except DAMAGE as error:
        return first_line(error)
    return None


def _gpkg_problem(path: Path) -> str | None:
    """Compare the length with the header of SQLite, which says the size and number of pages."""
    with path.open("rb") as file:
        head = file.read(100)
    if len(head) < 100:
        return "it ends in its header"
    page, pages = struct.unpack(">H", head[16:18])[0], struct.unpack(">I", head[28:32])[0]
    # 65,536 does not fit; an old writer leaves the number of pages at that of another change.
    expected = (page if page != 1 else 65_536) * pages if head[24:28] == head[92:96] else 0
    size = path.stat().st_size
    return None if size >= expected else f"{size} bytes instead of {expected}"


def _parquet_problem(path: Path) -> str | None:
    with path.open("rb") as file:
        file.seek(-min(4, path.stat().st_size), os.SEEK_END)
        return None if file.read() == b"PAR1" else "it does not end as Parquet does"


def _json_problem(path: Path) -> str | None:
    """Count brackets, block by block: parsing a national table would take ten times its size."""
    opened = closed = 0
    with path.open("rb") as file:
        for block in _outside_strings(file):
            opened += block.count(b"[") + block.count(b"{")
            closed += block.count(b"]") + block.count(b"}")
    if opened == 0:
        return "it holds no table or object"
    return None if opened == closed else f"{opened} brackets open and {closed} close"


def _outside_strings(file: BinaryIO) -> Iterator[bytes]:
    inside = False
    while block := file.read(HEAD):
        # An escape belongs to one block; escapes are then left out, and quotes only delimit.
        while block.endswith(b"\\") and (more := file.read(1)):
            block += more
        pieces = block.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')
        yield b"".join(pieces[inside::2])
        inside ^= len(pieces) % 2 == 0


WHOLE: dict[str, Callable[[Path], str | None]] = {
    "zip": _zip_problem,
    "xlsx": _zip_problem,
    "7z": _seven_zip_problem,
    "gz": _gz_problem,
    "gpkg": _gpkg_problem,
    "json": _json_problem,
    "parquet": _parquet_problem,
}
