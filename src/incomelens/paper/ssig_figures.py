"""Figures of the district paper that show data and scores: Fig. 1, income maps, validation."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incomelens.paper.maps import (
    area_outlines,
    draw_class_legend,
    draw_map,
    draw_scale_bar,
    local_projection,
    quantile_classes,
)
from incomelens.paper.names import (
    INCOME_UNITS,
    INCOMES,
    LEVELS,
    SOCIOECONOMIC,
    SPATIAL,
    VARIABLES,
)
from incomelens.paper.style import (
    COLUMN_MM,
    GROUP_COLOURS,
    MM_PER_INCH,
    PAGE_MM,
    PIXELS_IN_PDF_DPI,
    axes_mm,
    figure_style,
    new_figure,
)

INCOME_CLASSES = 8
INPUT_CLASSES = 5
DOTS_PER_MM = PIXELS_IN_PDF_DPI / MM_PER_INCH


def income_map(
    districts: gpd.GeoDataFrame, *, level: str, income: str, levels: Mapping[str, str] = LEVELS
) -> Figure:
    """Map of an income over the districts of one level.

    Parameters
    ----------
    districts : GeoDataFrame
        `districts/{level}.parquet`.
    level, income : str
    levels : mapping
        Level to its name in print.
    """
    plane = local_projection(districts)
    margin, top, width = 2.0, 8.0, COLUMN_MM - 4.0
    height = map_height(plane, width, most=120.0)
    with figure_style():
        figure = new_figure(COLUMN_MM, top + height + 15.0)
        axes = draw_income_panel(figure, plane, income, left=margin, top=top, size=(width, height))
        known = plane[income].notna().sum()
        axes.set_title(
            f"{levels[level]} level, {INCOMES[income]}: {known:,} of {len(plane):,} districts",
            loc="left", pad=9,
        )  # fmt: skip
    return figure


def map_height(plane: gpd.GeoDataFrame, width: float, *, most: float) -> float:
    """Height that a map of this width has, in the unit of `width` and never above `most`."""
    west, south, east, north = plane.total_bounds
    return min(width * (north - south) / (east - west), most)


def draw_income_panel(
    figure: Figure,
    plane: gpd.GeoDataFrame,
    income: str,
    *,
    left: float,
    top: float,
    size: tuple[float, float],
) -> Axes:
    """Draw the map of an income with scale bar and, 13 mm below it, its legend.

    Parameters
    ----------
    figure : Figure
    plane : GeoDataFrame
        Districts from :func:`local_projection`.
    income : str
    left, top : float
        Place of the map in millimetres from the figure's left and upper edge.
    size : tuple of float
        Width and height of the map in millimetres.
    """
    width, height = size
    values = plane[income].to_numpy(dtype=float)
    classes = quantile_classes(values, INCOME_CLASSES)
    axes = axes_mm(figure, left, top, width, height)
    draw_map(axes, plane, values, classes, outline=area_outlines(plane))
    draw_scale_bar(axes, plane)
    legend = axes_mm(figure, left + 0.02 * width, top + height + 6.5, 0.96 * width, 3.0)
    draw_class_legend(
        legend,
        classes,
        title=f"1,000 {INCOME_UNITS[income]}, equal counts",
        scale=1e-3,
        missing=None if np.isfinite(values).all() else "no income",
    )
    return axes


def income_map_table(districts: gpd.GeoDataFrame, *, income: str) -> pd.DataFrame:
    """List what the map of an income shows: district, income and class 1..n (0: no income)."""
    values = districts[income].to_numpy(dtype=float)
    classes = quantile_classes(values, INCOME_CLASSES)
    number = np.where(np.isfinite(values), classes.of(values) + 1, 0)
    return pd.DataFrame({"geoid": districts["geoid"], f"{income}_usd": values, "class": number})


def figure_1(
    districts: gpd.GeoDataFrame, *, level: str, levels: Mapping[str, str] = LEVELS
) -> Figure:
    """Input data used in SSIG (Fig. 1): the ten variables and the location, one map each.

    Parameters
    ----------
    districts : GeoDataFrame
        `districts/{level}.parquet`.
    level : str
    levels : mapping
        Level to its name in print.
    """
    plane = local_projection(districts[districts.geometry.notna() & ~districts.is_empty])
    west, _, east, _ = plane.total_bounds
    columns, gap, margin, top = 4, 5.0, 1.5, 11.0
    width = (PAGE_MM - (columns - 1) * gap - 2 * margin) / columns
    height = map_height(plane, width, most=60.0)
    panel = height + 19.0
    # Detail below one printed dot only makes the file heavy; neighbours stay neighbours.
    if not (districts.geom_type == "Point").any():
        plane["geometry"] = plane.geometry.simplify_coverage((east - west) / (width * DOTS_PER_MM))
    outline = area_outlines(plane)
    with figure_style():
        figure = new_figure(PAGE_MM, top + 3 * panel - 2.0)
        heading = f"Inputs of SSIG, {levels[level]} level: {len(plane):,} districts"
        top_line = axes_mm(figure, margin, 0.0, PAGE_MM - 2 * margin, 5.0)
        top_line.set_axis_off()
        top_line.text(0, 0.15, heading, fontsize=8, va="baseline")
        _group_key(top_line)
        for place, (name, variable) in enumerate(VARIABLES.items()):
            row, column = divmod(place, columns)
            left, upper = margin + column * (width + gap), top + row * panel
            values = plane[name].to_numpy(dtype=float) * (100.0 if variable.is_share else 1.0)
            classes = quantile_classes(values, INPUT_CLASSES)
            axes = axes_mm(figure, left, upper, width, height)
            draw_map(axes, plane, values, classes, outline=outline)
            axes.set_title(
                variable.paper, loc="left", fontweight="bold", pad=3,
                color=GROUP_COLOURS[variable.group],
            )  # fmt: skip
            legend = axes_mm(figure, left, upper + height + 4.5, width, 2.2)
            unit = "" if variable.unit in variable.words else f" ({variable.unit})"
            draw_class_legend(legend, classes, title=variable.words + unit, fontsize=6.0)
            if place == 0:
                draw_scale_bar(axes, plane)
    return figure


def _group_key(axes: Axes) -> None:
    """Say which colour of a heading means which group, at the right end of a line."""
    right = 1.0
    for group in (SPATIAL, SOCIOECONOMIC):
        text = axes.text(
            right, 0.15, group, color=GROUP_COLOURS[group],
            fontweight="bold", ha="right", va="baseline",
        )  # fmt: skip
        box = text.get_window_extent(axes.figure.canvas.get_renderer())
        right = axes.transAxes.inverted().transform((box.x0, box.y0))[0] - 0.02


def figure_1_table(districts: gpd.GeoDataFrame) -> pd.DataFrame:
    """List what Fig. 1 shows: every district's inputs, shares of 1, density per km², degrees."""
    return pd.DataFrame(districts[["geoid", *VARIABLES]]).rename(
        columns={"population_density": "population_density_per_km2"}
    )
