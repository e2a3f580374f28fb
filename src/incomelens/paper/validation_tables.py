"""Cross-validated scores: Table 4 of the district paper, and all models under all folds."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from incomelens.common.errors import listed
from incomelens.paper.names import (
    GP_MODELS,
    LEVELS,
    MODELS,
    MODES,
    SCHEMES,
    SCORES,
    TASKS,
    model_name,
    task_name,
    task_ranks,
)
from incomelens.paper.published import (
    CONSTANT,
    EMPTY_SLOT,
    INTERVAL_OF_FOLDS,
    PublishedTable,
    check_columns,
    estimate,
    number,
    rows,
)
from incomelens.paper.reference import Reference

SUMMARY_COLUMNS = [
    "level", "income", "model", "mode", "variant", "scheme", "n", "n_folds", "metric",
    "mean_of_folds", "folds_ci_low", "folds_ci_high", "pooled", "ci_low", "ci_high",
    "block_ci_low", "block_ci_high",
]  # fmt: skip
PAPER_SCHEME = "random"  # the folds behind the printed scores, as far as the text tells
MODELS_TABLE_SCORES = {
    "r2": "r²",
    "cod": "CoD",
    "rmse_usd": "RMSE (USD)",
    "coverage_90": "90 % coverage",
}


def table_4(
    summary: pd.DataFrame, reference: Reference, *, levels: Mapping[str, str] = LEVELS
) -> PublishedTable:
    """Ablation: all inputs, socio-economic ones only, location only (Table 4).

    `levels` are the study's, with their names in print.
    """
    check_columns(summary, SUMMARY_COLUMNS, "summary of scores")
    models = list(GP_MODELS)
    scores = main_scores(summary, models)
    scheme = next(name for name in SCHEMES if name in set(scores["scheme"]))
    metrics = paper_metrics(reference)
    numbers = _with_empty_rows(scores, models, metrics, scheme)
    slots = {
        (level, income, model, metric, PAPER_SCHEME): number(
            reference.printed("ssig", "table_4", level, income, model, name)
        )
        for level, income in TASKS
        for model in models
        for metric, name in metrics.items()
    }
    keys = [numbers[key] for key in ("level", "income", "model", "metric", "scheme")]
    numbers["paper"] = [slots.get(key, float("nan")) for key in zip(*keys, strict=True)]
    of_scheme = numbers[numbers["scheme"] == scheme]
    missing = [MODELS[model] for model in models if model not in set(scores["model"])]
    return PublishedTable(
        numbers=numbers,
        shown=_validation_rows(of_scheme, slots, reference, models, list(metrics), levels),
        caption="Table 4. Results of ablation study (a fivefold validation).",
        notes=(
            f"Ours: mean of {of_scheme['n_folds'].max():.0f} folds ({SCHEMES[scheme]}); "
            f"{INTERVAL_OF_FOLDS}. After the comma, what of the Gaussian process was fitted: the "
            "paper prints l = 1 and names no fitting. "
            "Scores under other schemes of folds stand in the CSV and in the table of all models.",
            EMPTY_SLOT,
            *[f"Without scores of ours in this run: {listed(missing, most=9)}."] * bool(missing),
        ),
        blocks="Task",
        decimals={SCORES[metric].heading: SCORES[metric].decimals for metric in metrics},
    )


def paper_metrics(reference: Reference) -> dict[str, str]:
    """Our name of each printed score, in the paper's unit once that is known, and the slot's."""
    unit = reference.printed("ssig", "error_unit") or "usd"
    return {"r2": "r2", "cod": "cod", f"rmse_{unit}": "rmse", f"mae_{unit}": "mae"}


def _validation_rows(
    scores: pd.DataFrame,
    slots: dict[tuple[str, ...], float],
    reference: Reference,
    models: Sequence[str],
    metrics: Sequence[str],
    levels: Mapping[str, str],
) -> pd.DataFrame:
    found = {(row.level, row.income, row.model, row.mode, row.metric): row for row in rows(scores)}
    modes = scores.groupby(["level", "income", "model"])["mode"].unique()
    shown = []
    for level, income in scores[["level", "income"]].drop_duplicates().to_numpy().tolist():
        title = _task_title(level, income, scores, reference, levels)
        for model in models:
            keys = {m: (level, income, model, m, PAPER_SCHEME) for m in metrics}
            lines = {"paper": {m: slots.get(key, float("nan")) for m, key in keys.items()}}
            for mode in modes[level, income, model]:
                lines[f"ours, {MODES[mode]}" if mode in MODES else "ours"] = {
                    m: estimate(
                        found.get((level, income, model, mode, m)), "ours", interval="folds_ci"
                    )
                    for m in metrics
                }
            shown += [
                {"Task": title, "Model": MODELS[model] if values == "paper" else ""}
                | {"Values": values}
                | {SCORES[metric].heading: cell for metric, cell in cells.items()}
                for values, cells in lines.items()
            ]
    return pd.DataFrame(shown)


def _task_title(
    level: str,
    income: str,
    scores: pd.DataFrame,
    reference: Reference,
    levels: Mapping[str, str],
) -> str:
    ours = scores.loc[(scores["level"] == level) & (scores["income"] == income), "n"].max()
    paper = reference.of_task("n_districts", level, income)
    paper = "" if paper is None else f"; paper {paper:,}"
    return f"{task_name(level, income, levels)} (N = {ours:,.0f}{paper})"


def main_scores(summary: pd.DataFrame, models: Iterable[str]) -> pd.DataFrame:
    """Scores of some models in print order, without the sensitivity runs."""
    wanted = (
        (summary["variant"] == "main")
        & summary["model"].isin(list(models))
        & summary["metric"].isin([metric for metric in SCORES if not metric.startswith("width")])
    )
    scores = summary.loc[wanted, SUMMARY_COLUMNS].drop(columns="variant")
    return _in_print_order(
        scores.rename(columns={"mean_of_folds": "ours", "pooled": "ours_pooled"})
    )


def _in_print_order(scores: pd.DataFrame) -> pd.DataFrame:
    tasks = pd.Series(list(zip(scores["level"], scores["income"], strict=True)), scores.index)
    keys = {"task": (tasks, task_ranks(tasks)), "model": (scores["model"], MODELS)}
    keys |= {"mode": (scores["mode"], MODES), "scheme": (scores["scheme"], SCHEMES)}
    keys |= {"metric": (scores["metric"], SCORES)}
    ranks = pd.DataFrame(
        {
            key: column.map({name: place for place, name in enumerate(names)}).fillna(-1)
            for key, (column, names) in keys.items()
        }
    )
    return scores.loc[ranks.sort_values(list(ranks), kind="stable").index].reset_index(drop=True)


def _with_empty_rows(
    scores: pd.DataFrame, models: Iterable[str], metrics: Iterable[str], scheme: str
) -> pd.DataFrame:
    """Add a row for every printed score of a model that the run does not have."""
    absent = [model for model in models if model not in set(scores["model"])]
    tasks = scores[["level", "income"]].drop_duplicates().to_dict("records")
    empty = [
        {**task, "model": model, "mode": "none", "scheme": scheme, "metric": metric}
        for task in tasks
        for model in absent
        for metric in metrics
    ]
    records = [*scores.to_dict("records"), *empty]
    return _in_print_order(pd.DataFrame(records, columns=scores.columns))


def models_table(summary: pd.DataFrame, *, levels: Mapping[str, str] = LEVELS) -> PublishedTable:
    """Every model of this study under every scheme of folds (ours only).

    `levels` are the study's, with their names in print.
    """
    check_columns(summary, SUMMARY_COLUMNS, "summary of scores")
    scores = main_scores(summary, MODELS)
    found = scores.set_index(["level", "income", "model", "mode", "scheme", "metric"])
    found = found["ours_pooled"].to_dict()
    columns = {
        f"{heading}: {SCHEMES[scheme]}": (scheme, metric)
        for metric, heading in MODELS_TABLE_SCORES.items()
        for scheme in SCHEMES
        if scheme in set(scores["scheme"])
    }
    lines = scores[["level", "income", "model", "mode"]].drop_duplicates()
    shown = [
        {"Task": task_name(level, income, levels), "Model": model_name(model, mode)}
        | {
            column: found.get((level, income, model, mode, *key), float("nan"))
            for column, key in columns.items()
        }
        for level, income, model, mode in lines.to_numpy().tolist()
    ]
    return PublishedTable(
        numbers=_in_print_order(summary[SUMMARY_COLUMNS]),
        shown=pd.DataFrame(shown),
        caption="All models under all schemes of folds.",
        notes=(
            "Scores of the pooled out-of-fold predictions; means of folds, 95 % intervals and "
            "sensitivity runs stand in the CSV. Random: interpolation between neighbours. Spatial "
            "blocks: parts of the city without data. Unseen area: a whole area (borough) without "
            "data. 90 % coverage: share of districts whose income lies in the model's 90 % "
            "interval; a dash for models without intervals.",
            CONSTANT,
        ),
        blocks="Task",
        decimals={column: SCORES[metric].decimals for column, (_, metric) in columns.items()},
    )
