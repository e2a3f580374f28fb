"""Fig. 3 of the aerial paper: observed and predicted income classes, and how they differ."""

from collections.abc import Mapping, Sequence
from string import ascii_lowercase

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from incomelens.common.errors import InputError, listed
from incomelens.paper.aerial.names import INCOME_CLASSES
from incomelens.paper.draw.classes import (
    DROPPED_FACE,
    INCOME_COLOURS,
    add_swatch,
    draw_income_classes,
)
from incomelens.paper.draw.grid import (
    NAMED,
    Square,
    draw_bar_below,
    gathered,
    large_enough,
    name_areas,
    places_of,
    show_grid,
    whole_city,
)
from incomelens.paper.draw.panels import heading, set_spines
from incomelens.paper.draw.style import QUIET, PaperFigure, paper_figure
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name

# Predicted minus observed class: purple where the network sees less income than there is, orange
# where it sees more (ColorBrewer's PuOr, safe for every eye), and a zero that is not white paper.
DIFFERENCE_COLOURS = {
    -4: "#2d004b",
    -3: "#542788",
    -2: "#8073ac",
    -1: "#cdbff2",
    0: "#dedac6",
    1: "#fdb863",
    2: "#e08214",
    3: "#b35806",
    4: "#7f3b08",
}
DIFFERENCES = tuple(DIFFERENCE_COLOURS)
ROOM_FOR = 3  # schemes of folds, in the legend
MOST_LETTERS = 44  # above a panel
PANEL_MM, TALLEST_MM, GAP_MM, MARGIN_MM, TOP_MM, BETWEEN_MM = 58.0, 70.0, 2.5, 2.0, 7.0, 12.0


def exhibit(
    cells: gpd.GeoDataFrame,
    predictions: Sequence[pd.DataFrame],
    *,
    name: str,
    schemes: Sequence[str],
) -> Exhibit:
    """Draw the classes of one city (deviation `difference_map`).

    Parameters
    ----------
    cells : GeoDataFrame
        `cells/{city}.parquet`.
    predictions : sequence of DataFrame
        `inference/{city}/{scheme}/predictions.parquet` of every scheme.
    """
    table = prediction_maps_table(cells, dict(zip(schemes, predictions, strict=True)))
    return Exhibit(table, prediction_maps(cells, table, city=name))


def prediction_maps_table(
    cells: gpd.GeoDataFrame, predictions: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """List what the maps show: every cell with its classes and their difference, by scheme.

    Classes are missing for dropped cells. A cell that is none of the city's, and schemes that
    disagree about an observed class, are refused.
    """
    if not predictions:
        raise InputError("maps of predictions: no scheme of folds; name at least one")
    table = places_of(cells)
    for scheme, predicted in predictions.items():
        unknown = predicted.loc[~predicted["cell_id"].isin(table["cell_id"]), "cell_id"]
        if len(unknown):
            raise InputError(
                f"predictions, {scheme} folds: {len(unknown)} cells are none of the city's "
                f"({listed(unknown, 3)}); predictions and cells may come from two runs"
            )
        by_cell = predicted.set_index("cell_id")
        observed = table["cell_id"].map(by_cell["observed"]).astype("Int64")
        if "observed" not in table:
            table["observed"] = observed
        elif not observed.equals(table["observed"]):
            raise InputError(
                f"predictions, {scheme} folds: other cells or observed classes than under "
                f"{next(iter(predictions))} folds; predict both anew from one set of cells"
            )
        table[f"predicted_{scheme}"] = table["cell_id"].map(by_cell["predicted"]).astype("Int64")
        table[f"difference_{scheme}"] = table[f"predicted_{scheme}"] - observed
    return table


def prediction_maps(cells: gpd.GeoDataFrame, table: pd.DataFrame, *, city: str) -> PaperFigure:
    """Draw observed, predicted and differing classes of a city, in the order of `cells`."""
    schemes = [c.removeprefix("predicted_") for c in table.columns if c.startswith("predicted_")]
    cells, corners = gathered(cells)
    cells, enlarged = large_enough(cells) if corners else (cells, False)
    square = whole_city(cells[table["observed"].notna().to_numpy()]).with_margin(
        NAMED if corners else 1
    )
    height = min(PANEL_MM * square.n_north / square.n_east, TALLEST_MM)
    columns = 1 + len(schemes)
    full_width = 2 * MARGIN_MM + columns * (PANEL_MM + GAP_MM) - GAP_MM
    lower = TOP_MM + height + BETWEEN_MM
    with paper_figure(full_width, lower + max(height, 37.0) + 3.0) as figure:
        lefts = [MARGIN_MM + place * (PANEL_MM + GAP_MM) for place in range(columns)]
        axes = figure.panel(lefts[0], TOP_MM, PANEL_MM, height)
        _draw_classes(axes, square, cells, table, "observed")
        name_areas(axes, corners)
        n = int(table["observed"].notna().sum())
        observed = f"observed, {n:,} of {len(table):,} cells"
        whole = f"{city}: {observed}"
        heading(axes, "a", whole if len(whole) <= MOST_LETTERS else observed.capitalize())
        draw_bar_below(axes, below_mm=3.0)
        marks_of = zip(ascii_lowercase[1::2], ascii_lowercase[2::2], strict=False)
        for left, scheme, marks in zip(lefts[1:], schemes, marks_of, strict=False):
            upper = figure.panel(left, TOP_MM, PANEL_MM, height)
            _draw_classes(upper, square, cells, table, f"predicted_{scheme}")
            heading(upper, marks[0], f"Predicted, {folds_name(scheme)}")
            below = figure.panel(left, lower, PANEL_MM, height)
            _draw_differences(below, square, cells, table[f"difference_{scheme}"])
            same = (table[f"difference_{scheme}"].dropna() == 0).mean()
            told = f", {100 * same:.0f} % the same" if len(schemes) > ROOM_FOR else ""
            heading(below, marks[1], f"Predicted − observed{told}")
        key = figure.panel(lefts[0], lower - 4.0, PANEL_MM, 37.0)
        _draw_key(key, table, schemes, enlarged=enlarged)
    return figure


def _draw_classes(
    axes: Axes, square: Square, cells: gpd.GeoDataFrame, table: pd.DataFrame, column: str
) -> None:
    draw_income_classes(axes, square, cells, table.set_index("cell_id")[column].astype(float))
    set_spines(axes)


def _draw_differences(
    axes: Axes, square: Square, cells: gpd.GeoDataFrame, difference: pd.Series
) -> None:
    most = max(DIFFERENCES)
    colours = ListedColormap([DROPPED_FACE, *DIFFERENCE_COLOURS.values()])
    known = difference.astype(float).fillna(-most - 1).to_numpy()
    inside = cells["cell_id"].isin(square.within(cells)["cell_id"]).to_numpy()
    show_grid(
        axes, square.grid(cells[inside], known[inside]), square,
        cmap=colours, vmin=-most - 1.5, vmax=most + 0.5, zorder=2,
    )  # fmt: skip
    set_spines(axes)


def _draw_key(axes: Axes, table: pd.DataFrame, schemes: list[str], *, enlarged: bool) -> None:
    """Write both legends: income classes, and differences with the share of cells of each.

    Of many schemes the shares have no room; those of the same class head the maps then.
    """
    axes.set(xlim=(0, 1), ylim=(11.2, 0))
    axes.set_axis_off()
    axes.text(0.0, 0.5, "Income class", va="center", fontweight="bold")
    ends = {1: "1 (poorest fifth)", 5: "5 (richest fifth)"}
    for line, number in enumerate(INCOME_CLASSES, start=2):
        add_swatch(axes, (0.0, line + 0.12), (0.05, 0.76), INCOME_COLOURS[number])
        axes.text(0.07, line + 0.5, ends.get(number, str(number)), va="center")
    add_swatch(axes, (0.0, 8.12), (0.05, 0.76), DROPPED_FACE)
    axes.text(0.07, 8.5, "dropped cell", va="center")
    add_swatch(axes, (0.0, 9.12), (0.05, 0.76), "white")
    axes.text(0.07, 9.5, "no census cell", va="center")
    if enlarged:
        axes.text(0.0, 10.7, "cells enlarged", va="center", color=QUIET)
    axes.text(0.42, 0.5, "Predicted − observed", va="center", fontweight="bold")
    shared = schemes if len(schemes) <= ROOM_FOR else []
    rights = np.linspace(1.0 - 0.2 * (len(shared) - 1), 1.0, len(shared))
    for right, scheme in zip(rights, shared, strict=True):
        axes.text(right, 1.5, f"{scheme}, %", va="center", ha="right", color=QUIET)
    words = {-4: " (seen as poorer)", 4: " (seen as richer)"}
    for line, step in enumerate(reversed(DIFFERENCES), start=2):
        add_swatch(axes, (0.42, line + 0.12), (0.05, 0.76), DIFFERENCE_COLOURS[step])
        sign = f"{step:+d}".replace("-", "−") if step else "0"
        axes.text(0.49, line + 0.5, sign + words.get(step, "") * (len(shared) < 2), va="center")
        for right, scheme in zip(rights, shared, strict=True):
            share = (table[f"difference_{scheme}"].dropna() == step).mean()
            axes.text(right, line + 0.5, f"{100 * share:.1f}", va="center", ha="right")
