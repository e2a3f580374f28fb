"""A synthetic city of districts, at two levels, whose truth is known."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from incomelens.demo.districts.outlines import COUNTIES, OUTSIDE, city_map
from incomelens.demo.districts.people import (
    COUNTED,
    EFFECTS,
    TOP_CODE,
    draw_incomes,
    draw_people,
    top_code,
)

AREAS = {code: name for code, name in COUNTIES.items() if name != OUTSIDE}
"""Codes and names of the counties that make the city."""


@dataclass(frozen=True)
class DistrictCity:
    """A city at two levels: people and incomes (with their truth) and polygons.

    `tracts` is indexed by a code of eleven digits, `zctas` by one of five; `parts` says how many
    people and how much land of a ZCTA lie in which county.
    """

    tracts: gpd.GeoDataFrame
    zctas: gpd.GeoDataFrame
    parts: pd.DataFrame


def simulate_city(*, n_tracts: int, n_zctas: int, seed: int) -> DistrictCity:
    """Make up a city of four counties.

    Parameters
    ----------
    n_tracts : int
        Tracts of the city; a twelfth more lie outside it, in a county of their own.
    n_zctas : int
        ZCTAs, unions of tracts that may cross the borders of counties and of the city; a few lie
        outside.
    seed : int
    """
    rng = np.random.default_rng(seed)
    tracts = city_map(n_tracts, n_zctas, rng)
    tracts = tracts.join(draw_people(tracts, rng))
    tracts = tracts.join(draw_incomes(tracts, rng))
    return DistrictCity(tracts, _zctas(tracts), _parts(tracts))


def _zctas(tracts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add up the people; incomes are means over tracts weighted by people, errors independent."""
    people = tracts.groupby("zcta")[list(COUNTED)].sum()
    for income in EFFECTS:
        earning = tracts[tracts[income].notna()]
        weight = earning["population"]
        total = weight.groupby(earning["zcta"]).sum()
        held = (weight * earning[income]).groupby(earning["zcta"]).sum()
        variance = ((weight * earning[f"{income}_moe"]) ** 2).groupby(earning["zcta"]).sum()
        people[income] = (held / total).round()
        people[f"{income}_moe"] = (np.sqrt(variance) / total).round()
    top_code(people, people["median_household_income"] >= TOP_CODE)
    return people.join(tracts.dissolve("zcta").geometry).pipe(gpd.GeoDataFrame, crs=tracts.crs)


def _parts(tracts: gpd.GeoDataFrame) -> pd.DataFrame:
    parts = tracts.assign(area=tracts.geometry.area).groupby(["zcta", "county"])
    return parts[["population", "area"]].sum().reset_index()
