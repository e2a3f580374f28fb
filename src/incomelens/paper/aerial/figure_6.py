"""Fig. 6 of the aerial paper: what a class beside does to a residential class, as heat maps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from incomelens.paper.aerial.inputs import by_scheme, of_city, preprint_value
from incomelens.paper.aerial.names import (
    METHODS,
    class_labels,
    class_order,
    is_rejected,
    main_method,
    main_scheme,
    published_groups,
    residential_classes,
)
from incomelens.paper.draw.panels import RATIO_COLOURS, is_dark, ratio_scale, set_spines
from incomelens.paper.draw.style import (
    INK,
    MISSING_HATCH,
    PAGE_MM,
    QUIET,
    RULE,
    PaperFigure,
    letter,
    paper_figure,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name
from incomelens.paper.reference import Reference
from incomelens.paper.table import rows

# The same scale in every city; what lies beyond has the colour of the end, and its number.
SCALE = (0.4, 2.5)
TICKS = (0.4, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5)
ROW_MM, TOP_MM, LABELS_MM, RIGHT_MM, BETWEEN_MM, BELOW_MM = 4.6, 6.0, 33.0, 2.0, 7.5, 38.0
NUMBER_MM = 4.6  # as wide as a number of full size needs
DARK = 0.45  # luminance below which numbers are white
# A frame that is seen on every colour: dark, with a light rim.
FRAME: dict[str, Any] = {
    "facecolor": "none",
    "edgecolor": INK,
    "linewidth": 1.0,
    "path_effects": [withStroke(linewidth=2.6, foreground="white")],
}

TOO_FEW: dict[str, Any] = {
    "facecolor": "white",
    "edgecolor": MISSING_HATCH,
    "hatch": "////",
    "linewidth": 0,
    "alpha": 0.5,
}
SAME: dict[str, Any] = {"facecolor": RULE, "linewidth": 0}


@dataclass(frozen=True)
class Measure:
    """One measure of pairs: its column, how pairs are marked, and its title."""

    column: str
    marked: str
    title: str


MEASURES = (
    Measure("coactivation", "plain_decision", "coactivation c"),
    Measure("coactivation_adjusted", "decision", "adjusted coactivation, c / expected"),
    Measure("gain", "gain_decision", "co-appearance gain ĝ (observed)"),
)


def exhibit(
    h1: Sequence[pd.DataFrame],
    gains: pd.DataFrame,
    reference: Reference,
    *,
    city: str,
    name: str,
    schemes: Sequence[str],
) -> Exhibit:
    """Draw coactivation, plain and adjusted, and co-appearance gains in one city.

    Parameters
    ----------
    h1 : sequence of DataFrame
        `topology/h1-{scheme}.csv` of every scheme.
    gains : DataFrame
        `topology/{city}/gains.csv`.
    """
    pairs = of_city(by_scheme(h1, schemes, "H1"), city, "H1")
    preprint = reference.part("aerial", "figure_6_preprint")
    table = pairs_table(pairs, gains, preprint, city=city)
    return Exhibit(table, pairs_figure(table, city=name))


def pairs_table(
    pairs: pd.DataFrame, gains: pd.DataFrame, preprint: Mapping[str, Any], *, city: str
) -> pd.DataFrame:
    """List every number of the figure, in every scheme and method: pairs of one city, gains beside.

    ``gain_decision`` says whether the gain's interval is above, below or across 1; the preprint's
    values (measure, SES, class, neighbour, city) are missing where it shows none.
    """
    keys = ["ses", "urban_class", "neighbour_class"]
    columns = {
        "n": "gain_n",
        "block_ci_low": "gain_block_ci_low",
        "block_ci_high": "gain_block_ci_high",
    }
    beside = gains.drop(columns=["ci_low", "ci_high"]).rename(columns=columns)
    table = pairs.merge(beside, on=keys, how="left", validate="m:1")
    table["gain_decision"] = np.select(
        [table["gain_block_ci_low"] > 1, table["gain_block_ci_high"] < 1, table["gain"].notna()],
        ["above 1", "below 1", "across 1"],
        "too few tiles",
    )
    for name in ("coactivation", "gain"):
        table[f"preprint_{name}"] = [
            preprint_value(preprint, name, row.ses, row.urban_class, row.neighbour_class, city)
            for row in rows(table)
        ]
    return table


def pairs_figure(table: pd.DataFrame, *, city: str) -> PaperFigure:
    """Draw coactivation, adjusted coactivation and gain, low SES above high SES each."""
    scheme, method = main_scheme([*table["scheme"]]), main_method([*table["method"]])
    drawn = table[(table["scheme"] == scheme) & (table["method"] == method)]
    height = ROW_MM * len(residential_classes())
    step = height + BETWEEN_MM
    width = PAGE_MM - LABELS_MM - RIGHT_MM
    n_panels = 2 * len(MEASURES)
    words = f", {METHODS.get(method, method)}, {folds_name(scheme)}"
    with paper_figure(PAGE_MM, TOP_MM + n_panels * step + BELOW_MM) as figure:
        for place in range(n_panels):
            measure, ses = MEASURES[place // 2], ("low", "high")[place % 2]
            axes = figure.panel(LABELS_MM, TOP_MM + place * step, width, height)
            draw_pairs(axes, drawn[drawn["ses"] == ses], measure)
            letter(axes, "abcdef"[place], left_mm=LABELS_MM - 1.0, above_mm=1.2)
            title = measure.title + ("" if measure.column == "gain" else words)
            axes.set_title(f"{city}, {ses} SES: {title}", loc="left", pad=3.0)
            axes.set_xticks([])
        _write_columns(axes)
        _draw_scale(figure, TOP_MM + n_panels * step + BELOW_MM - 14.0)
    return figure


def draw_pairs(axes: Axes, table: pd.DataFrame, measure: Measure) -> None:
    """Draw one heat map: residential classes in rows, the classes beside them in columns."""
    lines, columns, colours = residential_classes(), class_order(), mpl.colormaps[RATIO_COLOURS]
    norm = LogNorm(*SCALE, clip=True)
    column_mm = (PAGE_MM - LABELS_MM - RIGHT_MM) / len(columns)
    size = 5.5 * min(1.0, column_mm / NUMBER_MM)
    axes.set(xlim=(0, len(columns)), ylim=(len(lines), 0))
    row_of_pair = {(row.urban_class, row.neighbour_class): row for row in rows(table)}
    for y, u in enumerate(lines):
        for x, v in enumerate(columns):
            row = row_of_pair.get((u, v))
            value = np.nan if row is None else getattr(row, measure.column)
            if not np.isfinite(value):
                _draw_empty(axes, x, y, is_pair=u != v)
                continue
            colour = colours(norm(value)) if value > 0 else colours(0.0)
            axes.add_patch(
                Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="white", linewidth=0.4)
            )
            axes.text(
                x + 0.5, y + 0.53, f"{value:.2f}", ha="center", va="center", fontsize=size,
                color="white" if is_dark(colour, DARK) else INK, gid=f"{u} beside {v}",
            )  # fmt: skip
            if is_marked(row, measure):
                axes.add_patch(
                    Rectangle(
                        (x + 0.07, y + 0.12), 0.86, 0.76, **FRAME, zorder=3,
                        gid=f"marked {u} beside {v}",
                    )
                )  # fmt: skip
    _frame(axes)


def is_marked(row: object, measure: Measure) -> bool:
    """Whether a pair has a frame: q ≤ 0.05, or for gains an interval that leaves out 1."""
    decision = getattr(row, measure.marked)
    return is_rejected(decision) or decision in ("above 1", "below 1")


def _draw_empty(axes: Axes, x: int, y: int, *, is_pair: bool) -> None:
    """Leave a cell empty: hatched for too few tiles, grey for a class beside itself."""
    field = Rectangle((x, y), 1, 1, **TOO_FEW) if is_pair else Rectangle((x, y), 1, 1, **SAME)
    axes.add_patch(field)


def _frame(axes: Axes) -> None:
    labels, lines = class_labels(), residential_classes()
    axes.set_yticks([place + 0.5 for place in range(len(lines))], [labels[u] for u in lines])
    axes.tick_params(length=0)
    edge = 0
    for names in published_groups().values():
        edge += len(names)
        axes.axvline(edge, color=QUIET, linewidth=0.8, zorder=4)
    set_spines(axes)


def _write_columns(axes: Axes) -> None:
    labels = class_labels()
    columns = class_order()
    axes.set_xticks([place + 0.5 for place in range(len(columns))], [labels[v] for v in columns])
    axes.tick_params(axis="x", labelrotation=45)
    for label in axes.get_xticklabels():
        label.set(ha="right", rotation_mode="anchor")


def _draw_scale(figure: PaperFigure, top_mm: float) -> None:
    scale = figure.panel(LABELS_MM + 20.0, top_mm, 60.0, 3.0)
    ratio_scale(scale, SCALE, TICKS, "1: the class beside changes nothing")
    keys = figure.panel(LABELS_MM + 92.0, top_mm - 1.5, 56.0, 10.0)
    keys.set(xlim=(0, 56), ylim=(10, 0))
    keys.set_axis_off()
    keys.add_patch(Rectangle((0, 0.5), 6, 3.4, **FRAME))
    keys.text(8, 2.2, "q ≤ 0.05; for gains, interval without 1", va="center", fontsize=6.5)
    keys.add_patch(Rectangle((0, 5.5), 6, 3.4, **TOO_FEW))
    keys.text(8, 7.2, "too few tiles with both", va="center", fontsize=6.5)
