"""Values that their unit hardly allows: thousands for dollars, square miles for square kilometres.

Nothing here is refused: incomes may be of any currency, and some places are extraordinary.
"""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from incomelens.common.errors import listed
from incomelens.common.left_out import Finding

WHAT = "districts"
INCOME_RANGE = (1_000.0, 1_000_000.0)  # a year, of the median district
# Per km²: the densest quarters of the world have 1e5, single blocks a few times that.
DENSITY_RANGE = (0.1, 1e5)
HIGHEST_DENSITY = 1e6
DENSITY_FACTOR = 2.0  # polygons may hold water, or be drawn roughly
RACES = ("black", "asian", "white")
ROUNDING = 1e-3
# Density over people per km² of the polygon, where density is per another unit of area.
AREA_UNITS = {
    "square mile": 2.589988,
    "acre": 0.00404686,
    "hectare": 0.01,
    "square metre": 1e-6,
}
KM2_PER_SQUARE_DEGREE = 111.195**2  # at the equator, on a sphere


def value_findings(districts: gpd.GeoDataFrame, *, incomes: Sequence[str]) -> list[Finding]:
    """Look at incomes, density and shares; all are kept but for districts without an income.

    Parameters
    ----------
    districts : GeoDataFrame
        Columns of the contract, geometry in EPSG:4326.
    incomes : sequence of str
        Incomes that are modelled.

    Returns
    -------
    list of Finding
        For each income ``no_<income>`` (left out of its models), ``<income>_unit``,
        ``<income>_below_margin_of_error`` and, of the median, ``topcoded``; then
        ``density_unit``, ``people_without_land``, ``races_above_one``.
    """
    findings = [finding for income in incomes for finding in _of_income(districts, income)]
    if "median_household_income" in incomes:
        findings.append(_kept(districts, districts["median_household_income_topcoded"], "topcoded"))
    return [*findings, _density_unit(districts), _without_land(districts), _races(districts)]


def _of_income(districts: pd.DataFrame, income: str) -> list[Finding]:
    values, margin = districts[income], districts[f"{income}_moe"]
    middle = values.median()
    low, high = INCOME_RANGE
    message = (
        f"the median of {income} is {middle:,.6g}; expected an amount a year, of one person or "
        f"household, such as {low:,.0f} to {high:,.0f}: is it in thousands, a month, or in a "
        "currency with larger numbers? Models do not mind, tables say USD"
    )
    ids = districts["geoid"]
    return [
        Finding.of(ids[values.isna()], what=WHAT, reason=f"no_{income}", total=len(ids)),
        _kept(districts, values.notna() & (not low <= middle <= high), f"{income}_unit", message),
        _kept(districts, margin > values, f"{income}_below_margin_of_error"),
    ]


def _density_unit(districts: gpd.GeoDataFrame) -> Finding:
    """Density beyond what a km² holds, or at odds with population and polygon."""
    density = districts["population_density"]
    middle, highest = density.median(), density.max()
    low, high = DENSITY_RANGE
    factor = (density / _density_of_polygons(districts)).replace([0.0, np.inf], np.nan)
    usual = factor.median()
    if not low <= middle <= high or highest > HIGHEST_DENSITY:
        observed = f"population_density has the median {middle:,.6g} and reaches {highest:,.6g}"
    elif max(usual, 1 / usual) > DENSITY_FACTOR:
        observed = (
            f"population_density is {usual:.3g} times the population by km² of the polygons, in "
            "the median district"
        )
    else:
        return _kept(districts, pd.Series(data=False, index=districts.index), "density_unit")
    message = (
        f"{observed}; expected people per km²{_likely_unit(usual)}; is it another unit of area?"
    )
    return _kept(districts, density.notna(), "density_unit", message)


def _density_of_polygons(districts: gpd.GeoDataFrame) -> pd.Series:
    latitude = np.radians(districts.geometry.bounds[["miny", "maxy"]].mean(axis=1))
    shapes = districts.geometry.to_numpy()
    km2 = shapely.area(shapes) * KM2_PER_SQUARE_DEGREE * np.cos(latitude)
    return districts["population"] / km2.where(km2 > 0)


def _likely_unit(factor: float) -> str:
    """Name the unit of area whose factor is within a quarter of this one."""
    fits = [name for name, of in AREA_UNITS.items() if 0.8 * of <= factor <= 1.25 * of]
    return f", and this would fit people per {listed(fits)}" if fits else ""


def _without_land(districts: pd.DataFrame) -> Finding:
    nowhere = (districts["population"] > 0) & (districts["population_density"] == 0)
    ids = districts["geoid"][nowhere]
    return _kept(
        districts,
        nowhere,
        "people_without_land",
        f"{len(ids)} of {len(districts):,} districts have people and the density 0: {listed(ids)}; "
        "is their land area known?",
    )


def _races(districts: pd.DataFrame) -> Finding:
    total = districts[list(RACES)].sum(axis=1)
    above = total > 1 + ROUNDING
    ids = districts["geoid"][above]
    return _kept(
        districts,
        above,
        "races_above_one",
        f"{' + '.join(RACES)} add up to more than 1 in {len(ids)} of {len(districts):,} districts "
        f"(up to {total.max():.3f}): {listed(ids)}; the paper's are shares of people of that race "
        "alone: do some count in several?",
    )


def _kept(districts: pd.DataFrame, rows: pd.Series, reason: str, message: str = "") -> Finding:
    return Finding.of(
        districts["geoid"][rows],
        what=WHAT,
        reason=reason,
        total=len(districts),
        treated="kept",
        message=message,
    )
