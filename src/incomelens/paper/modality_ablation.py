"""What each modality is worth to the image-and-price baselines: a table and a figure."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from incomelens.common.errors import InputError
from incomelens.paper.names import MODALITIES, SCHEMES, SCORES, TASKS, built_name, task_name
from incomelens.paper.published import PublishedTable, check_columns, estimate, rows
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

COLUMNS = [
    "case", "modality", "modalities", "level", "income", "model", "scheme", "n", "n_folds",
    "metric", "mean_of_folds", "folds_ci_low", "folds_ci_high", "pooled",
    "block_ci_low", "block_ci_high",
]  # fmt: skip
SHOWN = ("r2", "cod", "rmse_usd", "mae_usd")
DRAWN = "cod"
LEAST_SHOWN = -0.5
ROW_MM = 5.2


def ablation_table(ablation: pd.DataFrame) -> PublishedTable:
    """Lay out the scores of one baseline on every set of modalities.

    Parameters
    ----------
    ablation : DataFrame
        `siamese/ablation.csv`.
    """
    found = _checked(ablation)
    lines = []
    keys = ["level", "income", "scheme", "case", "modality", "model"]
    for (level, income, scheme, case, modality, model), group in found.groupby(
        keys, sort=False, dropna=False
    ):
        scores = {row.metric: row for row in rows(group)}
        lines.append(
            {
                "Task": f"{task_name(level, income)} (N = {group['n'].max():,})",
                "Folds": SCHEMES[scheme],
                "The model reads": _case_name(case, modality),
                "Model": built_name(model),
                **{
                    SCORES[metric].heading: estimate(
                        scores.get(metric), "mean_of_folds", interval="folds_ci"
                    )
                    for metric in SHOWN
                },
            }
        )
    return PublishedTable(
        numbers=found[COLUMNS],
        shown=pd.DataFrame(lines),
        caption="What each modality is worth to the image-and-price baselines.",
        notes=(
            f"Mean of {found['n_folds'].max():.0f} folds; in brackets its 95 % interval by "
            "resampling districts within folds. All lines of a task learn from and predict the "
            "same districts, those that have every modality of the study. Intervals by spatial "
            "blocks, and scores of the pooled predictions, stand in the CSV.",
        ),
        blocks="Task",
        decimals={SCORES[metric].heading: SCORES[metric].decimals for metric in SHOWN},
    )


def ablation_figure(ablation: pd.DataFrame) -> Figure:
    """Draw the coefficient of determination of one baseline on every set of modalities.

    Parameters
    ----------
    ablation : DataFrame
        `siamese/ablation.csv`.
    """
    found = _checked(ablation)
    found = found[found["metric"] == DRAWN]
    cases = list(dict.fromkeys(zip(found["case"], found["modality"], strict=True)))
    present = set(zip(found["level"], found["income"], strict=True))
    tasks = [task for task in TASKS if task in present]
    columns = min(len(tasks), 2)
    left, gap, top, below = 40.0, 6.0, 13.0, 11.0
    width = (PAGE_MM - left - 3.0 - (columns - 1) * gap) / columns
    height = ROW_MM * len(cases) + 3.0
    n_rows = -(-len(tasks) // columns)
    with figure_style():
        figure = new_figure(PAGE_MM, top + n_rows * (height + 11.0) - 11.0 + below)
        for place, task in enumerate(tasks):
            row, column = divmod(place, columns)
            axes = axes_mm(
                figure, left + column * (width + gap), top + row * (height + 11.0), width, height
            )
            of_task = found[(found["level"] == task[0]) & (found["income"] == task[1])]
            _draw_task(axes, of_task, cases, with_names=column == 0)
            letter(axes, "abcd"[place])
            axes.set_title(f"{task_name(*task)} (N = {of_task['n'].max():,.0f})", pad=4.5)
            if place >= len(tasks) - columns:
                axes.set_xlabel("CoD (1: perfect, 0: no better than the mean)")
        _draw_key(figure, [name for name in SCHEMES if name in set(found["scheme"])])
    return figure


def _checked(ablation: pd.DataFrame) -> pd.DataFrame:
    check_columns(ablation, COLUMNS, "siamese/ablation.csv")
    if ablation.empty:
        raise InputError(
            "siamese/ablation.csv: no rows; name a scheme of folds.schemes in "
            "siamese.ablation.schemes"
        )
    found = ablation.fillna({"modality": ""})
    schemes = {name: place for place, name in enumerate(SCHEMES)}
    tasks = {task: place for place, task in enumerate(TASKS)}
    order = [
        (tasks[row.level, row.income], schemes[row.scheme], place)
        for place, row in enumerate(rows(found))
    ]
    return found.iloc[[place for *_, place in sorted(order)]].reset_index(drop=True)


def _case_name(case: str, modality: str) -> str:
    if case == "all":
        return "Everything there is"
    return f"{MODALITIES[modality]} alone" if case == "alone" else f"No {_lower(modality)}"


def _lower(modality: str) -> str:
    name = MODALITIES[modality]
    return name[0].lower() + name[1:]


def _draw_task(
    axes: Axes, table: pd.DataFrame, cases: list[tuple[str, str]], *, with_names: bool
) -> None:
    schemes = [scheme for scheme in SCHEMES if scheme in set(table["scheme"])]
    offsets = np.linspace(-0.22, 0.22, len(schemes)) if len(schemes) > 1 else [0.0]
    places = {case: place for place, case in enumerate(cases)}
    for place in range(0, len(cases), 2):
        axes.axhspan(place - 0.5, place + 0.5, color="#f6f6f6", linewidth=0, zorder=0)
    axes.axvline(0.0, color=QUIET, linewidth=0.6, linestyle=(0, (4, 3)), zorder=1)
    for scheme, offset in zip(schemes, offsets, strict=True):
        of_scheme = table[table["scheme"] == scheme]
        y = offset + np.array(
            [places[case] for case in zip(of_scheme["case"], of_scheme["modality"], strict=True)]
        )
        value, low, high = (
            of_scheme[name].to_numpy(dtype=float).clip(LEAST_SHOWN + 0.02)
            for name in ("pooled", "block_ci_low", "block_ci_high")
        )
        colour = SCHEME_COLOURS[scheme]
        axes.hlines(y, low, high, colour, lw=1.1)
        axes.plot(
            value, y, SCHEME_MARKERS[scheme], color=colour,
            markersize=3.6, markeredgecolor="white", markeredgewidth=0.4, zorder=3,
        )  # fmt: skip
    axes.set(xlim=(LEAST_SHOWN, 1.0), ylim=(len(cases) - 0.5, -0.5))
    axes.set_xticks(np.arange(-0.4, 1.01, 0.2))
    names = [_case_name(*case) for case in cases] if with_names else []
    axes.set_yticks(range(len(cases)), names)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)


def _draw_key(figure: Figure, schemes: list[str]) -> None:
    handles = [
        Line2D(
            [], [], color=SCHEME_COLOURS[scheme], marker=SCHEME_MARKERS[scheme],
            markersize=4, linewidth=1.1, markeredgecolor="white", label=f"{SCHEMES[scheme]} folds",
        )
        for scheme in schemes
    ]  # fmt: skip
    figure.legend(
        handles=handles, loc="upper center", ncols=len(schemes), frameon=False,
        bbox_to_anchor=(0.5, 1.0), handlelength=2.2, columnspacing=2.5, fontsize=7,
    )  # fmt: skip
