"""Fit of the sum of kernels; what is fitted, and what it says of an income: ``additive``."""

import logging

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.ssig.additive import MODE, FittedSum, scaling_with_place, transformed
from incomelens.ssig.scaling import scaling_of
from incomelens.ssig.search import maximise
from incomelens.ssig.sum_likelihood import SumLikelihood
from incomelens.ssig.sum_space import SumSpace
from incomelens.ssig.terms import income_terms

logger = logging.getLogger(__name__)


def fit_additive(
    inputs: NDArray[np.float64],
    income: NDArray[np.float64],
    *,
    features: tuple[str, ...],
    ids: tuple[str, ...],
    known_noise: NDArray[np.float64],
    learnt: NDArray[np.int64],
    starts: int,
    rng: np.random.Generator,
) -> FittedSum:
    """Fit the sum of kernels to the log income of some districts.

    Parameters
    ----------
    inputs, income, features, ids, known_noise, starts, rng
        As for :func:`incomelens.ssig.fit.fit_gp`; a known variance of the income becomes one of
        its logarithm by the delta method.
    learnt : array of int
        Rows of the districts that the hyperparameters are learnt on.

    Raises
    ------
    InputError
        If an income is zero or negative, a share outside 0 to 1, or a column constant.
    """
    if np.any(income <= 0):
        raise InputError(
            f"mode {MODE}: {(income <= 0).sum()} of {len(income)} incomes are zero or negative, "
            "and it models their logarithm; leave it out of ssig.modes"
        )
    plain = transformed(inputs, features)
    input_scaling = scaling_with_place(plain, features)
    label_scaling = scaling_of(np.log(income)[:, None], ("income",))
    scaled = input_scaling.scaled(plain)
    label = label_scaling.scaled(np.log(income)[:, None])[:, 0]
    scaled_noise = known_noise / (income * label_scaling.sd[0]) ** 2

    space = SumSpace(income_terms(features))
    likelihood = SumLikelihood(scaled[learnt], label[learnt], scaled_noise[learnt])
    optimum = maximise(likelihood, space, starts=starts, rng=rng)
    terms, noise = space.hyperparameters(optimum.theta)
    value = optimum.value - space.log_prior(optimum.theta)
    logger.info(
        "%s: log marginal likelihood %.2f after %d evaluations; %s, noise %.3g",
        MODE,
        value,
        optimum.n_evaluations,
        ", ".join(f"{t.name} {t.variance:.3g} at {np.round(t.lengthscale, 2)}" for t in terms),
        noise,
    )
    return FittedSum(
        features=features,
        input_scaling=input_scaling,
        label_scaling=label_scaling,
        label_sd_usd=float(income.std()),
        terms=terms,
        noise=noise,
        training_inputs=scaled,
        training_label=label,
        known_noise=scaled_noise,
        training_ids=ids,
        log_marginal_likelihood=value,
        n_evaluations=optimum.n_evaluations,
        converged=optimum.converged,
    )
