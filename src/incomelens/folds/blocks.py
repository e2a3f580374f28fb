"""Blocks of neighbouring units, and how they are shared out among folds."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import InputError


def group_blocks(
    counts: NDArray[np.int64],
    n_folds: int,
    *,
    rng: np.random.Generator | None = None,
    restarts: int = 1,
    penalty: Callable[[NDArray[np.int64]], float] | None = None,
) -> NDArray[np.int64]:
    """Fold of every block, so that folds hold about equally much of everything.

    Block after block, the largest first, goes where it hurts the balance least: where the sum over
    folds and columns of (amount / fair share) squared grows least. With one column that is the
    smallest fold.

    Parameters
    ----------
    counts : array of shape (n_blocks, n_columns)
        How much each block holds: units, or units of each class.
    n_folds : int
    rng : Generator, optional
        Shuffles the order for further tries; by default the first of equal blocks goes first.
    restarts : int
        Orders to try with `rng`; the one with the lowest imbalance plus penalty is taken.
    penalty : callable, optional
        What else speaks against a grouping: takes the fold of every block. The imbalance it is
        added to is the mean over folds and columns of (amount / fair share - 1) squared.

    Returns
    -------
    array of shape (n_blocks,)
        0 .. n_folds - 1.

    Raises
    ------
    InputError
        If there are fewer blocks than folds.
    """
    n_blocks = len(counts)
    if n_blocks < n_folds:
        raise InputError(
            f"folds: {n_blocks} blocks cannot fill {n_folds} folds; make more and smaller blocks, "
            "or lower the number of folds"
        )
    # A column without anything has no share to balance.
    fair = np.maximum(counts.sum(axis=0) / n_folds, 1e-12)
    sizes = counts.sum(axis=1)
    best, lowest = np.zeros(n_blocks, dtype=np.int64), np.inf
    for attempt in range(restarts if rng is not None else 1):
        # Strictly by size at first; then roughly, or few large blocks would leave one way only.
        blur = rng.uniform(0.5, 1.5, n_blocks) if rng is not None and attempt else 1.0
        fold_of, filled = _greedy(counts, fair, np.argsort(-sizes * blur, kind="stable"), n_folds)
        badness = float(((filled / fair - 1) ** 2).mean()) + (penalty(fold_of) if penalty else 0.0)
        if badness < lowest:
            best, lowest = fold_of, badness
    return best


def _greedy(
    counts: NDArray[np.int64], fair: NDArray[np.float64], order: NDArray[np.int64], n_folds: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    fold_of = np.empty(len(counts), dtype=np.int64)
    # Whole numbers, so that folds that are equally full tie exactly.
    filled = np.zeros((n_folds, counts.shape[1]), dtype=np.int64)
    for block in order:
        # (filled + count)**2 - filled**2 in fair shares, less what is the same for every fold
        fold_of[block] = (filled @ (counts[block] / fair**2)).argmin()
        filled[fold_of[block]] += counts[block]
    return fold_of, filled
