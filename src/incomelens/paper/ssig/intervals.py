"""Whether nine in ten incomes lie in the 90 % intervals: overall and by group of districts."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import (
    GROUPINGS,
    INCOMES,
    INTERVALS,
    LEVELS,
    MODELS,
    MODES,
    SCHEMES,
    folds_name,
    model_name,
    task_name,
)
from incomelens.paper.table import Table, in_print_order

LEAST = 50  # districts of a group whose coverage is judged
TOLERATED = 0.85
MOST_NAMED = 6
NOTE = (
    "Share of districts whose income lies in its 90 % interval, of the out-of-fold predictions. "
    "The process’s own interval takes errors to be normal and everywhere alike. Conformal ones are "
    "calibrated on the errors of the other folds: one width for all; in proportion to local error "
    "(districts of similar prediction); that, with weights that fall with distance; that, within "
    "fifths of the true income. Without a width, calibration districts are too few: most intervals "
    "have no end. Fifths are of the observed income, 1 the poorest. Least: the group "
    f"of {LEAST} districts or more with the lowest coverage."
)
FAILING = (
    "A whole area that is unlike all others is not exchangeable with them: no calibration on the "
    "others makes its intervals hold."
)


def exhibit(
    coverage: pd.DataFrame, *, modes: Sequence[str], levels: Mapping[str, str] = LEVELS
) -> Exhibit:
    """Lay out coverage of SSIG's intervals, a row a scheme and method, from `ssig/coverage.csv`.

    Parameters
    ----------
    modes : sequence of str
        Of the Gaussian process; other modes and models stand in the CSV.
    """
    orders = {"level": levels, "income": INCOMES, "model": MODELS, "mode": MODES}
    orders |= {"scheme": SCHEMES, "method": INTERVALS, "grouping": GROUPINGS}
    numbers = in_print_order(coverage, **orders)
    ours = numbers[numbers["model"] == "ssig"]
    is_shown = ours["mode"].isin(list(modes))
    ours = ours[is_shown if is_shown.any() else ours["mode"] == ours["mode"].iloc[0]]
    shown = _shown(ours, levels)
    columns = [name for name in shown if name not in ("Task", "Model", "Folds", "Interval")]
    table = Table(
        numbers=numbers,
        shown=shown,
        caption="Coverage of 90 % intervals around the predictions of SSIG.",
        notes=(NOTE, *_failures(ours, levels)),
        blocks="Task",
        decimals=dict.fromkeys(columns, 2) | {"Median width (USD)": 0},
        units={"Median width (USD)": "USD"},
    )
    return Exhibit(table)


def _shown(coverage: pd.DataFrame, levels: Mapping[str, str]) -> pd.DataFrame:
    lines = []
    keys = ["level", "income", "mode", "scheme", "method"]
    for (level, income, mode, scheme, method), group in coverage.groupby(keys, sort=False):
        overall = group[group["grouping"] == "all"].iloc[0]
        fifths = group[group["grouping"] == "income_fifth"].set_index("group")["coverage"]
        line = {
            "Task": f"{task_name(level, income, levels)} (N = {overall['n']:,})",
            "Model": model_name("ssig", mode),
            "Folds": folds_name(scheme),
            "Interval": INTERVALS[method],
            "All": overall["coverage"],
            **{f"Fifth of income: {name}": fifths.get(name) for name in "12345"},
            "Least: area": _least(group, "area"),
            "Least: fifth of density": _least(group, "density_fifth"),
            "Outside the area of applicability": _outside(group),
            "Median width (USD)": overall["width_usd"]
            if np.isfinite(overall["width_usd"])
            else None,
        }
        lines.append(line)
    return pd.DataFrame(lines)


def _least(group: pd.DataFrame, grouping: str) -> float:
    judged = group[(group["grouping"] == grouping) & (group["n"] >= LEAST)]
    return judged["coverage"].min() if len(judged) else float("nan")


def _outside(group: pd.DataFrame) -> float:
    """Coverage where nothing like the district was learnt from, however few these are."""
    is_outside = (group["grouping"] == "applicability") & (group["group"] == "outside")
    return group.loc[is_outside, "coverage"].min() if is_outside.any() else float("nan")


def failing_areas(coverage: pd.DataFrame, mode: str) -> pd.DataFrame:
    """Areas whose incomes even calibrated intervals of SSIG do not hold: a map marks them.

    Parameters
    ----------
    coverage : DataFrame
        Rows of `ssig/coverage.csv`.
    mode : str
        Of the Gaussian process; the first that there is where it was not fitted.

    Returns
    -------
    DataFrame
        ``level``, ``income``, ``scheme``, ``group`` (the area) and ``coverage``.
    """
    ours = coverage[(coverage["model"] == "ssig") & (coverage["grouping"] == "area")]
    modes = ours["mode"].unique()
    judged = _judged(
        ours[ours["mode"] == mode] if mode in modes else ours[ours["mode"].isin(modes[:1])]
    )
    columns = ["level", "income", "scheme", "group", "coverage"]
    return judged.loc[judged["coverage"] < TOLERATED, columns].reset_index(drop=True)


def _judged(coverage: pd.DataFrame) -> pd.DataFrame:
    """Groups that are large enough to be judged, by the best of the methods."""
    return coverage[
        (coverage["method"] == "label_conditional")
        & coverage["grouping"].isin(["area", "income_fifth", "density_fifth"])
        & (coverage["n"] >= LEAST)
    ]


def _failures(coverage: pd.DataFrame, levels: Mapping[str, str]) -> list[str]:
    """What the best of the methods still leaves out, named."""
    judged = _judged(coverage)
    rows = judged[judged["coverage"] < TOLERATED]
    if judged.empty:
        return [f"No group has {LEAST} districts, so that none is judged."]
    if rows.empty:
        return [
            "The last kind of interval covers 85 % or more of every area and fifth with "
            f"{LEAST} districts or more, under all folds."
        ]
    worst = rows.sort_values("coverage", kind="stable").head(MOST_NAMED)
    named = "; ".join(
        f"{task_name(row.level, row.income, levels)}, {MODES[row.mode]}, "
        f"{folds_name(row.scheme)}, "
        f"{_group(row.grouping, row.group)}: {row.coverage:.2f}"
        for row in worst.itertuples()
    )
    more = f"; and {len(rows) - len(worst)} more" * (len(rows) > len(worst))
    words = f"Below 85 % also with the last kind of interval: {named}{more}."
    return [f"{words} {FAILING}" if (rows["scheme"] == "area").any() else words]


def _group(grouping: str, group: str) -> str:
    return group if grouping == "area" else f"fifth {group} of {GROUPINGS[grouping]}"
