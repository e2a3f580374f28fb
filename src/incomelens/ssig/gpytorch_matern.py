"""Income of districts by a fitted Matérn process, through GPyTorch (deviation `software`)."""

import warnings

import numpy as np
import torch
from numpy.typing import NDArray

from incomelens.ssig.gp import FittedGP

with warnings.catch_warnings():
    # linear_operator compiles a kernel by a way that PyTorch is giving up: nothing for a reader.
    warnings.filterwarnings("ignore", message="`torch.jit.script`")
    import gpytorch


def normal_income(
    fitted: FittedGP, inputs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and SD of the income, USD, noise included, of inputs (n, d) in their own units."""
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
