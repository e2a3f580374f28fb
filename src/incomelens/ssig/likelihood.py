r"""Log marginal likelihood of a Matérn-3/2 Gaussian process and its gradient, in closed form.

This is the hot path of the study: an optimiser asks for it some ten times a fit. Three things make
it fast. The gradient with respect to d lengthscales costs one n × n by n × d product instead of d
matrices of derivatives; the inverse that it needs comes from the Cholesky factor; and all arrays of
size n² are made once a fit and reused.

With :math:`r_{ab}^2 = \sum_j (x_{aj} - x_{bj})^2 / l_j^2`,
:math:`k = \sigma^2 (1 + \sqrt 3 r) e^{-\sqrt 3 r}` (paper, equation 2) and
:math:`\Sigma = K + \mathrm{diag}(\sigma_n^2 + v)`,

.. math::
   \log p(y) &= -\tfrac12 y^T \alpha - \tfrac12 \log|\Sigma| - \tfrac n2 \log 2\pi,
   \qquad \alpha = \Sigma^{-1} y \\
   \frac{\partial \log p}{\partial \log l_j} &= \tfrac12 \sum_{ab} (\alpha\alpha^T -
   \Sigma^{-1})_{ab} \; 3 \sigma^2 e^{-\sqrt 3 r_{ab}} (x_{aj} - x_{bj})^2 / l_j^2

(Rasmussen & Williams 2006, equations 2.30 and 5.9).
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import blas, lapack

from incomelens.ssig.terms import ROOT_3


class MarginalLikelihood:
    """Log marginal likelihood of a data set, as a function of the hyperparameters.

    Parameters
    ----------
    inputs : array of shape (n, d)
        Z-scored inputs.
    label : array of shape (n,)
        Z-scored label; the mean of the process is zero.
    known_noise : array of shape (n,)
        Known part of the noise variance, in squared units of the label.
    """

    def __init__(
        self,
        inputs: NDArray[np.float64],
        label: NDArray[np.float64],
        known_noise: NDArray[np.float64],
    ) -> None:
        self.inputs = np.ascontiguousarray(inputs, dtype=np.float64)
        self.label = np.ascontiguousarray(label, dtype=np.float64)
        self.known_noise = np.asarray(known_noise, dtype=np.float64)
        n = len(label)
        self.n_evaluations = 0
        self._squared_distance: torch.Tensor | None = None
        self._unit = torch.empty((n, n), dtype=torch.float64)  # r, then exp(-√3 r)
        self._scaled_square = torch.empty((n, n), dtype=torch.float64)  # r²
        self._covariance = torch.empty((n, n), dtype=torch.float64)  # Σ, its factor, its inverse

    def subset(self, rows: NDArray[np.int64]) -> "MarginalLikelihood":
        """Likelihood of some of the districts."""
        return MarginalLikelihood(self.inputs[rows], self.label[rows], self.known_noise[rows])

    def value_and_gradient(
        self, lengthscale: NDArray[np.float64], outputscale: float, noise: float
    ) -> tuple[float, NDArray[np.float64]]:
        r"""Log marginal likelihood and its gradient in the logarithms of the hyperparameters.

        Parameters
        ----------
        lengthscale : array of shape (1,) or (d,)
            One for all inputs, or one each.
        outputscale : float
            Signal variance :math:`\\sigma^2`.
        noise : float
            Noise variance :math:`\\sigma_n^2`, beside the known part.

        Returns
        -------
        value : float
            Minus infinity where the covariance is not positive definite in float64.
        gradient : array of shape (len(lengthscale) + 2,)
            For log lengthscale(s), log outputscale, log noise.
        """
        self.n_evaluations += 1
        n = len(self.label)
        decay = self._fill_covariance(lengthscale, outputscale, noise)
        found = factorised(self._covariance, self.label)
        if found is None:
            return -math.inf, np.zeros(len(lengthscale) + 2)
        value, alpha, inverse = found
        gradient = np.empty(len(lengthscale) + 2)
        gradient[:-2] = self._lengthscale_gradient(lengthscale, alpha, inverse, decay)
        gradient[:-2] *= 1.5 * outputscale
        # tr(Σ⁻¹ K) and αᵀKα follow from Σ = K + noise, without another n² product.
        inverse_diagonal = np.diagonal(inverse)
        all_noise = noise + self.known_noise
        fitted = self.label @ alpha - alpha @ (all_noise * alpha)
        gradient[-2] = 0.5 * (fitted - (n - inverse_diagonal @ all_noise))
        gradient[-1] = 0.5 * noise * (alpha @ alpha - inverse_diagonal.sum())
        return value, gradient

    def _fill_covariance(
        self, lengthscale: NDArray[np.float64], outputscale: float, noise: float
    ) -> torch.Tensor:
        """Write Σ and r² into their arrays; return exp(-√3 r)."""
        square, unit, covariance = self._scaled_square, self._unit, self._covariance
        if len(lengthscale) == 1:
            if self._squared_distance is None:
                self._squared_distance = squared_distance(torch.from_numpy(self.inputs))
            torch.mul(self._squared_distance, float(lengthscale[0]) ** -2, out=square)
        else:
            squared_distance(torch.from_numpy(self.inputs / lengthscale), out=square)
        torch.sqrt(square, out=unit).mul_(ROOT_3)
        torch.add(unit, 1.0, out=covariance)
        unit.neg_().exp_()
        covariance.mul_(unit).mul_(outputscale)
        covariance.diagonal().add_(torch.from_numpy(noise + self.known_noise))
        return unit

    def _lengthscale_gradient(
        self,
        lengthscale: NDArray[np.float64],
        alpha: NDArray[np.float64],
        inverse: NDArray[np.float64],
        decay: torch.Tensor,
    ) -> NDArray[np.float64]:
        """Sum over a, b of (αα' − Σ⁻¹) exp(−√3 r) (x_a − x_b)² / l², for every lengthscale."""
        if len(lengthscale) == 1:
            # LAPACK left the lower triangle and zeros above it; seen in C order, the upper one.
            triangle = torch.from_numpy(inverse.T)
            weights = torch.from_numpy(alpha)
            decayed = decay.mul_(self._scaled_square)
            fit = weights @ (decayed @ weights)
            return np.array([float(fit - 2.0 * torch.dot(triangle.ravel(), decayed.ravel()))])
        return gradient_by_input(self.inputs / lengthscale, alpha, inverse, decay)


def factorised(
    covariance: torch.Tensor, label: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]] | None:
    r"""Log density of a Gaussian label, and what its gradient needs; overwrites Σ.

    Parameters
    ----------
    covariance : tensor of shape (n, n)
        Σ, symmetric and contiguous; becomes its factor, then its inverse.
    label : array of shape (n,)

    Returns
    -------
    value : float
    alpha : array of shape (n,)
        Σ⁻¹ y.
    inverse : array of shape (n, n)
        The lower triangle of Σ⁻¹, zeros above; a view of `covariance`.

    Notes
    -----
    None where Σ is not positive definite in float64.
    """
    # The transposed view is in Fortran order, so LAPACK works in place; Σ is symmetric.
    factor, failed = lapack.dpotrf(covariance.numpy().T, lower=1, clean=1, overwrite_a=1)
    if failed:
        return None
    log_determinant = 2.0 * np.log(np.diagonal(factor)).sum()
    alpha, _ = lapack.dpotrs(factor, label, lower=1)
    value = -0.5 * (label @ alpha + log_determinant + len(label) * math.log(2 * math.pi))
    inverse, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    return float(value), alpha, inverse


def gradient_by_input(
    scaled: NDArray[np.float64],
    alpha: NDArray[np.float64],
    inverse: NDArray[np.float64],
    decay: torch.Tensor,
) -> NDArray[np.float64]:
    """Sum over a, b of (αα' − Σ⁻¹) exp(−√3 r) (x_a − x_b)² for every input, shape (d,).

    `scaled` holds the inputs in lengthscales, `inverse` the lower triangle of Σ⁻¹, and `decay`
    exp(−√3 r), which is overwritten.
    """
    # Σ_ab M_ab (x_aj − x_bj)² = 2 (Σ_a m_a x_aj² − x_j' M x_j), with m = M 1.
    columns = np.column_stack([scaled, np.ones(len(alpha))])
    fit = alpha[:, None] * (decay @ torch.from_numpy(alpha[:, None] * columns)).numpy()
    decayed = decay.mul_(torch.from_numpy(inverse.T))
    product = fit - blas.dsymm(1.0, decayed.numpy().T, columns, lower=1)
    return 2.0 * ((product[:, -1:] * scaled**2).sum(0) - (scaled * product[:, :-1]).sum(0))


def squared_distance(points: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """Squared Euclidean distances between the rows of `points`, shape (n, n), zero diagonal."""
    length = points.square().sum(1)
    square = torch.addmm(length[None, :], points, points.T, alpha=-2.0, out=out)
    square.add_(length[:, None]).clamp_(min=0.0)
    square.fill_diagonal_(0.0)
    return square
