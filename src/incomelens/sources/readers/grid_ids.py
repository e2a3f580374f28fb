"""Identifiers of the European 200 m grid: which square of the ground a cell is.

``CRS3035RES200mN2893400E3763200``: EPSG:3035, cells of 200 m, lower-left corner at northing
2,893,400 m and easting 3,763,200 m.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from incomelens.common.errors import InputError, listed
from incomelens.common.names import CELL_M

CRS = "EPSG:3035"
# Written in one way alone: another spelling of a cell would be another cell.
_ID = rf"\A(?:CRS3035RES{CELL_M}mN([1-9][0-9]{{0,6}})E([1-9][0-9]{{0,6}}))\Z"


@dataclass(frozen=True)
class Region:
    """Where lower-left corners can lie, in metres of EPSG:3035."""

    name: str
    easting: tuple[int, int]
    northing: tuple[int, int]

    def holds(self, easting: NDArray[np.int64], northing: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each corner lies in the region."""
        return _between(easting, self.easting) & _between(northing, self.northing)


FRANCE = Region("metropolitan France", (3_100_000, 4_400_000), (1_900_000, 3_200_000))
EUROPE = Region("Europe", (900_000, 7_400_000), (900_000, 5_500_000))


def corners_of(
    ids: pd.Series, *, file: str, region: Region = EUROPE
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Easting and northing of the lower-left corners that identifiers name, in metres.

    Parameters
    ----------
    ids : series of str
    file : str
        Where they come from, for messages.
    region : Region
        In which they have to lie.

    Raises
    ------
    InputError
        If an identifier is malformed, off the 200 m grid or outside the region; where easting and
        northing look exchanged, that is said.
    """
    parts = ids.astype("string").str.extract(_ID)
    malformed = ids[parts[0].isna()]
    if len(malformed):
        raise InputError(
            f"{file}: {len(malformed)} of {len(ids)} cell identifiers are not like "
            f"CRS3035RES200mN2893400E3763200: {listed(malformed)}{_hint(str(malformed.iloc[0]))}"
        )
    northing, easting = (parts[group].astype(np.int64).to_numpy() for group in (0, 1))
    check_corners(easting, northing, names=ids, file=file, region=region)
    return easting, northing


def check_corners(
    easting: NDArray[np.int64],
    northing: NDArray[np.int64],
    *,
    names: pd.Series,
    file: str,
    region: Region = EUROPE,
) -> None:
    """Refuse corners that are off the 200 m grid or outside the region: see :func:`corners_of`."""
    off = (easting % CELL_M != 0) | (northing % CELL_M != 0)
    if off.any():
        raise InputError(
            f"{file}: {off.sum()} cells do not start at a multiple of {CELL_M} m: "
            f"{listed(names[off])}; expected lower-left corners on the {CELL_M} m grid of {CRS}"
        )
    outside = ~region.holds(easting, northing)
    if not outside.any():
        return
    swapped = bool(region.holds(northing[outside], easting[outside]).all())
    advice = "easting and northing are exchanged" if swapped else "take the file of that region"
    raise InputError(
        f"{file}: {outside.sum()} of {len(names)} cells lie outside {region.name} (easting "
        f"{region.easting[0]} to {region.easting[1]}, northing {region.northing[0]} to "
        f"{region.northing[1]} m): {listed(names[outside])}; {advice}"
    )


def cell_ids(easting: NDArray[np.int64], northing: NDArray[np.int64]) -> pd.Series:
    """Identifiers of the cells with these lower-left corners, in metres."""
    north, east = pd.Series(northing).astype(str), pd.Series(easting).astype(str)
    return f"CRS3035RES{CELL_M}mN" + north + "E" + east


def within(
    easting: NDArray[np.int64],
    northing: NDArray[np.int64],
    bounds: tuple[float, float, float, float],
) -> NDArray[np.bool_]:
    """Whether each cell shares area with `bounds` (west, south, east, north; metres)."""
    west, south, east, north = bounds
    return (
        (easting < east)
        & (easting + CELL_M > west)
        & (northing < north)
        & (northing + CELL_M > south)
    )


def tidy_grid(
    table: pd.DataFrame,
    easting: NDArray[np.int64],
    northing: NDArray[np.int64],
    *,
    file: str,
) -> gpd.GeoDataFrame:
    """Give a table of cells its squares and the order of its identifiers.

    Parameters
    ----------
    table : DataFrame
        Columns ``cell_id``, ``individuals``, ``households``, ``income_sum``, ``imputed``.
    easting, northing : arrays of int, one for each row
        Lower-left corners, metres of EPSG:3035.

    Raises
    ------
    InputError
        If a cell stands twice.
    """
    twice = table["cell_id"][table["cell_id"].duplicated()]
    if len(twice):
        raise InputError(
            f"{file}: {len(twice)} cells stand twice: {listed(twice)}; expected one row a cell"
        )
    squares = shapely.box(easting, northing, easting + CELL_M, northing + CELL_M)
    grid = gpd.GeoDataFrame(table.reset_index(drop=True), geometry=squares, crs=CRS)
    return grid.sort_values("cell_id", ignore_index=True)


def _between(values: NDArray[np.int64], ends: tuple[int, int]) -> NDArray[np.bool_]:
    return (values >= ends[0]) & (values <= ends[1])


def _hint(example: str) -> str:
    if "RES1000m" in example or "RES1km" in example:
        return "; these cells are 1 km wide, take the 200 m file"
    if example.startswith("CRS") and not example.startswith("CRS3035"):
        return "; overseas departments have grids of their own, take the metropolitan file"
    return ""
