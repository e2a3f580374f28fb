"""Land use of a city from whatever says it: the Urban Atlas, any polygons, any categorical rasters.

The Urban Atlas brings the city's boundary, which decides its cells; the others are asked for what
lies near cells that are known.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.common.places import told_extent
from incomelens.sources.fetching.delivery import file_of_polygons
from incomelens.sources.readers.categorical_rasters import raster_polygons
from incomelens.sources.readers.tables import read_table
from incomelens.sources.readers.urban_atlas import read_urban_atlas

MISSING = "missing"  # code of a polygon that has none


@dataclass(frozen=True)
class LandUseDelivery:
    """Land use of a city.

    Attributes
    ----------
    boundary : GeoDataFrame or None
        Of the city, in any reference system; None where nothing bounds it.
    near : callable
        Given the cells (a GeoSeries in a projected system in metres), polygons near them in their
        system: ``identifier``, ``code`` (text), ``geometry``.
    """

    boundary: gpd.GeoDataFrame | None
    near: Callable[[gpd.GeoSeries], gpd.GeoDataFrame]

    def bounds(self, crs: str) -> tuple[float, float, float, float] | None:
        """West, south, east, north of the boundary in a system; None where there is no boundary."""
        return None if self.boundary is None else tuple(self.boundary.to_crs(crs).total_bounds)


def open_land_use(
    paths: Sequence[str | Path],
    *,
    reader: str,
    boundary: Sequence[str | Path] = (),
    boundary_layer: str | None = None,
    **options: Any,
) -> LandUseDelivery:
    """Open the land use of a city.

    Parameters
    ----------
    paths : sequence of path
        All files of the land use; only rasters may be several.
    reader : {"urban_atlas", "polygons", "raster"}
    boundary : sequence of path
        A file of polygons that bound the city, or none.
    boundary_layer : str, optional
        Its layer, where there are several.
    options
        Of the reader: `city` in an Urban Atlas; `column`, `layer`, `identifier` of polygons, see
        :func:`read_polygons`; `crs` of rasters.

    Raises
    ------
    InputError
        As the readers of the files.
    """
    own = _boundary(boundary[0], boundary_layer) if boundary else None
    delivery = LAND_USE_READERS[reader](paths, **options)
    return delivery if own is None else LandUseDelivery(own, delivery.near)


def read_polygons(
    path: str | Path,
    cells: gpd.GeoSeries,
    *,
    column: str | Sequence[str],
    layer: str | None = None,
    identifier: str | None = None,
) -> gpd.GeoDataFrame:
    """Read polygons of land use, in any reference system, near cells.

    Parameters
    ----------
    path : path
        GeoPackage, shapefile, GeoJSON, GeoParquet, or an archive or folder of one.
    cells : GeoSeries
    column : str or sequence of str
        Where the code stands, text or a whole number. Of several columns, as OpenStreetMap has
        them, the first that is not empty gives ``landuse=forest``.
    layer : str, optional
        Where there are several.
    identifier : str, optional
        Column that names a polygon in messages and decides between two of one size; by default its
        place in the file.

    Returns
    -------
    GeoDataFrame
        As of :class:`LandUseDelivery`; polygons without a code have the code ``missing``.

    Raises
    ------
    InputError
        If a column, the layer or the reference system is missing.
    """
    frame = _layer(path, layer, near=cells)
    if frame.empty:
        raise InputError(
            f"{path}: no land use near any of {len(cells):,} cells, which lie in "
            f"{told_extent(cells)}; look whether it is of the city, and at its reference system"
        )
    columns = [column] if isinstance(column, str) else list(column)
    needed = [*columns, *([] if identifier is None else [identifier])]
    if absent := [name for name in needed if name not in frame]:
        raise InputError(f"{path}: no column {listed(absent)}; it has {listed(frame.columns, 12)}")
    code = _as_text(frame[columns[0]])
    if len(columns) > 1:
        tags = [f"{name}=" + _as_text(frame[name]) for name in columns]
        code = pd.concat(tags, axis=1).bfill(axis=1).iloc[:, 0]
    rows = pd.Series(range(1, len(frame) + 1), index=frame.index).astype("str")
    names = rows if identifier is None else _as_text(frame[identifier]).fillna(rows)
    return gpd.GeoDataFrame(
        {"identifier": names.to_numpy(), "code": code.fillna(MISSING).astype("str").to_numpy()},
        geometry=frame.geometry.force_2d().to_crs(cells.crs).to_numpy(),
        crs=cells.crs,
    )


def _as_text(values: pd.Series) -> pd.Series:
    """Codes as text, null where empty; 11.0, as a layer with gaps has it, is 11."""
    text = values.astype("string").str.strip()
    if pd.api.types.is_float_dtype(values):
        text = text.str.removesuffix(".0")
    return text.mask(text == "")


def _urban_atlas(paths: Sequence[str | Path], *, city: str) -> LandUseDelivery:
    delivery = read_urban_atlas(paths[0], city=city)
    return LandUseDelivery(
        delivery.boundary,
        lambda cells: (
            delivery.polygons
            if delivery.polygons.crs == cells.crs
            else delivery.polygons.to_crs(cells.crs)
        ),
    )


def _polygons(paths: Sequence[str | Path], **options: Any) -> LandUseDelivery:
    return LandUseDelivery(None, lambda cells: read_polygons(paths[0], cells, **options))


def _rasters(paths: Sequence[str | Path], **options: Any) -> LandUseDelivery:
    return LandUseDelivery(None, lambda cells: raster_polygons(paths, cells, **options))


LAND_USE_READERS: Mapping[str, Callable[..., LandUseDelivery]] = {
    "urban_atlas": _urban_atlas,
    "polygons": _polygons,
    "raster": _rasters,
}
"""Readers of land use by the name that the configuration gives them."""


def _boundary(path: str | Path, layer: str | None) -> gpd.GeoDataFrame:
    frame = _layer(path, layer)
    shapes = frame.geometry.force_2d()
    if not shapes.geom_type.isin(["Polygon", "MultiPolygon"]).any():
        raise InputError(f"{path}: no polygons; expected those that bound the city")
    return gpd.GeoDataFrame(geometry=shapes)


def _layer(
    path: str | Path, layer: str | None, *, near: gpd.GeoSeries | None = None
) -> gpd.GeoDataFrame:
    with file_of_polygons(path) as file:
        frame = read_table(file, layer=layer, near=near)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{path}: no polygons; expected a GeoPackage, GeoParquet or the like")
    if frame.crs is None:
        raise InputError(
            f"{path} has no coordinate reference system; a shapefile has it in its .prj: give the "
            "delivery whole"
        )
    return frame
