"""Map of the observed income classes of one city: Fig. 3a and Supplementary Figs. 2-5."""

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd
from matplotlib.axes import Axes

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.labels import Label
from incomelens.paper.draw.classes import (
    CITY_FACE,
    DROPPED_FACE,
    INCOME_COLOURS,
    WATER_FACE,
    add_swatch,
    draw_income_classes,
)
from incomelens.paper.draw.grid import (
    NAMED,
    draw_bar_below,
    gathered,
    large_enough,
    name_areas,
    places_of,
    whole_city,
)
from incomelens.paper.draw.style import COLUMN_MM, QUIET, PaperFigure, paper_figure
from incomelens.paper.exhibit import Exhibit

BOUNDARY_POINTS = 1.0
WATER = "water"  # the class of that name, in whatever list


def exhibit(
    cells: gpd.GeoDataFrame,
    land_use: gpd.GeoDataFrame,
    folds: pd.DataFrame,
    classes: pd.DataFrame,
    *,
    name: str,
    label: Mapping[str, object] | None = None,
) -> Exhibit:
    """Draw the income class of every kept cell.

    Parameters
    ----------
    cells, land_use : GeoDataFrame
        `cells/{city}.parquet` and `cells/{city}-land_use.parquet`.
    folds : DataFrame
        `folds/{city}-random.parquet`: the income class of every kept cell.
    classes : DataFrame
        `folds/{city}-classes.csv`: the limits of the classes.
    label : mapping, optional
        What the incomes are (:class:`incomelens.common.labels.Label`).
    """
    told = Label.of(label)
    figure = _drawn(cells, land_use, folds, classes, name, told)
    return Exhibit(_shown(cells, folds, told), figure)


def _shown(cells: gpd.GeoDataFrame, folds: pd.DataFrame, label: Label) -> pd.DataFrame:
    """One row a cell: place, income and class (0: dropped)."""
    number = cells["cell_id"].map(folds.set_index("cell_id")["income_class"])
    return places_of(cells).assign(
        **{label.column: cells["income"].to_numpy()},
        income_class=number.fillna(0).astype(int).to_numpy(),
    )


def _drawn(
    cells: gpd.GeoDataFrame,
    land_use: gpd.GeoDataFrame,
    folds: pd.DataFrame,
    classes: pd.DataFrame,
    city: str,
    label: Label,
) -> PaperFigure:
    cells, corners = gathered(cells)
    cells, enlarged = large_enough(cells) if corners else (cells, False)
    # Around the kept cells: a city may reach far beyond its imagery.
    square = whole_city(cells[cells["cell_id"].isin(folds["cell_id"])]).with_margin(
        NAMED if corners else 1
    )
    margin, top = 2.0, 7.0
    width = COLUMN_MM - 2 * margin
    height = min(width * square.n_north / square.n_east, 120.0)
    with paper_figure(COLUMN_MM, top + height + 32.0) as figure:
        axes = figure.panel(margin, top, width, height)
        if not corners:
            _draw_city(axes, land_use)
        name_areas(axes, corners)
        draw_income_classes(axes, square, cells, folds.set_index("cell_id")["income_class"])
        axes.set_axis_off()
        axes.set_title(
            f"{city}: observed income class of {len(folds):,} of {len(cells):,} cells",
            loc="left", pad=4,
        )  # fmt: skip
        draw_bar_below(axes, below_mm=3.0)
        key = figure.panel(margin, top + height + 6.5, width, 24.5)
        _draw_income_key(key, classes, label, with_land=not corners, enlarged=enlarged)
    return figure


def _draw_city(axes: Axes, land_use: gpd.GeoDataFrame) -> None:
    """Draw the city's land and water faintly, and its boundary."""
    # All outlines first and all land upon them: what stays to be seen is the city's boundary,
    # without a union of its polygons. Pixels inside the PDF: they are up to a hundred thousand.
    layers = [
        (land_use, QUIET, BOUNDARY_POINTS),
        (land_use, CITY_FACE, 0.2),
        (land_use[land_use["urban_class"] == WATER], WATER_FACE, 0.2),
    ]
    for place, (polygons, colour, width) in enumerate(layers):
        if not polygons.empty:
            polygons.plot(
                ax=axes, color=colour, edgecolor="face", linewidth=width, aspect=None,
                zorder=0.1 * place, rasterized=True,
            )  # fmt: skip


def _draw_income_key(
    axes: Axes, classes: pd.DataFrame, label: Label, *, with_land: bool, enlarged: bool
) -> None:
    """Write the legend of the income classes: class, limits in the unit of the label, cells."""
    axes.set(xlim=(0, 1), ylim=(7.2, 0))
    axes.set_axis_off()
    axes.text(0.0, 0.5, "Income class", va="center", fontweight="bold")
    axes.text(0.82, 0.5, label.words, va="center", ha="right")
    axes.text(0.98, 0.5, "cells", va="center", ha="right")
    ends = {1: "1 (poorest fifth)", 5: "5 (richest fifth)"}
    for line, row in enumerate(classes.sort_values("income_class").itertuples(), start=1):
        number = int(row.income_class)
        add_swatch(axes, (0.0, line + 0.15), (0.045, 0.7), INCOME_COLOURS[number])
        axes.text(0.06, line + 0.5, ends.get(number, str(number)), va="center")
        limits = f"{row.income_from_eur:{label.form}} to {row.income_to_eur:{label.form}}"
        axes.text(0.82, line + 0.5, limits, va="center", ha="right")
        axes.text(0.98, line + 0.5, f"{row.n:,}", va="center", ha="right")
    add_swatch(axes, (0.0, 6.15), (0.045, 0.7), DROPPED_FACE)
    axes.text(0.06, 6.5, "dropped", va="center")
    if enlarged:
        axes.text(0.98, 6.5, "cells are drawn enlarged", va="center", ha="right", color=QUIET)
    if not with_land:
        return
    add_swatch(axes, (0.27, 6.15), (0.045, 0.7), CITY_FACE)
    axes.text(0.33, 6.5, "city, no census cell", va="center", color=QUIET)
    if WATER not in land_use_list().names:
        return
    add_swatch(axes, (0.71, 6.15), (0.045, 0.7), WATER_FACE)
    axes.text(0.77, 6.5, "water", va="center", color=QUIET)
