"""Fig. 4 of the aerial paper: one tile, its two maps, and what each of its polygons holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, to_hex
from numpy.typing import NDArray

from incomelens.attribution.kept_maps import KeptMaps, read_kept_maps
from incomelens.attribution.polygons import polygon_ratios
from incomelens.common.errors import InputError, listed
from incomelens.paper.aerial.names import (
    METHODS,
    class_colours,
    class_labels,
    left_out_label,
    main_method,
)
from incomelens.paper.draw.classes import add_swatch
from incomelens.paper.draw.grid import TileReader
from incomelens.paper.draw.panels import RATIO_COLOURS, ratio_scale, set_spines
from incomelens.paper.draw.style import (
    INK,
    MISSING_FACE,
    PAGE_MM,
    QUIET,
    PaperFigure,
    letter,
    paper_figure,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.tiles.squares import fills
from incomelens.tiles.store import open_tiles

MOST_LETTERS = 44  # above a panel; the city is left out of what is longer
PANEL_MM, GAP_MM, TOP_MM, BETWEEN_MM, BELOW_MM, LEFT_MM = 56.5, 5.5, 7.0, 8.0, 28.0, 1.0
SCALE = (0.25, 4.0)
TICKS = (0.25, 0.5, 1.0, 2.0, 4.0)
BRIGHTEST = 99.0  # percentile: a few pixels would leave the rest of a map black
TARGET_WORDS = {"low": "poorest class", "high": "wealthiest class"}


def exhibit(
    maps: Path,
    cells: gpd.GeoDataFrame,
    land_use: gpd.GeoDataFrame,
    index: pd.DataFrame,
    shards: Sequence[Path],
    *,
    name: str,
    threads: int,
) -> Exhibit:
    """Show the first tile whose maps were kept, by the main method.

    Parameters
    ----------
    maps : Path
        `attribution/{city}/{scheme}-maps.safetensors`.
    cells, land_use : GeoDataFrame
        `cells/{city}.parquet` and `cells/{city}-land_use.parquet`.
    index : DataFrame
        `tiles/{city}/index.parquet`.
    shards : sequence of Path
        The tiles of the city.
    """
    kept = read_kept_maps(maps)
    cell_id = kept.cell_ids[0]
    tiles = open_tiles(index, shards, threads=threads)
    bounds = tiles.bounds(cell_id)
    cell = cells.loc[cells["cell_id"] == cell_id].geometry.to_numpy()
    if not fills(cell, shapely.box(*bounds)).all():
        land_use = land_use.clip(cell[0])  # land beside the cell is in no sum
    table = tile_table(kept, land_use, cell_id=cell_id, bounds=bounds)
    figure = tile_figure(kept, table, tiles, bounds=bounds, city=name)
    return Exhibit(table.drop(columns="geometry"), figure)


def tile_table(
    kept: KeptMaps,
    land_use: gpd.GeoDataFrame,
    *,
    cell_id: str,
    bounds: tuple[float, float, float, float],
) -> gpd.GeoDataFrame:
    """List the polygons of a tile with the ratio of each map; refuse a cell without maps.

    `bounds` are west, south, east and north of the tile.
    """
    if cell_id not in kept.cell_ids:
        raise InputError(
            f"kept maps: none of the cell {cell_id}; there are those of {listed(kept.cell_ids)}"
        )
    easting, northing, east, _ = bounds
    place = {"easting": easting, "northing": northing, "size_m": east - easting}
    parts = []
    for i, method in enumerate(kept.methods):
        for j, target in enumerate(kept.targets):
            saliency = kept.maps[kept.cell_ids.index(cell_id), i, j]
            part = polygon_ratios(saliency, land_use, **place)
            part.insert(0, "cell_id", cell_id)
            part.insert(1, "method", method)
            part.insert(2, "target", target)
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def tile_figure(
    kept: KeptMaps,
    table: gpd.GeoDataFrame,
    tiles: TileReader,
    *,
    bounds: tuple[float, float, float, float],
    city: str,
) -> PaperFigure:
    """Draw the tile, both maps of the main method, its polygons and their ratios."""
    cell_id, method = table["cell_id"].iloc[0], main_method([*kept.methods])
    rows_of_method = table[table["method"] == method]
    maps = kept.maps[kept.cell_ids.index(cell_id), kept.methods.index(method)]
    by_target = dict(zip(kept.targets, maps, strict=True))
    west, south, east, north = bounds
    square = (west, east, south, north)
    side = f"{east - west:.4g} m"
    with paper_figure(PAGE_MM, TOP_MM + 2 * PANEL_MM + BETWEEN_MM + BELOW_MM) as figure:
        places = [
            (column * (PANEL_MM + GAP_MM), row * (PANEL_MM + BETWEEN_MM))
            for row in range(2)
            for column in range(3)
        ]
        panels = [figure.panel(LEFT_MM + x, TOP_MM + y, PANEL_MM, PANEL_MM) for x, y in places]
        tile = f"one tile, {side} × {side}"
        whole = f"{city}: {tile}"
        first = whole if len(whole) <= MOST_LETTERS else tile
        titles = [first, *_titles(METHODS.get(method, method))]
        for axes, name, title in zip(panels, "abcdef", titles, strict=True):
            axes.set(xlim=square[:2], ylim=square[2:], xticks=[], yticks=[], aspect="equal")
            set_spines(axes, QUIET)
            letter(axes, name)
            axes.set_title(f"     {title}", loc="left", pad=3.5)
        panels[0].imshow(tiles.read_images([cell_id])[0], extent=square, interpolation="nearest")
        one_map = rows_of_method[rows_of_method["target"] == kept.targets[0]]
        for axes, target in zip(panels[1:3], TARGET_WORDS, strict=True):
            _draw_map(axes, by_target[target], square)
        by_class = class_colours()
        colours = [by_class.get(name, MISSING_FACE) for name in one_map["urban_class"]]
        _draw_polygons(panels[3], one_map, colours)
        for axes, target in zip(panels[4:], TARGET_WORDS, strict=True):
            _draw_ratios(axes, rows_of_method[rows_of_method["target"] == target])
        below = TOP_MM + 2 * PANEL_MM + BETWEEN_MM + 3.0
        _draw_classes(figure.panel(LEFT_MM, below, PANEL_MM * 1.7, 24.0), one_map)
        scale = figure.panel(2 * (PANEL_MM + GAP_MM), below + 2.0, PANEL_MM - 3.0, 3.0)
        ratio_scale(scale, SCALE, TICKS, "share of activation over share of area")
    return figure


def _titles(method: str) -> list[str]:
    maps = [f"{method}, {words}" for words in TARGET_WORDS.values()]
    ratios = [f"ratio of activation to area, {words}" for words in TARGET_WORDS.values()]
    return [*maps, "land use", *ratios]


def _draw_map(
    axes: Axes, saliency: NDArray[np.float32], square: tuple[float, float, float, float]
) -> None:
    brightest = float(np.percentile(saliency, BRIGHTEST)) or float(saliency.max()) or 1.0
    axes.imshow(
        saliency, extent=square, cmap="magma", vmin=0.0, vmax=brightest, interpolation="nearest"
    )
    if not saliency.any():
        _say(axes, "No activation:\nthe map is nowhere positive.", color="white")


def _say(axes: Axes, words: str, **style: Any) -> None:
    axes.text(0.5, 0.5, words, ha="center", va="center", transform=axes.transAxes, **style)


def _draw_polygons(
    axes: Axes, polygons: gpd.GeoDataFrame, colours: list[str], *, edge: str = INK
) -> None:
    polygons.plot(ax=axes, color=colours, edgecolor=edge, linewidth=0.4, aspect=None, autolim=False)
    axes.set(xlabel="", ylabel="")  # geopandas writes the names of the CRS


def _draw_ratios(axes: Axes, polygons: gpd.GeoDataFrame) -> None:
    norm, colours = LogNorm(*SCALE, clip=True), mpl.colormaps[RATIO_COLOURS]
    faces = [
        MISSING_FACE if np.isnan(ratio) else to_hex(colours(norm(max(ratio, SCALE[0]))))
        for ratio in polygons["ratio"]
    ]
    _draw_polygons(axes, polygons, faces, edge=QUIET)
    if polygons["ratio"].isna().all():
        _say(
            axes, "No activation, no ratio.", bbox={"facecolor": "white", "linewidth": 0, "pad": 1}
        )
    largest = polygons[polygons["area_share"] >= 0.04]
    for point, ratio in zip(largest.representative_point(), largest["ratio"], strict=True):
        if np.isfinite(ratio):
            axes.text(
                point.x, point.y, f"{ratio:.1f}", ha="center", va="center", fontsize=6.5,
                bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.8},
            )  # fmt: skip


def _draw_classes(axes: Axes, polygons: gpd.GeoDataFrame) -> None:
    """Fill axes with the legend of the classes of the tile."""
    labels, present = class_labels(), set(polygons["urban_class"])
    lines = [(colour, labels[name]) for name, colour in class_colours().items() if name in present]
    if polygons["urban_class"].isna().any():
        lines.append((MISSING_FACE, left_out_label()))
    axes.set(xlim=(0, 3), ylim=(6, 0))
    axes.set_axis_off()
    for place, (colour, label) in enumerate(lines):
        column, row = divmod(place, 6)
        add_swatch(axes, (column + 0.01, row + 0.15), (0.12, 0.66), colour)
        axes.text(column + 0.16, row + 0.5, label, va="center", fontsize=6.5)
