"""One door to both explainers: exact values, and the paper's likely procedure.

The paper names no explainer. Its remark that interaction values would need other software points
to ``shap.KernelExplainer``, a regression on sampled coalitions. It is kept runnable so that its
difference from the exact values can be shown.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

import numpy as np
from numpy.typing import ArrayLike, NDArray

from incomelens.common.errors import InputError
from incomelens.shapley.background import Background
from incomelens.shapley.inputs import (
    GaussianProcessMean,
    Players,
    SumMean,
    checked_matrix,
    checked_players,
)
from incomelens.shapley.values import ShapleyValues, shapley_values


def explain(
    model: GaussianProcessMean | SumMean,
    points: ArrayLike,
    background: Background,
    *,
    explainer: str = "exact",
    players: Players | None = None,
    tolerance: float = 1e-6,
    threads: int = 1,
    memory_limit_mb: float = 1000.0,
    l1_reg: str | float | bool = False,
    nsamples: int | str = "auto",
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> ShapleyValues:
    """Shapley values of a posterior mean by the explainer named.

    Parameters
    ----------
    model : GaussianProcessMean
    points : array of shape (n_points, n_columns)
    background : Background
    explainer : {'exact', 'shap_kernel'}
        :func:`incomelens.shapley.values.shapley_values`, or ``shap.KernelExplainer``.
    players : Players, optional
        One player a column unless given.
    tolerance, threads, memory_limit_mb
        Of the exact explainer.
    l1_reg : str, float or bool
        Of ``shap_kernel``: selection of players before the regression. False uses them all;
        the library's own default, ``num_features(10)``, silently gives two of twelve players the
        value zero.
    nsamples : int or 'auto'
        Of ``shap_kernel``: coalitions evaluated. ``auto`` is the library's 2 d + 2048; from
        2^d - 2 on the regression is exact.
    seed : int
        Of ``shap_kernel``'s draw of coalitions.
    progress : callable, optional
        Called with the points done and the points in all.

    Returns
    -------
    ShapleyValues
    """
    if explainer == "exact":
        return shapley_values(
            model,
            points,
            background,
            players=players,
            tolerance=tolerance,
            threads=threads,
            memory_limit_mb=memory_limit_mb,
            progress=progress,
        )
    if explainer != "shap_kernel":
        raise InputError(f"explainer '{explainer}' is not known (known: exact, shap_kernel)")
    points = checked_matrix("points", points, model.n_columns)
    players = checked_players(players, model.n_columns)
    values = _kernel_values(model, points, background, players, l1_reg, nsamples, seed, progress)
    return ShapleyValues(
        values=values,
        predictions=model.predict(points),
        base_value=float(background.weights @ model.predict(background.points)),
        players=players,
        background=background,
        explainer=(f"shap {version('shap')} KernelExplainer(l1_reg={l1_reg}, nsamples={nsamples})"),
        error_bound=float("nan"),
        n_nodes=0,
        kernel_error=0.0,
    )


def _kernel_values(
    model: GaussianProcessMean | SumMean,
    points: NDArray[np.float64],
    background: Background,
    players: Players,
    l1_reg: str | float | bool,
    nsamples: int | str,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> NDArray[np.float64]:
    # Imported where it is used: it brings plotting with it, and the exact explainer needs neither.
    import shap
    from shap.utils._legacy import DenseData

    data = DenseData(
        background.points,
        list(players.names),
        [np.array(columns) for columns in players.columns],
        background.weights,
    )
    kernel = shap.KernelExplainer(model.predict, data)
    values = np.empty((len(points), len(players.names)))
    # The library draws from NumPy's global generator: seeded here, and given back as it was.
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    try:
        for i, point in enumerate(points):
            values[i] = kernel.shap_values(
                point[None], nsamples=nsamples, l1_reg=l1_reg, silent=True
            )[0]
            if progress is not None:
                progress(i + 1, len(points))
    finally:
        np.random.set_state(state)  # noqa: NPY002
    return values
