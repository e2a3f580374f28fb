"""A fitted Gaussian process, and the weights of its posterior mean, which Shapley values need.

Without PyTorch, which predicting takes (:mod:`incomelens.ssig.prediction`) and explaining does not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import pdist, squareform

from incomelens.ssig.inducing import Inducing
from incomelens.ssig.scaling import Scaling
from incomelens.ssig.terms import ROOT_3, Term

NOISE_FLOOR = 1e-6  # squared SD units of the label; keeps Σ positive definite with twin districts


@dataclass(frozen=True)
class FittedGP:
    """Matérn-3/2 Gaussian process with zero mean, conditioned on its training districts.

    Attributes
    ----------
    features : tuple of str
        Names of the d inputs.
    mode : str
        How the hyperparameters were found.
    input_scaling, label_scaling : Scaling
        Z-scores of the training districts; the label's in USD.
    lengthscale : array of shape (1,) or (d,)
        In SD units of the inputs.
    outputscale, noise : float
        Variances in squared SD units of the label.
    training_inputs : array of shape (n, d)
        Z-scored.
    training_label, known_noise : arrays of shape (n,)
        Z-scored income; known noise variance in squared SD units.
    training_ids : tuple of str
    log_marginal_likelihood : float
        Of the z-scored label.
    n_evaluations : int
        Of the marginal likelihood on all districts learnt from; 0 where nothing was optimised.
    converged : bool
        Whether the optimiser ended at a stationary point.
    inducing : Inducing, optional
        What the process rests on in place of its training districts, where it is not exact.
    """

    features: tuple[str, ...]
    mode: str
    input_scaling: Scaling
    label_scaling: Scaling
    lengthscale: NDArray[np.float64]
    outputscale: float
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
    def terms(self) -> tuple[Term, ...]:
        """The kernel as a sum of one."""
        columns = tuple(range(len(self.features)))
        return (Term("kernel", "matern", columns, self.outputscale, self.lengthscale),)

    @property
    def support(self) -> NDArray[np.float64]:
        """Points z_j of the posterior mean, shape (m, d): districts, or inducing points."""
        return self.training_inputs if self.inducing is None else self.inducing.points

    @property
    def label_sd_usd(self) -> float:
        """SD of the training incomes."""
        return float(self.label_scaling.sd[0])

    def scaled(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Inputs in their own units as the kernel reads them, shape (n, d)."""
        return self.input_scaling.scaled(inputs)

    def weights(self) -> NDArray[np.float64]:
        """Return α of the posterior mean f(x) = Σ α_j k(x, z_j), shape (m,)."""
        if self.inducing is not None:
            return self.inducing.weights
        distance = ROOT_3 * squareform(pdist(self.training_inputs / self.lengthscale))
        covariance = self.outputscale * (1 + distance) * np.exp(-distance)
        np.fill_diagonal(covariance, self.outputscale + self.noise + self.known_noise)
        factor = cho_factor(covariance, lower=True, overwrite_a=True, check_finite=False)
        return cho_solve(factor, self.training_label)
