"""Scores as dots with intervals: a panel a task, a line a model, a colour a scheme of folds."""

from collections.abc import Mapping, Sequence
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from incomelens.paper.draw.style import (
    PAGE_MM,
    QUIET,
    RULE,
    SCHEME_COLOURS,
    SCHEME_MARKERS,
    PaperFigure,
    axes_mm,
    figure_style,
    letter,
    new_figure,
)
from incomelens.paper.names import INCOMES, LEVELS, SCHEMES, task_name

LEFT_MM, GAP_MM, TOP_MM, BELOW_MM, ROW_MM = 44.0, 6.0, 13.0, 11.0, 5.2
LEAST_SHOWN = -0.35
SCHEME_MEANINGS = {
    "random": "random folds",
    "block": "spatial blocks",
    "area": "one area (borough) left out",
}


class DotLine(NamedTuple):
    """A line of every panel.

    Attributes
    ----------
    key : tuple of str
        What its rows have in the columns named `keys`.
    name : str
    family : str
        A rule parts lines of different families.
    """

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
        The columns `keys`, ``level``, ``income``, ``scheme``, ``n``, ``pooled``, ``block_ci_low``
        and ``block_ci_high``, one row a dot.
    lines : sequence of DotLine
        From top to bottom.
    keys : sequence of str
        Columns that tell a row's line.
    label : str
        Of the horizontal axis.
    levels : mapping
        Level to its name in print, in the order of print.
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
    with figure_style():
        figure = new_figure(PAGE_MM, TOP_MM + -(-len(tasks) // columns) * step)
        for number, (level, income) in enumerate(tasks):
            row, column = divmod(number, columns)
            left = LEFT_MM + column * (width + GAP_MM)
            axes = axes_mm(figure, left, TOP_MM + row * step, width, height)
            of_task = scores[(scores["level"] == level) & (scores["income"] == income)]
            _draw_ground(axes, lines, with_names=column == 0)
            _draw_schemes(axes, of_task, schemes)
            letter(axes, ascii_lowercase[number])
            name = task_name(level, income, levels)
            axes.set_title(f"{name} (N = {of_task['n'].max():,.0f})", pad=4.5)
            if number >= len(tasks) - columns:
                axes.set_xlabel(label)
        _draw_key(figure, schemes)
    return figure


def _draw_ground(axes: Axes, lines: Sequence[DotLine], *, with_names: bool) -> None:
    for place in range(0, len(lines), 2):
        axes.axhspan(place - 0.5, place + 0.5, color="#f6f6f6", linewidth=0, zorder=0)
    for place in range(1, len(lines)):
        if lines[place].family != lines[place - 1].family:
            axes.axhline(place - 0.5, color=QUIET, linewidth=0.5, zorder=1)
    axes.axvline(0.0, color=QUIET, linewidth=0.6, linestyle=(0, (4, 3)), zorder=1)
    axes.set(xlim=(LEAST_SHOWN, 1.0), ylim=(len(lines) - 0.5, -0.5))
    axes.set_xticks(np.arange(-0.2, 1.01, 0.2))
    axes.set_yticks(range(len(lines)), [line.name for line in lines] if with_names else [])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)


def _draw_schemes(axes: Axes, scores: pd.DataFrame, schemes: Sequence[str]) -> None:
    offsets = np.linspace(-0.26, 0.26, len(schemes)) if len(schemes) > 1 else [0.0]
    for scheme, offset in zip(schemes, offsets, strict=True):
        # A score that is missing has no dot.
        rows = scores[(scores["scheme"] == scheme) & scores["pooled"].notna()]
        y = rows["place"].to_numpy() + offset
        colour, value = SCHEME_COLOURS[scheme], rows["pooled"].to_numpy(dtype=float)
        low, high = (rows[f"block_ci_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
        inside = value >= LEAST_SHOWN
        axes.hlines(y[inside], np.maximum(low, LEAST_SHOWN)[inside], high[inside], colour, lw=1.1)
        axes.plot(
            value[inside], y[inside], SCHEME_MARKERS[scheme], color=colour,
            markersize=3.6, markeredgecolor="white", markeredgewidth=0.4, zorder=3,
        )  # fmt: skip
        for below, at in zip(value[~inside], y[~inside], strict=True):
            axes.plot(LEAST_SHOWN + 0.02, at, "<", color=colour, markersize=3.2, zorder=3)
            axes.annotate(
                f"{below:.2f}".replace("-", "−"), (LEAST_SHOWN + 0.02, at), xytext=(4, -0.3),
                textcoords="offset points", va="center", fontsize=6, color=colour,
            )  # fmt: skip


def _draw_key(figure: PaperFigure, schemes: Sequence[str]) -> None:
    handles = [
        Line2D(
            [], [], color=SCHEME_COLOURS[scheme], marker=SCHEME_MARKERS[scheme], markersize=4,
            linewidth=1.1, markeredgecolor="white", label=SCHEME_MEANINGS[scheme],
        )
        for scheme in schemes
    ]  # fmt: skip
    figure.legend(
        handles=handles, loc="upper center", ncols=len(schemes), frameon=False,
        bbox_to_anchor=(0.5, 1.0), handlelength=2.2, columnspacing=2.5, fontsize=7,
    )  # fmt: skip
