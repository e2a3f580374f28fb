"""How far scores fall when folds get harder: every model under every scheme of folds."""

from collections.abc import Mapping

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.paper.draw.dots import DotLine, scheme_dots_figure
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import (
    GP_MODELS,
    LEVELS,
    MODELS,
    MODES,
    REFERENCES,
    SCORES,
    SHORT_NAMES,
    model_name,
)
from incomelens.paper.ssig.scores import main_scores

# The ablation is shown in one mode, the first of these that the study has.
ABLATION_MODES = ("optimised", "ard", "fixed_lengthscale", "literal")
NO_SKILL = {"cod": ", 0: no better than the mean", "r2": ", 0: unrelated"}


def exhibit(summary: pd.DataFrame, *, metric: str, levels: Mapping[str, str] = LEVELS) -> Exhibit:
    """Draw the scores of every model under random folds, spatial blocks and unseen areas.

    Parameters
    ----------
    summary : DataFrame
        `ssig/summary.csv`.
    metric : str
        `cod` or `r2`.
    """
    table = _dots(summary, metric, levels)
    names = {**MODELS, **SHORT_NAMES}
    lines = [
        DotLine((model, mode), model_name(model, mode, names=names), _family(model))
        for model, mode in dict.fromkeys(zip(table["model"], table["mode"], strict=True))
    ]
    label = f"{SCORES[metric].heading} (1: perfect{NO_SKILL.get(metric, '')})"
    figure = scheme_dots_figure(table, lines, keys=("model", "mode"), label=label, levels=levels)
    return Exhibit(table, figure)


def _dots(summary: pd.DataFrame, metric: str, levels: Mapping[str, str]) -> pd.DataFrame:
    """One row a dot, with its interval."""
    scores = main_scores(summary, [model for model in MODELS if model != "mean"], levels)
    mode = next((mode for mode in ABLATION_MODES if mode in set(scores["mode"])), None)
    is_drawn = (scores["metric"] == metric) & (
        (scores["model"] == "ssig") | ~scores["mode"].isin(list(MODES)) | (scores["mode"] == mode)
    )
    if not is_drawn.any():
        raise InputError(
            f"summary of scores: no row with the metric {metric!r}; expected cod or r2"
        )
    columns = ["level", "income", "model", "mode", "scheme", "n", "metric"]
    columns += ["ours_pooled", "ours", "block_ci_low", "block_ci_high"]
    table = scores.loc[is_drawn, columns].reset_index(drop=True)
    return table.rename(columns={"ours_pooled": "pooled", "ours": "mean_of_folds"})


def _family(model: str) -> str:
    if model == "ssig":
        return "ssig"
    return "ablation" if model in GP_MODELS else "reference" if model in REFERENCES else "baseline"
