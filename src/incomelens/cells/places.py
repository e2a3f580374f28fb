"""Where the cells of a city lie: which are beside, near and nearest to which, and in one block.

Squares of one grid have whole numbers for places, and nothing is measured: see
:mod:`incomelens.cells.neighbours`. All other cells (chips, districts, buffers around points) are
polygons, and distances are metres. Of several cities in one table distances between them count
nowhere: only cells of one area are compared.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from incomelens.cells.neighbours import (
    grid_coordinates,
    nearest_cells,
    neighbour_pairs,
    within_reach,
)
from incomelens.common.errors import InputError, present
from incomelens.common.names import CELL_M

Rows = NDArray[np.bool_] | NDArray[np.integer]
Near = Callable[[NDArray[np.bool_]], NDArray[np.bool_]]

# Of the side: how far a square may lie off its grid, which files round to centimetres or so.
OFF_GRID = 1e-3
OVERLAP_SHARE = 0.01  # of the smaller of two cells; less is rounding of shared edges


@dataclass(frozen=True, eq=False)
class Places:
    """Places of cells.

    Attributes
    ----------
    side_m : float
        Side of a cell; of polygons, of the square with their median area.
    grid : int array of shape (n, 2), or None
        Column (eastwards), row (northwards) of squares of one grid.
    polygons : array of shape (n,), or None
        All other cells, in metres.
    area : array of str, shape (n,)
        City or part that each belongs to; one name for all where nothing is said.
    """

    side_m: float
    grid: NDArray[np.int64] | None
    polygons: NDArray[np.object_] | None
    area: NDArray[np.object_]

    @classmethod
    def of(cls, table: pd.DataFrame) -> Self:
        """Places of the rows of a table of cells or folds.

        By the geometry; a table without one is of the European 200 m grid, whose ids name places.

        Raises
        ------
        InputError
            If there is no geometry and an id is no id of that grid.
        """
        area = np.full(len(table), "", dtype=object)
        if "area" in table:
            area = table["area"].astype(str).to_numpy(dtype=object)
        if not isinstance(table, gpd.GeoDataFrame):
            return cls(float(CELL_M), grid_coordinates(table["cell_id"]), None, area)
        polygons = table.geometry.to_numpy()
        if (found := _grid_of(polygons)) is not None:
            return cls(*found, None, area)
        return cls(float(np.sqrt(np.median(shapely.area(polygons)))), None, polygons, area)

    def __len__(self) -> int:
        return len(self.area)

    def __getitem__(self, rows: Rows) -> Self:
        """Places of some of the cells."""
        return replace(
            self,
            grid=None if self.grid is None else self.grid[rows],
            polygons=None if self.polygons is None else self.polygons[rows],
            area=self.area[rows],
        )

    @property
    def centres(self) -> NDArray[np.float64]:
        """Easting, northing of every cell in kilometres, up to a shift; shape (n, 2)."""
        if self.grid is not None:
            return self.grid.astype(np.float64) * (self.side_m / 1000)
        return shapely.get_coordinates(shapely.centroid(self.polygons)) / 1000

    def neighbour_pairs(self) -> NDArray[np.int64]:
        """Pairs of cells beside each other, as positions i < j, sorted; shape (n_pairs, 2).

        Squares of a grid that share an edge or a corner; polygons less than half a side apart.
        """
        return neighbour_pairs(present(self.grid)) if self.polygons is None else self._pairs(1)

    def neighbour_counts(self) -> NDArray[np.int64]:
        """Count the cells beside every cell; shape (n,)."""
        return np.bincount(self.neighbour_pairs().ravel(), minlength=len(self)).astype(np.int64)

    def overlapping_pairs(self) -> NDArray[np.int64]:
        """Pairs of cells that share ground, as positions i < j; shape (n_pairs, 2)."""
        if self.polygons is None:
            return np.empty((0, 2), dtype=np.int64)
        return self._pairs(0)

    def reach(self, cells: int) -> Near:
        """Which cells lie near any cell of a set: a function of the set, both as masks.

        Parameters
        ----------
        cells : int
            How far, in cells. On a grid diagonals count as 1, and 0 is the cell itself. Polygons
            are near with at most ``cells - 0.5`` sides between them; with 0, those that overlap.
        """
        if cells < 0:
            raise InputError(f"buffer: {cells} cells; expected 0 or more")
        if self.polygons is None:
            grid = present(self.grid)
            return lambda of: within_reach(grid, grid[of], reach=cells)
        first, second = self._pairs(cells).T

        def near(of: NDArray[np.bool_]) -> NDArray[np.bool_]:
            found = of.copy()
            found[first[of[second]]] = True
            found[second[of[first]]] = True
            return found

        return near

    def nearest(self, among: Self, *, k: int) -> NDArray[np.int64]:
        """Positions of the k nearest cells of a set, areas disregarded; shape (n, min(k, m)).

        By the centres; of equally near ones the southern, then the western.
        """
        if self.grid is not None and among.grid is not None:
            return nearest_cells(self.grid, among.grid, k=k)
        return nearest_cells(1000 * self.centres, 1000 * among.centres, k=k)

    def areas_with(self, others: Self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Positions of the cells of each area, and of the others that lie in it, perhaps none."""
        for name in np.unique(self.area):
            yield np.flatnonzero(self.area == name), np.flatnonzero(others.area == name)

    def blocks(self, side_km: float) -> NDArray[np.int64]:
        """Number of the square block that the centre of each cell lies in.

        Blocks are anchored at the origin of the coordinates, so that a block is the same place
        whichever cells are kept.

        Returns
        -------
        array of shape (n,)
            0, 1, ... without gaps, from south to north and west to east.

        Raises
        ------
        InputError
            If the cells are a grid and the side is no multiple of theirs.
        """
        if self.grid is None:
            corner = np.floor(self.centres / side_km).astype(np.int64)
        else:
            corner = self.grid // self._sides(side_km)
        _, block = np.unique(corner[:, ::-1], axis=0, return_inverse=True)
        return block.reshape(-1).astype(np.int64)

    def _sides(self, side_km: float) -> int:
        cell_km = self.side_m / 1000
        sides = round(side_km / cell_km)
        if sides < 1 or abs(sides * cell_km - side_km) > 1e-6:
            raise InputError(
                f"block_km: {side_km} is no multiple of {cell_km:g} km, the side of a cell; blocks "
                "are made of whole cells"
            )
        return sides

    def _pairs(self, cells: int) -> NDArray[np.int64]:
        """Pairs of polygons within reach of each other."""
        polygons = present(self.polygons)
        tree = shapely.STRtree(polygons)
        if cells == 0:
            pairs = tree.query(polygons, predicate="intersects").T
        else:
            distance = (cells - 0.5) * self.side_m
            pairs = tree.query(polygons, predicate="dwithin", distance=distance).T
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        if cells == 0:
            first, second = polygons[pairs[:, 0]], polygons[pairs[:, 1]]
            shared = shapely.area(shapely.intersection(first, second))
            smaller = np.minimum(shapely.area(first), shapely.area(second))
            pairs = pairs[shared > OVERLAP_SHARE * smaller]
        return pairs[np.lexsort(pairs.T[::-1])].astype(np.int64)


def carried_columns(cells: pd.DataFrame) -> list[str]:
    """Columns of cells that a table of folds keeps, so that places can be told from it.

    The areas, where there are some; the polygons, unless ids of the European 200 m grid name them.
    """
    told = ["area"] if "area" in cells else []
    if isinstance(cells, gpd.GeoDataFrame) and not _named_by_place(cells):
        return [*told, cells.geometry.name]
    return told


def _named_by_place(cells: gpd.GeoDataFrame) -> bool:
    try:
        corners = grid_coordinates(cells["cell_id"]) * CELL_M
    except InputError:
        return False
    bounds = cells.geometry.bounds.to_numpy()
    return np.allclose(bounds, np.hstack([corners, corners + CELL_M]), rtol=0, atol=OFF_GRID)


def _grid_of(polygons: NDArray[np.object_]) -> tuple[float, NDArray[np.int64]] | None:
    """Side and whole-number places, if all are upright squares of one grid, none twice."""
    bounds = shapely.bounds(polygons)
    sides = (bounds[:, 2:] - bounds[:, :2]).ravel()
    side = float(np.median(sides))
    tolerance = OFF_GRID * side
    square = np.abs(shapely.area(polygons) - side**2) <= 4 * tolerance * side
    if not square.all() or (np.abs(sides - side) > tolerance).any():
        return None
    side = round(side, 6)
    shift = bounds[0, :2] - np.rint(bounds[0, :2] / side) * side
    grid = np.rint((bounds[:, :2] - shift) / side).astype(np.int64)
    if (np.abs(grid * side + shift - bounds[:, :2]) > tolerance).any():
        return None
    return None if len(np.unique(grid, axis=0)) < len(grid) else (side, grid)
