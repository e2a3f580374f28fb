"""Where the hyperparameters of a sum of kernels are looked for: everywhere, with weak priors."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from incomelens.ssig.gp import NOISE_FLOOR
from incomelens.ssig.search import LOG_LIMIT
from incomelens.ssig.sum_likelihood import SumLikelihood
from incomelens.ssig.terms import LENGTHSCALE_SPREAD, NOISE, VARIANCE_SPREAD, Term


@dataclass(frozen=True)
class SumSpace:
    """The hyperparameters of a sum, as logarithms with normal priors.

    Attributes
    ----------
    terms : tuple of Term
        At the medians of their priors.
    """

    terms: tuple[Term, ...]
    gain: ClassVar[float] = 1e-2  # of log posterior density: beyond it predictions stay the same

    @cached_property
    def median(self) -> NDArray[np.float64]:
        """Logarithms of every term's hyperparameters in turn, then of the noise."""
        return np.concatenate([*(term.logarithms for term in self.terms), [math.log(NOISE)]])

    @cached_property
    def spread(self) -> NDArray[np.float64]:
        """SD of the priors of these logarithms."""
        by_term = [
            [LENGTHSCALE_SPREAD] * len(t.lengthscale) + [VARIANCE_SPREAD] for t in self.terms
        ]
        return np.concatenate([*by_term, [VARIANCE_SPREAD]])

    @property
    def free(self) -> NDArray[np.int64]:
        """All of them."""
        return np.arange(len(self.median))

    def hyperparameters(self, theta: NDArray[np.float64]) -> tuple[tuple[Term, ...], float]:
        """Terms and noise of some logarithms."""
        values = np.exp(np.clip(theta, -LOG_LIMIT, LOG_LIMIT))
        terms, at = [], 0
        for term in self.terms:
            end = at + len(term.lengthscale)
            terms.append(replace(term, lengthscale=values[at:end], variance=float(values[end])))
            at = end + 1
        return tuple(terms), float(values[-1]) + NOISE_FLOOR

    def start(self, rng: np.random.Generator | None) -> NDArray[np.float64]:
        """The medians of the priors, or a draw from them."""
        return self.median if rng is None else rng.normal(self.median, self.spread)

    def value_and_gradient(
        self, likelihood: SumLikelihood, theta: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64]]:
        """Log posterior density up to a constant, and its gradient."""
        terms, noise = self.hyperparameters(theta)
        value, gradient = likelihood.value_and_gradient(terms, noise)
        gradient[-1] *= (noise - NOISE_FLOOR) / noise  # the logarithm is taken above the floor
        gradient[np.abs(theta) > LOG_LIMIT] = 0.0
        return value + self.log_prior(theta), gradient - (theta - self.median) / self.spread**2

    def log_prior(self, theta: NDArray[np.float64]) -> float:
        """Log density of the priors at some logarithms, up to a constant."""
        return -0.5 * float(np.sum(((theta - self.median) / self.spread) ** 2))

    def off_the_plateau(self, theta: NDArray[np.float64]) -> None:
        """Nothing: the priors end the plateaus of long lengthscales."""
