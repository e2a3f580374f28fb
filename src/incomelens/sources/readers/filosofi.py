"""INSEE Filosofi: incomes, people and households of France in squares of 200 m.

One sum of winsorised standards of living (EUR a year per consumption unit, summed over people) for
each inhabited cell, with the columns of each vintage: 2015, 2017, 2019 and 2021, as CSV,
GeoPackage, shapefile or Parquet, alone or in INSEE's archives (a zip around one or more 7z). Levy
Abitbol & Karsai (2020) use 2015.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS, Transformer

from incomelens.common.errors import InputError, listed
from incomelens.common.names import CELL_M
from incomelens.sources.fetching.delivery import unpacked
from incomelens.sources.readers.grid_ids import CRS as GRID_CRS
from incomelens.sources.readers.grid_ids import FRANCE, corners_of, tidy_grid, within
from incomelens.sources.readers.tables import (
    SIDECARS,
    TABLES,
    column_names,
    decimal_mark,
    one_table,
    only_layer,
    read_columns,
    readable,
)
from incomelens.sources.readers.written_values import flags, numbers

logger = logging.getLogger(__name__)

Bounds = tuple[float, float, float, float]

# Lower-cased names, of all vintages; 2021 tells nothing of imputation.
COLUMNS = {
    "cell_id": ("idinspire", "idcar_200m"),
    "individuals": ("ind",),
    "households": ("men",),
    "income_sum": ("ind_snv",),
    "imputed": ("i_est_cr", "i_est_200"),
}
OPTIONAL = {"imputed"}
NUMBERS = ("individuals", "households", "income_sum")
FARTHEST_M = 20.0  # between a cell by its identifier and by its polygon
N_COMPARED = 1000
# EUR a year a person: what a city's middle cell may have, and no cell exceeds.
LIKELY_EUR = (4_000, 400_000)
MOST_EUR = 10_000_000


def read_filosofi(
    path: str | Path, *, bounds: Bounds | None = None, layer: str | None = None
) -> gpd.GeoDataFrame:
    """Read the 200 m grid of a vintage of Filosofi.

    Parameters
    ----------
    path : path
        Table (``.csv``, ``.gpkg``, ``.shp``, ``.parquet``), INSEE's archive of it, or a folder.
        Where a delivery has several territories, the metropolitan one is read.
    bounds : tuple of float, optional
        West, south, east, north in EPSG:3035, metres: cells that share area with it are read. The
        nation has 2.3 million cells; a city has some ten thousand.
    layer : str, optional
        Of a GeoPackage that has several.

    Returns
    -------
    GeoDataFrame
        In EPSG:3035, sorted by ``cell_id``: ``individuals``, ``households``, ``income_sum`` (EUR a
        year, `Ind_snv`), ``imputed`` (nullable boolean, missing where the vintage has no flag), and
        the squares, rebuilt from the identifiers: stored polygons can be in another reference
        system (2015: Lambert-93), identifiers are exact.

    Raises
    ------
    InputError
        If it is no Filosofi grid of 200 m; if identifiers are malformed, doubled, outside France or
        at odds with the stored polygons; if a number is missing, negative or cannot be an income;
        if no cell lies within `bounds`.
    """
    with unpacked(path, _tables_to_unpack) as files:
        table = one_table(files, path)
        logger.info("reading %s", table.name)
        pieces = [
            _tidy(rows, bounds, file=f"{path}: {table.name}", decimal=decimal_mark(table))
            for rows in _rows(table, bounds, layer=layer, file=str(path))
        ]
    cells = pd.concat(pieces, ignore_index=True)
    if cells.empty:
        where = "" if bounds is None else f" within {tuple(map(round, bounds))} (EPSG:3035, metres)"
        raise InputError(
            f"{path}: no cells{where}; look whether the file is the city's country and the bounds "
            "are west, south, east, north"
        )
    _check_sums(cells, file=str(path))
    _check_incomes(cells, file=str(path))
    easting, northing = (cells.pop(name).to_numpy() for name in ("easting", "northing"))
    return tidy_grid(cells, easting, northing, file=str(path))


def _tables_to_unpack(names: Sequence[str]) -> list[str]:
    """Tables and the archives around them; of several territories the metropolitan one."""
    kinds = (*TABLES, *SIDECARS, ".zip", ".7z")
    candidates = [name for name in names if name.lower().endswith(kinds)]
    metropolitan = [
        name
        for name in candidates
        if re.search(r"_met(ropole)?(?![a-z])", PurePosixPath(name).name.lower())
    ]
    return metropolitan or candidates


def _rows(
    table: Path, bounds: Bounds | None, *, layer: str | None, file: str
) -> Iterator[pd.DataFrame]:
    """Needed columns under our names, some rows at a time."""
    with readable(table, file=file):
        columns = _needed(column_names(table, layer=layer), file=f"{file}: {table.name}")
        box = None
        if table.suffix.lower() in (".gpkg", ".shp"):
            layer = layer or only_layer(table)
            box = _box_of_layer(table, layer, columns["cell_id"], bounds, file=file)
        theirs = {name: ours for ours, name in columns.items()}
        for rows in read_columns(table, list(theirs), layer=layer, box=box):
            yield rows[list(theirs)].rename(columns=theirs)


def _needed(present: Sequence[str], *, file: str) -> dict[str, str]:
    lower: dict[str, str] = {}
    for name in present:
        if (again := lower.setdefault(name.lower().strip(), name)) != name:
            raise InputError(
                f"{file}: columns {again!r} and {name!r} differ in case alone; keep one"
            )
    columns = {
        ours: lower[theirs]
        for ours, names in COLUMNS.items()
        for theirs in names
        if theirs in lower
    }
    missing = [ours for ours in COLUMNS if ours not in columns and ours not in OPTIONAL]
    if missing:
        headings = "; ".join(f"{ours}: {' or '.join(COLUMNS[ours])}" for ours in missing)
        raise InputError(
            f"{file}: not a Filosofi grid of 200 m: no column for {headings} (in any case of "
            f"letters); it has {listed(present, 12)}"
        )
    return columns


def _box_of_layer(
    table: Path, layer: str, id_column: str, bounds: Bounds | None, *, file: str
) -> Bounds | None:
    """Bounds in the reference system of the layer, once its polygons agree with its identifiers."""
    crs = pyogrio.read_info(table, layer=layer)["crs"]
    if crs is None:
        logger.warning("%s: no reference system; only the identifiers are used", table.name)
        return None
    box = None if bounds is None else _around(bounds, crs)
    _compare_polygons(table, layer, id_column, crs, box, file=file)
    return box


def _around(bounds: Bounds, crs: str) -> Bounds:
    """Bounds of a layer that hold `bounds` (EPSG:3035) with some cells to spare."""
    west, south, east, north = bounds
    wide = (west - 5 * CELL_M, south - 5 * CELL_M, east + 5 * CELL_M, north + 5 * CELL_M)
    if CRS.from_user_input(crs) == CRS.from_user_input(GRID_CRS):
        return wide
    return Transformer.from_crs(GRID_CRS, crs, always_xy=True).transform_bounds(*wide)


def _compare_polygons(
    table: Path, layer: str, id_column: str, crs: str, box: Bounds | None, *, file: str
) -> None:
    """Refuse a layer whose polygons lie elsewhere than its identifiers say."""
    sample = pyogrio.read_dataframe(
        table, layer=layer, columns=[id_column], bbox=box, max_features=N_COMPARED
    )
    sample = sample[sample.geometry.notna()] if "geometry" in sample else sample.iloc[:0]
    if sample.empty:
        return
    easting, northing = corners_of(sample[id_column], file=file, region=FRANCE)
    to_grid = Transformer.from_crs(crs, GRID_CRS, always_xy=True)
    centre = shapely.centroid(sample.geometry.to_numpy())
    east, north = to_grid.transform(shapely.get_x(centre), shapely.get_y(centre))
    apart = np.hypot(easting + CELL_M / 2 - east, northing + CELL_M / 2 - north)
    far = sample[id_column][~(apart <= FARTHEST_M)]
    if len(far):
        raise InputError(
            f"{file}: {table.name}: {len(far)} of {len(sample)} compared cells lie up to "
            f"{np.nanmax(apart):.0f} m from their polygons: {listed(far)}; expected the identifier "
            f"to name the lower-left corner of its polygon (at most {FARTHEST_M:g} m apart)"
        )


def _tidy(
    rows: pd.DataFrame, bounds: Bounds | None, *, file: str, decimal: str | None
) -> pd.DataFrame:
    """Our columns and types, and the corners; only the rows within bounds."""
    easting, northing = corners_of(rows["cell_id"], file=file, region=FRANCE)
    rows = rows.assign(easting=easting, northing=northing)
    if bounds is not None:
        rows = rows[within(easting, northing, bounds)]
    ids = rows["cell_id"].astype(str)

    def where(name: str) -> dict[str, Any]:
        column = f"{file}: column {' or '.join(COLUMNS[name])!r}"
        return {"where": column, "place": lambda row: f"cell {ids.iloc[row]}"}

    tidy = pd.DataFrame({"cell_id": ids})
    for name in NUMBERS:
        tidy[name] = numbers(rows[name], decimal=decimal, **where(name))
    tidy["imputed"] = (
        flags(rows["imputed"], **where("imputed"))
        if "imputed" in rows
        else pd.array([pd.NA] * len(rows), dtype="boolean")
    )
    return tidy.assign(easting=rows["easting"], northing=rows["northing"])


def _check_incomes(cells: pd.DataFrame, *, file: str) -> None:
    """Refuse sums that cannot be sums of standards of living over the people of a cell.

    INSEE cuts them at both ends by department, so that no cell is far from the others; exchanged
    columns, or means in the place of sums, are.
    """
    peopled = cells[cells["individuals"] > 0]
    income = peopled["income_sum"] / peopled["individuals"]
    low, high = LIKELY_EUR
    if len(income) and not low <= income.median() <= high:
        raise InputError(
            f"{file}: ind_snv / ind is {income.median():.4g} EUR in the middle cell; expected "
            f"{low:,} to {high:,}, as ind_snv is the sum of the standards of living of the ind "
            "people of a cell: are the columns exchanged, or ind_snv a mean?"
        )
    wrong = peopled["cell_id"][income > MOST_EUR]
    if len(wrong):
        raise InputError(
            f"{file}: ind_snv / ind is more than {MOST_EUR:,} EUR a year in {len(wrong)} of "
            f"{len(cells)} cells: {listed(wrong)}; INSEE cuts incomes far below: fetch it again"
        )


def _check_sums(cells: pd.DataFrame, *, file: str) -> None:
    for name in NUMBERS:
        wrong = cells["cell_id"][~(cells[name] >= 0)]
        if len(wrong):
            raise InputError(
                f"{file}: column {COLUMNS[name][0]!r} is missing or negative in {len(wrong)} of "
                f"{len(cells)} cells: {listed(wrong)}; INSEE publishes a number in every cell, "
                "fetch the file again"
            )
