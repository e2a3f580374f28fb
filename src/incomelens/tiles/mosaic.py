"""A window of pixels, from as many orthophotos as it touches."""

import logging
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.windows import Window

from incomelens.common.errors import InputError, listed
from incomelens.tiles.orthophoto import (
    Grid,
    Orthophoto,
    UnreadableImageryError,
    open_orthophoto,
)
from incomelens.tiles.tally import Tally
from incomelens.tiles.void import prevailing_colour, void_colours

logger = logging.getLogger(__name__)

# Three rows of blocks of a 25,000 px orthophoto, decoded, are 230 MB; a neighbour adds some.
CACHE_MB = 512
MOST_OPEN = 12
# A tile's pixel in the imagery's units varies with the place, by the projection.
STRETCH = 0.01
# Of a window that is read halved: what shows no ground is told from native pixels alone, but for a
# shadow here and there.
MOST_VOID = 0.001


@dataclass(frozen=True)
class Patch:
    """Pixels of a window, native ones or such as a file holds of lower resolution.

    Attributes
    ----------
    image : array of shape (3, height, width), uint8
        Red, green, blue; north up; 0 where void.
    void : array of shape (height, width), bool
        Pixels without imagery: outside every orthophoto, or void by :mod:`incomelens.tiles.void`.
    grid : Grid
    level : int
        How often halved: 0 for native pixels.
    """

    image: NDArray[np.uint8]
    void: NDArray[np.bool_]
    grid: Grid
    level: int = 0


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
    bands : sequence of int, optional
        Numbers of the red, green and blue band, where the files' own names of them are missing or
        wrong.
    void : sequence of int or of three int, optional
        Colours that are void, 0 to 255; a single number is a grey. By default large areas of white
        are. Black always is.

    Notes
    -----
    Where orthophotos overlap, the one asked for comes first, then the others by name; a later one
    fills only what is void so far. So a tile that two departments deliver, each blank beyond its
    border, is whole. Decoding stays in GDAL's cache: windows asked for in the order of the plan
    decode each block once. What was taken for void because it is white, and what looks like a fill
    of another colour, is counted in the log when the mosaic is closed.
    """

    def __init__(
        self,
        orthophotos: gpd.GeoDataFrame,
        folder: str | Path,
        *,
        cache_mb: int = CACHE_MB,
        threads: int = 1,
        bands: Sequence[int] | None = None,
        void: Sequence[int | Sequence[int]] | None = None,
    ) -> None:
        by_name = orthophotos.sort_values("name", kind="stable")
        self._names = by_name["name"].tolist()
        self._paths = {
            name: Path(folder) / path
            for name, path in zip(self._names, by_name["path"], strict=True)
        }
        self._tree = shapely.STRtree(by_name.geometry.to_numpy())
        self._bands, self._colours = bands, void_colours(void)
        self._sources: OrderedDict[tuple[str, int], Orthophoto] = OrderedDict()
        self._misfits: set[str] = set()
        self._tally = Tally()
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
        if kind is None:
            self._tally.tell()

    def pixel(self, name: str, *, level: int = 0) -> float:
        """Side of a pixel of one orthophoto, native or `level` times halved, metres."""
        return self._open(name).grid.halved(level).pixel

    def level(self, name: str, *, pixel: float) -> int:
        """How often halved one orthophoto suffices for tiles: its pixels are no larger than theirs.

        Parameters
        ----------
        name : str
        pixel : float
            Side of a tile's pixel, in the imagery's CRS, metres.

        Returns
        -------
        int
            0 where only native pixels do, or the file holds no others (all but JPEG 2000).
        """
        source = self._open(name)
        halved = (source.grid.halved(level).pixel for level in range(1, source.levels + 1))
        return sum(side <= pixel * (1 + STRETCH) for side in halved)

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
        grid, width, height = self._open(primary).grid.window(bounds, margin_px)
        names = self._touching(grid, width, height, primary)
        return self._counted(*self._composed(grid, width, height, names, level=0))

    def read_halved(
        self,
        bounds: tuple[float, float, float, float],
        *,
        primary: str,
        level: int,
        margin_px: int = 0,
    ) -> Patch | None:
        """The same, `level` times halved; None where native pixels are to be read instead.

        They are where part of the window is void, which is told pixel by pixel, and where a
        neighbour holds no such pixels or its own fall beside those of `primary`.

        Parameters
        ----------
        bounds, primary, margin_px
            As in :meth:`read`; the margin in halved pixels.
        level : int
            Of :meth:`level`.

        Raises
        ------
        UnreadableImageryError, InputError
            As :meth:`read`.
        """
        grid, width, height = self._open(primary, level).grid.window(bounds, margin_px)
        names = list(self._touching(grid, width, height, primary))
        if not all(self._holds(name, grid, level) for name in names):
            return None
        patch, white_in = self._composed(grid, width, height, names, level=level)
        return self._counted(patch, white_in) if patch.void.mean() <= MOST_VOID else None

    def _holds(self, name: str, grid: Grid, level: int) -> bool:
        """Whether an orthophoto has halved pixels that are those of a grid."""
        try:
            if self._open(name).levels < level:
                return False
            source = self._open(name, level)
        except UnreadableImageryError:  # it may not be needed: native pixels decide
            return False
        return source.grid.coincides(grid, source.dataset.shape)

    def _composed(
        self, grid: Grid, width: int, height: int, names: Iterable[str], *, level: int
    ) -> tuple[Patch, set[str]]:
        """A window filled from orthophotos in their order, and those that are white in part."""
        image = np.zeros((3, height, width), dtype=np.uint8)
        void = np.ones((height, width), dtype=bool)
        white_in = set()
        for name in names:
            if self._fill(image, void, grid, name, level):
                white_in.add(name)
            if not void.any():
                break
        return Patch(image, void, grid, level), white_in

    def _counted(self, patch: Patch, white_in: set[str]) -> Patch:
        prevailing = prevailing_colour(patch.image, patch.void)
        self._tally.count(level=patch.level, white_in=white_in, prevailing=prevailing)
        return patch

    def _touching(self, grid: Grid, width: int, height: int, primary: str) -> Iterator[str]:
        yield primary
        east, south = grid.west + width * grid.pixel, grid.north - height * grid.pixel
        window = shapely.box(grid.west, south, east, grid.north)
        for at in np.sort(self._tree.query(window, predicate="intersects")):
            if self._names[at] != primary:
                yield self._names[at]

    def _fill(
        self, image: NDArray[np.uint8], void: NDArray[np.bool_], grid: Grid, name: str, level: int
    ) -> bool:
        """Copy what `name` holds of the window to where it is still void, in place.

        Returns whether some of it was left for being a large white area.
        """
        source = self._open(name, level)
        rows, cols = self._positions(source, grid, image.shape[1:], name)
        there = np.ix_(*(np.flatnonzero(of >= 0) for of in (rows, cols)))
        if 0 in there[0].shape + there[1].shape:
            return False
        rows, cols = rows[rows >= 0], cols[cols >= 0]
        window = Window.from_slices((rows[0], rows[-1] + 1), (cols[0], cols[-1] + 1))
        tile_px = max(image.shape[1:]) * grid.pixel / source.grid.pixel
        pixels, blank, white = source.read(window, tile_px=tile_px)
        if (len(rows), len(cols)) != blank.shape:  # another pixel size: nearest neighbours
            pick = np.ix_(rows - rows[0], cols - cols[0])
            pixels, blank = pixels[:, *pick], blank[pick]
        part = np.s_[there[0].min() : there[0].max() + 1, there[1].min() : there[1].max() + 1]
        take = void[part] & ~blank
        np.copyto(image[:, *part], pixels, where=take)
        void[part] &= ~take
        return bool(white.any())

    def _positions(
        self, source: Orthophoto, grid: Grid, shape: tuple[int, ...], name: str
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of the source under each row and column of the window, -1 outside."""
        scale = grid.pixel / source.grid.pixel
        row, col = source.grid.place_of(grid)
        if source.grid.coincides(grid, source.dataset.shape):
            scale, col, row = 1.0, round(col), round(row)
        elif name not in self._misfits:
            self._misfits.add(name)
            logger.warning(
                "%s: its pixels do not fall on those of its neighbours; where a cell straddles "
                "both, its nearest pixels are taken, up to half a pixel off",
                name,
            )
        positions = []
        for start, n, size in zip((row, col), shape, source.dataset.shape, strict=True):
            at = np.floor(start + (np.arange(n) + 0.5) * scale).astype(np.int64)
            positions.append(np.where((at >= 0) & (at < size), at, -1))
        return positions[0], positions[1]

    def _open(self, name: str, level: int = 0) -> Orthophoto:
        key = name, level
        if key in self._sources:
            self._sources.move_to_end(key)
            return self._sources[key]
        if name not in self._paths:
            raise InputError(
                f"orthophotos: {name!r} is in the plan but was not extracted; make the plan and "
                "the orthophotos again from one listing"
            )
        if level:
            self._sources[key] = self._open(name).at_level(level)
        else:
            self._sources[key] = open_orthophoto(
                self._paths[name], name=name, bands=self._bands, colours=self._colours
            )
        if len(self._sources) > MOST_OPEN:
            self._sources.popitem(last=False)[1].dataset.close()
        return self._sources[key]
