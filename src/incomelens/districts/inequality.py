"""Inequality of income between districts: measures and their intervals.

Every measure takes the districts' incomes and their weights: ones, as the paper's Table 1 has it,
or populations. A weight of two is the same as two districts.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from incomelens.folds.resampling import Interval

Incomes = NDArray[np.float64]
Weights = NDArray[np.float64]

MOE_PER_STANDARD_ERROR = 1.645
"""The Census Bureau's margins of error are those of a 90 % interval."""


def gini(income: Incomes, weight: Weights) -> float:
    r"""Gini coefficient: 0 if all districts are equal, towards 1 if one has everything.

    .. math:: G = 1 - \sum_i \frac{w_i}{\sum w} \, (L_{i-1} + L_i)

    with :math:`L_i` the share of all income that the poorest :math:`i` districts have (the Lorenz
    curve).

    Parameters
    ----------
    income : array of shape (n,)
        Not negative. Where nobody has anything, as in a draw of uncertain incomes, it is NaN.
    weight : array of shape (n,)

    Examples
    --------
    >>> gini(np.array([0.0, 1.0]), np.ones(2))
    0.5
    """
    order = np.argsort(income, kind="stable")
    people = weight[order] / weight.sum()
    held = np.cumsum(weight[order] * income[order])
    if held[-1] == 0:
        return np.nan
    lorenz = np.concatenate([[0.0], held / held[-1]])
    return float(1 - np.sum(people * (lorenz[:-1] + lorenz[1:])))


def decile_ratio(income: Incomes, weight: Weights) -> float:
    """Decile dispersion ratio: mean income of the richest tenth over that of the poorest tenth.

    Infinite where the poorest tenth has nothing, as in a draw of uncertain incomes.

    A district on the edge of a tenth counts with the part of its weight that lies in it (deviation
    `decile_tenths`).

    Examples
    --------
    >>> decile_ratio(np.arange(1.0, 11.0), np.ones(10))
    10.0
    """
    order = np.argsort(income, kind="stable")
    sorted_income, sorted_weight = income[order], weight[order]
    poorest = _tenth(sorted_income, sorted_weight)
    richest = _tenth(sorted_income[::-1], sorted_weight[::-1])
    return richest / poorest if poorest > 0 else np.inf


def p90_p10(income: Incomes, weight: Weights) -> float:
    """Income that a tenth of the districts exceed, over the income that a tenth fall short of."""
    low, high = np.quantile(income, [0.1, 0.9], weights=weight, method="inverted_cdf")
    return float(high / low) if low > 0 else np.inf


def mean(income: Incomes, weight: Weights) -> float:
    """Mean income, in the unit of income."""
    return float(np.average(income, weights=weight))


def sd(income: Incomes, weight: Weights) -> float:
    """Spread of income over these districts (not an estimate for a larger number of them)."""
    return float(np.sqrt(np.average((income - mean(income, weight)) ** 2, weights=weight)))


MEASURES: dict[str, Callable[[Incomes, Weights], float]] = {
    "gini": gini,
    "decile_ratio": decile_ratio,
    "p90_p10": p90_p10,
    "mean": mean,
    "sd": sd,
}


def measures(income: Incomes, weight: Weights) -> NDArray[np.float64]:
    """All of :data:`MEASURES`, in their order."""
    return np.array([measure(income, weight) for measure in MEASURES.values()])


def resampled_interval(
    income: Incomes,
    weight: Weights,
    *,
    n_resamples: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> list[Interval]:
    """Percentile interval of every measure, by resampling districts.

    It answers how much the measures hang on the particular districts, as if the city's were a
    sample of independent ones (they are neighbours, so it is a rough guide).

    Parameters
    ----------
    income, weight : array of shape (n,)
    n_resamples : int
    rng : Generator
    confidence : float
    """
    n = income.size
    draws = [
        measures(income[chosen], weight[chosen])
        for chosen in (rng.integers(n, size=n) for _ in range(n_resamples))
    ]
    tail = (1 - confidence) / 2
    return [Interval(*pair) for pair in np.quantile(draws, [tail, 1 - tail], axis=0).T]


def sampling_error_interval(
    income: Incomes,
    weight: Weights,
    margin_of_error: NDArray[np.float64],
    *,
    n_resamples: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> list[Interval]:
    r"""Interval of every measure of the *true* incomes, given the survey's margins of error.

    Incomes are drawn from Normal(estimate, (margin / 1.645)²). The estimates carry the survey's
    error once, and it makes districts look less equal than they are; a draw carries it twice. What
    the second dose does is what the first did: with :math:`\theta` the measure of the estimates
    and :math:`q` the quantiles of the draws, the interval is :math:`2\theta - q` (the basic
    bootstrap interval). So it can lie below the measure of the estimates.

    Parameters
    ----------
    income, weight : array of shape (n,)
    margin_of_error : array of shape (n,)
        At 90 % confidence, in the unit of income; NaN where it is unknown: such a district keeps
        its estimate. Where margins are so wide that a measure is not finite in some draw, its
        limits are unknown (NaN).
    n_resamples : int
    rng : Generator
    confidence : float
    """
    standard_error = np.nan_to_num(margin_of_error / MOE_PER_STANDARD_ERROR)
    # A draw below zero would be no income; the Gini coefficient is not defined for it either.
    draws = [
        measures(np.maximum(rng.normal(income, standard_error), 0.0), weight)
        for _ in range(n_resamples)
    ]
    tail = (1 - confidence) / 2
    is_known = np.isfinite(draws).all(axis=0)
    limits = np.quantile(np.where(is_known, draws, 0.0), [tail, 1 - tail], axis=0)
    low, high = np.where(is_known, limits, np.nan)
    value = measures(income, weight)
    return [Interval(*pair) for pair in zip(2 * value - high, 2 * value - low, strict=True)]


def _tenth(income: Incomes, weight: Weights) -> float:
    """Mean income of the first tenth of the weight."""
    tenth = weight.sum() / 10
    before = np.cumsum(weight) - weight
    inside = np.clip(tenth - before, 0.0, weight)
    return float(np.sum(inside * income) / tenth)
