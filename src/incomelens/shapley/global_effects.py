"""What a task's process says globally: curves, a map of the place, shares of the variance.

Curves and map average over the background of the Shapley values. Shares of the variance let every
variable, and the place as one, vary by itself as over the task's districts: the background's
k-means points are means, and spread less than the districts do.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from incomelens.common.progress import progress
from incomelens.shapley.background import full_background, random_background
from incomelens.shapley.dependence import PartialDependence, Posterior
from incomelens.shapley.names import LOCATION
from incomelens.shapley.task import Task
from incomelens.shapley.variance_effects import VarianceEffects, variance_effects

logger = logging.getLogger(__name__)

# Districts whose values a curve is drawn through, evenly spread over the range that is observed.
N_PLACES = 41
# Districts whose values make the distribution of a player; more would fill the memory.
MOST_VARYING = 10_000


@dataclass(frozen=True)
class Dependence:
    """Effect of one player at the values of some districts.

    Attributes
    ----------
    player : str
    rows : array of shape (n_places,)
        Which districts.
    effect : PartialDependence
    """

    player: str
    rows: NDArray[np.int64]
    effect: PartialDependence


def dependences(task: Task) -> list[Dependence]:
    """Effects of all players of the game of eleven: curves, and the location's in every district.

    A curve goes through observed values only, the nearest to evenly spaced ones on the scale of the
    process.
    """
    posterior = Posterior(task.model, task.background, noise=task.noise, precision=task.precision)
    players = task.players("eleven")
    found = []
    pairs = list(zip(players.names, players.columns, strict=True))
    for player, columns in progress(pairs, "Partial dependence", total=len(pairs), unit="players"):
        points = task.points[:, columns]
        rows = np.arange(len(points)) if player == LOCATION else evenly_spread(points[:, 0])
        found.append(Dependence(player, rows, posterior.partial_dependence(columns, points[rows])))
    return found


def evenly_spread(values: NDArray[np.float64], n_places: int = N_PLACES) -> NDArray[np.int64]:
    """Rows of the values that lie nearest to evenly spaced ones, ascending in value, each once."""
    wanted = np.linspace(values.min(), values.max(), n_places)
    nearest = np.abs(values[:, None] - wanted).argmin(axis=0)
    return nearest[np.unique(values[nearest], return_index=True)[1]]


def independent_effects(task: Task, *, threads: int) -> VarianceEffects:
    """Effects on the variance, game of eleven; every player varies as over all districts.

    Of more than :data:`MOST_VARYING` districts, as over so many of them.
    """
    varying = full_background(task.points)
    if len(task.points) > MOST_VARYING:
        varying = random_background(task.points, MOST_VARYING, seed=0)
        logger.info("players vary as over %s", varying.description)
    return variance_effects(
        task.model,
        varying,
        players=task.players("eleven"),
        threads=threads,
    )
