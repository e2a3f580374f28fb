"""A small piece of ground near Lyon whose colours are known at every point."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio import Affine
from shapely import box

CELL_CRS, IMAGERY_CRS = "EPSG:3035", "EPSG:2154"
WEST, SOUTH = 3_921_000.0, 2_530_000.0  # of the first cell, EPSG:3035
Ground = Callable[[NDArray, NDArray], NDArray]


def to_imagery(easting: NDArray | float, northing: NDArray | float) -> tuple[NDArray, NDArray]:
    """From EPSG:3035 to EPSG:2154."""
    transformer = Transformer.from_crs(CELL_CRS, IMAGERY_CRS, always_xy=True)
    return transformer.transform(easting, northing)


# A corner of whole metres in EPSG:2154, 300 m west and 300 m south of the first cell.
CORNER_E, CORNER_N = (float(np.floor(of)) - 300.0 for of in to_imagery(WEST, SOUTH))


def cell_id(easting: float, northing: float) -> str:
    return f"CRS3035RES200mN{northing:.0f}E{easting:.0f}"


def census_cells(n_east: int, n_north: int, *, side: float = 200.0) -> gpd.GeoDataFrame:
    """A block of cells, none dropped, in the layout of the stage `cells`."""
    corners = [
        (WEST + side * col, SOUTH + side * row) for row in range(n_north) for col in range(n_east)
    ]
    return gpd.GeoDataFrame(
        {"cell_id": [cell_id(*corner) for corner in corners]},
        geometry=[box(e, n, e + side, n + side) for e, n in corners],
        crs=CELL_CRS,
    ).assign(drop_reason=None)


def ramps(easting: NDArray, northing: NDArray) -> NDArray[np.uint8]:
    """Red grows to the east, green to the north, blue along both: sawteeth of 250 m and more."""
    red = 20 + 0.5 * ((easting - CORNER_E) % 400)
    green = 20 + 0.5 * ((northing - CORNER_N) % 400)
    blue = 128 + 100 * np.sin((easting + northing) / 40)
    return np.round([red, green, blue]).astype(np.uint8)


def gentle(easting: NDArray, northing: NDArray) -> NDArray[np.uint8]:
    """Linear in position, without a jump within 900 m: resampling keeps it exactly."""
    red = 20 + 0.25 * (easting - CORNER_E)
    green = 20 + 0.25 * (northing - CORNER_N)
    return np.round([red, green, np.full_like(red, 100.0)]).astype(np.uint8)


def noise(easting: NDArray, northing: NDArray) -> NDArray[np.uint8]:
    """Every pixel another colour, the same colour at the same place, never 0."""
    mixed = np.sin(easting * 12.9898 + northing * 78.233) * 43758.5453
    return np.stack([1 + 254 * ((mixed * factor) % 1.0) for factor in (1, 3, 7)]).astype(np.uint8)


def write_orthophoto(
    path: Path,
    ground: Ground,
    *,
    west: float,
    north: float,
    width: int,
    height: int,
    pixel: float = 1.0,
    crs: str | None = IMAGERY_CRS,
    **profile: object,
) -> NDArray[np.uint8]:
    """Write what `ground` shows as GeoTIFF or lossless JPEG 2000, by the ending."""
    cols = west + (np.arange(width) + 0.5) * pixel
    rows = north - (np.arange(height) + 0.5) * pixel
    image = ground(*np.meshgrid(cols, rows))
    write_image(path, image, west=west, north=north, pixel=pixel, crs=crs, **profile)
    return image


def write_image(
    path: Path,
    image: NDArray,
    *,
    west: float,
    north: float,
    pixel: float = 1.0,
    crs: str | None = IMAGERY_CRS,
    **profile: object,
) -> None:
    if path.suffix == ".jp2":
        profile = {"driver": "JP2OpenJPEG", "QUALITY": "100", "REVERSIBLE": "YES", **profile}
        profile |= {"BLOCKXSIZE": 64, "BLOCKYSIZE": 64, "RESOLUTIONS": 3}
    count, height, width = image.shape
    profile = {"transform": Affine(pixel, 0, west, 0, -pixel, north), "crs": crs, **profile}
    with rasterio.open(
        path, "w", width=width, height=height, count=count, dtype=image.dtype, **profile
    ) as out:
        out.write(image)


def footprints(folder: Path, names: list[str], *, crs: str = IMAGERY_CRS) -> gpd.GeoDataFrame:
    """The table of extracted orthophotos, extents from the files themselves."""
    found = sorted(path for path in folder.iterdir() if path.stem in names)
    extents = []
    for path in found:
        with rasterio.open(path) as opened:
            extents.append(box(*opened.bounds))
    return gpd.GeoDataFrame(
        {"name": [path.stem for path in found], "path": [path.name for path in found]},
        geometry=extents,
        crs=crs,
    )


def land_use_squares(cells: gpd.GeoDataFrame, values: list[int]) -> gpd.GeoDataFrame:
    """Land use in vertical strips over all cells, one value each."""
    west, south, east, north = cells.total_bounds
    edges = np.linspace(west, east, len(values) + 1)
    strips = [box(a, south, b, north) for a, b in pairwise(edges)]
    return gpd.GeoDataFrame({"value": np.uint8(values)}, geometry=strips, crs=cells.crs)
