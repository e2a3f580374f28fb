"""Tables of users and providers in the formats of the field, read in one way by all stages.

Text (CSV and its kin), workbooks, GeoPackages and other layers, (Geo)Parquet. A grid of a nation is
read by column and by block; :mod:`incomelens.sources.readers.written_values` turns cells into
numbers.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
from pyarrow.lib import ArrowException
from pyogrio.errors import (
    CRSError,
    DataLayerError,
    DataSourceError,
    FeatureError,
    FieldError,
    GeometryError,
)
from pyproj.exceptions import ProjError
from shapely.errors import ShapelyError

from incomelens.common.errors import InputError, listed
from incomelens.sources.readers import text_tables, workbooks
from incomelens.sources.readers.shapefiles import check_shapefile
from incomelens.sources.readers.text_tables import ROWS_AT_A_TIME, dialect_of, is_text_table

TABLES = (".csv", ".gpkg", ".parquet", ".shp")
"""What a grid may be in a folder or archive; beside it lie texts and workbooks that explain it."""

SIDECARS = (".dbf", ".shx", ".prj", ".cpg")
KINDS = ".csv, .tsv, .txt (also .gz), .xlsx, .gpkg, .geojson, .parquet or a shapefile"
KEPT_BY_QGIS = {"layer_styles", "qgis_projects"}
OTHER_SHEETS = (".xls", ".xlsb", ".ods", ".numbers")
_BROKEN = (
    *(DataSourceError, CRSError, FeatureError, FieldError, GeometryError, ShapelyError),
    *(
        ProjError,
        ArrowException,
        IndexError,
        NameError,
        OSError,
    ),  # pyogrio ends in these over a broken .prj
)


def read_table(
    file: str | Path,
    *,
    layer: str | None = None,
    key: str | None = None,
    near: gpd.GeoSeries | None = None,
) -> pd.DataFrame:
    """Read a whole table, with its polygons where it has some.

    Parameters
    ----------
    file : path
    layer : str, optional
        Layer of a GeoPackage, sheet of a workbook, where there are several.
    key : str, optional
        Setting that names it, for messages; None where there is none.
    near : GeoSeries, optional
        Features of a layer outside its extent, in whatever reference system, are not read.

    Returns
    -------
    DataFrame or GeoDataFrame
        Every cell of a text as text, headings without white space around; of a workbook see
        :func:`incomelens.sources.readers.workbooks.read_workbook`.

    Raises
    ------
    InputError
        If the file is missing, damaged, empty or of another kind, or `layer` is missing or unknown.
    """
    path = Path(file)
    if not path.exists():
        raise InputError(f"{path}: there is no such file")
    if is_text_table(path):
        return text_tables.read_text_table(path)
    if path.suffix.lower() in workbooks.ENDINGS:
        return workbooks.read_workbook(path, sheet=layer, key=key)
    if path.suffix.lower() in OTHER_SHEETS:
        raise InputError(f"{path}: save it as .xlsx or CSV; expected {KINDS}")
    try:
        if path.suffix.lower() in (".parquet", ".geoparquet"):
            geographic = b"geo" in (pq.read_schema(path).metadata or {})
            return gpd.read_parquet(path) if geographic else pd.read_parquet(path)
        return _read_layer(path, layer, key=key, near=near)
    except (*_BROKEN, UnicodeDecodeError) as error:
        problem = str(error).split(";")[0]  # what follows advises programmers
        raise InputError(f"{path}: cannot be read ({problem}); expected {KINDS}") from None


def decimal_mark(file: str | Path) -> str | None:
    """Decimal mark of a table in text, None where nothing tells it or cells are numbers already."""
    return dialect_of(Path(file)).decimal if is_text_table(file) else None


def one_table(files: Sequence[Path], path: str | Path) -> Path:
    """Return the only table among files; none or several are refused with their names."""
    tables = [file for file in files if file.suffix.lower() in TABLES]
    if not tables and len(files) == 1 and is_text_table(files[0]):
        return files[0]
    if len(tables) != 1:
        names = listed(file.name for file in tables) if tables else "none"
        raise InputError(
            f"{path}: expected one table ({', '.join(TABLES)}), found {names}; give the file itself"
        )
    return tables[0]


@contextmanager
def readable(table: Path, *, file: str) -> Generator[None]:
    """Tell a table that cannot be read by name; `file` is the delivery it belongs to."""
    try:
        yield
    except _BROKEN as error:
        raise InputError(f"{file}: {table.name} cannot be read ({error}); fetch it again") from None
    except DataLayerError as error:
        layers = listed(pyogrio.list_layers(table)[:, 0])
        raise InputError(f"{file}: {table.name}: {error}; it has the layers {layers}") from None


def read_columns(
    path: Path,
    columns: Sequence[str],
    *,
    layer: str | None = None,
    box: tuple[float, float, float, float] | None = None,
) -> Iterator[pd.DataFrame]:
    """Read columns of a table, some rows at a time; every value of a text as text.

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
    if is_text_table(path):
        yield from text_tables.text_blocks(path, columns)
    elif path.suffix.lower() == ".parquet":
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_AT_A_TIME, columns=list(columns)):
                yield batch.to_pandas()
    else:
        layer = layer or only_layer(path)
        yield pyogrio.read_dataframe(
            path, layer=layer, columns=list(columns), read_geometry=False, bbox=box
        )


def column_names(path: Path, *, layer: str | None = None) -> list[str]:
    """Columns of a text, a Parquet file or a layer of a GeoPackage or shapefile."""
    if is_text_table(path):
        return [name for name in dialect_of(path).headings if name]
    if path.suffix.lower() == ".parquet":
        return list(pq.read_schema(path).names)
    return list(pyogrio.read_info(path, layer=layer or only_layer(path))["fields"])


def only_layer(path: Path, *, key: str | None = "layer") -> str:
    """Name of the layer of a file that has one; several are refused with their names."""
    if path.suffix.lower() == ".shp":
        check_shapefile(path)
    layers = _layers(path)
    if len(layers) != 1:
        raise InputError(f"{path}: several layers, {listed(layers)}; {workbooks.choice(key)}")
    return layers[0]


def _read_layer(
    path: Path, layer: str | None, *, key: str | None, near: gpd.GeoSeries | None
) -> gpd.GeoDataFrame | pd.DataFrame:
    layers = _layers(path)
    if layer is not None and layer not in layers:
        raise InputError(f"{path}: no layer {layer!r}; it has {listed(layers)}")
    return gpd.read_file(path, layer=layer or only_layer(path, key=key), bbox=near)


def _layers(path: Path) -> list[str]:
    """Names of the layers that hold data; QGIS keeps styles and projects in tables beside them."""
    names = (str(name) for name in pyogrio.list_layers(path)[:, 0])
    return [name for name in names if name not in KEPT_BY_QGIS]
