"""House sales in a table that says where each of them lies."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.sources.readers.dof_sales import COLUMNS, tidy_sales
from incomelens.sources.readers.tables import decimal_mark, read_table
from incomelens.sources.readers.written_values import numbers

REQUIRED = ("borough", "block", "lot", "building_class_category", "sale_price", "sale_date")
OPTIONAL = ("neighborhood", "address", "apartment", "zip_code", "gross_sqft")
PLACE = ("longitude", "latitude")


def read_located_sales(
    file: str | Path, *, district_columns: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Read located sales: the columns of the city's workbooks, and where each sale lies.

    Parameters
    ----------
    file : path
        CSV or another text, perhaps packed (``.csv.gz``), or a workbook.
    district_columns : mapping, optional
        Level (``tract``, ``zip``) to the column that names the district of that level.

    Returns
    -------
    DataFrame
        As :func:`~incomelens.sources.readers.dof_sales.read_dof_sales`, and ``longitude``,
        ``latitude`` (degrees, EPSG:4326; NaN where unknown), and ``district_{level}`` (text, null
        where unknown) for every level of `district_columns`.

    Raises
    ------
    InputError
        If the file or a column is missing, or a value is no number or date.
    """
    path = Path(file)
    if not path.is_file():
        raise InputError(f"{path}: there is no such table of sales; see siamese.prices.table")
    raw, decimal = read_table(path), decimal_mark(path)
    districts = dict(district_columns or {})
    needed = [*REQUIRED, *(PLACE if not districts else ()), *districts.values()]
    missing = [name for name in needed if name not in raw]
    if missing:
        raise InputError(
            f"{path}: no column {listed(missing)}; it has {listed(raw.columns, 25)}"
            "; name the columns as in config/README.md"
        )
    table = raw[list(REQUIRED)].assign(**{name: raw.get(name, pd.NA) for name in OPTIONAL})
    table = table[list(COLUMNS.values())]
    sales = tidy_sales(table, where=str(path), first_row=2, decimal=decimal, month_first=None)
    for name in PLACE:
        values = raw.get(name, pd.Series(np.nan, index=raw.index))
        sales[name] = numbers(
            values,
            where=f"{path}: column {name!r}",
            decimal=decimal,
            place=lambda row: f"row {row + 2}",
        )
    _check_place(sales, path)
    for level, column in districts.items():
        sales[f"district_{level}"] = raw[column].astype("string").str.strip()
    return sales


def _check_place(sales: pd.DataFrame, path: Path) -> None:
    off = (sales["longitude"].abs() > 180) | (sales["latitude"].abs() > 90)
    if off.any():
        row = int(off.idxmax())
        raise InputError(
            f"{path}: row {row + 2}: ({sales['longitude'][row]:g}, {sales['latitude'][row]:g}) "
            f"cannot be longitude and latitude ({int(off.sum())} of {len(sales)} rows are off); "
            "expected degrees, EPSG:4326"
        )
