r"""Pairwise Shapley interactions: what two players change together beyond what each changes alone.

Off the diagonal stands the Shapley interaction index of Grabisch & Roubens (1999),

.. math:: I_{jl} = \sum_{S \not\ni j,l} \frac{|S|!\,(d - |S| - 2)!}{(d-1)!}
    \left[v(S \cup \{j,l\}) - v(S \cup \{j\}) - v(S \cup \{l\}) + v(S)\right]

whole, not split between j and l. The diagonal holds the main effects
:math:`\phi_j - \tfrac12 \sum_{l \ne j} I_{jl}`. ``shap`` (TreeExplainer) writes half of
:math:`I_{jl}` at (j, l) and half at (l, j), with the same diagonal, so that rows sum to
:math:`\phi_j`: :meth:`ShapleyInteractions.split` gives that form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from incomelens.common.errors import InputError
from incomelens.shapley.background import Background
from incomelens.shapley.engine import TermGames, games_of_terms, largest_error, plan_accuracies
from incomelens.shapley.inputs import (
    GaussianProcessMean,
    Players,
    SumMean,
    checked_matrix,
    checked_players,
)
from incomelens.shapley.product_games import interactions_kernel
from incomelens.shapley.values import add_over_training, shapley_values

_CHUNK = 64


@dataclass(frozen=True)
class ShapleyInteractions:
    """Interactions of all pairs of players for all explained points.

    Attributes
    ----------
    interactions : array of shape (n_points, n_players, n_players)
        Symmetric, in SD units of the label: the Shapley interaction index off the diagonal, main
        effects on it.
    values : array of shape (n_points, n_players)
        Shapley values of the same game.
    players : Players
    background : Background
    error_bound : float
        Largest possible error of one interaction off the diagonal, in SD units.
    """

    interactions: NDArray[np.float64]
    values: NDArray[np.float64]
    players: Players
    background: Background
    error_bound: float

    def split(self) -> NDArray[np.float64]:
        """Interactions as ``shap`` writes them: halved off the diagonal, rows sum to values."""
        halves = self.interactions / 2
        diagonal = np.arange(len(self.players.names))
        halves[:, diagonal, diagonal] *= 2
        return halves


def shapley_interactions(
    model: GaussianProcessMean | SumMean,
    points: ArrayLike,
    background: Background,
    *,
    players: Players | None = None,
    tolerance: float = 1e-6,
    threads: int = 1,
    memory_limit_mb: float = 1000.0,
    progress: Callable[[int, int], None] | None = None,
) -> ShapleyInteractions:
    """Exact Shapley interaction index of every pair of players, with main effects.

    Feature by location is this with ``merged_players(columns, {"location": [...]})``.

    Parameters
    ----------
    model, points, background, players, tolerance, threads, memory_limit_mb, progress
        As for :func:`incomelens.shapley.values.shapley_values`; two players at least. The
        tolerance is that of the values, an interaction's bound is half as large again.

    Returns
    -------
    ShapleyInteractions
    """
    points = checked_matrix("points", points, model.n_columns)
    players = checked_players(players, model.n_columns)
    n_players = len(players.names)
    if n_players < 2:
        raise InputError("interactions: one player alone has none; give two players or more")
    accuracies = plan_accuracies(model, tolerance)
    games = games_of_terms(
        model,
        background,
        players,
        accuracies=accuracies,
        kernel=interactions_kernel,
        least_players=2,
        threads=threads,
        memory_limit_mb=memory_limit_mb,
    )
    index = np.zeros((len(points), n_players, n_players))
    for number, term in enumerate(games):
        told = progress if number == len(games) - 1 else None
        within = np.ix_(np.arange(len(points)), term.members, term.members)
        index[within] += _index_of_term(term, points, told)
    values = shapley_values(
        model,
        points,
        background,
        players=players,
        tolerance=tolerance,
        threads=threads,
        memory_limit_mb=memory_limit_mb,
    ).values
    return ShapleyInteractions(
        interactions=_with_main_effects(index, values),
        values=values,
        players=players,
        background=background,
        error_bound=largest_error(model, accuracies, differences=4),
    )


def _index_of_term(
    term: TermGames,
    points: NDArray[np.float64],
    progress: Callable[[int, int], None] | None,
) -> NDArray[np.float64]:
    """Interactions of a term's own players, symmetric, shape (n_points, n_own, n_own)."""
    games = term.games
    index = np.zeros((len(points), games.kernel.n_rows))
    chunks = np.split(points[:, term.columns], range(_CHUNK, len(points), _CHUNK))

    def consume(chunk: int, tile: slice, training: slice, sums: NDArray[np.float64]) -> None:
        rows = index[chunk * _CHUNK :][: len(chunks[chunk])][tile]
        add_over_training(sums, games.model.alpha[training], rows)

    for chunk in games.sweep(chunks, consume):
        if progress is not None:
            progress(min((chunk + 1) * _CHUNK, len(points)), len(points))
    # The kernel's players are made even by one that never moves.
    n_padded, n_own = games.kernel.n_players, len(games.players.names)
    one, two = np.triu_indices(n_padded, k=1)
    padded = np.zeros((len(points), n_padded, n_padded))
    padded[:, one, two] = games.model.outputscale * index
    padded[:, two, one] = padded[:, one, two]
    return padded[:, :n_own, :n_own]


def _with_main_effects(
    index: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Interactions with the main effects on the diagonal, which is zero before."""
    matrices = index.copy()
    diagonal = np.arange(values.shape[1])
    matrices[:, diagonal, diagonal] = values - index.sum(axis=2) / 2
    return matrices
