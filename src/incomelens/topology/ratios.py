"""Activation ratio of urban classes, and its averages over a group of tiles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import InputError

# Shares are counted in pixels and may have been stored in single precision.
SHARE_TOLERANCE = 1e-4


@dataclass(frozen=True)
class RatioTerms:
    """What each tile adds to an average ratio of classes, which is a quotient of two sums.

    Attributes
    ----------
    numerator, denominator : arrays of shape (..., n_tiles, n_classes)
        Both 0 where the tile says nothing about the class.
    """

    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64]

    @property
    def value(self) -> NDArray[np.float64]:
        """The average over tiles, shape (..., n_classes); NaN where no tile counts."""
        return quotient(self.numerator.sum(axis=-2), self.denominator.sum(axis=-2))


def quotient(
    numerator: NDArray[np.float64], denominator: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Divide, element by element; NaN where the denominator is not positive."""
    return numerator / np.where(denominator > 0, denominator, np.nan)


def activation_ratio(
    activation_sum: NDArray[np.float64], area_share: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Activation of each urban class against its share of the tile.

    .. math:: r_u^s = A_u^s \Big/ \Big(F_u^s \sum_{k \in U} A_k^s\Big)

    A class with a quarter of the tile and half of its activation has ratio 2. If activation
    falls on the tile at random (H0), every ratio is expected to be 1.

    Parameters
    ----------
    activation_sum : array of shape (..., n_tiles, n_classes)
        :math:`A_u^s >= 0`, saliency summed over the pixels of the class, in any unit; what stands
        for a class that the tile does not have, such as NaN, is not looked at. Leading axes, such
        as the transforms of the map, are worked through alike.
    area_share : array of shape (n_tiles, n_classes)
        :math:`F_u^s`, fraction of the tile's area, classes in the same order; each row sums to 1.

    Returns
    -------
    array of the shape of `activation_sum`
        Ratios, dimensionless. NaN where the class is absent, and all along the row of a tile
        without any activation.

    Raises
    ------
    InputError
        If the shapes differ, a sum is negative or missing, or a tile's shares do not add up to 1.

    Notes
    -----
    Levy Abitbol & Karsai (2020), "Univariate correlations". The text leaves open whose area
    :math:`F_u` divides; with the tile's own (deviation `area_of_class`),
    :math:`\sum_u F_u^s r_u^s = 1` in every tile.

    Examples
    --------
    >>> activation_ratio(np.array([[3.0, 3.0]]), np.array([[0.25, 0.75]])).round(3)
    array([[2.   , 0.667]])
    """
    activation = present_activation(activation_sum, area_share)
    total = activation.sum(axis=-1, keepdims=True)
    # Left out, not counted as ratio 0: deviation `silent_maps`.
    return quotient(activation, area_share * total)


def mean_terms(
    activation_sum: NDArray[np.float64],
    area_share: NDArray[np.float64],
    *,
    minimum_share: float = 0.0,
) -> RatioTerms:
    r"""Terms of the expected activation ratio :math:`x_u^\sigma = \mathbb{E}_\sigma(r_u^s)`.

    Parameters
    ----------
    activation_sum, area_share
        Of the tiles of the group σ, as for :func:`activation_ratio`.
    minimum_share : float
        Tiles in which a class has less of the area do not count for it: a sliver of a few pixels
        has a ratio of any size. The class stays in the tile's sums.

    Raises
    ------
    InputError
        As :func:`activation_ratio`.
    """
    ratio = activation_ratio(activation_sum, area_share)
    counts = np.isfinite(ratio) & (area_share >= minimum_share)
    return RatioTerms(np.where(counts, ratio, 0.0), counts.astype(np.float64))


def pooled_terms(
    activation_sum: NDArray[np.float64], area_share: NDArray[np.float64]
) -> RatioTerms:
    r"""Terms of the pooled ratio :math:`\sum_s A_u^s \big/ \sum_s F_u^s \sum_k A_k^s`.

    Beside x: slivers hardly count, tiles with strong maps count more. Parameters and errors as
    for :func:`activation_ratio`.
    """
    activation = present_activation(activation_sum, area_share)
    total = activation.sum(axis=-1, keepdims=True)
    return RatioTerms(activation, area_share * total)


def present_activation(
    activation_sum: NDArray[np.float64], area_share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Check both arrays (see :func:`activation_ratio`); sums with 0 where the class is absent."""
    if activation_sum.shape[-2:] != area_share.shape:
        raise InputError(
            f"activation_sum: shape {activation_sum.shape} does not end in that of area_share, "
            f"{area_share.shape}; pass one row a tile and one column a class in both"
        )
    sums = area_share.sum(axis=1)
    off = np.flatnonzero(~(np.abs(sums - 1) <= SHARE_TOLERANCE) | ~(area_share >= 0).all(axis=1))
    if len(off):
        raise InputError(
            f"area_share: row {off[0]} sums to {sums[off[0]]:.4g} instead of 1, or holds a "
            f"negative share ({len(off)} of {len(sums)} rows are off); pass the shares of every "
            "class in the tile, also of those left out of the published tables"
        )
    activation = np.where(area_share > 0, activation_sum, 0.0)
    wrong = np.argwhere(~((activation >= 0) & np.isfinite(activation)))
    if len(wrong):
        *_, tile, column = place = tuple(int(at) for at in wrong[0])
        raise InputError(
            f"activation_sum: {activation[place]:.4g} in row {tile}, class {column} "
            f"({len(wrong)} values are off); expected a sum of 0 or more wherever the class has "
            "an area"
        )
    return activation
