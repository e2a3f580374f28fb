"""Files beside an image that say more of it: mask, no-data value, place, reference system.

GDAL finds them by their names, so they travel with the image and under its new name.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

IMAGES = (".tif", ".tiff", ".jp2")
# After the image's whole name, as in a.tif.msk.
AFTER_NAME = (".msk", ".aux.xml", ".ovr", ".msk.ovr", ".ovr.msk")
# In the place of its ending, as in a.tfw; of .ovr, .aux and .rrd both forms are in use.
IN_PLACE = (".ovr", ".aux", ".rrd", ".tab", ".prj", ".wld")
WORLD_FILES = {".tif": (".tfw", ".tifw"), ".tiff": (".tfw", ".tiffw"), ".jp2": (".j2w", ".jp2w")}


Names = Mapping[str, str]
"""Names of an archive or folder by themselves in lower case: companions differ in case at times."""


def names_index(names: Iterable[str]) -> Names:
    """Names of an archive or folder, to look companions up in."""
    return {name.lower(): name for name in names}


def folder_index(folder: str | Path) -> Names:
    """Names of the files in a folder, to look companions up in."""
    return names_index(path.name for path in sorted(Path(folder).iterdir()))


def companions(image: str, there: Names) -> dict[str, str]:
    """Names that belong to an image, and what follows its own name in each.

    Examples
    --------
    >>> companions("in/a.TIF", names_index(["in/a.TIF.msk", "in/A.tfw", "in/ab.tfw", "a.tfw"]))
    {'in/a.TIF.msk': '.tif.msk', 'in/A.tfw': '.tfw'}
    """
    path = PurePosixPath(image)
    ending = path.suffix.lower()
    rests = [f"{ending}{after}" for after in AFTER_NAME] + [*IN_PLACE, *WORLD_FILES[ending]]
    stem = path.with_suffix("").as_posix().lower()
    return {there[stem + suffix]: suffix for suffix in rests if stem + suffix in there}
