"""Where the tax lots of New York City lie: PLUTO, MapPLUTO, or a table of one's own."""

import logging
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.sources.archives import is_archive
from incomelens.sources.delivery import unpacked
from incomelens.sources.tables import column_names, decimal_mark, read_columns, read_table
from incomelens.sources.written_values import numbers

logger = logging.getLogger(__name__)

STATE_PLANE = "EPSG:2263"  # of xcoord and ycoord: New York Long Island, US feet
DEGREES = "EPSG:4326"
TABLES = (".csv",)
PLACE = ("latitude", "longitude", "xcoord", "ycoord")
SHAPES = (".shp", ".gpkg", ".parquet", ".geojson")


def read_tax_lots(files: Sequence[str | Path]) -> pd.DataFrame:
    """Read the position of every tax lot.

    Parameters
    ----------
    files : sequence of path
        PLUTO (CSV, with ``bbl`` and ``latitude`` and ``longitude`` or ``xcoord`` and ``ycoord``),
        MapPLUTO (shapefile, GeoPackage or the like, with ``bbl`` and polygons, whose centroids are
        taken), or zips of them. Names of columns in any case.

    Returns
    -------
    DataFrame
        ``borough``, ``block``, ``lot`` (int), ``longitude``, ``latitude`` (degrees, EPSG:4326);
        one row a lot, lots without a position left out.

    Raises
    ------
    InputError
        If a file holds no table of lots or lacks a column.
    """
    tables = [table for file in files for table in _tables(Path(file))]
    if not tables:
        raise InputError(
            f"tax lots: no .csv or shapefile in {listed(files) or 'no file at all'}; set "
            "siamese.prices.lots to a source of PLUTO or MapPLUTO"
        )
    lots = pd.concat(tables, ignore_index=True)
    placed = lots.dropna().drop_duplicates(["borough", "block", "lot"], ignore_index=True)
    logger.info("%s tax lots, %s of them with a position", f"{len(lots):,}", f"{len(placed):,}")
    return placed


def _tables(file: Path) -> list[pd.DataFrame]:
    if not is_archive(file) and not file.is_dir():
        return [_one_table(file)]

    def wanted(names: Sequence[str]) -> list[str]:
        lots = [name for name in names if "readme" not in name.lower()]
        shapefiles = [name for name in lots if name.lower().endswith(SHAPES)]
        stems = tuple(str(Path(name).with_suffix("")) + "." for name in shapefiles)
        return [
            name
            for name in lots
            if name.lower().endswith(TABLES) or (stems and name.startswith(stems))
        ]

    with unpacked(file, wanted) as found:
        return [_one_table(path) for path in found if path.suffix.lower() in TABLES + SHAPES]


def _one_table(file: Path) -> pd.DataFrame:
    table = _read(file)
    table.columns = [str(name).lower() for name in table.columns]
    if "bbl" not in table:
        raise InputError(
            f"{file.name}: no column 'bbl' (borough, block and lot in ten digits); it has "
            f"{listed(table.columns, 25)}"
        )
    bbl = pd.to_numeric(table["bbl"], errors="coerce")
    wrong = bbl.isna() | (bbl < 1e9) | (bbl >= 6e9)
    if wrong.any():
        first = table["bbl"][wrong.idxmax()]
        logger.warning(
            "%s: %d rows have no tax lot (bbl %r) and are left out", file.name, wrong.sum(), first
        )
    number = bbl.mask(wrong).fillna(0).round().astype("int64")
    place = _places(table, file)
    lots = pd.DataFrame(
        {
            "borough": number // 10**9,
            "block": number // 10**4 % 10**5,
            "lot": number % 10**4,
            "longitude": place.x.to_numpy(),
            "latitude": place.y.to_numpy(),
        }
    )
    return lots.loc[~wrong.to_numpy()]


def _read(file: Path) -> pd.DataFrame:
    if file.suffix.lower() not in TABLES:
        return read_table(file)
    # Of the hundred columns of PLUTO.
    wanted = [name for name in column_names(file) if name.lower() in ("bbl", *PLACE)]
    table = pd.concat(read_columns(file, wanted), ignore_index=True)
    for name in table:
        where = f"{file.name}: column {name!r}"
        table[name] = numbers(table[name], where=where, decimal=decimal_mark(file))
    return table


def _places(table: pd.DataFrame, file: Path) -> gpd.GeoSeries:
    """One point a row in degrees, empty where unknown."""
    if isinstance(table, gpd.GeoDataFrame):
        shapes = table.geometry
        if shapes.crs is None:
            raise InputError(f"{file.name}: has no coordinate reference system; expected EPSG:2263")
        metres = shapes if shapes.crs.is_projected else shapes.to_crs(STATE_PLANE)
        return metres.centroid.to_crs(DEGREES)
    for x, y, crs in (("longitude", "latitude", DEGREES), ("xcoord", "ycoord", STATE_PLANE)):
        if x in table and y in table:
            columns = [pd.to_numeric(table[name], errors="coerce") for name in (x, y)]
            return gpd.GeoSeries.from_xy(*columns, crs=crs).to_crs(DEGREES)
    raise InputError(
        f"{file.name}: neither longitude and latitude nor xcoord and ycoord; it has "
        f"{listed(table.columns, 25)}"
    )
