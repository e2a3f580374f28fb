"""Urban Atlas: land use of a city's functional urban area (FUA) as polygons, and its boundary.

Deliveries differ by vintage: 2012 as shapefiles, revised 2012 and 2018 as GeoPackages, either as
file geodatabases, one city or a zip of several cities' zips. Field names and labels differ too;
what is used is the code. Nothing is mended here: polygons are as delivered.
"""

import logging
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from shapely.errors import ShapelyError

from incomelens.common.errors import InputError, damage_told, listed
from incomelens.sources.fetching.delivery import unpacked
from incomelens.sources.readers.shapefiles import check_shapefile
from incomelens.sources.readers.urban_atlas_names import (
    City,
    city_of,
    matching,
    names_of_city,
    plain,
)

logger = logging.getLogger(__name__)

EPSG = 3035
_CODE_FIELD = re.compile(r"^code_?(\d{4})$", re.IGNORECASE)
_FILES = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".gpkg", ".zip", ".7z")


@dataclass(frozen=True)
class LandUse:
    """Land use of a city in a year, EPSG:3035.

    Attributes
    ----------
    polygons : GeoDataFrame
        ``code`` (five digits, as text), ``label``, ``identifier``, ``geometry``, in file order.
    boundary : GeoDataFrame
        One row: ``code`` and ``name`` of the functional urban area, ``geometry``.
    year : int
        The year the codes speak of.
    """

    polygons: gpd.GeoDataFrame
    boundary: gpd.GeoDataFrame
    year: int


@dataclass(frozen=True)
class _Layer:
    """A layer of a delivery: where it is, of which city, and what fields it has."""

    path: Path
    name: str
    city: City
    fields: tuple[str, ...]

    @property
    def code_fields(self) -> dict[int, str]:
        """Field of the land-use code, by year; two in a layer of changes."""
        matches = {field: _CODE_FIELD.match(field) for field in self.fields}
        return {int(match[1]): field for field, match in matches.items() if match}

    def field(self, *names: str) -> str | None:
        """The first field called like one of these, in any case of letters."""
        lower = {field.lower(): field for field in self.fields}
        return next((lower[name] for name in names if name in lower), None)

    def first_of(self, *names: str) -> str | None:
        """What the first row has in the first field called like one of these."""
        field = self.field(*names)
        if field is None:
            return None
        with _readable(self.path):
            row = pyogrio.read_dataframe(
                self.path, layer=self.name, columns=[field], read_geometry=False, max_features=1
            )
        return None if row.empty or pd.isna(row[field][0]) else str(row[field][0])

    def read(self, columns: Sequence[str | None]) -> gpd.GeoDataFrame:
        """Read some columns, in EPSG:3035 and two dimensions."""
        present = [column for column in columns if column is not None]
        with _readable(self.path):
            try:
                frame = pyogrio.read_dataframe(self.path, layer=self.name, columns=present)
            except UnicodeDecodeError:  # labels in another encoding than the delivery says
                frame = pyogrio.read_dataframe(
                    self.path, layer=self.name, columns=present, encoding="ISO-8859-1"
                )
        return _in_metres(frame, where=f"{self.path.name}: layer {self.name}")


def _readable(file: str | Path) -> AbstractContextManager[None]:
    return damage_told(
        lambda problem: f"{file} cannot be read ({problem}); fetch it again", own=(ShapelyError,)
    )


def read_urban_atlas(
    path: str | Path, *, city: str, year: int | None = None, boundary: str | Path | None = None
) -> LandUse:
    """Read land use and boundary of a city from an Urban Atlas delivery.

    Parameters
    ----------
    path : path
        Zip (of one city or of several cities' zips), GeoPackage, shapefile, file geodatabase, or a
        folder of these.
    city : str
        Name of the functional urban area or stem of its code, such as ``Lyon`` or ``FR003``.
    year : int, optional
        Which year's codes, where the delivery has several (a layer of changes, two vintages).
    boundary : path, optional
        File of polygons that bound the area, where the delivery has none or another is meant.

    Returns
    -------
    LandUse

    Raises
    ------
    InputError
        If the city or the year is not in the delivery (those found are named), a code is not five
        digits, the layer has no reference system, or there is no boundary and the polygons cannot
        give one.

    Notes
    -----
    The boundary is the layer ``..._Boundary``. Where a delivery has none, the union of the polygons
    is taken, which cover the area wall to wall. ``..._CityBoundary`` is the core city, smaller than
    the functional urban area that the paper's city rule means, so it never stands in.
    """

    def choose(names: Sequence[str]) -> list[str]:
        return names_of_city(city, [name for name in names if _is_wanted(name)])

    with unpacked(path, choose) as files:
        layers = [layer for dataset in _datasets(files) for layer in _layers(dataset, str(path))]
        layers = _of_city(layers, city, file=str(path))
        land, year = _land_layer(layers, year, file=str(path))
        logger.info("%s: land use of %d from layer %s", land.city, year, land.name)
        polygons = _polygons(land, year, file=str(path))
        bounds = _boundary(layers, land, polygons, own=boundary, file=str(path))
    return LandUse(polygons, bounds, year)


def _is_wanted(name: str) -> bool:
    return name.lower().endswith(_FILES) or ".gdb/" in name.lower()


def _datasets(files: Sequence[Path]) -> list[Path]:
    """Files that hold layers; of a geodatabase, its folder."""
    datasets = []
    for file in files:
        folders = [folder for folder in file.parents if folder.suffix.lower() == ".gdb"]
        if folders:
            datasets.append(folders[-1])
        elif file.suffix.lower() in (".shp", ".gpkg"):
            datasets.append(file)
    return list(dict.fromkeys(datasets))


def _layers(dataset: Path, file: str) -> list[_Layer]:
    if dataset.suffix.lower() == ".shp":
        check_shapefile(dataset)
    with _readable(f"{file}: {dataset.name}"):
        fields_of = {
            str(name): tuple(pyogrio.read_info(dataset, layer=name)["fields"])
            for name, kind in pyogrio.list_layers(dataset)
            if kind is not None
        }
    layers = []
    for name, fields in fields_of.items():
        city = city_of(name) or city_of(dataset.name) or _city_in_rows(dataset, name, fields)
        if city is not None:
            layers.append(_Layer(dataset, name, city, fields))
    return layers


def _city_in_rows(dataset: Path, layer: str, fields: Sequence[str]) -> City | None:
    """The city that the first row names, where the files are called otherwise."""
    bare = _Layer(dataset, layer, City("", ""), tuple(fields))
    code = bare.first_of("fua_code", "fua_or_cit", "fua_or_city")
    name = bare.first_of("fua_name", "cities")
    return City(code[:5].upper(), plain(name).replace("_", " ")) if code and name else None


def _of_city(layers: Sequence[_Layer], city: str, *, file: str) -> list[_Layer]:
    cities = matching(city, [layer.city for layer in layers])
    if len({match.code for match in cities}) == 1:
        return [layer for layer in layers if layer.city.code == cities[0].code]
    delivered = sorted({str(layer.city) for layer in layers})
    if not delivered:
        raise InputError(
            f"{file}: no Urban Atlas layer (.shp, .gpkg, .gdb) with a name such as "
            "FR003L2_LYON_UA2012; give the delivery as it was downloaded"
        )
    problem = f"{len(cities)} cities match" if cities else "no city matches"
    raise InputError(f"{file}: {problem} {city!r}; the delivery has {listed(delivered, 20)}")


def _land_layer(layers: Sequence[_Layer], year: int | None, *, file: str) -> tuple[_Layer, int]:
    land = [layer for layer in layers if layer.code_fields]
    years = sorted({year for layer in land for year in layer.code_fields})
    if not land:
        fields = listed((f"{layer.name}: {listed(layer.fields, 8)}" for layer in layers), 4)
        raise InputError(
            f"{file}: no layer of {layers[0].city} has a land-use code (code_2012, CODE2012, "
            f"code_2018, ...); found {fields}"
        )
    if year is None and len(years) > 1:
        raise InputError(f"{file}: land use of {listed(years)}; set `year` to one of them")
    if year is not None and year not in years:
        raise InputError(f"{file}: no land use of {year}; the delivery has {listed(years)}")
    year = years[0] if year is None else year
    with_year = [layer for layer in land if year in layer.code_fields]
    fewest = min(len(layer.code_fields) for layer in with_year)  # a status, before changes
    best = [layer for layer in with_year if len(layer.code_fields) == fewest]
    if len(best) > 1:
        names = listed(f"{layer.path.name}: {layer.name}" for layer in best)
        raise InputError(
            f"{file}: {len(best)} layers with land use of {year} ({names}); give one of the files"
        )
    return best[0], year


def _polygons(land: _Layer, year: int, *, file: str) -> gpd.GeoDataFrame:
    code = land.code_fields[year]
    label = land.field(f"class_{year}", f"item{year}", f"item_{year}", f"class{year}")
    identifier = land.field("identifier", "ident")
    frame = land.read([code, label, identifier])
    if frame.empty:
        raise InputError(f"{file}: layer {land.name} is empty; fetch it again")
    rows = pd.Series(range(1, len(frame) + 1), index=frame.index).astype(str)
    names = frame[identifier].astype("string").fillna(rows) if identifier else rows
    codes = frame[code].astype("string").str.strip().str.removesuffix(".0")
    wrong = ~codes.str.fullmatch(r"\d{5}").fillna(value=False)
    if wrong.any():
        raise InputError(
            f"{file}: layer {land.name}: {wrong.sum()} of {len(frame)} codes in {code!r} are not "
            f"five digits: {listed(codes[wrong].fillna('missing').unique())} (polygons "
            f"{listed(names[wrong])})"
        )
    labels = frame[label].astype("string").fillna("") if label else ""
    return gpd.GeoDataFrame(
        {"code": codes.astype(str), "label": labels, "identifier": names.astype(str)},
        geometry=frame.geometry,
    ).astype({"label": str})


def _boundary(
    layers: Sequence[_Layer],
    land: _Layer,
    polygons: gpd.GeoDataFrame,
    *,
    own: str | Path | None,
    file: str,
) -> gpd.GeoDataFrame:
    boundaries = [layer for layer in layers if "_BOUNDARY" in layer.name.upper()]
    # Two vintages have a boundary each: the one of the land use comes first.
    boundaries.sort(
        key=lambda layer: (not layer.name.startswith(land.name), layer.path != land.path)
    )
    if own is not None:
        frame = _own_boundary(Path(own))
    elif boundaries:
        frame = boundaries[0].read([])
    elif len(land.code_fields) == 1:
        logger.warning(
            "%s: %s has no layer ..._Boundary; the union of its %d polygons is taken",
            *(file, land.city, len(polygons)),
        )
        frame = polygons
    else:
        raise InputError(
            f"{file}: {land.city} has no layer ..._Boundary, and a layer of changes does not cover "
            "the city; take the delivery of the land use itself, or name a file with the boundary"
        )
    shape = shapely.union_all(shapely.make_valid(frame.geometry.to_numpy()))
    if shape.is_empty:
        raise InputError(f"{file}: the boundary of {land.city} is empty; fetch the delivery again")
    name = land.first_of("fua_name", "cities") or land.city.name
    return gpd.GeoDataFrame(
        {"code": [land.city.code], "name": [name]}, geometry=[shape], crs=polygons.crs
    )


def _own_boundary(file: Path) -> gpd.GeoDataFrame:
    if file.suffix.lower() == ".shp":
        check_shapefile(file)
    with _readable(file):
        layers = [str(name) for name in pyogrio.list_layers(file)[:, 0]]
        if len(layers) > 1:
            raise InputError(
                f"{file}: several layers ({listed(layers)}); give a file with the boundary alone"
            )
        frame = pyogrio.read_dataframe(file)
    return _in_metres(frame, where=str(file))


def _in_metres(frame: pd.DataFrame, *, where: str) -> gpd.GeoDataFrame:
    """Polygons in EPSG:3035 and two dimensions; whatever is no polygon is refused.

    Of a shapefile that is cut short GDAL gives the rest of the rows without geometry.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{where} has no polygons")
    frame.geometry = shapely.force_2d(frame.geometry.to_numpy())
    surfaces = frame.geom_type.isin(["Polygon", "MultiPolygon"]) & ~frame.geometry.is_empty
    if not surfaces.all():
        kinds = listed(sorted(frame.geom_type[~surfaces].fillna("nothing").unique()))
        raise InputError(
            f"{where}: {(~surfaces).sum()} of {len(frame)} features are no polygons ({kinds}), the "
            f"first is number {int(surfaces.argmin()) + 1}; if the file is cut short or damaged, "
            "fetch it again"
        )
    if frame.crs is None:
        raise InputError(
            f"{where} has no coordinate reference system; a shapefile has it in its .prj: unpack "
            "and give the delivery whole"
        )
    # Esri writes EPSG:3035 with other names; reprojecting to the same would shift digits.
    if CRS.from_user_input(frame.crs).to_epsg() == EPSG:
        return frame.set_crs(EPSG, allow_override=True)
    with damage_told(lambda problem: f"{where}: its reference system cannot be used ({problem})"):
        moved = frame.to_crs(EPSG)
    if not np.isfinite(moved.total_bounds).all():
        raise InputError(
            f"{where}: its reference system ({frame.crs.name}) puts it nowhere on Earth; the .prj "
            "may be damaged or of another file"
        )
    return moved
