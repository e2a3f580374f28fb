r"""A stationary kernel as a mixture of a few Gaussian kernels, to any accuracy asked for.

Matérn and rational quadratic kernels are Gaussian kernels averaged over a Gamma law,

.. math:: k(r) = \int_0^\infty e^{-u(s)\, r^2} \, \mathrm{Gamma}(s; a, a) \, ds

with :math:`u = 1/(2s)`, :math:`a = \nu` for Matérn and :math:`u = s/2`, :math:`a` the shape for
rational quadratic. The trapezoid rule in :math:`\log s` converges exponentially but spends nodes
freely; balanced truncation of that sum, seen as a linear system with one pole a node, keeps about
half of them at the same largest error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares
from scipy.special import gammaln, kv

from incomelens.common.errors import InputError

_FAMILIES = ("matern", "rbf", "rational_quadratic")
# Below this the rounding of a sum of weights near one is no longer small beside the error.
_SMALLEST_TOLERANCE = 2e-14
# Numbers of nodes tried before the trapezoid rule is taken as it is.
_TRIALS = 6
# The grid is fine enough for the peaks of the error to be missed by less than this.
_GRID_MARGIN = 1.02


@dataclass(frozen=True)
class StationaryKernel:
    r"""Shape of a kernel that depends on the scaled distance alone, with :math:`k(0) = 1`.

    Attributes
    ----------
    family : {'matern', 'rbf', 'rational_quadratic'}
    shape : float
        :math:`\nu` of Matérn (at least 1/2), :math:`\alpha` of rational quadratic (at least
        1/2); without meaning for RBF.
    """

    family: str
    shape: float = 1.5

    def __post_init__(self) -> None:
        if self.family not in _FAMILIES:
            raise InputError(
                f"kernel '{self.family}' is not covered (known: {', '.join(_FAMILIES)}); exact "
                "values need a kernel that is a mixture of Gaussians in the distance; for others "
                "set explainer: shap_kernel"
            )
        if self.family != "rbf" and not 0.5 <= self.shape <= 20:
            raise InputError(
                f"kernel '{self.family}': shape {self.shape} is outside 0.5 to 20; nearly "
                "discontinuous kernels need too many Gaussians, and smoother ones are RBF"
            )

    def __call__(self, distance: ArrayLike) -> NDArray[np.float64]:
        """Kernel at scaled distances of any shape.

        Matérn 1/2, 3/2 and 5/2 in closed form, other orders by the Bessel function.
        """
        r = np.asarray(distance, dtype=np.float64)
        if self.family == "rbf":
            return np.exp(-0.5 * r**2)
        if self.family == "rational_quadratic":
            return np.exp(-self.shape * np.log1p(r**2 / (2 * self.shape)))
        return _matern(self.shape, np.sqrt(2 * self.shape) * r)


def _matern(nu: float, z: NDArray[np.float64]) -> NDArray[np.float64]:
    if nu == 0.5:
        return np.exp(-z)
    if nu == 1.5:
        return (1 + z) * np.exp(-z)
    if nu == 2.5:
        return (1 + z + z**2 / 3) * np.exp(-z)
    # z^nu K_nu(z) is 0 times infinity at zero and underflows far out; both limits are known.
    inside = np.clip(z, 1e-12, 700.0)
    log_scale = (1 - nu) * np.log(2) - gammaln(nu) + nu * np.log(inside)
    return np.where(z < 1e-12, 1.0, np.where(z > 700, 0.0, np.exp(log_scale) * kv(nu, inside)))


@dataclass(frozen=True)
class GaussianMixture:
    r"""Gaussians that add up to a kernel: :math:`\sum_m w_m e^{-u_m r^2}`.

    Attributes
    ----------
    rates : array of shape (n_nodes,)
        :math:`u_m`, ascending, in inverse squared lengthscales.
    weights : array of shape (n_nodes,)
        :math:`w_m > 0`.
    max_error : float
        Largest absolute difference from the kernel over all distances, measured on a dense grid
        from zero to where both have vanished, plus 2 %.
    """

    rates: NDArray[np.float64]
    weights: NDArray[np.float64]
    max_error: float

    def __call__(self, distance: ArrayLike) -> NDArray[np.float64]:
        """Mixture at scaled distances of any shape."""
        squared = np.asarray(distance, dtype=np.float64)[..., None] ** 2
        return np.exp(-self.rates * squared) @ self.weights


@lru_cache(maxsize=64)
def gaussian_mixture(kernel: StationaryKernel, tolerance: float) -> GaussianMixture:
    """Fewest Gaussians found that meet a kernel everywhere to a tolerance.

    Parameters
    ----------
    kernel : StationaryKernel
    tolerance : float
        Largest absolute error allowed at any distance, from 2e-14 upwards.

    Returns
    -------
    GaussianMixture
        One node for RBF. Otherwise the smallest balanced truncation that meets the tolerance,
        polished by least squares where float64 stops the truncation itself (below about 1e-10
        for Matérn 3/2), or the trapezoid rule where neither has fewer nodes.

    Notes
    -----
    Least nodes of this construction, not a proven minimum. For Matérn 3/2: 14 nodes at 1e-6,
    22 at 1e-8, 32 at 1e-10; the plain trapezoid rule needs about twice as many.
    """
    if not tolerance >= _SMALLEST_TOLERANCE:
        raise InputError(
            f"tolerance {tolerance:.1e} of the kernel is below {_SMALLEST_TOLERANCE:.0e}, which "
            "float64 cannot deliver; ask for a larger tolerance of the values"
        )
    if kernel.family == "rbf":
        return GaussianMixture(np.array([0.5]), np.array([1.0]), 0.0)
    tolerance = min(tolerance, 1e-2)
    grid = _error_grid(kernel, tolerance)
    plain = _trapezoid_mixture(kernel, tolerance, grid)
    return _fewer_nodes(kernel, plain, tolerance, grid)


def _error_grid(kernel: StationaryKernel, tolerance: float) -> NDArray[np.float64]:
    """Squared distances: zero, and a geometric grid over all scales the kernel has."""
    a = kernel.shape
    if kernel.family == "matern":
        low = (tolerance / 100) ** (1 / min(a, 1.0))
        high = (np.log(1 / tolerance) + 12 + 4 * a) ** 2 / (2 * a) * 4
    else:
        low, high = tolerance / 100, 2 * a * (tolerance / 1e3) ** (-1 / a)
    n_steps = int(np.ceil(np.log(high / low) / 0.05))
    return np.concatenate([[0.0], np.geomspace(low, high, n_steps)])


def _measured(
    kernel: StationaryKernel,
    rates: NDArray[np.float64],
    weights: NDArray[np.float64],
    grid: NDArray[np.float64],
) -> GaussianMixture:
    order = np.argsort(rates)
    rates, weights = rates[order], weights[order]
    # A failed polish may leave rates without bound; its error is then NaN and meets no tolerance.
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.exp(-np.outer(grid, rates)) @ weights
    exact = kernel(np.sqrt(grid))
    # Both decrease in the distance, so beyond the grid they differ by no more than at its end.
    error = max(np.abs(total - exact).max(), total[-1], exact[-1])
    return GaussianMixture(rates, weights, float(_GRID_MARGIN * error))


def _trapezoid(
    kernel: StationaryKernel, step: float, tail: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Trapezoid rule in v = log s, out to where the Gamma law holds less than `tail`."""
    a = kernel.shape
    low = (np.log(tail) + gammaln(a + 1) - a * np.log(a)) / a
    high = np.log(1 + np.log(1 / tail) / a + np.log1p(np.log(1 / tail)) / a)
    v = np.arange(low, high + step, step)
    weights = step * np.exp(a * np.log(a) - gammaln(a) + a * v - a * np.exp(v))
    sign = -1.0 if kernel.family == "matern" else 1.0
    return 0.5 * np.exp(sign * v), weights


def _trapezoid_mixture(
    kernel: StationaryKernel, tolerance: float, grid: NDArray[np.float64]
) -> GaussianMixture:
    step = np.pi**2 / np.log(1 / tolerance)
    while step > 0.05:
        mixture = _measured(kernel, *_trapezoid(kernel, step, tolerance / 10), grid)
        if mixture.max_error <= tolerance:
            return mixture
        step *= 0.96
    raise InputError(
        f"kernel '{kernel.family}' of shape {kernel.shape}: no mixture found at {tolerance:.1e}; "
        "ask for a larger tolerance"
    )


def _fewer_nodes(
    kernel: StationaryKernel,
    plain: GaussianMixture,
    tolerance: float,
    grid: NDArray[np.float64],
) -> GaussianMixture:
    """Smallest truncation of a fine trapezoid rule that meets the tolerance, else `plain`."""
    fine_tolerance = max(tolerance / 30, 1e-15)
    fine = _trapezoid(kernel, 8.5 / np.log(1 / fine_tolerance), fine_tolerance)
    basis, hankel = _hankel_basis(*fine)
    if not (hankel <= tolerance / 4).any():
        return plain
    # The largest error of a truncation is six to seven times the first singular value left out.
    first = int(np.argmax(hankel <= tolerance / 4))
    for n_nodes in range(first, min(first + _TRIALS, len(plain.rates))):
        rates, weights = _truncated(*fine, basis[:, :n_nodes])
        if not (rates.min() > 0 and weights.min() > 0):
            return plain
        mixture = _measured(kernel, rates, weights, grid)
        if tolerance < mixture.max_error < 1e-3:
            mixture = _measured(kernel, *_polished(kernel, rates, weights, grid), grid)
        if mixture.max_error <= tolerance:
            return mixture
    return plain


def _hankel_basis(
    rates: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Balanced coordinates of :math:`-k'(t) = \sum_m w_m u_m e^{-u_m t}`, with singular values.

    The derivative makes the problem the same at every scale of the distance. The Gramian
    :math:`b_i b_j / (u_i + u_j)` is never formed: the singular vectors of its square root in
    time keep twice the digits.
    """
    step = 0.18
    log_time = np.arange(np.log(1e-17 / rates.max()), np.log(45 / rates.min()), step)
    root = np.sqrt(weights * rates)[:, None] * np.exp(
        0.5 * (log_time + np.log(step)) - np.outer(rates, np.exp(log_time))
    )
    basis, singular, _ = np.linalg.svd(root, full_matrices=False)
    return basis, singular**2


def _truncated(
    rates: NDArray[np.float64], weights: NDArray[np.float64], basis: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rates and weights of the system projected on the leading balanced coordinates."""
    projected = np.sqrt(rates)[:, None] * basis
    new_rates, rotation = np.linalg.eigh(projected.T @ projected)
    gain = rotation.T @ (basis.T @ np.sqrt(weights * rates))
    return new_rates, gain**2 / new_rates


def _polished(
    kernel: StationaryKernel,
    rates: NDArray[np.float64],
    weights: NDArray[np.float64],
    grid: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least squares on log rates and log weights over a part of the grid."""
    n = len(rates)
    coarse = grid[::3]
    exact = kernel(np.sqrt(coarse))

    def terms(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.exp(logs[n:] - np.outer(coarse, np.exp(logs[:n])))

    def residual(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        return (terms(logs).sum(axis=1) - exact) / scale

    def jacobian(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        term = terms(logs)
        return np.hstack([-term * np.outer(coarse, np.exp(logs[:n])), term]) / scale

    start = np.log(np.concatenate([rates, weights]))
    # Residuals near 1e-12 would end the search at once: it looks at their absolute size.
    scale = np.abs(terms(start).sum(axis=1) - exact).max()
    # A trial step may overflow; the search then shortens it.
    with np.errstate(over="ignore", invalid="ignore"):
        fit = least_squares(
            residual,
            start,
            jacobian,
            method="lm",
            x_scale="jac",
            max_nfev=60,
            ftol=1e-6,
            xtol=1e-14,
        )
        rates, weights = np.exp(fit.x[:n]), np.exp(fit.x[n:])
    # Of very wide kernels the search may drive a node out to where it holds nothing.
    kept = (rates > 0) & (weights > 0)
    return rates[kept], weights[kept]
