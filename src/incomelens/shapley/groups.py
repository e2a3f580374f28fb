"""Summaries of Shapley values over districts: groups, directions, ranks, tests of Table 5.

All take arrays of values, shape (n_districts, n_players), in SD units of the label, and know
nothing of how these were computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import block_diag
from scipy.stats import rankdata, ttest_ind, ttest_rel

from incomelens.common.errors import InputError
from incomelens.folds.resampling import percentile_ends, resampled_totals
from incomelens.shapley.inputs import checked_matrix


def mean_absolute(values: ArrayLike) -> NDArray[np.float64]:
    """Mean absolute value of each player, shape (n_players,): the variable bars of the figures."""
    return np.abs(checked_matrix("values", values)).mean(axis=0)


def direction(
    inputs: ArrayLike, values: ArrayLike, *, method: str = "spearman"
) -> NDArray[np.float64]:
    """Correlation between each variable and its own Shapley value over districts.

    Positive: the more of the variable, the more predicted income.

    Parameters
    ----------
    inputs : array of shape (n_districts, n_players)
        The variable that each player stands for, in any unit.
    values : array of shape (n_districts, n_players)
    method : {'spearman', 'pearson'}
        Of ranks, or of the numbers themselves.

    Returns
    -------
    array of shape (n_players,)
        NaN for a variable, or a value, that is the same in all districts.
    """
    values = checked_matrix("values", values)
    inputs = checked_matrix("inputs", inputs, values.shape[1])
    if len(inputs) != len(values):
        raise InputError(f"inputs: {len(inputs)} districts, values: {len(values)}")
    if method not in ("spearman", "pearson"):
        raise InputError(f"method '{method}' is not known (known: spearman, pearson)")
    if method == "spearman":
        inputs, values = rankdata(inputs, axis=0), rankdata(values, axis=0)
    inputs, values = inputs - inputs.mean(axis=0), values - values.mean(axis=0)
    spread = np.sqrt((inputs**2).sum(axis=0) * (values**2).sum(axis=0))
    product = (inputs * values).sum(axis=0)
    return np.divide(product, spread, out=np.full(len(spread), np.nan), where=spread > 0)


def importance_ranks(importance: ArrayLike) -> NDArray[np.int64]:
    """Rank of each player along the last axis, 1 for the largest; equals share the better rank."""
    return rankdata(-np.asarray(importance), method="min", axis=-1).astype(np.int64)


@dataclass(frozen=True)
class RankStability:
    """Importance and ranks of the players against several backgrounds.

    Attributes
    ----------
    importance : array of shape (n_backgrounds, n_players)
        Mean absolute values.
    ranks : array of shape (n_backgrounds, n_players)
    best_rank, worst_rank : arrays of shape (n_players,)
    """

    importance: NDArray[np.float64]
    ranks: NDArray[np.int64]
    best_rank: NDArray[np.int64]
    worst_rank: NDArray[np.int64]


def rank_stability(values_by_background: Sequence[ArrayLike]) -> RankStability:
    """How much the ranking of players owes to the choice of background.

    Parameters
    ----------
    values_by_background : sequence of arrays of shape (n_districts, n_players)
        Values of the same districts and players against each background.
    """
    if len(values_by_background) < 2:
        raise InputError("rank stability: give values of two backgrounds or more")
    importance = np.stack([mean_absolute(values) for values in values_by_background])
    ranks = importance_ranks(importance)
    return RankStability(importance, ranks, ranks.min(axis=0), ranks.max(axis=0))


@dataclass(frozen=True)
class IncomeComparison:
    """Mean absolute values of one player set for two incomes, with Table 5's tests.

    Attributes
    ----------
    mean_one, mean_two : arrays of shape (n_players,)
        Mean absolute values over each income's own districts.
    difference : array of shape (n_players,)
        First minus second.
    p_welch : array of shape (n_players,)
        Two-sided Welch test on absolute values, districts taken as independent; NaN where neither
        varies.
    p_paired : array of shape (n_players,)
        Two-sided paired test on the common districts; NaN where all differences are the same.
    n_common : int
        Districts in both.
    ci_low, ci_high : arrays of shape (n_players,)
        Percentile interval of the difference over whole spatial blocks: the only one of the three
        that allows for neighbours being alike.
    """

    mean_one: NDArray[np.float64]
    mean_two: NDArray[np.float64]
    difference: NDArray[np.float64]
    p_welch: NDArray[np.float64]
    p_paired: NDArray[np.float64]
    n_common: int
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]


@dataclass(frozen=True)
class IncomeValues:
    """Shapley values of one income's model, with who and where the districts are.

    Attributes
    ----------
    values : array of shape (n_districts, n_players)
    districts : array of shape (n_districts,)
        Identifiers, each once.
    blocks : array of shape (n_districts,)
        Spatial block of each district, in the same numbering for both incomes.
    """

    values: NDArray[np.float64]
    districts: NDArray[np.str_]
    blocks: NDArray[np.int64]

    def __post_init__(self) -> None:
        n_districts = len(checked_matrix("values", self.values))
        for name in ("districts", "blocks"):
            if np.shape(getattr(self, name)) != (n_districts,):
                raise InputError(
                    f"{name}: shape {np.shape(getattr(self, name))} for {n_districts} districts"
                )
        if len(np.unique(self.districts)) < n_districts:
            raise InputError("districts: an identifier stands in more than one row")


def compare_incomes(
    one: IncomeValues,
    two: IncomeValues,
    *,
    rng: np.random.Generator,
    n_resamples: int = 2000,
    confidence: float = 0.95,
) -> IncomeComparison:
    """Do players weigh more for one income than for the other? (Deviation `table_5_test`).

    Parameters
    ----------
    one, two : IncomeValues
        The same players in the same order; districts may differ.
    rng : numpy.random.Generator
        Of the bootstrap.
    n_resamples : int
        Draws of whole blocks with replacement, both incomes together.
    confidence : float
        Of the interval.
    """
    first, second = np.abs(one.values), np.abs(two.values)
    if first.shape[1] != second.shape[1]:
        raise InputError(f"values: {first.shape[1]} players for one, {second.shape[1]} for two")
    common, at_one, at_two = np.intersect1d(one.districts, two.districts, return_indices=True)
    if len(common) < 2:
        raise InputError(f"districts: {len(common)} in both incomes; the paired test needs two")
    welch = _where_varied(
        (np.ptp(first, axis=0) > 0) | (np.ptp(second, axis=0) > 0),
        lambda j: ttest_ind(first[:, j], second[:, j], equal_var=False, axis=0).pvalue,
    )
    gap = first[at_one] - second[at_two]
    paired = _where_varied(
        np.ptp(gap, axis=0) > 0,
        lambda j: ttest_rel(first[at_one][:, j], second[at_two][:, j], axis=0).pvalue,
    )
    draws = _block_differences(one, two, n_resamples, rng)
    low, high = percentile_ends(draws, level=confidence)
    return IncomeComparison(
        mean_one=first.mean(axis=0),
        mean_two=second.mean(axis=0),
        difference=first.mean(axis=0) - second.mean(axis=0),
        p_welch=welch,
        p_paired=paired,
        n_common=len(common),
        ci_low=low,
        ci_high=high,
    )


def _where_varied(
    varied: NDArray[np.bool_], test: Callable[[NDArray[np.bool_]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    p_values = np.full(len(varied), np.nan)
    if varied.any():
        p_values[varied] = test(varied)
    return p_values


def _block_differences(
    one: IncomeValues, two: IncomeValues, n_resamples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Differences of mean absolute values over resampled blocks, shape (n_resamples, n_players)."""
    block = np.concatenate([one.blocks, two.blocks])
    if len(np.unique(block)) < 2:
        raise InputError("blocks: all districts are in one; the block bootstrap needs several")
    terms = [
        np.column_stack([np.ones(len(income.values)), np.abs(income.values)])
        for income in (one, two)
    ]
    totals = resampled_totals(block_diag(*terms), n_resamples=n_resamples, rng=rng, block=block)
    # A draw of blocks without any district of an income has no mean: 0 / 0.
    with np.errstate(invalid="ignore"):
        first, second = (part[:, 1:] / part[:, :1] for part in np.hsplit(totals, 2))
    return first - second
