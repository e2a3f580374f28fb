"""Orthophotos of a city: which there are, where they lie, and the needed ones unpacked."""

import logging
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import geopandas as gpd
from shapely.geometry import Polygon

from incomelens.common.errors import InputError, listed
from incomelens.common.progress import progress
from incomelens.sources.fetching.archives import archive_members, unpack, whole_folder
from incomelens.sources.readers.companions import (
    IMAGES,
    WORLD_FILES,
    Names,
    companions,
    folder_index,
    names_index,
)
from incomelens.sources.readers.geotiff import list_geotiff
from incomelens.sources.readers.ign import list_ign
from incomelens.sources.readers.raster_headers import RasterHeader, read_header

logger = logging.getLogger(__name__)

DELIVERED = (*IMAGES, ".zip", ".7z")

ORTHOPHOTO_READERS: Mapping[str, Callable[..., gpd.GeoDataFrame]] = {
    "ign": list_ign,
    "geotiff": list_geotiff,
}
"""Readers of imagery by the name that the configuration gives them."""


def list_orthophotos(
    files: Sequence[str | Path],
    *,
    reader: str,
    crs: str | None = None,
    bands: Sequence[int] | None = None,
) -> gpd.GeoDataFrame:
    """List the orthophotos in files of a provider, with their footprints.

    Parameters
    ----------
    files : sequence of path
        All files of all sources of a city's imagery, or folders of them.
    reader : {"ign", "geotiff"}
    crs : str, optional
        Reference system of the imagery, where the files' own is missing or wrong.
    bands : sequence of int, optional
        Numbers of the red, green and blue band, from 1, where the files' own names of them are
        missing or wrong.

    Returns
    -------
    GeoDataFrame
        ``name``, ``archive``, ``member``, ``geometry`` (footprint), in the imagery's reference
        system. At a border two departments deliver the same square, each filled on its own side
        and void on the other: both are listed, and who reads pixels has to merge them.

    Raises
    ------
    InputError
        Naming the reader, file or archive, before anything is unpacked.
    """
    if reader not in ORTHOPHOTO_READERS:
        raise InputError(
            f"orthophotos: no reader {reader!r}; there are {listed(ORTHOPHOTO_READERS)}"
        )
    return ORTHOPHOTO_READERS[reader](_without_folders(files), crs=crs, bands=bands)


def _without_folders(files: Sequence[str | Path]) -> list[Path]:
    """The images and archives of a folder in its place; what else it holds is told."""
    found: list[Path] = []
    for path in map(Path, files):
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        kept = [one for one in inside if one.suffix.lower() in DELIVERED or inside == [path]]
        if len(kept) < len(inside):
            names = listed(one.name for one in inside if one not in kept)
            logger.info("%s: %d files are left: %s", path, len(inside) - len(kept), names)
        found += kept
    return found


def extract_orthophotos(
    listing: gpd.GeoDataFrame, folder: str | Path, *, bands: Sequence[int] | None = None
) -> gpd.GeoDataFrame:
    """Unpack the orthophotos of a listing into a new folder, all of them or none.

    Whatever belongs to an image by its name (mask, world file, ``.aux.xml``) comes with it.

    Parameters
    ----------
    listing : GeoDataFrame
        Rows of :func:`list_orthophotos`: only these are unpacked.
    folder : path
        Replaced where it is there. Files outside any archive are linked, not copied, where the
        file system can.
    bands : sequence of int, optional
        As :func:`list_orthophotos` was given them.

    Returns
    -------
    GeoDataFrame
        ``name``, ``path`` (relative to `folder`), ``geometry`` (the extent that the image itself
        states), in the reference system of the listing.

    Raises
    ------
    InputError
        If an archive or an image in it is damaged, with its name. Nothing is left behind.
    """
    paths = {
        name: f"{name}{PurePosixPath(member or archive).suffix.lower()}"
        for name, archive, member in zip(
            listing["name"], listing["archive"], listing["member"], strict=True
        )
    }
    with whole_folder(folder) as beside:
        alone = listing["archive"][listing["member"] == ""]
        folders = {parent: folder_index(parent) for parent in {Path(file).parent for file in alone}}
        groups = listing.groupby("archive", sort=True)
        for archive, rows in progress(groups, "unpacking archives", total=len(groups)):
            _extract(Path(str(archive)), rows, paths, beside, folders)
        extents = [
            _placed(beside / paths[name], footprint, bands)
            for name, footprint in zip(listing["name"], listing.geometry, strict=True)
        ]
    return gpd.GeoDataFrame(
        {"name": listing["name"].to_numpy(), "path": [paths[name] for name in listing["name"]]},
        geometry=extents,
        crs=listing.crs,
    )


def _extract(
    archive: Path,
    rows: gpd.GeoDataFrame,
    paths: Mapping[str, str],
    folder: Path,
    folders: Mapping[Path, Names],
) -> None:
    members = dict(zip(rows["member"], rows["name"], strict=True))
    if "" in members:
        name = members[""]
        _link(archive, folder / paths[name])
        for file, suffix in companions(archive.name, folders[archive.parent]).items():
            _link(archive.parent / file, folder / f"{name}{suffix}")
        return
    names = names_index(archive_members(archive))
    targets = {member: paths[name] for member, name in members.items()}
    for member, name in members.items():
        targets |= {
            beside: f"{name}{suffix}" for beside, suffix in companions(member, names).items()
        }
    inside = folder / "unpacked"
    unpack(archive, inside, members=list(targets))
    for member, target in targets.items():
        (inside / member).rename(folder / target)
    shutil.rmtree(inside)


def _link(file: Path, target: Path) -> None:
    try:
        os.link(file.resolve(), target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(file, target)


def _placed(image: Path, footprint: Polygon, bands: Sequence[int] | None) -> Polygon:
    """Extent of an unpacked image; one that does not say where it lies gets a world file."""
    header = read_header(image, name=image.name, bands=bands)
    if header.extent is None:
        _write_world_file(image, header, footprint)
        return footprint
    apart = max(
        abs(mine - listed_)
        for mine, listed_ in zip(header.extent.bounds, footprint.bounds, strict=True)
    )
    if apart > header.pixel:
        logger.warning(
            "%s: lies up to %.1f m from its listed footprint; what the image says is taken",
            *(image.name, apart),
        )
    return header.extent


def _write_world_file(image: Path, header: RasterHeader, footprint: Polygon) -> None:
    west, south, east, north = footprint.bounds
    wide, high = (east - west) / header.width, (north - south) / header.height
    # Six numbers: pixel width, two rotations, minus pixel height, centre of the upper left pixel.
    numbers = (wide, 0.0, 0.0, -high, west + wide / 2, north - high / 2)
    world_file = image.with_suffix(WORLD_FILES[image.suffix][0])
    world_file.write_text("".join(f"{number!r}\n" for number in numbers))
    logger.warning("%s does not say where it lies; its listed footprint is taken", image.name)
