"""Income of districts by a fitted Gaussian process.

The paper's process predicts through GPyTorch (deviation `software`); the sum of kernels by itself,
and so does every process that rests on inducing points.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.ssig.additive import FittedSum
from incomelens.ssig.gp import FittedGP


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


def _normal_income(
    fitted: FittedGP, inputs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and SD of the income, USD, noise included, of inputs in their own units."""
    if fitted.inducing is None:
        # Here alone: GPyTorch takes half a second to import, and the others do without.
        from incomelens.ssig.gpytorch_matern import normal_income

        return normal_income(fitted, inputs)
    mean, variance = fitted.inducing.predict(fitted.terms, fitted.scaled(inputs))
    label_mean, label_sd = fitted.label_scaling.mean[0], fitted.label_scaling.sd[0]
    return label_mean + label_sd * mean, label_sd * np.sqrt(variance + fitted.noise)


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
