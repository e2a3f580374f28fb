"""What the aerial study's classes look like in every figure: urban classes and income classes."""

import geopandas as gpd
import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from incomelens.paper.aerial.names import (
    INCOME_CLASSES,
    class_colours,
    class_labels,
    classes_by_group,
    left_out_label,
)
from incomelens.paper.draw.grid import Square, show_grid
from incomelens.paper.draw.style import MISSING_FACE, MISSING_HATCH, RULE

# From poor to rich, growing darker (viridis): observed and predicted classes on every map. Under
# every kind of sight they stand out from the greys around them, too (held by a test).
INCOME_COLOURS = dict(
    zip(INCOME_CLASSES, ("#e5e419", "#4ec36b", "#228b8d", "#3c4f8a", "#440154"), strict=True)
)
DROPPED_FACE = "#b3b3b3"
CITY_FACE = "#f4f4f4"
WATER_FACE = "#dfe9f2"
HATCH = "//////"
KEY_COLUMNS = 4
KEY_MM, KEY_LINES = 27.0, 7  # height of a key, and lines of a column that it has room for
FULL_SIZE_LINES = 9  # letters of a key with more lines are smaller

KeyLine = tuple[str, bool, str | None]  # text, is it a group's name, colour


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


def class_key_mm() -> float:
    """Height of the urban classes' legend in millimetres; less where they are few."""
    return KEY_MM * min(1.0, max(map(len, _key_columns())) / KEY_LINES)


def draw_class_key(axes: Axes) -> None:
    """Fill axes, 180 mm wide and :func:`class_key_mm` high, with the legend of the urban classes.

    A group has a column, those beyond four stand below the shortest. Land without one of the
    classes is a hatched field.
    """
    columns = _key_columns()
    n_lines = max(map(len, columns))
    scale = min(1.0, FULL_SIZE_LINES / n_lines)
    axes.set(xlim=(0, KEY_COLUMNS), ylim=(n_lines, 0))
    axes.set_axis_off()
    for column, lines in enumerate(columns):
        for row, (text, is_group, colour) in enumerate(lines):
            if is_group:
                size = scale * mpl.rcParams["font.size"]
                axes.text(column, row + 0.5, text, va="center", fontsize=size, fontweight="bold")
                continue
            add_swatch(axes, (column, row + 0.17), (0.1, 0.66), colour)
            axes.text(column + 0.13, row + 0.5, text, va="center", fontsize=6.5 * scale)


def _key_columns() -> list[list[KeyLine]]:
    """Lines of every column of the legend."""
    labels, colours = class_labels(), class_colours()
    blocks: list[list[KeyLine]] = [
        [
            (group.capitalize(), True, None),
            *((labels[name], False, colours[name]) for name in names),
        ]
        for group, names in classes_by_group().items()
    ]
    columns = blocks[:KEY_COLUMNS]
    columns[-1].append((left_out_label(), False, None))
    for block in blocks[KEY_COLUMNS:]:
        min(columns, key=len).extend(block)
    return columns


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
