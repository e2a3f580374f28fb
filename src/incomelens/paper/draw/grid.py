"""Pictures of cells: a square of the city, values on its grid, tiles put together.

Squares of one grid are the pixels of such a picture. Cells of any other shape are drawn on fine
pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray
from PIL import Image
from rasterio import Affine
from rasterio.features import rasterize

from incomelens.cells.places import Places
from incomelens.common.errors import InputError, present
from incomelens.paper.draw.maps import draw_scale_bar
from incomelens.paper.draw.style import MM_PER_INCH

# Tiles that are in memory at once: 64 of 800 x 800 pixels are 120 MB.
TILES_AT_ONCE = 64
# Around the cells of a city, in shares of its longer side.
MARGIN = 0.02
NAMED = 4  # margins around areas that have their names above them
# Along the longer side of a picture of cells that are no grid.
FINE_PX = 1200
OFF_GRID = 1e-3
# Cities that fill less of the extent of all are drawn side by side, with gaps of so much of the
# longest side of one.
FAR_APART, GATHERED_GAP = 0.25, 0.15
LEAST_DRAWN = 1 / 150  # side of a cell, of the longer side of a map of cities side by side


class TileReader(Protocol):
    """What a mosaic needs of :class:`incomelens.tiles.store.Tiles`."""

    def read_images(self, cell_ids: Sequence[str] | NDArray[np.str_]) -> NDArray[np.uint8]:
        """Images of cells, of shape (n, px, px, 3), north up, west left."""

    def bounds(self, cell_id: str) -> tuple[float, float, float, float]:
        """West, south, east, north of a tile; asked for where cells are no grid."""


@dataclass(frozen=True)
class Square:
    """Part of a city on a grid of cells, in metres of the cells' CRS.

    Parameters
    ----------
    west, south : float
        Lower-left corner, a corner of a cell.
    n_east, n_north : int
        Cells along either side.
    cell_m : float
        Side of a cell; of the fine pixels, where cells are no grid.
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
        """Row from the north and column from the west of every cell's middle; may lie outside."""
        west, south, east, north = cells.geometry.bounds.to_numpy().reshape(-1, 4).T
        column = np.floor(((west + east) / 2 - self.west) / self.cell_m).astype(np.intp)
        row = np.floor((self.north - (south + north) / 2) / self.cell_m).astype(np.intp)
        return row, column

    def with_margin(self, times: int = 1) -> "Square":
        """Square with a few more cells on every side."""
        cells = max(1, round(times * MARGIN * max(self.n_east, self.n_north)))
        more = cells * self.cell_m
        sides = self.n_east + 2 * cells, self.n_north + 2 * cells
        return Square(self.west - more, self.south - more, *sides, self.cell_m)

    def finer(self) -> "Square":
        """The same ground in pixels as fine as those of a whole city."""
        times = max(1, round(FINE_PX / max(self.n_east, self.n_north)))
        sides = self.n_east * times, self.n_north * times
        return Square(self.west, self.south, *sides, self.cell_m / times)

    def within(self, cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Cells that lie in the square, in their order."""
        row, column = self.places(cells)
        inside = (row >= 0) & (row < self.n_north) & (column >= 0) & (column < self.n_east)
        return cells[inside]

    def grid(self, cells: gpd.GeoDataFrame, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of cells within the square as an image, north up; NaN where there is no cell."""
        image = np.full((self.n_north, self.n_east), np.nan)
        if self.is_grid_of(cells):
            image[self.places(cells)] = values
            return image
        pixels = Affine(self.cell_m, 0, self.west, 0, -self.cell_m, self.north)
        # A cell that no pixel's middle lies in is seen all the same.
        shapes = zip(cells.geometry, values.astype(np.float64), strict=True)
        return rasterize(shapes, out=image, transform=pixels, all_touched=True)

    def is_grid_of(self, cells: gpd.GeoDataFrame) -> bool:
        """Whether every cell is one pixel of the square."""
        bounds = cells.geometry.bounds.to_numpy().reshape(-1, 4)
        return np.allclose(bounds[:, 2:] - bounds[:, :2], self.cell_m, rtol=OFF_GRID, atol=0)


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
    if Places.of(cells).grid is None:
        cell_m = float(max(east - west, north - south)) / FINE_PX
    n_east, n_north = (max(1, round(side / cell_m)) for side in (east - west, north - south))
    return Square(float(west), float(south), n_east, n_north, cell_m)


def fullest_square(cells: gpd.GeoDataFrame, *, side_m: float = 5000.0) -> Square:
    """Square of a city that holds most of `cells`; along a side, never more than the city.

    Among equals the one that lies furthest west, and of these furthest south. There must be a cell.
    """
    city = whole_city(cells)
    side = max(1, round(side_m / city.cell_m))
    n_east, n_north = min(side, city.n_east), min(side, city.n_north)
    occupied = np.zeros((city.n_north, city.n_east), dtype=int)
    row, column = (np.minimum(at, n - 1) for at, n in zip(
        city.places(cells), occupied.shape, strict=True
    ))  # fmt: skip
    np.add.at(occupied, (row, column), 1)
    # Columns first, rows from the south: argmax takes the first of equals.
    sums = np.zeros((city.n_east + 1, city.n_north + 1), dtype=int)
    sums[1:, 1:] = occupied[::-1].T.cumsum(axis=0).cumsum(axis=1)
    held = (
        sums[n_east:, n_north:] - sums[:-n_east, n_north:]
        - sums[n_east:, :-n_north] + sums[:-n_east, :-n_north]
    )  # fmt: skip
    column, row = np.unravel_index(np.argmax(held), held.shape)
    west, south = float(city.west + column * city.cell_m), float(city.south + row * city.cell_m)
    found = Square(west, south, n_east, n_north, city.cell_m)
    return found if city.is_grid_of(cells) else found.finer()


def gathered(cells: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, dict[str, tuple[float, float]]]:
    """Put cells of cities far apart side by side, for a map; others stay where they are.

    Returns
    -------
    GeoDataFrame
        The cells, in their order; each area is moved as a whole, lengths stay.
    dict
        Upper left corner of each area that was moved.
    """
    names = np.unique(cells["area"]) if "area" in cells else np.array([])
    boxes = {name: cells.geometry[cells["area"] == name].total_bounds for name in names}
    extents = np.array([(box[2] - box[0], box[3] - box[1]) for box in boxes.values()])
    west, south, east, north = cells.total_bounds
    if len(names) < 2 or extents.prod(axis=1).sum() > FAR_APART * (east - west) * (north - south):
        return cells, {}
    n_columns = int(np.ceil(np.sqrt(len(names))))
    row, column = np.divmod(np.arange(len(names)), n_columns)
    gap = GATHERED_GAP * extents.max()
    lefts = west + _starts(extents[:, 0], column, gap)
    tops = north - _starts(extents[:, 1], row, gap)
    shapes, corners = cells.geometry.copy(), {}
    for (name, box), left, top in zip(boxes.items(), lefts[column], tops[row], strict=True):
        here = cells["area"] == name
        shapes[here] = shapes[here].translate(left - box[0], top - box[3])
        corners[name] = (left, top)
    return cells.set_geometry(shapes), corners


def _starts(
    lengths: NDArray[np.float64], line: NDArray[np.intp], gap: float
) -> NDArray[np.float64]:
    """Where rows (or columns) of areas begin, each as high as its highest area."""
    highest = np.zeros(line.max() + 1)
    np.maximum.at(highest, line, lengths)
    return np.concatenate([[0.0], np.cumsum(highest + gap)[:-1]])


def large_enough(cells: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, bool]:
    """Cells that can be seen on a map of all of them; smaller ones are enlarged where they are.

    Returns
    -------
    GeoDataFrame
        In their order; of the same shapes where these are large enough.
    bool
        Whether they were enlarged.
    """
    west, south, east, north = cells.total_bounds
    least, side = LEAST_DRAWN * max(east - west, north - south), Places.of(cells).side_m
    if side >= least:
        return cells, False
    grown = cells.geometry.buffer((least - side) / 2, join_style="mitre")
    return cells.set_geometry(grown), True


def name_areas(axes: Axes, corners: Mapping[str, tuple[float, float]]) -> None:
    """Write the name of each area of :func:`gathered` above its upper left corner."""
    for name, corner in corners.items():
        words = name.replace("_", " ").title()
        axes.annotate(words, corner, (0, 2), textcoords="offset points", fontsize=5, va="bottom")


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
    if not square.is_grid_of(cells):
        return _scattered(square, cells, tiles)
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


def _scattered(square: Square, cells: gpd.GeoDataFrame, tiles: TileReader) -> NDArray[np.uint8]:
    """Tiles laid out on the fine pixels of a square; later ones upon earlier ones."""
    picture = Image.new("RGBA", (square.n_east, square.n_north))
    ids = cells["cell_id"].to_numpy()
    for cell_id, (west, south, east, north) in zip(
        ids, cells.geometry.bounds.to_numpy(), strict=True
    ):
        side, middle = max(east - west, north - south), ((west + east) / 2, (south + north) / 2)
        px = max(1, round(side / square.cell_m))
        corner = (
            round((middle[0] - side / 2 - square.west) / square.cell_m),
            round((square.north - middle[1] - side / 2) / square.cell_m),
        )
        tile = Image.fromarray(tiles.read_images([cell_id])[0])
        picture.paste(tile.resize((px, px), Image.Resampling.BOX), corner)
    return np.asarray(picture)


def show_grid(axes: Axes, image: NDArray, square: Square, **options: Any) -> AxesImage:
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
    height = present(axes.get_figure(root=True)).get_figheight() * MM_PER_INCH
    down = below_mm / (axes.get_position().height * height)
    corner = {"bbox_to_anchor": (0, -down), "bbox_transform": axes.transAxes, "border_pad": 0}
    draw_scale_bar(axes, location="center left", scale_loc="right", **corner)
