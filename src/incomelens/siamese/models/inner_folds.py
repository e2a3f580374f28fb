"""Folds of the training districts, for columns that must be out of fold themselves.

A second stage learns how far to trust the first. Where the first has seen the very districts that
the second learns from, it looks better than it is; and it looks better than it is, too, where
inner folds are easier than outer ones. So inner folds follow the outer scheme
(deviation `inner_split`).
"""

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.folds.blocks import group_blocks
from incomelens.ssig.features import Sample


def inner_folds(
    sample: Sample,
    training: NDArray[np.int64],
    *,
    scheme: str,
    n_folds: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Inner fold of every training district.

    Parameters
    ----------
    sample : Sample
    training : array of shape (n,)
        Rows of the sample.
    scheme : {"random", "block", "area", "knndm"}
        Of the outer folds: single districts, blocks or areas stay together; blocks also where
        distances are matched.
    n_folds : int
        At most; no more than there are things to part.
    rng : Generator

    Returns
    -------
    array of shape (n,)
        0, 1, ...; at least two folds.

    Raises
    ------
    InputError
        If the training districts cannot be parted.
    """
    kept_together = {
        "random": np.arange(len(training)),
        "block": sample.block[training],
        "knndm": sample.block[training],
        "area": sample.fold[training],  # under this scheme a fold is an area
    }[scheme]
    if len(np.unique(kept_together)) < 2:  # one area is left: part its blocks
        kept_together = sample.block[training]
    names, place = np.unique(kept_together, return_inverse=True)
    if len(names) < 2:
        raise InputError(
            f"siamese: the {len(training)} training districts lie in one block, so that no inner "
            "folds can be made; use more blocks (folds.n_blocks) or leave out the models that "
            "need them (random forest, double ridge)"
        )
    n_folds = min(n_folds, len(names))
    if scheme == "random":
        return rng.permutation(np.arange(len(names)) % n_folds)[place]
    return group_blocks(np.bincount(place)[:, np.newaxis], n_folds)[place]
