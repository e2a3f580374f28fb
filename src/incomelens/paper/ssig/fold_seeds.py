"""Scores over the size of spatial blocks, each size under several seeds: a table and a figure."""

from collections.abc import Mapping
from string import ascii_lowercase

import pandas as pd
from matplotlib.axes import Axes

from incomelens.paper.draw.panels import heading, key_above, key_mark
from incomelens.paper.draw.style import PAGE_MM, QUIET, RULE, PaperFigure, paper_figure
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import (
    INCOMES,
    LEVELS,
    MODELS,
    MODES,
    SCORES,
    model_name,
    task_name,
)
from incomelens.paper.table import Estimate, Table, in_print_order

METRIC = "r2"
LEFT_MM, TOP_MM, HEIGHT_MM, GAP_MM, BELOW_MM = 13.0, 14.0, 48.0, 12.0, 16.0
# Okabe & Ito 2008, in the order of the models; a marker each besides.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#222222")
MARKERS = "osD^vPX"
NOTE = (
    "Mean over seeds of the mean of folds, in brackets the lowest and the highest seed. The first "
    "less it: mean difference on the same folds, with the 95 % interval of the corrected resampled "
    "t test (Nadeau & Bengio 2003) over all folds of all seeds. The more blocks, the smaller they "
    "are and the nearer training districts lie, outside the buffer. Other scores stand in the CSV."
)


def exhibit(summary: pd.DataFrame, *, levels: Mapping[str, str] = LEVELS) -> Exhibit:
    """Lay out and draw r² of every model over numbers of blocks, from `ssig/fold_seeds.csv`."""
    orders = {"level": levels, "income": INCOMES, "model": MODELS, "mode": MODES}
    numbers = in_print_order(summary.sort_values("n_blocks"), **orders)
    scores = numbers[numbers["metric"] == METRIC]
    table = Table(
        numbers=numbers,
        shown=_shown(scores, levels),
        caption=f"{SCORES[METRIC].heading} under spatial blocks of different size, "
        f"{summary['n_seeds'].max()} seeds each.",
        notes=(NOTE,),
        blocks="Task",
    )
    return Exhibit(table, _drawn(scores, levels))


def _shown(scores: pd.DataFrame, levels: Mapping[str, str]) -> pd.DataFrame:
    lines = []
    keys = ["level", "income", "model", "mode"]
    for (level, income, model, mode), group in scores.groupby(keys, sort=False):
        name = {"Task": task_name(level, income, levels), "Model": model_name(model, mode)}
        value = {
            f"{row.n_blocks} blocks": Estimate(row.mean, row.low, row.high)
            for row in group.itertuples(index=False)
        }
        lines.append({**name, "Shown": "score", **value})
        if group["ssig_minus"].notna().any():
            difference = {
                f"{row.n_blocks} blocks": Estimate(
                    row.ssig_minus, row.ssig_minus_ci_low, row.ssig_minus_ci_high
                )
                for row in group.itertuples(index=False)
            }
            lines.append({**name, "Shown": "the first less it", **difference})
    return pd.DataFrame(lines)


def _drawn(scores: pd.DataFrame, levels: Mapping[str, str]) -> PaperFigure:
    present = scores[["level", "income"]].drop_duplicates()
    tasks = list(present.itertuples(index=False, name=None))
    models = scores[["model", "mode"]].drop_duplicates().itertuples(index=False, name=None)
    styles = dict(zip(models, zip(COLOURS, MARKERS, strict=True), strict=False))
    columns = min(len(tasks), 2)
    width = (PAGE_MM - LEFT_MM - 3.0 - (columns - 1) * GAP_MM) / columns
    step = HEIGHT_MM + BELOW_MM
    with paper_figure(PAGE_MM, TOP_MM + -(-len(tasks) // columns) * step - 4.0) as figure:
        for number, (level, income) in enumerate(tasks):
            row, column = divmod(number, columns)
            left = LEFT_MM + column * (width + GAP_MM)
            axes = figure.panel(left, TOP_MM + row * step, width, HEIGHT_MM)
            of_task = scores[(scores["level"] == level) & (scores["income"] == income)]
            _draw_curves(axes, of_task, styles)
            heading(axes, ascii_lowercase[number], task_name(level, income, levels), x=0.04)
            if column == 0:
                axes.set_ylabel(SCORES[METRIC].heading)
        handles = [
            key_mark(colour, model_name(*key), marker, linewidth=1.0)
            for key, (colour, marker) in styles.items()
        ]
        key_above(figure, handles, min(len(handles), 4), handlelength=2.2, columnspacing=2.0)
    return figure


def _draw_curves(
    axes: Axes, scores: pd.DataFrame, styles: Mapping[tuple[str, str], tuple[str, str]]
) -> None:
    for key, (colour, marker) in styles.items():
        curve = scores[(scores["model"] == key[0]) & (scores["mode"] == key[1])]
        x = curve["n_blocks"]
        axes.fill_between(x, curve["low"], curve["high"], color=colour, alpha=0.13, linewidth=0)
        axes.plot(x, curve["mean"], color=colour, marker=marker, markersize=3.2, linewidth=1.0)
    sizes = sorted(scores["n_blocks"].unique())
    axes.set_xscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("Number of blocks (large blocks to the left)")
    axes.grid(color=RULE, linewidth=0.4)
    axes.tick_params(color=QUIET)
    axes.set_axisbelow(True)
