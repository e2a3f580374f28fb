"""The square of ground that the tile of a cell shows."""

import logging

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from incomelens.common.errors import listed

logger = logging.getLogger(__name__)

# Of a side: sides of a square that differ by less are equal, its coordinates being rounded.
ROUNDING = 1e-6


def tile_squares(cells: gpd.GeoDataFrame, *, side_m: float | None = None) -> gpd.GeoDataFrame:
    """Cells with the ground of their tiles for geometry.

    Parameters
    ----------
    cells : GeoDataFrame
        ``cell_id``, and polygons in a projected CRS in metres.
    side_m : float, optional
        Side of all tiles, which then show one scale; by default that of the smallest upright square
        around each cell.

    Returns
    -------
    GeoDataFrame
        Upright squares around the middle of each cell's extent; the cells themselves where they are
        such squares. Cells that reach beyond their tile are told.
    """
    west, south, east, north = cells.bounds.to_numpy().reshape(-1, 4).T
    longest = np.maximum(east - west, north - south)
    side = longest if side_m is None else np.full(len(cells), float(side_m))
    beyond = cells["cell_id"][longest > side * (1 + ROUNDING)]
    if len(beyond):
        logger.warning(
            "tiles.side_m: %d of %d cells reach beyond their tile of %g m, which shows their "
            "middle alone: %s", len(beyond), len(cells), side_m, listed(beyond),
        )  # fmt: skip
    half, easting, northing = side / 2, (west + east) / 2, (south + north) / 2
    squares = shapely.box(easting - half, northing - half, easting + half, northing + half)
    shapes = cells.geometry.to_numpy()
    itself = fills(shapes, squares) & (np.abs(longest - side) <= ROUNDING * side)
    ground = np.where(itself, shapes, squares)
    return cells.set_geometry(gpd.GeoSeries(ground, index=cells.index, crs=cells.crs))


def fills(shapes: NDArray[np.object_], squares: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Whether each shape, which may reach beyond its square, leaves nothing of it."""
    shared = shapely.area(shapely.intersection(shapes, squares))
    return shared >= (1 - 4 * ROUNDING) * shapely.area(squares)
