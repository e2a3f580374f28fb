"""Cross-validated scores as several exhibits of the district paper show them."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from incomelens.common.errors import listed
from incomelens.paper.names import INCOMES, MODELS, MODES, SCHEMES, SCORES, task_name
from incomelens.paper.reference import Reference
from incomelens.paper.table import estimate, in_print_order, number, rows

PAPER_SCHEME = "random"  # the folds behind the printed scores, as far as the text tells
INTERVAL_OF_FOLDS = (
    "in brackets its 95 % interval by leaving out one district at a time (jackknife), which means "
    "of folds of fewer than 20 districts do not have: those of the pooled score stand in the CSV"
)
ORDERS = {"income": INCOMES, "model": MODELS, "mode": MODES, "scheme": SCHEMES, "metric": SCORES}
Slots = Mapping[tuple[str, ...], float]


def main_scores(
    summary: pd.DataFrame, models: Iterable[str], levels: Iterable[str]
) -> pd.DataFrame:
    """Scores of some models in print order, without the sensitivity runs."""
    is_main = (
        (summary["variant"] == "main")
        & summary["model"].isin(list(models))
        & summary["metric"].isin([metric for metric in SCORES if not metric.startswith("width")])
    )
    scores = summary[is_main].drop(columns="variant")
    scores = scores.rename(columns={"mean_of_folds": "ours", "pooled": "ours_pooled"})
    return in_print_order(scores, level=levels, **ORDERS)


def paper_metrics(reference: Reference) -> dict[str, str]:
    """Our name of each printed score, in the paper's unit once that is known, and the slot's."""
    unit = reference.printed("ssig", "error_unit") or "usd"  # deviation `error_units`
    return {"r2": "r2", "cod": "cod", f"rmse_{unit}": "rmse", f"mae_{unit}": "mae"}


def printed_scores(
    reference: Reference, table: str, models: Iterable[str], levels: Iterable[str]
) -> Slots:
    """What `table_3` or `table_4` prints by level, income, model and our metric, or NaN."""
    return {
        (level, income, model, metric): number(reference.of_task(table, level, income, model, name))
        for level in levels
        for income in INCOMES
        for model in models
        for metric, name in paper_metrics(reference).items()
    }


def beside_printed(scores: pd.DataFrame, printed: Slots) -> pd.DataFrame:
    """Add the printed scores, where folds (and districts) are the paper's."""
    keys = scores[["level", "income", "model", "metric"]].itertuples(index=False, name=None)
    paper = pd.Series([printed.get(key, float("nan")) for key in keys], scores.index, dtype=float)
    as_printed = scores["scheme"] == PAPER_SCHEME
    if "sample" in scores:
        as_printed &= scores["sample"] == "own"
    return scores.assign(paper=paper.where(as_printed))


def with_empty_rows(
    scores: pd.DataFrame, models: Iterable[str], metrics: Iterable[str], **others: str
) -> pd.DataFrame:
    """Add a row for every printed score of a model that the run does not have.

    Parameters
    ----------
    scores : DataFrame
    models, metrics : iterable of str
        Whose rows have to be there, of every task of `scores`.
    others : str
        What the new rows say in further columns.
    """
    tasks = scores[["level", "income"]].drop_duplicates().to_dict("records")
    present = set(zip(scores["level"], scores["income"], scores["model"], strict=True))
    empty = [
        {**task, "model": model, "built_as": model, "metric": metric, "mode": "none", **others}
        for task in tasks
        for model in models
        if (*task.values(), model) not in present
        for metric in metrics
    ]
    return pd.DataFrame([*scores.to_dict("records"), *empty], columns=scores.columns)


def task_title(
    level: str, income: str, n: float, reference: Reference, levels: Mapping[str, str]
) -> str:
    """Name a task with its number of districts, ours and the paper's."""
    printed = reference.of_task("n_districts", level, income)
    paper = "" if printed is None else f"; paper {printed:,}"
    return f"{task_name(level, income, levels)} (N = {n:,.0f}{paper})"


def score_columns(metrics: Mapping[str, str]) -> dict[str, Any]:
    """Decimals and units of columns of scores.

    Parameters
    ----------
    metrics : mapping
        The metric of each column, by the column's heading.
    """
    scores = {heading: SCORES[metric] for heading, metric in metrics.items()}
    return {
        "decimals": {heading: score.decimals for heading, score in scores.items()},
        "units": {heading: score.unit for heading, score in scores.items() if score.unit},
    }


def headed(metrics: Iterable[str]) -> dict[str, str]:
    """Metrics by their headings."""
    return {SCORES[metric].heading: metric for metric in metrics}


def estimates(scores: pd.DataFrame, metrics: Mapping[str, str], column: str) -> dict[str, object]:
    """Scores by their headings: means of folds, held by `column`, with their intervals."""
    by_metric = {row.metric: row for row in rows(scores)}
    return {
        heading: estimate(by_metric.get(metric), column, interval="folds_ci")
        for heading, metric in metrics.items()
    }


def without_scores(models: Iterable[str], built: Iterable[str]) -> list[str]:
    """Note that names the models of which the run has no scores, where there are such."""
    missing = [MODELS[model] for model in models if model not in set(built)]
    return [f"Without scores of ours in this run: {listed(missing, most=9)}."] * bool(missing)
