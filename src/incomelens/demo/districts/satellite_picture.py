"""The synthetic city of districts from above: trees grow with the signal of a tract."""

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.io import MemoryFile
from rasterio.transform import Affine, from_origin
from scipy.ndimage import gaussian_filter, zoom
from scipy.special import ndtri

PIXEL_M = 10.0
MARGIN_M = 400.0
WATER = (58, 84, 120)
TREES, ROOFS, ROADS = (62, 96, 58), (158, 148, 142), (112, 110, 112)
TREE_SHARE, TREE_EFFECT = 0.35, 0.7  # with signal 0; change in probits with one SD of the signal
BLOCK_PX = 14  # streets
ROAD_PX = 2
PATCH_PX = 1.5  # of trees
DRIFT_PX = 120  # over which the light drifts


def paint_city(
    tracts: gpd.GeoDataFrame, signal: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], Affine]:
    """Paint the city on a grid of 10 m.

    Each tract is covered by trees to a share that its signal decides, in patches of a few pixels,
    and by streets and roofs otherwise; brightness drifts over the city without meaning.

    Parameters
    ----------
    tracts : GeoDataFrame
        Polygons in a projected reference system, metres.
    signal : array of shape (n_tracts,)
    rng : Generator

    Returns
    -------
    image : array of shape (height, width, 3), uint8
    transform : Affine
    """
    west, south, east, north = tracts.total_bounds
    west, north = (PIXEL_M * np.floor(v / PIXEL_M) for v in (west - MARGIN_M, north + MARGIN_M))
    width = int(np.ceil((east + MARGIN_M - west) / PIXEL_M))
    height = int(np.ceil((north - south + MARGIN_M) / PIXEL_M))
    place = from_origin(west, north, PIXEL_M, PIXEL_M)
    numbered = zip(tracts.geometry, range(1, len(tracts) + 1), strict=True)
    tract = rasterize(numbered, (height, width), transform=place, fill=0, dtype="int32")

    noise = rng.standard_normal((2, height, width), dtype=np.float32)
    patches = gaussian_filter(noise[0], PATCH_PX, truncate=2)
    drift = zoom(
        rng.standard_normal((height // DRIFT_PX + 2, width // DRIFT_PX + 2)), DRIFT_PX, order=1
    )
    limit = ndtri(TREE_SHARE) + TREE_EFFECT * np.concatenate([[0.0], signal])
    trees = patches < patches.std() * limit.astype(np.float32)[tract]
    cols, rows = np.meshgrid(np.arange(width), np.arange(height))
    roads = ((cols % BLOCK_PX < ROAD_PX) | (rows % BLOCK_PX < ROAD_PX)) & ~trees
    kind = np.select([tract == 0, trees, roads], [0, 1, 2], 3)
    image = np.array([WATER, TREES, ROADS, ROOFS], dtype=np.float32)[kind]
    light = 1 + 0.06 * drift[:height, :width].astype(np.float32) + 0.10 * noise[1]
    return np.clip(image * light[..., None], 1, 255).astype(np.uint8), place


def two_geotiffs(image: NDArray[np.uint8], place: Affine, crs: str) -> tuple[bytes, bytes]:
    """The western and the eastern half as GeoTIFF, as a provider delivers sheets."""
    half = image.shape[1] // 2
    return (
        _geotiff(image[:, :half], place, crs),
        _geotiff(image[:, half:], place @ Affine.translation(half, 0), crs),
    )


def _geotiff(image: NDArray[np.uint8], place: Affine, crs: str) -> bytes:
    height, width = image.shape[:2]
    with MemoryFile(ext=".tif") as memory:
        with memory.open(
            driver="GTiff",
            width=width,
            height=height,
            count=3,
            dtype="uint8",
            crs=crs,
            transform=place,
            tiled=True,
            compress="JPEG",
            photometric="YCBCR",
            JPEG_QUALITY="85",
        ) as raster:
            raster.write(np.moveaxis(image, 2, 0))
        return memory.read()
