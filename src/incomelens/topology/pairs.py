r"""Pairs of urban classes: coactivation and co-appearance gain.

Both compare a mean over the tiles that hold a class u and a neighbour v with the mean over all
tiles that hold u; neither is symmetric. Levy Abitbol & Karsai (2020), "Bivariate correlations".
"""

import math

import numpy as np
from numpy.typing import NDArray

from incomelens.topology.ratios import quotient

# Cells of the paper's Fig. 6 stay empty where fewer tiles hold both classes.
LEAST_TILES = 10


def joint_tiles(known: NDArray[np.bool_], neighbour: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number of tiles that hold both classes of each pair, shape (n_u, n_v)."""
    return known.T.astype(np.int64) @ neighbour.astype(np.int64)


def pair_terms(value: NDArray[np.float64], neighbour: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What each tile adds to the sums behind the pairs' means.

    Parameters
    ----------
    value : array of shape (n_tiles, n_u)
        NaN where the tile says nothing about u.
    neighbour : array of shape (n_tiles, n_v)

    Returns
    -------
    array of shape (n_tiles, 2 n_u + 2 n_u n_v)
        To be summed over tiles, or over a resample of them, and given to :func:`pair_gains`.
    """
    known = np.isfinite(value)
    amounts = np.concatenate([np.where(known, value, 0.0), known.astype(np.float64)], axis=1)
    joint = amounts[:, :, None] * neighbour[:, None, :]
    return np.concatenate([amounts, joint.reshape(len(value), math.prod(joint.shape[1:]))], axis=1)


def pair_gains(totals: NDArray[np.float64], n_u: int) -> NDArray[np.float64]:
    r"""Mean with the neighbour over mean of all, from sums of :func:`pair_terms`.

    Of activation ratios it is the coactivation
    :math:`c_{u,v} = \mathbb{E}_{\sigma'}(r_u^s) / \mathbb{E}_\sigma(r_u^s)`, above 1 without any
    interaction wherever v takes area from an active u (:mod:`incomelens.topology.adjustment`); of
    whether tiles are of low (or of high) SES, the co-appearance gain
    :math:`\hat g_{u,v} = \hat p_{u,v} / \hat p_u`.

    Parameters
    ----------
    totals : array of shape (..., 2 n_u + 2 n_u n_v)

    Returns
    -------
    array of shape (..., n_u, n_v)
        NaN for a pair in no tile, or where the mean of all is zero.
    """
    sums, counts = totals[..., :n_u], totals[..., n_u : 2 * n_u]
    n_v = totals.shape[-1] // (2 * n_u) - 1
    joint = totals[..., 2 * n_u :].reshape(*totals.shape[:-1], 2, n_u, n_v)
    mean = quotient(sums, counts)[..., None]
    return quotient(quotient(joint[..., 0, :, :], joint[..., 1, :, :]), mean)
