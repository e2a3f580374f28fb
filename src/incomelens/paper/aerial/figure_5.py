"""Fig. 5 of the aerial paper: on what land the maps fall, and where low and high SES live."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from incomelens.paper.aerial.inputs import by_scheme, of_city
from incomelens.paper.aerial.names import (
    BASE_PROBABILITY,
    LEAST_TILES,
    METHODS,
    PAPERS_METHOD,
    SES_CLASSES,
    SES_COLOURS,
    SES_MARKERS,
    TOO_FEW,
    class_labels,
    is_rejected,
    main_method,
    main_scheme,
    published_groups,
)
from incomelens.paper.draw.panels import (
    BAND,
    DASHED,
    INTERVAL_PT,
    NULL_COLOUR,
    key_above,
    key_line,
    key_mark,
    vertical_grid,
)
from incomelens.paper.draw.style import INK, PAGE_MM, QUIET, PaperFigure, letter, paper_figure
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name
from incomelens.paper.table import rows

RANDOM_DIFFUSION = 1.0
LINE_MM, TOP_MM, BELOW_MM = 4.2, 16.0, 11.0
LABELS_MM, COUNTS_MM, COUNT_MM, RIGHT_MM = 35.0, 18.0, 9.0, 4.0
OFFSETS = {"low": -0.19, "high": 0.19}


def exhibit(
    h0: Sequence[pd.DataFrame],
    probabilities: pd.DataFrame,
    *,
    city: str,
    name: str,
    schemes: Sequence[str],
) -> Exhibit:
    """Draw the activation ratios of one city, and where low and high SES live.

    Deviation `figure_5_caption`.

    Parameters
    ----------
    h0 : sequence of DataFrame
        `topology/h0-{scheme}.csv` of every scheme.
    probabilities : DataFrame
        `topology/{city}/probabilities.csv`.
    """
    ratios = of_city(by_scheme(h0, schemes, "H0"), city, "H0")
    figure = ratios_figure(ratios, probabilities, city=name)
    return Exhibit(ratios, figure, more={"probabilities": probabilities})


def ratios_figure(ratios: pd.DataFrame, probabilities: pd.DataFrame, *, city: str) -> PaperFigure:
    """Draw activation ratios with the decision of H0, and the probabilities beside them.

    Where the study's method is not the paper's, both stand side by side.
    """
    scheme, lines = main_scheme([*ratios["scheme"]]), row_places()
    by_method = dict(list(ratios[ratios["scheme"] == scheme].groupby("method", sort=False)))
    main = main_method([*by_method])
    methods = [name for name in dict.fromkeys([main, PAPERS_METHOD]) if name in by_method]
    n_lines = len(lines) + len(published_groups())
    height, n_panels = n_lines * LINE_MM, len(methods) + 1
    free = PAGE_MM - LABELS_MM - COUNTS_MM - COUNT_MM - (n_panels - 1) * RIGHT_MM
    width = free / n_panels
    # Two methods leave too little room for everything in one line.
    apart, top = (" ", TOP_MM) if len(methods) == 1 else ("\n", TOP_MM + LINE_MM)
    with paper_figure(PAGE_MM, top + height + BELOW_MM) as figure:
        lefts = [LABELS_MM + place * (width + RIGHT_MM) for place in range(n_panels)]
        lefts[-1] += COUNTS_MM
        panels = [figure.panel(left, top, width, height) for left in lefts]
        for axes, name in zip(panels, methods, strict=False):
            _draw_ratios(axes, by_method[name], lines)
            axes.set_title(METHODS.get(name, name), loc="left")
        words = f"{city}, {folds_name(scheme)}:{apart}{METHODS.get(main, main)}"
        panels[0].set_title(words, loc="left")
        _draw_probabilities(panels[-1], probabilities, lines)
        panels[-1].set_title(f"{city}:{apart}observed", loc="left")
        # The same tiles for every method, and for both SES groups of those observed.
        counts = figure.panel(lefts[-2] + width, top, COUNTS_MM, height)
        _write_counts(counts, by_method[main], lines, {"low": 0.48, "high": 1.0})
        count = figure.panel(lefts[-1] + width, top, COUNT_MM - 1.0, height)
        _write_counts(count, probabilities, lines, {"low": 1.0})
        for axes in (*panels, counts, count):
            axes.set_ylim(n_lines - 0.5, -0.5)
        _write_classes(panels[0], lines)
        for axes, name in zip(panels, "abc", strict=False):
            letter(axes, name, left_mm=LABELS_MM - 1.0 if name == "a" else 4.0)
        _draw_key(figure)
    return figure


def row_places() -> dict[str, int]:
    """Line of every published class in the figure; each group has one before it for its name."""
    places, line = {}, 0
    for names in published_groups().values():
        line += 1
        for name in names:
            places[name] = line
            line += 1
    return places


def _draw_ratios(axes: Axes, table: pd.DataFrame, lines: dict[str, int]) -> None:
    limit, decision = _upper_limit(table), table["decision"]
    dots = table.assign(enough=decision != TOO_FEW, filled=decision.map(is_rejected))
    _draw_dots(axes, dots, lines, "ratio", limit)
    axes.axvline(RANDOM_DIFFUSION, color=NULL_COLOUR, linewidth=1.2, zorder=1, gid="H0")
    axes.set_xlabel("Mean activation ratio x")


def _draw_probabilities(axes: Axes, table: pd.DataFrame, lines: dict[str, int]) -> None:
    enough = table["n"] >= LEAST_TILES
    _draw_dots(axes, table.assign(enough=enough, filled=enough), lines, "probability", 1.0)
    axes.axvline(BASE_PROBABILITY, color=QUIET, linewidth=0.7, linestyle=DASHED, zorder=1)
    axes.set_xlabel("Share p̂ of tiles of this SES")


def _draw_dots(
    axes: Axes, table: pd.DataFrame, lines: dict[str, int], column: str, limit: float
) -> None:
    """Draw a dot a class and SES; grey and small without enough tiles, those beyond `limit` not."""
    axes.set_xlim(0.0, limit)
    _tidy(axes, lines)
    for ses, offset in OFFSETS.items():
        for row in rows(table[(table["ses"] == ses) & table[column].notna()]):
            y, value = lines[row.urban_class] + offset, getattr(row, column)
            colour = SES_COLOURS[ses] if row.enough else QUIET
            if row.enough:
                _interval(axes, y, row.block_ci_low, row.block_ci_high, limit, colour)
            if row.enough and column == "ratio":
                axes.plot([row.expected_ratio] * 2, [y - 0.17, y + 0.17], color=INK, linewidth=0.6)
            if value <= limit:
                axes.plot(
                    value, y, SES_MARKERS[ses], color=colour, markeredgewidth=0.8, zorder=3,
                    markersize=3.6 if row.enough else 2.4, clip_on=column == "ratio",
                    markerfacecolor=colour if row.filled else "white",
                    gid=f"{column} {ses} {row.urban_class}",
                )  # fmt: skip


def _interval(axes: Axes, y: float, low: float, high: float, limit: float, colour: str) -> None:
    if not np.isfinite([low, high]).all():
        return
    axes.hlines(y, min(low, limit), min(high, limit), colour, linewidth=INTERVAL_PT)
    if high > limit:  # an arrow, for an interval that leaves the picture
        axes.plot(limit, y, ">", color=colour, markersize=3, clip_on=False, zorder=4)


def _upper_limit(table: pd.DataFrame) -> float:
    """End of the axis: all tested ratios fit in, and most of their intervals."""
    tested = table[table["decision"] != TOO_FEW]
    ratio, high = tested["ratio"].max(), tested["block_ci_high"].max()
    ends = [2.0, *(value for value in (1.05 * ratio,) if np.isfinite(value))]
    if np.isfinite(high):
        ends.append(min(1.05 * high, 1.5 * ratio))
    return float(max(ends))


def _write_counts(
    axes: Axes, table: pd.DataFrame, lines: dict[str, int], places: Mapping[str, float]
) -> None:
    """Write how many tiles stand behind each dot, a column an SES, or one where they are equal."""
    axes.set_xlim(0, 1)
    axes.set_axis_off()
    for ses, place in places.items():
        both_ses = len(places) > 1
        style: dict[str, Any] = {
            "ha": "right",
            "va": "center",
            "color": SES_COLOURS[ses] if both_ses else QUIET,
        }
        axes.text(place, 0, f"n {ses}" if both_ses else "n", fontsize=6, **style)
        for row in rows(table[table["ses"] == ses]):
            axes.text(place, lines[row.urban_class], f"{row.n:,}", fontsize=5.5, **style)


def _tidy(axes: Axes, lines: dict[str, int]) -> None:
    for names in published_groups().values():
        for name in names[::2]:
            axes.axhspan(lines[name] - 0.5, lines[name] + 0.5, color=BAND, linewidth=0, zorder=0)
    axes.set_yticks([])
    vertical_grid(axes)


def _write_classes(axes: Axes, lines: dict[str, int]) -> None:
    labels = class_labels()
    axes.set_yticks(list(lines.values()), [labels[name] for name in lines])
    for group, names in published_groups().items():
        axes.annotate(
            group.capitalize(), (0, lines[names[0]] - 1), xytext=(-2.5 - 92, 0),
            xycoords=("axes fraction", "data"), textcoords="offset points",
            va="center", ha="left", fontweight="bold", annotation_clip=False,
        )  # fmt: skip


def _draw_key(figure: PaperFigure) -> None:
    ses = [
        key_mark(SES_COLOURS[key], label, SES_MARKERS[key], filled=filled, linewidth=INTERVAL_PT)
        for key, label, filled in (
            ("low", f"low SES ({SES_CLASSES['low']})", True),
            ("high", f"high SES ({SES_CLASSES['high']})", True),
            ("low", "open: H0 not rejected", False),
        )
    ]
    handles = [
        *ses,
        key_mark(QUIET, "too few tiles, not tested", size=2.6, filled=False, linewidth=0),
        key_line(NULL_COLOUR, "random diffusion (H0)", 1.2),
        key_mark(
            INK, "expected under H0, maps of others", "|", size=5, markeredgewidth=0.6, linewidth=0
        ),
        key_line(QUIET, f"two of five classes, {BASE_PROBABILITY:g}", 0.7, DASHED),
    ]
    key_above(figure, handles, 4, handlelength=2.2, columnspacing=1.8)
