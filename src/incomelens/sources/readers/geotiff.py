"""Orthophotos as GeoTIFF or JPEG 2000 files, or zips of them: any country's."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import geopandas as gpd
from pyproj import CRS
from pyproj.exceptions import CRSError

from incomelens.common.errors import InputError, listed
from incomelens.common.progress import progress
from incomelens.sources.fetching.archives import archive_members, member_heads
from incomelens.sources.readers.companions import IMAGES, companions, folder_index, names_index
from incomelens.sources.readers.ign import INFRARED, one_listing
from incomelens.sources.readers.raster_headers import (
    Bands,
    RasterHeader,
    known_crs,
    named_crs,
    read_header,
)

logger = logging.getLogger(__name__)


def list_geotiff(
    files: Sequence[str | Path], *, crs: str | None = None, bands: Sequence[int] | None = None
) -> gpd.GeoDataFrame:
    """List GeoTIFF and JPEG 2000 orthophotos; only their headers are read.

    Parameters
    ----------
    files : sequence of path
        ``.tif`` and ``.jp2`` files, perhaps with their companions (``.msk``, ``.tfw``, ...), and
        zips of them.
    crs : str, optional
        Reference system of the imagery, where the files have none or a wrong one.
    bands : sequence of int, optional
        Numbers of the red, green and blue band, where the files' own names of them are missing or
        wrong; see :func:`incomelens.sources.readers.raster_headers.colour_bands`.

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
    paths = [Path(file) for file in files]
    images = [image for path in _without_companions(paths) for image in _images(path)]
    if not images:
        raise InputError(
            f"orthophotos: no .tif or .jp2 in {listed(files) or 'no file at all'}; bring other "
            "images to GeoTIFF (gdal_translate), and set reader ign for .7z"
        )
    listings, orders = [], Counter[Bands]()
    for archive, member in progress(images, "listing orthophotos"):
        listing, header = _one_image(archive, member, crs, bands)
        listings.append(listing)
        orders[header.bands] += 1
    listing = one_listing(listings)
    if bands is None:
        _tell_bands(orders, listing["name"].tolist())
    return listing


def _without_companions(paths: Sequence[Path]) -> Iterator[Path]:
    names = names_index(map(str, paths))
    images = [str(path) for path in paths if path.suffix.lower() in IMAGES]
    beside = {name for image in images for name in companions(image, names)}
    yield from (path for path in paths if str(path) not in beside)


def _images(file: Path) -> Iterator[tuple[Path, str]]:
    """Archive and member of every image in a file; the member is empty for a file by itself."""
    if file.suffix.lower() in IMAGES:
        yield file, ""
    elif file.suffix.lower() == ".zip":
        members = archive_members(file)
        images = [member for member in members if member.lower().endswith(IMAGES)]
        names = names_index(members)
        known = set(images).union(*(companions(image, names) for image in images))
        unknown = [member for member in members if member not in known]
        if unknown:
            logger.info("%s: %d files are left: %s", file.name, len(unknown), listed(unknown))
        yield from ((file, image) for image in images)
    else:
        raise InputError(
            f"{file}: reader geotiff takes .tif, .tiff, .jp2 and .zip, and what belongs to an "
            "image by its name (.tif.msk, .tfw, ...)"
        )


def _one_image(
    archive: Path, member: str, crs: str | None, bands: Sequence[int] | None
) -> tuple[gpd.GeoDataFrame, RasterHeader]:
    where = f"/vsizip/{{{archive.resolve()}}}/{member}" if member else archive
    label = f"{archive}: {member}" if member else str(archive)
    header = read_header(where, name=label, bands=bands)
    if header.extent is None:
        raise InputError(f"{label}: does not say where it lies; write it as a GeoTIFF that does")
    system = known_crs(header.crs) if crs is None else named_crs(crs)
    system = system or known_crs(_crs_beside(archive, member))
    if system is None:
        raise InputError(f"{label}: has no coordinate reference system; set `crs`, e.g. EPSG:2056")
    name = PurePosixPath(member).stem if member else archive.stem
    listing = gpd.GeoDataFrame(
        {"name": [name], "archive": [str(archive)], "member": [member]},
        geometry=[header.extent],
        crs=system,
    )
    return listing, header


def _crs_beside(archive: Path, member: str) -> CRS | None:
    """Reference system in the ``.prj`` of an image, which GDAL does not read for GeoTIFF."""
    if member:
        beside = companions(member, names_index(archive_members(archive)))
        texts = member_heads(archive, [name for name in beside if beside[name] == ".prj"]).values()
    else:
        beside = companions(archive.name, folder_index(archive.parent))
        texts = [(archive.parent / name).read_bytes() for name in beside if beside[name] == ".prj"]
    for text in texts:
        try:
            return CRS.from_wkt(text.decode("utf-8", errors="replace"))
        except CRSError as error:
            raise InputError(
                f"{archive}: the .prj of {member or archive.name} is not readable ({error}); set "
                "`crs`, e.g. EPSG:2056"
            ) from None
    return None


def _tell_bands(orders: Counter[Bands], names: Sequence[str]) -> None:
    infrared = [name for name in names if INFRARED.search(name)]
    if infrared:
        logger.warning(
            "%d orthophotos are called infrared (%s), and their first band is taken for red; set "
            "`bands`, or take the delivery in natural colour",
            *(len(infrared), listed(infrared)),
        )
    reordered = {order: number for order, number in orders.items() if order != (1, 2, 3)}
    if reordered:
        logger.warning(
            "%d of %d orthophotos name their bands in another order than red, green, blue, which "
            "is followed (%s); set `bands` if it is wrong",
            *(sum(reordered.values()), orders.total()),
            listed(f"{order} in {number}" for order, number in reordered.items()),
        )
