"""A fitted Gaussian process, and the weights of its posterior mean, which Shapley values need.

Without PyTorch, which predicting takes (:mod:`incomelens.ssig.prediction`) and explaining does not.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import pdist, squareform

from incomelens.ssig.inducing import Inducing
from incomelens.ssig.scaling import Scaling
from incomelens.ssig.terms import ROOT_3, Term

NOISE_FLOOR = 1e-6  # squared SD units of the label; keeps Σ positive definite with twin districts


@dataclass(frozen=True, kw_only=True)
class Fitted(ABC):
    """Gaussian process with zero mean, conditioned on its training districts.

    Attributes
    ----------
    features : tuple of str
        Names of the d inputs.
    input_scaling, label_scaling : Scaling
        Of what the kernel reads, and of the income in USD or its logarithm.
    noise : float
        Variance in squared SD units of the label.
    training_inputs : array of shape (n, d)
        As the kernel reads them.
    training_label, known_noise : arrays of shape (n,)
        Z-scored; known noise variance in squared SD units.
    training_ids : tuple of str
    log_marginal_likelihood : float
        Of the z-scored label, priors of the hyperparameters left out.
    n_evaluations : int
        Of the marginal likelihood on all districts learnt from; 0 where nothing was optimised.
    converged : bool
        Whether the optimiser ended at a stationary point.
    inducing : Inducing, optional
        What the process rests on in place of its training districts, where it is not exact.
    """

    features: tuple[str, ...]
    input_scaling: Scaling
    label_scaling: Scaling
    noise: float
    training_inputs: NDArray[np.float64]
    training_label: NDArray[np.float64]
    known_noise: NDArray[np.float64]
    training_ids: tuple[str, ...]
    log_marginal_likelihood: float
    n_evaluations: int
    converged: bool
    inducing: Inducing | None = None

    @property
    def process(self) -> str | None:
        """What tables call a process that is not exact."""
        return None if self.inducing is None else self.inducing.name

    @property
    def support(self) -> NDArray[np.float64]:
        """Points z_j of the posterior mean, shape (m, d): districts, or inducing points."""
        return self.training_inputs if self.inducing is None else self.inducing.points

    def weights(self) -> NDArray[np.float64]:
        """Return α of the posterior mean f(x) = Σ α_j k(x, z_j), shape (m,)."""
        if self.inducing is not None:
            return self.inducing.weights
        return cho_solve(self._factor, self.training_label)

    @cached_property
    def _factor(self) -> tuple[NDArray[np.float64], bool]:
        covariance = self._label_covariance()
        return cho_factor(covariance, lower=True, overwrite_a=True, check_finite=False)

    @abstractmethod
    def _label_covariance(self) -> NDArray[np.float64]:
        """Prior covariance of the training labels, noise included, shape (n, n)."""


@dataclass(frozen=True, kw_only=True)
class FittedGP(Fitted):
    """The paper's process: one Matérn-3/2 kernel of z-scored inputs, on the income itself.

    Attributes
    ----------
    mode : str
        How the hyperparameters were found.
    lengthscale : array of shape (1,) or (d,)
        In SD units of the inputs.
    outputscale : float
        Variance in squared SD units of the label.
    """

    mode: str
    lengthscale: NDArray[np.float64]
    outputscale: float

    @property
    def terms(self) -> tuple[Term, ...]:
        """The kernel as a sum of one."""
        columns = tuple(range(len(self.features)))
        return (Term("kernel", "matern", columns, self.outputscale, self.lengthscale),)

    @property
    def label_sd_usd(self) -> float:
        """SD of the training incomes."""
        return float(self.label_scaling.sd[0])

    def scaled(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Inputs in their own units as the kernel reads them, shape (n, d)."""
        return self.input_scaling.scaled(inputs)

    def _label_covariance(self) -> NDArray[np.float64]:
        distance = ROOT_3 * squareform(pdist(self.training_inputs / self.lengthscale))
        covariance = self.outputscale * (1 + distance) * np.exp(-distance)
        np.fill_diagonal(covariance, self.outputscale + self.noise + self.known_noise)
        return covariance
