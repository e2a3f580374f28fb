"""What each variable alone does to the predicted income: curves with bands, and a map of the place.

Beyond the paper. Effects are factors on the income; the axes are their logarithms, so that half as
much and twice as much lie equally far from nothing.
"""

from string import ascii_lowercase
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator, StrMethodFormatter

from incomelens.paper.draw.maps import (
    Classes,
    area_outlines,
    draw_bar_inside,
    draw_class_legend,
    draw_map,
    map_height,
)
from incomelens.paper.draw.panels import DASHED, RATIO_COLOURS, heading
from incomelens.paper.draw.planes import local_projection
from incomelens.paper.draw.style import (
    GROUP_COLOURS,
    INK,
    MISSING_FACE,
    MISSING_HATCH,
    PAGE_MM,
    QUIET,
    RULE,
    PaperFigure,
    paper_figure,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import SOCIOECONOMIC, TEN, VARIABLES

WHOLE, LINEAR = "sum", "linear"
COLUMNS = 4
LEFT_MM, TOP_MM, GAP_MM, HEIGHT_MM, STEP_MM = 12.0, 11.0, 4.0, 34.0, 49.0
WIDTH_MM = (PAGE_MM - LEFT_MM - 3.0 - (COLUMNS - 1) * GAP_MM) / COLUMNS
# Ticks are powers of one of these factors on the income, so many up or down at most.
BASES = (1.02, 1.05, 1.1, 1.2, 1.5, 2.0, 5.0, 10.0)
MOST_TICKS = 3
# From this ratio of the ends on powers of ten alone stand at a logarithmic axis.
WIDE = 50.0
BAND: dict[str, Any] = {"facecolor": GROUP_COLOURS[SOCIOECONOMIC], "alpha": 0.22, "linewidth": 0}
MISSING: dict[str, Any] = {
    "facecolor": MISSING_FACE,
    "edgecolor": MISSING_HATCH,
    "hatch": "//////",
    "linewidth": 0,
}


def exhibit(districts: gpd.GeoDataFrame, curves: pd.DataFrame, location: pd.DataFrame) -> Exhibit:
    """Draw the effects of the ten variables, and that of the place in every district.

    Parameters
    ----------
    districts : GeoDataFrame
        `districts/{level}.parquet`.
    curves, location : DataFrame
        `shapley/{level}-{income}-{mode}-dependence.csv` and `-location.csv`.
    """
    location = location.assign(variable="location", geoid=location["geoid"].astype(str))
    table = pd.concat([curves, location], ignore_index=True)
    return Exhibit(table, _drawn(districts, curves, location))


def _drawn(
    districts: gpd.GeoDataFrame, curves: pd.DataFrame, location: pd.DataFrame
) -> PaperFigure:
    plane = local_projection(districts)
    whole = location[location["term"] == WHOLE].set_index("geoid")["percent"]
    values = plane["geoid"].astype(str).map(whole).to_numpy(dtype=float)
    of_task = districts[districts["geoid"].astype(str).isin(whole.index)]
    with paper_figure(PAGE_MM, TOP_MM + 3 * STEP_MM - 3.0) as figure:
        limits = _limits(curves)
        for number, name in enumerate(TEN):
            row, column = divmod(number, COLUMNS)
            axes = figure.panel(
                LEFT_MM + column * (WIDTH_MM + GAP_MM), TOP_MM + row * STEP_MM, WIDTH_MM, HEIGHT_MM
            )
            shown = curves[curves["variable"] == name]
            _draw_curve(axes, name, shown, of_task[name].to_numpy(dtype=float))
            _lay_out_effects(axes, limits, with_labels=column == 0)
            heading(axes, ascii_lowercase[number], VARIABLES[name].paper, x=0.1)
        _draw_location(figure, plane, values)
        figure.legend(
            handles=_key(), loc="upper center", ncols=3, frameon=False, bbox_to_anchor=(0.5, 1.0)
        )
    return figure


def _key() -> list[Line2D | Patch]:
    return [
        Line2D([], [], color=GROUP_COLOURS[SOCIOECONOMIC], label="effect on the predicted income"),
        Patch(**BAND, label="90 % band of the posterior"),
        Line2D([], [], color=QUIET, linewidth=0.8, linestyle=DASHED, label="linear term"),
    ]


def _limits(curves: pd.DataFrame) -> tuple[float, float]:
    """Smallest and largest factor on the income that any curve or band reaches."""
    whole = curves[curves["term"] == WHOLE]
    low, high = whole["percent_low"].min(), whole["percent_high"].max()
    return 1 + min(low, -1.0) / 100, 1 + max(high, 1.0) / 100


def _lay_out_effects(axes: Axes, limits: tuple[float, float], *, with_labels: bool) -> None:
    """Scale the axis of factors, the same in all panels, with per cents at its ticks."""
    low, high = np.log(limits)
    margin = 0.04 * (high - low)
    axes.set_ylim(low - margin, high + margin)
    percents = _percents(*limits)
    axes.yaxis.set_major_locator(FixedLocator(np.log1p(np.array(percents) / 100)))
    axes.set_yticklabels([_signed(percent) for percent in percents] if with_labels else [])
    axes.grid(axis="y", color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.axhline(0.0, color=INK, linewidth=0.5, zorder=1)
    if with_labels:
        axes.set_ylabel("effect on income (%)", labelpad=1.5)


def _percents(low: float, high: float) -> list[float]:
    """Per cents to print between two factors on the income, equally far from each other."""
    widest = max(-np.log(low), np.log(high))
    base = next((b for b in BASES if np.log(b) >= widest / MOST_TICKS), BASES[-1])
    powers = np.arange(np.ceil(np.log(low) / np.log(base)), np.log(high) / np.log(base) + 1e-9)
    return [100 * (base**power - 1) for power in powers]


def _signed(percent: float) -> str:
    return f"{percent:+.0f}".replace("-", "−") if round(percent) else "0"


def _draw_curve(axes: Axes, name: str, shown: pd.DataFrame, observed: np.ndarray) -> None:
    variable = VARIABLES[name]
    scale = 100.0 if variable.is_share else 1.0
    whole, linear = (shown[shown["term"] == term] for term in (WHOLE, LINEAR))
    x, low, high = (whole[column].to_numpy() for column in ("value", "percent_low", "percent_high"))
    axes.fill_between(scale * x, np.log1p(low / 100), np.log1p(high / 100), **BAND, zorder=2)
    axes.plot(
        scale * x, np.log1p(whole["percent"] / 100),
        color=GROUP_COLOURS[SOCIOECONOMIC], linewidth=1.1, zorder=3,
    )  # fmt: skip
    axes.plot(
        scale * linear["value"], np.log1p(linear["percent"] / 100),
        color=QUIET, linewidth=0.8, linestyle=DASHED, zorder=2.5,
    )  # fmt: skip
    if variable.is_share:
        axes.locator_params(axis="x", nbins=4)
    else:
        axes.set_xscale("log")
        x = x[x > 0]
        subs = (1.0,) if x.max() > WIDE * x.min() else (1.0, 2.0, 5.0)
        axes.xaxis.set_major_locator(LogLocator(subs=subs, numticks=6))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(scale * x.min(), scale * x.max())
    axes.set_xlabel(variable.unit, labelpad=1.0)
    tenths = scale * np.quantile(observed, np.arange(1, 10) / 10)
    axes.plot(
        tenths, np.full(len(tenths), 0.0), "|", transform=axes.get_xaxis_transform(),
        color=INK, markersize=5, markeredgewidth=0.6, clip_on=False, zorder=4,
    )  # fmt: skip


def _draw_location(figure: PaperFigure, plane: gpd.GeoDataFrame, values: np.ndarray) -> None:
    """Map what the place alone does, in the room of the last two panels."""
    left, top = LEFT_MM + 2 * (WIDTH_MM + GAP_MM), TOP_MM + 2 * STEP_MM
    height = map_height(plane, WIDTH_MM, most=HEIGHT_MM + 10.0)
    width = min(WIDTH_MM * 1.05, WIDTH_MM * height / map_height(plane, WIDTH_MM, most=np.inf))
    axes = figure.panel(left, top, WIDTH_MM, height)
    classes, colours = effect_classes(values), mpl.colormaps[RATIO_COLOURS]
    draw_map(axes, plane, values, classes, colours=colours, outline=area_outlines(plane))
    draw_bar_inside(axes, plane)
    heading(axes, ascii_lowercase[len(TEN)], "Place", x=0.1)
    right = left + width + GAP_MM
    legend = figure.panel(right, top + 20.0, WIDTH_MM - 2.0, 3.0)
    draw_class_legend(legend, classes, title="effect on income (%)", colours=colours)
    if np.isnan(values).any():
        key = figure.panel(right, top + 28.0, WIDTH_MM - 2.0, 3.0)
        key.add_patch(Rectangle((0, 0), 0.1, 1, **MISSING))
        key.text(0.13, 0.5, "no income", va="center", fontsize=6.5)
        key.set(xlim=(0, 1), ylim=(0, 1))
        key.set_axis_off()


def effect_classes(percents: np.ndarray) -> Classes:
    """Seven classes of effects around nothing, the same factor up and down, by the largest ones.

    The middle one holds what is hardly an effect; limits are whole per cents.
    """
    reach = np.nanquantile(np.abs(np.log1p(percents / 100)), 0.9)
    step = max(2.0, 100 * np.expm1(reach / 2.5))
    up = np.array([0.5, 1.5, 2.5]) * step
    limits = np.concatenate([-(up[::-1]) / (1 + up[::-1] / 100), up])
    return Classes(np.unique(np.round(limits)), 0)
