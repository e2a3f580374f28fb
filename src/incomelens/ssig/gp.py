"""A fitted Gaussian process: prediction through GPyTorch, and what Shapley values need of it."""

import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from incomelens.common.errors import InputError
from incomelens.ssig.likelihood import ROOT_3, squared_distance
from incomelens.ssig.scaling import Scaling

with warnings.catch_warnings():
    # linear_operator compiles a kernel by a way that PyTorch is giving up: nothing for a reader.
    warnings.filterwarnings("ignore", message="`torch.jit.script`")
    import gpytorch

NOISE_FLOOR = 1e-6  # squared SD units of the label; keeps Σ positive definite with twin districts


class Prediction(NamedTuple):
    """Mean and standard deviation of the income itself, noise included, in USD, shape (n,)."""

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]


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
        Of the marginal likelihood on all training districts; 0 where nothing was optimised.
    converged : bool
        Whether the optimiser ended at a stationary point.
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

    def predict(self, inputs: NDArray[np.float64]) -> Prediction:
        """Income of districts with these inputs, in their own units, shape (n, d)."""
        if inputs.shape[1] != len(self.features):
            raise InputError(
                f"the model reads {len(self.features)} inputs ({', '.join(self.features)}), "
                f"the table has {inputs.shape[1]}"
            )
        model = self.gpytorch_model()
        points = torch.from_numpy(self.input_scaling.scaled(inputs))
        # Exact Cholesky at every size: the iterative solvers are for far larger data. Predicting
        # the training districts is meant, so that GPyTorch's question whether it is stays out.
        with (
            torch.no_grad(),
            gpytorch.settings.debug(state=False),
            gpytorch.settings.fast_computations(False, False, False),
            gpytorch.settings.max_cholesky_size(len(self.training_label) + 1),
            gpytorch.settings.skip_posterior_variances(False),
        ):
            posterior = model(points)
            mean = posterior.mean.numpy()
            variance = posterior.variance.numpy() + self.noise
        label_mean, label_sd = self.label_scaling.mean[0], self.label_scaling.sd[0]
        return Prediction(label_mean + label_sd * mean, label_sd * np.sqrt(variance))

    def gpytorch_model(self) -> "GPyTorchMatern":
        """Build the same process as a GPyTorch model in evaluation mode, float64."""
        return GPyTorchMatern(self).double().eval()

    def weights(self) -> NDArray[np.float64]:
        """Return α of the posterior mean f(x) = Σ α_i k(x, x_i), shape (n,)."""
        square = squared_distance(torch.from_numpy(self.training_inputs / self.lengthscale)).numpy()
        distance = ROOT_3 * np.sqrt(square)
        covariance = self.outputscale * (1 + distance) * np.exp(-distance)
        np.fill_diagonal(covariance, self.outputscale + self.noise + self.known_noise)
        factor = cho_factor(covariance, lower=True, overwrite_a=True, check_finite=False)
        return cho_solve(factor, self.training_label)


class GPyTorchMatern(gpytorch.models.ExactGP):
    """GPyTorch's form of a :class:`FittedGP`: zero mean, scaled Matérn-3/2, Gaussian noise."""

    def __init__(self, fitted: FittedGP) -> None:
        known = torch.from_numpy(fitted.known_noise)
        likelihood = gpytorch.likelihoods.FixedNoiseGaussianLikelihood(
            known + fitted.noise
        ).double()
        super().__init__(
            torch.from_numpy(fitted.training_inputs),
            torch.from_numpy(fitted.training_label),
            likelihood,
        )
        shared = len(fitted.lengthscale) == 1
        self.mean_module = gpytorch.means.ZeroMean()
        self.covar_module = gpytorch.kernels.ScaleKernel(
            gpytorch.kernels.MaternKernel(
                nu=1.5, ard_num_dims=None if shared else len(fitted.lengthscale)
            )
        ).double()
        # GPyTorch starts from softplus(0) = 0.693, so that every value is set, also a 1.
        self.covar_module.outputscale = fitted.outputscale
        self.covar_module.base_kernel.lengthscale = torch.from_numpy(fitted.lengthscale)

    def forward(self, inputs: torch.Tensor) -> gpytorch.distributions.MultivariateNormal:
        """Prior at `inputs`, shape (n, d)."""
        return gpytorch.distributions.MultivariateNormal(
            self.mean_module(inputs), self.covar_module(inputs)
        )
