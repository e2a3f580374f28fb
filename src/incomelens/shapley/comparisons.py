"""Exact values beside those of other backgrounds, and of the paper's likely procedure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from incomelens.common.progress import progress
from incomelens.common.seeds import job_seed
from incomelens.shapley.background import Background, random_background
from incomelens.shapley.runs import Settings, exact_values, kernel_values
from incomelens.shapley.task import Task

# What is compared with the exact values: how players are selected before the regression, and how
# many coalitions beyond 2 d are evaluated (the library's default is 2048; None: all of them).
PROCEDURES = (
    ("shap_kernel, l1_reg=False", False, None),
    ("shap_kernel, l1_reg=False", False, 2048),
    ("shap_kernel, l1_reg=num_features(10) (library default)", "num_features(10)", 2048),
)


def values_by_background(
    task: Task,
    rows: NDArray[np.int64],
    settings: Settings,
    *,
    n_random: int,
    size: int,
    seed: int,
) -> list[tuple[Background, NDArray[np.float64]]]:
    """Exact values of some districts against the task's background and further, random ones.

    Parameters
    ----------
    task : Task
    rows : array of int
        Districts to explain.
    settings : Settings
    n_random : int
        Backgrounds beside the task's own.
    size : int
        Rows in each of them; at most all.
    seed : int
        The study's.

    Returns
    -------
    list of (Background, array of shape (n_rows, n_players))
        The task's own first.
    """
    size, names = min(size, len(task.points)), task.names
    backgrounds = [task.background] + [
        random_background(
            task.points,
            size,
            seed=job_seed(seed, "random_background", names["level"], names["income"], i),
        )
        for i in range(n_random)
    ]
    return [
        (background, exact_values(task, rows, settings, background).values)
        for background in progress(backgrounds, "Backgrounds", unit="backgrounds")
    ]


@dataclass(frozen=True)
class KernelDifference:
    """Values of ``shap.KernelExplainer`` beside the exact ones.

    Attributes
    ----------
    procedure : str
    coalitions : int
        Evaluated for each district.
    values, exact : arrays of shape (n_rows, n_players)
    error_bound : float
        Of the exact values.
    """

    procedure: str
    coalitions: int
    values: NDArray[np.float64]
    exact: NDArray[np.float64]
    error_bound: float

    @property
    def difference(self) -> NDArray[np.float64]:
        """Absolute difference of every value."""
        return np.abs(self.values - self.exact)

    @property
    def zeroed(self) -> NDArray[np.bool_]:
        """Values that are exactly zero where the exact value certainly is not."""
        return (self.values == 0) & (np.abs(self.exact) > self.error_bound)


def values_by_explainer(
    task: Task, rows: NDArray[np.int64], settings: Settings
) -> list[KernelDifference]:
    """Values of some districts by each of the :data:`PROCEDURES`, beside the exact ones."""
    exact = exact_values(task, rows, settings, task.background)
    n_players = len(task.columns)
    every = 2**n_players - 2
    compared = []
    for name, l1_reg, extra in progress(PROCEDURES, "shap.KernelExplainer", unit="procedures"):
        coalitions = every if extra is None else min(2 * n_players + extra, every)
        values = kernel_values(
            task, rows, exact.players, seed=settings.seed, l1_reg=l1_reg, nsamples=coalitions
        )
        compared.append(KernelDifference(name, coalitions, values, exact.values, exact.error_bound))
    return compared
