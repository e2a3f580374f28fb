"""Compile the kernels of this stage beforehand: ``python -m incomelens.shapley.compile_kernels``.

Jobs compile what they miss on the way. On a cluster, though, all that start together would each
spend the half minute that one of them needs.
"""

import sys

import numpy as np

from incomelens.shapley.background import full_background
from incomelens.shapley.inputs import GaussianProcessMean
from incomelens.shapley.interactions import shapley_interactions
from incomelens.shapley.mixture import StationaryKernel
from incomelens.shapley.names import PLAYERS
from incomelens.shapley.uncertainty import shapley_variance
from incomelens.shapley.variance_effects import variance_effects
from incomelens.ssig.features import SOCIOECONOMIC, SPATIAL


def compile_kernels(n_players: int) -> None:
    """Compile all that values, interactions and variances of this many players run, by use."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(3, n_players))
    model = GaussianProcessMean(inputs, rng.normal(size=3), StationaryKernel("matern", 1.5))
    background = full_background(inputs)
    shapley_interactions(model, inputs[:1], background)
    shapley_variance(model, inputs[:1], background, noise=1.0)
    variance_effects(model, background)


if __name__ == "__main__":
    # By default those of the whole and those of the terms of a sum of kernels.
    for given in sys.argv[1:] or map(len, (PLAYERS, SOCIOECONOMIC, SPATIAL)):
        compile_kernels(int(given))
