"""Settings that a city has too few districts for, told as soon as their number is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.common.names import INCOMES
from incomelens.districts.columns import VARIABLES

LEAST_TRAINING = 8
"""Districts that a model learns from, at least: those whose mean ``copy_neighbours`` takes."""

INPUTS = (*VARIABLES, "longitude", "latitude")


@dataclass(frozen=True)
class Sizes:
    """The settings that hang on how many districts there are.

    Attributes
    ----------
    schemes : sequence of str
        ``folds.schemes``.
    n_folds, n_blocks : int
        ``folds.n_folds`` and ``folds.n_blocks``.
    background_kind : str
        ``shapley.background.kind``; of k-means, points are counted once that stand twice.
    background_size : int
        ``shapley.background.size``.
    """

    schemes: Sequence[str]
    n_folds: int
    n_blocks: int
    background_kind: str
    background_size: int


def sizes_of(config: Mapping) -> Sizes:
    """Take them from a study's configuration."""
    folds, background = config["folds"], config["shapley"]["background"]
    return Sizes(
        tuple(folds["schemes"]),
        folds["n_folds"],
        folds["n_blocks"],
        background["kind"],
        background["size"],
    )


def check_sizes(
    districts: pd.DataFrame, sizes: Sizes, *, level: str, incomes: Sequence[str] = INCOMES
) -> None:
    """Refuse settings that a level has too few districts for, all of them in one message.

    Parameters
    ----------
    districts : DataFrame
        Columns of the contract.
    sizes : Sizes
    level : str
        For messages.
    incomes : sequence of str
        Incomes that are modelled.

    Raises
    ------
    InputError
        Naming every such setting, and what it may be.
    """
    earning = districts[districts[list(INCOMES)].notna().any(axis=1)]
    n_places = len(earning[["longitude", "latitude"]].drop_duplicates())
    problems = _of_folds(len(earning), n_places, sizes)
    if "area" in sizes.schemes:
        problems += _of_areas(earning["area"])
    for income in incomes:
        rows = districts.loc[districts[income].notna(), list(INPUTS)]
        n_distinct = len(rows.drop_duplicates()) if sizes.background_kind == "kmeans" else len(rows)
        problems += _of_background(n_distinct, sizes, f"with a {income.replace('_', ' ')}")
    _refuse(level, problems)


def check_most(n_most: int, sizes: Sizes, *, level: str, because: str) -> None:
    """Refuse settings that a level cannot have enough districts for, before there are any.

    Parameters
    ----------
    n_most : int
        Districts that there are at most.
    sizes : Sizes
    level : str
    because : str
        The setting that says so.
    """
    problems = _of_folds(n_most, n_most, sizes) + _of_background(n_most, sizes, f"by {because}")
    _refuse(level, problems)


def _of_folds(n: int, n_places: int, sizes: Sizes) -> list[str]:
    problems = []
    if sizes.n_blocks > n_places:
        problems.append(
            f"folds.n_blocks is {sizes.n_blocks}, the districts with an income lie at {n_places} "
            f"places: set it to {n_places} or less"
        )
    if "block" in sizes.schemes and sizes.n_folds > sizes.n_blocks:
        problems.append(
            f"folds.n_folds is {sizes.n_folds}, and scheme block has folds.n_blocks: "
            f"{sizes.n_blocks} to fill them with: set n_folds to no more"
        )
    n_training = n - -(-n // sizes.n_folds)
    if sizes.n_folds > n or n_training < LEAST_TRAINING:
        problems.append(
            f"folds.n_folds is {sizes.n_folds}: of {n} districts with an income, "
            f"{max(n_training, 0)} would be left to learn from, and {LEAST_TRAINING} are needed: "
            "change it, or bring more districts"
        )
    return problems


def _of_areas(area: pd.Series) -> list[str]:
    remedy = "leave `area` out of folds.schemes"
    if area.isna().any():
        return [
            f"folds.schemes has `area`, and {area.isna().sum()} districts have none: map the "
            f"column `area`, set areas_from, or {remedy}"
        ]
    count = area.value_counts()
    if len(count) < 2:
        return [f"folds.schemes has `area`, and all districts lie in {count.index[0]!r}: {remedy}"]
    n_training = len(area) - int(count.iloc[0])
    if n_training < LEAST_TRAINING:
        return [
            f"folds.schemes has `area`, and without {count.index[0]!r} {n_training} districts are "
            f"left to learn from, of {LEAST_TRAINING} that are needed: {remedy}"
        ]
    return []


def _of_background(n: int, sizes: Sizes, which: str) -> list[str]:
    if sizes.background_kind == "all" or sizes.background_size <= n:
        return []
    return [
        f"shapley.background.size is {sizes.background_size}, and there are {n} distinct districts "
        f"{which}: set it to {n} or less, or kind to all"
    ]


def _refuse(level: str, problems: Sequence[str]) -> None:
    if problems:
        raise InputError(
            f"{level}: too few districts for this study's settings.\n"
            + "\n".join(f"  {number}. {text}" for number, text in enumerate(problems, start=1))
        )
