"""Table 4 of the district paper: all inputs, socio-economic ones only, location only."""

from collections.abc import Mapping

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import GP_MODELS, LEVELS, MODELS, MODES, SCHEMES
from incomelens.paper.reference import Reference
from incomelens.paper.ssig.scores import (
    INTERVAL_OF_FOLDS,
    ORDERS,
    Slots,
    beside_printed,
    estimates,
    headed,
    main_scores,
    paper_metrics,
    printed_scores,
    score_columns,
    task_title,
    with_empty_rows,
    without_scores,
)
from incomelens.paper.table import EMPTY_SLOT, Table, in_print_order


def exhibit(
    summary: pd.DataFrame, reference: Reference, *, levels: Mapping[str, str] = LEVELS
) -> Exhibit:
    """Set the scores of the ablation beside the paper's, from `ssig/summary.csv`."""
    scores = main_scores(summary, GP_MODELS, levels)
    scheme = next(name for name in SCHEMES if name in set(scores["scheme"]))
    metrics = paper_metrics(reference)
    printed = printed_scores(reference, "table_4", GP_MODELS, levels)
    numbers = with_empty_rows(scores, GP_MODELS, metrics, scheme=scheme)
    numbers = beside_printed(in_print_order(numbers, level=levels, **ORDERS), printed)
    of_paper = numbers[numbers["scheme"] == scheme]
    table = Table(
        numbers=numbers,
        shown=_shown(of_paper, printed, reference, levels),
        caption="Table 4. Results of ablation study (a fivefold validation).",
        notes=(
            f"Ours: mean of {of_paper['n_folds'].max():.0f} folds ({SCHEMES[scheme]}); "
            f"{INTERVAL_OF_FOLDS}. After the comma, what of the Gaussian process was fitted: the "
            "paper prints l = 1 and names no fitting. "
            "Scores under other schemes of folds stand in the CSV and in the table of all models.",
            EMPTY_SLOT,
            *without_scores(GP_MODELS, scores["model"]),
        ),
        blocks="Task",
        whose="Values",
        **score_columns(headed(metrics)),
    )
    return Exhibit(table)


def _shown(
    scores: pd.DataFrame, printed: Slots, reference: Reference, levels: Mapping[str, str]
) -> pd.DataFrame:
    """A line of the paper's and one of ours a mode, for every task and model."""
    metrics = headed(paper_metrics(reference))
    lines = []
    for (level, income), task_scores in scores.groupby(["level", "income"], sort=False):
        title = task_title(level, income, task_scores["n"].max(), reference, levels)
        for model, model_scores in task_scores.groupby("model", sort=False):
            paper = {name: printed[level, income, model, m] for name, m in metrics.items()}
            lines.append({"Task": title, "Model": MODELS[model], "Values": "paper", **paper})
            for mode, mode_scores in model_scores.groupby("mode", sort=False):
                ours = estimates(mode_scores, metrics, "ours")
                values = f"ours, {MODES[mode]}" if mode in MODES else "ours"
                lines.append({"Task": title, "Model": "", "Values": values, **ours})
    return pd.DataFrame(lines)
