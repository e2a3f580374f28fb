"""All models of the district study under all schemes of folds."""

from collections.abc import Mapping

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import LEVELS, MODELS, SCHEMES, embedding_names, model_name, task_name
from incomelens.paper.ssig.scores import ORDERS, main_scores, score_columns
from incomelens.paper.table import Table, in_print_order

HEADINGS = {"r2": "r²", "cod": "CoD", "rmse_usd": "RMSE (USD)", "coverage_90": "90 % coverage"}
NOTE = (
    "Scores of the pooled out-of-fold predictions; means of folds, 95 % intervals and sensitivity "
    "runs stand in the CSV. Random: interpolation between neighbours. Spatial blocks: parts of the "
    "city without data. Unseen area: a whole area (borough) without data. 90 % coverage: share of "
    "districts whose income lies in the model's 90 % interval; a dash for models without intervals."
)
CONSTANT = (
    "r² of predictions that are the same all through a fold (as the training districts' mean is) "
    "is undefined: a dash."
)


def exhibit(summary: pd.DataFrame, *, levels: Mapping[str, str] = LEVELS) -> Exhibit:
    """Lay out the scores of every model, a column a score and scheme, from `ssig/summary.csv`."""
    names = MODELS | embedding_names(summary["model"])
    scores = main_scores(summary, names, levels)
    columns = {
        f"{heading}: {SCHEMES[scheme]}": (scheme, metric)
        for metric, heading in HEADINGS.items()
        for scheme in SCHEMES
        if scheme in set(scores["scheme"])
    }
    table = Table(
        numbers=in_print_order(summary, level=levels, **ORDERS),
        shown=_shown(scores, columns, levels, names),
        caption="All models under all schemes of folds.",
        notes=(NOTE, CONSTANT),
        blocks="Task",
        **score_columns({column: metric for column, (_, metric) in columns.items()}),
    )
    return Exhibit(table)


def _shown(
    scores: pd.DataFrame,
    columns: dict[str, tuple[str, str]],
    levels: Mapping[str, str],
    names: Mapping[str, str],
) -> pd.DataFrame:
    keys = ["level", "income", "model", "mode"]
    scores_by_row = scores.set_index([*keys, "scheme", "metric"])["ours_pooled"].to_dict()
    return pd.DataFrame(
        {"Task": task_name(level, income, levels), "Model": model_name(model, mode, names=names)}
        | {
            column: scores_by_row.get((level, income, model, mode, *key), float("nan"))
            for column, key in columns.items()
        }
        for level, income, model, mode in scores[keys].drop_duplicates().to_numpy().tolist()
    )
