"""Figures of the aerial study's data: Fig. 1 and the map of income classes of every city."""

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure

from incomelens.cells.urban_classes import VALUES
from incomelens.common.errors import InputError, listed
from incomelens.folds.kept import kept_cells
from incomelens.paper.aerial_names import INCOME_CLASSES
from incomelens.paper.draw.classes import (
    CITY_FACE,
    CLASS_COLOURS,
    DROPPED_FACE,
    HATCH,
    INCOME_COLOURS,
    WATER_FACE,
    add_swatch,
    draw_class_key,
)
from incomelens.paper.draw.grid import (
    Square,
    TileReader,
    draw_bar_below,
    frame_square,
    fullest_square,
    mosaic,
    show_grid,
    whole_city,
)
from incomelens.paper.draw.style import (
    COLUMN_MM,
    MISSING_FACE,
    MISSING_HATCH,
    PAGE_MM,
    QUIET,
    RULE,
    axes_mm,
    figure_style,
    letter,
    new_figure,
    sequential_colours,
)

# Of a panel of the mosaic: enough for 600 dots an inch over 57 mm.
MOSAIC_PX = 1350
# Colours span these percentiles of the incomes in the square; the rest takes the end colours.
COLOUR_PERCENTILES = (2, 98)
# Around the kept cells on the map of a city, in shares of its longer side.
MAP_MARGIN = 0.02
BOUNDARY_POINTS = 1.0


def figure_1(
    cells: gpd.GeoDataFrame,
    land_use: gpd.GeoDataFrame,
    index: pd.DataFrame,
    tiles: TileReader,
    *,
    city: str,
) -> Figure:
    """Overlaid data sets (Fig. 1): aerial image, income and land use of the same square.

    Parameters
    ----------
    cells, land_use : GeoDataFrame
        `cells/{city}.parquet` and `cells/{city}-land_use.parquet`.
    index : DataFrame
        `tiles/{city}/index.parquet`.
    tiles : TileReader
        The tiles of the city.
    city : str
        Its name in print.
    """
    kept = kept_cells(cells, index)
    square = fullest_square(kept)
    shown = square.within(kept)
    margin, gap, top = 1.5, 4.5, 12.5
    width = (PAGE_MM - 2 * margin - 2 * gap) / 3
    height = min(width * square.n_north / square.n_east, 90.0)
    with figure_style():
        figure = new_figure(PAGE_MM, top + height + 42.0)
        places = [margin + place * (width + gap) for place in range(3)]
        panels = [axes_mm(figure, left, top, width, height) for left in places]
        _draw_mosaic(panels[0], square, shown, tiles)
        colours = _draw_incomes(panels[1], square, shown)
        _draw_land_use(panels[2], square, land_use)
        titles = ("Aerial image", "Income", "Land use")
        for panel, mark, title in zip(panels, "abc", titles, strict=True):
            letter(panel, mark)
            panel.set_title(title, loc="left", x=0.06, pad=4.2)
            for spine in panel.spines.values():
                spine.set(visible=True, color=RULE)
        draw_bar_below(panels[0], square, below_mm=3.6)
        sides = " × ".join(
            f"{n * square.cell_m / 1000:g} km" for n in (square.n_east, square.n_north)
        )
        header = axes_mm(figure, margin, 0.0, PAGE_MM - 2 * margin, 5.0)
        header.set_axis_off()
        header.text(0, 0.15, f"{city}: {sides} with {len(shown):,} kept cells", fontsize=8)
        header.text(1, 0.15, "a, b: grey where no cell is kept", color=QUIET, ha="right")
        bar = figure.colorbar(
            colours, cax=axes_mm(figure, places[1], top + height + 2.5, width, 2.2),
            orientation="horizontal", extend="both", extendfrac=0.04,
        )  # fmt: skip
        bar.outline.set_visible(False)
        bar.set_label("1,000 EUR a year per consumption unit", labelpad=2)
        draw_class_key(axes_mm(figure, margin, top + height + 14.0, PAGE_MM - 2 * margin, 27.0))
    return figure


def _draw_mosaic(axes: Axes, square: Square, cells: gpd.GeoDataFrame, tiles: TileReader) -> None:
    axes.set_facecolor(MISSING_FACE)
    px = max(1, MOSAIC_PX // max(square.n_east, square.n_north))
    show_grid(axes, mosaic(square, cells, tiles, px=px), square)


def _draw_incomes(axes: Axes, square: Square, cells: gpd.GeoDataFrame) -> object:
    incomes = cells["income"].to_numpy(dtype=float) / 1000
    axes.set_facecolor(MISSING_FACE)
    limits = Normalize(*np.percentile(incomes, COLOUR_PERCENTILES))
    return show_grid(
        axes, square.grid(cells, incomes), square, norm=limits, cmap=sequential_colours()
    )


def _draw_land_use(axes: Axes, square: Square, land_use: gpd.GeoDataFrame) -> None:
    part = land_use.clip(square.bounds)
    part = part[part.geom_type.isin(["Polygon", "MultiPolygon"])]
    named = part["urban_class"].notna()
    unknown = sorted(set(part.loc[named, "urban_class"]) - set(CLASS_COLOURS))
    if unknown:
        raise InputError(
            f"land use: unknown urban classes {listed(unknown)}; the colours are of "
            f"{listed(CLASS_COLOURS, len(CLASS_COLOURS))}"
        )
    axes.set_facecolor("white")
    if not named.all():
        part[~named].plot(
            ax=axes, facecolor=MISSING_FACE, edgecolor=MISSING_HATCH, hatch=HATCH, linewidth=0,
            aspect=None,
        )  # fmt: skip
    if named.any():
        # "face" closes the hairlines that viewers draw between neighbouring polygons.
        part[named].plot(
            ax=axes, color=part.loc[named, "urban_class"].map(CLASS_COLOURS),
            edgecolor="face", linewidth=0.15, aspect=None,
        )  # fmt: skip
    frame_square(axes, square)


def figure_1_table(cells: gpd.GeoDataFrame, index: pd.DataFrame) -> pd.DataFrame:
    """List what Fig. 1 shows: the square's edges, and the kept cells in it with their income."""
    kept = kept_cells(cells, index)
    square = fullest_square(kept)
    shown = square.within(kept)
    edges = dict(zip(("west", "south", "east", "north"), square.bounds, strict=True))
    return pd.DataFrame(
        {
            **{f"square_{edge}_m": value for edge, value in edges.items()},
            "cell_id": shown["cell_id"].to_numpy(),
            "easting_m": shown.geometry.bounds["minx"].to_numpy(),
            "northing_m": shown.geometry.bounds["miny"].to_numpy(),
            "income_eur_a_year": shown["income"].to_numpy(),
        }
    )


def income_class_map(
    cells: gpd.GeoDataFrame,
    land_use: gpd.GeoDataFrame,
    folds: pd.DataFrame,
    classes: pd.DataFrame,
    *,
    city: str,
) -> Figure:
    """Map of the observed income classes of a city (Fig. 3a and Supplementary Figs. 2-5).

    Parameters
    ----------
    cells, land_use : GeoDataFrame
        `cells/{city}.parquet` and `cells/{city}-land_use.parquet`.
    folds : DataFrame
        `folds/{city}-random.parquet`: the income class of every kept cell.
    classes : DataFrame
        `folds/{city}-classes.csv`: the limits of the classes.
    city : str
        Its name in print.
    """
    # Around the kept cells: a city may reach far beyond its imagery.
    square = whole_city(cells[cells["cell_id"].isin(folds["cell_id"])])
    square = square.widened(max(1, round(MAP_MARGIN * max(square.n_east, square.n_north))))
    margin, top = 2.0, 7.0
    width = COLUMN_MM - 2 * margin
    height = min(width * square.n_north / square.n_east, 120.0)
    with figure_style():
        figure = new_figure(COLUMN_MM, top + height + 32.0)
        axes = axes_mm(figure, margin, top, width, height)
        _draw_city(axes, land_use)
        draw_income_classes(axes, square, cells, folds.set_index("cell_id")["income_class"])
        axes.set_axis_off()
        axes.set_title(
            f"{city}: observed income class of {len(folds):,} of {len(cells):,} cells",
            loc="left", pad=4,
        )  # fmt: skip
        draw_bar_below(axes, square, below_mm=3.0)
        key = axes_mm(figure, margin, top + height + 6.5, width, 24.5)
        _draw_income_key(key, classes)
    return figure


def draw_income_classes(
    axes: Axes, square: Square, cells: gpd.GeoDataFrame, income_class: pd.Series
) -> None:
    """Draw income classes on the grid of cells; cells without one are grey.

    Parameters
    ----------
    axes : Axes
    square : Square
    cells : GeoDataFrame
    income_class : Series
        1..5 by cell id, observed or predicted.
    """
    cells = square.within(cells)
    number = cells["cell_id"].map(income_class).fillna(0).to_numpy(dtype=float)
    colours = ListedColormap([DROPPED_FACE, *(INCOME_COLOURS[k] for k in INCOME_CLASSES)])
    show_grid(
        axes, square.grid(cells, number), square,
        cmap=colours, vmin=-0.5, vmax=max(INCOME_CLASSES) + 0.5, zorder=2,
    )  # fmt: skip


def _draw_city(axes: Axes, land_use: gpd.GeoDataFrame) -> None:
    """Draw the city's land and water faintly, and its boundary."""
    # All outlines first and all land upon them: what stays to be seen is the city's boundary,
    # without a union of its polygons. Pixels inside the PDF: they are up to a hundred thousand.
    layers = [
        (land_use, QUIET, BOUNDARY_POINTS),
        (land_use, CITY_FACE, 0.2),
        (land_use[land_use["value"] == VALUES["water"]], WATER_FACE, 0.2),
    ]
    for place, (polygons, colour, width) in enumerate(layers):
        if not polygons.empty:
            polygons.plot(
                ax=axes, color=colour, edgecolor="face", linewidth=width, aspect=None,
                zorder=0.1 * place, rasterized=True,
            )  # fmt: skip


def _draw_income_key(axes: Axes, classes: pd.DataFrame) -> None:
    """Write the legend of the income classes: class, limits in EUR, cells."""
    axes.set(xlim=(0, 1), ylim=(7.2, 0))
    axes.set_axis_off()
    axes.text(0.0, 0.5, "Income class", va="center", fontweight="bold")
    axes.text(0.82, 0.5, "EUR a year per consumption unit", va="center", ha="right")
    axes.text(0.98, 0.5, "cells", va="center", ha="right")
    ends = {1: "1 (poorest fifth)", 5: "5 (richest fifth)"}
    for line, row in enumerate(classes.sort_values("income_class").itertuples(), start=1):
        number = int(row.income_class)
        add_swatch(axes, (0.0, line + 0.15), (0.045, 0.7), INCOME_COLOURS[number])
        axes.text(0.06, line + 0.5, ends.get(number, str(number)), va="center")
        limits = f"{row.income_from_eur:,.0f} to {row.income_to_eur:,.0f}"
        axes.text(0.82, line + 0.5, limits, va="center", ha="right")
        axes.text(0.98, line + 0.5, f"{row.n:,}", va="center", ha="right")
    add_swatch(axes, (0.0, 6.15), (0.045, 0.7), DROPPED_FACE)
    axes.text(0.06, 6.5, "dropped", va="center")
    add_swatch(axes, (0.27, 6.15), (0.045, 0.7), CITY_FACE)
    axes.text(0.33, 6.5, "city, no census cell", va="center", color=QUIET)
    add_swatch(axes, (0.71, 6.15), (0.045, 0.7), WATER_FACE)
    axes.text(0.77, 6.5, "water", va="center", color=QUIET)


def income_class_map_table(cells: gpd.GeoDataFrame, folds: pd.DataFrame) -> pd.DataFrame:
    """List what a map of income classes shows: cell, place, income and class (0: dropped)."""
    bounds = cells.geometry.bounds
    number = cells["cell_id"].map(folds.set_index("cell_id")["income_class"])
    return pd.DataFrame(
        {
            "cell_id": cells["cell_id"],
            "easting_m": bounds["minx"],
            "northing_m": bounds["miny"],
            "income_eur_a_year": cells["income"],
            "income_class": number.fillna(0).astype(int),
        }
    )
