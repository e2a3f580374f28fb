"""Map of one income over the districts of one level."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from incomelens.paper.draw.maps import (
    area_outlines,
    draw_bar_inside,
    draw_class_legend,
    draw_map,
    map_height,
    quantile_classes,
)
from incomelens.paper.draw.planes import local_projection
from incomelens.paper.draw.style import COLUMN_MM, PaperFigure, paper_figure
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import INCOME_UNITS, INCOMES, LEVELS

CLASSES = 8


def exhibit(
    districts: gpd.GeoDataFrame, *, level: str, income: str, levels: Mapping[str, str] = LEVELS
) -> Exhibit:
    """Draw an income in classes of equal counts; districts without income are hatched.

    From `districts/{level}.parquet`.
    """
    return Exhibit(_shown(districts, income), _drawn(districts, levels[level], income))


def _shown(districts: gpd.GeoDataFrame, income: str) -> pd.DataFrame:
    """One row a district: income and class 1..n (0: no income)."""
    values = districts[income].to_numpy(dtype=float)
    classes = quantile_classes(values, CLASSES)
    number = np.where(np.isfinite(values), classes.of(values) + 1, 0)
    return pd.DataFrame({"geoid": districts["geoid"], f"{income}_usd": values, "class": number})


def _drawn(districts: gpd.GeoDataFrame, level: str, income: str) -> PaperFigure:
    plane = local_projection(districts)
    margin, top, width = 2.0, 8.0, COLUMN_MM - 4.0
    height = map_height(plane, width, most=120.0)
    with paper_figure(COLUMN_MM, top + height + 15.0) as figure:
        axes = draw_income_panel(figure, plane, income, left=margin, top=top, size=(width, height))
        n_known = plane[income].notna().sum()
        axes.set_title(
            f"{level} level, {INCOMES[income]}: {n_known:,} of {len(plane):,} districts",
            loc="left", pad=9,
        )  # fmt: skip
    return figure


def draw_income_panel(
    figure: PaperFigure,
    plane: gpd.GeoDataFrame,
    income: str,
    *,
    left: float,
    top: float,
    size: tuple[float, float],
) -> Axes:
    """Draw the map of an income with scale bar and, 13 mm below it, its legend.

    Place and size of the map, whose districts come from :func:`local_projection`, are in
    millimetres, its place from the figure's left and upper edge.
    """
    width, height = size
    values = plane[income].to_numpy(dtype=float)
    classes = quantile_classes(values, CLASSES)
    axes = figure.panel(left, top, width, height)
    draw_map(axes, plane, values, classes, outline=area_outlines(plane))
    draw_bar_inside(axes, plane)
    legend = figure.panel(left + 0.02 * width, top + height + 6.5, 0.96 * width, 3.0)
    draw_class_legend(
        legend,
        classes,
        title=f"1,000 {INCOME_UNITS[income]}, equal counts",
        scale=1e-3,
        missing=None if np.isfinite(values).all() else "no income",
    )
    return axes
