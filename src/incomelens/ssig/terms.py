"""The terms of a sum of kernels: which inputs each reads, and what is expected of it beforehand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from incomelens.ssig.features import SPATIAL

ROOT_3 = math.sqrt(3.0)
# Medians of weak log-normal priors, and SDs of the logarithms. A lengthscale is in SD units of the
# inputs, and for a term of d inputs times the root of d; variances in squared SD of the label.
LENGTHSCALE, PLACE_LENGTHSCALE, LENGTHSCALE_SPREAD = 4.0, 0.3, 0.5
VARIANCE, LINEAR_VARIANCE, NOISE, VARIANCE_SPREAD = 1.0, 0.1, 0.1, 1.5


@dataclass(frozen=True)
class Term:
    r"""One kernel of the sum, with zero mean.

    Attributes
    ----------
    name, kind : str
        ``linear`` is :math:`\sigma^2 \sum_j x_j x'_j`, ``matern`` is Matérn-3/2.
    columns : tuple of int
        Inputs it reads; the others leave it as it is.
    variance : float
        :math:`\sigma^2`, in squared SD units of the label.
    lengthscale : array of shape (0,), (1,) or (len(columns),)
        None of a linear term, else one for all inputs or one each, in SD units of the inputs.
    """

    name: str
    kind: str
    columns: tuple[int, ...]
    variance: float
    lengthscale: NDArray[np.float64]

    @property
    def is_linear(self) -> bool:
        """Whether it is the linear one."""
        return self.kind == "linear"

    @property
    def logarithms(self) -> NDArray[np.float64]:
        """Logarithms of the lengthscales, then of the variance."""
        return np.log(np.append(self.lengthscale, self.variance))

    def covariance(self, one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
        """Prior covariance between points, shape (n_one, n_two)."""
        one, two = one[:, self.columns], two[:, self.columns]
        if self.is_linear:
            return self.variance * one @ two.T
        distance = ROOT_3 * cdist(one / self.lengthscale, two / self.lengthscale)
        return self.variance * (1 + distance) * np.exp(-distance)

    def prior_variance(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Prior variance at points, shape (n,)."""
        if self.is_linear:
            return self.variance * (points[:, self.columns] ** 2).sum(axis=1)
        return np.full(len(points), self.variance)


def covariance_of_sum(
    terms: Sequence[Term], one: NDArray[np.float64], two: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Prior covariance of the sum of the terms between points, shape (n_one, n_two)."""
    total = np.zeros((len(one), len(two)))
    for term in terms:
        total += term.covariance(one, two)
    return total


def prior_variance_of_sum(
    terms: Sequence[Term], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Prior variance of the sum of the terms at points, shape (n,)."""
    total = np.zeros(len(points))
    for term in terms:
        total += term.prior_variance(points)
    return total


def income_terms(features: Sequence[str]) -> tuple[Term, ...]:
    """Terms of the model of some inputs, at the medians of their priors.

    Linear in the census variables, a smooth function of them, one of the place, and one of
    everything together; those that have no inputs, or the same as another, are left out.

    Parameters
    ----------
    features : sequence of str
        As :func:`incomelens.ssig.features.feature_names` gives them.
    """
    place = tuple(j for j, name in enumerate(features) if name in SPATIAL)
    census = tuple(j for j in range(len(features)) if j not in place)
    terms = []
    if census:
        terms.append(Term("linear", "linear", census, LINEAR_VARIANCE, np.empty(0)))
        terms.append(_matern("census", census))
    if place:
        lengthscale = np.array([PLACE_LENGTHSCALE])
        terms.append(Term("place", "matern", place, VARIANCE, lengthscale))
    if census and place:
        terms.append(_matern("everything", census + place))
    return tuple(terms)


def _matern(name: str, columns: tuple[int, ...]) -> Term:
    lengthscale = np.full(len(columns), LENGTHSCALE * math.sqrt(len(columns)))
    return Term(name, "matern", columns, VARIANCE, lengthscale)
