"""Orthophotos as GeoTIFF or JPEG 2000 files, or zips of them: any country's."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import geopandas as gpd
from pyproj import CRS

from incomelens.common.errors import InputError, listed
from incomelens.common.progress import progress
from incomelens.sources.archives import archive_members
from incomelens.sources.ign import one_listing
from incomelens.sources.raster_headers import known_crs, read_header

logger = logging.getLogger(__name__)

IMAGES = (".tif", ".tiff", ".jp2")


def list_geotiff(files: Sequence[str | Path], *, crs: str | None = None) -> gpd.GeoDataFrame:
    """List GeoTIFF and JPEG 2000 orthophotos; only their headers are read.

    Parameters
    ----------
    files : sequence of path
        ``.tif`` and ``.jp2`` files and zips of them.
    crs : str, optional
        Reference system of the imagery, where the files have none or a wrong one.

    Returns
    -------
    GeoDataFrame
        ``name``, ``archive`` (the zip, or the file itself), ``member`` (empty for a file by
        itself), ``geometry`` (the extent), in the imagery's reference system.

    Raises
    ------
    InputError
        If a file is no north-up image in colour, does not say where it lies or in which reference
        system, or the files disagree on it.
    """
    images = [image for file in files for image in _images(Path(file))]
    if not images:
        raise InputError(
            f"orthophotos: no .tif or .jp2 in {listed(files) or 'no file at all'}; set reader ign "
            "for .7z"
        )
    listings = [
        _one_image(archive, member, crs)
        for archive, member in progress(images, "listing orthophotos")
    ]
    return one_listing(listings)


def _images(file: Path) -> Iterator[tuple[Path, str]]:
    """Archive and member of every image in a file; the member is empty for a file by itself."""
    if file.suffix.lower() in IMAGES:
        yield file, ""
    elif file.suffix.lower() == ".zip":
        for member in archive_members(file):
            if member.lower().endswith(IMAGES):
                yield file, member
    else:
        raise InputError(f"{file}: reader geotiff takes .tif, .tiff, .jp2 and .zip")


def _one_image(archive: Path, member: str, crs: str | None) -> gpd.GeoDataFrame:
    where = f"/vsizip/{{{archive.resolve()}}}/{member}" if member else archive
    label = f"{archive}: {member}" if member else str(archive)
    header = read_header(where, name=label)
    if header.extent is None:
        raise InputError(f"{label}: does not say where it lies; write it as a GeoTIFF that does")
    system = CRS.from_user_input(crs) if crs is not None else known_crs(header.crs)
    if system is None:
        raise InputError(f"{label}: has no coordinate reference system; set `crs`, e.g. EPSG:2056")
    name = PurePosixPath(member).stem if member else archive.stem
    return gpd.GeoDataFrame(
        {"name": [name], "archive": [str(archive)], "member": [member]},
        geometry=[header.extent],
        crs=system,
    )
