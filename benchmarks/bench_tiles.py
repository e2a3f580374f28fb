"""Speed of cutting tiles, against decoding alone and against the paper's released procedure.

A synthetic orthophoto (20 cm pixels, JPEG 2000 at an eighth of its size, as the IGN delivers) is
cut into 200 m cells. Each way runs in a process of its own, on one thread:

    limit      decode every block of the orthophoto once, and nothing else
    ours       plan, mosaic, warp, land use, Zarr shard
    native     the same, with every pixel decoded also where tiles have fewer than the image
    released   warp the whole orthophoto to a compressed GeoTIFF in EPSG:3035 (bilinear), then mask
               and crop each cell, then write a PNG; no land use

    python benchmarks/bench_tiles.py --km 1      a trial of a minute
    python benchmarks/bench_tiles.py --tile-px 128 256 400 800
    python benchmarks/bench_tiles.py --km 5      a whole IGN tile: making it alone takes minutes
    python benchmarks/bench_tiles.py --flat      time a cell for 100, 1,000 and 10,000 cells

On a busy machine compare processor seconds.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

# Before numba and GDAL start theirs.
os.environ |= {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "GDAL_NUM_THREADS": "1"}

import geopandas as gpd
import numpy as np
import rasterio
import rasterio.mask
import rasterio.shutil
import rasterio.warp
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio import Affine
from rasterio.windows import Window
from record import Row, add_record, keep
from scipy.ndimage import zoom

from incomelens.tiles import orthophoto
from incomelens.tiles.plan import plan_shards
from incomelens.tiles.shards import cut_shard

WEST, NORTH = 840_000.0, 6_525_000.0  # Lyon, EPSG:2154
STRIP = 1024
# Polygons a km² in the Urban Atlas of Lyon.
POLYGONS_PER_KM2 = 26


def texture(rng: np.random.Generator, size: int = 2048) -> NDArray[np.uint8]:
    """Colours that compress about as hard as houses and trees: noise of all scales."""
    total = np.zeros((3, size, size), dtype=np.float32)
    for step in (1, 2, 4, 8, 32, 128):
        coarse = rng.normal(size=(3, size // step, size // step)).astype(np.float32)
        total += np.stack([zoom(band, step, order=1) for band in coarse]) * step**0.3
    total = (total - total.mean()) / total.std() * 45 + 115
    return np.clip(total, 1, 255).astype(np.uint8)


def make_orthophoto(folder: Path, km: float, pixel: float, ending: str) -> Path:
    """Write the orthophoto from patches of one texture, shifted so that no two rows repeat."""
    size = round(1000 * km / pixel)
    rng = np.random.default_rng(0)
    patch = texture(rng)
    raw, out = folder / "raw.tif", folder / f"orthophoto.{ending}"
    profile = {
        "driver": "GTiff", "width": size, "height": size, "count": 3, "dtype": "uint8",
        "crs": "EPSG:2154", "transform": Affine(pixel, 0, WEST, 0, -pixel, NORTH),
        "tiled": True, "blockxsize": 512, "blockysize": 512, "interleave": "pixel",
    }  # fmt: skip
    with rasterio.open(raw, "w", **profile) as opened:
        for top in range(0, size, STRIP):
            height = min(STRIP, size - top)
            shift = rng.integers(0, patch.shape[1], size=2)
            cols = (np.arange(size) + shift[0]) % patch.shape[2]
            rows = (np.arange(height) + shift[1]) % patch.shape[1]
            opened.write(patch[:, rows][:, :, cols], window=Window(0, top, size, height))
    if ending == "tif":
        raw.rename(out)
    else:
        with rasterio.Env(GDAL_NUM_THREADS="ALL_CPUS"):
            options = {"QUALITY": "12.5", "REVERSIBLE": "NO"}
            rasterio.shutil.copy(raw, out, driver="JP2OpenJPEG", **options)
        raw.unlink()
    return out


def make_world(folder: Path, km: float, pixel: float, ending: str) -> None:
    """Orthophoto, the cells wholly inside it, and polygons of land use."""
    path = make_orthophoto(folder, km, pixel, ending)
    square = shapely.box(WEST, NORTH - 1000 * km, WEST + 1000 * km, NORTH)
    footprint = gpd.GeoDataFrame(
        {"name": ["orthophoto"], "path": [path.name]}, geometry=[square], crs="EPSG:2154"
    )
    footprint.to_parquet(folder / "orthophotos.parquet")
    to_cells = Transformer.from_crs("EPSG:2154", "EPSG:3035", always_xy=True)
    area = shapely.transform(square, to_cells.transform, interleaved=False)
    west, south, east, north = np.array(area.bounds) // 200 * 200
    e, n = np.meshgrid(np.arange(west, east + 1, 200), np.arange(south, north + 1, 200))
    squares = shapely.box(e, n, e + 200, n + 200).ravel()
    cells = gpd.GeoDataFrame(
        {"cell_id": [f"N{b:.0f}E{a:.0f}" for a, b in zip(e.ravel(), n.ravel(), strict=True)]},
        geometry=squares,
        crs="EPSG:3035",
    ).assign(drop_reason=None)
    cells = cells[shapely.contains(area, squares)].reset_index(drop=True)
    cells.to_parquet(folder / "cells.parquet")
    rng = np.random.default_rng(1)
    seeds = rng.uniform([west, south], [east, north], size=(int(POLYGONS_PER_KM2 * km**2) + 3, 2))
    parts = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=area))
    values = rng.integers(1, 20, size=len(parts)).astype(np.uint8)
    polygons = gpd.GeoDataFrame({"value": values}, geometry=parts, crs="EPSG:3035")
    polygons.to_parquet(folder / "land_use.parquet")


def limit(folder: Path, tile_px: int) -> None:
    """Decode every block once; `tile_px` is not used."""
    with rasterio.open(folder / "orthophoto.jp2") as opened:
        for _, window in opened.block_windows(1):
            opened.read(window=window)


def ours(folder: Path, tile_px: int) -> None:
    """Cut one shard with images and land use."""
    cells = gpd.read_parquet(folder / "cells.parquet")
    orthophotos = gpd.read_parquet(folder / "orthophotos.parquet")
    land_use = gpd.read_parquet(folder / "land_use.parquet")
    plan = plan_shards(cells, orthophotos, n_shards=1)
    index = cut_shard(
        plan, cells, orthophotos, folder, land_use, tile_px=tile_px, out=folder / "0.zarr"
    )
    if (index["row"] < 0).any():
        raise RuntimeError("not every cell was cut")


def native(folder: Path, tile_px: int) -> None:
    """Cut the same shard as if the file held no halved image."""
    orthophoto._stored_levels = lambda *_: 0
    ours(folder, tile_px)


def released(folder: Path, tile_px: int) -> None:
    """Warp all, mask and crop each cell, write PNG; `tile_px` is not used: tiles stay native."""
    warped = folder / "warped.tif"
    with rasterio.open(folder / "orthophoto.jp2") as source:
        transform, width, height = rasterio.warp.calculate_default_transform(
            source.crs, "EPSG:3035", source.width, source.height, *source.bounds
        )
        profile = {
            "driver": "GTiff", "count": 3, "dtype": "uint8", "crs": "EPSG:3035",
            "transform": transform, "width": width, "height": height, "compress": "deflate",
        }  # fmt: skip
        with rasterio.open(warped, "w", **profile) as out:
            rasterio.warp.reproject(
                rasterio.band(source, [1, 2, 3]),
                rasterio.band(out, [1, 2, 3]),
                resampling=rasterio.warp.Resampling.bilinear,
                num_threads=1,
            )
    (folder / "png").mkdir(exist_ok=True)
    cells = gpd.read_parquet(folder / "cells.parquet")
    with rasterio.open(warped) as source:
        for cell_id, shape in zip(cells["cell_id"], cells.geometry, strict=True):
            image, _ = rasterio.mask.mask(source, [shape], crop=True)
            _, height, width = image.shape
            with rasterio.open(
                folder / "png" / f"{cell_id}.png",
                "w",
                driver="PNG",
                width=width,
                height=height,
                count=3,
                dtype="uint8",
            ) as out:
                out.write(image)


WAYS: dict[str, Callable[[Path, int], None]] = {
    "limit": limit,
    "ours": ours,
    "native": native,
    "released": released,
}
# As tables name them.
PEERS = {
    "limit": "decoding every pixel, and nothing else",
    "native": "ours from native pixels",
    "released": "the released procedure",
}
# Whose tiles have as many pixels as are asked for.
SIZED = ("ours", "native")


def measure(way: str, folder: Path, tile_px: int) -> dict[str, float]:
    """Run one way in a process of its own: wall and processor seconds, peak memory."""
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder)]
    done = subprocess.run(  # noqa: S603 - this very file
        [*command, "--tile-px", str(tile_px)], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def run_way(way: str, folder: Path, tile_px: int) -> None:
    """Inside that process: run, then print the measures as JSON."""
    warnings.simplefilter("ignore")
    started = time.perf_counter()
    before = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    WAYS[way](folder, tile_px)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "wall": time.perf_counter() - started,
                "processor": used.ru_utime + used.ru_stime - before,
                "memory_mb": used.ru_maxrss / 1024,
            }
        )
    )


def compare(folder: Path, km: float, sizes: list[int], ways: list[str]) -> list[Row]:
    """Print one row a way, and a size of tiles where that matters; return what is kept."""
    started = time.perf_counter()
    make_world(folder, km, 0.2, "jp2")
    cells = len(gpd.read_parquet(folder / "cells.parquet"))
    size = (folder / "orthophoto.jp2").stat().st_size / 1e6
    print(f"{km:g} km, {cells} cells, JPEG 2000 of {size:.0f} MB; ", end="")
    print(f"made in {time.perf_counter() - started:.0f} s\n")
    heads = ("tile px", "wall s", "processor s", "ms a cell", "cells a s", "× limit", "memory MB")
    print(f"{'way':10}" + "".join(f"{head:>13}" for head in heads))
    limit_s, spent = np.nan, {}
    for way in ways:
        for tile_px in sizes if way in SIZED else [0]:
            found = measure(way, folder, tile_px)
            if way == "limit":
                limit_s = found["processor"]
            spent[way, tile_px] = found["processor"]
            each = found["processor"] / cells
            print(
                f"{way:10}{tile_px or '-':>13}{found['wall']:13.1f}{found['processor']:13.1f}"
                f"{1000 * each:13.1f}{1 / each:13.1f}{found['processor'] / limit_s:13.2f}"
                f"{found['memory_mb']:13.0f}",
                flush=True,
            )
    peers = {PEERS[way]: s for (way, _), s in spent.items() if way in PEERS}
    return [
        Row(
            f"{cells} cells of {km:g} km at 20 cm, tiles of {tile_px} px",
            seconds,
            "s",
            peers
            | {PEERS[way]: s for (way, px), s in spent.items() if px == tile_px and way in PEERS},
        )
        for (way, tile_px), seconds in spent.items()
        if way == "ours"
    ]


def flat() -> None:
    """Print the time a cell for three sizes of a city, tiles of 32 px from 5 m pixels."""
    print(f"{'cells':>8}{'wall s':>10}{'processor s':>13}{'ms a cell':>11}{'memory MB':>11}")
    for km in (2.3, 6.7, 20.6):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_world(folder, km, 5.0, "tif")
            cells = len(gpd.read_parquet(folder / "cells.parquet"))
            found = measure("ours", folder, 32)
            each = 1000 * found["processor"] / cells
            print(
                f"{cells:8}{found['wall']:10.1f}{found['processor']:13.1f}{each:11.2f}"
                f"{found['memory_mb']:11.0f}",
                flush=True,
            )


def main() -> None:
    """Make a world, run every way on it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--km", type=float, default=1.0, help="side of the orthophoto")
    parser.add_argument("--tile-px", type=int, nargs="+", default=[800])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--flat", action="store_true", help="time a cell against their number")
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    add_record(parser)
    options = parser.parse_args()
    if options.way:
        run_way(options.way, options.folder, options.tile_px[0])
        return
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, one thread used")
    if options.flat:
        flat()
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = compare(Path(folder), options.km, options.tile_px, options.ways)
    keep(
        rows,
        options.record,
        "tiles",
        script=__file__,
        title="Tiles cut from an orthophoto, land use included, on one thread",
        packages=("rasterio", "zarr"),
    )


if __name__ == "__main__":
    main()
