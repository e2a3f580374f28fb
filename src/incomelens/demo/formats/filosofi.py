"""The census grid as INSEE publishes it: a table of 2015 as CSV, one of 2019 as GeoPackage."""

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import box

from incomelens.demo.cities.archives import seven_zipped, zipped
from incomelens.demo.formats.geopackage import geopackage

GRID, LAMBERT_93 = "EPSG:3035", "EPSG:2154"
# Cells of another region: the table is national.
ELSEWHERE = ((3_620_000, 2_350_000), (3_620_200, 2_350_000), (3_620_000, 2_350_200))
AGES = {
    "0_3": 0.045,
    "4_5": 0.025,
    "6_10": 0.06,
    "11_17": 0.085,
    "18_24": 0.095,
    "25_39": 0.215,
    "40_54": 0.19,
    "55_64": 0.115,
    "65_79": 0.12,
    "80p": 0.05,
}
HOMES = ("Men", "Men_pauv", "Men_1ind", "Men_5ind", "Men_prop", "Men_fmp")
DWELLINGS = ("Men_surf", "Men_coll", "Men_mais", "Log_av45", "Log_45_70", "Log_70_90", "Log_ap90")
COUNTS = (
    *("Ind", *HOMES, "Ind_snv", *DWELLINGS, "Log_inc", "Log_soc"),
    *(f"Ind_{age}" for age in AGES),
    "Ind_inc",
)
"""Columns of all vintages in their order; in lower case from 2019."""


def filosofi_2015(cells: gpd.GeoDataFrame) -> bytes:
    """Zip around the 7z archive around the CSV table of 2015.

    Parameters
    ----------
    cells : GeoDataFrame
        ``cell_id``, ``individuals``, ``households``, ``income_published`` (EUR a year),
        ``imputed``, ``group``.
    """
    table = _national(cells)
    table = pd.DataFrame(
        {
            "IdINSPIRE": table["cell_id"],
            "Id_carr1km": _kilometre_ids(table["cell_id"]),
            "I_est_cr": table["imputed"].astype(int),
            "Id_carr_n": table["cell_id"],
            "Groupe": table["group"],
            "Depcom": "00001",
            "I_pauv": 0,
            "Id_car2010": table["cell_id"],
            **_counts(table),
            "I_est_1km": 0,
        }
    )
    name = "Filosofi2015_carreaux_200m_metropole"
    text = table.to_csv(index=False, lineterminator="\n").encode()
    return zipped({f"{name}_csv.7z": seven_zipped({f"{name}.csv": text})})


def filosofi_2019(cells: gpd.GeoDataFrame) -> bytes:
    """Zip around the 7z archive around the GeoPackage of 2019; cells as in :func:`filosofi_2015`.

    Its squares are in Lambert-93, hence a little askew; its names are in lower case.
    """
    table = _national(cells)
    table = gpd.GeoDataFrame(
        {
            "idcar_200m": table["cell_id"],
            "idcar_1km": _kilometre_ids(table["cell_id"]),
            "idcar_nat": table["cell_id"],
            "i_est_200": table["imputed"].astype(int),
            "i_est_1km": 0,
            "lcog_geo": "00001",
            **{name.lower(): values for name, values in _counts(table).items()},
        },
        geometry=[box(e, n, e + 200, n + 200) for e, n in _corners(table["cell_id"])],
        crs=GRID,
    ).to_crs(LAMBERT_93)
    file = geopackage({"carreaux_200m_met": table})
    inner = seven_zipped({"carreaux_200m_met.gpkg": file})
    return zipped({"Filosofi2019_carreaux_200m_gpkg.7z": inner})


def _national(cells: gpd.GeoDataFrame) -> pd.DataFrame:
    """Add cells of another region, copies of the first ones, and sort by id."""
    copies = pd.DataFrame(cells.drop(columns="geometry").iloc[: len(ELSEWHERE)])
    copies = copies.assign(
        cell_id=[f"CRS3035RES200mN{north}E{east}" for east, north in ELSEWHERE[: len(copies)]],
        group=-1 - np.arange(len(copies)),
        imputed=False,
    )
    table = pd.concat([pd.DataFrame(cells.drop(columns="geometry")), copies])
    return table.sort_values("cell_id", ignore_index=True)


def _counts(cells: pd.DataFrame) -> dict[str, pd.Series]:
    """People, households and dwellings; plain shares where no study reads the column."""
    people, homes, income = cells["individuals"], cells["households"], cells["income_published"]
    poor = homes * np.clip(0.6 - income / 45_000, 0.02, 0.8)
    flats = homes * 0.4
    counts = {
        "Ind": people,
        "Men": homes,
        "Men_pauv": poor,
        "Men_1ind": homes * 0.36,
        "Men_5ind": homes * 0.07,
        "Men_prop": homes * np.clip(income / 50_000, 0.1, 0.9),
        "Men_fmp": homes * 0.09,
        "Ind_snv": income * people,
        "Men_surf": homes * 82.0,
        "Men_coll": flats,
        "Men_mais": homes - flats,
        **dict.fromkeys(DWELLINGS[3:], homes / 4),
        "Log_inc": homes * 0.0,
        "Log_soc": 0.5 * poor,
        **{f"Ind_{age}": people * share for age, share in AGES.items()},
        "Ind_inc": people * 0.0,
    }
    return {name: counts[name].round(1) for name in COUNTS}


def _kilometre_ids(cell_ids: pd.Series) -> list[str]:
    """Cells of 1 km around cells of 200 m."""
    return [
        f"CRS3035RES1000mN{north // 1000 * 1000}E{east // 1000 * 1000}"
        for east, north in _corners(cell_ids)
    ]


def _corners(cell_ids: pd.Series) -> list[tuple[int, int]]:
    """Easting and northing of the lower-left corners."""
    place = cell_ids.str.extract(r"N(\d+)E(\d+)$").astype(int)
    return [(int(east), int(north)) for north, east in place.to_numpy()]
