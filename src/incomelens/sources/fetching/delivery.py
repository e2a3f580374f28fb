"""What a provider delivers: one file, or a folder of them in one or more layers of archives."""

import logging
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from incomelens.common.errors import InputError, listed
from incomelens.sources.fetching.archives import archive_members, is_archive, unpack
from incomelens.sources.fetching.stray_files import files_below

logger = logging.getLogger(__name__)

# Files that GDAL opens as polygons, and what belongs to a shapefile.
POLYGONS = (".shp", ".gpkg", ".geojson", ".fgb", ".parquet")
BESIDE_SHAPEFILE = (".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix")
WAITING = "-wal"
"""Follows the name of a GeoPackage whose last edits stand in a file beside it."""

MOST_LAYERS = 4  # zip in zip, 7z in zip: no provider goes deeper

Choice = Callable[[Sequence[str]], Sequence[str]]
"""Chooses names among those of an archive or folder: files to read, archives to open."""


@contextmanager
def unpacked(path: str | Path, choose: Choice) -> Generator[list[Path]]:
    """Yield the files of a delivery that are wanted, every layer of archives opened.

    Parameters
    ----------
    path : path
        A file, a zip or 7z (of archives), or a folder that holds them.
    choose : callable
        Given the names in an archive, those to unpack: only they are written, to a temporary
        folder that is gone after the block.

    Yields
    ------
    list of path
        Sorted, so that the order of an archive does not matter.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: there is no such file")
    with tempfile.TemporaryDirectory(prefix="incomelens-") as folder:
        yield sorted(_files(path, choose, Path(folder), MOST_LAYERS))


@contextmanager
def file_of_polygons(path: str | Path) -> Generator[Path]:
    """Yield the one file of polygons that `path` is, or that it holds as an archive or a folder.

    GDAL opens a zipped shapefile too, but takes what a Mac has put beside it for another.

    Raises
    ------
    InputError
        If there is none, or more than one.
    """

    def choose(names: Sequence[str]) -> list[str]:
        kinds = (*POLYGONS, *BESIDE_SHAPEFILE, ".zip", ".7z")
        return [name for name in names if name.lower().endswith(kinds)]

    path = Path(path)
    if path.is_file() and not is_archive(path):
        yield path
        return
    with unpacked(path, choose) as files:
        polygons = [file for file in files if file.suffix.lower() in POLYGONS]
        if len(polygons) != 1:
            raise InputError(
                f"{path}: expected one file of polygons ({listed(POLYGONS, 10)}), found "
                f"{listed(file.name for file in polygons) or 'none'}; name the file itself"
            )
        yield polygons[0]


def _files(path: Path, choose: Choice, folder: Path, layers: int) -> Iterator[Path]:
    if path.is_dir():
        # Named from the folder above: the folder itself can tell what it is (a .gdb, a city).
        names = choose([file.relative_to(path.parent).as_posix() for file in files_below(path)])
        for number, name in enumerate(names):
            yield from _files(path.parent / name, choose, folder / str(number), layers)
    elif not is_archive(path):
        yield path
    elif layers == 0:
        raise InputError(
            f"{path.name}: an archive in more than {MOST_LAYERS} others; unpack the delivery by "
            "hand and give its folder"
        )
    else:
        yield from _members(path, choose, folder, layers)


def _members(archive: Path, choose: Choice, folder: Path, layers: int) -> Iterator[Path]:
    members = archive_members(archive)
    chosen = choose(members)
    # What QGIS has not yet written into a GeoPackage; GDAL finds it by its name.
    waiting = {f"{name}{WAITING}" for name in chosen if name.lower().endswith(".gpkg")}
    chosen = [*chosen, *(waiting & set(members) - set(chosen))]
    logger.info("%s: %d files are unpacked", archive.name, len(chosen))
    inside = folder / f"{archive.name}.unpacked"
    for file in unpack(archive, inside, members=chosen):
        if file.name.lower().endswith(f".gpkg{WAITING}"):
            continue
        yield from _files(file, choose, file.parent, layers - 1)
        if is_archive(file):
            file.unlink()
