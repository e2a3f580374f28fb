"""What each modality is worth to the image-and-price baselines: a table and a figure."""

from collections.abc import Mapping

import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.paper.draw.dots import DotLine, scheme_dots_figure
from incomelens.paper.draw.style import PaperFigure
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import (
    INCOMES,
    LEVELS,
    MODALITIES,
    MODELS,
    SCHEMES,
    SCORES,
    built_name,
    task_name,
)
from incomelens.paper.ssig.scores import INTERVAL_OF_FOLDS, estimates, headed, score_columns
from incomelens.paper.table import Table, in_print_order

COLUMNS = [
    "case", "modality", "modalities", "level", "income", "model", "scheme", "n", "n_folds",
    "metric", "mean_of_folds", "folds_ci_low", "folds_ci_high", "pooled",
    "block_ci_low", "block_ci_high",
]  # fmt: skip
SHOWN = ("r2", "cod", "rmse_usd", "mae_usd")
DRAWN = "cod"


def exhibit(ablation: pd.DataFrame, *, levels: Mapping[str, str] = LEVELS) -> Exhibit:
    """Lay out and draw the scores of one baseline on every set of modalities.

    From `siamese/ablation.csv`.
    """
    checked = _checked(ablation, levels)
    metrics = headed(SHOWN)
    models = listed(MODELS[name] for name in dict.fromkeys(checked["model"].str.split("-").str[0]))
    table = Table(
        numbers=checked[COLUMNS],
        shown=_shown(checked, metrics, levels),
        caption=f"What each modality is worth to the image-and-price baseline {models}.",
        notes=(
            f"Mean of {checked['n_folds'].max():.0f} folds; {INTERVAL_OF_FOLDS}. All lines of a "
            "task learn from and predict the same districts, those that have every modality of the "
            "study. Intervals by spatial blocks, and scores of the pooled predictions, stand in "
            "the CSV.",
        ),
        blocks="Task",
        **score_columns(metrics),
    )
    return Exhibit(table, _drawn(checked[checked["metric"] == DRAWN], levels, models))


def _shown(
    ablation: pd.DataFrame, metrics: Mapping[str, str], levels: Mapping[str, str]
) -> pd.DataFrame:
    keys = ["level", "income", "scheme", "case", "modality", "model"]
    lines = []
    for key, group in ablation.groupby(keys, sort=False, dropna=False):
        level, income, scheme, case, modality, model = key
        line = {
            "Task": f"{task_name(level, income, levels)} (N = {group['n'].max():,})",
            "Folds": SCHEMES[scheme],
            "The model reads": _case_name(case, modality),
            "Model": built_name(model),
        }
        lines.append(line | estimates(group, metrics, "mean_of_folds"))
    return pd.DataFrame(lines)


def _drawn(scores: pd.DataFrame, levels: Mapping[str, str], models: str) -> PaperFigure:
    lines = [
        DotLine(case, _case_name(*case))
        for case in dict.fromkeys(zip(scores["case"], scores["modality"], strict=True))
    ]
    label = f"{models}: {SCORES[DRAWN].heading} (1: perfect)"
    keys = ("case", "modality")
    return scheme_dots_figure(scores, lines, keys=keys, label=label, levels=levels)


def _checked(ablation: pd.DataFrame, levels: Mapping[str, str]) -> pd.DataFrame:
    if ablation.empty:
        raise InputError(
            "siamese/ablation.csv: no rows; name a scheme of folds.schemes in "
            "siamese.ablation.schemes"
        )
    filled = ablation.fillna({"modality": ""})
    return in_print_order(filled, level=levels, income=INCOMES, scheme=SCHEMES)


def _case_name(case: str, modality: str) -> str:
    if case == "all":
        return "Everything there is"
    return f"{MODALITIES[modality]} alone" if case == "alone" else f"No {_lower(modality)}"


def _lower(modality: str) -> str:
    name = MODALITIES[modality]
    return name[0].lower() + name[1:]
