"""Figure: maps as a network forgets, maps of other networks, deletion and insertion."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from incomelens.paper.aerial.names import METHODS, known_first
from incomelens.paper.draw.panels import INTERVAL_PT, key_above, key_line, key_mark
from incomelens.paper.draw.style import INK, PAGE_MM, QUIET, RULE, PaperFigure, letter, paper_figure
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import rows
from incomelens.paper.validation.names import (
    GRADIENTS,
    METHOD_COLOURS,
    METHOD_MARKERS,
    TURNED,
    against_label,
)

LEFT_MM, TOP_MM, HEIGHT_MM, GAP_MM, BELOW_MM = 14.0, 13.0, 46.0, 24.0, 11.0
CASCADE_MM, OTHERS_MM, BETWEEN_MM = 92.0, 56.0, 14.0
DASHED, DOTTED = (0, (3, 2)), (0, (1, 1.2))
SHORT = {
    "turned": "turned", "again": "seed", "softmax": "softmax", "b0": "B0",
    "b0_softmax": "B0,\nsoftmax", "shuffled": "shuffled",
}  # fmt: skip
SMALL_MM = 74.0


def exhibit(similarity: pd.DataFrame, curves: pd.DataFrame) -> Exhibit:
    """Draw similarities and curves, and keep the curves beside.

    From `attribution/similarity.csv` and `attribution/mean_curves.csv`.
    """
    return Exhibit(curves, sanity_figure(similarity, curves))


def sanity_figure(similarity: pd.DataFrame, curves: pd.DataFrame) -> PaperFigure:
    """Draw likeness above, curves below (see `exhibit`)."""
    ranks = similarity[similarity["measure"] == "spearman"]
    with paper_figure(PAGE_MM, TOP_MM + 2 * HEIGHT_MM + GAP_MM + BELOW_MM) as figure:
        cascade = figure.panel(LEFT_MM, TOP_MM, CASCADE_MM, HEIGHT_MM)
        _draw_cascade(cascade, ranks)
        letter(cascade, "a", left_mm=LEFT_MM - 2.0)
        left = LEFT_MM + CASCADE_MM + BETWEEN_MM
        others = figure.panel(left, TOP_MM, OTHERS_MM, HEIGHT_MM)
        _draw_others(others, ranks)
        letter(others, "b", left_mm=8.0)
        top = TOP_MM + HEIGHT_MM + GAP_MM
        for place, mode in enumerate(("deletion", "insertion")):
            axes = figure.panel(LEFT_MM + place * (SMALL_MM + BETWEEN_MM), top, SMALL_MM, HEIGHT_MM)
            _draw_curves(axes, curves[curves["mode"] == mode], mode)
            letter(axes, "cd"[place], left_mm=8.0 if place else LEFT_MM - 2.0)
        _draw_key(figure, set(ranks["method"]))
    return figure


def _draw_cascade(axes: Axes, ranks: pd.DataFrame) -> None:
    steps = ranks[ranks["kind"] == "cascade"].sort_values("step", kind="stable")
    names = list(dict.fromkeys(steps["against"]))
    for method in known_first([*steps["method"]], [*METHODS, *GRADIENTS]):
        part = steps[steps["method"] == method].set_index("against")
        value = np.array([1.0, *(part["mean"].get(name, np.nan) for name in names)])
        axes.plot(
            range(len(value)), value, color=METHOD_COLOURS[method], linewidth=1.1,
            marker=METHOD_MARKERS[method], markersize=3.2, markeredgecolor="white",
            markeredgewidth=0.3, linestyle=DASHED if method in GRADIENTS else "-",
            gid=f"cascade {method}",
        )  # fmt: skip
    axes.axhline(0.0, color=QUIET, linewidth=0.6)
    axes.set(xlim=(-0.3, len(names) + 0.3), ylim=(_lowest(ranks), 1.04))
    axes.set_xticks(range(len(names) + 1), ["trained", *names], rotation=35, ha="right")
    axes.set_ylabel("Rank correlation of pixels")
    axes.set_xlabel("Made anew, from the head down to")
    axes.set_title("Maps as the network forgets", loc="left")
    _tidy(axes)


def _draw_others(axes: Axes, ranks: pd.DataFrame) -> None:
    table = ranks[ranks["kind"] == "network"]
    names = known_first([*table["against"]], SHORT)
    methods = known_first([*table["method"]], [*METHODS, *GRADIENTS])
    step = 0.8 / max(len(methods), 1)
    for row in rows(table):
        x = names.index(row.against) - 0.4 + step * (methods.index(row.method) + 0.5)
        colour, alone = METHOD_COLOURS[row.method], row.method in GRADIENTS
        axes.vlines(x, row.low, row.high, colour, linewidth=0.9)
        axes.plot(
            x, row.mean, METHOD_MARKERS[row.method], color=colour, markersize=3.6,
            markerfacecolor="white" if alone else colour, markeredgewidth=0.8, zorder=3,
        )  # fmt: skip
    axes.axhline(0.0, color=QUIET, linewidth=0.6)
    axes.set(xlim=(-0.6, len(names) - 0.4), ylim=(_lowest(ranks), 1.04))
    axes.set_xticks(range(len(names)), [SHORT.get(name, against_label(name)) for name in names])
    axes.set_xlabel("Compared with")
    axes.set_title("Maps of other networks", loc="left")
    _tidy(axes)


def _draw_curves(axes: Axes, curves: pd.DataFrame, mode: str) -> None:
    for order in dict.fromkeys(curves["order"]):
        part = curves[curves["order"] == order].sort_values("share")
        method, is_turned, _ = order.partition(f"_{TURNED}")
        colour = METHOD_COLOURS.get(method, INK)
        axes.plot(
            part["share"], part["score"], color=colour, linewidth=0.8 if is_turned else 1.3,
            linestyle=DOTTED if is_turned else "-", gid=f"{mode} {order}",
        )  # fmt: skip
    axes.set(xlim=(0, 1))
    axes.set_xlabel(f"Share of patches {'deleted' if mode == 'deletion' else 'inserted'}")
    axes.set_ylabel("Score of the predicted side")
    axes.set_title(mode.capitalize(), loc="left")
    _tidy(axes)


def _lowest(ranks: pd.DataFrame) -> float:
    """Lower end of both axes of similarities: everything drawn fits in."""
    others = ranks.loc[ranks["kind"] == "network", "low"].min()
    return float(min(-0.2, others - 0.05, ranks["mean"].min() - 0.05))


def _tidy(axes: Axes) -> None:
    axes.grid(axis="y", color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)


def _draw_key(figure: PaperFigure, made: Collection[str]) -> None:
    methods = [
        key_mark(
            METHOD_COLOURS[method], label, METHOD_MARKERS[method], size=3.6, linewidth=INTERVAL_PT,
            filled=method not in GRADIENTS, linestyle=DASHED if method in GRADIENTS else "-",
        )
        for method, label in {**METHODS, **GRADIENTS}.items()
        if method in made
    ]  # fmt: skip
    others = [
        key_line(INK, "random patches (c, d)", INTERVAL_PT),
        key_line(QUIET, "the map turned by half (c, d)", INTERVAL_PT, DOTTED),
    ]
    key_above(figure, [*methods, *others], 4, handlelength=2.6, columnspacing=1.8)
