"""The closed-form marginal likelihood against SciPy, GPyTorch and finite differences."""

import gpytorch
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import multivariate_normal

from incomelens.ssig.likelihood import MarginalLikelihood

POSITIVE = st.floats(0.2, 5.0)


def data(n=30, d=4, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n, d))
    return inputs, np.sin(inputs.sum(1)) + 0.1 * rng.normal(size=n), 0.1 * rng.random(n)


def covariance(inputs, lengthscale, outputscale, noise):
    distance = np.sqrt(3) * cdist(inputs / lengthscale, inputs / lengthscale)
    return outputscale * (1 + distance) * np.exp(-distance) + np.diag(noise)


@given(
    lengthscale=st.one_of(POSITIVE.map(lambda v: [v]), st.lists(POSITIVE, min_size=4, max_size=4)),
    outputscale=POSITIVE,
    noise=POSITIVE,
)
@settings(max_examples=30, deadline=None)
def test_the_value_is_the_density_of_a_multivariate_normal(lengthscale, outputscale, noise):
    inputs, label, known = data()
    value, _ = MarginalLikelihood(inputs, label, known).value_and_gradient(
        np.array(lengthscale), outputscale, noise
    )
    sigma = covariance(inputs, np.array(lengthscale), outputscale, noise + known)
    expected = multivariate_normal.logpdf(label, cov=sigma)
    np.testing.assert_allclose(value, expected, rtol=1e-9)


@pytest.mark.parametrize("n_lengthscales", [1, 4])
def test_the_gradient_is_the_slope_of_the_value(n_lengthscales):
    likelihood = MarginalLikelihood(*data())
    theta = np.log(np.linspace(0.7, 2.0, n_lengthscales + 2))

    def value(theta):
        scales = np.exp(theta)
        return likelihood.value_and_gradient(scales[:-2], scales[-2], scales[-1])

    steps = 1e-5 * np.eye(len(theta))
    slope = [(value(theta + step)[0] - value(theta - step)[0]) / 2e-5 for step in steps]
    np.testing.assert_allclose(value(theta)[1], slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("n_lengthscales", [1, 4])
def test_value_and_gradient_equal_gpytorch(n_lengthscales):
    inputs, label, _ = data(n=60)
    lengthscale = np.linspace(0.8, 1.7, n_lengthscales)
    value, gradient = MarginalLikelihood(inputs, label, np.zeros(60)).value_and_gradient(
        lengthscale, 1.3, 0.2
    )

    points, targets = torch.from_numpy(inputs), torch.from_numpy(label)
    likelihood = gpytorch.likelihoods.GaussianLikelihood().double()
    model = PlainModel(points, targets, likelihood, n_lengthscales).double()
    model.covar_module.base_kernel.lengthscale = torch.from_numpy(lengthscale)
    model.covar_module.outputscale = 1.3
    likelihood.noise = 0.2
    evidence = gpytorch.mlls.ExactMarginalLogLikelihood(likelihood, model)
    with gpytorch.settings.fast_computations(False, False, False):
        expected = 60 * evidence(model(points), targets)
        expected.backward()
    parameters = [
        (model.covar_module.base_kernel, "lengthscale"),
        (model.covar_module, "outputscale"),
        (likelihood.noise_covar, "noise"),
    ]
    # GPyTorch takes distances of at least 3e-8, also of a district to itself.
    np.testing.assert_allclose(value, expected.item(), rtol=1e-7)
    slopes = np.concatenate([slope_by_logarithm(*parameter) for parameter in parameters])
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6)


class PlainModel(gpytorch.models.ExactGP):
    """The textbook GPyTorch model: zero mean, scaled Matérn-3/2."""

    def __init__(self, points, targets, likelihood, n_lengthscales):
        super().__init__(points, targets, likelihood)
        self.mean_module = gpytorch.means.ZeroMean()
        ard = n_lengthscales if n_lengthscales > 1 else None
        self.covar_module = gpytorch.kernels.ScaleKernel(
            gpytorch.kernels.MaternKernel(nu=1.5, ard_num_dims=ard)
        )

    def forward(self, points):
        return gpytorch.distributions.MultivariateNormal(
            self.mean_module(points), self.covar_module(points)
        )


def slope_by_logarithm(module, name):
    """GPyTorch's slope by its raw parameter, turned into one by the logarithm of the value."""
    raw = getattr(module, f"raw_{name}")
    value = getattr(module, name).detach()
    return (raw.grad * value / torch.sigmoid(raw.detach())).numpy().ravel()


def test_twin_districts_without_noise_have_no_likelihood():
    inputs = np.zeros((4, 2))
    value, gradient = MarginalLikelihood(inputs, np.arange(4.0), np.zeros(4)).value_and_gradient(
        np.ones(1), 1.0, 0.0
    )
    assert value == -np.inf
    assert not gradient.any()


def test_one_object_can_be_asked_again_and_again():
    likelihood = MarginalLikelihood(*data())
    first = likelihood.value_and_gradient(np.ones(1), 1.0, 0.5)
    likelihood.value_and_gradient(np.full(4, 2.0), 3.0, 0.1)
    again = likelihood.value_and_gradient(np.ones(1), 1.0, 0.5)
    assert first[0] == again[0]
    np.testing.assert_array_equal(first[1], again[1])
    assert likelihood.n_evaluations == 3
