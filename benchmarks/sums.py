"""Sums of maps over the land use of tiles: ours, and those of rasterstats and exactextract."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import rasterio.features
import torch
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from rasterio import Affine
from rasterstats import zonal_stats
from record import installed
from shapely.geometry import shape
from torch import Tensor

from incomelens.attribution.gradients import PAPER_METHODS
from incomelens.attribution.zonal import paired_sums, zonal_sums

CLASSES = (1, 2, 3, 7, 9, 14)
CRS = "EPSG:3035"  # exactextract asks for one


def patches(rng: np.random.Generator, n: int, px: int) -> NDArray[np.uint8]:
    """Land use of n tiles, shape (n, px, px): the nearest of eight points, of six classes."""
    at = np.stack(np.meshgrid(np.arange(px), np.arange(px)), axis=-1)
    tiles = []
    for _ in range(n):
        points = rng.uniform(0, px, (8, 2))
        nearest = ((at[:, :, None] - points) ** 2).sum(axis=-1).argmin(axis=-1)
        tiles.append(rng.choice(CLASSES, 8)[nearest])
    return np.array(tiles, dtype=np.uint8)


def north_up(px: int) -> Affine:
    """A pixel a unit, the origin in the lower left corner."""
    return Affine(1, 0, 0, 0, -1, px)


def by_rasterstats(maps: NDArray[np.float64], polygons: Sequence[list]) -> None:
    """Sum each map of each tile over its polygons, one call a map."""
    for of_tile, shapes in zip(maps, polygons, strict=True):
        for one in of_tile:
            zonal_stats(shapes, one, affine=north_up(len(one)), stats="sum", nodata=-1)


def by_exactextract(maps: NDArray[np.float64], polygons: Sequence[GeoDataFrame]) -> None:
    """The same by exactextract, which takes all maps of a tile in one call."""
    # Here, so that the rest runs without it.
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    for of_tile, shapes in zip(maps, polygons, strict=True):
        rasters = [NumPyRasterSource(one, name=str(at)) for at, one in enumerate(of_tile)]
        exact_extract(rasters, shapes, "sum")


def of_sums(land_use: Tensor) -> dict[str, Callable[[], object]]:
    """All ways to sum six maps of tiles over their land use."""
    px = land_use.shape[-1]
    shape_of_maps = (len(land_use), len(PAPER_METHODS) * 2, px, px)

    # Made when they are asked for: what explains tiles is not to be told their memory.
    @cache
    def maps() -> Tensor:
        return torch.rand(shape_of_maps, device=land_use.device)

    @cache
    def given() -> NDArray[np.float64]:
        return maps().double().cpu().numpy()

    @cache
    def polygons() -> list[list]:
        return [
            [shape(one) for one, _ in rasterio.features.shapes(tile, transform=north_up(px))]
            for tile in land_use.cpu().numpy()
        ]

    @cache
    def tables() -> list[GeoDataFrame]:
        return [GeoDataFrame(geometry=shapes, crs=CRS) for shapes in polygons()]

    ways = {
        "sums, ours, 1 transform": lambda: zonal_sums(maps(), land_use, n_transforms=1),
        "sums, ours, 8 transforms": lambda: zonal_sums(maps(), land_use),
        "sums, on others' land": lambda: paired_sums(maps()[:, :3], land_use),
        "sums, rasterstats": lambda: by_rasterstats(given(), polygons()),
    }
    if installed("exactextract"):
        ways["sums, exactextract"] = lambda: by_exactextract(given(), tables())
    return ways
