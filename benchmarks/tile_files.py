"""Invented tiles, the same as a Zarr store and as a folder of PNG files."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from pyproj import CRS
from scipy.ndimage import zoom

from incomelens.tiles.shard_file import ShardWriter
from incomelens.tiles.store import Tiles, open_tiles
from incomelens.tiles.warp import Warped

N_CLASSES = 5
VALIDATION_SHARE = 1 / 6


def texture(rng: np.random.Generator, px: int) -> NDArray[np.uint8]:
    """A tile that compresses about as hard as houses and trees: noise of all scales."""
    total = np.zeros((px, px, 3), dtype=np.float32)
    for step in (1, 2, 4, 8, 32):
        coarse = rng.normal(size=(-(-px // step), -(-px // step), 3)).astype(np.float32)
        total += zoom(coarse, (step, step, 1), order=1)[:px, :px] * step**0.3
    total = (total - total.mean()) / total.std() * 45 + rng.uniform(70, 160)
    return np.clip(total, 1, 255).astype(np.uint8)


def make_images(n: int, px: int) -> list[NDArray[np.uint8]]:
    """Tiles cut at random out of one ground: making each anew takes longer than reading it."""
    rng = np.random.default_rng(0)
    ground = texture(rng, 2 * px)
    corners = rng.integers(0, px, (n, 2))
    return [ground[row : row + px, column : column + px] for row, column in corners]


def make_tiles(folder: Path, n: int, px: int) -> None:
    """Write the same images as a shard with its index, and as PNG files."""
    images = make_images(n, px)
    (folder / "png").mkdir()
    land_use = np.ones((px, px), dtype=np.uint8)
    shard = ShardWriter(folder / "0.zarr", tile_px=px, side=200.0, crs=CRS("EPSG:3035"))
    with shard as writer:
        for number, image in enumerate(images):
            west, south = 3_900_000.0 + 200 * number, 2_500_000.0
            cell_id = f"CRS3035RES200mN{south:.0f}E{west:.0f}"
            bounds = (west, south, west + 200, south + 200)
            writer.add(cell_id, Warped(image, 0.0), land_use, bounds)
    index = writer.index().assign(shard=0, kept=True)
    index.to_parquet(folder / "index.parquet")
    paths = [folder / "png" / f"{cell_id}.png" for cell_id in index["cell_id"]]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda image, path: Image.fromarray(image).save(path), images, paths))


def store(folder: Path) -> Tiles:
    """Open the shard."""
    return open_tiles(folder / "index.parquet", [folder / "0.zarr"])


def cell_ids(folder: Path) -> list[str]:
    """All cells, in the order of the shard."""
    return pd.read_parquet(folder / "index.parquet")["cell_id"].tolist()


def split(ids: Sequence[str]) -> tuple[list[str], list[str]]:
    """Cells to learn from, and cells that judge."""
    n_learned = len(ids) - max(N_CLASSES, round(VALIDATION_SHARE * len(ids)))
    return list(ids[:n_learned]), list(ids[n_learned:])


def income_classes(ids: Sequence[str]) -> dict[str, int]:
    """Every class in turn."""
    return {cell_id: number % N_CLASSES + 1 for number, cell_id in enumerate(ids)}
