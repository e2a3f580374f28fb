"""Maps of predicted income, a panel a scheme of folds, that mark where they are not to be trusted.

Crossed where nothing like the district was learnt from; lined where intervals do not hold the area.
"""

from collections.abc import Sequence
from string import ascii_lowercase
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from incomelens.paper.draw.maps import (
    Classes,
    area_outlines,
    draw_bar_inside,
    draw_class_legend,
    draw_map,
    map_height,
    quantile_classes,
)
from incomelens.paper.draw.panels import heading
from incomelens.paper.draw.planes import local_projection
from incomelens.paper.draw.style import PAGE_MM, PaperFigure, paper_figure
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import INCOME_UNITS, SCHEMES, folds_name
from incomelens.paper.ssig.intervals import TOLERATED, failing_areas

CLASSES = 8
GAP_MM, TOP_MM, STEP_MM, LEGEND_MM, LINE_MM = 3.0, 8.0, 9.0, 19.0, 4.5
# Vermilion (Okabe & Ito 2008): seen on the lightest and on the darkest class.
OUTSIDE: dict[str, Any] = {
    "facecolor": "none",
    "edgecolor": "#D55E00",
    "hatch": "xxxxxx",
    "linewidth": 0.5,
}
NOT_HELD: dict[str, Any] = OUTSIDE | {"hatch": "-----"}


def exhibit(
    districts: gpd.GeoDataFrame,
    predictions: Sequence[pd.DataFrame],
    applicability: Sequence[pd.DataFrame],
    coverage: pd.DataFrame,
    *,
    level: str,
    income: str,
    mode: str,
) -> Exhibit:
    """Draw the out-of-fold predictions of SSIG, in classes of equal counts of the observed income.

    Parameters
    ----------
    districts : GeoDataFrame
        `districts/{level}.parquet`.
    predictions, applicability : sequences of DataFrame
        `ssig/predictions/{level}-{income}-{scheme}-gps.parquet` and
        `ssig/applicability/{level}-{income}-{scheme}.parquet`, of every scheme.
    coverage : DataFrame
        `ssig/coverage.csv`.
    mode : str
        Of the Gaussian process; the first that there is where it was not fitted.
    """
    table = pd.concat(
        [
            _of_scheme(rows, area, mode)
            for rows, area in zip(predictions, applicability, strict=True)
        ]
    )
    of_task = (coverage["level"] == level) & (coverage["income"] == income)
    failing = failing_areas(coverage[of_task], mode)
    area = table["geoid"].map(districts.set_index("geoid")["area"])
    left_out = pd.MultiIndex.from_frame(failing[["scheme", "group"]])
    holds = ~pd.MultiIndex.from_arrays([table["scheme"], area]).isin(left_out)
    table = table.assign(area_held=holds).reset_index(drop=True)
    return Exhibit(table, _drawn(districts, table, income))


def _of_scheme(predictions: pd.DataFrame, area: pd.DataFrame, mode: str) -> pd.DataFrame:
    """One row a district: its prediction, and whether the model has seen the like."""
    rows = predictions[(predictions["model"] == "ssig") & (predictions["variant"] == "main")]
    rows = rows[rows["mode"] == (mode if mode in set(rows["mode"]) else rows["mode"].iloc[0])]
    columns = ["geoid", "dissimilarity", "threshold", "applicable"]
    columns_of_rows = ["scheme", "geoid", "mode", "observed_usd", "predicted_usd"]
    return rows[columns_of_rows].merge(area[columns], on="geoid", validate="one_to_one")


def _drawn(districts: gpd.GeoDataFrame, table: pd.DataFrame, income: str) -> PaperFigure:
    plane = local_projection(districts)
    classes = quantile_classes(plane[income].to_numpy(dtype=float), CLASSES)
    schemes = [scheme for scheme in SCHEMES if scheme in set(table["scheme"])]
    columns = min(len(schemes), 2)
    width = (PAGE_MM - 2 * GAP_MM - (columns - 1) * GAP_MM) / 2
    height = map_height(plane, width, most=95.0)
    n_rows = -(-len(schemes) // columns)
    right = 2 * GAP_MM + columns * (width + GAP_MM) - GAP_MM
    marks = {"outside the area of applicability": OUTSIDE}
    if not table["area_held"].all():
        marks[f"area of which 90 % intervals hold less than {100 * TOLERATED:.0f} %"] = NOT_HELD
    low = TOP_MM + n_rows * (height + STEP_MM)
    with paper_figure(right, low + LEGEND_MM + (len(marks) - 1) * LINE_MM) as figure:
        for number, scheme in enumerate(schemes):
            row, column = divmod(number, columns)
            left = GAP_MM + column * (width + GAP_MM)
            axes = figure.panel(left, TOP_MM + row * (height + STEP_MM), width, height)
            shown = table[table["scheme"] == scheme].set_index("geoid")
            _draw_panel(axes, plane, shown, classes)
            outside = np.count_nonzero(~shown["applicable"])
            title = f"{folds_name(scheme)}: {outside:,} of {len(shown):,} outside"
            heading(axes, ascii_lowercase[number], title)
            if number == 0:
                draw_bar_inside(axes, plane)
        legend = figure.panel(GAP_MM + 2, low + 1.0, 0.94 * width, 3.0)
        draw_class_legend(
            legend,
            classes,
            title=f"Predicted out of fold, 1,000 {INCOME_UNITS[income]}",
            scale=1e-3,
            missing="no income",
        )
        for line, (words, mark) in enumerate(marks.items()):
            key = figure.panel(GAP_MM + 2, low + 9.5 + line * LINE_MM, 0.94 * width, 3.0)
            key.add_patch(Rectangle((0, 0), 0.06, 1, **mark))
            key.text(0.075, 0.5, words, va="center", fontsize=6.5)
            key.set(xlim=(0, 1), ylim=(0, 1))
            key.set_axis_off()
    return figure


def _draw_panel(axes: Axes, plane: gpd.GeoDataFrame, shown: pd.DataFrame, classes: Classes) -> None:
    predicted = plane["geoid"].map(shown["predicted_usd"]).to_numpy(dtype=float)
    draw_map(axes, plane, predicted, classes, outline=area_outlines(plane))
    for column, mark in {"applicable": OUTSIDE, "area_held": NOT_HELD}.items():
        marked = plane[plane["geoid"].isin(shown.index[~shown[column]])].geometry.dropna()
        if len(marked):
            marked.plot(ax=axes, aspect=None, **mark)
            axes.set_axis_off()
