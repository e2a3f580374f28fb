"""Sales in the synthetic city, on tax lots of their own, with all that a real table is full of.

A home's price follows the signal of its tract; a table of sales holds much else besides: transfers
for nothing, shops and garages, packages, sales told twice, slips of the pen, tracts without any.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from incomelens.demo.districts.city import DistrictCity
from incomelens.demo.districts.outlines import COUNTIES

SALES_A_TRACT = 20
EMPTY_SHARE = 0.08  # tracts where nothing was sold
MEDIAN_PRICE = 600_000.0  # of a home of median size in a tract with signal 0
EFFECT = 0.45  # of one SD of the signal on the log price
SPREAD = 0.30  # SD of log prices in a tract
CLASSES = {
    "01 ONE FAMILY DWELLINGS": 0.34,
    "02 TWO FAMILY DWELLINGS": 0.22,
    "10 COOPS - ELEVATOR APARTMENTS": 0.14,
    "13 CONDOS - ELEVATOR APARTMENTS": 0.16,
    "22 STORE BUILDINGS": 0.07,
    "44 CONDO PARKING": 0.07,
}
NO_MARKET_SHARE = 0.2
NOMINAL_PRICES = (0, 0, 0, 1, 10)
OUTLIER_SHARE = 0.006
TWICE_SHARE = 0.004
N_PACKAGES = 3
PACKAGE_LOTS = 4
FIRST_UNIT_LOT, FIRST_BILLING_LOT = 1001, 7501


def draw_lots_and_sales(
    city: DistrictCity, signal: pd.Series, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw tax lots and the sales on them.

    Each county is a borough (1, 2, ...), each tract a block.

    Parameters
    ----------
    city : DistrictCity
    signal : Series
        Indexed as the tracts.
    rng : Generator

    Returns
    -------
    lots : DataFrame
        ``borough``, ``block``, ``lot``, ``longitude``, ``latitude``; condominiums stand in it with
        their billing lot.
    sales : DataFrame
        Columns of :func:`~incomelens.demo.formats.dof.sales_workbook`.
    """
    tracts = city.tracts
    boroughs = {county: number for number, county in enumerate(COUNTIES, start=1)}
    borough = tracts["county"].map(boroughs).to_numpy()
    block = tracts.groupby("county").cumcount().to_numpy() + 100
    sold = (tracts["population"] > 0).to_numpy() & (rng.random(len(tracts)) >= EMPTY_SHARE)
    n_sales = rng.poisson(SALES_A_TRACT, len(tracts)) * sold
    lots, sales = [], []
    for at, n in enumerate(n_sales):
        new_sales = _sales(float(signal.iloc[at]), int(n), rng)
        places = _places(tracts.geometry.iloc[at], int(n), rng)
        new_lots = new_sales.assign(x=places[:, 0], y=places[:, 1])
        for table, new in ((lots, new_lots), (sales, new_sales)):
            table.append(new.assign(borough=borough[at], block=block[at]))
    return _lot_table(pd.concat(lots), tracts.crs), _with_trouble(pd.concat(sales), rng)


def _sales(signal: float, n: int, rng: np.random.Generator) -> pd.DataFrame:
    category = rng.choice(list(CLASSES), n, p=list(CLASSES.values()))
    kind = np.array([name[:2] for name in category], dtype="<U2")
    area = np.round(1600 * np.exp(0.3 * rng.normal(size=n)), -1)
    log_price = np.log(MEDIAN_PRICE) + EFFECT * signal + SPREAD * rng.normal(size=n)
    price = np.round(np.exp(log_price + 0.6 * np.log(area / 1600)), -3).astype(int)
    nominal = rng.random(n) < NO_MARKET_SHARE
    price[nominal] = rng.choice(NOMINAL_PRICES, int(nominal.sum()))
    number = np.arange(n)
    house = np.isin(kind, ("01", "02"))
    return pd.DataFrame(
        {
            "category": category,
            "lot": np.where(np.isin(kind, ("13", "44")), FIRST_UNIT_LOT + number, 1 + number),
            "apartment": np.where(kind == "13", [f"{i}A" for i in number + 1], ""),
            "address": [f"{10 * i + 1} SAMPLE STREET" for i in number],
            "flat": np.where(kind == "10", [f", {i}B" for i in number + 1], ""),
            "area": np.where(house, area, 0.0),
            "price": price,
            "day": rng.integers(0, 365, n),
        }
    )


def _places(shape: shapely.Geometry, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Points inside a polygon, away from its border, shape (n, 2)."""
    inner = shape.buffer(-0.1 * np.sqrt(shape.area))
    inner = shape if inner.is_empty else inner
    west, south, east, north = inner.bounds
    drawn = rng.uniform((west, south), (east, north), (60 * n + 60, 2))
    return drawn[shapely.contains_xy(inner, drawn)][:n]


def _lot_table(lots: pd.DataFrame, crs: object) -> pd.DataFrame:
    """Units of condominiums stand under one billing lot a block, at the place of the first."""
    unit = lots["lot"] >= FIRST_UNIT_LOT
    lots = lots.assign(lot=lots["lot"].mask(unit, FIRST_BILLING_LOT))
    lots = lots.drop_duplicates(["borough", "block", "lot"])
    points = gpd.GeoSeries.from_xy(lots["x"], lots["y"], crs=crs).to_crs("EPSG:4326")
    place = {"longitude": points.x.to_numpy().round(7), "latitude": points.y.to_numpy().round(7)}
    return lots[["borough", "block", "lot"]].assign(**place).reset_index(drop=True)


def _with_trouble(sales: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add what a real table is full of: slips of the pen, packages, sales told twice."""
    sales = sales.reset_index(drop=True)
    slips = rng.choice(len(sales), round(OUTLIER_SHARE * len(sales)), replace=False)
    sales.loc[slips, "price"] = sales.loc[slips, "price"] * 100
    blocks = sales.groupby(["borough", "block"])["lot"].transform("size")
    for number in range(N_PACKAGES):
        start = int(rng.choice(np.flatnonzero(blocks >= PACKAGE_LOTS)))
        same = (sales["borough"] == sales["borough"][start]) & (
            sales["block"] == sales["block"][start]
        )
        rows = sales.index[same][:PACKAGE_LOTS]
        sales.loc[rows, "price"] = 4_187_350 + number
        sales.loc[rows, "day"] = 100 + number
    twice = sales.iloc[rng.choice(len(sales), round(TWICE_SHARE * len(sales)), replace=False)]
    return pd.concat([sales, twice]).sort_values(
        ["borough", "block", "lot"], kind="stable", ignore_index=True
    )
