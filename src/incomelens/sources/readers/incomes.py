"""Readers of incomes in cells, by the name that the configuration gives them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd

from incomelens.sources.readers.filosofi import Bounds, read_filosofi
from incomelens.sources.readers.income_cells import read_cells
from incomelens.sources.readers.income_table import read_income_table

OF_THE_GRID = {"filosofi": read_filosofi, "table": read_income_table}
"""Readers of the European 200 m grid, which may be that of a whole country."""


def read_incomes(
    path: str | Path,
    *,
    reader: str,
    bounds: Bounds | None = None,
    options: Mapping[str, Any],
) -> gpd.GeoDataFrame:
    """Read the cells with incomes of a city.

    Parameters
    ----------
    path : path
    reader : {"filosofi", "table", "cells"}
    bounds : tuple of float, optional
        West, south, east, north of the city in EPSG:3035: all that is read of a country's grid.
    options : mapping
        Further settings of the reader.

    Returns
    -------
    GeoDataFrame
        ``cell_id``, ``individuals``, ``households``, ``imputed``, and ``income`` (the label) or
        ``income_sum`` (over individuals), in a projected CRS in metres; perhaps ``area``, ``unit``,
        ``income_moe``, ``topcoded``.
    """
    if reader == "cells":
        return read_cells(path, **options)
    return OF_THE_GRID[reader](path, bounds=bounds, **options)
