"""How alike two maps are: cosine and rank correlation over pixels."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


def cosine(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """Cosine of the angle between pairs of maps.

    Parameters
    ----------
    a, b : arrays of shape (n, ...)
        Signed or not; all axes but the first are one map.

    Returns
    -------
    array of shape (n,)
        −1 to 1; 1 for maps that differ by a positive factor. NaN where a map is 0 everywhere.
    """
    flat_a, flat_b = _flat(a, b)
    return _ratio((flat_a * flat_b).sum(axis=1), _norm(flat_a) * _norm(flat_b))


def spearman(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rank correlation of pairs of maps over pixels, equals sharing their mean rank.

    Parameters
    ----------
    a, b : arrays of shape (n, ...)

    Returns
    -------
    array of shape (n,)
        −1 to 1; NaN where a map has one value everywhere.
    """
    ranks = [rankdata(one, axis=1) for one in _flat(a, b)]
    return cosine(*[one - one.mean(axis=1, keepdims=True) for one in ranks])


def _flat(
    a: NDArray[np.floating], b: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"maps of shapes {a.shape} and {b.shape} cannot be compared")
    size = int(np.prod(a.shape[1:]))
    return a.reshape(len(a), size), b.reshape(len(b), size)


def _norm(flat: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt((flat**2).sum(axis=1))


def _ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.where(denominator > 0, denominator, np.nan)
    # Rounding may carry two equal maps a hair beyond 1.
    return np.clip(numerator / known, -1.0, 1.0)
