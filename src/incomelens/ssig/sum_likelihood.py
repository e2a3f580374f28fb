r"""Log marginal likelihood of a sum of kernels and its gradient, in closed form.

All terms share one Cholesky factor and one inverse, which is what an evaluation costs; a term adds
some passes over an n × n array, and its d lengthscales one n × n by n × d product, as in
:mod:`incomelens.ssig.likelihood`. With :math:`\Sigma = \sum_t \sigma_t^2 K_t +
\mathrm{diag}(\sigma_n^2 + v)`, :math:`M = \alpha\alpha^T - \Sigma^{-1}` and a term's distance
:math:`r`,

.. math::
   \frac{\partial \log p}{\partial \log \sigma_t^2} = \tfrac12 \sigma_t^2 \sum_{ab} M_{ab}
   K_{t,ab}, \qquad
   \frac{\partial \log p}{\partial \log l_j} = \tfrac12 \sum_{ab} M_{ab} \; 3 \sigma_t^2
   e^{-\sqrt 3 r_{ab}} (x_{aj} - x_{bj})^2 / l_j^2
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import blas

from incomelens.ssig.likelihood import factorised, gradient_by_input, squared_distance
from incomelens.ssig.terms import ROOT_3, Term


class SumLikelihood:
    """Log marginal likelihood of a data set, as a function of the terms of the kernel.

    Parameters
    ----------
    inputs : array of shape (n, d)
        Scaled inputs.
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
        self.n_evaluations = 0
        self._covariance = self._square()  # Σ, its factor, its inverse
        self._kernels: dict[str, torch.Tensor] = {}  # (1 + √3 r) exp(-√3 r) of every Matérn term
        self._decays: dict[str, torch.Tensor] = {}  # exp(-√3 r)

    def subset(self, rows: NDArray[np.int64]) -> "SumLikelihood":
        """Likelihood of some of the districts."""
        return SumLikelihood(self.inputs[rows], self.label[rows], self.known_noise[rows])

    def value_and_gradient(
        self, terms: Sequence[Term], noise: float
    ) -> tuple[float, NDArray[np.float64]]:
        """Log marginal likelihood and its gradient in the logarithms of the hyperparameters.

        Parameters
        ----------
        terms : sequence of Term
        noise : float
            Noise variance, beside the known part.

        Returns
        -------
        value : float
            Minus infinity where the covariance is not positive definite in float64.
        gradient : array
            For the log lengthscales and the log variance of every term in turn, then log noise.
        """
        self.n_evaluations += 1
        self._fill_covariance(terms, noise)
        found = factorised(self._covariance, self.label)
        if found is None:
            return -math.inf, np.zeros(sum(len(t.lengthscale) + 1 for t in terms) + 1)
        value, alpha, inverse = found
        gradients = [self._gradient(term, alpha, inverse) for term in terms]
        gradients.append(np.array([0.5 * noise * (alpha @ alpha - np.diagonal(inverse).sum())]))
        return value, np.concatenate(gradients)

    def _fill_covariance(self, terms: Sequence[Term], noise: float) -> None:
        """Write Σ, and every Matérn term's kernel and exp(-√3 r), into their arrays."""
        covariance = self._covariance.zero_()
        for term in terms:
            points = self.inputs[:, term.columns]
            if term.is_linear:
                covariance.addmm_(*map(torch.from_numpy, (points, points.T)), alpha=term.variance)
                continue
            decay = self._decays.setdefault(term.name, self._square())
            kernel = self._kernels.setdefault(term.name, self._square())
            squared_distance(torch.from_numpy(points / term.lengthscale), out=decay)
            decay.sqrt_().mul_(ROOT_3)
            torch.add(decay, 1.0, out=kernel)
            decay.neg_().exp_()
            covariance.add_(kernel.mul_(decay), alpha=term.variance)
        covariance.diagonal().add_(torch.from_numpy(noise + self.known_noise))

    def _gradient(
        self, term: Term, alpha: NDArray[np.float64], inverse: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Gradient in the logarithms of a term; `inverse` is the lower triangle of Σ⁻¹."""
        points = self.inputs[:, term.columns]
        if term.is_linear:
            traced = (points * blas.dsymm(1.0, inverse, points, lower=1)).sum()
            return np.array([0.5 * term.variance * (((alpha @ points) ** 2).sum() - traced)])
        kernel, weights = self._kernels[term.name], torch.from_numpy(alpha)
        # LAPACK left the lower triangle and zeros above it; seen in C order, the upper one.
        triangle = torch.from_numpy(inverse.T)
        traced = 2.0 * float(torch.dot(triangle.ravel(), kernel.ravel())) - np.trace(inverse)
        by_variance = 0.5 * (float(weights @ (kernel @ weights)) - traced)
        by_input = gradient_by_input(
            points / term.lengthscale, alpha, inverse, self._decays[term.name]
        )
        by_lengthscale = by_input if len(term.lengthscale) > 1 else by_input.sum(keepdims=True)
        return term.variance * np.append(1.5 * by_lengthscale, by_variance)

    def _square(self) -> torch.Tensor:
        return torch.empty((len(self.label), len(self.label)), dtype=torch.float64)
