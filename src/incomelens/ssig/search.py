"""Find the hyperparameters that explain the incomes best.

An evaluation costs the third power of the number of districts. Four things keep them few: the
starts are explored on a random subset, where one costs a hundredth; only the best end is polished
on all districts; that happens in coordinates in which the subset's curvature is one, so that a
quasi-Newton method starts with the right steps; and inputs that a start has left on the plateau of
long lengthscales, where nothing changes any more, are brought back and get a second chance.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from incomelens.ssig.gp import NOISE_FLOOR
from incomelens.ssig.likelihood import MarginalLikelihood

SUBSET = 400  # districts on which the starts are explored
LOG_LIMIT = 14.0  # log hyperparameters stay within ±14: 1e-6 to 1e6
# Expected gain of log marginal likelihood below which a fit has converged, on the subset and on
# all districts.
SUBSET_GAIN, FULL_GAIN = 1e-2, 1e-4
# Lengthscales per root of the number of inputs: where a search starts, from where on an input
# hardly matters, and where it is brought back to.
START, PLATEAU, SECOND_CHANCE = 2.0, 30.0, 8.0


class Likelihood(Protocol):
    """Log marginal likelihood of some districts, which counts how often it is asked for."""

    label: NDArray[np.float64]
    n_evaluations: int

    def subset(self, rows: NDArray[np.int64]) -> Self:
        """Likelihood of some of the districts."""


# A likelihood of the hyperparameters that are searched: each space has a kind of its own.
OfTheSpace = Any


class Space(Protocol):
    """What is free to be searched, as logarithms."""

    @property
    def gain(self) -> float:
        """Expected of a further step on all districts, below which the search ends."""

    @property
    def free(self) -> NDArray[np.int64]:
        """Places of the free ones among all logarithms."""

    def start(self, rng: np.random.Generator | None) -> NDArray[np.float64]:
        """Logarithms to start from: typical values, or a draw around them."""

    def value_and_gradient(
        self, likelihood: OfTheSpace, theta: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64]]:
        """What is maximised, and its gradient in all logarithms."""

    def off_the_plateau(self, theta: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Another place to polish from, or None."""


@dataclass(frozen=True)
class SearchSpace:
    """The free hyperparameters of a mode, as logarithms.

    Attributes
    ----------
    mode : {"literal", "fixed_lengthscale", "optimised", "ard"}
    n_inputs : int
    """

    mode: str
    n_inputs: int
    gain: ClassVar[float] = FULL_GAIN

    @property
    def n_lengthscales(self) -> int:
        """One for all inputs, or one each."""
        return self.n_inputs if self.mode == "ard" else 1

    @property
    def free(self) -> NDArray[np.int64]:
        """Places of the free ones in (log lengthscales, log outputscale, log noise)."""
        fixed = self.n_lengthscales if self.mode == "fixed_lengthscale" else 0
        return np.arange(fixed, self.n_lengthscales + 2)

    def hyperparameters(
        self, theta: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], float, float]:
        """Lengthscales, outputscale and noise of (log lengthscales, log outputscale, log noise)."""
        values = np.exp(np.clip(theta, -LOG_LIMIT, LOG_LIMIT))
        noise = 1.0 if self.mode == "literal" else float(values[-1]) + NOISE_FLOOR
        return values[:-2], float(values[-2]), noise

    def value_and_gradient(
        self, likelihood: MarginalLikelihood, theta: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64]]:
        """Log marginal likelihood, and its gradient in the logarithms."""
        lengthscale, outputscale, noise = self.hyperparameters(theta)
        value, gradient = likelihood.value_and_gradient(lengthscale, outputscale, noise)
        gradient[-1] *= (noise - NOISE_FLOOR) / noise  # the logarithm is taken above the floor
        gradient[np.abs(theta) > LOG_LIMIT] = 0.0
        return value, gradient

    def start(self, rng: np.random.Generator | None) -> NDArray[np.float64]:
        """Logarithms to start from: typical values, or a draw around them."""
        # Distances grow with the root of the number of inputs, and so does a sensible lengthscale.
        centre = np.zeros(self.n_lengthscales + 2)
        if self.mode != "fixed_lengthscale":
            centre[:-2] = math.log(START * math.sqrt(self.n_inputs))
        centre[-1] = math.log(0.2)
        if rng is not None:
            centre[self.free] += rng.normal(scale=1.0, size=len(self.free))
        return centre

    def off_the_plateau(self, theta: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Bring very long lengthscales back; None where there are none, or only a shared one."""
        root = math.sqrt(self.n_inputs)
        lost = theta[:-2] > math.log(PLATEAU * root)
        if self.mode != "ard" or not lost.any():
            return None
        revived = theta.copy()
        revived[:-2][lost] = math.log(SECOND_CHANCE * root)
        return revived


@dataclass(frozen=True)
class Optimum:
    """Where a search ended.

    Attributes
    ----------
    theta : array
        Logarithms, see :meth:`SearchSpace.hyperparameters`.
    value : float
        Log marginal likelihood, or what else the space maximises.
    converged : bool
    n_evaluations : int
        On all districts.
    """

    theta: NDArray[np.float64]
    value: float
    converged: bool
    n_evaluations: int = 0


def maximise(
    likelihood: Likelihood,
    space: Space,
    *,
    starts: int,
    rng: np.random.Generator,
) -> Optimum:
    """Maximise the log marginal likelihood, or posterior density, of the free hyperparameters.

    Parameters
    ----------
    likelihood : Likelihood
        Of all districts.
    space : Space
    starts : int
        The first is a typical value, the others are drawn around it.
    rng : Generator
        Draws the subset and the starts.
    """
    n = len(likelihood.label)
    subset = np.sort(rng.permutation(n)[:SUBSET])
    small = likelihood.subset(subset)
    flat = np.eye(len(space.free))
    explored = [
        _descend(space, small, space.start(None if number == 0 else rng), flat, SUBSET_GAIN)
        for number in range(starts)
    ]
    theta = max(explored, key=lambda optimum: optimum.value).theta

    def polish(theta: NDArray[np.float64]) -> Optimum:
        whitening = _whitening(space, small, theta, n / len(subset))
        return _descend(space, likelihood, theta, whitening, space.gain)

    best = polish(theta)
    revived = space.off_the_plateau(best.theta)
    if revived is not None:
        best = max(best, polish(revived), key=lambda optimum: optimum.value)
    return Optimum(best.theta, best.value, best.converged, likelihood.n_evaluations)


def _descend(
    space: Space,
    likelihood: Likelihood,
    theta: NDArray[np.float64],
    whitening: NDArray[np.float64],
    gain: float,
) -> Optimum:
    """Follow the gradient until less than `gain` can be expected."""
    objective = _Objective(space, likelihood, theta, whitening)
    descent = minimize(
        objective,
        np.zeros(len(space.free)),
        jac=True,
        method="L-BFGS-B",
        options={"gtol": math.sqrt(2 * gain), "ftol": 0.0, "maxiter": 500},
    )
    return Optimum(objective.theta(descent.x), -float(descent.fun), bool(descent.success))


class _Objective:
    """Minus what is maximised over the free logarithms, in whitened coordinates."""

    def __init__(
        self,
        space: Space,
        likelihood: Likelihood,
        origin: NDArray[np.float64],
        whitening: NDArray[np.float64],
    ) -> None:
        self.space, self.likelihood = space, likelihood
        self.origin, self.whitening = origin, whitening

    def theta(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        theta = self.origin.copy()
        theta[self.space.free] += self.whitening @ coordinates
        return theta

    def __call__(self, coordinates: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        theta = self.theta(coordinates)
        value, gradient = self.space.value_and_gradient(self.likelihood, theta)
        if not math.isfinite(value):
            return 1e10, np.zeros(len(coordinates))
        return -value, -(self.whitening.T @ gradient[self.space.free])


def _whitening(
    space: Space,
    likelihood: Likelihood,
    theta: NDArray[np.float64],
    growth: float,
) -> NDArray[np.float64]:
    """Coordinates in which the curvature at `theta` is one, after the data grow by a factor.

    Central differences of the gradient give the curvature; where it is flat or bends the wrong way
    (a noise that vanishes, an input that does not matter) it is taken as at least a small positive.
    """
    n_free = len(space.free)
    step = 1e-3
    objective = _Objective(space, likelihood, theta, np.eye(n_free))
    curvature = np.empty((n_free, n_free))
    for row, direction in enumerate(np.eye(n_free)):
        _, ahead = objective(step * direction)
        _, behind = objective(-step * direction)
        curvature[row] = (ahead - behind) / (2 * step)
    values, vectors = np.linalg.eigh(0.5 * (curvature + curvature.T))
    values = np.maximum(np.abs(values) * growth, 1.0)
    return vectors / np.sqrt(values)
