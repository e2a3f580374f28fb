"""Zip and 7z archives of given content, to the byte the same on every run."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import py7zr
from py7zr.helpers import ArchiveTimestamp

WRITTEN = (2019, 4, 15, 16, 4, 0)  # of every file in an archive
WRITTEN_SECONDS = 1_555_344_240.0


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Zip archive of files by name; content that is packed already is stored as it is."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            stored = name.endswith((".zip", ".7z"))
            method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, WRITTEN), content, method)
    return packed.getvalue()


def seven_zipped(files: Mapping[str, bytes], *, compress: bool = True) -> bytes:
    """7z archive of files by name.

    Parameters
    ----------
    files : mapping of str to bytes
    compress : bool
        False where the content is compressed already, as images are.
    """
    filters = [{"id": py7zr.FILTER_LZMA2, "preset": 6} if compress else {"id": py7zr.FILTER_COPY}]
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w", filters=filters) as archive:
        for name, content in files.items():
            archive.writestr(content, name)
        date = ArchiveTimestamp.from_datetime(WRITTEN_SECONDS)
        for entry in archive.files.files_list:
            for kind in ("creationtime", "lastwritetime", "lastaccesstime"):
                entry[kind] = date
    return packed.getvalue()


def volumes(content: bytes, n: int) -> list[bytes]:
    """Cut an archive into `n` volumes of equal length; 7z joins ``.001``, ``.002``, ... again."""
    length = -(-len(content) // n)
    return [content[start : start + length] for start in range(0, n * length, length)]


def folder_files(folder: str | Path) -> dict[str, bytes]:
    """Read every file below a folder by its name there, in order of the names."""
    root = Path(folder)
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
