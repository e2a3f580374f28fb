"""How a cost grows with the size of the job: a start, and so much for every unit of work."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from scipy.optimize import nnls

TELLING = 2.0
"""Sizes that lie this far apart, as a factor, tell the start from the rest."""
RISING = 1.3
"""If the cost rises by less, as a factor, all of it counts as start: the rest is noise."""
WORKING = 3.0
"""Of one size alone, what costs so many times the least job counts as work above that start."""
TOLD = 10.0
"""Costs that rise by less, as a factor, are told no further beyond the largest job than they rose.

Work that hardly stands out of the start may be its noise, and jobs thousands of times as large
would cost thousands of times that noise.
"""


@dataclass(frozen=True)
class Point:
    """What jobs of one size cost.

    Attributes
    ----------
    work : float
        Their size.
    cost : float
        Of one of them, the mean.
    n_jobs : int
    """

    work: float
    cost: float
    n_jobs: int = 1


@dataclass(frozen=True)
class Growth:
    """A start and a cost for every unit of work.

    Attributes
    ----------
    start, unit : float
    largest : float
        Work of the largest job that was measured.
    grows : bool
        False where the measurements cannot say how the cost grows: :attr:`unit` is 0.
    reach : float
        Times the largest measured job up to which they can say it.
    """

    start: float
    unit: float
    largest: float
    grows: bool
    reach: float = inf

    def at(self, work: float) -> float:
        """Cost of a job of this size; beyond :attr:`reach` of the largest that is told."""
        return self.start + self.unit * min(work, self.reach * self.largest)

    def grows_to(self, work: float) -> bool:
        """Whether the measurements say how the cost grows up to this size."""
        return self.grows and self.times(work) <= self.reach

    def times(self, work: float) -> float:
        """How many times as large as the largest measured job one of this size is."""
        return work / self.largest if self.largest > 0 else 1.0


def growth(points: Sequence[Point], *, least: float, peak: bool = False) -> Growth:
    """Fit start and unit, neither below zero, to relative errors.

    Parameters
    ----------
    points : sequence of Point
        At least one.
    least : float
        Cost of the cheapest job of the rule, of whatever kind and size.
    peak : bool
        What does not grow counts as the largest value instead of the mean.

    Returns
    -------
    Growth
        Sizes that are alike cannot tell the start from the rest. If the jobs cost much more than
        the cheapest one, that is taken as their start; else they count as start altogether.
    """
    work = np.array([point.work for point in points])
    cost = np.array([point.cost for point in points])
    weight = np.sqrt([point.n_jobs for point in points]) / np.maximum(cost, 1e-9)
    mean = float(np.average(cost, weights=[point.n_jobs for point in points]))
    if work.max() >= TELLING * work.min() and cost.max() >= RISING * cost.min():
        rows = np.column_stack([np.ones_like(work), work / work.max()])
        (start, rest), _ = nnls(rows * weight[:, None], cost * weight)
        unit = float(rest / work.max())
        reach = _reach(float(cost.max()), float(cost.min()))
        return Growth(float(start), unit, float(work.max()), grows=rest > 0, reach=reach)
    if mean >= WORKING * least and work.min() > 0:
        unit = (mean - least) / float(work.mean())
        return Growth(least, unit, float(work.max()), grows=True, reach=_reach(mean, least))
    return Growth(float(cost.max()) if peak else mean, 0.0, float(work.max()), grows=False)


def _reach(dearest: float, cheapest: float) -> float:
    return inf if dearest >= TOLD * cheapest else dearest / cheapest
