"""Fit the Gaussian process in one of four modes (ruling 12).

The paper prints its kernel with lengthscale 1 and says neither whether that is optimised nor what
the noise is. `literal` takes it at its word (GPy's untouched defaults), `fixed_lengthscale`
optimises the variances alone, `optimised` all three, and `ard` gives every input its own
lengthscale.
"""

import logging
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from incomelens.common.errors import InputError
from incomelens.ssig.gp import NOISE_FLOOR, FittedGP
from incomelens.ssig.likelihood import MarginalLikelihood
from incomelens.ssig.scaling import scaling_of

logger = logging.getLogger(__name__)

MODES = ("literal", "fixed_lengthscale", "optimised", "ard")
SUBSET = 400  # districts on which the starts are explored
LOG_LIMIT = 14.0  # log hyperparameters stay within ±14: 1e-6 to 1e6
# Expected gain of log marginal likelihood below which a fit has converged, on the subset and on
# all districts.
SUBSET_GAIN, FULL_GAIN = 1e-2, 1e-4


def fit_gp(
    inputs: NDArray[np.float64],
    income: NDArray[np.float64],
    *,
    mode: str,
    features: tuple[str, ...],
    ids: tuple[str, ...],
    known_noise: NDArray[np.float64] | None = None,
    starts: int = 4,
    rng: np.random.Generator,
) -> FittedGP:
    """Fit a Matérn-3/2 Gaussian process to the income of some districts.

    The starts are explored on a random subset, where an evaluation costs a hundredth; the best end
    is then polished on all districts, in coordinates in which the subset's curvature is one.

    Parameters
    ----------
    inputs : array of shape (n, d)
        In their own units.
    income : array of shape (n,)
        USD.
    mode : {"literal", "fixed_lengthscale", "optimised", "ard"}
    features, ids : tuples of str
        Names of the inputs and of the districts.
    known_noise : array of shape (n,), optional
        Noise variance known from margins of error, USD².
    starts : int
        Starts of the optimiser; the first is the middle of the prior box, the others random.
    rng : Generator

    Raises
    ------
    InputError
        If an input or the income is constant, or there are fewer than three districts.
    """
    if mode not in MODES:
        raise InputError(f"ssig.modes: {mode!r} is unknown; known are {', '.join(MODES)}")
    if len(income) < 3:
        raise InputError(f"a Gaussian process needs 3 districts at least, there are {len(income)}")
    input_scaling = scaling_of(inputs, features)
    label_scaling = scaling_of(income[:, None], ("income",))
    noise_usd2 = np.zeros(len(income)) if known_noise is None else known_noise
    scaled = input_scaling.scaled(inputs)
    label = label_scaling.scaled(income[:, None])[:, 0]
    known = noise_usd2 / label_scaling.sd[0] ** 2

    space = _SearchSpace(mode, len(features))
    if mode == "literal":
        theta, value, evaluations, converged = np.zeros(3), None, 0, True
    else:
        theta, value, evaluations, converged = _optimised(
            space, scaled, label, known, starts=starts, rng=rng
        )
    lengthscale, outputscale, noise = space.hyperparameters(theta)
    if value is None:
        likelihood = MarginalLikelihood(scaled, label, known)
        value, _ = likelihood.value_and_gradient(lengthscale, outputscale, noise)
    logger.info(
        "%s: log marginal likelihood %.2f after %d evaluations; lengthscale %s, variance %.3g, "
        "noise %.3g",
        mode,
        value,
        evaluations,
        np.round(lengthscale, 2),
        outputscale,
        noise,
    )
    return FittedGP(
        features=features,
        mode=mode,
        input_scaling=input_scaling,
        label_scaling=label_scaling,
        lengthscale=lengthscale,
        outputscale=outputscale,
        noise=noise,
        training_inputs=scaled,
        training_label=label,
        known_noise=known,
        training_ids=ids,
        log_marginal_likelihood=value,
        n_evaluations=evaluations,
        converged=converged,
    )


@dataclass(frozen=True)
class _SearchSpace:
    """The free hyperparameters of a mode, as logarithms."""

    mode: str
    n_inputs: int

    @property
    def n_lengthscales(self) -> int:
        return self.n_inputs if self.mode == "ard" else 1

    @property
    def free(self) -> NDArray[np.int64]:
        """Places of the free ones in (log lengthscales, log outputscale, log noise)."""
        fixed = self.n_lengthscales if self.mode == "fixed_lengthscale" else 0
        return np.arange(fixed, self.n_lengthscales + 2)

    def hyperparameters(
        self, theta: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], float, float]:
        values = np.exp(np.clip(theta, -LOG_LIMIT, LOG_LIMIT))
        noise = 1.0 if self.mode == "literal" else float(values[-1]) + NOISE_FLOOR
        return values[:-2], float(values[-2]), noise

    def start(self, rng: np.random.Generator | None) -> NDArray[np.float64]:
        """Logarithms to start from: typical values, or a draw around them."""
        # Distances grow with the root of the number of inputs, and so does a sensible lengthscale.
        centre = np.zeros(self.n_lengthscales + 2)
        if self.mode != "fixed_lengthscale":
            centre[:-2] = math.log(2.0 * math.sqrt(self.n_inputs))
        centre[-1] = math.log(0.2)
        if rng is not None:
            centre[self.free] += rng.normal(scale=1.0, size=len(self.free))
        return centre


class _Objective:
    """Minus the log marginal likelihood over the free logarithms, in whitened coordinates."""

    def __init__(
        self,
        space: _SearchSpace,
        likelihood: MarginalLikelihood,
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
        lengthscale, outputscale, noise = self.space.hyperparameters(theta)
        value, gradient = self.likelihood.value_and_gradient(lengthscale, outputscale, noise)
        gradient[-1] *= (noise - NOISE_FLOOR) / noise  # the logarithm is taken above the floor
        gradient[np.abs(theta) > LOG_LIMIT] = 0.0
        if not math.isfinite(value):
            return 1e10, np.zeros(len(coordinates))
        return -value, -(self.whitening.T @ gradient[self.space.free])


def _optimised(
    space: _SearchSpace,
    inputs: NDArray[np.float64],
    label: NDArray[np.float64],
    known_noise: NDArray[np.float64],
    *,
    starts: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], float, int, bool]:
    n, n_free = len(label), len(space.free)
    subset = np.sort(rng.permutation(n)[:SUBSET])
    small = MarginalLikelihood(inputs[subset], label[subset], known_noise[subset])
    best = None
    for number in range(starts):
        origin = space.start(None if number == 0 else rng)
        objective = _Objective(space, small, origin, np.eye(n_free))
        found = minimize(
            objective,
            np.zeros(n_free),
            jac=True,
            method="L-BFGS-B",
            options={"gtol": math.sqrt(2 * SUBSET_GAIN), "ftol": 0.0, "maxiter": 200},
        )
        if best is None or found.fun < best[0]:
            best = (found.fun, objective.theta(found.x))
    theta = best[1]
    if len(subset) == n:
        whitening = _whitening(space, small, theta, 1.0)
        full = small
    else:
        whitening = _whitening(space, small, theta, n / len(subset))
        full = MarginalLikelihood(inputs, label, known_noise)
    full.n_evaluations = 0
    objective = _Objective(space, full, theta, whitening)
    found = minimize(
        objective,
        np.zeros(n_free),
        jac=True,
        method="L-BFGS-B",
        options={"gtol": math.sqrt(2 * FULL_GAIN), "ftol": 0.0, "maxiter": 500},
    )
    return objective.theta(found.x), -float(found.fun), full.n_evaluations, bool(found.success)


def _whitening(
    space: _SearchSpace,
    likelihood: MarginalLikelihood,
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
