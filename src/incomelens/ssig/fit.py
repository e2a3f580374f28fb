"""Fit the Gaussian process in one of five modes (deviations `kernel_settings`, `additive_model`).

The paper prints its kernel with lengthscale 1 and says neither whether that is optimised nor what
the noise is. `literal` takes it at its word (GPy's untouched defaults), `fixed_lengthscale`
optimises the variances alone, `optimised` all three, and `ard` gives every input its own
lengthscale. `additive` is another model, of the log income (:mod:`incomelens.ssig.additive`).

Beyond a number of districts the process rests on inducing points (:mod:`incomelens.ssig.inducing`).
"""

import logging
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.ssig.additive import FittedSum
from incomelens.ssig.fit_additive import fit_additive
from incomelens.ssig.gp import FittedGP
from incomelens.ssig.inducing import Approximation, induced
from incomelens.ssig.likelihood import MarginalLikelihood
from incomelens.ssig.scaling import scaling_of
from incomelens.ssig.search import SearchSpace, maximise

logger = logging.getLogger(__name__)

APPROXIMATION = Approximation()
MODES = ("literal", "fixed_lengthscale", "optimised", "ard", "additive")


def fit_gp(
    inputs: NDArray[np.float64],
    income: NDArray[np.float64],
    *,
    mode: str,
    features: tuple[str, ...],
    ids: tuple[str, ...],
    known_noise: NDArray[np.float64] | None = None,
    starts: int = 4,
    approximation: Approximation = APPROXIMATION,
    rng: np.random.Generator,
) -> FittedGP | FittedSum:
    """Fit a Gaussian process to the income of some districts.

    How the hyperparameters are found stands in :mod:`incomelens.ssig.search`.

    Parameters
    ----------
    inputs : array of shape (n, d)
        In their own units.
    income : array of shape (n,)
        USD.
    mode : {"literal", "fixed_lengthscale", "optimised", "ard", "additive"}
    features, ids : tuples of str
        Names of the inputs and of the districts.
    known_noise : array of shape (n,), optional
        Noise variance known from margins of error, USD².
    starts : int
        Starts of the optimiser; the first is the middle of the prior box, the others random.
    approximation : Approximation
        From how many districts on the process rests on inducing points, and on how many.
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
    noise_usd2 = np.zeros(len(income)) if known_noise is None else known_noise
    learnt = approximation.learnt(len(income), rng)
    fit = fit_additive if mode == "additive" else partial(_fit_matern, mode=mode)
    fitted = fit(
        inputs,
        income,
        features=features,
        ids=ids,
        known_noise=noise_usd2,
        learnt=learnt,
        starts=starts,
        rng=rng,
    )
    if len(income) <= approximation.exact_districts:
        return fitted
    inducing, value = induced(
        fitted.terms,
        fitted.training_inputs,
        fitted.training_label,
        fitted.noise + fitted.known_noise,
        n_points=approximation.inducing_points,
        learnt_on=len(learnt),
    )
    return replace(fitted, inducing=inducing, log_marginal_likelihood=value)


def _fit_matern(
    inputs: NDArray[np.float64],
    income: NDArray[np.float64],
    *,
    mode: str,
    features: tuple[str, ...],
    ids: tuple[str, ...],
    known_noise: NDArray[np.float64],
    learnt: NDArray[np.int64],
    starts: int,
    rng: np.random.Generator,
) -> FittedGP:
    """Fit the paper's process; `learnt` are the rows that its hyperparameters are learnt on."""
    input_scaling = scaling_of(inputs, features)
    label_scaling = scaling_of(income[:, None], ("income",))
    scaled = input_scaling.scaled(inputs)
    label = label_scaling.scaled(income[:, None])[:, 0]
    scaled_noise = known_noise / label_scaling.sd[0] ** 2

    space = SearchSpace(mode, len(features))
    likelihood = MarginalLikelihood(scaled[learnt], label[learnt], scaled_noise[learnt])
    if mode == "literal":
        lengthscale, outputscale, noise = space.hyperparameters(np.zeros(3))
        value, _ = likelihood.value_and_gradient(lengthscale, outputscale, noise)
        evaluations, converged = 0, True
    else:
        optimum = maximise(likelihood, space, starts=starts, rng=rng)
        lengthscale, outputscale, noise = space.hyperparameters(optimum.theta)
        value, evaluations, converged = optimum.value, optimum.n_evaluations, optimum.converged
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
        known_noise=scaled_noise,
        training_ids=ids,
        log_marginal_likelihood=value,
        n_evaluations=evaluations,
        converged=converged,
    )
