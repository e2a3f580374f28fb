"""The cells of a city: inside its functional urban area, with their income and why some are out."""

import logging
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from incomelens.cells.neighbours import grid_coordinates, neighbour_counts
from incomelens.common.errors import InputError, listed
from incomelens.common.places import meeting

logger = logging.getLogger(__name__)

# INSEE imputes cells with fewer: the stand-in where a delivery has lost the flag.
IMPUTED_BELOW_HOUSEHOLDS = 11
NEEDED = ("cell_id", "individuals", "households", "income_sum", "imputed")


def build_cells(
    grid: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame,
    *,
    exclude_imputed: bool,
    winsorise: Sequence[float] | None = None,
) -> gpd.GeoDataFrame:
    """Cells of one city, with their mean income and the reasons to drop some.

    A cell belongs to the city if it shares some area with the boundary, however little (deviation
    `city_cells`).

    Income is the sum of the standards of living over the inhabitants divided by their number. INSEE
    winsorises that sum before it publishes it, at the 5th and 95th percentile of the department, so
    incomes of two departments are cut at different heights. `winsorise` cuts the cells' means once
    more (deviation `winsorisation`).

    Parameters
    ----------
    grid : GeoDataFrame
        Tidy census grid (:func:`incomelens.sources.readers.filosofi.read_filosofi`), EPSG:3035.
    boundary : GeoDataFrame
        Functional urban area; several rows are taken together.
    exclude_imputed : bool
        Drop cells whose income INSEE has imputed from their surroundings.
    winsorise : (low, high), optional
        Percentiles of the city's remaining cells, between 0 and 100, that incomes are cut at.

    Returns
    -------
    GeoDataFrame
        Table ``cells/{city}.parquet``, EPSG:3035.

    Raises
    ------
    InputError
        If a column is missing, a cell stands twice, no cell lies inside the boundary, or no cell is
        left.

    Notes
    -----
    Levy Abitbol & Karsai (2020), "Aerial, socioeconomic and land-use datasets and their
    combination". Without a flag (`imputed` NA) a cell of fewer than 11 households counts as
    imputed, the rule by which INSEE imputes (deviation `imputed_cells`).
    """
    _check(grid, boundary)
    cells = grid.loc[inside_boundary(grid, boundary)].reset_index(drop=True)
    place = grid_coordinates(cells["cell_id"])
    south_west_first = np.lexsort((place[:, 0], place[:, 1]))
    cells, place = cells.iloc[south_west_first].reset_index(drop=True), place[south_west_first]
    imputed = _imputed(cells)
    income = _income(cells)
    reason = _drop_reasons(cells, income, imputed & exclude_imputed)
    kept = reason.isna().to_numpy()
    _log_reasons(reason)
    if winsorise is not None:
        income = _winsorised(income, kept, winsorise)
    return gpd.GeoDataFrame(
        {
            "cell_id": cells["cell_id"],
            "income": income,
            "individuals": cells["individuals"],
            "households": cells["households"],
            "imputed": imputed,
            "n_neighbours": neighbour_counts(place),
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


def _check(grid: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame) -> None:
    missing = [column for column in NEEDED if column not in grid]
    if missing:
        raise InputError(f"cells: the grid has no column {listed(missing)}; expected {NEEDED}")
    for name, table in (("grid", grid), ("boundary", boundary)):
        if table.crs is None:
            raise InputError(f"cells: the {name} has no CRS; expected EPSG:3035")
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


def _income(cells: gpd.GeoDataFrame) -> NDArray[np.float64]:
    total = cells["income_sum"].to_numpy(dtype=np.float64)
    people = cells["individuals"].to_numpy(dtype=np.float64)
    income = np.full(len(cells), np.nan)
    known = (total > 0) & (people > 0) & np.isfinite(total)
    income[known] = total[known] / people[known]
    return income


def _drop_reasons(
    cells: gpd.GeoDataFrame, income: NDArray[np.float64], drop_imputed: NDArray[np.bool_]
) -> pd.Series:
    """First reason that holds; null where none does."""
    empty = ~(cells["individuals"] > 0).to_numpy(dtype=bool)
    reason = np.full(len(cells), None, dtype=object)
    reason[drop_imputed] = "imputed"
    reason[np.isnan(income)] = "no_income"
    reason[empty] = "no_inhabitants"
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
    income: NDArray[np.float64], kept: NDArray[np.bool_], percentiles: Sequence[float]
) -> NDArray[np.float64]:
    if len(percentiles) != 2 or not 0 <= percentiles[0] < percentiles[1] <= 100:
        raise InputError(
            f"winsorise: {list(percentiles)}; expected two rising percentiles between 0 and 100, "
            "such as [5, 95], or null"
        )
    low, high = np.percentile(income[kept], percentiles)
    n_cut = np.count_nonzero((income[kept] < low) | (income[kept] > high))
    logger.info("%d incomes cut to %.0f .. %.0f EUR", n_cut, low, high)
    return np.clip(income, low, high)
