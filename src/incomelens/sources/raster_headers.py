"""What the header of an orthophoto says: where it lies and what its pixels are."""

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import rasterio
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import MemoryFile
from shapely.geometry import Polygon, box

from incomelens.common.errors import InputError

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

    ``extent`` is None where the raster does not say where it lies.
    """

    extent: Polygon | None
    pixel: float
    width: int
    height: int
    crs: CRS | None


def read_header(source: str | Path | bytes, *, name: str) -> RasterHeader:
    """Read the header of an orthophoto; its pixels are not decoded.

    Parameters
    ----------
    source : path or bytes
        A file, or its first bytes.
    name : str
        What to call it in a message.

    Raises
    ------
    InputError
        If it cannot be opened, is not three or more bands of 8 bits, or is not north up.
    """
    with _opened(source, name=name) as raster:
        if raster.count < 3 or set(raster.dtypes[:3]) != {"uint8"}:
            raise InputError(
                f"{name}: {raster.count} bands of {raster.dtypes[0]}; expected an orthophoto in "
                "colour, three bands (red, green, blue) of 8 bits"
            )
        crs = _pyproj_crs(raster.crs)
        place = raster.transform
        if place.is_identity:
            return RasterHeader(None, 0.0, raster.width, raster.height, crs)
        if place.b or place.d or place.a <= 0 or place.e >= 0:
            raise InputError(
                f"{name}: its rows do not run from north to south and its columns from west to "
                "east; warp it north up first (gdalwarp)"
            )
        return RasterHeader(box(*raster.bounds), place.a, raster.width, raster.height, crs)


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


@contextlib.contextmanager
def _opened(source: str | Path | bytes, *, name: str) -> Iterator[rasterio.DatasetReader]:
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        # Where it lies may stand in a footprint beside it.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            if isinstance(source, bytes):
                raster = stack.enter_context(stack.enter_context(MemoryFile(source)).open())
            else:
                raster = stack.enter_context(rasterio.open(source))
        except RasterioError as error:
            raise InputError(
                f"{name}: not readable as an image ({error}); fetch its archive again"
            ) from None
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
    numbers = {one.name: one.value for one in operation.params}
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
