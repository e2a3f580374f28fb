"""Annotated points, such as trees, from a table or a layer."""

from pathlib import Path

import geopandas as gpd
import numpy as np

from incomelens.common.errors import InputError, listed
from incomelens.sources.readers.tables import decimal_mark, read_table
from incomelens.sources.readers.written_values import numbers


def read_points(
    path: str | Path,
    *,
    x: str | None = None,
    y: str | None = None,
    crs: str | None = None,
    layer: str | None = None,
) -> gpd.GeoSeries:
    """Read places of points.

    Parameters
    ----------
    path : path
        CSV (or other text), workbook, or a layer of points; of other shapes the middle is taken.
    x, y : str, optional
        Columns with the coordinates, where the file holds no geometry.
    crs : str, optional
        Their reference system; of a layer where it does not say its own.
    layer : str, optional
        Where there are several.

    Returns
    -------
    GeoSeries
        In the file's reference system; missing where a row has no place.

    Raises
    ------
    InputError
        If a column or the reference system is missing, or a coordinate is no number.
    """
    frame = read_table(path, layer=layer)
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = frame.geometry.force_2d()
        shapes = shapes if shapes.crs is not None or crs is None else shapes.set_crs(crs)
        points = shapes.where(shapes.geom_type == "Point", shapes.representative_point())
    else:
        absent = [name for name in (x, y) if name not in frame]
        if absent:
            raise InputError(
                f"{path}: no column {listed(map(str, absent))} for the place of points; name `x` "
                f"and `y` among {listed(frame.columns, 12)}"
            )
        decimal = decimal_mark(path)
        places = [
            numbers(frame[name], where=f"{path}: column {name!r}", decimal=decimal).to_numpy(
                dtype=float, na_value=np.nan
            )
            for name in (x, y)
        ]
        points = gpd.GeoSeries(gpd.points_from_xy(*places), crs=crs)
        points = points.where(np.isfinite(places).all(axis=0))
    if points.crs is None:
        raise InputError(f"{path}: does not say its coordinate reference system; name it as `crs`")
    return points
