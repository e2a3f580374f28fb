"""Districts from a ready table: how a user brings another city."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.common.names import INCOMES
from incomelens.districts.checks import check_columns
from incomelens.districts.columns import NUMBERS, TOP_CODE, VARIABLES
from incomelens.districts.expressions import Source
from incomelens.districts.geometry import area_of_each, centroids, in_degrees
from incomelens.districts.user_columns import numbers_from, sources_of
from incomelens.sources.readers.tables import decimal_mark, read_table
from incomelens.sources.readers.written_values import flags, identifiers

logger = logging.getLogger(__name__)

REQUIRED = ("geoid", *VARIABLES)
_LAYER_KEYS = {"boundaries_table": "boundaries_layer", "areas_from": "areas_from: layer"}
_COLUMNS_OF = {"boundaries_table": "geoid of both tables", "areas_from": "areas_from: column"}
TOPCODED = "median_household_income_topcoded"


def own_districts(
    table: str | Path,
    *,
    columns: Mapping[str, Any],
    layer: str | None = None,
    boundaries: str | Path | None = None,
    boundaries_layer: str | None = None,
    areas_from: Mapping[str, str] | None = None,
    share_unit: str = "share",
) -> tuple[gpd.GeoDataFrame, dict[str, Source]]:
    """Read the districts of a city from a table in any format of the field.

    Parameters
    ----------
    table : path
    columns : mapping
        Our name of a column to the file's, or to an expression of these, see
        :func:`~incomelens.districts.user_columns.sources_of`. `geoid`, the ten variables and an
        income are needed; population, area, margins of error (``*_moe``), the flag of top-coded
        medians, longitude and latitude are taken where they are mapped.
    layer : str, optional
        Layer of a GeoPackage, sheet of a workbook, that has several.
    boundaries : path, optional
        Second file that holds the polygons, with the same identifiers in a column of the same
        name. A table without any polygons is drawn as points at longitude and latitude.
    boundaries_layer : str, optional
        Layer of `boundaries` where it has several.
    areas_from : mapping, optional
        File with the polygons of boroughs or counties: its `table`, `layer` and the `column` with
        their names. Each district takes the one in which a point inside it lies.
    share_unit : {"share", "percent"}
        Unit of the columns of shares whose mapping names none.

    Returns
    -------
    GeoDataFrame
        Columns of the contract, one row a district.
    dict of str to Source
        What each of them was read from.
    """
    _check_required(columns, table)
    frame = read_table(table, layer=layer, key="layer")
    present = [str(name) for name in frame.columns]
    sources = sources_of(columns, present, file=str(table), share_unit=share_unit)
    geoid = identifiers(frame[columns["geoid"]], where=_where(table, columns["geoid"]))
    frame.index = pd.Index(geoid, name="geoid")
    districts = _mapped_columns(frame, sources, table)
    if boundaries is None:
        shapes = _shapes(frame, districts, table)
    else:
        polygons = _polygon_layer(
            boundaries, column=columns["geoid"], key="boundaries_table", layer=boundaries_layer
        )
        shapes = _joined_polygons(
            districts.index, polygons, boundaries, table, column=columns["geoid"]
        )
    if "longitude" not in columns or "latitude" not in columns:
        districts[["longitude", "latitude"]] = centroids(shapes)
    if areas_from is not None:
        districts["area"] = area_of_each(
            shapes, _area_polygons(areas_from), column=areas_from["column"]
        )
    districts = gpd.GeoDataFrame(districts, geometry=shapes.geometry).reset_index(names="geoid")
    return districts, sources


def _check_required(columns: Mapping[str, Any], table: str | Path) -> None:
    unmapped = [name for name in REQUIRED if name not in columns]
    if not any(income in columns for income in INCOMES):
        unmapped.append(f"an income ({' or '.join(INCOMES)})")
    if unmapped:
        raise InputError(
            f"{table}: `columns` maps nothing to {listed(unmapped, 12)}; name the file's column "
            "for each"
        )


def _mapped_columns(
    frame: pd.DataFrame, sources: Mapping[str, Source], table: str | Path
) -> pd.DataFrame:
    districts = pd.DataFrame(index=frame.index)
    decimal = decimal_mark(table)
    for name in NUMBERS:
        districts[name] = (
            numbers_from(frame, sources[name], ours=name, file=str(table), decimal=decimal)
            if name in sources
            else float("nan")
        )
    districts["area"] = frame[sources["area"].text].astype(str) if "area" in sources else None
    # Without a flag of its own a table is taken to write "250,000+" as the Census Bureau does.
    districts[TOPCODED] = districts["median_household_income"] >= TOP_CODE
    if TOPCODED in sources:
        column = sources[TOPCODED].text
        flagged = flags(frame[column], where=_where(table, column))
        districts[TOPCODED] = flagged.fillna(value=False).astype(bool)
    return districts


def _shapes(frame: pd.DataFrame, districts: pd.DataFrame, table: str | Path) -> gpd.GeoDataFrame:
    if isinstance(frame, gpd.GeoDataFrame):
        return in_degrees(frame, file=str(table))
    _check_points(districts, table)
    logger.warning("%s has no polygons: districts are drawn as points", table)
    points = gpd.points_from_xy(districts["longitude"], districts["latitude"], crs="EPSG:4326")
    return gpd.GeoDataFrame(geometry=points, index=districts.index)


def _check_points(districts: pd.DataFrame, table: str | Path) -> None:
    unplaced = districts.index[districts[["longitude", "latitude"]].isna().any(axis=1)]
    if len(unplaced):
        raise InputError(
            f"{table}: no polygons, and no longitude and latitude for {len(unplaced)} of "
            f"{len(districts)} districts: {listed(unplaced)}; name a file with polygons in "
            "`boundaries_table`, or map both columns"
        )
    off = districts[(districts["longitude"].abs() > 180) | (districts["latitude"].abs() > 90)]
    if len(off):
        point = f"({off['longitude'].iloc[0]:g}, {off['latitude'].iloc[0]:g})"
        raise InputError(
            f"{table}: {point} of district {off.index[0]} cannot be longitude and latitude "
            f"({len(off)} of {len(districts)} rows are off); expected degrees, EPSG:4326"
        )


def _joined_polygons(
    geoids: pd.Index,
    shapes: gpd.GeoDataFrame,
    file: str | Path,
    table: str | Path,
    *,
    column: str,
) -> gpd.GeoDataFrame:
    shapes.index = pd.Index(identifiers(shapes[column], where=_where(file, column)))
    absent = geoids.difference(shapes.index)
    if len(absent):
        raise InputError(
            f"{file}: no polygon for {len(absent)} of {len(geoids)} districts of {table}: "
            f"{listed(absent)}; its {column!r} starts with {listed(shapes.index, 2)}"
        )
    if shapes.index.has_duplicates:
        shapes = shapes.dissolve(by=shapes.index)
    return in_degrees(shapes.loc[geoids.unique()].reindex(geoids), file=str(file))


def _area_polygons(areas_from: Mapping[str, str]) -> gpd.GeoDataFrame:
    file, layer = areas_from["table"], areas_from.get("layer")
    shapes = _polygon_layer(file, column=areas_from["column"], key="areas_from", layer=layer)
    return in_degrees(shapes, file=file)


def _polygon_layer(
    file: str | Path, *, column: str, key: str, layer: str | None
) -> gpd.GeoDataFrame:
    shapes = read_table(file, layer=layer, key=_LAYER_KEYS[key])
    if not isinstance(shapes, gpd.GeoDataFrame):
        raise InputError(f"{file}: no polygons; `{key}` needs a GeoPackage, GeoParquet or the like")
    check_columns(
        [str(name) for name in shapes.columns], {_COLUMNS_OF[key]: column}, file=str(file)
    )
    return shapes


def _where(table: str | Path, column: str) -> str:
    return f"{table}: column {column!r}"
