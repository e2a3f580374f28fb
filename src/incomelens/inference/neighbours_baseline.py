"""Copy the neighbours: how far spatial autocorrelation alone goes, without any image."""

import numpy as np
from numpy.typing import NDArray

from incomelens.cells.neighbours import grid_coordinates, nearest_cells
from incomelens.inference.baseline_task import FoldTask, Guess
from incomelens.inference.metrics import N_CLASSES

N_NEIGHBOURS = 8


def copy_neighbours(task: FoldTask) -> Guess:
    """Median class of the eight nearest training cells (deviation `spatial_leakage`).

    All of them where there are fewer. Equally near cells: see
    :func:`incomelens.cells.neighbours.nearest_cells`; a median between two classes: see
    :func:`median_class`. Probabilities are the shares of the classes among the neighbours, so that
    the expected class is their mean.
    """
    nearest = nearest_cells(
        grid_coordinates(task.held_out), grid_coordinates(task.train), k=N_NEIGHBOURS
    )
    classes = task.train_class[nearest]
    shares = (classes[:, :, None] == np.arange(1, N_CLASSES + 1)).mean(axis=1)
    p = (classes.mean(axis=1) - 1) / (N_CLASSES - 1)
    return Guess(median_class(classes), p, shares)


def median_class(classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Median of each row, as a class.

    Half-way between two classes the one on the side of the row's mean is taken; if the mean is
    half-way too, the one nearer to the middle class. Turning the order of classes round turns the
    result round.

    Parameters
    ----------
    classes : int array of shape (n, k)
        From 1 to 5.

    Returns
    -------
    int array of shape (n,)

    Examples
    --------
    >>> median_class(np.array([[1, 2, 2, 5], [1, 2, 3, 5], [2, 2, 3, 3]]))
    array([2, 3, 3])
    """
    median = np.median(classes, axis=1)
    mean = classes.mean(axis=1)
    middle = (N_CLASSES + 1) / 2
    side = np.sign(mean - median)
    side = np.where(side == 0, np.sign(middle - median), side)
    half_way = median % 1 != 0
    return (median + np.where(half_way, side / 2, 0)).astype(np.int64)
