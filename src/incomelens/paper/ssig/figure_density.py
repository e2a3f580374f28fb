"""Income against population density: one dot a district, a panel an income and level."""

from collections.abc import Mapping, Sequence
from string import ascii_lowercase
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator

from incomelens.common.errors import InputError
from incomelens.paper.draw.style import (
    GROUP_COLOURS,
    PAGE_MM,
    RULE,
    PaperFigure,
    letter,
    paper_figure,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import INCOME_UNITS, INCOMES, LEVELS, SOCIOECONOMIC, task_name

LEFT_MM, TOP_MM, HEIGHT_MM, GAP_MM, BELOW_MM = 14.0, 7.0, 55.0, 14.0, 17.0
WIDTH_MM = (PAGE_MM - LEFT_MM - GAP_MM - 3.0) / 2
DOT: dict[str, Any] = {
    "s": 6.0,
    "linewidths": 0,
    "alpha": 0.6,
    "color": GROUP_COLOURS[SOCIOECONOMIC],
}


def exhibit(
    districts: Sequence[gpd.GeoDataFrame],
    *,
    incomes: Sequence[str],
    levels: Mapping[str, str] = LEVELS,
) -> Exhibit:
    """Draw every district with people and an income at its density, which has a logarithmic scale.

    Parameters
    ----------
    districts : sequence of GeoDataFrame
        `districts/{level}.parquet` of every level.
    incomes : sequence of str
        Of the study.

    Raises
    ------
    InputError
        If not one district of a level has people and an income.
    """
    by_level = dict(zip(levels, districts, strict=True))
    tasks = [(level, income) for level in levels for income in INCOMES if income in incomes]
    table = pd.concat([_dots(by_level[level], level, income) for level, income in tasks])
    return Exhibit(table.reset_index(drop=True), _drawn(table, tasks, by_level, levels))


def _dots(districts: gpd.GeoDataFrame, level: str, income: str) -> pd.DataFrame:
    """One row a dot; where nobody lives there is no place on a logarithmic scale."""
    dots = pd.DataFrame(
        {
            "level": level,
            "income": income,
            "geoid": districts["geoid"],
            "population_density_per_km2": districts["population_density"],
            "income_usd_a_year": districts[income],
        }
    )
    dots = dots[(dots["population_density_per_km2"] > 0) & dots["income_usd_a_year"].notna()]
    if dots.empty:
        raise InputError(
            f"districts/{level}.parquet: not one district has people and {INCOMES[income]}; "
            "see results/<study>/left_out.csv for what left them out"
        )
    return dots


def _drawn(
    table: pd.DataFrame,
    tasks: Sequence[tuple[str, str]],
    by_level: Mapping[str, gpd.GeoDataFrame],
    levels: Mapping[str, str],
) -> PaperFigure:
    columns, step = min(len(tasks), 2), HEIGHT_MM + BELOW_MM
    right = LEFT_MM + columns * (WIDTH_MM + GAP_MM) - GAP_MM + 3.0
    with paper_figure(right, TOP_MM + -(-len(tasks) // columns) * step - 5.0) as figure:
        for place, (level, income) in enumerate(tasks):
            row, column = divmod(place, columns)
            left = LEFT_MM + column * (WIDTH_MM + GAP_MM)
            axes = figure.panel(left, TOP_MM + row * step, WIDTH_MM, HEIGHT_MM)
            dots = table[(table["level"] == level) & (table["income"] == income)]
            _draw_dots(axes, dots, income)
            letter(axes, ascii_lowercase[place], left_mm=LEFT_MM - 3.0)
            n = f"{len(dots):,} of {len(by_level[level]):,} districts"
            axes.set_title(f"{task_name(level, income, levels)}: {n}", loc="left")
    return figure


def _draw_dots(axes: Axes, dots: pd.DataFrame, income: str) -> None:
    density, thousands = dots["population_density_per_km2"], dots["income_usd_a_year"] / 1000
    axes.scatter(density, thousands, **DOT, rasterized=len(dots) > 1000)
    low, high = np.log10(density.min()), np.log10(density.max())
    axes.set(xscale="log", xlim=(10 ** (low - 0.1), 10 ** (high + 0.1)))
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylim(0, 1.05 * thousands.max())
    axes.set_xlabel("Population density (per km²)")
    axes.set_ylabel(f"1,000 {INCOME_UNITS[income]}")
    axes.grid(color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)
