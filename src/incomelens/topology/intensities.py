r"""What activation ratios would be if classes did not interact (deviation `figure_6_adjusted`).

Without interaction every class :math:`u` has one intensity :math:`\lambda_u`, the activation of a
unit of its area wherever it lies, and a tile shares its activation out accordingly:

.. math::
   q_u^s = \frac{F_u^s \lambda_u}{\sum_k F_k^s \lambda_k}, \qquad
   \rho_u^s = \frac{q_u^s}{F_u^s} = \frac{\lambda_u}{\sum_k F_k^s \lambda_k}.

So the expected ratio :math:`\rho_u` of a strong class rises as its area falls: where a neighbour
takes area from it, coactivation exceeds 1 by arithmetic alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.topology.ratios import present_activation, quotient

# Weight, in tiles, of one imaginary tile that holds every class and is activated evenly. It keeps
# the intensities finite where a class takes all of the activation, or none, wherever it lies.
PRIOR_TILES = 1e-3
MOST_STEPS = 200
LARGEST_STEP = 2.0  # in log intensity
MOST_HALVINGS = 40
ENOUGH = 1e-12  # log likelihood still to gain
SMALLEST = 1e-15  # keeps a single class, which has nothing to fit, invertible


@dataclass(frozen=True)
class Intensities:
    r"""Fitted intensities of one group of tiles.

    Attributes
    ----------
    value : array of shape (n_classes,)
        :math:`\lambda_u`, scaled so that the mean tile has 1; NaN for a class in no tile.
    expected_share : array of shape (n_tiles, n_classes)
        :math:`q_u^s`, share of the tile's activation; rows sum to 1.
    expected_ratio : array of shape (n_tiles, n_classes)
        :math:`\rho_u^s`; NaN where the class is absent.
    score : array of shape (n_tiles, n_classes)
        What each tile adds to the gradient of the log likelihood in :math:`\log \lambda`: its
        share of activation less the expected one.
    spread : array of shape (n_classes, n_classes)
        Generalised inverse of the negative Hessian: times a sum of resampled scores it is the
        change of :math:`\log \lambda` in that resample, to first order.
    """

    value: NDArray[np.float64]
    expected_share: NDArray[np.float64]
    expected_ratio: NDArray[np.float64]
    score: NDArray[np.float64]
    spread: NDArray[np.float64]


def fit_intensities(
    activation_sum: NDArray[np.float64], area_share: NDArray[np.float64]
) -> Intensities:
    """Fit the intensity of every class by maximum likelihood from each tile's own shares.

    The likelihood is the multinomial one of each tile's shares of activation, every tile counting
    once. It is concave in the log intensities; at its top every class has as much activation in
    all tiles together as expected, which is where iterative proportional fitting ends, too.

    Parameters
    ----------
    activation_sum, area_share
        Of the tiles of the group, as for :func:`incomelens.topology.ratios.activation_ratio`.
        Tiles without activation take no part in the fit but have expectations.

    Raises
    ------
    InputError
        As :func:`incomelens.topology.ratios.activation_ratio`; or if the fit does not settle.
    """
    activation = present_activation(activation_sum, area_share)
    present = np.any(area_share > 0, axis=0)
    observed = np.nan_to_num(quotient(activation, activation.sum(axis=1, keepdims=True)))
    loud = activation.sum(axis=1) > 0
    even = np.where(present, area_share.mean(axis=0) if len(area_share) else 0.0, 0.0)
    log_value, spread = _climb(
        np.vstack([observed[loud], even])[:, present],
        np.vstack([area_share[loud], even])[:, present],
        np.append(np.ones(loud.sum()), PRIOR_TILES),
    )
    value = np.full(len(present), np.nan)
    value[present] = np.exp(log_value) / (even[present] @ np.exp(log_value) or 1.0)
    expected_ratio = expected_ratios(value, area_share)
    expected_share = np.where(area_share > 0, area_share * expected_ratio, 0.0)
    whole = np.zeros((len(present), len(present)))
    whole[np.ix_(present, present)] = spread
    score = np.where(loud[:, None], observed - expected_share, 0.0)
    return Intensities(value, expected_share, expected_ratio, score, whole)


def expected_ratios(
    intensity: NDArray[np.float64], area_share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Activation ratios without interaction, shape (n_tiles, n_classes); NaN where absent."""
    known = np.where(np.isfinite(intensity), intensity, 0.0)
    ratio = quotient(known[None, :], (area_share @ known)[:, None])
    return np.where(area_share > 0, ratio, np.nan)


def _climb(
    observed: NDArray[np.float64], area_share: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Top of the likelihood by Newton's method, halving steps that do not lead up."""
    log_value = np.zeros(observed.shape[1])
    if len(log_value) == 0:
        return log_value, np.zeros((0, 0))
    height = _log_likelihood(log_value, observed, area_share, weight)
    for _ in range(MOST_STEPS):
        share = area_share * np.exp(log_value)
        share /= share.sum(axis=1, keepdims=True)
        slope = weight @ (observed - share)
        bend = np.diag(weight @ share) - (share * weight[:, None]).T @ share
        # The scale of all intensities is free: hold it, or rounding would lead the way.
        spread = np.linalg.inv(bend + np.trace(bend) / len(bend) + np.eye(len(bend)) * SMALLEST)
        step = spread @ slope
        if slope @ step < ENOUGH:
            return log_value + step, spread
        step *= min(1.0, LARGEST_STEP / np.abs(step).max())
        for halved in range(MOST_HALVINGS):
            trial = log_value + step / 2**halved
            reached = _log_likelihood(trial, observed, area_share, weight)
            if reached >= height:
                break
        log_value, height = trial, reached
    raise InputError(
        f"topology: the intensities of {observed.shape[1]} classes do not settle in {MOST_STEPS} "
        "steps; look for activation sums that are almost all 0"
    )


def _log_likelihood(
    log_value: NDArray[np.float64],
    observed: NDArray[np.float64],
    area_share: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> float:
    # Shares of area add a constant only.
    return float(weight @ (observed @ log_value - np.log(area_share @ np.exp(log_value))))
