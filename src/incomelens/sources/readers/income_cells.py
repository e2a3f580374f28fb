"""Incomes in cells of any shape and place: squares, chips, districts, surroundings of points."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.common.places import crs_name
from incomelens.sources.fetching.archives import is_archive
from incomelens.sources.fetching.delivery import unpacked
from incomelens.sources.readers.cell_shapes import Shaping, shapes_of
from incomelens.sources.readers.income_columns import OwnColumns, check_columns, check_mapping
from incomelens.sources.readers.tables import SIDECARS, TABLES, decimal_mark, one_table, read_table
from incomelens.sources.readers.written_values import identifiers, is_missing

logger = logging.getLogger(__name__)

CRS_OF_FILE = "crs_of_file"  # in `attrs`
INCOMES = ("income", "income_sum")
KNOWN = (
    *("cell_id", "income", "income_sum", "individuals", "households", "imputed"),
    *("area", "unit", "income_moe", "topcoded"),
    *("easting", "northing", "left", "bottom", "right", "top"),
)


def read_cells(
    path: str | Path,
    *,
    columns: Mapping[str, str],
    layer: str | None = None,
    crs: str | None = None,
    project_to: str | None = None,
    side_m: float | None = None,
    anchor: Literal["lower_left", "centre"] | None = None,
    buffer_m: float | None = None,
    areas: Sequence[str] | None = None,
) -> gpd.GeoDataFrame:
    """Read cells with incomes from a table or a file of polygons.

    Parameters
    ----------
    path : path
        CSV (or other text), workbook, GeoPackage, GeoParquet, GeoJSON or shapefile; or a zip or 7z
        that holds one alone.
    columns : mapping
        Our name of a column to the file's. ``cell_id``; ``income``, the label, or ``income_sum``
        and ``individuals``; perhaps ``individuals``, ``households``, ``imputed``; ``area``, the
        city or part that a cell belongs to; ``unit``, what it takes its label from; ``income_moe``;
        ``topcoded``. What places the cells: see
        :func:`incomelens.sources.readers.cell_shapes.shapes_of`.
    layer : str, optional
        Of a GeoPackage or workbook that has several.
    crs : str, optional
        Of the coordinates, where the file does not say.
    project_to : str, optional
        Projected system in metres that the cells are brought to, such as ``EPSG:32719``.
    side_m, anchor, buffer_m : optional
        See :class:`incomelens.sources.readers.cell_shapes.Shaping`.
    areas : sequence of str, optional
        Only the cells of these, of a file that holds several cities.

    Returns
    -------
    GeoDataFrame
        See :func:`incomelens.sources.readers.incomes.read_incomes`; sorted by ``cell_id``. Its
        ``attrs`` say the CRS that the file counts in.

    Raises
    ------
    InputError
        If a column is missing or not mapped, a value is no number, a cell stands twice or has no
        surface, its place cannot be told in metres, or an area has no cell.
    """
    file = str(path)
    _check_mapping(columns, file=file)
    frame, decimal = _read(Path(path), layer)
    check_columns([str(name) for name in frame.columns], columns, file=file)
    if areas is not None:
        frame = _of_areas(frame, columns, areas, file=file)
    rows = pd.DataFrame({ours: frame[theirs] for ours, theirs in columns.items()})
    ids = _ids(rows, columns, file=file)
    own = OwnColumns(rows, columns, ids, decimal, file)
    shaping = Shaping(
        crs=crs, project_to=project_to, side_m=side_m, anchor=anchor, buffer_m=buffer_m
    )
    shapes, stated = shapes_of(own, frame, shaping)
    cells = gpd.GeoDataFrame(_tidy(own), geometry=shapes.to_numpy(), crs=shapes.crs)
    logger.info(
        "%s: %d cells in %s, median side %.4g m; columns %s",
        *(file, len(cells), cells.crs.to_string(), np.sqrt(np.median(cells.area))),
        ", ".join(f"{ours}: {theirs}" for ours, theirs in columns.items()),
    )
    cells = cells.sort_values("cell_id", ignore_index=True)
    cells.attrs[CRS_OF_FILE] = crs_name(stated)
    return cells


def _read(path: Path, layer: str | None) -> tuple[pd.DataFrame, str | None]:
    if path.is_file() and not is_archive(path):
        return read_table(path, layer=layer, key="layer"), decimal_mark(path)
    kinds = (*TABLES, *SIDECARS, ".zip", ".7z")
    with unpacked(
        path, lambda names: [name for name in names if name.lower().endswith(kinds)]
    ) as files:
        table = one_table(files, path)
        return read_table(table, layer=layer, key="layer"), decimal_mark(table)


def _of_areas(
    frame: pd.DataFrame, columns: Mapping[str, str], areas: Sequence[str], *, file: str
) -> pd.DataFrame:
    if "area" not in columns:
        raise InputError(f"{file}: `areas` asks for {listed(areas)}; map the column `area`")
    values = frame[columns["area"]].astype("string").str.strip()
    absent = sorted(set(areas) - set(values.dropna()))
    if absent:
        raise InputError(
            f"{file}: column {columns['area']!r} has no {listed(absent)}, which `areas` asks for; "
            f"it has {listed(values.dropna().unique())}"
        )
    chosen = values.isin([*areas]).fillna(value=False).to_numpy(bool)
    logger.info("%s: %d of %d cells lie in %s", file, chosen.sum(), len(frame), listed(areas))
    return frame[chosen].reset_index(drop=True)


def _check_mapping(columns: Mapping[str, str], *, file: str) -> None:
    missing = ["cell_id"] if "cell_id" not in columns else []
    if not any(name in columns for name in INCOMES):
        missing.append("income (or income_sum and individuals)")
    if "income_sum" in columns and "individuals" not in columns:
        missing.append("individuals, whom income_sum is shared out to")
    check_mapping(columns, known=KNOWN, missing=missing, file=file)
    if all(name in columns for name in INCOMES):
        raise InputError(f"{file}: `columns` maps income and income_sum; map the one that is meant")


def _ids(rows: pd.DataFrame, columns: Mapping[str, str], *, file: str) -> pd.Series:
    where = f"{file}: column {columns['cell_id']!r}"
    ids = identifiers(rows["cell_id"], where=where, what="cell")
    twice = ids[ids.duplicated()].unique()
    if len(twice):
        raise InputError(
            f"{where}: {len(twice)} cells stand twice: {listed(twice)}; expected one row a cell"
        )
    return ids.rename("cell_id")


def _tidy(own: OwnColumns) -> pd.DataFrame:
    income = next(name for name in INCOMES if name in own.rows)
    tidy = {
        "cell_id": own.names.to_numpy(),
        "individuals": own.numbers("individuals"),
        "households": own.numbers("households"),
        # A share or an index may be anything; what an amount may be is told where the label is.
        income: own.numbers(income, signed=income == "income"),
        "imputed": own.flags("imputed") if "imputed" in own.rows else False,
    }
    for name in ("area", "unit"):
        if name in own.rows:
            tidy[name] = _words(own, name)
    if "income_moe" in own.rows:
        tidy["income_moe"] = own.numbers("income_moe")
    if "topcoded" in own.rows:
        tidy["topcoded"] = _topcoded(own)
    return pd.DataFrame(tidy, index=own.rows.index).astype({"imputed": "boolean"})


def _topcoded(own: OwnColumns) -> pd.Series:
    flagged = own.flags("topcoded")
    if flagged.isna().any():
        logger.info(
            "%s is empty in %d of %d cells, which count as not top-coded",
            *(own.where("topcoded"), flagged.isna().sum(), len(flagged)),
        )
    return flagged.fillna(value=False).astype(bool)


def _words(own: OwnColumns, name: str) -> pd.Series:
    """Names of areas or units; a cell without a unit is one by itself."""
    values = own.rows[name]
    missing = np.array([is_missing(value) for value in values], bool)
    if missing.any() and name == "area":
        raise InputError(
            f"{own.where(name)} is empty in {listed(own.names[missing])}; name the area of every "
            "cell, or map none"
        )
    if missing.any():
        logger.info(
            "%s is empty in %d of %d cells, which count as units of their own",
            *(own.where(name), missing.sum(), len(values)),
        )
    words = values.astype("string").str.strip().astype(object)
    return words.where(~missing, own.names)
