"""Folds whose held-out districts lie as far from training as the map's places: kNNDM.

k-fold nearest neighbour distance matching (Linnenbrink, Milà, Ludwig & Meyer 2024, Geosci. Model
Dev. 17:5897), as their R package CAST does it: districts are clustered by Ward's linkage, clusters
are dealt out to folds, and of many numbers of clusters that one is taken whose distances are most
like those of the map.
"""

import logging

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.spatial import cKDTree
from scipy.stats import ks_2samp, wasserstein_distance

from incomelens.common.errors import InputError
from incomelens.folds.distances import held_out_distances

logger = logging.getLogger(__name__)

N_CLUSTERINGS = 100  # numbers of clusters that are tried, few clusters more densely
LARGEST_FOLD = 0.5  # share of the districts
MOST_DISTRICTS = 20_000  # whose pairs are linked: 1.6 GB
ALIKE = 0.05  # P from which on sampled districts are no closer to each other than the map's places


def knndm_folds(
    place: NDArray[np.float64],
    target_km: NDArray[np.float64],
    *,
    n_folds: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Assign districts to folds so that held-out distances follow those of the map's places.

    Where places are no farther from districts than districts are from each other
    (Kolmogorov-Smirnov, one-sided), folds are random: nothing harder is called for.

    Parameters
    ----------
    place : array of shape (n, d)
        Kilometres.
    target_km : array of shape (m,)
        Distances of :func:`incomelens.folds.distances.prediction_distances`.
    n_folds : int
    rng : Generator
        Of random folds.

    Returns
    -------
    array of shape (n,)
        0 .. n_folds - 1.

    Raises
    ------
    InputError
        If there are too many districts to link all pairs of them.
    """
    n = len(place)
    if n > MOST_DISTRICTS:
        raise InputError(
            f"folds.schemes: knndm links every pair of {n:,} districts, at most {MOST_DISTRICTS:,} "
            "fit into memory; leave it out"
        )
    to_others = cKDTree(place).query(place, k=2)[0][:, 1]
    # "greater": the distances between districts are the smaller ones.
    if ks_2samp(to_others, target_km, alternative="greater", method="asymp").pvalue >= ALIKE:
        logger.info("knndm: the map's places are no farther than the next district; random folds")
        return rng.permutation(np.arange(n) % n_folds)
    numbers = np.unique(
        np.rint(np.geomspace(n_folds, max(n - 2, n_folds), N_CLUSTERINGS)).astype(int)
    )
    tree = linkage(place, "ward")
    largest = max(LARGEST_FOLD, 1.2 / n_folds)  # with two folds, one has to hold half
    best, lowest = None, np.inf
    for number, cluster in zip(numbers, cut_tree(tree, numbers).T, strict=True):
        fold = dealt_out(place, cluster, n_folds)
        if np.bincount(fold, minlength=n_folds).max() > largest * n:
            continue
        distance = wasserstein_distance(held_out_distances(place, fold), target_km)
        if distance < lowest:
            best, lowest, n_clusters = fold, distance, number
    if best is None:
        raise InputError(
            f"folds: kNNDM finds no {n_folds} folds of which none holds more than {largest:.0%} of "
            "the districts; leave `knndm` out of folds.schemes"
        )
    logger.info("knndm: %d clusters in %d folds, W %.3f km", n_clusters, n_folds, lowest)
    return best


def dealt_out(
    place: NDArray[np.float64], cluster: NDArray[np.int64], n_folds: int
) -> NDArray[np.int64]:
    """Fold of every district: a large cluster is a fold, the others are dealt out in turn.

    Clusters of a fold's fair share or more stay alone. The others are put in the order of their
    centres along the first principal component of all places and go to the remaining folds one
    after the other, so that neighbours come into different folds.

    Parameters
    ----------
    place : array of shape (n, d)
    cluster : array of shape (n,)
        0, 1, ... without gaps.
    n_folds : int

    Returns
    -------
    array of shape (n,)
    """
    size = np.bincount(cluster)
    centred = place - place.mean(axis=0)
    along = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
    order = np.argsort(np.bincount(cluster, along) / size, kind="stable")
    is_large = size[order] >= len(place) / n_folds
    fold_of = np.empty(len(size), dtype=np.int64)
    large, small = order[is_large], order[~is_large]
    fold_of[large] = np.arange(len(large))
    if len(small):
        fold_of[small] = len(large) + np.arange(len(small)) % (n_folds - len(large))
    return fold_of[cluster]
