"""The cells of a city: inside its functional urban area, with their income and why some are out."""

import logging
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from incomelens.cells.places import Places
from incomelens.common.errors import InputError, listed
from incomelens.common.labels import INSEE, Label
from incomelens.common.places import meeting

logger = logging.getLogger(__name__)

# INSEE imputes cells with fewer: the stand-in where a delivery has lost the flag.
IMPUTED_BELOW_HOUSEHOLDS = 11
NEEDED = ("cell_id", "individuals", "households", "imputed")
OPTIONAL = ("area", "unit", "income_moe", "topcoded")


def build_cells(
    grid: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame | None,
    *,
    exclude_imputed: bool,
    winsorise: Sequence[float] | None = None,
    label: Label = INSEE,
) -> gpd.GeoDataFrame:
    """Cells of one city, with their mean income and the reasons to drop some.

    A cell belongs to the city if it shares some area with the boundary, however little (deviation
    `city_cells`).

    Income is the column ``income`` where the grid has one, whatever `label` says it is; else the
    sum of the standards of living over the inhabitants divided by their number. INSEE winsorises
    that sum before it publishes it, at the 5th and 95th percentile of the department, so incomes of
    two departments are cut at different heights. `winsorise` cuts the cells' incomes once more
    (deviation `winsorisation`).

    Parameters
    ----------
    grid : GeoDataFrame
        Cells of a reader (:data:`incomelens.sources.readers.incomes.INCOME_READERS`), in any
        projected CRS in metres.
    boundary : GeoDataFrame or None
        Functional urban area; several rows are taken together. None keeps all cells.
    exclude_imputed : bool
        Drop cells whose income INSEE has imputed from their surroundings.
    winsorise : (low, high), optional
        Percentiles of the city's remaining cells, between 0 and 100, that incomes are cut at.
    label : Label
        Of the incomes: which values there can be.

    Returns
    -------
    GeoDataFrame
        Table ``cells/{city}.parquet``, in the CRS of `grid`.

    Raises
    ------
    InputError
        If a column is missing, a cell stands twice, a share lies outside 0 to 1, no cell lies
        inside the boundary, or no cell is left.

    Notes
    -----
    Levy Abitbol & Karsai (2020), "Aerial, socioeconomic and land-use datasets and their
    combination". Without a flag (`imputed` NA) a cell of fewer than 11 households counts as
    imputed, the rule by which INSEE imputes (deviation `imputed_cells`).
    """
    _check(grid, boundary)
    inside = slice(None) if boundary is None else inside_boundary(grid, boundary)
    cells = grid.loc[inside].reset_index(drop=True)
    places = Places.of(cells)
    south_west_first = np.lexsort(places.centres.T)
    cells, places = cells.iloc[south_west_first].reset_index(drop=True), places[south_west_first]
    imputed = _imputed(cells)
    income = _income(cells, label)
    reason = _drop_reasons(cells, income, imputed & exclude_imputed)
    kept = reason.isna().to_numpy()
    _log_reasons(reason)
    if winsorise is not None:
        income = _winsorised(income, kept, winsorise, unit=label.unit)
    return gpd.GeoDataFrame(
        {
            "cell_id": cells["cell_id"],
            "income": income,
            "individuals": cells["individuals"],
            "households": cells["households"],
            "imputed": imputed,
            **{name: cells[name] for name in OPTIONAL if name in cells},
            "n_neighbours": places.neighbour_counts(),
            "drop_reason": reason,
        },
        geometry=cells.geometry.to_numpy(),
        crs=grid.crs,
    )


def inside_boundary(grid: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Whether each cell of a grid shares area with a boundary.

    Raises
    ------
    InputError
        If no cell does, with the extents of both in longitude and latitude.
    """
    city = boundary.to_crs(grid.crs).geometry.make_valid().union_all()
    outline = gpd.GeoSeries([city], crs=grid.crs)
    # The grid may be that of a country: how much of it is the city's says nothing.
    inside = meeting(grid.geometry, outline, names=("cells", "boundaries"), least=0.0)
    shapely.prepare(city)
    squares = grid.geometry.to_numpy()
    edge = np.flatnonzero(inside & ~shapely.contains_properly(city, squares))
    inside[edge] = ~shapely.touches(city, squares[edge])
    if not inside.any():
        raise InputError(
            f"cells: none of {len(grid)} cells lies inside the boundary, all that meet it touch it "
            "from outside; check the city of both files"
        )
    return inside


def _check(grid: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame | None) -> None:
    missing = [column for column in NEEDED if column not in grid]
    if "income" not in grid and "income_sum" not in grid:
        missing.append("income_sum (or income)")
    if missing:
        raise InputError(
            f"cells: the grid has no column {listed(missing)}; expected {listed(NEEDED)} and "
            "income_sum or income"
        )
    for name, table in (("grid", grid), ("boundary", boundary)):
        if table is None:
            continue
        if table.crs is None:
            raise InputError(f"cells: the {name} has no CRS; say in which its coordinates are")
        if not len(table):
            raise InputError(f"cells: the {name} is empty; check its source")
    twice = grid.loc[grid["cell_id"].duplicated(), "cell_id"]
    if len(twice):
        raise InputError(
            f"cells: {len(twice)} cell ids stand twice in the grid: {listed(twice)}; expected each "
            "once; were two deliveries joined?"
        )


def _imputed(cells: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    flag = cells["imputed"].astype("boolean")
    unknown = flag.isna().to_numpy()
    few = (cells["households"] < IMPUTED_BELOW_HOUSEHOLDS).to_numpy(dtype=bool)
    if unknown.any():
        logger.info(
            "%d of %d cells have no imputation flag; %d of them have fewer than %d households and "
            "count as imputed",
            unknown.sum(),
            len(cells),
            (unknown & few).sum(),
            IMPUTED_BELOW_HOUSEHOLDS,
        )
    return np.where(unknown, few, flag.fillna(False).to_numpy(dtype=bool))


def _income(cells: gpd.GeoDataFrame, label: Label) -> NDArray[np.float64]:
    """Label of every cell; NaN where there is none, or an amount that is not above zero."""
    if "income" not in cells:
        people = cells["individuals"].to_numpy(dtype=np.float64)
        total = cells["income_sum"].to_numpy(dtype=np.float64)
        income = np.full(len(cells), np.nan)
        known = (total > 0) & (people > 0) & np.isfinite(total)
        income[known] = total[known] / people[known]
        return income
    income = cells["income"].to_numpy(dtype=np.float64).copy()
    if label.is_money:
        income[~(income > 0)] = np.nan
    elif label.kind == "share" and len(off := cells["cell_id"][(income < 0) | (income > 1)]):
        raise InputError(
            f"cells: {len(off)} of {len(cells)} incomes lie outside 0 to 1, in {listed(off)}; the "
            "label is a share: divide percentages by 100, or call it an index (label.kind)"
        )
    return income


def _drop_reasons(
    cells: gpd.GeoDataFrame, income: NDArray[np.float64], drop_imputed: NDArray[np.bool_]
) -> pd.Series:
    """First reason that holds; null where none does."""
    people = cells["individuals"]
    # A label of its own needs no number of people: only a known zero empties the cell.
    empty = ~(people > 0) if "income" not in cells else people <= 0
    reason = np.full(len(cells), None, dtype=object)
    reason[drop_imputed] = "imputed"
    reason[np.isnan(income)] = "no_income"
    reason[empty.to_numpy(dtype=bool)] = "no_inhabitants"
    return pd.Series(reason, dtype="str")


def _log_reasons(reason: pd.Series) -> None:
    counts = reason.value_counts().sort_index()
    reasons = ", ".join(f"{name} {count}" for name, count in counts.items()) or "none dropped"
    logger.info("%d cells, %d kept (%s)", len(reason), reason.isna().sum(), reasons)
    if reason.notna().all():
        raise InputError(
            f"cells: not one of {len(reason)} cells is left ({reasons}); check the income and "
            "population columns of the grid, or keep imputed cells"
        )


def _winsorised(
    income: NDArray[np.float64],
    kept: NDArray[np.bool_],
    percentiles: Sequence[float],
    *,
    unit: str,
) -> NDArray[np.float64]:
    if len(percentiles) != 2 or not 0 <= percentiles[0] < percentiles[1] <= 100:
        raise InputError(
            f"winsorise: {list(percentiles)}; expected two rising percentiles between 0 and 100, "
            "such as [5, 95], or null"
        )
    low, high = np.percentile(income[kept], percentiles)
    n_cut = np.count_nonzero((income[kept] < low) | (income[kept] > high))
    logger.info("%d incomes cut to %.4g .. %.4g %s", n_cut, low, high, unit)
    return np.clip(income, low, high)
