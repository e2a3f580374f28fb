"""Exact Shapley values of the Gaussian processes of other libraries, in the form that `shap` plots.

How they are used: ``docs/library_shapley.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from incomelens.common.errors import InputError, listed
from incomelens.shapley.background import Background, full_background
from incomelens.shapley.inputs import checked_matrix, merged_players, single_players
from incomelens.shapley.library_models import LibraryMean, Model, read_gp
from incomelens.shapley.values import shapley_values

if TYPE_CHECKING:
    import shap


def explain_gp(
    model: Model,
    points: ArrayLike,
    background: Background | ArrayLike,
    *,
    groups: dict[str, Sequence[str]] | None = None,
    names: Sequence[str] | None = None,
    tolerance: float = 1e-6,
    threads: int = 1,
) -> shap.Explanation:
    """Explain a fitted Gaussian process with exact interventional Shapley values.

    Parameters
    ----------
    model : GaussianProcessRegressor or Pipeline that ends in one, ExactGP of GPyTorch, or GPy model
        See :func:`incomelens.shapley.library_models.read_gp`.
    points : array or DataFrame of shape (n_points, n_columns)
        Points to explain, in the units that the model takes.
    background : Background, or array or DataFrame of shape (n_background, n_columns)
        What stands for a variable that is not known, in the same units; all rows of an array with
        the same weight. Time grows with their number: a hundred points say as much as thousands
        (:func:`incomelens.shapley.background.kmeans_background`).
    groups : dict of str to sequence of str, optional
        Columns that play as one, such as ``{"place": ["latitude", "longitude"]}``.
    names : sequence of str, optional
        Of the columns; by default those of a DataFrame, or x0, x1, ...
    tolerance : float
        Largest error of one value, in SD of the label.
    threads : int
        They change the time and not one bit of the values.

    Returns
    -------
    shap.Explanation
        Values, shape (n_points, n_players), and base values in the label's unit, for every plot of
        ``shap``. A group's data are the mean of its columns.

    Raises
    ------
    InputError
        If the model is not covered, or what was read does not predict as the library does.
    """
    import shap  # brings plotting with it, which nothing else here needs

    gp = read_gp(model)
    columns = _names(points, gp, names)
    players = merged_players(columns, groups) if groups else single_players(columns)
    raw = checked_matrix("points", points, gp.mean.n_columns)
    if not isinstance(background, Background):
        background = full_background(background)
    prepared = replace(background, points=gp.prepare(background.points))
    result = shapley_values(
        gp.mean, gp.prepare(raw), prepared, players=players, tolerance=tolerance, threads=threads
    )
    return shap.Explanation(
        values=gp.scale * result.values,
        base_values=np.full(len(raw), gp.offset + gp.scale * result.base_value),
        data=np.column_stack([raw[:, list(group)].mean(axis=1) for group in players.columns]),
        feature_names=list(players.names),
    )


def _names(points: ArrayLike, gp: LibraryMean, names: Sequence[str] | None) -> list[str]:
    own = [str(name) for name in getattr(points, "columns", ())]
    if own and gp.names and own != list(gp.names):
        raise InputError(
            f"points: columns {listed(own)} instead of {listed(gp.names)}, which the model was "
            "fitted to; give them in that order"
        )
    n_columns = gp.mean.n_columns
    told = list(names or own or gp.names or single_players(n_columns).names)
    if len(told) != n_columns:
        raise InputError(f"names: {len(told)} for {n_columns} columns")
    return told
