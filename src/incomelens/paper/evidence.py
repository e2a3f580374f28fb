"""What a study says that a claim of the district paper can be held against."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from incomelens.paper.names import GP_MODELS
from incomelens.paper.reference import TEN
from incomelens.paper.ssig.scores import SUMMARY_COLUMNS
from incomelens.paper.ssig.table_5 import Comparison, Thresholds, comparisons
from incomelens.paper.table import check_columns, rows

Task = tuple[str, str]


@dataclass(frozen=True)
class Effect:
    """One variable in one task.

    Parameters
    ----------
    mean_abs : float
        Mean absolute Shapley value over districts, SD units.
    direction : float
        Rank correlation of the variable with its own Shapley values.
    """

    mean_abs: float
    direction: float


class BuiltScore(NamedTuple):
    """A score, and the name of the model as built: it says what the model lacks."""

    built_as: str
    value: float


@dataclass(frozen=True)
class Study:
    """Tables of one study, read in one mode of the Gaussian process and under one scheme of folds.

    Parameters
    ----------
    summary : DataFrame
        `ssig/summary.csv`.
    groups, variables, comparison : DataFrame
        `shapley/groups.csv`, `shapley/variables.csv` and `shapley/income_comparison.csv`.
    thresholds : Thresholds
        Of Table 5's filter.
    mode : str
    scheme : str
        Of the scores; Shapley values have none.
    baselines : DataFrame, optional
        `siamese/summary.csv`; None where the study has no baselines.
    """

    summary: pd.DataFrame
    groups: pd.DataFrame
    variables: pd.DataFrame
    comparison: pd.DataFrame
    thresholds: Thresholds
    mode: str
    scheme: str
    baselines: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        keys = ["level", "income", "mode"]
        check_columns(self.summary, SUMMARY_COLUMNS, "summary of scores")
        check_columns(self.groups, [*keys, "group", "mean_abs"], "shapley/groups.csv")
        columns = [*keys, "game", "variable", "mean_abs", "direction"]
        check_columns(self.variables, columns, "shapley/variables.csv")

    @cached_property
    def scores(self) -> dict[tuple[Task, str, str], float]:
        """Mean of folds by task, model and metric; a Gaussian process in the study's mode."""
        table = self.summary
        of_mode = (table["mode"] == self.mode) | ~table["model"].isin(list(GP_MODELS))
        wanted = of_mode & (table["variant"] == "main") & (table["scheme"] == self.scheme)
        return {
            ((row.level, row.income), row.model, row.metric): row.mean_of_folds
            for row in rows(table[wanted & table["mean_of_folds"].notna()])
        }

    @cached_property
    def common_scores(self) -> dict[tuple[Task, str, str], BuiltScore]:
        """Mean of folds of SSIG and the baselines on the districts that all of them cover."""
        table = self.baselines
        if table is None or table.empty:
            return {}
        check_columns(table, [*SUMMARY_COLUMNS, "sample"], "siamese/summary.csv")
        of_mode = (table["mode"] == self.mode) | ~table["model"].isin(list(GP_MODELS))
        wanted = of_mode & (table["scheme"] == self.scheme) & (table["sample"] == "common")
        # Where a model has several readings, the main one comes last and stays.
        table = table[wanted & table["mean_of_folds"].notna()]
        table = table.sort_values("variant", key=lambda names: names == "main", kind="stable")
        return {
            ((row.level, row.income), row.model.split("-")[0], row.metric): BuiltScore(
                row.model, row.mean_of_folds
            )
            for row in rows(table)
        }

    @cached_property
    def totals(self) -> dict[tuple[Task, str], float]:
        """Mean absolute sum of a group's Shapley values by task and group."""
        wanted = (self.groups["mode"] == self.mode) & self.groups["mean_abs"].notna()
        return {
            ((row.level, row.income), row.group): row.mean_abs for row in rows(self.groups[wanted])
        }

    @cached_property
    def effects(self) -> dict[Task, dict[str, Effect]]:
        """Effects of the ten variables by task, tasks with all ten only."""
        table = self.variables
        wanted = (
            (table["mode"] == self.mode)
            & (table["game"] == "twelve")
            & table["variable"].isin(TEN)
            & table["mean_abs"].notna()
        )
        found: dict[Task, dict[str, Effect]] = {}
        for row in rows(table[wanted]):
            task = found.setdefault((row.level, row.income), {})
            task[row.variable] = Effect(row.mean_abs, row.direction)
        return {task: effects for task, effects in found.items() if len(effects) == len(TEN)}

    @cached_property
    def income_effects(self) -> dict[str, dict[str, Comparison]]:
        """Comparison of both incomes by variable and level."""
        found = comparisons(self.comparison[self.comparison["mode"] == self.mode])
        return {variable: levels for (_, variable), levels in found.items()}
