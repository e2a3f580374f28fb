"""Sales from whichever source a study has, with their places."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.siamese.inputs.locate import locate_sales
from incomelens.sources.readers.dof_sales import read_dof_sales
from incomelens.sources.readers.located_sales import read_located_sales
from incomelens.sources.readers.tax_lots import read_tax_lots


def read_sales(
    files: Sequence[str | Path], lots: Sequence[str | Path], *, settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Read sales and where they lie.

    Parameters
    ----------
    files : sequence of path
        Workbooks of the city (reader `dof`), or one table (reader `located`).
    lots : sequence of path
        Files of the tax lots, for reader `dof`; without any, sales have no coordinates.
    settings : mapping
        Section ``siamese: prices`` of the configuration.

    Returns
    -------
    DataFrame
        Columns of :func:`~incomelens.sources.readers.dof_sales.read_dof_sales`, ``longitude``,
        ``latitude``, and ``district_{level}`` for each level of ``district_columns``.
    """
    columns = settings.get("district_columns") or {}
    if settings["reader"] == "located":
        return read_located_sales(files[0], district_columns=columns)
    sales = read_dof_sales(files)
    unknown = [column for column in columns.values() if column not in sales]
    if unknown:
        raise InputError(
            f"siamese.prices.district_columns: the workbooks have no {listed(unknown)}; they have "
            f"{listed(sales.columns, 20)}"
        )
    named = {f"district_{level}": sales[column] for level, column in columns.items()}
    if not lots:
        return sales.assign(longitude=float("nan"), latitude=float("nan"), **named)
    return locate_sales(sales, read_tax_lots(lots)).assign(**named)
