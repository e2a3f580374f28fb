"""Z-scores from the training districts only (deviation `scaling_per_fold`)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import InputError


@dataclass(frozen=True)
class Scaling:
    """Mean and standard deviation (of the population, ddof 0) of some columns.

    Attributes
    ----------
    mean, sd : arrays of shape (d,)
    """

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]

    def scaled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Z-scores of `values`, shape (n, d)."""
        return (values - self.mean) / self.sd


def scaling_of(values: NDArray[np.float64], names: tuple[str, ...]) -> Scaling:
    """Mean and standard deviation of the columns of `values`, shape (n, d).

    Raises
    ------
    InputError
        If a column is constant: a z-score would divide by zero.
    """
    sd = values.std(axis=0)
    for name, spread, column in zip(names, sd, values.T, strict=True):
        if np.ptp(column) == 0:
            raise InputError(
                f"{name} has the same value, {column[0]:g}, in all {len(column)} training "
                f"districts (SD {spread:g}): it tells nothing; leave it out or bring more districts"
            )
    return Scaling(values.mean(axis=0), sd)
