"""GeoPackages and shapefiles with fixed dates."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import pyogrio

from incomelens.demo.cities.archives import folder_files

DATE = "2019-04-15"


def geopackage(layers: Mapping[str, gpd.GeoDataFrame], *, geometry_name: str = "geom") -> bytes:
    """One GeoPackage of these layers, the same bytes on every run."""
    option = "OGR_CURRENT_DATE"  # otherwise the clock, as date of the last change
    before = pyogrio.get_gdal_config_option(option)
    pyogrio.set_gdal_config_options({option: f"{DATE}T16:04:00.000Z"})
    try:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "one.gpkg"
            for layer, table in layers.items():
                pyogrio.write_dataframe(
                    table, path, layer=layer, driver="GPKG", append=path.exists(),
                    layer_options={"GEOMETRY_NAME": geometry_name},
                )  # fmt: skip
            return path.read_bytes()
    finally:
        pyogrio.set_gdal_config_options({option: before})


def shapefile(table: gpd.GeoDataFrame, name: str, *, encoding: str = "UTF-8") -> dict[str, bytes]:
    """Files of an ESRI shapefile called `name`."""
    with TemporaryDirectory() as folder:
        pyogrio.write_dataframe(
            table,
            Path(folder) / f"{name}.shp",
            driver="ESRI Shapefile",
            encoding=encoding,
            layer_options={"DBF_DATE_LAST_UPDATE": DATE},
        )
        return folder_files(folder)
