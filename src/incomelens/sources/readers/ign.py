"""IGN orthophotos (BD ORTHO, ORTHO HR): which tiles an archive holds and where they lie.

A department comes as one 7z or as a 7z in parts, tens of gigabytes of JPEG 2000 tiles of 5 km at
20 cm, with ``dalles.shp``, the polygon of every tile, among its supplements.
"""

import logging
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import geopandas as gpd
import pandas as pd
import pyogrio
from pyproj import CRS
from shapely.errors import ShapelyError
from shapely.geometry import Polygon, box

from incomelens.common.errors import InputError, damage_told, listed
from incomelens.common.progress import progress
from incomelens.sources.fetching.archives import (
    archive_members,
    is_archive,
    member_heads,
    unpack_7z,
)
from incomelens.sources.fetching.multi_part import first_parts
from incomelens.sources.readers.raster_headers import LAMBERT_93, known_crs, named_crs, read_header
from incomelens.sources.readers.shapefiles import check_shapefile

logger = logging.getLogger(__name__)

IMAGES = (".jp2", ".tif")
# Infrared colour comes in the same archive and is told by its names only.
INFRARED = re.compile(r"(^|[-_/])(IRC|CIR)([-_/.]|$)", re.IGNORECASE)


def list_ign(
    files: Sequence[str | Path], *, crs: str | None = None, bands: Sequence[int] | None = None
) -> gpd.GeoDataFrame:
    """List the orthophotos in archives of IGN; only their footprints are unpacked.

    Parameters
    ----------
    files : sequence of path
        ``.7z`` files and all parts of those in parts (``.7z.001``, ``.7z.002``, ...).
    crs : str, optional
        Reference system of the imagery, where the archives' own is missing or wrong.
    bands : sequence of int, optional
        Numbers of the red, green and blue band; looked at where headers have to be read.

    Returns
    -------
    GeoDataFrame
        ``name`` (file name without ending), ``archive`` (path, the first part), ``member`` (path in
        the archive), ``geometry`` (the footprint), in the imagery's reference system.

    Raises
    ------
    InputError
        If a part is missing, an archive is damaged or holds no orthophoto in natural colour, or the
        reference system is unknown or differs between archives.
    """
    archives = first_parts(files)
    strange = [path.name for path in archives if not is_archive(path) or path.suffix == ".zip"]
    if strange or not archives:
        raise InputError(
            f"orthophotos: {listed(strange) or 'no file'}: reader ign takes .7z and .7z.001, "
            ".7z.002, ...; set reader geotiff for .tif and .zip"
        )
    listings = [
        _one_archive(path, crs, bands) for path in progress(archives, "listing orthophotos")
    ]
    return one_listing(listings)


def one_listing(listings: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Put listings of one reference system into one, every name once.

    Names are identities further on: where two archives have a tile of the same name, the later one
    gets a number.
    """
    systems = {str(known_crs(listing.crs)): listing["archive"].iloc[0] for listing in listings}
    if len(systems) > 1:
        where = listed(f"{name} in {archive}" for name, archive in systems.items())
        raise InputError(
            f"orthophotos: several coordinate reference systems ({where}); bring the files into "
            "one, or say in `crs` which one all of them have"
        )
    listing = pd.concat(listings, ignore_index=True)
    again = listing.groupby("name").cumcount()
    listing["name"] += again.map(lambda number: f"-{number + 1}" if number else "")
    return listing


def _one_archive(archive: Path, crs: str | None, bands: Sequence[int] | None) -> gpd.GeoDataFrame:
    members = [name for name in archive_members(archive) if not INFRARED.search(name)]
    images = {PurePosixPath(name).stem: name for name in members if name.lower().endswith(IMAGES)}
    if not images:
        raise InputError(
            f"{archive}: no orthophoto in natural colour (.jp2) in it; take a package whose name "
            "has RVB"
        )
    footprints, found_crs = _footprints_of_supplement(archive, members)
    without = {stem: member for stem, member in images.items() if stem not in footprints}
    if without:
        logger.warning(
            "%s: %d of %d tiles are not in dalles.shp; their headers are read, which takes long",
            *(archive.name, len(without), len(images)),
        )
        more, header_crs = _footprints_of_headers(archive, without, bands)
        footprints |= more
        found_crs = found_crs or header_crs
    logger.info("%s: %d orthophotos", archive.name, len(images))
    system = named_crs(crs) if crs is not None else _crs_or_lambert(found_crs, archive)
    return gpd.GeoDataFrame(
        {"name": list(images), "archive": str(archive), "member": list(images.values())},
        geometry=[footprints[stem] for stem in images],
        crs=system,
    ).sort_values("name", ignore_index=True)


def _crs_or_lambert(crs: CRS | None, archive: Path) -> CRS:
    if crs is not None:
        return crs
    if "LAMB93" in archive.name.upper():
        return LAMBERT_93
    raise InputError(
        f"{archive}: neither dalles.shp nor the images say their coordinate reference system; set "
        "`crs`, e.g. EPSG:2154 for metropolitan France"
    )


def _footprints_of_supplement(
    archive: Path, members: Sequence[str]
) -> tuple[dict[str, Polygon], CRS | None]:
    """Footprint of each tile by its name, from ``dalles.shp``; empty where there is none."""
    wanted = [name for name in members if PurePosixPath(name).name.lower().startswith("dalles.")]
    footprints: dict[str, Polygon] = {}
    crs = None
    if not any(name.lower().endswith(".shp") for name in wanted):
        return footprints, crs
    with tempfile.TemporaryDirectory(prefix="incomelens-") as folder:
        files = unpack_7z(archive, Path(folder) / "supplement", members=wanted)
        for file in files:
            if file.suffix.lower() == ".shp":
                frame = _read_tiles(file, archive)
                crs = crs or known_crs(frame.crs)
                footprints |= {
                    PurePosixPath(str(name).replace("\\", "/")).stem: box(*shape.bounds)
                    for name, shape in zip(frame["NOM"], frame.geometry, strict=True)
                    if shape is not None and not INFRARED.search(str(name))
                }
    return footprints, crs


def _read_tiles(file: Path, archive: Path) -> gpd.GeoDataFrame:
    with damage_told(
        lambda problem: f"{archive}: {file.name} cannot be read ({problem}); fetch it again",
        own=(ShapelyError,),
    ):
        check_shapefile(file)
        frame = pyogrio.read_dataframe(file)
    names = {str(name).upper(): name for name in frame.columns}
    if "NOM" not in names or not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(
            f"{archive}: {file.name} has no polygons with a field NOM; it has "
            f"{listed(frame.columns)}"
        )
    return frame.rename(columns={names["NOM"]: "NOM"})


def _footprints_of_headers(
    archive: Path, images: dict[str, str], bands: Sequence[int] | None
) -> tuple[dict[str, Polygon], CRS | None]:
    footprints, crs = {}, None
    for member, head in member_heads(archive, list(images.values())).items():
        header = read_header(head, name=f"{archive}: {member}", bands=bands)
        if header.extent is None:
            raise InputError(
                f"{archive}: {member} does not say where it lies, and dalles.shp does not have it; "
                "fetch the archive again"
            )
        footprints[PurePosixPath(member).stem] = header.extent
        crs = crs or known_crs(header.crs)
    return footprints, crs
