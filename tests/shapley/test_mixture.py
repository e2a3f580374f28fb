"""Kernels as mixtures of Gaussians: the error they state holds at every distance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad
from sklearn.gaussian_process.kernels import Matern, RationalQuadratic

from incomelens.common.errors import InputError
from incomelens.shapley.mixture import StationaryKernel, gaussian_mixture

KERNELS = [
    StationaryKernel("matern", 0.5),
    StationaryKernel("matern", 1.5),
    StationaryKernel("matern", 2.5),
    StationaryKernel("matern", 0.8),
    StationaryKernel("rational_quadratic", 1.0),
    StationaryKernel("rbf"),
]
distances = st.one_of(st.just(0.0), st.floats(-30, 12).map(np.exp))
some_tolerances = st.sampled_from([1e-3, 1e-6, 1e-9])


@settings(max_examples=60, deadline=None)
@given(kernel=st.sampled_from(KERNELS), tolerance=some_tolerances, r=distances)
def test_mixture_keeps_its_stated_error_at_any_distance(kernel, tolerance, r):
    mixture = gaussian_mixture(kernel, tolerance)
    assert mixture.max_error <= tolerance
    # Two sums of about a hundred terms are compared: their own rounding comes on top.
    assert abs(mixture(r) - kernel(r)) <= mixture.max_error + 1e-14


@pytest.mark.parametrize(("tolerance", "most"), [(1e-6, 15), (1e-8, 24), (1e-10, 34), (1e-12, 46)])
def test_matern_three_halves_needs_about_half_the_nodes_of_the_trapezoid_rule(tolerance, most):
    assert len(gaussian_mixture(StationaryKernel("matern", 1.5), tolerance).rates) <= most


def test_nodes_are_positive_and_ascending():
    mixture = gaussian_mixture(StationaryKernel("matern", 1.5), 1e-9)
    assert (mixture.weights > 0).all()
    assert (np.diff(mixture.rates) > 0).all()
    assert mixture.rates[0] > 0


@pytest.mark.parametrize(("shape", "tolerance"), [(0.6931, 10**-10.75), (0.8, 10**-12.25)])
def test_wide_kernels_have_no_node_that_holds_nothing(shape, tolerance):
    mixture = gaussian_mixture(StationaryKernel("rational_quadratic", shape), tolerance)
    assert mixture.rates[0] > 0
    assert mixture.weights.min() > 0
    assert mixture.max_error <= tolerance


def test_rbf_is_one_gaussian_without_error():
    mixture = gaussian_mixture(StationaryKernel("rbf"), 1e-12)
    assert len(mixture.rates) == 1
    assert mixture.max_error == 0


@pytest.mark.parametrize("nu", [0.5, 0.8, 1.5, 2.5, 3.7])
def test_matern_equals_scikit_learn(nu):
    r = np.array([0.0, 1e-3, 0.3, 1.0, 4.0])
    reference = Matern(nu=nu)(r[:, None], np.zeros((1, 1)))[:, 0]
    assert_allclose(StationaryKernel("matern", nu)(r), reference, atol=1e-13)


def test_rational_quadratic_equals_scikit_learn():
    r = np.array([0.0, 0.3, 1.0, 40.0])
    reference = RationalQuadratic(alpha=2.0)(r[:, None], np.zeros((1, 1)))[:, 0]
    assert_allclose(StationaryKernel("rational_quadratic", 2.0)(r), reference)


def test_matern_is_gaussians_averaged_over_a_gamma_law():
    r, nu = 0.7, 1.5
    density = lambda s: nu**nu * s ** (nu - 1) * np.exp(-nu * s) / (np.sqrt(np.pi) / 2)  # noqa: E731
    average, _ = quad(lambda s: np.exp(-(r**2) / (2 * s)) * density(s), 0, np.inf)
    assert_allclose(StationaryKernel("matern", nu)(r), average, rtol=1e-6)


def test_kernel_without_mixture_is_refused_with_the_way_out():
    with pytest.raises(InputError, match=r"kernel 'linear' is not covered .*shap_kernel"):
        StationaryKernel("linear")


def test_nearly_discontinuous_kernel_is_refused():
    with pytest.raises(InputError, match=r"shape 0\.1 is outside 0\.5 to 20"):
        StationaryKernel("matern", 0.1)


def test_tolerance_below_float64_is_refused():
    with pytest.raises(InputError, match=r"tolerance 1\.0e-16 .* float64 cannot deliver"):
        gaussian_mixture(StationaryKernel("matern", 1.5), 1e-16)
