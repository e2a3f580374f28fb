"""What the header of an orthophoto says: where it lies and what its pixels are."""

import contextlib
import warnings
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio._err import CPLE_BaseError
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import MemoryFile
from shapely.geometry import Polygon, box

from incomelens.common.errors import InputError, damage_told, listed

Bands = tuple[int, int, int]
COLOURS = ("red", "green", "blue")
LAMBERT_93 = CRS.from_epsg(2154)
_LAMBERT_93_NUMBERS = {
    "Latitude of false origin": {46.5},
    "Longitude of false origin": {3.0},
    "Latitude of 1st standard parallel": {44.0, 49.0},
    "Latitude of 2nd standard parallel": {44.0, 49.0},
    "Easting at false origin": {700_000.0},
    "Northing at false origin": {6_600_000.0},
}


@dataclass(frozen=True)
class RasterHeader:
    """Extent (in the raster's reference system), pixel size (metres), reference system if any.

    ``extent`` is None where the raster does not say where it lies; ``bands`` are the numbers of its
    red, green and blue band, from 1.
    """

    extent: Polygon | None
    pixel: float
    width: int
    height: int
    crs: CRS | None
    bands: Bands


def read_header(
    source: str | Path | bytes, *, name: str, bands: Sequence[int] | None = None
) -> RasterHeader:
    """Read the header of an orthophoto; its pixels are not decoded.

    Parameters
    ----------
    source : path or bytes
        A file, or its first bytes.
    name : str
        What to call it in a message.
    bands : sequence of int, optional
        As in :func:`colour_bands`.

    Raises
    ------
    InputError
        If it cannot be opened, its colours are not 8 bits each, or it is not north up.
    """
    with _opened(source, name=name) as raster:
        colours = colour_bands(raster, bands, name=name)
        crs = _pyproj_crs(raster.crs)
        place = raster.transform
        if place.is_identity:
            return RasterHeader(None, 0.0, raster.width, raster.height, crs, colours)
        if not np.isfinite([*place, *raster.bounds]).all():
            raise InputError(f"{name}: its place is no number ({tuple(place)[:6]}); fetch it again")
        if place.b or place.d or place.a <= 0 or place.e >= 0:
            raise InputError(
                f"{name}: its rows do not run from north to south and its columns from west to "
                "east; warp it north up first (gdalwarp)"
            )
        extent = box(*raster.bounds)
        return RasterHeader(extent, place.a, raster.width, raster.height, crs, colours)


def colour_bands(
    raster: rasterio.DatasetReader, wanted: Sequence[int] | None, *, name: str
) -> Bands:
    """Numbers of the red, green and blue band of a raster, from 1.

    Parameters
    ----------
    raster : DatasetReader
    wanted : sequence of int, optional
        The three numbers where they are known; one may stand for several colours. Otherwise the
        raster's own names of its bands are followed, and the first three bands are taken where it
        does not name all of red, green and blue.
    name : str
        What to call it in a message.

    Raises
    ------
    InputError
        If there is no such band, or it has not 8 bits.
    """
    bands = (wanted[0], wanted[1], wanted[2]) if wanted is not None else _named_bands(raster)
    kinds = sorted({raster.dtypes[band - 1] for band in bands if band <= raster.count})
    if max(bands) <= raster.count and kinds == ["uint8"]:
        return bands
    if wanted is not None and max(bands) > raster.count:
        raise InputError(f"{name}: {raster.count} bands; `bands` asks for number {max(bands)}")
    raise InputError(
        f"{name}: {raster.count} bands of {listed(kinds)}; expected an orthophoto in colour, three "
        f"bands (red, green, blue) of 8 bits{_band_advice(raster, kinds)}"
    )


def known_crs(crs: CRS | None) -> CRS | None:
    """The reference system by its EPSG number where it has one, also where its name is lost.

    IGN's services write Lambert-93 with a datum without name, which no library takes for EPSG:2154:
    its parameters are compared instead.
    """
    if crs is None:
        return None
    if _is_lambert_93(crs):
        return LAMBERT_93
    number = crs.to_epsg()
    return crs if number is None else CRS.from_epsg(number)


def _named_bands(raster: rasterio.DatasetReader) -> Bands:
    """Where the raster's own names put the colours; the first three bands where they do not."""
    tags = [band.name for band in raster.colorinterp]
    texts = [(text or "").strip().lower() for text in raster.descriptions]
    for names in (texts, tags):
        if all(names.count(colour) == 1 for colour in COLOURS):
            red, green, blue = (names.index(colour) + 1 for colour in COLOURS)
            return red, green, blue
    return 1, 2, 3


def _band_advice(raster: rasterio.DatasetReader, kinds: Sequence[str]) -> str:
    if raster.colorinterp[0] == ColorInterp.palette:
        return "; it has a colour table: write out its colours (gdal_translate -expand rgb)"
    if list(kinds) != ["uint8"]:
        return "; bring all files to 8 bits by one scale (gdal_translate -ot Byte -scale LOW HIGH)"
    return "; if grey imagery is meant, set `bands: [1, 1, 1]`" if raster.count < 3 else ""


def named_crs(name: str) -> CRS:
    """Reference system that the setting `crs` names."""
    with damage_told(
        lambda problem: (
            f"`crs`: {name!r} is no reference system ({problem}); name one such as EPSG:2154"
        )
    ):
        return CRS.from_user_input(name)


@contextlib.contextmanager
def _opened(source: str | Path | bytes, *, name: str) -> Generator[rasterio.DatasetReader]:
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        # Where it lies may stand in a footprint beside it.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with damage_told(
            lambda problem: (
                f"{name}: not readable as an image ({problem}); fetch its archive again"
            ),
            own=(RasterioError, CPLE_BaseError),
        ):
            if isinstance(source, bytes):
                raster = stack.enter_context(stack.enter_context(MemoryFile(source)).open())
            else:
                raster = stack.enter_context(rasterio.open(source))
        yield raster


def _pyproj_crs(crs: rasterio.crs.CRS | None) -> CRS | None:
    if crs is None:
        return None
    try:
        return CRS.from_wkt(crs.to_wkt())
    except (CRSError, RasterioError):
        return None


def _is_lambert_93(crs: CRS) -> bool:
    operation = crs.coordinate_operation
    if operation is None or "Lambert Conic Conformal" not in operation.method_name:
        return False
    numbers: dict[str, Any] = {parameter.name: parameter.value for parameter in operation.params}
    figure = crs.ellipsoid
    return (
        figure is not None
        and abs(figure.semi_major_metre - 6_378_137.0) < 0.5
        # GRS80; the files without a name say WGS84, a tenth of a millimetre apart.
        and abs(figure.inverse_flattening - 298.2572) < 1e-3
        and all(axis.unit_name == "metre" for axis in crs.axis_info)
        and all(
            any(abs(numbers.get(name, float("nan")) - value) < 1e-6 for value in values)
            for name, values in _LAMBERT_93_NUMBERS.items()
        )
    )
