"""Table 3 of the district paper: SSIG and the five image-and-price baselines.

The paper's baselines cover fewer districts than its SSIG. Ours are scored twice, on the districts
that a model covers and on those that all models do, and under spatial folds beside random ones.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from incomelens.common.errors import listed
from incomelens.paper.names import (
    BASELINE_VARIANTS,
    BASELINES,
    LACKING,
    LEVELS,
    MODELS,
    MODES,
    SCHEMES,
    SCORES,
    TASKS,
    built_name,
    task_name,
    task_ranks,
)
from incomelens.paper.published import (
    EMPTY_SLOT,
    INTERVAL_OF_FOLDS,
    PublishedTable,
    check_columns,
    estimate,
    number,
    rows,
)
from incomelens.paper.reference import Reference
from incomelens.paper.validation_tables import PAPER_SCHEME, SUMMARY_COLUMNS, paper_metrics

ROWS = ["ssig", *BASELINES]
SHOWN_SCHEMES = ("random", "block")
SAMPLES = {"own": "own", "common": "common"}
LINE = ["level", "income", "model", "built_as", "mode", "variant", "scheme", "sample"]
NUMBERS = [
    *LINE, "modalities", "n", "n_folds", "metric", "ours", "folds_ci_low", "folds_ci_high",
    "ours_pooled", "ci_low", "ci_high", "block_ci_low", "block_ci_high",
]  # fmt: skip


def table_3(
    summary: pd.DataFrame,
    reference: Reference,
    baselines: pd.DataFrame | None = None,
    *,
    levels: Mapping[str, str] = LEVELS,
) -> PublishedTable:
    """Five-fold validation of SSIG and the five baselines (Table 3).

    Parameters
    ----------
    summary : DataFrame
        `ssig/summary.csv`.
    reference : Reference
    baselines : DataFrame, optional
        `siamese/summary.csv`; None where the study has no modality, so that no baseline was built.
    levels : mapping
        Level to its name in print.
    """
    check_columns(summary, SUMMARY_COLUMNS, "summary of scores")
    metrics = paper_metrics(reference)
    scores = _scores(summary, baselines)
    schemes = [name for name in SHOWN_SCHEMES if name in set(scores["scheme"])]
    schemes = schemes or [next(name for name in SCHEMES if name in set(scores["scheme"]))]
    numbers = _with_paper(_with_empty_rows(scores, list(metrics), schemes[0]), reference)
    built = set(scores["model"])
    missing = [MODELS[name] for name in BASELINES if name not in built]
    return PublishedTable(
        numbers=numbers,
        shown=_shown(numbers[numbers["scheme"].isin(schemes)], reference, metrics, levels),
        caption="Table 3. Results of a fivefold validation on SSIG and other baselines.",
        notes=(
            f"Ours: mean of {scores['n_folds'].max():.0f} folds; {INTERVAL_OF_FOLDS}. SSIG: after "
            "the comma, what of the Gaussian process was fitted; the paper prints l = 1 and names "
            "no fitting. Folds: random, as the paper's are taken to be, and spatial blocks, parts "
            "of the city without data; further schemes stand in the CSV. Districts: own, all that "
            "a model covers; common, those that every model of the task covers, nothing being "
            "fitted anew.",
            *[_baselines_note(scores)] * bool(built & set(BASELINES)),
            EMPTY_SLOT,
            *[f"Without scores of ours in this run: {listed(missing, most=9)}."] * bool(missing),
        ),
        blocks="Task",
        decimals={"N": 0} | {SCORES[m].heading: SCORES[m].decimals for m in metrics},
    )


def _baselines_note(scores: pd.DataFrame) -> str:
    of_baselines = scores[scores["model"].isin(list(BASELINES))]
    readings = listed(of_baselines["mode"].unique())
    note = (
        f"The baselines' source is known in outline only: {readings} is our documented reading of "
        "it (see the table of deviations)."
    )
    lacking = {part for name in of_baselines["built_as"] for part in name.split("-")[1:]}
    meanings = [f"{part}: without {LACKING[part]}" for part in LACKING if part in lacking]
    if meanings:
        note += f" A name says what a model lacks in this study ({'; '.join(meanings)})."
    return note


def _scores(summary: pd.DataFrame, baselines: pd.DataFrame | None) -> pd.DataFrame:
    """Scores of SSIG and of the baselines, one row a score, in print order."""
    if baselines is None or baselines.empty:
        wanted = (summary["model"] == "ssig") & (summary["variant"] == "main")
        found = summary.loc[wanted, SUMMARY_COLUMNS].assign(sample="own", modalities="census")
    else:
        check_columns(baselines, [*SUMMARY_COLUMNS, "sample", "modalities"], "siamese/summary.csv")
        found = baselines.copy()
    found = found[found["metric"].isin([name for name in SCORES if not name.startswith("width")])]
    found = found.assign(built_as=found["model"], model=found["model"].str.split("-").str[0])
    found = found.rename(columns={"mean_of_folds": "ours", "pooled": "ours_pooled"})
    return _in_print_order(found[NUMBERS])


def _in_print_order(scores: pd.DataFrame) -> pd.DataFrame:
    orders = {
        "model": ROWS,
        "mode": MODES,
        "variant": BASELINE_VARIANTS,
        "scheme": SCHEMES,
        "sample": SAMPLES,
        "metric": SCORES,
    }
    ranks = {name: _ranks(scores[name], known) for name, known in orders.items()}
    tasks = pd.Series(list(zip(scores["level"], scores["income"], strict=True)), scores.index)
    ranks = pd.DataFrame({"task": tasks.map(task_ranks(tasks)), **ranks})
    return scores.loc[ranks.sort_values(list(ranks), kind="stable").index].reset_index(drop=True)


def _ranks(column: pd.Series, known: Iterable) -> pd.Series:
    return column.map({name: place for place, name in enumerate(known)}).fillna(-1)


def _with_empty_rows(scores: pd.DataFrame, metrics: list[str], scheme: str) -> pd.DataFrame:
    """Add a row for every printed score of a model that the run does not have."""
    tasks = scores[["level", "income"]].drop_duplicates().to_dict("records")
    there = set(zip(scores["level"], scores["income"], scores["model"], strict=True))
    empty = [
        {**task, "model": model, "built_as": model, "mode": "none", "variant": "main"}
        | {"scheme": scheme, "sample": "own", "metric": metric}
        for task in tasks
        for model in ROWS
        if (task["level"], task["income"], model) not in there
        for metric in metrics
    ]
    records = [*scores.to_dict("records"), *empty]
    return _in_print_order(pd.DataFrame(records, columns=scores.columns))


def _with_paper(numbers: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    """Set the printed scores beside ours on own districts under the paper's folds."""
    slots = {
        (level, income, model, metric, PAPER_SCHEME, "own"): number(
            reference.printed("ssig", "table_3", level, income, model, name)
        )
        for level, income in TASKS
        for model in ROWS
        for metric, name in paper_metrics(reference).items()
    }
    keys = [numbers[key] for key in ("level", "income", "model", "metric", "scheme", "sample")]
    found = [slots.get(key, float("nan")) for key in zip(*keys, strict=True)]
    return numbers.assign(paper=found)


def _shown(
    numbers: pd.DataFrame,
    reference: Reference,
    metrics: dict[str, str],
    levels: Mapping[str, str],
) -> pd.DataFrame:
    lines = []
    for (level, income), of_task in numbers.groupby(["level", "income"], sort=False):
        n_paper = reference.of_task("n_districts", level, income)
        n_paper = "" if n_paper is None else f"; paper {n_paper:,}"
        title = f"{task_name(level, income, levels)} (N = {of_task['n'].max():,.0f}{n_paper})"
        for model, of_model in of_task.groupby("model", sort=False):
            printed = {
                SCORES[metric].heading: number(
                    reference.of_task("table_3", level, income, model, name)
                )
                for metric, name in metrics.items()
            }
            empty = {"Folds": None, "Districts": None, "N": None}
            paper = {"Task": title, "Model": MODELS[model], "Values": "paper"}
            lines += [paper | empty | printed, *_own_lines(title, of_model, list(metrics))]
    return pd.DataFrame(lines)


def _own_lines(title: str, of_model: pd.DataFrame, metrics: list[str]) -> list[dict]:
    """Lines of one model: a scheme, sample and reading each; equal samples on one line."""
    groups = of_model.groupby(LINE[3:], sort=False, dropna=False)
    n_of = {key: group["n"].iloc[0] for key, group in groups}
    lines = []
    for key, group in groups:
        built_as, mode, variant, scheme, sample = key
        twin = n_of.get((*key[:-1], "own" if sample == "common" else "common"))
        if sample == "common" and twin == n_of[key]:
            continue
        found = {row.metric: row for row in rows(group)}
        districts = "own and common" if twin == n_of[key] else SAMPLES[sample]
        is_there = pd.notna(n_of[key])
        lines.append(
            {
                "Task": title,
                "Model": built_name(built_as) if "-" in built_as else "",
                "Values": _values(mode, variant),
                "Folds": SCHEMES[scheme] if is_there else None,
                "Districts": districts if is_there else None,
                "N": int(n_of[key]) if is_there else None,
                **{
                    SCORES[metric].heading: estimate(found.get(metric), "ours", interval="folds_ci")
                    for metric in metrics
                },
            }
        )
    return lines


def _values(mode: str, variant: str) -> str:
    parts = ["ours", MODES.get(mode, mode), BASELINE_VARIANTS[variant]]
    return ", ".join(part for part in parts if part not in ("", "none"))
