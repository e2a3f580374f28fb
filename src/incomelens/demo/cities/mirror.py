"""The mirror folder of synthetic cities seen from the air: which source and file holds what."""

from collections.abc import Iterator, Sequence
from functools import cache

import geopandas as gpd
import pandas as pd
import shapely

from incomelens.common.errors import InputError, listed
from incomelens.demo.cities.city import BEYOND, ORTHOPHOTO, AerialCity
from incomelens.demo.cities.people import PLANTED
from incomelens.demo.formats import ign as ign_format
from incomelens.demo.formats import urban_atlas as urban_atlas_format
from incomelens.demo.formats.filosofi import filosofi_2015, filosofi_2019
from incomelens.demo.formats.ign import Orthophoto
from incomelens.demo.mirror import Contents

FILOSOFI_FILES = {
    2015: ("synthetic_filosofi_2015", "Filosofi2015_carreaux_200m_csv.zip"),
    2019: ("synthetic_filosofi_2019", "Filosofi2019_carreaux_200m_gpkg.zip"),
}
URBAN_ATLAS_SOURCES = {
    "shapefile": "synthetic_urban_atlas_2012",
    "geopackage": "synthetic_urban_atlas_2018",
}
ORTHOPHOTO_SOURCE = "synthetic_orthohr"
LAMBERT_93 = "EPSG:2154"


def city_contents(cities: Sequence[AerialCity], *, threads: int = 1) -> Contents:
    """What the mirror of some cities holds.

    Parameters
    ----------
    cities : sequence of AerialCity
    threads : int
        That encode images; they change the speed alone.

    Raises
    ------
    InputError
        If there are no cities, or two share a place.
    """
    _check_places(cities)
    contents: Contents = {}
    for vintage, write in ((2015, filosofi_2015), (2019, filosofi_2019)):
        chosen = [city.cells for city in cities if city.filosofi == vintage]
        if chosen:
            contents[FILOSOFI_FILES[vintage]] = lambda write=write, chosen=chosen: write(
                gpd.GeoDataFrame(pd.concat(chosen, ignore_index=True))
            )
    contents |= _land_use_contents(cities)
    parts = cache(lambda: ign_format.delivery_parts(orthophotos(cities), threads=threads))
    for number, name in enumerate(ign_format.FILES):
        contents[ORTHOPHOTO_SOURCE, name] = lambda number=number: parts()[number]
    return contents


def truth_table(cities: Sequence[AerialCity]) -> pd.DataFrame:
    """What is known of every inhabited cell.

    Table ``demo/truth.parquet``.
    """
    columns = ["cell_id", "affluence", "planted_share", "income", "imputed"]
    parts = [column for column in cities[0].cells if column.startswith("part_")]
    tables = [pd.DataFrame(city.cells[columns + parts]).assign(city=city.name) for city in cities]
    table = pd.concat(tables, ignore_index=True)
    return table[["cell_id", "city", *columns[1:], *parts]]


def planted_table(cities: Sequence[AerialCity]) -> pd.DataFrame:
    """Which codes of the Urban Atlas show affluence: ``city``, ``style``, ``code``."""
    return pd.DataFrame(
        [(city.name, city.style, code) for city in cities for code in PLANTED[city.style]],
        columns=["city", "style", "code"],
    )


def orthophotos(cities: Sequence[AerialCity]) -> Iterator[Orthophoto]:
    """Cut the pictures into tiles of 1 km; tiles without a cell of the city are not delivered."""
    for city in cities:
        frame = city.frame
        west, south, east, north = city.plan.core
        core = gpd.GeoSeries([shapely.box(west, south, east, north)], crs=city.plan.land.crs)
        covered = core.to_crs(LAMBERT_93).iloc[0].buffer(BEYOND)
        side = round(ORTHOPHOTO / frame.metres_per_pixel)
        for row in range(0, frame.height, side):
            for column in range(0, frame.width, side):
                pixels = city.picture[row : row + side, column : column + side]
                left = frame.west + column * frame.metres_per_pixel
                top = frame.north - row * frame.metres_per_pixel
                square = shapely.box(left, top - ORTHOPHOTO, left + ORTHOPHOTO, top)
                if covered.intersects(square) and pixels.any():
                    yield Orthophoto(left, top, frame.metres_per_pixel, pixels)


def _land_use_contents(cities: Sequence[AerialCity]) -> Contents:
    writers = {
        "shapefile": (urban_atlas_format.shapefile_delivery, ""),
        "geopackage": (urban_atlas_format.geopackage_delivery, "_UA2018_v013"),
    }
    contents: Contents = {}
    for kind, source in URBAN_ATLAS_SOURCES.items():
        deliver, ending = writers[kind]
        single = {
            f"{city.code}_{city.name.upper()}{ending}.zip": (
                lambda city=city, number=number, deliver=deliver: deliver(
                    city.name, city.code, city.plan.land, odd=number
                )
            )
            for number, city in enumerate(cities)
            if city.urban_atlas == kind
        }
        if single:
            contents[source, f"{source}.zip"] = lambda single=single: urban_atlas_format.download(
                {name: make() for name, make in single.items()}
            )
            contents |= {(source, name): make for name, make in single.items()}
    return contents


def _check_places(cities: Sequence[AerialCity]) -> None:
    if not cities:
        raise InputError("no synthetic city was asked for; name at least one")
    codes = [city.code for city in cities]
    shared = sorted({code for code in codes if codes.count(code) > 1})
    if shared:
        raise InputError(
            f"cities share a place: {listed(shared)}; give every city an index of its own"
        )
