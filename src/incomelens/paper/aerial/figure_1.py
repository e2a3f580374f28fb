"""Fig. 1 of the aerial paper: aerial image, income and land use of the same square of a city."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.image import AxesImage

from incomelens.common.errors import InputError, listed
from incomelens.common.labels import INSEE, Label
from incomelens.folds.kept import kept_cells
from incomelens.paper.aerial.names import class_colours
from incomelens.paper.draw.classes import HATCH, class_key_mm, draw_class_key
from incomelens.paper.draw.grid import (
    Square,
    TileReader,
    draw_bar_below,
    frame_square,
    fullest_square,
    mosaic,
    show_grid,
)
from incomelens.paper.draw.panels import heading, set_spines
from incomelens.paper.draw.style import (
    MISSING_FACE,
    MISSING_HATCH,
    PAGE_MM,
    QUIET,
    PaperFigure,
    paper_figure,
    sequential_colours,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.tiles.store import open_tiles

# Of a panel of the mosaic: enough for 600 dots an inch over 57 mm.
MOSAIC_PX = 1350
# Colours span these percentiles of the incomes in the square; the rest takes the end colours.
COLOUR_PERCENTILES = (2, 98)


def exhibit(
    cells: gpd.GeoDataFrame,
    land_use: gpd.GeoDataFrame,
    index: pd.DataFrame,
    shards: Sequence[Path],
    *,
    name: str,
    threads: int,
    label: Mapping[str, object] | None = None,
) -> Exhibit:
    """Draw the three data sets of the square with most kept cells (deviation `figure_1_square`).

    Parameters
    ----------
    cells, land_use : GeoDataFrame
        `cells/{city}.parquet` and `cells/{city}-land_use.parquet`.
    index : DataFrame
        `tiles/{city}/index.parquet`.
    shards : sequence of Path
        The tiles of the city.
    label : mapping, optional
        What the incomes are (:class:`incomelens.common.labels.Label`).
    """
    tiles = open_tiles(index, shards, threads=threads)
    return square_exhibit(cells, land_use, index, tiles, name=name, label=Label.of(label))


def square_exhibit(
    cells: gpd.GeoDataFrame,
    land_use: gpd.GeoDataFrame,
    index: pd.DataFrame,
    tiles: TileReader,
    *,
    name: str,
    label: Label = INSEE,
) -> Exhibit:
    """List and draw the square, given its tiles (see `exhibit`)."""
    kept = kept_cells(cells, index)
    square = fullest_square(kept)
    inside = square.within(kept)
    figure = _square_figure(square, inside, land_use, tiles, city=name, label=label)
    return Exhibit(_edges_and_cells(square, inside, label), figure)


def _edges_and_cells(square: Square, cells: gpd.GeoDataFrame, label: Label) -> pd.DataFrame:
    edges = dict(zip(("west", "south", "east", "north"), square.bounds, strict=True))
    return pd.DataFrame(
        {
            **{f"square_{edge}_m": value for edge, value in edges.items()},
            "cell_id": cells["cell_id"].to_numpy(),
            "easting_m": cells.geometry.bounds["minx"].to_numpy(),
            "northing_m": cells.geometry.bounds["miny"].to_numpy(),
            label.column: cells["income"].to_numpy(),
        }
    )


def _square_figure(
    square: Square,
    cells: gpd.GeoDataFrame,
    land_use: gpd.GeoDataFrame,
    tiles: TileReader,
    *,
    city: str,
    label: Label,
) -> PaperFigure:
    margin, gap, top = 1.5, 4.5, 12.5
    width = (PAGE_MM - 2 * margin - 2 * gap) / 3
    height = min(width * square.n_north / square.n_east, 90.0)
    key = class_key_mm()
    with paper_figure(PAGE_MM, top + height + (15.0 + key)) as figure:
        places = [margin + place * (width + gap) for place in range(3)]
        panels = [figure.panel(left, top, width, height) for left in places]
        _draw_mosaic(panels[0], square, cells, tiles)
        colours = _draw_incomes(panels[1], square, cells, label)
        _draw_land_use(panels[2], square, land_use)
        titles = ("Aerial image", "Income", "Land use")
        for panel, mark, title in zip(panels, "abc", titles, strict=True):
            heading(panel, mark, title)
            set_spines(panel)
        draw_bar_below(panels[0], below_mm=3.6)
        sides = " × ".join(
            f"{n * square.cell_m / 1000:.3g} km" for n in (square.n_east, square.n_north)
        )
        header = figure.panel(margin, 0.0, PAGE_MM - 2 * margin, 5.0)
        header.set_axis_off()
        header.text(0, 0.15, f"{city}: {sides} with {len(cells):,} kept cells", fontsize=8)
        header.text(1, 0.15, "a, b: grey where no cell is kept", color=QUIET, ha="right")
        bar = figure.colorbar(
            colours, cax=figure.panel(places[1], top + height + 2.5, width, 2.2),
            orientation="horizontal", extend="both", extendfrac=0.04,
        )  # fmt: skip
        bar.outline.set_visible(False)
        bar.set_label(label.axis_words, labelpad=2)
        draw_class_key(figure.panel(margin, top + height + 14.0, PAGE_MM - 2 * margin, key))
    return figure


def _draw_mosaic(axes: Axes, square: Square, cells: gpd.GeoDataFrame, tiles: TileReader) -> None:
    axes.set_facecolor(MISSING_FACE)
    px = max(1, MOSAIC_PX // max(square.n_east, square.n_north))
    show_grid(axes, mosaic(square, cells, tiles, px=px), square)


def _draw_incomes(axes: Axes, square: Square, cells: gpd.GeoDataFrame, label: Label) -> AxesImage:
    incomes = cells["income"].to_numpy(dtype=float) / label.scale
    axes.set_facecolor(MISSING_FACE)
    limits = Normalize(*np.percentile(incomes, COLOUR_PERCENTILES))
    return show_grid(
        axes, square.grid(cells, incomes), square, norm=limits, cmap=sequential_colours()
    )


def _draw_land_use(axes: Axes, square: Square, land_use: gpd.GeoDataFrame) -> None:
    part = land_use.clip(square.bounds)
    part = part[part.geom_type.isin(["Polygon", "MultiPolygon"])]
    named, colours = part["urban_class"].notna(), class_colours()
    unknown = sorted(set(part.loc[named, "urban_class"]) - set(colours))
    if unknown:
        raise InputError(
            f"land use: unknown urban classes {listed(unknown)}; the colours are of "
            f"{listed(colours, len(colours))}"
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
            ax=axes, color=part.loc[named, "urban_class"].map(colours),
            edgecolor="face", linewidth=0.15, aspect=None,
        )  # fmt: skip
    frame_square(axes, square)
