"""The encoding of a text, found from all of its bytes."""

import gzip
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from io import BufferedIOBase
from pathlib import Path
from typing import TextIO

from incomelens.common.errors import InputError

ENCODINGS = {"utf-16": "UTF-16", "cp1252": "Windows-1252", "mac_roman": "Mac Roman"}
"""Names of the encodings other than UTF-8, for messages."""

BLOCK = 1 << 20  # bytes or characters at a time

# A letter of UTF-8 outside ASCII: what a text in Windows-1252 hardly ever holds.
_UTF8_LETTER = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xec][\x80-\xbf]{2}")


def _bytes(path: Path) -> BufferedIOBase:
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")


def open_text(path: Path, encoding: str) -> TextIO:
    """Open a text, packed by gzip or not, its line ends untouched."""
    # Line ends are left to the csv module, which knows those within quotation marks.
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def encoding_of(path: Path) -> str:
    """Encoding in which every character of a file can be read, as Python calls it.

    UTF-8; UTF-16 where its mark starts the file; else Windows-1252, or Mac Roman where lines end as
    on old Macintoshes: both read nearly any bytes, so the caller tells.

    Raises
    ------
    InputError
        If the file is empty, no text, damaged, or mixes encodings.
    """
    with _bytes(path) as file:
        head = file.read(BLOCK)
    _check_is_text(path, head)
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        # Excel's "CSV (Macintosh)" is the one that ends lines with carriage returns alone.
        candidates = ["utf-8-sig", "mac_roman" if b"\r" in head and b"\n" not in head else "cp1252"]
    for encoding in candidates:
        try:
            _check_characters(path, encoding)
        except UnicodeDecodeError:
            if encoding == "utf-8-sig":
                _check_is_one_encoding(path)
        else:
            return encoding
    tried = " nor ".join(ENCODINGS.get(encoding, "UTF-8") for encoding in candidates)
    raise InputError(
        f"{path.name}: holds characters that are not {tried}; save the table as UTF-8 (in "
        "spreadsheets: CSV UTF-8)"
    )


def _check_is_text(path: Path, head: bytes) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise InputError(f"{path.name}: is empty; expected a row of headings and rows of data")
    kinds = {
        b"PK": "a workbook or zip; give it its right ending",
        b"\xd0\xcf\x11\xe0": "an .xls workbook; save it as .xlsx or CSV",
        b"<!DOCTYPE": "a web page; get the file again",
        b"<html": "a web page; get the file again",
        b"\x1f\x8b": "compressed; let its name end in .gz",
    }
    for magic, kind in kinds.items():
        if start[: len(magic)].lower() == magic.lower():
            raise InputError(f"{path.name}: is no table in text but {kind}")


def _check_characters(path: Path, encoding: str) -> None:
    with open_text(path, encoding) as file:
        while block := file.read(BLOCK):
            if "\0" in block:
                raise InputError(
                    f"{path.name}: holds NUL characters: damaged, or UTF-16 without the mark at "
                    "its start; save the table as UTF-8 (in spreadsheets: CSV UTF-8)"
                )


def _check_is_one_encoding(path: Path) -> None:
    """Refuse a file that is UTF-8 in one place and not in another."""
    with _bytes(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                broken = number
                break
        file.seek(0)
        if any(_UTF8_LETTER.search(block) for block in iter(lambda: file.read(BLOCK), b"")):
            raise InputError(
                f"{path.name}: line {broken} is not UTF-8, yet other characters of the file are; "
                "two files put together, or damaged: save the table as UTF-8 from its source"
            )
