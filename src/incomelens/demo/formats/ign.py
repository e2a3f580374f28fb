"""Orthophotos as IGN delivers them: JPEG 2000 and an index, in a 7z archive of two parts."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from rasterio.io import MemoryFile
from rasterio.transform import Affine
from shapely import box

from incomelens.demo.cities.archives import seven_zipped, volumes
from incomelens.demo.formats.geopackage import shapefile

LAMBERT_93 = "EPSG:2154"
DEPARTMENT, YEAR = "000", 2017  # no French department has this number
DELIVERY = f"ORTHOHR_1-0_RVB-0M20_JP2-E080_LAMB93_D{DEPARTMENT}_{YEAR}-01-01"
FILES = (f"{DELIVERY}.7z.001", f"{DELIVERY}.7z.002")
PRODUCT = f"OHR_RVB_0M20_JP2-E080_LAMB93_D{DEPARTMENT[1:]}-{YEAR}"
DATE = f"{YEAR}-09-00123"
QUALITY = 22  # per cent of the uncompressed size


@dataclass(frozen=True)
class Orthophoto:
    """One image tile: its upper left corner in EPSG:2154 and its pixels (rows, columns, bands)."""

    west: float
    north: float
    metres_per_pixel: float
    pixels: NDArray[np.uint8]

    @property
    def file(self) -> str:
        """Name by the kilometres of its west and north edges."""
        place = f"{self.west / 1000:04.0f}-{self.north / 1000:04.0f}"
        return f"{DEPARTMENT[1:]}-{YEAR}-{place}-LA93-0M20-E080.jp2"


def delivery_parts(orthophotos: Iterable[Orthophoto], *, threads: int = 1) -> list[bytes]:
    """Pack orthophotos as the parts of one 7z archive, in the order of :data:`FILES`.

    `threads` encode at a time; they change the speed alone.
    """
    images, rows = {}, []
    orthophotos = list(orthophotos)
    with ThreadPoolExecutor(threads) as pool:
        encoded = list(pool.map(_jp2, orthophotos))
    for photo, content in zip(orthophotos, encoded, strict=True):
        images[f"{DELIVERY}/ORTHOHR/1_DONNEES_LIVRAISON_{DATE}/{PRODUCT}/{photo.file}"] = content
        high, wide = np.array(photo.pixels.shape[:2]) * photo.metres_per_pixel
        square = box(photo.west, photo.north - high, photo.west + wide, photo.north)
        rows.append({"NOM": f"./{photo.file}", "geometry": square})
    index = shapefile(gpd.GeoDataFrame(rows, crs=LAMBERT_93), "dalles")
    folder = f"{DELIVERY}/ORTHOHR/3_SUPPLEMENTS_LIVRAISON_{DATE}/{PRODUCT}"
    files = images | {f"{folder}/{name}": content for name, content in index.items()}
    return volumes(seven_zipped(files, compress=False), len(FILES))


def _jp2(photo: Orthophoto) -> bytes:
    high, wide = photo.pixels.shape[:2]
    step = photo.metres_per_pixel
    with MemoryFile(ext=".jp2") as memory:
        with memory.open(
            driver="JP2OpenJPEG",
            width=wide,
            height=high,
            count=3,
            dtype="uint8",
            crs=LAMBERT_93,
            transform=Affine(step, 0.0, photo.west, 0.0, -step, photo.north),
            QUALITY=str(QUALITY),
            REVERSIBLE="NO",
            BLOCKXSIZE=512,
            BLOCKYSIZE=512,
        ) as raster:
            raster.write(np.moveaxis(photo.pixels, 2, 0))
        return memory.read()
