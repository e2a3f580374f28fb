"""What the aerial study's classes look like in every figure: urban classes and income classes."""

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from incomelens.paper.aerial.names import INCOME_CLASSES, class_labels, classes_by_group
from incomelens.paper.draw.grid import Square, show_grid
from incomelens.paper.draw.style import MISSING_FACE, MISSING_HATCH, RULE

# A hue a group, a shade a class: residential red to orange, functional blue to magenta,
# infrastructure grey, nature green and blue, no use yellow. The shades were searched for within
# their hues, so that any two classes stay apart also without red, green or blue cones, and those
# within a group more so for the usual eye (held by tests).
CLASS_COLOURS: Mapping[str, str] = {
    "continuous": "#631c10",
    "dense": "#a22600",
    "medium": "#f32847",
    "low": "#e37b24",
    "very_low": "#fcb679",
    "isolated": "#fe89ba",
    "commercial_industrial": "#9f00d1",
    "motorways": "#160f0f",
    "roads": "#e7ece8",
    "railways": "#6c8c86",
    "ports": "#4a364a",
    "construction_dump": "#bb96eb",
    "no_use": "#c8cf02",
    "green_urban": "#db3fb3",
    "leisure": "#22218a",
    "agriculture_wetland": "#f8ccfe",
    "natural": "#249252",
    "open_space": "#a7f9b9",
    "water": "#396287",
}

# From poor to rich, growing darker (viridis): observed and predicted classes on every map. Under
# every kind of sight they stand out from the greys around them, too (held by a test).
INCOME_COLOURS = dict(
    zip(INCOME_CLASSES, ("#e5e419", "#4ec36b", "#228b8d", "#3c4f8a", "#440154"), strict=True)
)
DROPPED_FACE = "#b3b3b3"
CITY_FACE = "#f4f4f4"
WATER_FACE = "#dfe9f2"
HATCH = "//////"


def add_swatch(
    axes: Axes, corner: tuple[float, float], size: tuple[float, float], colour: object | None
) -> None:
    """Draw one field of a legend; hatched where `colour` is None (nothing is known there)."""
    axes.add_patch(
        Rectangle(corner, *size, facecolor=colour, edgecolor=RULE, linewidth=0.3)
        if colour is not None
        else Rectangle(
            corner, *size, facecolor=MISSING_FACE, edgecolor=MISSING_HATCH, hatch=HATCH, linewidth=0
        )
    )


def draw_class_key(axes: Axes, *, left_out: str = "Left out (airports, no data)") -> None:
    """Fill axes, about 180 mm x 26 mm, with the legend of the 19 urban classes, a column a group.

    Land without one of them is a hatched field labelled `left_out`.
    """
    groups, labels = classes_by_group(), class_labels()
    blocks = {group: [group, *names] for group, names in groups.items()}
    columns = [
        blocks["residential"],
        blocks["functional"],
        [*blocks["infrastructure"], *blocks["no use"]],
        [*blocks["nature"], left_out],
    ]
    axes.set(xlim=(0, len(columns)), ylim=(max(map(len, columns)), 0))
    axes.set_axis_off()
    for column, lines in enumerate(columns):
        for row, line in enumerate(lines):
            if line in groups:
                axes.text(column, row + 0.5, line.capitalize(), va="center", fontweight="bold")
                continue
            add_swatch(axes, (column, row + 0.17), (0.1, 0.66), CLASS_COLOURS.get(line))
            axes.text(column + 0.13, row + 0.5, labels.get(line, line), va="center", fontsize=6.5)


def draw_income_classes(
    axes: Axes, square: Square, cells: gpd.GeoDataFrame, income_class: pd.Series
) -> None:
    """Draw income classes, 1..5 by cell id, on the grid of cells; cells without one are grey."""
    cells = square.within(cells)
    number = cells["cell_id"].map(income_class).fillna(0).to_numpy(dtype=float)
    colours = ListedColormap([DROPPED_FACE, *(INCOME_COLOURS[k] for k in INCOME_CLASSES)])
    show_grid(
        axes, square.grid(cells, number), square,
        cmap=colours, vmin=-0.5, vmax=max(INCOME_CLASSES) + 0.5, zorder=2,
    )  # fmt: skip
