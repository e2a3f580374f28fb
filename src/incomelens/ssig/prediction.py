"""Income of districts by a fitted Gaussian process.

The paper's process predicts through GPyTorch (deviation `software`), the sum of kernels by itself.
"""

import warnings
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.ssig.additive import FittedSum
from incomelens.ssig.gp import FittedGP

with warnings.catch_warnings():
    # linear_operator compiles a kernel by a way that PyTorch is giving up: nothing for a reader.
    warnings.filterwarnings("ignore", message="`torch.jit.script`")
    import gpytorch


class Prediction(NamedTuple):
    """What is known of the income itself, noise included, shape (n,).

    Attributes
    ----------
    mean, sd, median : arrays of shape (n,)
        USD. Of a normal income mean and median are the same.
    log_sd : array of shape (n,)
        SD of the logarithm of a log-normal income; missing where the income is normal.
    """

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    median: NDArray[np.float64]
    log_sd: NDArray[np.float64]


def predict_income(
    fitted: FittedGP | FittedSum,
    inputs: NDArray[np.float64],
    *,
    known_noise: NDArray[np.float64] | None = None,
) -> Prediction:
    """Predict the income of districts with these inputs, in their own units, shape (n, d).

    `known_noise` is the variance of each district's income by its own survey error, USD².

    Raises
    ------
    InputError
        If there is another number of inputs than the process was fitted to.
    """
    if inputs.shape[1] != len(fitted.features):
        raise InputError(
            f"the model reads {len(fitted.features)} inputs ({', '.join(fitted.features)}), "
            f"the table has {inputs.shape[1]}"
        )
    if isinstance(fitted, FittedSum):
        return log_normal_prediction(*fitted.log_income(inputs), known_noise=known_noise)
    mean, sd = _normal_income(fitted, inputs)
    if known_noise is not None:
        sd = np.sqrt(sd**2 + known_noise)
    return Prediction(mean, sd, mean, np.full(len(mean), np.nan))


def log_normal_prediction(
    log_mean: NDArray[np.float64],
    log_sd: NDArray[np.float64],
    *,
    known_noise: NDArray[np.float64] | None = None,
) -> Prediction:
    """Income in USD whose logarithm is normal; a survey error is brought there at the median."""
    median = np.exp(log_mean)
    log_variance = log_sd**2
    if known_noise is not None:
        log_variance = log_variance + known_noise / median**2
    mean = median * np.exp(log_variance / 2)
    return Prediction(mean, mean * np.sqrt(np.expm1(log_variance)), median, np.sqrt(log_variance))


def _normal_income(
    fitted: FittedGP, inputs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    model = GPyTorchMatern(fitted).double().eval()
    points = torch.from_numpy(fitted.input_scaling.scaled(inputs))
    # Exact Cholesky at every size: the iterative solvers are for far larger data. Predicting
    # the training districts is meant, so that GPyTorch's question whether it is stays out.
    with (
        torch.no_grad(),
        gpytorch.settings.debug(state=False),
        gpytorch.settings.fast_computations(False, False, False),
        gpytorch.settings.max_cholesky_size(len(fitted.training_label) + 1),
        gpytorch.settings.skip_posterior_variances(False),
    ):
        posterior = model(points)
        mean = posterior.mean.numpy()
        variance = posterior.variance.numpy() + fitted.noise
    label_mean, label_sd = fitted.label_scaling.mean[0], fitted.label_scaling.sd[0]
    return label_mean + label_sd * mean, label_sd * np.sqrt(variance)


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
