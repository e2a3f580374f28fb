"""Figure: ratios of planted and other classes in every synthetic city, and hit rates by method."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from incomelens.paper.aerial.names import MAIN, class_labels, class_order, main_method
from incomelens.paper.draw.panels import (
    DOT,
    INTERVAL_PT,
    NULL_COLOUR,
    key_above,
    key_line,
    key_mark,
    lay_out_lines,
)
from incomelens.paper.draw.style import INK, PAGE_MM, QUIET, PaperFigure, letter, paper_figure
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import rows
from incomelens.paper.validation.names import (
    ALL_METHODS,
    BOTH,
    JUDGE,
    METHOD_COLOURS,
    METHOD_MARKERS,
    NOTHING,
    SHUFFLED,
    STYLES,
)

LINE_MM, TOP_MM, GAP_MM, BELOW_MM = 3.6, 14.0, 15.0, 11.0
LABELS_MM, RIGHT_MM, BETWEEN_MM = 33.0, 3.0, 8.0
HITS_MM = 34.0
PLANTED_COLOUR, OTHER_COLOUR = "#0072B2", "#8c8c8c"
LEAST, MOST = 0.25, 4.0
SES = ("low", "high")
KEY_COLUMNS, KEY_LINE_MM = 4, 4.0
BESIDE_METHODS = 4  # entries of the key
NETWORKS = {MAIN: "trained", SHUFFLED: "shuffled labels"}


def exhibit(ratios: pd.DataFrame, ranks: pd.DataFrame, hits: pd.DataFrame) -> Exhibit:
    """Draw what the study says of planted classes, and keep the ratios beside.

    Parameters
    ----------
    ratios : DataFrame
        `topology/planted_ratios.csv`; of judging cities with a signal the main method is drawn.
    ranks : DataFrame
        `topology/planted_ranks.csv`; for the number of cities.
    hits : DataFrame
        `topology/planted_hits.csv`.
    """
    return Exhibit(ratios, planted_figure(ratios, ranks, hits))


def planted_figure(ratios: pd.DataFrame, ranks: pd.DataFrame, hits: pd.DataFrame) -> PaperFigure:
    """Draw the ratios city by city, and how often a planted class comes first (see `exhibit`)."""
    ratios, ranks, hits = (table[table["role"] == JUDGE] for table in (ratios, ranks, hits))
    ratios = ratios[ratios["style"] != NOTHING]
    method = main_method([*ratios["method"]])
    drawn = ratios[(ratios["method"] == method) & ratios["network"].isin(NETWORKS)]
    styles = [style for style in STYLES if style in set(drawn["style"])]
    names = {style: _classes(drawn[drawn["style"] == style]) for style in styles}
    heights = [LINE_MM * len(names[style]) for style in styles]
    width = (PAGE_MM - LABELS_MM - RIGHT_MM - BETWEEN_MM) / 2
    methods = [name for name in ALL_METHODS if name in set(hits["method"])]
    # Two lines of the key fit above the panels.
    more_lines = max(-(-(BESIDE_METHODS + len(methods)) // KEY_COLUMNS) - 2, 0)
    first = TOP_MM + KEY_LINE_MM * more_lines
    total = first + sum(heights) + GAP_MM * len(styles) + HITS_MM + BELOW_MM
    with paper_figure(PAGE_MM, total) as figure:
        top = first
        for number, (style, height) in enumerate(zip(styles, heights, strict=True)):
            for column, ses in enumerate(SES):
                left = LABELS_MM + column * (width + BETWEEN_MM)
                axes = figure.panel(left, top, width, height)
                chosen = drawn[(drawn["style"] == style) & (drawn["ses"] == ses)]
                _draw_ratios(axes, chosen, names[style], with_names=column == 0)
                n_cities = ranks[ranks["style"] == style]["city"].nunique()
                axes.set_title(
                    f"{STYLES[style].capitalize()}, {ses} SES (cities: {n_cities})", loc="left"
                )
                if column == 0:
                    letter(axes, "ab"[number], left_mm=LABELS_MM - 1.0)
            top += height + GAP_MM
        for column, network in enumerate(NETWORKS):
            left = LABELS_MM + column * (width + BETWEEN_MM)
            axes = figure.panel(left, top, width, HITS_MM)
            chosen = hits[(hits["network"] == network) & (hits["ses"] != BOTH)]
            _draw_hits(axes, chosen, styles, with_names=column == 0)
            axes.set_title(f"A planted class comes first: {NETWORKS[network]}", loc="left")
            if column == 0:
                letter(axes, "abc"[len(styles)], left_mm=LABELS_MM - 1.0)
        _draw_key(figure, method, methods)
    return figure


def _classes(table: pd.DataFrame) -> list[str]:
    """Classes of a style, planted ones first."""
    planted = set(table.loc[table["planted"], "urban_class"])
    present = [name for name in class_order() if name in set(table["urban_class"])]
    return sorted(present, key=lambda name: name not in planted)


def _draw_ratios(
    axes: Axes, table: pd.DataFrame, names: Sequence[str], *, with_names: bool
) -> None:
    labels, place = class_labels(), {name: line for line, name in enumerate(names)}
    for (network, name), part in table.groupby(["network", "urban_class"], sort=False):
        offset, trained = (-0.18, True) if network == MAIN else (0.22, False)
        planted = bool(part["planted"].iloc[0])
        colour = PLANTED_COLOUR if planted else OTHER_COLOUR
        value = np.clip(part["ratio"] / part["expected_ratio"], LEAST, MOST)
        y = np.full(len(value), place[name] + offset)
        axes.plot(
            value, y, "o", color=colour, markersize=2.6, alpha=0.75, markeredgewidth=0.5,
            markerfacecolor=colour if trained else "white", linewidth=0,
            gid=f"{network} {name}",
        )  # fmt: skip
        axes.plot(
            [value.median()] * 2, [y[0] - 0.16, y[0] + 0.16], color=INK,
            linewidth=1.2 if trained else 0.7, zorder=4,
        )  # fmt: skip
    n_planted = int(pd.Series(names).isin(table.loc[table["planted"], "urban_class"]).sum())
    axes.axhline(n_planted - 0.5, color=QUIET, linewidth=0.5)
    axes.axvline(1.0, color=NULL_COLOUR, linewidth=1.2, zorder=1)
    axes.set(xscale="log", xlim=(LEAST * 0.92, MOST * 1.08))
    ticks = [0.25, 0.5, 1, 2, 4]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("Ratio x over its expectation under H0")
    lay_out_lines(axes, [labels[name] for name in names], with_names=with_names)


def _draw_hits(axes: Axes, table: pd.DataFrame, styles: Sequence[str], *, with_names: bool) -> None:
    methods = [name for name in ALL_METHODS if name in set(table["method"])]
    lines = [(style, ses) for style in styles for ses in SES]
    step = 0.8 / max(len(methods), 1)
    for row in rows(table[table["style"].isin(styles)]):
        line = lines.index((row.style, row.ses))
        y = line - 0.4 + step * (methods.index(row.method) + 0.5)
        colour = METHOD_COLOURS[row.method]
        axes.hlines(y, row.ci_low, row.ci_high, colour, linewidth=INTERVAL_PT)
        marker = METHOD_MARKERS[row.method]
        axes.plot(row.hit_rate, y, marker, color=colour, **DOT, clip_on=False)
        axes.plot([row.chance] * 2, [line - 0.45, line + 0.45], color=INK, linewidth=0.7)
    short = {"residential": "residential", "infrastructure_green": "trade, green"}
    names = [f"{short.get(style, style)}, {ses}" for style, ses in lines]
    lay_out_lines(axes, names, with_names=with_names, bands=False)
    axes.set_xlim(0, 1)
    axes.set_xlabel("Hit rate over cities, 95 % interval; black: by chance")


def _draw_key(figure: PaperFigure, method: str, methods: Sequence[str]) -> None:
    dot: dict[str, Any] = {"size": 3.6, "linewidth": 0}
    handles = [
        key_mark(PLANTED_COLOUR, f"planted: one dot a city, {ALL_METHODS[method]}", **dot),
        key_mark(OTHER_COLOUR, "not planted", **dot),
        key_mark(PLANTED_COLOUR, "open: shuffled labels", filled=False, **dot),
        key_line(NULL_COLOUR, "expected under H0", 1.2),
        *(
            key_mark(METHOD_COLOURS[name], f"{ALL_METHODS[name]} (c)", METHOD_MARKERS[name], **dot)
            for name in methods
        ),
    ]
    key_above(figure, handles, KEY_COLUMNS, handlelength=1.4, columnspacing=1.2)
