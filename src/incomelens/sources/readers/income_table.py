"""Incomes on the 200 m grid from a ready table: how a user brings another country's grid."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError, listed
from incomelens.common.names import CELL_M
from incomelens.sources.fetching.delivery import unpacked
from incomelens.sources.readers.filosofi import Bounds
from incomelens.sources.readers.grid_ids import (
    cell_ids,
    check_corners,
    corners_of,
    tidy_grid,
    within,
)
from incomelens.sources.readers.income_columns import OwnColumns, check_columns, check_mapping
from incomelens.sources.readers.tables import (
    SIDECARS,
    TABLES,
    column_names,
    decimal_mark,
    one_table,
    read_columns,
    readable,
)
from incomelens.sources.readers.written_values import numbers

KNOWN = (
    *("cell_id", "easting", "northing"),
    *("individuals", "households", "income_sum", "income", "imputed"),
)


def read_income_table(
    path: str | Path,
    *,
    columns: Mapping[str, str],
    bounds: Bounds | None = None,
    layer: str | None = None,
    anchor: Literal["lower_left", "centre"] = "lower_left",
) -> gpd.GeoDataFrame:
    """Read a grid of incomes from a CSV (or other text), GeoPackage, GeoParquet or shapefile.

    Parameters
    ----------
    path : path
        The table, or a zip or 7z that holds it alone.
    columns : mapping
        Our name of a column to the file's. ``cell_id`` (``CRS3035RES200mN...E...``), or ``easting``
        and ``northing`` in metres of EPSG:3035; ``individuals``; ``income_sum`` (summed over
        individuals) or ``income`` (their mean). ``households`` and ``imputed`` (0 or 1) are taken
        where they are mapped. Numbers may be missing: cells without an income are dropped later,
        by reason.
    bounds : tuple of float, optional
        West, south, east, north in EPSG:3035, metres.
    layer : str, optional
        Of a GeoPackage that has several.
    anchor : {"lower_left", "centre"}
        Which point of the cell `easting` and `northing` are.

    Returns
    -------
    GeoDataFrame
        As :func:`incomelens.sources.readers.filosofi.read_filosofi`.

    Raises
    ------
    InputError
        If a column is missing or not mapped, a value is no number, a cell stands twice, lies off
        the 200 m grid or outside Europe, or none lies within `bounds`.
    """
    file = str(path)
    _check_mapping(columns, file=file)
    with unpacked(path, _tables_to_unpack) as files:
        table = one_table(files, path)
        with readable(table, file=file):
            check_columns(column_names(table, layer=layer), columns, file=file)
            rows = pd.concat(
                read_columns(table, list(dict.fromkeys(columns.values())), layer=layer),
                ignore_index=True,
            )
            decimal = decimal_mark(table)
    rows = pd.DataFrame({ours: rows[theirs] for ours, theirs in columns.items()})
    easting, northing = _corners(rows, columns, anchor, decimal=decimal, file=file)
    inside = np.ones(len(rows), bool) if bounds is None else within(easting, northing, bounds)
    if not inside.any():
        raise InputError(
            f"{file}: none of {len(rows)} cells lies within {bounds} (west, south, east, north in "
            "metres of EPSG:3035); look whether the table is of this city"
        )
    rows, easting, northing = rows[inside].reset_index(drop=True), easting[inside], northing[inside]
    ids = cell_ids(easting, northing)
    tidy = _tidy(OwnColumns(rows, columns, ids, decimal, file))
    return tidy_grid(tidy, easting, northing, file=file)


def _tables_to_unpack(names: Sequence[str]) -> list[str]:
    return [name for name in names if name.lower().endswith((*TABLES, *SIDECARS, ".zip", ".7z"))]


def _check_mapping(columns: Mapping[str, str], *, file: str) -> None:
    missing = ["individuals"] if "individuals" not in columns else []
    if "cell_id" not in columns and not {"easting", "northing"} <= set(columns):
        missing.append("cell_id (or easting and northing)")
    if "income_sum" not in columns and "income" not in columns:
        missing.append("income_sum (or income)")
    check_mapping(columns, known=KNOWN, missing=missing, file=file)


def _corners(
    rows: pd.DataFrame,
    columns: Mapping[str, str],
    anchor: str,
    *,
    decimal: str | None,
    file: str,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if "cell_id" in rows:
        return corners_of(rows["cell_id"], file=file)
    names = "row " + pd.Series(rows.index + 1).astype(str)
    shift = CELL_M / 2 if anchor == "centre" else 0.0
    places = []
    for name in ("easting", "northing"):
        column = f"{file}: column {columns[name]!r}"
        place = numbers(rows[name], where=column, decimal=decimal) - shift
        unplaced = names[place.isna() | (place % 1 != 0)]
        if len(unplaced):
            raise InputError(
                f"{file}: column {columns[name]!r} is missing or no whole metre in "
                f"{listed(unplaced)}; expected the {anchor.replace('_', ' ')} of a 200 m cell"
            )
        places.append(place.to_numpy().astype(np.int64))
    check_corners(*places, names=names, file=file)
    return places[0], places[1]


def _tidy(own: OwnColumns) -> pd.DataFrame:
    individuals = own.numbers("individuals")
    of_sum = "income_sum" in own.rows
    income_sum = own.numbers("income_sum") if of_sum else own.numbers("income") * individuals
    return pd.DataFrame(
        {
            "cell_id": own.names,
            "individuals": individuals,
            "households": own.numbers("households"),
            "income_sum": income_sum,
            "imputed": own.flags("imputed"),
        }
    )
