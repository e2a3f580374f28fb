"""How much of a score is memory: random folds against spatial blocks, and the course of training.

The question of the aerial paper's Supplementary Fig. 6. Whoever copies the neighbours has learnt
nothing about images; how far that gets under random folds is how far memory of a place gets
(deviation `overfitting_check`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from incomelens.paper.aerial.inputs import stacked
from incomelens.paper.aerial.names import check_cities, model_labels, ordered_schemes
from incomelens.paper.draw.panels import (
    DASHED,
    DASHES,
    DOT,
    INTERVAL_PT,
    key_above,
    key_line,
    lay_out_lines,
    scheme_marks,
    side_by_side,
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
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name

SHOWN_METRICS = {"pearson_r": "r", "mae": "MAE, in classes"}
GUESSING = float(np.log(5))  # cross-entropy of five equal probabilities
LEFT_MM, GAP_MM, TOP_MM, BELOW_MM, LINE_MM, CURVES_MM = 50.0, 5.0, 13.0, 11.0, 4.0, 36.0
LEAST_HEIGHT_MM = 26.0
DOTTED = (0, (2, 1.2))


def exhibit(
    summary: Sequence[pd.DataFrame],
    histories: Sequence[pd.DataFrame],
    *,
    names: Mapping[str, str],
    places: Sequence[tuple[str, str]],
    folds: Sequence[tuple[str, str, int]],
    networks: Mapping[str, Mapping[str, str]],
) -> Exhibit:
    """Draw scores under every scheme of folds, and losses of training.

    Parameters
    ----------
    summary, histories : sequences of DataFrame
        `inference/{city}/{scheme}/summary.csv` of every city and scheme, and the main network's
        `history.csv` of every fold.
    folds : sequence of (city, scheme, fold)
        Of `histories`.
    """
    scores, losses = overfitting_table(summary, places), histories_table(histories, folds)
    labels = model_labels(networks, scores["model"])
    figure = overfitting_figure(scores, losses, names=names, labels=labels)
    return Exhibit(scores, figure, more={"histories": losses})


def overfitting_table(
    summary: Sequence[pd.DataFrame], places: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """List the dots of the figure: pooled r and MAE of every model over all cells."""
    table = stacked(summary, places, "summary of scores")
    shown = (table["scope"] == "pooled") & (table["cells"] == "all")
    shown &= table["metric"].isin(list(SHOWN_METRICS))
    return table[shown].reset_index(drop=True)


def histories_table(
    histories: Sequence[pd.DataFrame], places: Sequence[tuple[str, str, int]]
) -> pd.DataFrame:
    """Losses of the main network by epoch, one row a city, scheme, fold and epoch."""
    numbered = [
        table.assign(fold=fold) for table, (_, _, fold) in zip(histories, places, strict=True)
    ]
    of_table = [(city, scheme) for city, scheme, _ in places]
    table = stacked(numbered, of_table, "history of training")
    return table[["city", "scheme", "fold", "epoch", "train_loss", "validation_loss"]]


def overfitting_figure(
    scores: pd.DataFrame,
    histories: pd.DataFrame,
    *,
    names: Mapping[str, str],
    labels: Mapping[str, str],
) -> PaperFigure:
    """Draw r, MAE and the losses of training, a row a city."""
    cities = list(dict.fromkeys(scores["city"]))
    check_cities(cities, names)
    models = list(dict.fromkeys(scores["model"]))
    schemes = ordered_schemes(scores["scheme"])
    height = max(LINE_MM * len(models) + 2.0, LEAST_HEIGHT_MM)
    step = height + BELOW_MM + 5.0
    dots = (PAGE_MM - LEFT_MM - 2 * GAP_MM - CURVES_MM - 11.0) / 2
    lefts = [LEFT_MM, LEFT_MM + dots + GAP_MM]
    limits = {metric: _limits(scores, metric) for metric in SHOWN_METRICS}
    with paper_figure(PAGE_MM, TOP_MM + len(cities) * step - 4.0) as figure:
        for place, city in enumerate(cities):
            top, city_scores = TOP_MM + place * step, scores[scores["city"] == city]
            for left, metric in zip(lefts, SHOWN_METRICS, strict=True):
                axes = figure.panel(left, top, dots, height)
                drawn = city_scores[city_scores["metric"] == metric]
                lay_out_lines(
                    axes, [labels.get(model, model) for model in models], with_names=left == LEFT_MM
                )
                draw_dots(axes, drawn, models, schemes, limits[metric])
                axes.set_xlabel(SHOWN_METRICS[metric])
                if left == LEFT_MM:
                    letter(axes, "abcdefghijklmnopqrstuvwxyz"[place], left_mm=47.0)
                    title = f"{names[city]} (n = {city_scores['n'].max():,})"
                    axes.set_title(title, loc="left", pad=4.5)
            curves = figure.panel(PAGE_MM - CURVES_MM - 2.0, top, CURVES_MM, height)
            _draw_curves(curves, histories[histories["city"] == city], schemes)
        _draw_keys(figure, schemes)
    return figure


def _limits(scores: pd.DataFrame, metric: str) -> tuple[float, float]:
    """Limits that all dots and intervals of a score have room in; r from 0 to 1 at least."""
    table = scores[scores["metric"] == metric]
    ends = table[["value", "block_ci_low", "block_ci_high"]].to_numpy(dtype=float)
    if not np.isfinite(ends).any():
        return 0.0, 1.0
    low, high = min(0.0, np.nanmin(ends)), max(1.0, np.nanmax(ends))
    return float(low - 0.03 * (high - low) * (low < 0)), float(high + 0.03 * (high - low))


def draw_dots(
    axes: Axes,
    table: pd.DataFrame,
    models: Sequence[str],
    schemes: Sequence[str],
    limits: tuple[float, float],
) -> None:
    """Draw scores with their intervals by spatial blocks, a line a model, a colour a scheme."""
    for scheme, offset in zip(schemes, side_by_side(len(schemes), 0.18), strict=True):
        rows = table[(table["scheme"] == scheme) & table["value"].notna()]
        y = np.array([models.index(model) for model in rows["model"]]) + offset
        colour = SCHEME_COLOURS[scheme]
        axes.hlines(y, rows["block_ci_low"], rows["block_ci_high"], colour, linewidth=INTERVAL_PT)
        marker, gid = SCHEME_MARKERS[scheme], f"dots {scheme}"
        axes.plot(rows["value"], y, marker, color=colour, **DOT, gid=gid)
    if limits[0] < 0:
        axes.axvline(0.0, **DASHES, zorder=1)
    axes.set_xlim(limits)


def _draw_curves(axes: Axes, histories: pd.DataFrame, schemes: Sequence[str]) -> None:
    for scheme in schemes:
        courses = histories[histories["scheme"] == scheme]
        for _, fold in courses.groupby("fold"):
            # One epoch is a dot, not a line.
            single = SCHEME_MARKERS[scheme] if len(fold) == 1 else None
            for column, style in (("train_loss", DOTTED), ("validation_loss", "-")):
                axes.plot(
                    fold["epoch"] + 1, fold[column], color=SCHEME_COLOURS[scheme], linewidth=0.8,
                    linestyle=style, marker=single, markersize=3,
                    fillstyle="none" if column == "train_loss" else "full",
                    gid=f"{column} {scheme}",
                )  # fmt: skip
    axes.axhline(GUESSING, **DASHES, zorder=1)
    last = int(histories["epoch"].max()) + 1 if len(histories) else 1
    axes.set_xlim(0.5, last + 0.5)
    ticks = MaxNLocator(5, integer=True, min_n_ticks=1).tick_values(1, last)
    axes.set_xticks([epoch for epoch in ticks if 1 <= epoch <= last])
    axes.set(xlabel="Epoch", ylabel="Cross-entropy, nats")
    axes.set_title("Training", loc="left", pad=4.5)


def _draw_keys(figure: PaperFigure, schemes: Sequence[str]) -> None:
    handles = [
        *scheme_marks(schemes, {scheme: folds_name(scheme) for scheme in schemes}),
        key_line(QUIET, "loss, validation", 0.9),
        key_line(QUIET, "loss, training", 0.9, DOTTED),
        key_line(QUIET, "guessing", 0.6, DASHED),
    ]
    key_above(figure, handles, len(handles), handlelength=2.4, columnspacing=2.0, fontsize=7)
