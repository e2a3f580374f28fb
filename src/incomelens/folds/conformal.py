"""The quantile of held-out errors that an interval or a set of classes is made with.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018, JASA 113:1094): what would have held
nine in ten of the scores that are known holds the next one with that probability at least, if it is
exchangeable with them.
"""

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.9
"""Share of districts or cells that is to be held."""
Values = NDArray[np.float64]


def conformal_quantile(
    scores: Values, weights: Values | None = None, *, level: float = LEVEL
) -> Values:
    r"""Smallest score that holds the level among the scores and one that is not known yet.

    .. math:: \min\{s : \textstyle\sum_i w_i 1(s_i \le s) \ge
              \text{level}\,(\textstyle\sum_i w_i + 1)\}

    With equal weights it is the :math:`\lceil (n + 1)\,\text{level} \rceil`-th smallest score.

    Parameters
    ----------
    scores : array of shape (n,)
    weights : array of shape (m, n), optional
        Of every score for each of m districts, whose own weight is 1 (Tibshirani et al. 2019,
        NeurIPS); none is negative; all 1 by default.
    level : float

    Returns
    -------
    array of shape (m,), or a number
        Infinite where the scores are too few for the level.
    """
    order = np.argsort(scores)
    ranked = np.append(scores[order], np.inf)
    if weights is None:
        weights = np.ones((1, len(scores)))
        return conformal_quantile(scores, weights, level=level)[0]
    reached = np.zeros((len(weights), 1 + len(scores)))
    np.cumsum(np.take(weights, order, axis=1), axis=1, out=reached[:, 1:])
    # Rounding must not ask for one score more where the level is met exactly.
    needed = level * (reached[:, -1] + 1) * (1 - 1e-12)
    pairs = zip(reached[:, 1:], needed, strict=True)
    return ranked[[np.searchsorted(row, least) for row, least in pairs]]
