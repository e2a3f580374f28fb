"""Panels of Figs. 2-5 of the district paper: bars, swarms and the map of an income."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from numpy.typing import NDArray

from incomelens.paper.draw.maps import map_height
from incomelens.paper.draw.planes import local_projection
from incomelens.paper.draw.style import (
    GROUP_COLOURS,
    INK,
    MM_PER_INCH,
    PAGE_MM,
    QUIET,
    RULE,
    PaperFigure,
    letter,
    paper_figure,
    value_colours,
)
from incomelens.paper.names import (
    INCOMES,
    LEVELS,
    SOCIOECONOMIC,
    SPATIAL,
    VARIABLES,
    direction_sign,
)
from incomelens.paper.ssig.income_map import draw_income_panel

# A variable's lowest and highest twentieth share the ends of the colour scale.
COLOUR_ENDS = (5, 95)
ROW_MM = 6.4
# Share of a row's height that its dots may fill.
SWARM_SHARE = 0.92
# Ends of a whisker: neighbouring districts are alike, and an interval of single ones is too short.
WHISKER = ("block_ci_low", "block_ci_high")


@dataclass(frozen=True)
class ShapleyTables:
    """What panels a-c of one figure show.

    Parameters
    ----------
    groups, variables : DataFrame
        ``mean_abs`` by ``group`` or ``variable``, in SD units of the income; an interval by spatial
        blocks draws a whisker. Variables also have a ``direction``, NaN where there is none.
    dots : DataFrame
        ``variable``, ``geoid``, ``shap`` and ``value``, the variable's own value in any unit.
    """

    groups: pd.DataFrame
    variables: pd.DataFrame
    dots: pd.DataFrame


def shapley_figure(
    districts: gpd.GeoDataFrame,
    tables: ShapleyTables,
    *,
    level: str,
    income: str,
    colours: str,
    levels: Mapping[str, str] = LEVELS,
) -> PaperFigure:
    """Draw panels a-d of Figs. 2-5: groups, variables, distribution of SHAP values, income."""
    variables = tables.variables.sort_values("mean_abs", ascending=False, kind="stable")
    names = variables["variable"].tolist()
    plane = local_projection(districts)
    left, top, bars, swarm, gap = 25.5, 7.0, 30.0, 56.0, 3.0
    rows_top, rows_height = top + 24.0, ROW_MM * len(names)
    map_left = left + bars + gap + swarm + 6.0
    map_width = PAGE_MM - map_left - 1.5
    map_size = map_width, map_height(plane, map_width, most=90.0)
    height = max(rows_top + rows_height + 10.0, top + map_size[1] + 15.0)
    with paper_figure(PAGE_MM, height) as figure:
        axes = figure.panel(left, top, bars, 2 * ROW_MM)
        _draw_groups(axes, tables.groups)
        letter(axes, "a", left_mm=left - 1.0)
        axes = figure.panel(left, rows_top, bars, rows_height)
        _draw_variables(axes, variables)
        letter(axes, "b", left_mm=left - 1.0)
        axes = figure.panel(left + bars + gap, rows_top, swarm, rows_height)
        _draw_swarms(axes, tables.dots, names, colours)
        letter(axes, "c")
        _draw_colour_key(figure.panel(left + bars + gap + 8.0, top + 6.5, 36.0, 2.4), colours)
        axes = draw_income_panel(figure, plane, income, left=map_left, top=top, size=map_size)
        axes.set_title(f"{levels[level]} level, {INCOMES[income]}", pad=6)
        letter(axes, "d")
    return figure


def beeswarm_offsets(x: NDArray[np.float64], width: float, height: float) -> NDArray[np.float64]:
    """Move dots of equal size up and down so that they do not cover each other.

    Dots are sorted into columns of one dot's width; each column is stacked from the middle
    outwards. Where the tallest stack does not fit, all stacks are compressed alike, so that the
    outline keeps showing how many dots there are.

    Parameters
    ----------
    x : array of shape (n_dots,)
        Places along the axis; they are not moved.
    width : float
        Of a dot, in the unit of `x`.
    height : float
        Of a dot, as a share of the room; 1 fills it.

    Returns
    -------
    array of shape (n_dots,)
        Offsets in shares of the room, within -0.5 and 0.5.
    """
    column = np.floor((x - x.min()) / width).astype(np.int64)
    order = np.argsort(column, kind="stable")
    first = np.searchsorted(column[order], column[order], side="left")
    place = np.empty(len(x), dtype=np.int64)
    place[order] = np.arange(len(x)) - first
    # 0, 1, 2, 3, 4 in a column become 0, 1, -1, 2, -2 steps from the middle.
    steps = (place + 1) // 2 * np.where(place % 2, 1, -1)
    tallest = np.abs(steps).max()
    room = (1.0 - min(height, 1.0)) / 2
    step = min(height, room / tallest) if tallest else 0.0
    return steps * step


def _draw_groups(axes: Axes, groups: pd.DataFrame) -> None:
    groups = groups.set_index("group").loc[[SOCIOECONOMIC, SPATIAL]].reset_index()
    names = groups["group"].tolist()
    ends = _draw_bars(axes, groups, [GROUP_COLOURS[name] for name in names])
    axes.set_yticks(range(2), [name.capitalize() for name in names])
    axes.set_xlabel("mean |sum of SHAP| (SD)", labelpad=1.5)
    for place, (mean, end) in enumerate(zip(groups["mean_abs"], ends, strict=True)):
        _label_bar(axes, end, place, f"{mean:.2f}")


def _draw_variables(axes: Axes, variables: pd.DataFrame) -> None:
    drawn = [VARIABLES[name] for name in variables["variable"]]
    ends = _draw_bars(axes, variables, [GROUP_COLOURS[variable.group] for variable in drawn])
    axes.set_yticks(range(len(drawn)), [variable.paper for variable in drawn])
    axes.set_xlabel("mean |SHAP| (SD)", labelpad=1.5)
    marks = zip(variables["mean_abs"], ends, variables["direction"], strict=True)
    for place, (mean, end, direction) in enumerate(marks):
        _label_bar(axes, end, place, f"{mean:.3f} {direction_sign(direction)}")


def _draw_bars(axes: Axes, bars: pd.DataFrame, colours: Sequence[str]) -> list[float]:
    """Draw bars, first on top, with whiskers where there are intervals; give their ends."""
    lengths = bars["mean_abs"].to_numpy(dtype=float)
    axes.barh(range(len(bars)), lengths, height=0.62, color=colours, linewidth=0)
    ends = lengths
    if set(WHISKER) <= set(bars):
        low, high = (bars[name].to_numpy(dtype=float) for name in WHISKER)
        # Dark on the light ground, light on the bar: the lower half stays visible.
        axes.hlines(range(len(bars)), low, lengths, color="white", linewidth=0.7)
        axes.hlines(range(len(bars)), lengths, high, color=INK, linewidth=0.7)
        ends = np.fmax(lengths, high)
    # Room to the right of the longest bar for its number.
    axes.set(xlim=(0, 1.6 * max([*ends, 1e-9])), ylim=(len(bars) - 0.5, -0.5))
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", nbins=3)
    return ends.tolist()


def _label_bar(axes: Axes, end: float, place: int, text: str) -> None:
    axes.annotate(
        text, (end, place), xytext=(2, 0), textcoords="offset points", va="center", fontsize=6
    )


def _draw_swarms(axes: Axes, values: pd.DataFrame, names: Sequence[str], colours: str) -> None:
    drawn = values[values["variable"].isin(list(names))]
    low, high = drawn["shap"].min(), drawn["shap"].max()
    margin = 0.03 * (high - low) or 1.0
    axes.set(xlim=(low - margin, high + margin), ylim=(len(names) - 0.5, -0.5))
    n_dots = len(drawn) / len(names)
    diameter = float(np.clip(40.0 / np.sqrt(n_dots), 1.0, 2.4))
    dot_mm = diameter * MM_PER_INCH / 72.0
    axes_width = axes.get_window_extent().width / axes.figure.dpi * MM_PER_INCH
    width = (high - low + 2 * margin) * dot_mm / axes_width
    for place in range(len(names)):
        axes.axhline(place, color=RULE, linewidth=0.4, zorder=0)
    axes.axvline(0.0, color=QUIET, linewidth=0.6, zorder=1)
    for place, name in enumerate(names):
        rows = drawn[drawn["variable"] == name]
        shap = rows["shap"].to_numpy(dtype=float)
        offsets = beeswarm_offsets(shap, width, dot_mm / (SWARM_SHARE * ROW_MM))
        axes.scatter(
            shap, place + SWARM_SHARE * offsets,
            c=_shades(rows["value"].to_numpy(dtype=float)), cmap=value_colours(colours),
            vmin=0.0, vmax=1.0, s=diameter**2, linewidths=0, rasterized=True, zorder=2,
        )  # fmt: skip
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("SHAP value (SD of income)", labelpad=1.5)


def _shades(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Place of every value on the colour scale, 0 to 1."""
    low, high = np.percentile(values, COLOUR_ENDS)
    if high <= low:
        low, high = values.min(), values.max()
    if high <= low:
        return np.full(len(values), 0.5)
    return np.clip((values - low) / (high - low), 0.0, 1.0)


def _draw_colour_key(axes: Axes, colours: str) -> None:
    scale = ScalarMappable(cmap=value_colours(colours))
    bar = axes.figure.colorbar(scale, cax=axes, orientation="horizontal", ticks=[])
    bar.outline.set_visible(False)
    for x, text, align in ((-0.03, "low", "right"), (1.03, "high", "left")):
        axes.text(x, 0.5, text, transform=axes.transAxes, ha=align, va="center", fontsize=6.5)
    axes.set_title("value of the variable in the district", fontsize=6.5, pad=2.5)
