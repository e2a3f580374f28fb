"""Fig. 5 of the aerial paper: on what land the maps fall, and where low and high SES live."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from incomelens.paper.aerial.inputs import H0_COLUMNS, PROBABILITY_COLUMNS, by_scheme, of_city
from incomelens.paper.aerial.names import (
    BASE_PROBABILITY,
    LEAST_TILES,
    METHODS,
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
from incomelens.paper.draw.style import (
    INK,
    PAGE_MM,
    QUIET,
    RULE,
    PaperFigure,
    axes_mm,
    figure_style,
    letter,
    new_figure,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name
from incomelens.paper.table import check_columns, rows

RANDOM_DIFFUSION = 1.0
LINE_MM, TOP_MM, BELOW_MM = 4.2, 16.0, 11.0
LABELS_MM, COUNTS_MM, COUNT_MM, RIGHT_MM = 35.0, 18.0, 9.0, 4.0
OFFSETS = {"low": -0.19, "high": 0.19}
BAND = "#f6f6f6"
NULL_COLOUR = "#e69f00"  # the paper's line is yellow, too
DASHED = (0, (4, 3))


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
    city, name : str
        Its key, and its name in print.
    schemes : sequence of str
        Of the tables of H0.
    """
    ratios = of_city(by_scheme(dict(zip(schemes, h0, strict=True)), H0_COLUMNS, "H0"), city, "H0")
    figure = ratios_figure(ratios, probabilities, city=name)
    return Exhibit(ratios, figure, more={"probabilities": probabilities})


def ratios_figure(ratios: pd.DataFrame, probabilities: pd.DataFrame, *, city: str) -> PaperFigure:
    """Draw activation ratios with the decision of H0, and the probabilities beside them.

    Parameters
    ----------
    ratios : DataFrame
        H0's rows of one city with a column ``scheme``; the main method under the main scheme is
        drawn.
    probabilities : DataFrame
        `topology/{city}/probabilities.csv`.
    city : str
        Its name in print.
    """
    check_columns(probabilities, PROBABILITY_COLUMNS, f"{city}, probabilities")
    scheme, method = main_scheme([*ratios["scheme"]]), main_method([*ratios["method"]])
    shown = ratios[(ratios["scheme"] == scheme) & (ratios["method"] == method)]
    lines = row_places()
    n_lines = len(lines) + len(published_groups())
    height = n_lines * LINE_MM
    width = (PAGE_MM - LABELS_MM - COUNTS_MM - COUNT_MM - RIGHT_MM) / 2
    with figure_style():
        figure = new_figure(PAGE_MM, TOP_MM + height + BELOW_MM)
        left = axes_mm(figure, LABELS_MM, TOP_MM, width, height)
        right_mm = LABELS_MM + width + COUNTS_MM + RIGHT_MM
        right = axes_mm(figure, right_mm, TOP_MM, width, height)
        _draw_ratios(left, shown, lines)
        _draw_probabilities(right, probabilities, lines)
        counts = axes_mm(figure, LABELS_MM + width, TOP_MM, COUNTS_MM, height)
        _write_counts(counts, shown, lines, {"low": 0.48, "high": 1.0})
        count = axes_mm(figure, right_mm + width, TOP_MM, COUNT_MM - 1.0, height)
        # The same tiles for both.
        _write_counts(count, probabilities, lines, {"low": 1.0})
        for axes in (left, counts, right, count):
            axes.set_ylim(n_lines - 0.5, -0.5)
        _write_classes(left, lines)
        letter(left, "a", left_mm=LABELS_MM - 1.0)
        letter(right, "b", left_mm=4.0)
        words = f"{METHODS.get(method, method)}, {folds_name(scheme)}"
        left.set_title(f"{city}: predicted, {words}", loc="left")
        right.set_title(f"{city}: observed", loc="left")
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
    limit = _upper_limit(table)
    for ses, offset in OFFSETS.items():
        of_ses = table[(table["ses"] == ses) & table["ratio"].notna()]
        for row in rows(of_ses):
            y = lines[row.urban_class] + offset
            tested = row.decision != TOO_FEW
            colour = SES_COLOURS[ses] if tested else QUIET
            low, high = row.block_ci_low, row.block_ci_high
            if tested:
                _interval(axes, y, low, high, limit, colour)
                axes.plot([row.expected_ratio] * 2, [y - 0.17, y + 0.17], color=INK, linewidth=0.6)
            if row.ratio > limit:
                continue
            axes.plot(
                row.ratio, y, SES_MARKERS[ses], color=colour, markersize=3.6 if tested else 2.4,
                markerfacecolor=colour if is_rejected(row.decision) else "white",
                markeredgewidth=0.8, zorder=3, gid=f"ratio {ses} {row.urban_class}",
            )  # fmt: skip
    axes.axvline(RANDOM_DIFFUSION, color=NULL_COLOUR, linewidth=1.2, zorder=1, gid="H0")
    axes.set_xlim(0.0, limit)
    axes.set_xlabel("Mean activation ratio x")
    _tidy(axes, lines)


def _interval(axes: Axes, y: float, low: float, high: float, limit: float, colour: str) -> None:
    if not np.isfinite([low, high]).all():
        return
    axes.hlines(y, min(low, limit), min(high, limit), colour, linewidth=1.1)
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
        own = len(places) > 1
        style = {"ha": "right", "va": "center", "color": SES_COLOURS[ses] if own else QUIET}
        axes.text(place, 0, f"n {ses}" if own else "n", fontsize=6, **style)
        for row in rows(table[table["ses"] == ses]):
            axes.text(place, lines[row.urban_class], f"{row.n:,}", fontsize=5.5, **style)


def _draw_probabilities(axes: Axes, table: pd.DataFrame, lines: dict[str, int]) -> None:
    for ses, offset in OFFSETS.items():
        for row in rows(table[(table["ses"] == ses) & table["probability"].notna()]):
            y = lines[row.urban_class] + offset
            enough = row.n >= LEAST_TILES
            colour = SES_COLOURS[ses] if enough else QUIET
            if enough:
                _interval(axes, y, row.block_ci_low, row.block_ci_high, 1.0, colour)
            axes.plot(
                row.probability, y, SES_MARKERS[ses], color=colour,
                markersize=3.6 if enough else 2.4, markerfacecolor=colour if enough else "white",
                markeredgewidth=0.8, zorder=3, clip_on=False,
                gid=f"probability {ses} {row.urban_class}",
            )  # fmt: skip
    axes.axvline(BASE_PROBABILITY, color=QUIET, linewidth=0.7, linestyle=DASHED, zorder=1)
    axes.set_xlim(0.0, 1.0)
    axes.set_xlabel("Share p̂ of tiles with the class that is of this SES")
    _tidy(axes, lines)


def _tidy(axes: Axes, lines: dict[str, int]) -> None:
    for names in published_groups().values():
        for name in names[::2]:
            axes.axhspan(lines[name] - 0.5, lines[name] + 0.5, color=BAND, linewidth=0, zorder=0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)


def _write_classes(axes: Axes, lines: dict[str, int]) -> None:
    labels = class_labels()
    axes.set_yticks(list(lines.values()), [labels[name] for name in lines])
    axes.tick_params(axis="y", length=0)
    for group, names in published_groups().items():
        axes.annotate(
            group.capitalize(), (0, lines[names[0]] - 1), xytext=(-2.5 - 92, 0),
            xycoords=("axes fraction", "data"), textcoords="offset points",
            va="center", ha="left", fontweight="bold", annotation_clip=False,
        )  # fmt: skip


def _draw_key(figure: PaperFigure) -> None:
    def marker(ses: str, label: str, *, filled: bool = True) -> Line2D:
        colour = SES_COLOURS[ses]
        return Line2D(
            [], [], color=colour, marker=SES_MARKERS[ses], markersize=4, linewidth=1.1,
            markerfacecolor=colour if filled else "white", label=label,
        )  # fmt: skip

    handles: Sequence[Line2D] = [
        marker("low", f"low SES ({SES_CLASSES['low']})"),
        marker("high", f"high SES ({SES_CLASSES['high']})"),
        marker("low", "open: H0 not rejected (a)", filled=False),
        Line2D(
            [], [], color=QUIET, marker="o", markersize=2.6, linewidth=0, markerfacecolor="white",
            label="too few tiles, not tested",
        ),
        Line2D([], [], color=NULL_COLOUR, linewidth=1.2, label="random diffusion (H0)"),
        Line2D(
            [], [], color=INK, marker="|", markersize=5, markeredgewidth=0.6, linewidth=0,
            label="expected under H0, maps turned",
        ),
        Line2D(
            [], [], color=QUIET, linewidth=0.7, linestyle=DASHED,
            label=f"two of five classes, {BASE_PROBABILITY:g}",
        ),
    ]  # fmt: skip
    figure.legend(
        handles=handles, loc="upper center", ncols=4, frameon=False,
        bbox_to_anchor=(0.5, 1.0), handlelength=2.2, columnspacing=1.8,
    )  # fmt: skip
