"""How many districts lie in their 90 % interval: over all, and in every group a map is read by.

Overall coverage may hold while the rich, or one borough, are left out; only a table by group tells.
"""

import numpy as np
import pandas as pd
from pandas.api.typing import SeriesGroupBy

from incomelens.ssig.inducing import each_process

KEYS = ["level", "income", "scheme", "model", "mode", "method"]
GROUPINGS = ("all", "area", "income_fifth", "predicted_fifth", "density_fifth", "applicability")


def coverage_by_group(
    intervals: pd.DataFrame, districts: pd.DataFrame, applicability: pd.DataFrame
) -> pd.DataFrame:
    """Coverage and width of the intervals of every model and method, by group of districts.

    Fifths are those of the observed income, of the model's own prediction and of population
    density. No method promises coverage within fifths of an income that nobody knows beforehand.

    Parameters
    ----------
    intervals : DataFrame
        Tables ``ssig/intervals/*.parquet`` of all tasks, with ``level``, ``income``, ``scheme``.
    districts : DataFrame
        ``level``, ``geoid``, ``area``, ``population_density``.
    applicability : DataFrame
        Tables ``ssig/applicability/*.parquet``, likewise.

    Returns
    -------
    DataFrame
        Table ``ssig/coverage.csv``.
    """
    columns = ["level", "geoid", "area", "population_density"]
    task = ["level", "income", "scheme", "geoid"]
    table = intervals.merge(districts[columns], on=["level", "geoid"], how="left")
    table = table.merge(applicability[[*task, "applicable"]], on=task, how="left")
    covered = table["observed_usd"].between(table["low_usd"], table["high_usd"])
    fifths = {
        "income_fifth": "observed_usd",
        "predicted_fifth": "predicted_usd",
        "density_fifth": "population_density",
    }
    by_task = table.groupby(KEYS)
    table = table.assign(
        covered=covered.astype(float),
        width=table["high_usd"] - table["low_usd"],
        all="all",
        applicability=table["applicable"].map({True: "inside", False: "outside"}),
        **{name: _fifth(by_task[column]) for name, column in fifths.items()},
    )
    parts = []
    for grouping in GROUPINGS:
        grouped = table.dropna(subset=[grouping]).groupby([*KEYS, grouping], sort=True)
        part = grouped.agg(
            n=("covered", "size"),
            coverage=("covered", "mean"),
            width_usd=("width", "median"),
            **each_process(table),
        )
        part = part.reset_index().rename(columns={grouping: "group"})
        part.insert(len(KEYS), "grouping", grouping)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _fifth(by_task: SeriesGroupBy) -> pd.Series:
    return np.ceil(5 * by_task.rank(method="first", pct=True)).astype("Int64").astype(str)
