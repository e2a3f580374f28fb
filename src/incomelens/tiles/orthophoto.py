"""One orthophoto, opened: its grid, its pixels, and which of them are void."""

import math
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioIOError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from incomelens.common.errors import InputError
from incomelens.sources.readers.raster_headers import Bands, colour_bands
from incomelens.tiles.void import (
    WHITE,
    Colour,
    Mask,
    VoidRule,
    large_areas,
    may_be_large,
    of_colour,
    void_rule,
    with_fray,
)

# Grids whose offset is this close to whole pixels count as one grid.
SAME_GRID_PX = 0.02
# What brings overviews of its own, made nobody knows how; GDAL prefers them to a file's own.
OVERVIEW_FILES = {".ovr", ".aux", ".rrd"}


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

    def halved(self, level: int) -> "Grid":
        """Grid of a resolution level of JPEG 2000, `level` times halved.

        Its wavelets keep every second sample where it is (ISO/IEC 15444-1, annex F): the centre of
        a level's first pixel is that of the first native one, and not, as GDAL has it of any
        overview, that of the native pixels of its area.
        """
        beyond = (2**level - 1) / 2 * self.pixel
        return Grid(self.west - beyond, self.north + beyond, 2**level * self.pixel)

    def window(
        self, bounds: tuple[float, float, float, float], margin_px: int
    ) -> tuple["Grid", int, int]:
        """Smallest window of whole pixels around bounds and margin: its grid, width, height."""
        west, south, east, north = bounds
        first_col = math.floor((west - self.west) / self.pixel) - margin_px
        first_row = math.floor((self.north - north) / self.pixel) - margin_px
        end_col = math.ceil((east - self.west) / self.pixel) + margin_px
        end_row = math.ceil((self.north - south) / self.pixel) + margin_px
        return self.shifted(first_col, first_row), end_col - first_col, end_row - first_row

    def place_of(self, other: "Grid") -> tuple[float, float]:
        """Row and column, here, of the outer corner of another grid's first pixel."""
        return (self.north - other.north) / self.pixel, (other.west - self.west) / self.pixel

    def coincides(self, other: "Grid", shape: tuple[int, int]) -> bool:
        """Whether all pixels of another grid are pixels of this one, which has `shape` of them."""
        stretched = abs(other.pixel / self.pixel - 1) * max(shape)
        apart = [abs(at - round(at)) for at in self.place_of(other)]
        return max(stretched, *apart) <= SAME_GRID_PX


@dataclass(frozen=True)
class Orthophoto:
    """An opened file; see :func:`open_orthophoto`.

    Attributes
    ----------
    levels : int
        How often halved the file holds its image beside the native pixels; see :meth:`at_level`.
    """

    name: str
    dataset: DatasetReader
    grid: Grid
    bands: Bands
    rule: VoidRule
    levels: int

    def at_level(self, level: int) -> "Orthophoto":
        """Open the image `level` times halved (1 to `levels`), which decodes no more than that.

        Raises
        ------
        UnreadableImageryError
            If its header cannot be decoded.
        """
        with _decoding(self.name, None):
            dataset = rasterio.open(self.dataset.name, OVERVIEW_LEVEL=level - 1)
        return replace(self, dataset=dataset, grid=self.grid.halved(level))

    def read(self, window: Window, *, tile_px: float) -> tuple[NDArray[np.uint8], Mask, Mask]:
        """Pixels of a window, and which of them are void.

        Parameters
        ----------
        window : Window
            Inside the file.
        tile_px : float
            Side of a tile in pixels of this file: what a large area of white is measured by.

        Returns
        -------
        pixels : array of shape (3, height, width), uint8
        void : array of shape (height, width), bool
        white : array of shape (height, width), bool
            Of `void` what is so only for being a large white area.

        Raises
        ------
        UnreadableImageryError
            If a block cannot be decoded.
        """
        with _decoding(self.name, window):
            pixels = self.dataset.read(self.bands, window=window)
            void = of_colour(pixels, (0, 0, 0))
            if self.rule.mask_band is not None:
                void |= self.dataset.read_masks(self.rule.mask_band, window=window) == 0
            for colour in self.rule.colours:
                exact = of_colour(pixels, colour)
                void |= exact | self._area(exact, pixels, colour, window, tile_px)
            white = np.zeros_like(void)
            if self.rule.finds_white:
                exact = of_colour(pixels, WHITE)
                white = self._area(exact, pixels, WHITE, window, tile_px) & ~void
        return pixels, void | white, white

    def _area(
        self,
        exact: Mask,
        pixels: NDArray[np.uint8],
        colour: Colour,
        window: Window,
        tile_px: float,
    ) -> Mask:
        """Of the pixels of one colour those in a large area, by half a tile around the window."""
        if not may_be_large(exact, tile_px):
            return np.zeros_like(exact)
        (top, bottom), (left, right) = window.toranges()
        reach, (height, width) = math.ceil(tile_px / 2), self.dataset.shape
        rows = max(0, top - reach), min(height, bottom + reach)
        cols = max(0, left - reach), min(width, right + reach)
        around = self.dataset.read(self.bands, window=Window.from_slices(rows, cols))
        ends = rows[0] == 0, rows[1] == height, cols[0] == 0, cols[1] == width
        large = large_areas(of_colour(around, colour), ends, tile_px)
        inside = large[top - rows[0] : bottom - rows[0], left - cols[0] : right - cols[0]]
        return with_fray(inside, pixels, colour)


def open_orthophoto(
    path: Path,
    *,
    name: str,
    bands: Sequence[int] | None = None,
    colours: tuple[Colour, ...] | None = None,
) -> Orthophoto:
    """Open an orthophoto.

    Parameters
    ----------
    path : path
    name : str
        Its name in the listing.
    bands : sequence of int, optional
        Numbers of its red, green and blue band; see
        :func:`incomelens.sources.readers.raster_headers.colour_bands`.
    colours : tuple of colours, optional
        Those that are void; see :mod:`incomelens.tiles.void`.

    Raises
    ------
    UnreadableImageryError
        If its header cannot be decoded.
    InputError
        If it is no 8-bit image in colour, north up with square pixels.
    """
    with _decoding(name, None):
        dataset = rasterio.open(path)
    transform = dataset.transform
    upright = transform.b == transform.d == 0 and transform.a > 0 > transform.e
    if not upright or not math.isclose(transform.a, -transform.e, rel_tol=1e-6):
        raise InputError(
            f"{path}: its pixels are not north-up squares ({tuple(transform)[:6]}); "
            "warp it to such a grid first"
        )
    numbers = colour_bands(dataset, bands, name=str(path))
    with _decoding(name, None):
        rule = void_rule(dataset, numbers, colours, name=name)
    grid = Grid(transform.c, transform.f, transform.a)
    return Orthophoto(name, dataset, grid, numbers, rule, _stored_levels(dataset, rule))


def _stored_levels(dataset: DatasetReader, rule: VoidRule) -> int:
    """How often halved a JPEG 2000 holds its image; 0 for all else.

    Overviews of other files were averaged, or picked, by somebody's choice. A mask is not halved
    with the image.
    """
    beside = {Path(file).suffix.lower() for file in dataset.files}
    if dataset.driver != "JP2OpenJPEG" or rule.mask_band is not None or beside & OVERVIEW_FILES:
        return 0
    return len(dataset.overviews(1))


@contextmanager
def _decoding(name: str, window: Window | None) -> Generator[None]:
    try:
        yield
    except RasterioIOError as error:
        where = "its header" if window is None else _told(window)
        reason = " ".join(str(error.__cause__ or error).split())
        raise UnreadableImageryError(f"{name}: {where} cannot be decoded ({reason})") from error


def _told(window: Window) -> str:
    (top, bottom), (left, right) = window.toranges()
    return f"the window of rows {top} to {bottom}, columns {left} to {right},"
