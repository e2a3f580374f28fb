"""Inputs of the branches, scaled by training districts only."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from incomelens.common.errors import InputError

# A held-out district far outside of what was seen is taken as lying at the edge.
LIMIT = 5.0


@dataclass(frozen=True)
class BranchScaling:
    """Z-scores of every branch's inputs.

    Attributes
    ----------
    mean, sd : mappings
        For every branch an array of shape (width,).
    flags_missing : bool
        Whether a district without a modality is let in: its inputs are then the training mean, and
        a last column of the branch says that they are missing.
    """

    mean: Mapping[str, NDArray[np.float64]]
    sd: Mapping[str, NDArray[np.float64]]
    flags_missing: bool

    def scaled(self, arrays: Mapping[str, NDArray]) -> dict[str, NDArray[np.float32]]:
        """Scale arrays of shape (n, width), one a branch.

        Raises
        ------
        InputError
            If an input is missing and that is not allowed for.
        """
        found = {}
        for branch, mean in self.mean.items():
            values = np.clip((arrays[branch] - mean) / self.sd[branch], -LIMIT, LIMIT)
            missing = ~np.isfinite(values).all(axis=1, keepdims=True)
            if missing.any() and not self.flags_missing:
                raise InputError(
                    f"siamese: {missing.sum()} districts without {branch} reached a model that "
                    "reads it; leave them out or set siamese.missing: mean"
                )
            values = np.where(missing, 0.0, values)
            columns = [values, missing] if self.flags_missing else [values]
            found[branch] = np.concatenate(columns, axis=1).astype(np.float32)
        return found


def branch_scaling(arrays: Mapping[str, NDArray], *, flags_missing: bool) -> BranchScaling:
    """Mean and standard deviation of the inputs of training districts, missing ones apart.

    A constant input stays 0 after scaling: it tells nothing and does no harm.

    Raises
    ------
    InputError
        If no training district has a modality.
    """
    mean, sd = {}, {}
    for branch, values in arrays.items():
        known = values[np.isfinite(values).all(axis=1)].astype(np.float64)
        if len(known) < 2:
            raise InputError(
                f"siamese: {len(known)} training districts have {branch}, 2 are needed; leave the "
                "modality out of the study, or bring more data"
            )
        spread = known.std(axis=0)
        mean[branch] = known.mean(axis=0)
        sd[branch] = np.where(spread > 1e-9 * (1 + np.abs(mean[branch])), spread, 1.0)
    return BranchScaling(mean, sd, flags_missing)
