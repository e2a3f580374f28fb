"""Inner folds that reference models are tuned by: spatial blocks of the training districts.

Whatever the outer folds are, since a setting that random folds choose has learnt the neighbours by
heart.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from incomelens.folds.blocks import group_blocks
from incomelens.folds.buffer import local_km
from incomelens.ssig.features import SOCIOECONOMIC, SPATIAL

PLACES = [len(SOCIOECONOMIC) + number for number in range(len(SPATIAL))]
"""Where latitude and longitude stand among the inputs of ``feature_names("ssig")``."""
N_BLOCKS, N_FOLDS = 15, 3


def inner_spatial_folds(inputs: NDArray[np.float64], seed: int) -> NDArray[np.int64]:
    """Inner fold of every training district: k-means blocks, grouped into folds of equal size.

    Parameters
    ----------
    inputs : array of shape (n, 12)
        Of ``feature_names("ssig")``.
    seed : int
        Of the clusters.

    Returns
    -------
    array of shape (n,)
        0, 1, ...
    """
    latitude, longitude = inputs[:, PLACES].T
    place = local_km(longitude, latitude)
    n_blocks = min(N_BLOCKS, len(np.unique(place, axis=0)))
    block = KMeans(n_blocks, n_init=3, random_state=seed).fit_predict(place)
    size = np.bincount(block)[:, np.newaxis]
    return group_blocks(size, min(N_FOLDS, n_blocks))[block]
