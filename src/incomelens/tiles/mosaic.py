"""A window of native pixels, from as many orthophotos as it touches."""

import logging
import math
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.errors import RasterioIOError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from incomelens.common.errors import InputError, listed

logger = logging.getLogger(__name__)

# Three rows of blocks of a 25,000 px orthophoto, decoded, are 230 MB; a neighbour adds some.
CACHE_MB = 512
MOST_OPEN = 12
# Grids whose offset is this close to whole pixels count as one grid.
SAME_GRID_PX = 0.02


class UnreadableImageryError(Exception):
    """A part of an orthophoto that cannot be decoded: costs its cells, not the whole job."""


@dataclass(frozen=True)
class Grid:
    """North-up square pixels: west and north edge of pixel (0, 0) and the pixel's side, metres."""

    west: float
    north: float
    pixel: float

    def shifted(self, col: int, row: int) -> "Grid":
        """Grid whose pixel (0, 0) is pixel (`row`, `col`) of this one."""
        return Grid(self.west + col * self.pixel, self.north - row * self.pixel, self.pixel)


@dataclass(frozen=True)
class Patch:
    """Native pixels of a window.

    Attributes
    ----------
    image : array of shape (3, height, width), uint8
        Red, green, blue; north up; 0 where void.
    void : array of shape (height, width), bool
        Pixels without imagery: outside every orthophoto, all bands 0, or marked by the file's own
        nodata value, mask or alpha band.
    grid : Grid
    """

    image: NDArray[np.uint8]
    void: NDArray[np.bool_]
    grid: Grid


@dataclass(frozen=True)
class _Source:
    dataset: DatasetReader
    grid: Grid
    has_mask: bool


class Mosaic(AbstractContextManager):
    """Orthophotos read as one image.

    Parameters
    ----------
    orthophotos : GeoDataFrame
        ``name``, ``path`` relative to `folder`, footprint ``geometry`` in the imagery's CRS. That
        CRS is believed, not what the files say: deliveries exist that do not name their datum.
    folder : path
    cache_mb : int
        Bound of GDAL's cache of decoded blocks.
    threads : int
        For decoding; GDAL would take all cores.

    Notes
    -----
    Where orthophotos overlap, the one asked for comes first, then the others by name; a later one
    fills only what is void so far. So a tile that two departments deliver, each blank beyond its
    border, is whole. Decoding stays in GDAL's cache: windows asked for in the order of the plan
    decode each block once.
    """

    def __init__(
        self,
        orthophotos: gpd.GeoDataFrame,
        folder: str | Path,
        *,
        cache_mb: int = CACHE_MB,
        threads: int = 1,
    ) -> None:
        by_name = orthophotos.sort_values("name", kind="stable")
        self._names = by_name["name"].tolist()
        self._paths = {
            name: Path(folder) / path
            for name, path in zip(self._names, by_name["path"], strict=True)
        }
        self._tree = shapely.STRtree(by_name.geometry.to_numpy())
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self._misfits: set[str] = set()
        # GDAL itself reads a small number as megabytes; rasterio hands a number on as bytes.
        self._options = {"GDAL_CACHEMAX": cache_mb * 1_000_000, "GDAL_NUM_THREADS": threads}
        self._stack = ExitStack()
        missing = [path for path in self._paths.values() if not path.exists()]
        if missing:
            raise InputError(
                f"orthophotos: {listed(missing)} not found; extract the orthophotos again"
            )

    def __enter__(self) -> Self:
        self._stack.enter_context(rasterio.Env(**self._options))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._sources:
            self._sources.popitem()[1].dataset.close()
        self._stack.close()

    def pixel(self, name: str) -> float:
        """Side of a native pixel of one orthophoto, metres."""
        return self._open(name).grid.pixel

    def read(
        self, bounds: tuple[float, float, float, float], *, primary: str, margin_px: int = 0
    ) -> Patch:
        """Native pixels that cover `bounds`, on the grid of the orthophoto `primary`.

        Parameters
        ----------
        bounds : (west, south, east, north)
            In the imagery's CRS, metres.
        primary : str
            Name of the orthophoto that gives the grid and comes first.
        margin_px : int
            Pixels added on every side.

        Raises
        ------
        UnreadableImageryError
            If a block cannot be decoded. JPEG 2000 has no checksum: some damage passes unseen, so
            files are to be verified when they are fetched.
        InputError
            If a file is no 8-bit image of three bands, north up with square pixels.
        """
        grid, width, height = _window(self._open(primary).grid, bounds, margin_px)
        image = np.zeros((3, height, width), dtype=np.uint8)
        void = np.ones((height, width), dtype=bool)
        for name in self._touching(grid, width, height, primary):
            self._fill(image, void, grid, name)
            if not void.any():
                break
        return Patch(image, void, grid)

    def _touching(self, grid: Grid, width: int, height: int, primary: str) -> Iterator[str]:
        yield primary
        east, south = grid.west + width * grid.pixel, grid.north - height * grid.pixel
        window = shapely.box(grid.west, south, east, grid.north)
        for at in np.sort(self._tree.query(window, predicate="intersects")):
            if self._names[at] != primary:
                yield self._names[at]

    def _fill(
        self, image: NDArray[np.uint8], void: NDArray[np.bool_], grid: Grid, name: str
    ) -> None:
        """Copy what `name` holds of the window to where it is still void, in place."""
        source = self._open(name)
        rows, cols = self._positions(source, grid, image.shape[1:], name)
        there = np.ix_(*(np.flatnonzero(of >= 0) for of in (rows, cols)))
        if 0 in there[0].shape + there[1].shape:
            return
        rows, cols = rows[rows >= 0], cols[cols >= 0]
        window = Window.from_slices((rows[0], rows[-1] + 1), (cols[0], cols[-1] + 1))
        pixels, blank = self._read(source, window, name)
        if (len(rows), len(cols)) != blank.shape:  # another pixel size: nearest neighbours
            pick = np.ix_(rows - rows[0], cols - cols[0])
            pixels, blank = pixels[:, *pick], blank[pick]
        part = np.s_[there[0].min() : there[0].max() + 1, there[1].min() : there[1].max() + 1]
        take = void[part] & ~blank
        np.copyto(image[:, *part], pixels, where=take)
        void[part] &= ~take

    def _positions(
        self, source: _Source, grid: Grid, shape: tuple[int, ...], name: str
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of the source under each row and column of the window, -1 outside."""
        own = source.grid
        scale = grid.pixel / own.pixel
        col, row = (grid.west - own.west) / own.pixel, (own.north - grid.north) / own.pixel
        apart = max(abs(scale - 1) * max(source.dataset.shape), abs(col - round(col)))
        if max(apart, abs(row - round(row))) <= SAME_GRID_PX:
            scale, col, row = 1.0, round(col), round(row)
        elif name not in self._misfits:
            self._misfits.add(name)
            logger.warning(
                "%s: its pixels do not fall on those of its neighbours; where a cell straddles "
                "both, its nearest pixels are taken, up to half a pixel off",
                name,
            )
        found = []
        for start, n, size in zip((row, col), shape, source.dataset.shape, strict=True):
            at = np.floor(start + (np.arange(n) + 0.5) * scale).astype(np.int64)
            found.append(np.where((at >= 0) & (at < size), at, -1))
        return found[0], found[1]

    def _read(
        self, source: _Source, window: Window, name: str
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        with _decoding(name, window):
            pixels = source.dataset.read((1, 2, 3), window=window)
            blank = (pixels[0] | pixels[1] | pixels[2]) == 0
            if source.has_mask:
                blank |= source.dataset.dataset_mask(window=window) == 0
        return pixels, blank

    def _open(self, name: str) -> _Source:
        if name in self._sources:
            self._sources.move_to_end(name)
            return self._sources[name]
        if name not in self._paths:
            raise InputError(
                f"orthophotos: {name!r} is in the plan but was not extracted; make the plan and "
                "the orthophotos again from one listing"
            )
        with _decoding(name, None):
            dataset = rasterio.open(self._paths[name])
        self._sources[name] = _checked(dataset, self._paths[name])
        if len(self._sources) > MOST_OPEN:
            self._sources.popitem(last=False)[1].dataset.close()
        return self._sources[name]


@contextmanager
def _decoding(name: str, window: Window | None) -> Iterator[None]:
    try:
        yield
    except RasterioIOError as error:
        where = "its header" if window is None else _told(window)
        reason = " ".join(str(error.__cause__ or error).split())
        raise UnreadableImageryError(f"{name}: {where} cannot be decoded ({reason})") from error


def _told(window: Window) -> str:
    (top, bottom), (left, right) = window.toranges()
    return f"the window of rows {top} to {bottom}, columns {left} to {right},"


def _window(
    native: Grid, bounds: tuple[float, float, float, float], margin_px: int
) -> tuple[Grid, int, int]:
    """Smallest window of whole pixels of `native` around bounds and margin: grid, width, height."""
    west, south, east, north = bounds
    first_col = math.floor((west - native.west) / native.pixel) - margin_px
    first_row = math.floor((native.north - north) / native.pixel) - margin_px
    end_col = math.ceil((east - native.west) / native.pixel) + margin_px
    end_row = math.ceil((native.north - south) / native.pixel) + margin_px
    return native.shifted(first_col, first_row), end_col - first_col, end_row - first_row


def _checked(dataset: DatasetReader, path: Path) -> _Source:
    transform = dataset.transform
    upright = transform.b == transform.d == 0 and transform.a > 0 > transform.e
    if not upright or not math.isclose(transform.a, -transform.e, rel_tol=1e-6):
        raise InputError(
            f"{path}: its pixels are not north-up squares ({tuple(transform)[:6]}); "
            "warp it to such a grid first"
        )
    if dataset.count < 3 or set(dataset.dtypes[:3]) != {"uint8"}:
        raise InputError(
            f"{path}: {dataset.count} bands of {listed(sorted(set(dataset.dtypes)))}; expected "
            "red, green and blue of 8 bits"
        )
    masked = any(flag.name != "all_valid" for flags in dataset.mask_flag_enums for flag in flags)
    return _Source(dataset, Grid(transform.c, transform.f, transform.a), masked)
