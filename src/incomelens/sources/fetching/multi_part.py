"""Archives that come in several parts (``.7z.001``, ``.7z.002``, ...): all there, and whole."""

import re
import struct
from collections.abc import Sequence
from pathlib import Path

from incomelens.common.errors import InputError, listed, present

PART = re.compile(r"^(?P<name>.+\.7z)\.(?P<number>\d{3,})$", re.IGNORECASE)
SIGNATURE = b"7z\xbc\xaf\x27\x1c"
START_HEADER = 32  # bytes: signature, version, where the last header is and how long


def first_parts(files: Sequence[str | Path]) -> list[Path]:
    """Archives among `files`: whole ones, and the first part of each that comes in parts.

    Raises
    ------
    InputError
        If there are later parts of an archive without its first.
    """
    paths = [Path(file) for file in files]
    archives = [
        path for path in paths if not (part := PART.match(path.name)) or int(part["number"]) == 1
    ]
    for path in paths:
        part = PART.match(path.name)
        if part and not any(_same_archive(path, first) for first in archives):
            raise InputError(
                f"{path}: part {int(part['number'])} of {part['name']} is here, but part 1 is not; "
                "put all parts into one folder"
            )
    return archives


def parts_of(first: str | Path) -> list[Path]:
    """All parts of a 7z archive beside its first, in order; itself where it is whole.

    Parameters
    ----------
    first : path
        ``NAME.7z`` or ``NAME.7z.001``.

    Raises
    ------
    InputError
        If a part is missing or cut short: by the numbers in the names, and by the length that the
        first part states for the whole. Nothing has to be unpacked to tell.
    """
    first = Path(first)
    if not PART.match(first.name):
        return [first]
    beside = [path for path in first.parent.iterdir() if _same_archive(path, first)]
    numbers = {int(present(PART.match(path.name))["number"]): path for path in beside}
    absent = sorted(set(range(1, max(numbers, default=1) + 1)) - set(numbers))
    if absent:
        names = listed((_part_name(first, number) for number in absent), 10)
        raise InputError(f"{first.parent}: missing {names}; put all parts into one folder")
    parts = [numbers[number] for number in sorted(numbers)]
    _check_length(parts)
    return parts


def stated_length(path: str | Path) -> int | None:
    """Bytes that a 7z archive says it has, all parts together; None where it is no 7z archive."""
    with Path(path).open("rb") as file:
        start = file.read(START_HEADER)
    if len(start) < START_HEADER or not start.startswith(SIGNATURE):
        return None
    offset, length = struct.unpack("<QQ", start[12:28])
    return START_HEADER + offset + length


def _same_archive(path: Path, first: Path) -> bool:
    ours, its = PART.match(path.name), PART.match(first.name)
    return bool(ours and its and ours["name"] == its["name"] and path.parent == first.parent)


def _part_name(first: Path, number: int) -> str:
    part = present(PART.match(first.name))
    return f"{part['name']}.{number:0{len(part['number'])}d}"


def _check_length(parts: Sequence[Path]) -> None:
    expected = stated_length(parts[0])
    if expected is None:
        raise InputError(f"{parts[0]}: not the first part of a 7z archive; fetch it again")
    sizes = [part.stat().st_size for part in parts]
    # All parts but the last are equally long: an odd one among them has been cut.
    short = [part.name for part, size in zip(parts[:-1], sizes, strict=False) if size < sizes[0]]
    if short:
        raise InputError(
            f"{parts[0].parent}: {listed(short)} shorter than {parts[0].name}; fetch it again"
        )
    total = sum(sizes)
    if total < expected:
        missing = _part_name(parts[0], len(parts) + 1)
        raise InputError(
            f"{parts[0]}: {len(parts)} parts of {total} bytes together, and the archive has "
            f"{expected}: {missing} is missing, or {parts[-1].name} is cut short"
        )
