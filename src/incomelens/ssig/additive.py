"""A Gaussian process on log income whose kernel is a sum (deviation `additive_model`).

The successor of the paper's process: linear in the census variables + a smooth function of them +
one of the place + one of everything (:func:`incomelens.ssig.terms.income_terms`), each with its own
scales. Shares enter as arcsin √share and density as log(1 + density), which spreads out what lies
crowded at zero; the place in kilometres east and north. The label is the logarithm of the income,
so that the income itself is log-normal. Hyperparameters are those of the largest posterior density
under weak priors.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve

from incomelens.common.errors import InputError
from incomelens.folds.buffer import KM_PER_DEGREE
from incomelens.ssig.features import SPATIAL
from incomelens.ssig.gp import Fitted
from incomelens.ssig.scaling import Scaling, scaling_of
from incomelens.ssig.terms import Term, covariance_of_sum, prior_variance_of_sum

MODE = "additive"
DENSITY = "population_density"  # the one census variable that is no share


def transformed(inputs: NDArray[np.float64], features: Sequence[str]) -> NDArray[np.float64]:
    """Inputs as the model reads them, shape (n, d): shares and density spread out, places as given.

    Raises
    ------
    InputError
        If a share is outside 0 to 1, or a density negative.
    """
    columns = []
    for values, name in zip(inputs.T, features, strict=True):
        if name in SPATIAL:
            columns.append(values)
            continue
        most = np.inf if name == DENSITY else 1.0
        outside = ~((values >= 0) & (values <= most))
        if outside.any():
            raise InputError(
                f"{name} is {values[outside][0]:g} in {outside.sum()} of {len(values)} districts; "
                f"the mode {MODE} takes its {'logarithm' if name == DENSITY else 'square root'} "
                f"and needs 0 to {most:g}"
            )
        columns.append(np.log1p(values) if name == DENSITY else np.arcsin(np.sqrt(values)))
    return np.column_stack(columns)


def scaling_with_place(inputs: NDArray[np.float64], features: tuple[str, ...]) -> Scaling:
    """Z-scores of transformed inputs; one SD, in km, for both axes of the place.

    A degree of longitude counts as what it is at the districts' mean latitude, so that distances
    are those on the ground and every axis stays a coordinate of its own.
    """
    scaling = scaling_of(inputs, features)
    place = [features.index(name) for name in SPATIAL if name in features]
    if not place:
        return scaling
    latitude = scaling.mean[features.index("latitude")]
    km_per_degree = np.array(
        [
            KM_PER_DEGREE * (math.cos(math.radians(latitude)) if name == "longitude" else 1.0)
            for name in SPATIAL
        ]
    )
    sd = scaling.sd.copy()
    sd[place] = math.sqrt(np.mean((sd[place] * km_per_degree) ** 2)) / km_per_degree
    return replace(scaling, sd=sd)


@dataclass(frozen=True, kw_only=True)
class FittedSum(Fitted):
    """Process on the logarithm of the income, with a sum of kernels of transformed inputs.

    Attributes
    ----------
    label_sd_usd : float
        SD of the training incomes themselves.
    terms : tuple of Term
    """

    label_sd_usd: float
    terms: tuple[Term, ...]
    mode: ClassVar[str] = MODE

    def scaled(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Inputs in their own units as the kernels read them, shape (n, d)."""
        return self.input_scaling.scaled(transformed(inputs, self.features))

    def log_income(
        self, inputs: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and SD of the log income, noise included, of inputs in their own units."""
        points = self.scaled(inputs)
        if self.inducing is None:
            f, variance = self._exact(points)
        else:
            f, variance = self.inducing.predict(self.terms, points)
        mean, sd = self.label_scaling.mean[0], self.label_scaling.sd[0]
        return mean + sd * f, sd * np.sqrt(variance + self.noise)

    def _exact(
        self, points: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Posterior mean and variance of f, without noise."""
        covariance = covariance_of_sum(self.terms, points, self.training_inputs)
        explained = (covariance * cho_solve(self._factor, covariance.T).T).sum(axis=1)
        # Rounding may leave an explained variance above the prior one.
        variance = np.maximum(prior_variance_of_sum(self.terms, points) - explained, 0.0)
        return covariance @ self.weights(), variance

    def _label_covariance(self) -> NDArray[np.float64]:
        points = self.training_inputs
        covariance = covariance_of_sum(self.terms, points, points)
        covariance[np.diag_indices_from(covariance)] += self.noise + self.known_noise
        return covariance
