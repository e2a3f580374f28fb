"""One orthophoto, opened: its grid, its pixels, and which of them are void."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
class Orthophoto:
    """An opened file; see :func:`open_orthophoto`."""

    name: str
    dataset: DatasetReader
    grid: Grid
    bands: Bands
    rule: VoidRule

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
    return Orthophoto(name, dataset, Grid(transform.c, transform.f, transform.a), numbers, rule)


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
