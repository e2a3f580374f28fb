r"""Coactivation adjusted for what area alone does to it (deviation `figure_6_adjusted`).

The expected coactivation is that of the expected ratios :math:`\rho_u^s` of
:mod:`incomelens.topology.intensities`; adjusted coactivation is observed over expected. In a
resample of the tiles the intensities would come out differently, and they are moved there by one
Newton step instead of being fitted again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from incomelens.topology.intensities import Intensities
from incomelens.topology.pairs import pair_gains, pair_terms
from incomelens.topology.ratios import quotient


@dataclass(frozen=True)
class AdjustmentSums:
    """Sums over tiles that coactivation and its expectation are made of.

    Attributes
    ----------
    terms : array of shape (n_tiles, n_terms)
        What each tile adds.
    n_u : int
    slope : array of shape (n_u, n_v, n_classes)
        Change of the log of each expected coactivation with each log intensity.
    spread : array of shape (n_classes, n_classes)
        As in :class:`~incomelens.topology.intensities.Intensities`.
    score : array of shape (n_classes,)
        Sum of the scores of all tiles: not quite 0, for the fit has a weak prior.
    """

    terms: NDArray[np.float64]
    n_u: int
    slope: NDArray[np.float64]
    spread: NDArray[np.float64]
    score: NDArray[np.float64]

    def values(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Coactivation, expected without interaction, and observed over expected.

        Parameters
        ----------
        totals : array of shape (..., n_terms)
            Sums of the terms over all tiles or over a resample of as many.

        Returns
        -------
        array of shape (..., 3, n_u, n_v)
        """
        n_classes = len(self.score)
        observed, expected = np.split(totals[..., :-n_classes], 2, axis=-1)
        moved = (totals[..., -n_classes:] - self.score) @ self.spread
        shift = np.tensordot(moved, self.slope, axes=(-1, 2))
        plain = pair_gains(observed, self.n_u)
        alone = pair_gains(expected, self.n_u) * np.exp(shift)
        return np.stack([plain, alone, quotient(plain, alone)], axis=-3)


def adjustment_sums(
    ratio: NDArray[np.float64],
    neighbour: NDArray[np.bool_],
    intensities: Intensities,
    rows: tuple[int, ...],
) -> AdjustmentSums:
    """Prepare the sums for the classes `rows`.

    Parameters
    ----------
    ratio : array of shape (n_tiles, n_classes)
        Activation ratios; NaN where absent.
    neighbour : array of shape (n_tiles, n_v)
    intensities : Intensities
        Of the same tiles.
    rows : tuple of int
        Which classes are u.
    """
    observed = ratio[:, rows]
    expected = np.where(np.isfinite(observed), intensities.expected_ratio[:, rows], np.nan)
    parts = [pair_terms(observed, neighbour), pair_terms(expected, neighbour), intensities.score]
    weight = np.nan_to_num(expected)
    share = intensities.expected_share
    joint = np.stack([(one[:, None] * neighbour).T @ share for one in weight.T])
    mean_joint = quotient(joint, (weight.T @ neighbour)[:, :, None])
    mean_all = quotient(weight.T @ share, weight.sum(axis=0)[:, None])
    return AdjustmentSums(
        np.concatenate(parts, axis=1),
        len(rows),
        np.nan_to_num(mean_all[:, None, :] - mean_joint),
        intensities.spread,
        intensities.score.sum(axis=0),
    )
