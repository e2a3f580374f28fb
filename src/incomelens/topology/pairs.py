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


def coactivation(ratio: NDArray[np.float64], neighbour: NDArray[np.bool_]) -> NDArray[np.float64]:
    r"""Coactivation :math:`c_{u,v} = \mathbb{E}_{\sigma'}(r_u^s) / \mathbb{E}_\sigma(r_u^s)`.

    Parameters
    ----------
    ratio : array of shape (n_tiles, n_u)
        Activation ratios of the classes u in the tiles of one group; NaN where absent.
    neighbour : array of shape (n_tiles, n_v)
        Whether each tile holds each class v.

    Returns
    -------
    array of shape (n_u, n_v)
        NaN for a pair in no tile, or where u is nowhere active.

    Notes
    -----
    Above 1 without any interaction wherever v takes area from an active u: set
    ``coactivation(expected_ratio, neighbour)`` beside it (:mod:`incomelens.topology.intensities`).

    Examples
    --------
    >>> coactivation(np.array([[3.0], [1.0]]), np.array([[True], [False]]))
    array([[1.5]])
    """
    return pair_gains(pair_terms(ratio, neighbour).sum(axis=0), ratio.shape[1])


def appearance_gain(
    in_group: NDArray[np.bool_], holds: NDArray[np.bool_], neighbour: NDArray[np.bool_]
) -> NDArray[np.float64]:
    r"""Co-appearance gain :math:`\hat g_{u,v} = \hat p_{u,v} / \hat p_u`.

    Parameters
    ----------
    in_group : array of shape (n_tiles,)
        Whether each tile of the city is of low (or of high) SES.
    holds : array of shape (n_tiles, n_u)
    neighbour : array of shape (n_tiles, n_v)
        Whether each tile holds each class.

    Returns
    -------
    array of shape (n_u, n_v)
        NaN for a pair in no tile, or where no tile with u is in the group.
    """
    value = np.where(holds, in_group[:, None].astype(np.float64), np.nan)
    return pair_gains(pair_terms(value, neighbour).sum(axis=0), holds.shape[1])


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
    """Mean with the neighbour over mean of all, from sums of :func:`pair_terms`.

    Parameters
    ----------
    totals : array of shape (..., 2 n_u + 2 n_u n_v)

    Returns
    -------
    array of shape (..., n_u, n_v)
    """
    sums, counts = totals[..., :n_u], totals[..., n_u : 2 * n_u]
    n_v = totals.shape[-1] // (2 * n_u) - 1
    joint = totals[..., 2 * n_u :].reshape(*totals.shape[:-1], 2, n_u, n_v)
    mean = quotient(sums, counts)[..., None]
    return quotient(quotient(joint[..., 0, :, :], joint[..., 1, :, :]), mean)
