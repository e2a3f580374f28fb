"""Scores of maps that others use: whether they find an area, how sparse and how complex they are.

As Quantus 0.6.0 has them (Hedström et al. 2023, JMLR 24:34), of maps as they are.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 100
# Quantus' own, so that a map without a value does not divide by zero.
FLOOR = 1e-7


def relevance_rank_accuracy(
    maps: NDArray[np.floating], inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    r"""Share of an area's K pixels that are among the K highest of the map.

    Parameters
    ----------
    maps : array of shape (n, ...)
        All axes but the first are one map.
    inside : bool array of the same shape
        The area, such as the land of the classes that were planted.

    Returns
    -------
    array of shape (n,)
        0 to 1; expected of a map without relation to the area is its share of the tile. NaN where
        the area is empty.

    Notes
    -----
    Arras, Osman & Samek (2022), Information Fusion 81:14. Of equal values the first pixels count as
    the higher ones.
    """
    flat, area = _flat(maps), _flat(inside).astype(bool)
    _check_shapes(flat, area)
    order = np.argsort(-flat, axis=1, kind="stable")
    size = area.sum(axis=1)
    highest = np.arange(flat.shape[1]) < size[:, None]
    found = (np.take_along_axis(area, order, axis=1) & highest).sum(axis=1)
    return found / np.where(size > 0, size, np.nan)


def sparseness(maps: NDArray[np.floating]) -> NDArray[np.float64]:
    r"""Gini index of each map.

    .. math:: G = \frac{\sum_k (2k - N - 1) \, a_{(k)}}{N \sum_k a_{(k)}}

    Parameters
    ----------
    maps : array of shape (n, ...)
        At least 0.

    Returns
    -------
    array of shape (n,)
        0 for a map of one value, towards 1 for a single bright pixel.

    Raises
    ------
    ValueError
        If a value is below 0.

    Notes
    -----
    Chalasani et al. (2020), ICML, arXiv:1810.06583.
    """
    flat = _flat(maps).astype(np.float64)
    if (flat < 0).any():
        raise ValueError(f"sparseness: a map has {flat.min():.3g}; expected at least 0")
    ordered = np.sort(flat + FLOOR, axis=1)
    n = ordered.shape[1]
    weights = 2 * np.arange(1, n + 1) - n - 1
    return (weights * ordered).sum(axis=1) / (n * ordered.sum(axis=1))


def complexity(maps: NDArray[np.floating], *, bins: int = BINS) -> NDArray[np.float64]:
    """Entropy of the values of each map, in nats.

    Parameters
    ----------
    maps : array of shape (n, ...)
    bins : int
        Of equal width from the least to the highest value.

    Returns
    -------
    array of shape (n,)
        0 (all pixels in one bin) to log(bins).
    """
    found = []
    for one in _flat(maps):
        counts = np.histogram(one, bins=bins)[0]
        share = counts[counts > 0] / counts.sum()
        found.append(-(share * np.log(share)).sum())
    return np.abs(np.array(found))


def complexity_rise(
    maps: NDArray[np.floating], forgotten: NDArray[np.floating], *, bins: int = BINS
) -> NDArray[np.float64]:
    """Relative rise in complexity once all layers of the network are made anew (eMPRT).

    Parameters
    ----------
    maps, forgotten : arrays of shape (n, ...)
        Of the trained network, and of the last one of
        :func:`incomelens.attribution.randomisation.cascade`.
    bins : int
        See :func:`complexity`.

    Returns
    -------
    array of shape (n,)
        Above 0 where the map of a network that knows nothing is the more complex one. NaN where the
        trained network's has one value.

    Notes
    -----
    Hedström et al. (2024), "Sanity Checks Revisited", arXiv:2401.06465.
    """
    before, after = complexity(maps, bins=bins), complexity(forgotten, bins=bins)
    return (after - before) / np.where(before > 0, before, np.nan)


def _flat(values: NDArray[Any]) -> NDArray[Any]:
    values = np.asarray(values)
    return values.reshape(len(values), -1)


def _check_shapes(flat: NDArray[np.generic], area: NDArray[np.generic]) -> None:
    if flat.shape != area.shape:
        raise ValueError(
            f"maps of {flat.shape[0]} × {flat.shape[1]} pixels and areas of {area.shape[0]} × "
            f"{area.shape[1]} do not belong together"
        )
