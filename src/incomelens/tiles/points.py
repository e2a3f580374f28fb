"""Discs around annotated points as a division of every tile's land: within one, or elsewhere.

A kind of points, such as trees, overlaps land use and is no class beside it. It divides a tile
anew, into its discs and all else, and maps are summed over the two as over urban classes.
"""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.features import geometry_mask
from scipy.spatial import KDTree

from incomelens.cells.urban_classes import UNKNOWN, LandUseList, UrbanClass
from incomelens.common.tables import read_table
from incomelens.tiles.squares import tile_squares

ELSEWHERE = "elsewhere"
WITHIN = 1  # value of a pixel in a disc; outside all of them 2
GREY = "#b3b3b3"


def point_classes(kind: str) -> LandUseList:
    """Both parts of the land, as classes: within the discs of a kind, and elsewhere, not tested."""
    within = UrbanClass(kind, kind.replace("_", " ").capitalize(), kind, GREY, ())
    elsewhere = UrbanClass(ELSEWHERE, "Elsewhere", kind, GREY, (), published=False)
    return LandUseList((kind,), (within, elsewhere), {})


class PointDiscs:
    """Discs of all kinds of points of a city, burnt cell by cell.

    Parameters
    ----------
    points : GeoDataFrame
        `cells/{city}-points.parquet`: ``points`` (the kind), ``radius_m``, ``geometry``.
    cells : GeoDataFrame
        `cells/{city}.parquet`, in the same reference system.
    tile_px : int
    side_m : float, optional
        See :func:`incomelens.tiles.squares.tile_squares`.
    """

    def __init__(
        self,
        points: gpd.GeoDataFrame,
        cells: gpd.GeoDataFrame,
        *,
        tile_px: int,
        side_m: float | None = None,
    ) -> None:
        self.kinds = tuple(points["points"].unique())
        self._outline = cells.set_index("cell_id").geometry
        self._square = tile_squares(cells, side_m=side_m).set_index("cell_id").geometry
        self._tile_px = tile_px
        self._discs = []
        for kind in self.kinds:
            rows = points[points["points"] == kind]
            places = shapely.get_coordinates(rows.geometry.to_numpy())
            self._discs.append((KDTree(places), float(rows["radius_m"].iloc[0])))

    def read(self, cell_ids: Sequence[str]) -> NDArray[np.uint8]:
        """Where the discs lie in tiles, shape (n, n_kinds, tile_px, tile_px).

        1 where the middle of a pixel lies in a disc, 2 elsewhere, and
        :data:`~incomelens.cells.urban_classes.UNKNOWN` outside a cell that does not fill its tile.
        """
        shape = (len(cell_ids), len(self.kinds), self._tile_px, self._tile_px)
        return (
            np.stack([self._burnt(one) for one in cell_ids])
            if cell_ids
            else np.zeros(shape, np.uint8)
        )

    def _burnt(self, cell_id: str) -> NDArray[np.uint8]:
        px = self._tile_px
        west, south, east, north = self._square[cell_id].bounds
        place = Affine((east - west) / px, 0, west, 0, (south - north) / px, north)
        column, row = np.meshgrid(np.arange(px) + 0.5, np.arange(px) + 0.5)
        middles = np.stack(place * (column, row), axis=-1)
        inside = geometry_mask([self._outline[cell_id]], (px, px), place, invert=True)
        burnt = np.empty((len(self.kinds), px, px), dtype=np.uint8)
        for number, (tree, radius_m) in enumerate(self._discs):
            distance, _ = tree.query(middles, distance_upper_bound=radius_m)
            burnt[number] = np.where(np.isfinite(distance), WITHIN, WITHIN + 1)
        return np.where(inside, burnt, UNKNOWN).astype(np.uint8)


def open_points(
    points: str | Path | None,
    cells: str | Path | None,
    *,
    tile_px: int,
    side_m: float | None = None,
) -> PointDiscs | None:
    """Open the points of a city; None where it has none."""
    if points is None or cells is None:
        return None
    return PointDiscs(read_table(points), read_table(cells), tile_px=tile_px, side_m=side_m)
