"""Fig. 1 of the district paper: the twelve inputs of SSIG, one map each (deviation `figure_1`)."""

from collections.abc import Mapping

import geopandas as gpd
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
from incomelens.paper.draw.style import (
    GROUP_COLOURS,
    MM_PER_INCH,
    PAGE_MM,
    PIXELS_IN_PDF_DPI,
    PaperFigure,
    paper_figure,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import LEVELS, SOCIOECONOMIC, SPATIAL, VARIABLES

CLASSES = 5
COLUMNS, GAP_MM, MARGIN_MM, TOP_MM = 4, 5.0, 1.5, 11.0
DOTS_PER_MM = PIXELS_IN_PDF_DPI / MM_PER_INCH


def exhibit(
    districts: gpd.GeoDataFrame, *, level: str, levels: Mapping[str, str] = LEVELS
) -> Exhibit:
    """Draw the ten variables and the location; every colour holds about a fifth of the districts.

    From `districts/{level}.parquet`.
    """
    # Shares of 1, degrees.
    numbers = pd.DataFrame(districts[["geoid", *VARIABLES]]).rename(
        columns={"population_density": "population_density_per_km2"}
    )
    return Exhibit(numbers, _drawn(districts, levels[level]))


def _drawn(districts: gpd.GeoDataFrame, level: str) -> PaperFigure:
    plane = local_projection(districts[districts.geometry.notna() & ~districts.is_empty])
    west, _, east, _ = plane.total_bounds
    width = (PAGE_MM - (COLUMNS - 1) * GAP_MM - 2 * MARGIN_MM) / COLUMNS
    height = map_height(plane, width, most=60.0)
    panel = height + 19.0
    # Detail below one printed dot only makes the file heavy; neighbours stay neighbours.
    if not (districts.geom_type == "Point").any():
        plane["geometry"] = plane.geometry.simplify_coverage((east - west) / (width * DOTS_PER_MM))
    outline = area_outlines(plane)
    with paper_figure(PAGE_MM, TOP_MM + 3 * panel - 2.0) as figure:
        _draw_heading(figure, f"Inputs of SSIG, {level} level: {len(plane):,} districts")
        for place, name in enumerate(VARIABLES):
            row, column = divmod(place, COLUMNS)
            left, upper = MARGIN_MM + column * (width + GAP_MM), TOP_MM + row * panel
            axes = figure.panel(left, upper, width, height)
            legend = figure.panel(left, upper + height + 4.5, width, 2.2)
            _draw_input(axes, legend, plane, name, outline)
            if place == 0:
                draw_bar_inside(axes, plane)
    return figure


def _draw_input(
    axes: Axes, legend: Axes, plane: gpd.GeoDataFrame, name: str, outline: gpd.GeoSeries | None
) -> None:
    variable = VARIABLES[name]
    values = plane[name].to_numpy(dtype=float) * (100.0 if variable.is_share else 1.0)
    classes = quantile_classes(values, CLASSES)
    draw_map(axes, plane, values, classes, outline=outline)
    axes.set_title(
        variable.paper, loc="left", fontweight="bold", pad=3, color=GROUP_COLOURS[variable.group]
    )
    unit = "" if variable.unit in variable.words else f" ({variable.unit})"
    draw_class_legend(legend, classes, title=variable.words + unit, fontsize=6.0)


def _draw_heading(figure: PaperFigure, text: str) -> None:
    """Write a line above all panels, at its right end which colour means which group."""
    axes = figure.panel(MARGIN_MM, 0.0, PAGE_MM - 2 * MARGIN_MM, 5.0)
    axes.set_axis_off()
    axes.text(0, 0.15, text, fontsize=8, va="baseline")
    right = 1.0
    for group in (SPATIAL, SOCIOECONOMIC):
        word = axes.text(
            right, 0.15, group, color=GROUP_COLOURS[group],
            fontweight="bold", ha="right", va="baseline",
        )  # fmt: skip
        box = word.get_window_extent()
        right = axes.transAxes.inverted().transform((box.x0, box.y0))[0] - 0.02
