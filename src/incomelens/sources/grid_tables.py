"""Tables of a grid in the formats of the field, read by column and by block."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pyogrio
from pyarrow.lib import ArrowException
from pyogrio.errors import DataLayerError, DataSourceError

from incomelens.common.errors import InputError, listed

ROWS_AT_A_TIME = 200_000
TABLES = (".csv", ".gpkg", ".parquet", ".shp")
SIDECARS = (".dbf", ".shx", ".prj", ".cpg")


def one_table(files: Sequence[Path], path: str | Path) -> Path:
    """Return the only table among files; none or several are refused with their names."""
    tables = [file for file in files if file.suffix.lower() in TABLES]
    if len(tables) != 1:
        found = listed(file.name for file in tables) if tables else "none"
        raise InputError(
            f"{path}: expected one table ({', '.join(TABLES)}), found {found}; give the file itself"
        )
    return tables[0]


@contextmanager
def readable(table: Path, *, file: str) -> Iterator[None]:
    """Tell a table that cannot be read by name; `file` is the delivery it belongs to."""
    try:
        yield
    except DataLayerError as error:
        layers = listed(pyogrio.list_layers(table)[:, 0])
        raise InputError(f"{file}: {table.name}: {error}; it has the layers {layers}") from None
    except (DataSourceError, ArrowException, pd.errors.ParserError, OSError) as error:
        raise InputError(f"{file}: {table.name} cannot be read ({error}); fetch it again") from None


def read_columns(
    path: Path,
    columns: Sequence[str],
    *,
    layer: str | None = None,
    box: tuple[float, float, float, float] | None = None,
) -> Iterator[pd.DataFrame]:
    """Read columns of a table, some rows at a time; every value of a CSV as text.

    Parameters
    ----------
    path : path
    columns : sequence of str
        As the file calls them.
    layer : str, optional
        Of a GeoPackage that has several.
    box : tuple of float, optional
        West, south, east, north in the layer's own reference system: features elsewhere are not
        read. Formats without polygons ignore it.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        yield from pd.read_csv(
            path,
            sep=_separator(path),
            usecols=list(columns),
            dtype=str,
            chunksize=ROWS_AT_A_TIME,
            encoding="utf-8-sig",
            encoding_errors="replace",
        )
    elif suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_AT_A_TIME, columns=list(columns)):
                yield batch.to_pandas()
    else:
        layer = layer or only_layer(path)
        yield pyogrio.read_dataframe(
            path, layer=layer, columns=list(columns), read_geometry=False, bbox=box
        )


def column_names(path: Path, *, layer: str | None = None) -> list[str]:
    """Columns of a CSV, a Parquet file or a layer of a GeoPackage or shapefile."""
    if path.suffix.lower() == ".csv":
        header = pd.read_csv(
            path, sep=_separator(path), nrows=0, encoding="utf-8-sig", encoding_errors="replace"
        )
        return list(header.columns)
    if path.suffix.lower() == ".parquet":
        return list(pq.read_schema(path).names)
    return list(pyogrio.read_info(path, layer=layer or only_layer(path))["fields"])


def only_layer(path: Path) -> str:
    """Name of the layer of a file that has one; several are refused with their names."""
    layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    if len(layers) != 1:
        raise InputError(
            f"{path.name}: {len(layers)} layers ({listed(layers)}); name the one to read in `layer`"
        )
    return layers[0]


def numbers(values: pd.Series, *, column: str, ids: pd.Series, file: str) -> pd.Series:
    """Turn a column into numbers; text is refused by cell, missing values stay missing."""
    text = values.astype("string").str.strip().str.replace(",", ".", regex=False)
    found = values if values.dtype.kind in "fiu" else pd.to_numeric(text, errors="coerce")
    wrong = ids[found.isna() & text.notna() & (text != "")]
    if len(wrong):
        raise InputError(
            f"{file}: column {column!r} has {values[wrong.index[0]]!r} in cell {wrong.iloc[0]} "
            f"({len(wrong)} rows are off); expected numbers"
        )
    return found.astype(float)


def flags(values: pd.Series, *, column: str, ids: pd.Series, file: str) -> pd.Series:
    """Turn a column of 0 and 1 into nullable booleans."""
    words = values.astype("string").str.strip().str.lower()
    known = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}
    found = words.map(known).astype("boolean")
    wrong = ids[found.isna() & words.notna() & (words != "")]
    if len(wrong):
        raise InputError(
            f"{file}: column {column!r} has {values[wrong.index[0]]!r} in cell {wrong.iloc[0]} "
            f"({len(wrong)} rows are off); expected 0 or 1"
        )
    return found


def _separator(path: Path) -> str:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = file.readline()
    return max(",;\t", key=header.count)
