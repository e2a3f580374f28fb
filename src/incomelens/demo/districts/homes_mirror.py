"""The mirror of the synthetic homes: sales, tax lots, images from above and from the street."""

from collections.abc import Callable
from functools import cache

import pandas as pd

from incomelens.common.seeds import job_rng
from incomelens.demo.districts.city import DistrictCity
from incomelens.demo.districts.outlines import COUNTIES
from incomelens.demo.districts.sales import draw_lots_and_sales
from incomelens.demo.districts.satellite_picture import paint_city, two_geotiffs
from incomelens.demo.districts.street_picture import street_views_zip
from incomelens.demo.formats.dof import pluto_zip, sales_workbook
from incomelens.demo.mirror import Contents

# The workbook of each borough, in the order of the boroughs' numbers: a county each.
WORKBOOKS = ("manhattan", "bronx", "brooklyn", "queens", "statenisland")
SALES, LOTS = "dof_sales_2019", "pluto_19v2"
SATELLITE, STREET = "synthetic_satellite", "synthetic_street_views"


def homes_contents(city: DistrictCity, signals: pd.DataFrame, *, seed: int) -> Contents:
    """What the mirror of the homes holds.

    Parameters
    ----------
    city : DistrictCity
    signals : DataFrame
        Of :func:`~incomelens.demo.districts.homes.draw_signals`.
    seed : int
    """
    lots, sales = draw_lots_and_sales(city, signals["prices"], job_rng(seed, "sales"))

    @cache
    def sheets() -> tuple[bytes, bytes]:
        image, place = paint_city(
            city.tracts, signals["satellite"].to_numpy(), job_rng(seed, "satellite")
        )
        return two_geotiffs(image, place, city.tracts.crs.to_string())

    def workbook(number: int, county: str) -> Callable[[], bytes]:
        return lambda: sales_workbook(sales[sales["borough"] == number], COUNTIES[county])

    return {
        **{
            (SALES, f"2019_{name}.xlsx"): workbook(number, county)
            for number, (name, county) in enumerate(zip(WORKBOOKS, COUNTIES, strict=True), start=1)
        },
        (LOTS, "nyc_pluto_19v2_csv.zip"): lambda: pluto_zip(lots, "pluto_19v2"),
        (SATELLITE, "synthetic_satellite_west.tif"): lambda: sheets()[0],
        (SATELLITE, "synthetic_satellite_east.tif"): lambda: sheets()[1],
        (STREET, "synthetic_street_views.zip"): lambda: street_views_zip(
            city.tracts, signals["street_view"].to_numpy(), job_rng(seed, "street_view")
        ),
    }
