"""Where a sale lies, by its tax lot (deviation `house_price_location`)."""

import logging

import pandas as pd

logger = logging.getLogger(__name__)

PLACE = ["longitude", "latitude"]
UNIT_LOTS = (1001, 7499)  # of condominium units, which no table of lots holds
BILLING_LOTS = (7501, 7599)  # of condominium complexes, which stand in the table for their units
MATCHES = ("lot", "condo_billing_lot", "block_mean", "none")


def locate_sales(sales: pd.DataFrame, lots: pd.DataFrame) -> pd.DataFrame:
    """Give each sale the position of its tax lot.

    Parameters
    ----------
    sales : DataFrame
        ``borough``, ``block``, ``lot``, and any other columns.
    lots : DataFrame
        Of :func:`~incomelens.sources.readers.tax_lots.read_tax_lots`.

    Returns
    -------
    DataFrame
        The sales with ``longitude``, ``latitude`` (degrees; NaN where unknown) and
        ``location_match``: ``lot``; ``condo_billing_lot``, where a condominium unit's block has one
        condominium complex; ``block_mean``, the mean of the block's lots; ``none``.
    """
    block = ["borough", "block"]
    complexes = lots[lots["lot"].between(*BILLING_LOTS)]
    complexes = complexes[~complexes.duplicated(block, keep=False)]
    billing_lot = _matched(sales, complexes, block)
    billing_lot[~sales["lot"].between(*UNIT_LOTS).to_numpy()] = float("nan")
    places = {
        "lot": _matched(sales, lots, [*block, "lot"]),
        "condo_billing_lot": billing_lot,
        "block_mean": _matched(sales, lots.groupby(block)[PLACE].mean().reset_index(), block),
    }
    located = sales.assign(longitude=float("nan"), latitude=float("nan"), location_match="none")
    for match, place in places.items():
        is_open = (located["location_match"] == "none").to_numpy()
        is_found = is_open & place[PLACE[0]].notna().to_numpy()
        located.loc[is_found, PLACE] = place.to_numpy()[is_found]
        located.loc[is_found, "location_match"] = match
    counts = located["location_match"].value_counts().reindex(MATCHES, fill_value=0)
    logger.info("sales located by %s", ", ".join(f"{name} {n:,}" for name, n in counts.items()))
    return located


def _matched(sales: pd.DataFrame, places: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Longitude and latitude of each sale by `keys`, one row a sale."""
    place = places.set_index(keys)[PLACE]
    return place.reindex(pd.MultiIndex.from_frame(sales[keys])).reset_index(drop=True)
