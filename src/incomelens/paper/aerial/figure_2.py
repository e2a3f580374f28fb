"""Fig. 2 of the aerial paper: confusion matrices of the network, a city a panel."""

from collections.abc import Mapping, Sequence
from string import ascii_lowercase

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from incomelens.paper.aerial.inputs import stacked
from incomelens.paper.aerial.names import INCOME_CLASSES, MAIN, METRICS, PAPER_METRICS, check_cities
from incomelens.paper.aerial.scores import confusion_scores, scores_of_cities
from incomelens.paper.draw.panels import colour_strip, outline_field, set_spines, two_decimals
from incomelens.paper.draw.style import (
    INK,
    MM_PER_INCH,
    PaperFigure,
    letter,
    paper_figure,
    sequential_colours,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.reference import Reference

PANEL_MM, LEFT_MM, GAP_MM, TOP_MM, BELOW_MM = 47.0, 13.0, 10.0, 14.0, 13.0
RIGHT_MM = 6.0
MOST_COLUMNS = 3
# Above this share the text on a field is white.
DARK = 0.6


def exhibit(
    confusion: Sequence[pd.DataFrame],
    summary: Sequence[pd.DataFrame],
    reference: Reference,
    *,
    names: Mapping[str, str],
    scheme: str,
) -> Exhibit:
    """Draw the confusion matrices, and set the scores in their keys beside the paper's.

    Deviations `figure_2_matrices` and `p_of_r`.

    Parameters
    ----------
    confusion, summary : sequences of DataFrame
        `inference/{city}/{scheme}/confusion.csv` and `summary.csv` of every city.
    """
    places = [(city, scheme) for city in names]
    matrices, scores = confusion_table(confusion, places), scores_of_cities(summary, places)
    return Exhibit(
        confusion_scores(matrices, scores, reference, names=names),
        confusion_figure(matrices, scores, names=names),
        more={"confusion": matrices},
    )


def confusion_table(
    confusion: Sequence[pd.DataFrame], places: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """List what the figure shows: one row a city, observed and predicted class."""
    table = stacked(confusion, places, "confusion")
    is_main = (table["model"] == MAIN) & (table["cells"] == "all")
    return table[is_main].reset_index(drop=True)


def confusion_figure(
    confusion: pd.DataFrame, scores: pd.DataFrame, *, names: Mapping[str, str]
) -> PaperFigure:
    """Draw the confusion matrix of every city, with its r, Acc, MAE and Acc±1."""
    cities = list(dict.fromkeys(confusion["city"]))
    check_cities(cities, names)
    columns = min(len(cities), MOST_COLUMNS)
    lines = -(-len(cities) // columns)
    step = TOP_MM + PANEL_MM + BELOW_MM - 1.0
    width = LEFT_MM + columns * (PANEL_MM + GAP_MM) - GAP_MM + RIGHT_MM
    with paper_figure(width, lines * step + 13.0) as figure:
        for place, city in enumerate(cities):
            line, column = divmod(place, columns)
            left = LEFT_MM + column * (PANEL_MM + GAP_MM)
            axes = figure.panel(left, TOP_MM + line * step, PANEL_MM, PANEL_MM)
            _draw_matrix(axes, confusion[confusion["city"] == city])
            axes.set_xlabel("Predicted class")
            if column == 0:
                axes.set_ylabel("Observed class")
            letter(axes, ascii_lowercase[place], left_mm=6.0, above_mm=8.6)
            _draw_scores(axes, names[city], scores[scores["city"] == city])
        _draw_key(figure, lines * step + 3.0)
    return figure


def _draw_matrix(axes: Axes, table: pd.DataFrame) -> None:
    share, count = (
        table.pivot_table(column, "observed", "predicted", aggfunc="first")
        .reindex(index=INCOME_CLASSES, columns=INCOME_CLASSES)
        .to_numpy(dtype=float)
        for column in ("share", "n")
    )
    n = len(INCOME_CLASSES)
    axes.imshow(
        np.ma.masked_invalid(share), cmap=sequential_colours(), vmin=0.0, vmax=1.0,
        interpolation="none", extent=(0.5, n + 0.5, n + 0.5, 0.5),
    )  # fmt: skip
    for (i, j), cells in np.ndenumerate(count):
        part = share[i, j]
        colour = "white" if part > DARK else INK
        text = "–" if np.isnan(part) else f"{100 * part:.0f} %"
        axes.text(j + 1, i + 0.93, text, ha="center", va="center", color=colour, fontsize=7)
        axes.text(
            j + 1, i + 1.26, f"{cells:,.0f}", ha="center", va="center", fontsize=5.2,
            color=colour,
        )  # fmt: skip
        if i == j:
            outline_field(axes, j + 0.5, i + 0.5)
    ends = {1: "1\npoorest", n: f"{n}\nrichest"}
    axes.set_xticks(INCOME_CLASSES, [ends.get(k, str(k)) for k in INCOME_CLASSES])
    axes.set_yticks(INCOME_CLASSES, [str(k) for k in INCOME_CLASSES])
    axes.tick_params(length=0)
    set_spines(axes, None)


def _draw_scores(axes: Axes, name: str, scores: pd.DataFrame) -> None:
    means = scores[scores["scope"] == "mean_of_folds"].set_index("metric")
    texts = [
        f"{METRICS[metric].heading} = {two_decimals(means['value'].get(metric))}"
        for metric in PAPER_METRICS
    ]
    title = f"{name} (n = {means['n'].iloc[0]:,})"
    lines = [
        (8.6, title, 8.0),
        (4.9, ",  ".join(texts[:2]), 6.5),
        (1.7, ",  ".join(texts[2:]), 6.5),
    ]
    for above, text, size in lines:
        axes.annotate(
            text, (0, 1), xycoords="axes fraction", xytext=(0, above / MM_PER_INCH * 72),
            textcoords="offset points", fontsize=size, va="baseline", annotation_clip=False,
        )  # fmt: skip


def _draw_key(figure: PaperFigure, top: float) -> None:
    axes = figure.panel(LEFT_MM, top, PANEL_MM, 2.2)
    label = "of the cells observed in the class"
    colour_strip(axes, sequential_colours(), Normalize(0, 1), label, pad=2)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0 %", "25 %", "50 %", "75 %", "100 %"])
