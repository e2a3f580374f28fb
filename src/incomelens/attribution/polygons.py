"""What the polygons of one tile hold of its map (Fig. 4): sums by rasterstats."""

import geopandas as gpd
import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterstats import zonal_stats
from shapely.geometry import box

from incomelens.common.errors import InputError

NO_DATA = -1.0  # maps are at least 0


def polygon_ratios(
    saliency: NDArray[np.float32],
    land_use: gpd.GeoDataFrame,
    *,
    easting: float,
    northing: float,
    size_m: float,
) -> gpd.GeoDataFrame:
    """Share of activation over share of area for every polygon of a tile.

    Parameters
    ----------
    saliency : array of shape (px, px)
        At least 0, north up.
    land_use : GeoDataFrame
        Polygons of the city with ``identifier`` and ``urban_class`` (missing where the land is
        left out), in metres of the CRS of the cells.
    easting, northing : float
        Lower-left corner of the tile, metres.
    size_m : float
        Side of the tile, metres.

    Returns
    -------
    GeoDataFrame
        A row for each polygon of the cell, cut to it: ``identifier``, ``urban_class``,
        ``n_pixels`` (by their centres), ``activation_sum``, ``area_share``, ``activation_share``,
        ``ratio`` and the geometry. Land that is left out is in neither sum and has no ratio, as has
        a polygon without the centre of a pixel, and every one of a silent map.

    Raises
    ------
    InputError
        If the map is not square or has negative values, or no polygon lies in the cell.

    Notes
    -----
    Levy Abitbol & Karsai (2020), "Grad-CAM projection". Shares are of pixels, so that the ratios,
    weighted by area, have mean 1.
    """
    if saliency.ndim != 2 or saliency.shape[0] != saliency.shape[1] or not (saliency >= 0).all():
        raise InputError(
            f"saliency: shape {saliency.shape}, smallest value {saliency.min():.3g}; expected a "
            "square map of values of at least 0"
        )
    cell = box(easting, northing, easting + size_m, northing + size_m)
    cut = gpd.clip(land_use[["identifier", "urban_class", "geometry"]], cell, keep_geom_type=True)
    cut = cut[cut.geometry.area > 0].sort_values("identifier").reset_index(drop=True)
    if cut.empty:
        raise InputError(
            f"land use: no polygon in the cell at easting {easting:.0f}, northing {northing:.0f}; "
            "pass the land use of the same city, in the CRS of its cells"
        )
    pixel = size_m / len(saliency)
    sums = zonal_stats(
        list(cut.geometry),
        saliency.astype(np.float64),
        affine=Affine(pixel, 0.0, easting, 0.0, -pixel, northing + size_m),
        stats=["sum", "count"],
        nodata=NO_DATA,
    )
    cut["n_pixels"] = [int(one["count"]) for one in sums]
    cut["activation_sum"] = [float(one["sum"] or 0.0) for one in sums]
    used = cut["urban_class"].notna()
    for column, share in (("n_pixels", "area_share"), ("activation_sum", "activation_share")):
        total = cut.loc[used, column].sum()
        cut[share] = np.where(used & (total > 0), cut[column] / max(total, 1e-300), np.nan)
    cut["ratio"] = cut["activation_share"] / cut["area_share"].where(cut["area_share"] > 0)
    return cut
