"""Inputs of the branches, reduced and scaled by training districts only."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from incomelens.common.errors import InputError
from incomelens.siamese.names import IMAGE_MODALITIES

# A held-out district far outside of what was seen is taken as lying at the edge.
LIMIT = 5.0


@dataclass(frozen=True)
class Projection:
    """(x − mean) · directions / sd, for one branch.

    Attributes
    ----------
    mean : array of shape (width,)
    directions : array of shape (width, n) or None
        Principal directions; None leaves the inputs as they are.
    sd : array of shape (n,)
    """

    mean: NDArray[np.float64]
    directions: NDArray[np.float64] | None
    sd: NDArray[np.float64]

    def scaled(self, values: NDArray) -> NDArray[np.float64]:
        """Project and scale inputs of shape (m, width); NaN stays NaN."""
        centred = values - self.mean
        projected = centred if self.directions is None else centred @ self.directions
        return np.clip(projected / self.sd, -LIMIT, LIMIT)


@dataclass(frozen=True)
class BranchScaling:
    """How every branch's inputs are scaled.

    Attributes
    ----------
    projections : mapping
        One a branch.
    flags_missing : bool
        Whether a district without a modality is let in: its inputs are then the training mean, and
        a last column of the branch says that they are missing.
    """

    projections: Mapping[str, Projection]
    flags_missing: bool

    def scaled(self, arrays: Mapping[str, NDArray]) -> dict[str, NDArray[np.float32]]:
        """Scale arrays of shape (n, width), one a branch.

        Raises
        ------
        InputError
            If an input is missing and that is not allowed for.
        """
        branches = {}
        for branch, projection in self.projections.items():
            values = projection.scaled(np.asarray(arrays[branch], dtype=np.float64))
            missing = ~np.isfinite(values).all(axis=1, keepdims=True)
            if missing.any() and not self.flags_missing:
                raise InputError(
                    f"siamese: {missing.sum()} districts without {branch} reached a model that "
                    "reads it; leave them out or set siamese.missing: mean"
                )
            columns = [np.where(missing, 0.0, values), missing]
            columns = columns if self.flags_missing else columns[:1]
            branches[branch] = np.concatenate(columns, axis=1).astype(np.float32)
        return branches


def branch_scaling(
    arrays: Mapping[str, NDArray], *, flags_missing: bool, image_components: int | None = None
) -> BranchScaling:
    """Learn the scaling from training districts, those without a modality apart.

    Parameters
    ----------
    arrays : mapping
        What training districts show, shape (n, width) a branch.
    flags_missing : bool
    image_components : int, optional
        Principal components that mean embeddings are reduced to, at most.

    Raises
    ------
    InputError
        If fewer than two training districts have a modality.
    """
    projections = {}
    for branch, values in arrays.items():
        known = values[np.isfinite(values).all(axis=1)].astype(np.float64)
        if len(known) < 2:
            raise InputError(
                f"siamese: {len(known)} training districts have {branch}, 2 are needed; leave the "
                "modality out of the study, or bring more data"
            )
        reduced = branch in IMAGE_MODALITIES and image_components is not None
        projections[branch] = _reduced(known, image_components) if reduced else _z_scores(known)
    return BranchScaling(projections, flags_missing)


def _z_scores(values: NDArray[np.float64]) -> Projection:
    """Z-scores; a constant input stays 0: it tells nothing and does no harm."""
    mean, sd = values.mean(axis=0), values.std(axis=0)
    return Projection(mean, None, np.where(sd > 1e-9 * (1 + np.abs(mean)), sd, 1.0))


def _reduced(values: NDArray[np.float64], most: int) -> Projection:
    """Principal components under one scale: z-scores would make the last as large as the first."""
    n = min(most, values.shape[0] - 1, values.shape[1])
    solver = "randomized" if n < 0.2 * min(values.shape) else "full"
    fitted = PCA(n, svd_solver=solver, random_state=0).fit(values)
    sd = float(np.sqrt(fitted.explained_variance_.mean())) or 1.0
    return Projection(fitted.mean_, fitted.components_.T, np.full(n, sd))
