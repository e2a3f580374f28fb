"""Which cells lie beside, near and nearest to which, counted on the census grid itself.

A cell's id holds its place, so neighbours are found with whole numbers: no geometry, no tolerance.
Columns count eastwards, rows northwards.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from incomelens.common.errors import InputError
from incomelens.common.names import CELL_M
from incomelens.sources.readers.grid_ids import corners_of

# One of each opposite pair of directions: east, north, north-east, south-east.
_HALF_OF_THE_QUEEN = ((1, 0), (0, 1), (1, 1), (1, -1))


def grid_coordinates(cell_ids: Sequence[str] | NDArray[np.str_] | pd.Series) -> NDArray[np.int64]:
    """Column and row of every cell in the census grid, counted from the origin of EPSG:3035.

    Parameters
    ----------
    cell_ids : sequence of str
        INSPIRE ids such as ``CRS3035RES200mN2893400E3763200``; they name lower-left corners.

    Returns
    -------
    array of shape (n, 2)
        Column (eastwards), row (northwards), in cells of 200 m.

    Raises
    ------
    InputError
        If an id is of another form or off the grid.
    """
    ids = pd.Series(np.asarray(cell_ids, dtype=object), dtype="str")
    return np.column_stack(corners_of(ids, file="cells")) // CELL_M


def neighbour_pairs(grid: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs of cells that share an edge or a corner (queen contiguity).

    Parameters
    ----------
    grid : array of shape (n, 2)
        Column, row of every cell (:func:`grid_coordinates`); no cell twice.

    Returns
    -------
    array of shape (n_pairs, 2)
        Positions i < j in `grid`, every pair once, sorted.
    """
    key = _keys(grid)
    order = np.argsort(key)
    ordered = key[order]
    if (ordered[1:] == ordered[:-1]).any():
        raise InputError("cells: a cell stands twice in the table; neighbours need it once")
    width = _width(grid)
    pairs_by_step: list[NDArray[np.int64]] = []
    for column, row in _HALF_OF_THE_QUEEN:
        beside = key + row * width + column
        at = np.minimum(np.searchsorted(ordered, beside), max(len(key) - 1, 0))
        matched = np.flatnonzero(ordered[at] == beside) if len(key) else np.empty(0, dtype=np.int64)
        pairs_by_step.append(np.column_stack([matched, order[at[matched]]]))
    pairs = np.sort(np.concatenate(pairs_by_step), axis=1)
    return pairs[np.lexsort(pairs.T[::-1])]


def neighbour_counts(grid: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the queen neighbours of every cell, 0..8; shape (n,)."""
    return np.bincount(neighbour_pairs(grid).ravel(), minlength=len(grid)).astype(np.int64)


def within_reach(
    grid: NDArray[np.int64], of: NDArray[np.int64], *, reach: int
) -> NDArray[np.bool_]:
    """Whether a cell lies within `reach` cells of any cell of a set, diagonals included.

    Parameters
    ----------
    grid, of : arrays of shape (n, 2) and (m, 2)
        Column, row of the cells asked about and of the set.
    reach : int
        Chebyshev distance in cells: 0 is the cell itself, 1 its eight neighbours too.

    Returns
    -------
    array of bool, shape (n,)
    """
    if reach < 0:
        raise InputError(f"buffer: {reach} cells; expected 0 or more")
    if not len(of) or not len(grid):
        return np.zeros(len(grid), dtype=bool)
    # The bound of the search is exclusive; distances are whole numbers.
    distance, _ = KDTree(of).query(grid, p=np.inf, distance_upper_bound=reach + 0.5)
    return np.isfinite(distance)


def nearest_cells(
    grid: NDArray[np.int64], among: NDArray[np.int64], *, k: int
) -> NDArray[np.int64]:
    """Positions of the k cells of a set that lie nearest to each cell, nearest first.

    On a grid many cells are equally far. Ties go to the southern, then to the western cell, so that
    neither the order of a table nor the search tree decides.

    Parameters
    ----------
    grid, among : arrays of shape (n, 2) and (m, 2)
        Column, row of the cells asked about and of the set. A cell of both is its own nearest.
    k : int
        How many; all of the set where it has fewer.

    Returns
    -------
    array of shape (n, min(k, m))
        Positions in `among`.
    """
    if k < 1 or not len(among):
        raise InputError(f"nearest cells: {k} wanted of a set of {len(among)}; at least 1 of 1")
    k = min(k, len(among))
    south_west = np.lexsort((among[:, 0], among[:, 1]))
    tree = KDTree(among[south_west])
    n_asked = min(2 * k + 8, len(among))
    while True:
        _, at = tree.query(grid, k=np.arange(1, n_asked + 1))
        gap = among[south_west[at]] - grid[:, np.newaxis, :]
        squared = np.sort((gap**2).sum(axis=2), axis=1)
        # All cells as far as the k-th must be among the candidates, or a tie is cut at random.
        if n_asked == len(among) or (squared[:, -1] > squared[:, k - 1]).all():
            break
        n_asked = min(2 * n_asked, len(among))
    squared = (gap**2).sum(axis=2)
    rank = np.lexsort((at, squared), axis=1)[:, :k]
    return south_west[np.take_along_axis(at, rank, axis=1)]


def _width(grid: NDArray[np.int64]) -> int:
    # Two columns wider than the cells, so that a step east of the last is no cell of the next row.
    return int(np.ptp(grid[:, 0])) + 3 if len(grid) else 1


def _keys(grid: NDArray[np.int64]) -> NDArray[np.int64]:
    if not len(grid):
        return np.empty(0, dtype=np.int64)
    column, row = (grid - grid.min(axis=0)).T
    return row * _width(grid) + column + 1
