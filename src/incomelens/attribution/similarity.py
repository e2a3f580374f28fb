"""How alike two maps are: cosine, rank correlation over pixels, structural similarity."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.stats import rankdata

# Wang et al. (2004), IEEE Trans. Image Process. 13:600: the window's SD in pixels, and what keeps
# quotients of flat windows finite, for values from 0 to 1.
WINDOW_SD, WINDOW_REACH = 1.5, 3.5
LUMINANCE, CONTRAST = 0.01**2, 0.03**2


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


def ssim(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    r"""Structural similarity of pairs of maps, each over its largest absolute value.

    .. math:: \frac{(2 \mu_a \mu_b + c_1)(2 \sigma_{ab} + c_2)}
              {(\mu_a^2 + \mu_b^2 + c_1)(\sigma_a^2 + \sigma_b^2 + c_2)}

    in Gaussian windows around every pixel, averaged over the map.

    Parameters
    ----------
    a, b : arrays of shape (n, rows, columns)

    Returns
    -------
    array of shape (n,)
        1 for maps that differ by a positive factor; about 0 for unrelated ones, though maps that
        are dark nearly everywhere are alike there. NaN where a map is 0 everywhere.
    """
    flat_a, flat_b = _flat(a, b)
    sizes = [np.abs(one).max(axis=1) for one in (flat_a, flat_b)]
    x, y = (
        one.reshape(a.shape) / np.where(size > 0, size, np.nan)[:, None, None]
        for one, size in zip((flat_a, flat_b), sizes, strict=True)
    )
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    variance_x = _window_mean(x * x) - mean_x**2
    variance_y = _window_mean(y * y) - mean_y**2
    covariance = _window_mean(x * y) - mean_x * mean_y
    alike = (2 * mean_x * mean_y + LUMINANCE) * (2 * covariance + CONTRAST)
    most = (mean_x**2 + mean_y**2 + LUMINANCE) * (variance_x + variance_y + CONTRAST)
    return (alike / most).mean(axis=(1, 2))


def _window_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return gaussian_filter(values, (0, WINDOW_SD, WINDOW_SD), truncate=WINDOW_REACH)


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
