"""How far scores fall when folds get harder: every model under every scheme of folds."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from incomelens.common.errors import InputError
from incomelens.paper.names import (
    GP_MODELS,
    MODELS,
    MODES,
    REFERENCES,
    SCHEMES,
    SCORES,
    SHORT_NAMES,
    TASKS,
    model_name,
    task_name,
)
from incomelens.paper.published import check_columns
from incomelens.paper.style import (
    PAGE_MM,
    QUIET,
    RULE,
    SCHEME_COLOURS,
    SCHEME_MARKERS,
    axes_mm,
    figure_style,
    letter,
    new_figure,
)
from incomelens.paper.validation_tables import SUMMARY_COLUMNS, main_scores

# The ablation is shown in one mode, the first of these that the study has.
ABLATION_MODES = ("optimised", "ard", "fixed_lengthscale", "literal")
LEAST_SHOWN = -0.35
NO_SKILL = {"cod": ", 0: no better than the mean", "r2": ", 0: unrelated"}
ROW_MM = 5.2


def validation_table(summary: pd.DataFrame, *, metric: str) -> pd.DataFrame:
    """List what :func:`validation_figure` shows: one row a dot, with its interval.

    Parameters
    ----------
    summary : DataFrame
        `ssig/summary.csv`.
    metric : str
        `cod` or `r2`.
    """
    check_columns(summary, SUMMARY_COLUMNS, "summary of scores")
    scores = main_scores(summary, [model for model in MODELS if model != "mean"])
    mode = next((mode for mode in ABLATION_MODES if mode in set(scores["mode"])), None)
    shown = (scores["metric"] == metric) & (
        (scores["model"] == "ssig") | ~scores["mode"].isin(list(MODES)) | (scores["mode"] == mode)
    )
    if not shown.any():
        raise InputError(
            f"summary of scores: no row with the metric {metric!r}; expected cod or r2"
        )
    columns = ["level", "income", "model", "mode", "scheme", "n", "metric"]
    columns += ["ours_pooled", "ours", "block_ci_low", "block_ci_high"]
    table = scores.loc[shown, columns].reset_index(drop=True)
    return table.rename(columns={"ours_pooled": "pooled", "ours": "mean_of_folds"})


def validation_figure(table: pd.DataFrame) -> Figure:
    """Draw the scores of every model under random folds, spatial blocks and unseen areas.

    Parameters
    ----------
    table : DataFrame
        From :func:`validation_table`.
    """
    lines = list(dict.fromkeys(zip(table["model"], table["mode"], strict=True)))
    present = set(zip(table["level"], table["income"], strict=True))
    tasks = [task for task in TASKS if task in present]
    columns = min(len(tasks), 2)
    left, gap, top, below = 44.0, 6.0, 13.0, 11.0
    width = (PAGE_MM - left - 3.0 - (columns - 1) * gap) / columns
    height = ROW_MM * len(lines) + 3.0
    n_rows = -(-len(tasks) // columns)
    metric = table["metric"].iloc[0]
    heading = SCORES[metric].heading
    with figure_style():
        figure = new_figure(PAGE_MM, top + n_rows * (height + 11.0) - 11.0 + below)
        for place, task in enumerate(tasks):
            row, column = divmod(place, columns)
            axes = axes_mm(
                figure, left + column * (width + gap), top + row * (height + 11.0), width, height
            )
            of_task = table[(table["level"] == task[0]) & (table["income"] == task[1])]
            _draw_task(axes, of_task, lines, with_names=column == 0)
            letter(axes, "abcd"[place])
            axes.set_title(f"{task_name(*task)} (N = {of_task['n'].max():,.0f})", pad=4.5)
            if place >= len(tasks) - columns:
                axes.set_xlabel(f"{heading} (1: perfect{NO_SKILL.get(metric, '')})")
        _draw_key(figure, [name for name in SCHEMES if name in set(table["scheme"])])
    return figure


def _draw_task(
    axes: Axes, table: pd.DataFrame, lines: list[tuple[str, str]], *, with_names: bool
) -> None:
    schemes = [scheme for scheme in SCHEMES if scheme in set(table["scheme"])]
    offsets = np.linspace(-0.26, 0.26, len(schemes)) if len(schemes) > 1 else [0.0]
    places = {line: place for place, line in enumerate(lines)}
    y = np.array([places[line] for line in zip(table["model"], table["mode"], strict=True)])
    for place in range(0, len(lines), 2):
        axes.axhspan(place - 0.5, place + 0.5, color="#f6f6f6", linewidth=0, zorder=0)
    for line, place in places.items():
        if place and _family(line[0]) != _family(lines[place - 1][0]):
            axes.axhline(place - 0.5, color=QUIET, linewidth=0.5, zorder=1)
    axes.axvline(0.0, color=QUIET, linewidth=0.6, linestyle=(0, (4, 3)), zorder=1)
    for scheme, offset in zip(schemes, offsets, strict=True):
        of_scheme = (table["scheme"] == scheme).to_numpy()
        rows = table[of_scheme]
        _draw_dots(axes, rows, y[of_scheme] + offset, scheme)
    axes.set(xlim=(LEAST_SHOWN, 1.0), ylim=(len(lines) - 0.5, -0.5))
    axes.set_xticks(np.arange(-0.2, 1.01, 0.2))
    axes.set_yticks(range(len(lines)), [_name(*line) for line in lines] if with_names else [])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)


def _draw_dots(axes: Axes, rows: pd.DataFrame, y: np.ndarray, scheme: str) -> None:
    colour, value = SCHEME_COLOURS[scheme], rows["pooled"].to_numpy(dtype=float)
    low, high = (rows[f"block_ci_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    inside = value >= LEAST_SHOWN
    axes.hlines(y[inside], np.maximum(low, LEAST_SHOWN)[inside], high[inside], colour, lw=1.1)
    axes.plot(
        value[inside], y[inside], SCHEME_MARKERS[scheme], color=colour,
        markersize=3.6, markeredgecolor="white", markeredgewidth=0.4, zorder=3,
    )  # fmt: skip
    for below, at in zip(value[~inside], y[~inside], strict=True):
        axes.plot(LEAST_SHOWN + 0.02, at, "<", color=colour, markersize=3.2, zorder=3)
        axes.annotate(
            f"{below:.2f}".replace("-", "−"), (LEAST_SHOWN + 0.02, at), xytext=(4, -0.3),
            textcoords="offset points", va="center", fontsize=6, color=colour,
        )  # fmt: skip


def _name(model: str, mode: str) -> str:
    return model_name(model, mode, names={**MODELS, **SHORT_NAMES})


def _family(model: str) -> str:
    if model == "ssig":
        return "ssig"
    return "ablation" if model in GP_MODELS else "reference" if model in REFERENCES else "baseline"


def _draw_key(figure: Figure, schemes: list[str]) -> None:
    meaning = {
        "random": "random folds",
        "block": "spatial blocks",
        "area": "one area (borough) left out",
    }
    handles = [
        Line2D(
            [], [], color=SCHEME_COLOURS[scheme], marker=SCHEME_MARKERS[scheme],
            markersize=4, linewidth=1.1, markeredgecolor="white", label=meaning[scheme],
        )
        for scheme in schemes
    ]  # fmt: skip
    figure.legend(
        handles=handles, loc="upper center", ncols=len(schemes), frameon=False,
        bbox_to_anchor=(0.5, 1.0), handlelength=2.2, columnspacing=2.5, fontsize=7,
    )  # fmt: skip
