r"""What the labels say of a linear functional of f: how much of its prior variance they take.

With :math:`c` the covariances of the functional with f at the training points, that is
:math:`c^\top P c`. Of a process that was conditioned on labels at its training points
:math:`P = (K + \Sigma_n)^{-1}`. Of one that rests on inducing points z instead, which are then its
training points, P is that of :mod:`incomelens.ssig.inducing`; nothing else in an explanation
changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_factor, cho_solve, eigvalsh

from incomelens.common.errors import InputError
from incomelens.shapley.inputs import (
    GaussianProcessMean,
    SumMean,
    checked_matrix,
    checked_vector,
)


@dataclass(frozen=True)
class Evidence:
    """The matrix P, ready to be multiplied by.

    Attributes
    ----------
    least_noise : float
        One over the largest eigenvalue that P may have, positive: what the noise of the least
        noisy label is to labels at the training points.
    solved : callable
        Takes covariances with the training points, shape (n, n_train), and gives them times P.
    """

    least_noise: float
    solved: Callable[[NDArray[np.float64]], NDArray[np.float64]]

    def explained(self, covariance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Prior variance that the labels take, of functionals with these covariances, (n,)."""
        return np.sum(covariance * self.solved(covariance), axis=1)


def evidence_of(
    model: GaussianProcessMean | SumMean,
    *,
    noise: float | ArrayLike | None = None,
    precision: ArrayLike | None = None,
) -> Evidence:
    """Evidence of a process's labels, from one of two things that are known of it.

    Parameters
    ----------
    model : GaussianProcessMean or SumMean
    noise : float or array of shape (n_train,), optional
        Variance of the labels at the training points, of all or of each; squared SD units,
        positive.
    precision : array of shape (n_train, n_train), optional
        P itself, symmetric and positive semidefinite, of a process that rests on inducing points.

    Raises
    ------
    InputError
        If both are given or neither, or one is not what it has to be.
    """
    if (noise is None) == (precision is None):
        raise InputError(
            "noise, precision: give one of them, the noise of labels at the training points or the "
            "precision of a process that rests on inducing points"
        )
    n_train = len(model.alpha)
    if precision is None:
        each = _checked_noise(np.asarray(noise), n_train)
        covariance = model.prior_covariance()
        covariance[np.diag_indices_from(covariance)] += each
        factor = cho_factor(covariance, lower=True, overwrite_a=True)
        return Evidence(float(each.min()), lambda rows: cho_solve(factor, rows.T).T)
    matrix = _checked_precision(precision, n_train)
    (largest,) = eigvalsh(matrix, subset_by_index=[n_train - 1, n_train - 1])
    if not largest > 0:
        raise InputError("precision: has no positive eigenvalue, so that nothing is known of f")
    return Evidence(1 / float(largest), lambda rows: rows @ matrix)


def _checked_noise(noise: NDArray[np.float64], n_train: int) -> NDArray[np.float64]:
    every = checked_vector("noise", np.broadcast_to(noise, (n_train,)), n_train)
    if not (every > 0).all():
        raise InputError(f"noise: {every.min()} must be positive")
    return every


def _checked_precision(precision: ArrayLike, n_train: int) -> NDArray[np.float64]:
    matrix = checked_matrix("precision", precision, n_train)
    if matrix.shape != (n_train, n_train) or not np.array_equal(matrix, matrix.T):
        raise InputError(
            f"precision: expected a symmetric matrix of the {n_train} training points; symmetrise "
            f"it, or hand over the one that belongs to the model (shape {matrix.shape})"
        )
    return matrix
