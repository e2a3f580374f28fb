"""The mirror folder of the synthetic city: which source and file holds what."""

import geopandas as gpd
import pandas as pd

from incomelens.demo.districts.city import DistrictCity
from incomelens.demo.districts.outlines import COUNTIES, STATE
from incomelens.demo.formats import census
from incomelens.demo.mirror import Contents

INCOME_TABLES = {"B19301": "per_capita_income", "B19013": "median_household_income"}
WATER_TRACT = "990000"  # a tract of water: it has a row in every table and no polygon
ELSEWHERE = "98001"  # ZCTA tables are national; these lie in another state
ELSEWHERE_METRES = 400_000.0
N_ELSEWHERE = 3


def census_contents(city: DistrictCity) -> Contents:
    """What the mirror of the census holds."""
    tracts = _with_water(city)
    zctas, parts = _with_elsewhere(city)
    tract_shapes = city.tracts.assign(land_m2=_land(city.tracts))
    zcta_shapes = zctas.assign(land_m2=_land(zctas))
    boundaries = {
        "cb_2018_tract": (
            "cb_2018_36_tract_500k",
            lambda: census.tract_boundaries(tract_shapes),
        ),
        "cb_2018_zcta": ("cb_2018_us_zcta510_500k", lambda: census.zcta_boundaries(zcta_shapes)),
    }
    return {
        **_tables("acs5_2019_tract", tracts, census.tract_geography(tracts.index, COUNTIES)),
        **_tables("acs5_2019_zcta", zctas, census.zcta_geography(zctas.index)),
        **{
            (source, f"{name}.zip"): (
                lambda name=name, shapes=shapes: census.shapefile_zip(shapes(), name)
            )
            for source, (name, shapes) in boundaries.items()
        },
        ("zcta_county_2010", "zcta_county_rel_10.txt"): lambda: census.relationship_csv(parts),
    }


def _tables(source: str, people: pd.DataFrame, geography: pd.DataFrame) -> Contents:
    counts: Contents = {
        (source, f"{table}.json"): (
            lambda table=table, cells=cells: census.counts_json(table, cells, geography)
        )
        for table, cells in census.table_cells(people).items()
    }
    incomes = {
        (source, f"{table}.json"): (
            lambda table=table, income=income: census.income_json(
                table, people[income], people[f"{income}_moe"], geography
            )
        )
        for table, income in INCOME_TABLES.items()
    }
    return counts | incomes


def _with_water(city: DistrictCity) -> pd.DataFrame:
    tracts = pd.DataFrame(city.tracts.drop(columns=["geometry", "county", "zcta"]))
    row = tracts.iloc[[0]] * 0
    row.index = [f"{STATE}001{WATER_TRACT}"]
    row[[column for column in row if "income" in column]] = float("nan")
    return pd.concat([tracts, row]).sort_index()


def _with_elsewhere(city: DistrictCity) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Add ZCTAs of another state, copies of the first ones far to the west."""
    copies = city.zctas.iloc[:N_ELSEWHERE].copy()
    copies["geometry"] = copies.geometry.translate(xoff=-ELSEWHERE_METRES)
    copies.index = [f"{500 - i:05d}" for i in range(len(copies))]
    parts = pd.DataFrame(
        {
            "zcta": copies.index,
            "county": ELSEWHERE,
            "population": copies["population"].to_numpy(),
            "area": copies.geometry.area.to_numpy(),
        }
    )
    return pd.concat([city.zctas, copies]), pd.concat([city.parts, parts], ignore_index=True)


def _land(shapes: gpd.GeoDataFrame) -> pd.Series:
    return shapes.geometry.area.round()
