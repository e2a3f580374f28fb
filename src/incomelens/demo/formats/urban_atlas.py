"""Land use as Copernicus delivers it: shapefiles of 2012 and GeoPackages of 2018, zip in zip.

Labels are as uneven as in real deliveries (spaces, colons, broken encodings); codes are sound.
"""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np

from incomelens.demo.cities.archives import zipped
from incomelens.demo.formats.geopackage import geopackage, shapefile

LABELS = {
    "11100": "Continuous urban fabric (S.L. : > 80%)",
    "11210": "Discontinuous dense urban fabric (S.L. : 50% -  80%)",
    "11220": "Discontinuous medium density urban fabric (S.L. : 30% - 50%)",
    "11230": "Discontinuous low density urban fabric (S.L. : 10% - 30%)",
    "11240": "Discontinuous very low density urban fabric (S.L. : < 10%)",
    "11300": "Isolated structures",
    "12100": "Industrial, commercial, public, military and private units",
    "12210": "Fast transit roads and associated land",
    "12220": "Other roads and associated land",
    "12230": "Railways and associated land",
    "12400": "Airports",
    "13300": "Construction sites",
    "13400": "Land without current use",
    "14100": "Green urban areas",
    "14200": "Sports and leisure facilities",
    "21000": "Arable land (annual crops)",
    "23000": "Pastures",
    "31000": "Forests",
    "32000": "Herbaceous vegetation associations (natural grassland, moors...)",
    "50000": "Water",
}
# As found in deliveries; which city has which is chance.
MISSPELT = {
    "11210": ("Discontinuous Dense Urban Fabric (S.L.: 50% - 80%)",),
    "12100": ("Industrial, commercial, public, military and private units ",),
    "32000": (
        "Herbaceous vegetation associations (natural grassland, moorsâ\x80¦)",
        "Herbaceous vegetation associations (natural grassland, moors?)",
    ),
}
PDF = b"%PDF-1.4\n% Delivery report of a synthetic city; intentionally without a page.\n%%EOF\n"


def shapefile_delivery(name: str, code: str, land: gpd.GeoDataFrame, *, odd: int) -> bytes:
    """Zip of one city in the layout of 2012.

    Parameters
    ----------
    name, code : str
        Of the functional urban area.
    land : GeoDataFrame
        ``code`` and ``geometry`` in EPSG:3035, a partition.
    odd : int
        Which misspelling; odd numbers also leave the layer of the core city out, as some
        deliveries do.
    """
    stem = f"{code}_{name.upper()}"
    shapes = land.geometry
    table = gpd.GeoDataFrame(
        {
            "COUNTRY": "FR",
            "CITIES": name.capitalize(),
            "FUA_OR_CIT": code,
            "CODE2012": land["code"],
            "ITEM2012": _labels(land, odd),
            "PROD_DATE": "2015",
            "IDENT": _identifiers(land, code),
            "Shape_Leng": shapes.length.round(6),
            "Shape_Area": shapes.area.round(6),
            "Pop2012": 0,
        },
        geometry=shapes,
        crs=land.crs,
    )
    outline = _outline(land)
    boundary = gpd.GeoDataFrame(
        {
            "COUNTRY": "FR",
            "FUA_CODE": [code],
            "FUA_NAME": name.capitalize(),
            "AREA_KM2": outline.area / 1e6,
        },
        geometry=outline,
        crs=land.crs,
    )
    layers = {f"{stem}_UA2012": table, f"{stem}_UA2012_Boundary": boundary}
    if odd % 2 == 0:
        layers[f"{stem}_CityBoundary"] = boundary
    files = {
        f"{stem}/Shapefiles/{file}": content
        for layer, shape in layers.items()
        for file, content in shapefile(shape, layer).items()
    }
    return zipped(files | {f"{stem}/Documents/{stem}_Delivery_Report.pdf": PDF})


def geopackage_delivery(name: str, code: str, land: gpd.GeoDataFrame, *, odd: int) -> bytes:
    """Zip of one city in the layout of 2018; parameters as of :func:`shapefile_delivery`."""
    stem = f"{code}_{name.upper()}"
    shapes = land.geometry
    area = {"country": "FR", "fua_name": name.capitalize(), "fua_code": code}
    table = gpd.GeoDataFrame(
        {
            **area,
            "code_2018": land["code"],
            "class_2018": _labels(land, odd),
            "prod_date": "2020-06",
            "identifier": _identifiers(land, code),
            "perimeter": shapes.length,
            "area": shapes.area,
            "comment": None,
        },
        geometry=shapes,
        crs=land.crs,
    )
    outline = _outline(land)
    boundary = gpd.GeoDataFrame(
        {**{key: [value] for key, value in area.items()}, "area_km2": outline.area / 1e6},
        geometry=outline,
        crs=land.crs,
    )
    file = geopackage({f"{stem}_UA2018": table, f"{stem}_UA2018_Boundary": boundary})
    folder = f"{stem}_UA2018_v013"
    report = {f"{folder}/Documents/{stem}_UA2018_delivery_report.pdf": PDF}
    return zipped({f"{folder}/Data/{folder}.gpkg": file} | report)


def download(deliveries: Mapping[str, bytes]) -> bytes:
    """Zip of the zips of several cities, by file name."""
    return zipped(dict(sorted(deliveries.items())))


def _labels(land: gpd.GeoDataFrame, odd: int) -> list[str]:
    misspelt = {code: forms[odd % len(forms)] for code, forms in MISSPELT.items()}
    return [misspelt.get(code, LABELS[code]) for code in land["code"]]


def _identifiers(land: gpd.GeoDataFrame, code: str) -> list[str]:
    return [f"{number}-{code}" for number in np.arange(1, len(land) + 1)]


def _outline(land: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return gpd.GeoSeries([land.geometry.union_all()], crs=land.crs)
