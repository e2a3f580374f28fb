"""Whether the files of a shapefile are whole and belong together.

GDAL reads a shapefile that is cut short up to the cut, gives the rest of its rows without shape,
and drops rows that the table beside it lacks; it says nothing of either.
"""

import glob
import struct
from pathlib import Path

from incomelens.common.errors import InputError

HEADER = 100  # bytes of .shp and .shx before their records
RECORD = 8  # bytes of a record of .shx


def check_shapefile(shp: Path) -> None:
    """Refuse a shapefile that is shorter than it says, or whose table has another number of rows.

    Parameters
    ----------
    shp : path
        Its file ``.shp``; ``.shx`` and ``.dbf`` are looked at where they lie beside it.

    Raises
    ------
    InputError
        With both sizes or both numbers.
    """
    beside = {path.suffix.lower(): path for path in shp.parent.glob(f"{glob.escape(shp.stem)}.*")}
    for ending in (".shp", ".shx"):
        if ending in beside:
            _check_length(beside[ending])
    if ".shx" not in beside or ".dbf" not in beside:
        return
    shapes = (beside[".shx"].stat().st_size - HEADER) // RECORD
    rows = struct.unpack("<I", _start(beside[".dbf"], 8)[4:])[0]
    if shapes != rows:
        raise InputError(
            f"{shp}: {shapes} shapes, and {beside['.dbf'].name} has {rows} rows; one of the two is "
            "of another delivery or damaged: fetch it again, all files of it"
        )


def _check_length(file: Path) -> None:
    # Counted in words of 16 bits, in the byte order of the eighties' Sun workstations.
    stated = 2 * struct.unpack(">I", _start(file, 28)[24:])[0]
    size = file.stat().st_size
    if size < max(stated, HEADER):
        raise InputError(f"{file}: cut short: {size} bytes instead of {stated}; fetch it again")


def _start(file: Path, length: int) -> bytes:
    with file.open("rb") as opened:
        start = opened.read(length)
    if len(start) < length:
        raise InputError(f"{file}: cut short: {len(start)} bytes; fetch it again")
    return start
