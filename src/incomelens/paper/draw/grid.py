"""Pictures of census cells: a square of the city, values on the 200 m grid, tiles put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray
from PIL import Image

from incomelens.common.errors import InputError
from incomelens.paper.draw.maps import draw_scale_bar
from incomelens.paper.draw.style import MM_PER_INCH

# Tiles that are in memory at once: 64 of 800 x 800 pixels are 120 MB.
TILES_AT_ONCE = 64
# Around the cells of a city, in shares of its longer side.
MARGIN = 0.02


class TileReader(Protocol):
    """What a mosaic needs of :class:`incomelens.tiles.store.Tiles`."""

    def read_images(self, cell_ids: Sequence[str]) -> NDArray[np.uint8]:
        """Images of cells, of shape (n, px, px, 3), north up, west left."""


@dataclass(frozen=True)
class Square:
    """Part of a city on a grid of cells, in metres of the cells' CRS (EPSG:3035).

    Parameters
    ----------
    west, south : float
        Lower-left corner, a corner of a cell.
    n_east, n_north : int
        Cells along either side.
    cell_m : float
        Side of a cell.
    """

    west: float
    south: float
    n_east: int
    n_north: int
    cell_m: float

    @property
    def east(self) -> float:
        """Right edge."""
        return self.west + self.n_east * self.cell_m

    @property
    def north(self) -> float:
        """Upper edge."""
        return self.south + self.n_north * self.cell_m

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, east, south and north edge, as matplotlib wants them."""
        return self.west, self.east, self.south, self.north

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge, as geometries have them."""
        return self.west, self.south, self.east, self.north

    def places(self, cells: gpd.GeoDataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row from the north and column from the west of every cell; may lie outside."""
        bounds = cells.geometry.bounds
        column = np.rint((bounds["minx"].to_numpy() - self.west) / self.cell_m).astype(np.intp)
        row = np.rint((self.north - bounds["maxy"].to_numpy()) / self.cell_m).astype(np.intp)
        return row, column

    def with_margin(self) -> "Square":
        """Square with a few more cells on every side."""
        cells = max(1, round(MARGIN * max(self.n_east, self.n_north)))
        more = cells * self.cell_m
        sides = self.n_east + 2 * cells, self.n_north + 2 * cells
        return Square(self.west - more, self.south - more, *sides, self.cell_m)

    def within(self, cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Cells that lie in the square, in their order."""
        row, column = self.places(cells)
        inside = (row >= 0) & (row < self.n_north) & (column >= 0) & (column < self.n_east)
        return cells[inside]

    def grid(self, cells: gpd.GeoDataFrame, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of cells within the square as an image, north up; NaN where there is no cell."""
        image = np.full((self.n_north, self.n_east), np.nan)
        image[self.places(cells)] = values
        return image


def places_of(cells: gpd.GeoDataFrame) -> pd.DataFrame:
    """Table of cells with their lower-left corners, to which an exhibit adds what it shows."""
    corners = cells.geometry.bounds[["minx", "miny"]].to_numpy()
    columns = {"easting_m": corners[:, 0], "northing_m": corners[:, 1]}
    return pd.DataFrame({"cell_id": cells["cell_id"].to_numpy(), **columns})


def whole_city(cells: gpd.GeoDataFrame) -> Square:
    """Square, or rather rectangle, around all `cells`, of which there must be one at least."""
    if cells.empty:
        raise InputError(
            "cells: not one cell of the city is left to draw; see the column drop_reason of its "
            "tiles' index for what dropped them"
        )
    west, south, east, north = cells.total_bounds
    first = cells.geometry.iloc[0].bounds
    cell_m = float(first[2] - first[0])
    n_east, n_north = (round(side / cell_m) for side in (east - west, north - south))
    return Square(float(west), float(south), n_east, n_north, cell_m)


def fullest_square(cells: gpd.GeoDataFrame, *, side_m: float = 5000.0) -> Square:
    """Square of a city that holds most of `cells`; along a side, never more than the city.

    Among equals the one that lies furthest west, and of these furthest south. There must be a cell.
    """
    city = whole_city(cells)
    side = max(1, round(side_m / city.cell_m))
    n_east, n_north = min(side, city.n_east), min(side, city.n_north)
    occupied = np.isfinite(city.grid(cells, np.ones(len(cells)))).astype(int)
    # Columns first, rows from the south: argmax takes the first of equals.
    sums = np.zeros((city.n_east + 1, city.n_north + 1), dtype=int)
    sums[1:, 1:] = occupied[::-1].T.cumsum(axis=0).cumsum(axis=1)
    held = (
        sums[n_east:, n_north:] - sums[:-n_east, n_north:]
        - sums[n_east:, :-n_north] + sums[:-n_east, :-n_north]
    )  # fmt: skip
    column, row = np.unravel_index(np.argmax(held), held.shape)
    west, south = city.west + column * city.cell_m, city.south + row * city.cell_m
    return Square(west, south, n_east, n_north, city.cell_m)


def mosaic(
    square: Square, cells: gpd.GeoDataFrame, tiles: TileReader, *, px: int
) -> NDArray[np.uint8]:
    """Put the tiles of cells together, each averaged down to `px` x `px` pixels.

    Returns
    -------
    array of uint8, shape (n_north * px, n_east * px, 4)
        Red, green, blue and opacity; north up. Where there is no tile, nothing (opacity 0).
    """
    cells = square.within(cells)
    rows, columns = square.places(cells)
    picture = np.zeros((square.n_north, px, square.n_east, px, 4), dtype=np.uint8)
    names = cells["cell_id"].to_numpy()
    for start in range(0, len(cells), TILES_AT_ONCE):
        part = slice(start, start + TILES_AT_ONCE)
        images = tiles.read_images(list(names[part]))
        for row, column, image in zip(rows[part], columns[part], images, strict=True):
            small = Image.fromarray(image).resize((px, px), Image.Resampling.BOX)
            picture[row, :, column, :, :3] = np.asarray(small)
            picture[row, :, column, :, 3] = 255
    return picture.reshape(square.n_north * px, square.n_east * px, 4)


def show_grid(axes: Axes, image: NDArray, square: Square, **options: object) -> object:
    """Draw an image, north up, on the square, a pixel a cell (or part of it), without distortion.

    `options` are those of :meth:`matplotlib.axes.Axes.imshow`.
    """
    drawn = axes.imshow(
        image, extent=square.extent, origin="upper", interpolation="none", **options
    )
    frame_square(axes, square)
    return drawn


def frame_square(axes: Axes, square: Square) -> None:
    """Give axes the extent of the square, equal scales and no ticks."""
    west, east, south, north = square.extent
    axes.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], xlabel="", ylabel="")
    axes.set_aspect("equal")


def draw_bar_below(axes: Axes, *, below_mm: float = 2.2) -> None:
    """Draw a scale bar below the lower left corner of a map, where it hides nothing."""
    down = below_mm / (axes.get_position().height * axes.figure.get_figheight() * MM_PER_INCH)
    corner = {"bbox_to_anchor": (0, -down), "bbox_transform": axes.transAxes, "border_pad": 0}
    draw_scale_bar(axes, location="center left", scale_loc="right", **corner)
