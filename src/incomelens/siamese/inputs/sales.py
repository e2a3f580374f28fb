"""Which sales are sales of homes at a market price, and what is left out."""

import logging
from collections.abc import Iterable

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError
from incomelens.common.left_out import Finding

logger = logging.getLogger(__name__)

KINDS = {
    **dict.fromkeys(("01", "02", "03"), "house"),
    **dict.fromkeys(("09", "10", "17"), "coop"),
    **dict.fromkeys(("12", "13", "15"), "condo"),
}
"""Building class category, its first two digits, to the kind of home."""

# Two buyers may agree on 650,000; that three of a borough pay 14,187,350 on one day is a package.
ROUND_USD = 1000
FEWEST_OF_A_BOROUGH = 3
# A kind of home with fewer sales in a borough is held against the whole city's.
FEWEST_OF_A_GROUP = 10
LEAST_SQFT = 100.0  # a smaller floor area is a mistake
MAD_TO_SD = 1.4826


def home_sales(
    sales: pd.DataFrame, *, least_price: float, outlier_mads: float
) -> tuple[pd.DataFrame, list[Finding]]:
    """Keep sales of homes at a market price (deviation `home_sales`).

    In this order: sales of anything but homes, at less than `least_price` (transfers within a
    family and the like: 0 and 10 USD are the most frequent prices), reported more than once, in a
    package (see Notes), and outliers are left out.

    Parameters
    ----------
    sales : DataFrame
        Columns of :func:`~incomelens.sources.readers.dof_sales.read_dof_sales`, and perhaps more.
    least_price : float
        USD.
    outlier_mads : float
        Largest distance of a log price from the median of its borough and kind of home, in median
        absolute deviations that are scaled to a standard deviation.

    Returns
    -------
    kept : DataFrame
        The sales that stay, all their columns, with ``kind`` (house, coop, condo), ``log_price``
        (natural logarithm of USD) and ``log_price_per_sqft`` (NaN without a floor area).
    left_out : list of Finding
        How many of all sales are left out for each reason.

    Raises
    ------
    InputError
        If no sale stays.

    Notes
    -----
    A package repeats one price, that of the whole, on each of its homes: two or more homes of one
    block, or three or more of one borough at a price that is no multiple of 1,000 USD, on one day.
    The flats of a cooperative share a tax lot: without their addresses, two sales of one building
    at one price on one day count as a package rather than as one sale told twice.
    """
    kind = sales["building_class_category"].str[:2].map(KINDS)
    kept = sales.assign(kind=kind.astype("object"))
    counts = [("read", len(sales))]
    for reason, judge in (
        ("not_a_home", lambda table: table["kind"].isna()),
        ("no_market_price", lambda table: table["sale_price"] < least_price),
        ("duplicate", _duplicates),
        ("package", _packages),
        ("outlier", lambda table: _outliers(table, outlier_mads)),
    ):
        out = judge(kept).to_numpy(dtype=bool)
        counts.append((reason, int(out.sum())))
        kept = kept[~out]
    counts.append(("kept", len(kept)))
    logger.info("sales: %s", told(counts))
    if kept.empty:
        raise InputError(
            f"sales: no sale of a home at a market price ({told(counts)}); look at the building "
            "class categories and prices of the table, and at siamese.prices.least_price"
        )
    left_out = [Finding("sales", reason, n, len(sales)) for reason, n in counts[1:-1]]
    return _with_logarithms(kept.reset_index(drop=True)), left_out


def told(counts: Iterable[tuple[str, int]]) -> str:
    """Counts by reason as one line.

    Examples
    --------
    >>> told([("read", 1200), ("no_market_price", 30)])
    '1,200 read, 30 no market price'
    """
    return ", ".join(f"{n:,} {reason.replace('_', ' ')}" for reason, n in counts)


def _with_logarithms(sales: pd.DataFrame) -> pd.DataFrame:
    area = sales["gross_sqft"].where(sales["gross_sqft"] >= LEAST_SQFT)
    log_price = np.log(sales["sale_price"].astype("float64"))
    return sales.assign(log_price=log_price, log_price_per_sqft=log_price - np.log(area))


def _duplicates(sales: pd.DataFrame) -> pd.Series:
    """All but the first of the rows that tell one sale."""
    keys = ["borough", "block", "lot", "sale_price", "sale_date"]
    coop = sales["kind"] == "coop"
    # Flats of a cooperative are told apart by their address, which then has to be known.
    same_home = sales.duplicated([*keys, "address", "apartment"]) & sales["address"].notna()
    return sales.duplicated(keys).where(~coop, same_home)


def _packages(sales: pd.DataFrame) -> pd.Series:
    one_price = ["borough", "sale_price", "sale_date"]
    same_block = sales.duplicated([*one_price, "block"], keep=False)
    n_of_borough = sales.groupby(one_price)["lot"].transform("size")
    odd_price = sales["sale_price"] % ROUND_USD != 0
    return same_block | (odd_price & (n_of_borough >= FEWEST_OF_A_BOROUGH))


def _outliers(sales: pd.DataFrame, most_mads: float) -> pd.Series:
    log_price = np.log(sales["sale_price"].astype("float64"))
    by_group = log_price.groupby([sales["borough"], sales["kind"]])
    few = by_group.transform("size") < FEWEST_OF_A_GROUP
    centre = by_group.transform("median").mask(few, log_price.median())
    apart = (log_price - centre).abs()
    spread = apart.groupby([sales["borough"], sales["kind"]]).transform("median")
    spread = MAD_TO_SD * spread.mask(few, (log_price - log_price.median()).abs().median())
    return (apart > most_mads * spread) & (spread > 0)
