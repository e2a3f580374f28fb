"""Scores as dots with intervals: a panel a task, a line a model, a colour a scheme of folds."""

from collections.abc import Mapping, Sequence
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from incomelens.paper.draw.panels import (
    DASHES,
    DOT,
    INTERVAL_PT,
    key_above,
    lay_out_lines,
    scheme_marks,
    side_by_side,
    two_decimals,
)
from incomelens.paper.draw.style import (
    PAGE_MM,
    QUIET,
    SCHEME_COLOURS,
    SCHEME_MARKERS,
    PaperFigure,
    letter,
    paper_figure,
)
from incomelens.paper.names import INCOMES, LEVELS, SCHEMES, task_name

LEFT_MM, GAP_MM, TOP_MM, BELOW_MM, ROW_MM = 44.0, 6.0, 13.0, 11.0, 5.2
LEAST_SHOWN = -0.35
SCHEME_MEANINGS = {
    "random": "random folds",
    "block": "spatial blocks",
    "area": "one area (borough) left out",
    "knndm": "matched distances (kNNDM)",
}


class DotLine(NamedTuple):
    """A line of every panel: what its rows have in `keys`; a rule parts different families."""

    key: tuple[str, ...]
    name: str
    family: str = ""


def scheme_dots_figure(
    scores: pd.DataFrame,
    lines: Sequence[DotLine],
    *,
    keys: Sequence[str],
    label: str,
    levels: Mapping[str, str] = LEVELS,
) -> PaperFigure:
    """Draw pooled scores, which are at most 1, with their intervals by spatial blocks.

    Parameters
    ----------
    scores : DataFrame
        The columns `keys`, which tell a row's line, ``level``, ``income``, ``scheme``, ``n``,
        ``pooled``, ``block_ci_low`` and ``block_ci_high``, one row a dot.
    lines : sequence of DotLine
        From top to bottom.
    label : str
        Of the horizontal axis.
    """
    present = set(zip(scores["level"], scores["income"], strict=True))
    tasks = [
        (level, income) for level in levels for income in INCOMES if (level, income) in present
    ]
    schemes = [scheme for scheme in SCHEMES if scheme in set(scores["scheme"])]
    columns = min(len(tasks), 2)
    width = (PAGE_MM - LEFT_MM - 3.0 - (columns - 1) * GAP_MM) / columns
    height = ROW_MM * len(lines) + 3.0
    step = height + BELOW_MM
    places = {line.key: place for place, line in enumerate(lines)}
    place_of_row = [places[key] for key in scores[list(keys)].itertuples(index=False, name=None)]
    scores = scores.assign(place=place_of_row)
    with paper_figure(PAGE_MM, TOP_MM + -(-len(tasks) // columns) * step) as figure:
        for number, (level, income) in enumerate(tasks):
            row, column = divmod(number, columns)
            left = LEFT_MM + column * (width + GAP_MM)
            axes = figure.panel(left, TOP_MM + row * step, width, height)
            task_scores = scores[(scores["level"] == level) & (scores["income"] == income)]
            _draw_ground(axes, lines, with_names=column == 0)
            _draw_schemes(axes, task_scores, schemes)
            letter(axes, ascii_lowercase[number])
            name = task_name(level, income, levels)
            axes.set_title(f"{name} (N = {task_scores['n'].max():,.0f})", pad=4.5)
            if number >= len(tasks) - columns:
                axes.set_xlabel(label)
        spacing = {"handlelength": 2.2, "columnspacing": 2.5, "fontsize": 7}
        key_above(figure, scheme_marks(schemes, SCHEME_MEANINGS), len(schemes), **spacing)
    return figure


def _draw_ground(axes: Axes, lines: Sequence[DotLine], *, with_names: bool) -> None:
    lay_out_lines(axes, [line.name for line in lines], with_names=with_names)
    for place in range(1, len(lines)):
        if lines[place].family != lines[place - 1].family:
            axes.axhline(place - 0.5, color=QUIET, linewidth=0.5, zorder=1)
    axes.axvline(0.0, **DASHES, zorder=1)
    axes.set_xlim(LEAST_SHOWN, 1.0)
    axes.set_xticks(np.arange(-0.2, 1.01, 0.2))


def _draw_schemes(axes: Axes, scores: pd.DataFrame, schemes: Sequence[str]) -> None:
    for scheme, offset in zip(schemes, side_by_side(len(schemes), 0.26), strict=True):
        # A score that is missing has no dot.
        rows = scores[(scores["scheme"] == scheme) & scores["pooled"].notna()]
        y = rows["place"].to_numpy() + offset
        colour, value = SCHEME_COLOURS[scheme], rows["pooled"].to_numpy(dtype=float)
        low, high = (rows[f"block_ci_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
        inside = value >= LEAST_SHOWN
        low = np.maximum(low, LEAST_SHOWN)
        axes.hlines(y[inside], low[inside], high[inside], colour, lw=INTERVAL_PT)
        axes.plot(value[inside], y[inside], SCHEME_MARKERS[scheme], color=colour, **DOT)
        for below, at in zip(value[~inside], y[~inside], strict=True):
            axes.plot(LEAST_SHOWN + 0.02, at, "<", color=colour, markersize=3.2, zorder=3)
            axes.annotate(
                two_decimals(below), (LEAST_SHOWN + 0.02, at), xytext=(4, -0.3),
                textcoords="offset points", va="center", fontsize=6, color=colour,
            )  # fmt: skip
