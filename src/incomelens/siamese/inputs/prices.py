"""What homes of a district sold for, as one vector of numbers.

The reading ``reconstruction-v1`` (deviation `house_price_vector`): logarithm of the median price,
mean, standard deviation and deciles of log prices, log price per square foot, log number of sales.
Where a district has too few sales, the nearest ones of other districts fill in, and a flag says so
(deviation `house_price_fill`). No income is used.
"""

import logging
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from incomelens.common.errors import InputError, listed
from incomelens.common.left_out import Finding
from incomelens.siamese.inputs.district_images import DEGREES, district_of_each

logger = logging.getLogger(__name__)

DECILES = tuple(range(1, 10))
PRICE_COLUMNS = (
    "price_log_median",
    "price_log_mean",
    "price_log_sd",
    *(f"price_log_decile_{decile}" for decile in DECILES),
    "price_log_per_sqft",
    "price_log_n_sales",
)
"""Components of the vector: natural logarithms of US dollars (per square foot), of 1 + sales."""


def sales_by_district(
    sales: pd.DataFrame, districts: gpd.GeoDataFrame, *, level: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Give each sale its district.

    Parameters
    ----------
    sales : DataFrame
        ``longitude``, ``latitude`` (degrees, NaN where unknown), and perhaps ``district_{level}``,
        the district as the table of sales itself names it: it goes before the coordinates.
    districts : GeoDataFrame
        ``districts/{level}.parquet``.
    level : str

    Returns
    -------
    inside : DataFrame
        Sales in one of the districts, with ``geoid``, and where their own coordinates are unknown
        those of the district's centroid.
    left_out : list of Finding
        ``no_location``, ``outside_districts``.

    Raises
    ------
    InputError
        If no sale lies in any district; by coordinates, with both extents.
    """
    named = f"district_{level}"
    by_name = named in sales
    if by_name:
        located = sales[named].notna()
        geoid = sales[named].where(sales[named].isin(districts["geoid"]))
    else:
        located = sales["longitude"].notna() & sales["latitude"].notna()
        geoid = district_of_each(sales["longitude"], sales["latitude"], districts, what="sales")
    counts = {
        "no_location": int((~located).sum()),
        "outside_districts": int((located & geoid.isna()).sum()),
    }
    logger.info(
        "%s: %s of %s sales lie in a district (by %s); %d have no location, %d lie outside",
        *(level, f"{geoid.notna().sum():,}", f"{len(sales):,}"),
        *("their table's own column" if by_name else "coordinates", *counts.values()),
    )
    if geoid.isna().all():
        where = f"column of siamese.prices.district_columns.{level}" if by_name else "coordinates"
        raise InputError(
            f"prices: none of the {len(sales):,} sales lies in a district of level {level} "
            f"(districts such as {listed(districts['geoid'], 2)}); look at the {where}"
        )
    inside = sales.assign(geoid=geoid)[geoid.notna()].reset_index(drop=True)
    centre = districts.set_index("geoid").loc[inside["geoid"], ["longitude", "latitude"]]
    for name in ("longitude", "latitude"):
        inside[name] = inside[name].fillna(pd.Series(centre[name].to_numpy()))
    return inside, [Finding("sales", reason, n, len(sales)) for reason, n in counts.items()]


def district_prices(
    districts: gpd.GeoDataFrame, sales: pd.DataFrame, *, least_sales: int
) -> pd.DataFrame:
    """Compute the price vector of every district.

    Parameters
    ----------
    districts : GeoDataFrame
        ``geoid``, ``longitude``, ``latitude`` of the centroid.
    sales : DataFrame
        ``geoid``, ``longitude``, ``latitude``, ``log_price``, ``log_price_per_sqft`` (NaN where
        the floor area is unknown).
    least_sales : int
        A district with fewer sales takes the nearest ones of other districts, by distance from its
        centroid, until it has this many; so with the sales whose floor area is known.

    Returns
    -------
    DataFrame
        Table ``siamese/prices-{level}.parquet``. Without any floor area in the whole city there is
        no ``price_log_per_sqft``.

    Raises
    ------
    InputError
        If the whole city has fewer than `least_sales` sales.
    """
    if len(sales) < least_sales:
        raise InputError(
            f"prices: the city has {len(sales)} sales of homes, fewer than the {least_sales} that "
            "one district needs; lower siamese.prices.least_sales or add sales"
        )
    prices = pd.DataFrame({"geoid": districts["geoid"].to_numpy()})
    chosen, n_own, farthest = _chosen(districts, sales, least_sales)
    log_price = sales["log_price"].to_numpy()
    summaries = np.array([_summary(log_price[rows]) for rows in chosen])
    prices[list(PRICE_COLUMNS[: summaries.shape[1]])] = summaries
    by_area = sales[sales["log_price_per_sqft"].notna()].reset_index(drop=True)
    with_area, own_area, _ = _chosen(districts, by_area, least_sales)
    if len(by_area):
        per_sqft = by_area["log_price_per_sqft"].to_numpy()
        prices["price_log_per_sqft"] = [float(np.median(per_sqft[rows])) for rows in with_area]
    else:
        logger.warning("prices: no sale has a floor area; there is no price per square foot")
    prices["price_log_n_sales"] = np.log1p(n_own)
    prices["n_sales"] = n_own
    prices["prices_filled"] = n_own < least_sales
    prices["n_per_sqft"] = own_area
    prices["per_sqft_filled"] = own_area < least_sales
    prices["fill_km"] = farthest
    logger.info(
        "prices of %d districts: %d without any sale, %d filled from neighbours (up to %.1f km)",
        *(len(prices), (n_own == 0).sum(), prices["prices_filled"].sum(), farthest.max()),
    )
    return prices


def filled_districts(prices: pd.DataFrame) -> list[Finding]:
    """Count districts whose prices were filled from the sales of others.

    Parameters
    ----------
    prices : DataFrame
        Of :func:`district_prices`.
    """
    filled, no_area = prices["prices_filled"], prices["per_sqft_filled"] & ~prices["prices_filled"]
    shared = {"what": "districts", "total": len(prices), "treated": "filled"}
    return [
        Finding.of(prices["geoid"][filled], reason="few_sales", **shared),
        Finding.of(prices["geoid"][no_area], reason="few_sales_of_known_floor_area", **shared),
    ]


def _summary(log_price: NDArray[np.float64]) -> list[float]:
    deciles = np.quantile(log_price, np.array(DECILES) / 10)
    return [float(np.median(log_price)), float(log_price.mean()), float(log_price.std()), *deciles]


def _chosen(
    districts: gpd.GeoDataFrame, sales: pd.DataFrame, least: int
) -> tuple[list[NDArray[np.int64]], NDArray[np.int64], NDArray[np.float64]]:
    """Rows of `sales` for each district, how many are its own, km of the farthest foreign one."""
    rows = sales.groupby("geoid").indices
    chosen = [np.sort(rows.get(geoid, np.empty(0, np.int64))) for geoid in districts["geoid"]]
    n_own = np.array([len(own) for own in chosen], dtype=np.int64)
    farthest = np.zeros(len(districts))
    if len(sales):
        for at, more, km in _nearest_foreign(districts, sales, chosen, least):
            chosen[at], farthest[at] = np.concatenate([chosen[at], more]), km
    return chosen, n_own, farthest


def _nearest_foreign(
    districts: gpd.GeoDataFrame, sales: pd.DataFrame, chosen: list[NDArray[np.int64]], least: int
) -> Iterator[tuple[int, NDArray[np.int64], float]]:
    """For each district with too few sales: the nearest ones of others, and how far (km)."""
    few = [at for at, rows in enumerate(chosen) if len(rows) < least]
    metres = gpd.GeoSeries.from_xy(
        districts["longitude"], districts["latitude"], crs=DEGREES
    ).estimate_utm_crs()
    places = KDTree(_metres(sales, metres))
    centres = _metres(districts, metres)
    for at in few:
        k = min(least, len(sales))
        far, near = places.query(centres[at], k=np.arange(1, k + len(chosen[at]) + 1))
        foreign = (near < len(sales)) & ~np.isin(near, chosen[at])
        lacking = least - len(chosen[at])
        nearest, km = near[foreign][:lacking], far[foreign][:lacking] / 1000
        yield at, nearest, float(km.max(initial=0.0))


def _metres(table: pd.DataFrame, crs: object) -> NDArray[np.float64]:
    points = gpd.GeoSeries.from_xy(table["longitude"], table["latitude"], crs=DEGREES).to_crs(crs)
    return np.column_stack([points.x, points.y])
