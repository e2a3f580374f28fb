"""Reading and writing tables by their ending."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from pyarrow import ArrowInvalid

from incomelens.common.contracts import check_read, check_written
from incomelens.common.errors import DamagedFileError, InputError
from incomelens.common.files import whole_file


def read_table(path: str | Path, *, text: Sequence[str] = ("geoid", "cell_id")) -> pd.DataFrame:
    """Read a table of the workflow: CSV, Parquet or GeoParquet (as a GeoDataFrame).

    Parameters
    ----------
    path : path
    text : sequence of str
        Columns of a CSV that are identifiers, so that leading zeros survive.

    Raises
    ------
    DamagedFileError
        If the file is not what its ending says.
    InputError
        If there is no reader for its ending, or it lacks a column of its contract
        (:mod:`incomelens.common.contracts`).
    """
    path = Path(path)
    try:
        if path.suffix == ".csv":
            table = pd.read_csv(path, dtype=dict.fromkeys(text, str), keep_default_na=True)
        elif path.suffix == ".parquet":
            table = _read_parquet(path)
        else:
            raise InputError(f"{path}: tables end in .csv or .parquet, not in {path.suffix!r}")
    except (ArrowInvalid, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DamagedFileError(path, error) from None
    check_read(table, path)
    return table


def _read_parquet(path: Path) -> pd.DataFrame:
    if b"geo" not in (pq.read_schema(path).metadata or {}):
        return pd.read_parquet(path)
    import geopandas as gpd  # a third of a second, which most jobs do without

    return gpd.read_parquet(path)


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as CSV, Parquet or, where it has a geometry, GeoParquet, whole or not.

    Raises
    ------
    ContractError
        If it breaks the contract of its path (:mod:`incomelens.common.contracts`).
    """
    path = Path(path)
    check_written(table, path)
    with whole_file(path) as beside:
        if path.suffix == ".csv":
            # Ten significant digits: more than any of our numbers carries, and equal on every run.
            table.to_csv(beside, index=False, float_format="%.10g")
        elif path.suffix == ".parquet":
            table.to_parquet(beside, index=False)
        else:
            raise InputError(f"{path}: tables end in .csv or .parquet, not in {path.suffix!r}")
