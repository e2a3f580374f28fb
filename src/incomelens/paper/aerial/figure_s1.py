"""Supplementary Fig. 1 of the aerial paper: the network, drawn from a list of its blocks."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from incomelens.inference.architecture import describe_network
from incomelens.inference.network import build_network
from incomelens.paper.aerial.names import MAIN, model_labels
from incomelens.paper.draw.style import INK, QUIET, PaperFigure, paper_figure
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Row, rows

# Light faces that carry dark text; the part is written beside them as well.
PART_FACES = {"input": "#f4f4f4", "backbone": "#d3e5f2", "pooling": "#fbe3c0", "head": "#d5ecd9"}
WIDTH_MM, ROW_MM, BOX_MM, TOP_MM = 160.0, 8.2, 5.4, 12.0
# Where the columns of text stand, and the middle and greatest width of the boxes.
PART_AT, MIDDLE_AT, WIDEST_MM, SHAPE_AT, PARAMETERS_AT = 2.0, 64.0, 76.0, 132.0, 157.0
NARROWEST_MM = 36.0
WORDS = {
    "tile": "Aerial tile",
    "max_pool2d": "Max pooling",
    "mean": "Global average pooling",
    "dense": "Dense layer",
}


def exhibit(*, networks: Mapping[str, Mapping[str, Any]], tile_px: int) -> Exhibit:
    """Draw the main network, its shapes measured on one tile."""
    settings: dict[str, Any] = {**networks[MAIN], "weights": "none"}
    network = build_network(**settings)
    table = describe_network(network, tile_px)
    return Exhibit(table, architecture_figure(table, title=model_labels(networks)[MAIN]))


def architecture_figure(table: pd.DataFrame, *, title: str) -> PaperFigure:
    """Draw the blocks of a network from tile to class probabilities.

    A box is the wider, the larger the map that its block gives (on a logarithmic scale).
    """
    with paper_figure(WIDTH_MM, TOP_MM + ROW_MM * len(table) + 8.0) as figure:
        axes = figure.panel(0.0, TOP_MM, WIDTH_MM, ROW_MM * len(table) + 8.0)
        axes.set(xlim=(0, WIDTH_MM), ylim=(ROW_MM * len(table) + 8.0, 0))
        axes.set_axis_off()
        for heading, at, side in (
            (title, MIDDLE_AT, "center"),
            ("Output: channels\n× rows × columns", SHAPE_AT, "right"),
            ("Parameters", PARAMETERS_AT, "right"),
        ):
            axes.text(
                at, -3.0, heading, ha=side, va="bottom", clip_on=False,
                fontweight="bold", fontsize=7.5 if at == MIDDLE_AT else 7.0,
            )  # fmt: skip
        widths = _widths(table)
        for place, (row, width) in enumerate(zip(rows(table), widths, strict=True)):
            _draw_block(axes, row, width, place * ROW_MM, is_last=place == len(table) - 1)
        _draw_parts(axes, table)
        total, n_parameters = ROW_MM * len(table) + 2.0, f"{table['n_parameters'].sum():,}"
        axes.plot([SHAPE_AT - 10, PARAMETERS_AT], [total - 1.6] * 2, color=INK, linewidth=0.5)
        for at, words in ((SHAPE_AT, "all"), (PARAMETERS_AT, n_parameters)):
            axes.text(at, total + 1.0, words, ha="right", va="center")
    return figure


def _widths(table: pd.DataFrame) -> list[float]:
    sides = np.log2(table["rows"].fillna(1).astype(float).to_numpy())
    shares = sides / max(sides.max(), 1.0)
    return list(NARROWEST_MM + (WIDEST_MM - NARROWEST_MM) * shares)


def _draw_block(axes: Axes, row: Row, width: float, top: float, *, is_last: bool) -> None:
    style: dict[str, Any] = {"facecolor": PART_FACES[row.part], "edgecolor": INK, "linewidth": 0.5}
    corner, gid = (MIDDLE_AT - width / 2, top), f"block {row.block}"
    axes.add_patch(Rectangle(corner, width, BOX_MM, **style, gid=gid))
    middle = top + BOX_MM / 2
    kernel = "" if pd.isna(row.kernel_px) else f", {row.kernel_px} × {row.kernel_px}"
    if row.part == "head" and row.block == "head":
        name, kind = "Class probabilities", row.kind
    else:
        name, kind = WORDS.get(row.block, row.block), "" if row.part == "input" else row.kind
    detail = f"{kind}{kernel}".removeprefix(", ")
    above = 1.2 if detail else 0.0
    axes.text(MIDDLE_AT, middle - above, name, ha="center", va="center", fontsize=6.5)
    axes.text(MIDDLE_AT, middle + 1.3, detail, ha="center", va="center", fontsize=5.2, color=INK)
    sides = [row.channels] if pd.isna(row.rows) else [row.channels, row.rows, row.columns]
    shape = " × ".join(f"{side:,}" for side in sides)
    axes.text(SHAPE_AT, middle, shape, ha="right", va="center")
    parameters = f"{row.n_parameters:,}" if row.n_parameters else "–"
    axes.text(PARAMETERS_AT, middle, parameters, ha="right", va="center")
    if not is_last:
        axes.annotate(
            "", (MIDDLE_AT, top + ROW_MM), (MIDDLE_AT, top + BOX_MM),
            arrowprops={"arrowstyle": "-|>", "lw": 0.6, "color": INK, "shrinkA": 0, "shrinkB": 0}
            | {"mutation_scale": 5},
        )  # fmt: skip


def _draw_parts(axes: Axes, table: pd.DataFrame) -> None:
    """Write the parts of the network along its left side, each with a line over its blocks."""
    for part in table["part"].drop_duplicates():
        places = np.flatnonzero(table["part"] == part)
        top, bottom = places[0] * ROW_MM, places[-1] * ROW_MM + BOX_MM
        axes.plot([PART_AT + 16.5] * 2, [top, bottom], color=QUIET, linewidth=0.8)
        axes.text(PART_AT + 15.0, (top + bottom) / 2, part.capitalize(), ha="right", va="center")
