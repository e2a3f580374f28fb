"""Smooth random fields, from which the synthetic cities draw people and land use."""

import math

import numpy as np
from numpy.typing import NDArray


def smooth_field(
    points: NDArray, *, wavelength: float, rng: np.random.Generator, n_waves: int = 24
) -> NDArray:
    """Draw a smooth random field at `points`: a sum of plane waves, mean 0 and variance 1."""
    direction = rng.uniform(0, 2 * math.pi, n_waves)
    number = 2 * math.pi / (wavelength * rng.uniform(0.7, 2.0, n_waves))
    phase = rng.uniform(0, 2 * math.pi, n_waves)
    along = points[:, :1] * np.cos(direction) + points[:, 1:] * np.sin(direction)
    field = np.cos(along * number + phase).sum(axis=1)
    return (field - field.mean()) / field.std()
