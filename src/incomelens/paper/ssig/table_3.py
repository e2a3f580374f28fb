"""Table 3 of the district paper: SSIG and the five image-and-price baselines.

The paper's baselines cover fewer districts than its SSIG. Ours are scored twice, on the districts
that a model covers and on those that all models do, and under spatial folds beside random ones
(deviations `baselines_missing` and `table_3_folds`).
"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from incomelens.common.errors import listed
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import (
    BASELINE_VARIANTS,
    BASELINES,
    INCOMES,
    LACKING,
    LEVELS,
    MODES,
    SCHEMES,
    SCORES,
    built_name,
)
from incomelens.paper.reference import Reference
from incomelens.paper.ssig.scores import (
    INTERVAL_OF_FOLDS,
    Slots,
    beside_printed,
    headed,
    paper_metrics,
    printed_scores,
    score_columns,
    task_title,
    with_empty_rows,
    without_scores,
)
from incomelens.paper.table import EMPTY_SLOT, Estimate, Row, Table, estimate, in_print_order, rows

ROWS = ["ssig", *BASELINES]
SHOWN_SCHEMES = ("random", "block")
SAMPLES = ("own", "common")
WITH_INTERVAL = "cod"
LABELS = ["Model", "Reading", "Districts", "N"]
LINE = ["level", "income", "model", "built_as", "mode", "variant", "scheme", "sample"]
NUMBERS = [
    *LINE, "modalities", "n", "n_folds", "metric", "ours", "folds_ci_low", "folds_ci_high",
    "ours_pooled", "ci_low", "ci_high", "block_ci_low", "block_ci_high",
]  # fmt: skip
IN_ORDER = {
    "income": INCOMES,
    "model": ROWS,
    "mode": MODES,
    "variant": BASELINE_VARIANTS,
    "scheme": SCHEMES,
    "sample": SAMPLES,
    "metric": SCORES,
}


def exhibit(
    summary: pd.DataFrame,
    reference: Reference,
    baselines: pd.DataFrame | None,
    *,
    levels: Mapping[str, str] = LEVELS,
) -> Exhibit:
    """Set the scores of SSIG and of the five baselines beside the paper's.

    Parameters
    ----------
    summary : DataFrame
        `ssig/summary.csv`.
    baselines : DataFrame or None
        `siamese/summary.csv`; None where the study has no modality, so that no baseline was built.
    """
    metrics = paper_metrics(reference)
    printed = printed_scores(reference, "table_3", ROWS, levels)
    scores = _scores(summary, baselines, levels)
    schemes = [name for name in SHOWN_SCHEMES if name in set(scores["scheme"])]
    schemes = schemes or [next(name for name in SCHEMES if name in set(scores["scheme"]))]
    numbers = with_empty_rows(
        scores, ROWS, metrics, variant="main", scheme=schemes[0], sample="own"
    )
    numbers = beside_printed(in_print_order(numbers, level=levels, **IN_ORDER), printed)
    columns = {name: metric for name, (_, metric) in _columns(reference, schemes).items()}
    columns = score_columns(columns)
    table = Table(
        numbers=numbers,
        shown=_shown(numbers[numbers["scheme"].isin(schemes)], printed, reference, levels),
        caption="Table 3. Results of a fivefold validation on SSIG and other baselines.",
        notes=_notes(scores),
        blocks="Task",
        printed=[name for name in columns["decimals"] if name.endswith(": paper")],
        decimals={"N": 0, **columns["decimals"]},
        units=columns["units"],
    )
    return Exhibit(table)


def _notes(scores: pd.DataFrame) -> tuple[str, ...]:
    built = set(scores["model"])
    return (
        f"Ours: mean of {scores['n_folds'].max():.0f} folds; {INTERVAL_OF_FOLDS}, "
        "as do the intervals of all scores but CoD. Reading of SSIG: what of the Gaussian process "
        "was fitted; the paper prints l = 1 and names no fitting, and its value stands beside each "
        "reading. Folds: random, as the paper's are taken to be, and spatial blocks, parts of the "
        "city without data; further schemes stand in the CSV. Districts: own, all that "
        "a model covers; common, those that every model of the task covers, nothing being "
        "fitted anew.",
        *[_baselines_note(scores)] * bool(built & set(BASELINES)),
        EMPTY_SLOT,
        *without_scores(BASELINES, built),
    )


def _baselines_note(scores: pd.DataFrame) -> str:
    baselines = scores[scores["model"].isin(list(BASELINES))]
    readings = listed(baselines["mode"].unique())
    note = (
        f"The baselines' source is known in outline only: {readings} is our documented reading of "
        "it (see the table of deviations)."
    )
    lacking = {part for name in baselines["built_as"] for part in name.split("-")[1:]}
    meanings = [f"{part}: without {LACKING[part]}" for part in LACKING if part in lacking]
    if meanings:
        note += (
            f" A name says what a model lacks in this study ({'; '.join(meanings)}); the paper's "
            "lacks nothing."
        )
    return note


def _scores(
    summary: pd.DataFrame, baselines: pd.DataFrame | None, levels: Mapping[str, str]
) -> pd.DataFrame:
    """Scores of SSIG and of the baselines, one row a score, in print order."""
    if baselines is None or baselines.empty:
        is_main = (summary["model"] == "ssig") & (summary["variant"] == "main")
        table = summary[is_main].assign(sample="own", modalities="census")
    else:
        table = baselines.copy()
    table = table[table["metric"].isin([name for name in SCORES if not name.startswith("width")])]
    table = table.assign(built_as=table["model"], model=table["model"].str.split("-").str[0])
    table = table.rename(columns={"mean_of_folds": "ours", "pooled": "ours_pooled"})
    return in_print_order(table[NUMBERS], level=levels, **IN_ORDER)


def _shown(
    numbers: pd.DataFrame, printed: Slots, reference: Reference, levels: Mapping[str, str]
) -> pd.DataFrame:
    """A row a task, model, reading and set of districts; a column a score and scheme of folds."""
    columns = _columns(reference, list(dict.fromkeys(numbers["scheme"])))
    lines = []
    for (level, income), task_scores in numbers.groupby(["level", "income"], sort=False):
        title = task_title(level, income, task_scores["n"].max(), reference, levels)
        for model, model_scores in task_scores.groupby("model", sort=False):
            paper = {m: printed[level, income, model, m] for m in paper_metrics(reference)}
            last = None
            for line, scores in _readings(model_scores):
                cells = {
                    column: paper[metric] if scheme is None else _cell(scores.get((scheme, metric)))
                    for column, (scheme, metric) in columns.items()
                }
                name = {"Task": title, "Model": "" if line["Model"] == last else line["Model"]}
                lines.append({**line, **name, **cells})
                last = line["Model"]
    return pd.DataFrame(lines)[["Task", *LABELS, *columns]]


def _columns(reference: Reference, schemes: Sequence[str]) -> dict[str, tuple[str | None, str]]:
    """Scheme and score of every column; no scheme: as the paper prints it."""
    return {
        f"{heading}: {'paper' if scheme is None else SCHEMES[scheme]}": (scheme, metric)
        for heading, metric in headed(paper_metrics(reference)).items()
        for scheme in (None, *schemes)
    }


def _readings(scores: pd.DataFrame) -> Iterator[tuple[dict, Mapping[tuple[str, str], object]]]:
    """What stands before the scores of a row, and its scores; equal samples on one row."""
    groups = scores.groupby(["built_as", "mode", "variant", "sample"], sort=False, dropna=False)
    n_of = {key: group["n"].max() for key, group in groups}
    for (*reading, sample), group in groups:
        n = n_of[*reading, sample]
        is_same = n_of.get((*reading, "own" if sample == "common" else "common")) == n
        if sample == "common" and is_same:
            continue
        built_as, mode, variant = reading
        is_there = pd.notna(n)
        line = {
            "Model": built_name(built_as),
            "Reading": BASELINE_VARIANTS[variant] or MODES.get(mode, mode) if is_there else None,
            "Districts": ("own and common" if is_same else sample) if is_there else None,
            "N": int(n) if is_there else None,
        }
        yield line, {(row.scheme, row.metric): row for row in rows(group)}


def _cell(row: Row) -> Estimate | float:
    """Give a score; that which shows its interval, with it: all are too many for a page."""
    if row is None or row.metric == WITH_INTERVAL:
        return estimate(row, "ours", interval="folds_ci")
    return row.ours
