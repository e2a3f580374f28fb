"""The urban class of every pixel of a cell."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.features import rasterize

from incomelens.cells.urban_classes import EXCLUDED, UNKNOWN, land_use_list
from incomelens.common.errors import InputError, listed


class LandUseMap:
    """Land-use polygons, ready to be burnt cell by cell.

    Parameters
    ----------
    polygons : GeoDataFrame
        Columns ``value`` (of a land-use raster, see :mod:`incomelens.cells.urban_classes`) and
        ``geometry``, in the CRS of the cells. Where polygons overlap, the later row wins.

    Raises
    ------
    InputError
        If a value belongs to no class.
    """

    def __init__(self, polygons: gpd.GeoDataFrame) -> None:
        values = polygons["value"].to_numpy()
        known = land_use_list().value_of.values()
        unknown = sorted(set(values.tolist()) - {UNKNOWN, EXCLUDED, *known})
        if unknown:
            raise InputError(
                f"land use: values {listed(unknown)} belong to no urban class; expected 1 to "
                f"{max(known)}, or {EXCLUDED} where excluded; make the cells again"
            )
        self.crs = polygons.crs
        self._values = values.astype(np.uint8)
        self._shapes = polygons.geometry.to_numpy()
        self._tree = shapely.STRtree(self._shapes)

    def burn(
        self,
        bounds: tuple[float, float, float, float],
        *,
        tile_px: int,
        within: shapely.Geometry | None = None,
    ) -> NDArray[np.uint8]:
        """Value of the polygon at the centre of every pixel.

        Parameters
        ----------
        bounds : (west, south, east, north)
            Of the tile, in the CRS of the polygons, metres.
        tile_px : int
        within : polygon, optional
            The cell, where it is not all of its tile: land outside it counts as unknown.

        Returns
        -------
        array of shape (tile_px, tile_px), uint8
            North up, west left; :data:`~incomelens.cells.urban_classes.UNKNOWN` where no polygon
            lies.
        """
        west, _, east, north = bounds
        pixel = (east - west) / tile_px
        near = np.sort(self._tree.query(shapely.box(*bounds)))
        # Roads come as polygons of a hundred thousand corners: only the part at hand is burnt.
        parts = shapely.clip_by_rect(self._shapes[near], *_wider(bounds, pixel))
        burnt = [
            (part, value)
            for part, value in zip(parts, self._values[near], strict=True)
            if not part.is_empty and part.area > 0
        ]
        grid = {
            "out_shape": (tile_px, tile_px),
            "transform": Affine(pixel, 0, west, 0, -pixel, north),
            "dtype": np.uint8,
        }
        if not burnt:
            return np.full((tile_px, tile_px), UNKNOWN, dtype=np.uint8)
        values = rasterize(burnt, fill=UNKNOWN, **grid)
        if within is not None:
            values[rasterize([(within, 1)], fill=0, **grid) == 0] = UNKNOWN
        return values


def _wider(bounds: tuple[float, float, float, float], pixel: float) -> tuple[float, ...]:
    """Bounds one pixel larger, so that clipping moves no edge inside."""
    west, south, east, north = bounds
    return west - pixel, south - pixel, east + pixel, north + pixel
