"""What each modality is worth to the image-and-price baselines: a table and a figure."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from incomelens.common.errors import InputError
from incomelens.paper.names import (
    LEVELS,
    MODALITIES,
    SCHEMES,
    SCORES,
    built_name,
    task_name,
    task_ranks,
)
from incomelens.paper.published import (
    INTERVAL_OF_FOLDS,
    PublishedTable,
    check_columns,
    estimate,
    rows,
)
from incomelens.paper.scheme_dots import DotLine, scheme_dots_figure

COLUMNS = [
    "case", "modality", "modalities", "level", "income", "model", "scheme", "n", "n_folds",
    "metric", "mean_of_folds", "folds_ci_low", "folds_ci_high", "pooled",
    "block_ci_low", "block_ci_high",
]  # fmt: skip
SHOWN = ("r2", "cod", "rmse_usd", "mae_usd")
DRAWN = "cod"


def ablation_table(ablation: pd.DataFrame, *, levels: Mapping[str, str] = LEVELS) -> PublishedTable:
    """Lay out the scores of one baseline on every set of modalities.

    Parameters
    ----------
    ablation : DataFrame
        `siamese/ablation.csv`.
    levels : mapping
        Level to its name in print.
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
                "Task": f"{task_name(level, income, levels)} (N = {group['n'].max():,})",
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
            f"Mean of {found['n_folds'].max():.0f} folds; {INTERVAL_OF_FOLDS}. All lines of a task "
            "learn from and predict the same districts, those that have every modality of the "
            "study. Intervals by spatial blocks, and scores of the pooled predictions, stand in "
            "the CSV.",
        ),
        blocks="Task",
        decimals={SCORES[metric].heading: SCORES[metric].decimals for metric in SHOWN},
    )


def ablation_figure(ablation: pd.DataFrame, *, levels: Mapping[str, str] = LEVELS) -> Figure:
    """Draw the coefficient of determination of one baseline on every set of modalities.

    Parameters
    ----------
    ablation : DataFrame
        `siamese/ablation.csv`.
    levels : mapping
        Level to its name in print.
    """
    found = _checked(ablation)
    found = found[found["metric"] == DRAWN]
    lines = [
        DotLine(case, _case_name(*case))
        for case in dict.fromkeys(zip(found["case"], found["modality"], strict=True))
    ]
    label = f"{SCORES[DRAWN].heading} (1: perfect, 0: no better than the mean)"
    keys = ("case", "modality")
    return scheme_dots_figure(found, lines, keys=keys, label=label, levels=levels)


def _checked(ablation: pd.DataFrame) -> pd.DataFrame:
    check_columns(ablation, COLUMNS, "siamese/ablation.csv")
    if ablation.empty:
        raise InputError(
            "siamese/ablation.csv: no rows; name a scheme of folds.schemes in "
            "siamese.ablation.schemes"
        )
    found = ablation.fillna({"modality": ""})
    schemes = {name: place for place, name in enumerate(SCHEMES)}
    tasks = task_ranks(zip(found["level"], found["income"], strict=True))
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
