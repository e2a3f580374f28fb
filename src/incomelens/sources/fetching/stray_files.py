"""Files that nobody put there: what systems, programs and cloud drives leave behind."""

import logging
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from incomelens.common.errors import listed

logger = logging.getLogger(__name__)

# Lower-cased; names that begin with a full stop are hidden, and no data either: ._x and .DS_Store
# of macOS, .AppleDouble, .~lock.x# of LibreOffice, .@__thumb of QNAP, .Trash-1000, .git.
NAMES = {
    *("__macosx", "icon\r"),  # macOS
    *("thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information"),
    *("@eadir", "#recycle", "@recycle", "@tmp", "lost+found"),  # NAS and Linux
}
PREFIXES = (".", "~$")  # ~$table.xlsx: Office has it open
SUFFIXES = (".rd.lock", ".sr.lock", ".ed.lock")  # of Esri's shapefiles and geodatabases
PLACEHOLDER = ".icloud"  # .photo.tif.icloud stands for a photo.tif that is still on the server


def is_stray(name: str | Path) -> bool:
    """Whether any part of a relative name is one that systems and programs give.

    Examples
    --------
    >>> [is_stray(one) for one in ("__MACOSX/._a.shp", "b/Thumbs.db", "~$c.xlsx", "./d/e.tif")]
    [True, True, True, False]
    """
    parts = PurePosixPath(str(name).replace("\\", "/").lower()).parts
    return any(
        part in NAMES or part.startswith(PREFIXES) or part.endswith(SUFFIXES)
        for part in parts
        if part != ".."  # climbing out is for whoever unpacks to refuse
    )


def sorted_out(sizes: Iterable[tuple[str, int]], *, where: str) -> list[str]:
    """Names of files that people put there, in their order; the others are counted in the log.

    Parameters
    ----------
    sizes : iterable of (name, bytes)
        Names relative to the archive or folder.
    where : str
        The archive or folder, for the log.
    """
    kept, stray, hollow = [], [], []
    for name, size in sizes:
        if is_stray(name):
            (hollow if name.endswith(PLACEHOLDER) else stray).append(name)
        else:
            (kept if size else hollow).append(name)
    if stray:
        logger.info(
            "%s: %d files that systems leave behind are passed over: %s",
            *(where, len(stray), listed(stray)),
        )
    if hollow:
        logger.warning(
            "%s: %d files are empty and left out (%s); if a cloud drive keeps them, let it fetch "
            "them first",
            *(where, len(hollow), listed(hollow)),
        )
    return kept


def files_below(folder: str | Path) -> list[Path]:
    """Files that people put into a folder and its folders, sorted; see :func:`sorted_out`."""
    folder = Path(folder)
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    sizes = [(name, path.stat().st_size) for name, path in paths.items()]
    return [paths[name] for name in sorted_out(sizes, where=folder.name)]
