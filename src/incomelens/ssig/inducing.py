r"""A Gaussian process of many districts, by way of a few of them: inducing points.

The exact process costs the third power of the districts. Here hyperparameters are learnt on some of
them, and all of them speak through m points z, districts themselves. Their prior covariance K is
replaced by its partial Cholesky factor, :math:`V^\top V` with a row of V a point, which is
:math:`K_{xz} K_{zz}^{-1} K_{zx}`. With :math:`D = \mathrm{diag}(\sigma_n^2 + v)`, v being known
noise, :math:`L` the Cholesky factor of :math:`K_{zz}` (the columns of V at the points, transposed)
and :math:`B = I + V D^{-1} V^\top`, the posterior at x is that of Titsias (2009):

.. math::
   f(x) = \sum_j \alpha_j k(x, z_j), \qquad \alpha = L^{-\top} B^{-1} V D^{-1} y, \qquad
   \operatorname{Var} f(x) = k(x, x) - k_{xz} P k_{zx}, \qquad P = L^{-\top} (I - B^{-1}) L^{-1}

The mean has the form of the exact one, so that what explains that explains this; and with every
district a point it is the exact one. Each point is the district whose prior variance the points
before it leave most of (Burt, Rasmussen & van der Wilk 2020).
"""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular

from incomelens.common.names import PROCESS
from incomelens.ssig.terms import Term, covariance_of_sum, prior_variance_of_sum

logger = logging.getLogger(__name__)

# Share of the largest prior variance below which what is left of a district's is rounding.
LEAST_LEFT = 1e-6
_ROWS = 4096  # districts predicted at once; bounds the memory, not the result


@dataclass(frozen=True)
class Approximation:
    """From which size on a process rests on inducing points, and on how many.

    Attributes
    ----------
    exact_districts : int
        Most districts that are fitted exactly.
    inducing_points : int
        Points beyond that.
    learnt_on : int
        Districts, drawn at random, that the hyperparameters are then learnt on.
    """

    exact_districts: int = 10_000
    inducing_points: int = 1_024
    learnt_on: int = 4_000

    def learnt(self, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Rows of those of n districts that hyperparameters are learnt on: all, if they are few.

        Drawn and not spread evenly, since close neighbours tell noise from short-range variation.
        """
        if n <= self.exact_districts:
            return np.arange(n)
        return np.sort(rng.permutation(n)[: self.learnt_on])


@dataclass(frozen=True)
class Inducing:
    """What a process that rests on inducing points knows.

    Attributes
    ----------
    points : array of shape (m, d)
        z, as the kernels read them.
    weights : array of shape (m,)
        α of the posterior mean.
    precision : array of shape (m, m)
        P of the posterior variance.
    learnt_on : int
        Districts that the hyperparameters were learnt on.
    """

    points: NDArray[np.float64]
    weights: NDArray[np.float64]
    precision: NDArray[np.float64]
    learnt_on: int

    @property
    def name(self) -> str:
        """What the process is called in tables."""
        return f"{len(self.points):,} inducing points, learnt on {self.learnt_on:,} districts"

    def predict(
        self, terms: Sequence[Term], places: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Posterior mean and variance of f at places of shape (n, d), without noise."""
        mean, variance = np.empty(len(places)), prior_variance_of_sum(terms, places)
        for start in range(0, len(places), _ROWS):
            rows = slice(start, start + _ROWS)
            covariance = covariance_of_sum(terms, places[rows], self.points)
            mean[rows] = covariance @ self.weights
            variance[rows] -= (covariance * (covariance @ self.precision)).sum(axis=1)
        # Rounding may leave an explained variance above the prior one.
        return mean, np.maximum(variance, 0.0)


def process_of(rows: pd.DataFrame) -> dict[str, object]:
    """Process that made the predictions of some rows, where any in their table rest on points."""
    if PROCESS not in rows:
        return {}
    known = rows[PROCESS].dropna()
    return {PROCESS: known.iloc[0] if len(known) else None}


def each_process(table: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """What ``agg`` takes so that groups of rows keep their process, where any rests on points."""
    return {PROCESS: (PROCESS, "first")} if PROCESS in table else {}


def induced(
    terms: Sequence[Term],
    inputs: NDArray[np.float64],
    label: NDArray[np.float64],
    noise: NDArray[np.float64],
    *,
    n_points: int,
    learnt_on: int,
) -> tuple[Inducing, float]:
    """Condition a process on all districts by way of inducing points.

    Parameters
    ----------
    terms : sequence of Term
        The kernel.
    inputs : array of shape (n, d)
        As the kernels read them.
    label, noise : arrays of shape (n,)
        Z-scored; variance of each in squared SD units, positive.
    n_points : int
        Fewer are taken where they leave nothing of any district's variance.
    learnt_on : int

    Returns
    -------
    Inducing
    float
        What the log marginal likelihood of the labels of all districts is at least (Titsias 2009).
    """
    rows, factor, left = partial_cholesky(terms, inputs, n_points=n_points)
    root = np.sqrt(noise)
    lower = np.tril(factor[:, rows].T)  # above it is rounding
    scaled = np.divide(factor, root, out=factor)
    label = label / root
    inner = scaled @ scaled.T
    inner[np.diag_indices_from(inner)] += 1.0
    inner = cholesky(inner, lower=True, overwrite_a=True)
    projected = scaled @ label
    solution = cho_solve((inner, True), projected)
    value = -0.5 * (label @ label - projected @ solution) - np.log(np.diagonal(inner)).sum()
    value -= np.log(root).sum() + 0.5 * len(label) * math.log(2 * math.pi)
    value -= 0.5 * (left / noise).sum()
    inverse = solve_triangular(lower, np.eye(len(rows)), lower=True)
    # P as a difference of squares: L⁻ᵀL⁻¹ − (M⁻¹L⁻¹)ᵀ(M⁻¹L⁻¹) with B = M Mᵀ.
    rest = solve_triangular(inner, inverse, lower=True)
    precision = inverse.T @ inverse - rest.T @ rest
    found = Inducing(
        points=inputs[rows],
        weights=inverse.T @ solution,
        precision=(precision + precision.T) / 2,
        learnt_on=learnt_on,
    )
    logger.info(
        "%s for %d districts; %.2g of their prior variance is not in the points",
        found.name,
        len(label),
        left.sum() / prior_variance_of_sum(terms, inputs).sum(),
    )
    return found, float(value)


def partial_cholesky(
    terms: Sequence[Term],
    inputs: NDArray[np.float64],
    *,
    n_points: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Partial Cholesky factor of a prior covariance, pivoted where most is left.

    Returns
    -------
    rows : array of shape (m,)
        The pivots, in their order; m is `n_points`, or fewer where these leave nothing.
    factor : array of shape (m, n)
        V of K ≈ VᵀV.
    left : array of shape (n,)
        What is left of the diagonal of K.
    """
    left = prior_variance_of_sum(terms, inputs)
    least = LEAST_LEFT * left.max()
    factor = np.empty((min(n_points, len(inputs)), len(inputs)))
    rows = np.empty(len(factor), dtype=np.int64)
    for number, row in enumerate(factor):
        pivot = int(left.argmax())
        if left[pivot] <= least:
            return rows[:number], factor[:number], np.maximum(left, 0.0)
        row[:] = covariance_of_sum(terms, inputs[[pivot]], inputs)[0]
        row -= factor[:number, pivot] @ factor[:number]
        row /= math.sqrt(row[pivot])
        left -= row**2
        left[pivot] = 0.0
        rows[number] = pivot
    return rows, factor, np.maximum(left, 0.0)
