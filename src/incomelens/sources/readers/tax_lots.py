"""Where the tax lots of New York City lie: PLUTO, MapPLUTO, or a table of one's own."""

import logging
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from incomelens.common.errors import InputError, damage_told, listed
from incomelens.sources.fetching.archives import is_archive
from incomelens.sources.fetching.delivery import unpacked
from incomelens.sources.readers.tables import column_names, decimal_mark, read_columns, read_table
from incomelens.sources.readers.written_values import numbers

logger = logging.getLogger(__name__)

STATE_PLANE = "EPSG:2263"  # of xcoord and ycoord: New York Long Island, US feet
DEGREES = "EPSG:4326"
TABLES = (".csv",)
PLACE = ("latitude", "longitude", "xcoord", "ycoord")
APART_DEGREES = 0.005  # some 500 m: parts of a lot lie nearer
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

    with unpacked(file, wanted) as files:
        return [_one_table(path) for path in files if path.suffix.lower() in TABLES + SHAPES]


def _one_table(file: Path) -> pd.DataFrame:
    table = _read(file)
    table.columns = pd.Index([str(name).lower() for name in table.columns])
    if "bbl" not in table:
        raise InputError(
            f"{file.name}: no column 'bbl' (borough, block and lot in ten digits); it has "
            f"{listed(table.columns, 25)}"
        )
    twice = table.columns[table.columns.duplicated() & table.columns.isin(["bbl", *PLACE])]
    if len(twice):
        raise InputError(
            f"{file.name}: {listed(twice.unique())} heads more than one column (in any case of "
            "letters); give each its own heading"
        )
    bbl = pd.to_numeric(table["bbl"], errors="coerce")
    wrong = bbl.isna() | (bbl < 1e9) | (bbl >= 6e9) | (bbl % 1 != 0)
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
    return _checked(lots.loc[~wrong.to_numpy()], file)


def _checked(lots: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Refuse positions that cannot be New York's; (0, 0) is how a failed look-up is written."""
    nowhere = (lots["longitude"] == 0) & (lots["latitude"] == 0)
    if nowhere.any():
        logger.warning(
            "%s: %d lots at longitude and latitude 0 count as lots without a position",
            *(file.name, nowhere.sum()),
        )
        lots = lots.assign(**{name: lots[name].mask(nowhere) for name in ("longitude", "latitude")})
    off = lots[(lots["longitude"] > 0) | (lots["latitude"] < 0) | (lots["longitude"] < -180)]
    if len(off):
        first = off.iloc[0]
        raise InputError(
            f"{file.name}: ({first['longitude']:g}, {first['latitude']:g}) of lot "
            f"{_bbl(off).iloc[0]} cannot be longitude and latitude in New York ({len(off)} of "
            f"{len(lots)} lots are off); expected degrees west and north: are they exchanged?"
        )
    return _once(lots, file)


def _once(lots: pd.DataFrame, file: Path) -> pd.DataFrame:
    """One row a lot, the first; a lot at two places is refused, since nothing tells which it is."""
    number = _bbl(lots)
    places = lots[["longitude", "latitude"]].groupby(number)
    apart = (places.max() - places.min()).max(axis=1)
    torn = apart.index[apart > APART_DEGREES]
    if len(torn):
        raise InputError(
            f"{file.name}: {len(torn)} lots stand at more than one place: {listed(torn)}; expected "
            "one row a lot"
        )
    return lots[~number.duplicated() | lots["longitude"].isna()]


def _bbl(lots: pd.DataFrame) -> pd.Series:
    return lots["borough"] * 10**9 + lots["block"] * 10**4 + lots["lot"]


def _read(file: Path) -> pd.DataFrame:
    if file.suffix.lower() not in TABLES:
        return read_table(file)
    # Of the hundred columns of PLUTO.
    columns = [name for name in column_names(file) if name.lower() in ("bbl", *PLACE)]
    table = pd.concat(read_columns(file, columns), ignore_index=True)
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
        with damage_told(
            lambda problem: (
                f"{file.name}: its reference system cannot be used ({problem}); expected EPSG:2263"
            )
        ):
            metres = shapes if shapes.crs.is_projected else shapes.to_crs(STATE_PLANE)
            return metres.centroid.to_crs(DEGREES)
    for x, y, crs in (("longitude", "latitude", DEGREES), ("xcoord", "ycoord", STATE_PLANE)):
        if x in table and y in table:
            columns = [pd.to_numeric(table[name], errors="coerce") for name in (x, y)]
            if crs == STATE_PLANE and (columns[0].abs() < 360).any():
                # As PLUTO 18v2 had them at first: longitude and latitude without their decimals.
                raise InputError(
                    f"{file.name}: xcoord and ycoord such as {columns[0].abs().min():g} look like "
                    "degrees; expected US feet of EPSG:2263: take another version of the file"
                )
            return gpd.GeoSeries.from_xy(*columns, crs=crs).to_crs(DEGREES)
    raise InputError(
        f"{file.name}: neither longitude and latitude nor xcoord and ycoord; it has "
        f"{listed(table.columns, 25)}"
    )
