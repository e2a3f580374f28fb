"""Predictions of several models joined with the truth: the same cells in the same order."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError, listed
from incomelens.inference.metrics import N_CLASSES, score_terms

PROBABILITIES = [f"prob_{number}" for number in range(1, N_CLASSES + 1)]


@dataclass(frozen=True)
class ScoredCells:
    """What scores are made of; all arrays have one entry a cell, in the order of cell ids.

    Attributes
    ----------
    observed, fold, block : int arrays of shape (n,)
    imputed : bool array of shape (n,)
    unit : int array of shape (n,), or None
        With which each cell shares its label; None where each has one of its own.
    predicted : dict of model to int array of shape (n,)
    p : dict of model to float array of shape (n,), or None
    probabilities : dict of model to float array of shape (n, 5), or None
    """

    observed: NDArray[np.int64]
    fold: NDArray[np.int64]
    block: NDArray[np.int64]
    imputed: NDArray[np.bool_]
    unit: NDArray[np.int64] | None
    predicted: dict[str, NDArray[np.int64]]
    p: dict[str, NDArray[np.float64] | None]
    probabilities: dict[str, NDArray[np.float64] | None]

    @property
    def models(self) -> list[str]:
        """Names of the models, in the order given."""
        return list(self.predicted)

    def subset(self, rows: NDArray[np.bool_]) -> "ScoredCells":
        """Keep some of the cells."""

        def cut(values: dict) -> dict:
            return {m: None if array is None else array[rows] for m, array in values.items()}

        return ScoredCells(
            self.observed[rows],
            self.fold[rows],
            self.block[rows],
            self.imputed[rows],
            None if self.unit is None else self.unit[rows],
            cut(self.predicted),
            cut(self.p),
            cut(self.probabilities),
        )

    def terms(self, model: str) -> NDArray[np.float64]:
        """What each cell adds to the scores of a model (:func:`score_terms`)."""
        return score_terms(
            self.observed,
            self.predicted[model],
            p=self.p[model],
            probabilities=self.probabilities[model],
        )


def scored_cells(
    predictions: Mapping[str, pd.DataFrame],
    folds: pd.DataFrame,
    cells: pd.DataFrame | None = None,
    *,
    out_of_fold: bool = True,
) -> ScoredCells:
    """Join the predictions of each model with classes, folds and the flag of imputed cells.

    Parameters
    ----------
    predictions : mapping of model name to DataFrame
        ``cell_id``, ``predicted``, ``p``, ``prob_1`` .. ``prob_5`` (the last six may be missing);
        with `out_of_fold` also ``fold`` and ``observed``, which must be those of `folds`.
    folds : DataFrame
        ``cell_id``, ``income_class``, ``fold``, ``block``, and ``unit`` where labels are shared.
    cells : DataFrame, optional
        ``cell_id``, ``imputed``; without it no cell counts as imputed.
    out_of_fold : bool
        Whether each cell must be predicted by the model of its own fold; not so for the models of
        another city.

    Raises
    ------
    InputError
        If a cell of `folds` is missing somewhere, twice, or does not fit.
    """
    truth = folds.sort_values("cell_id").set_index("cell_id")
    _same_cells(truth.index, truth.index, "folds")
    predicted, p, probabilities = {}, {}, {}
    for model, table in predictions.items():
        ordered = table.set_index("cell_id")
        _same_cells(ordered.index, truth.index, f"predictions of {model}")
        ordered = ordered.reindex(truth.index)
        if out_of_fold:
            for name, true in {"fold": "fold", "observed": "income_class"}.items():
                _agrees(ordered[name], truth[true], f"predictions of {model}")
        predicted[model] = ordered["predicted"].to_numpy(dtype=np.int64)
        p[model] = _known(ordered, ["p"], model)
        if p[model] is not None:
            p[model] = p[model][:, 0]
        probabilities[model] = _known(ordered, PROBABILITIES, model)
    if cells is None:
        imputed = np.zeros(len(truth), dtype=bool)
    else:
        flags = cells.set_index("cell_id")["imputed"]
        _holds(flags.index, truth.index, "cells")
        imputed = flags.reindex(truth.index).to_numpy(dtype=bool)
    return ScoredCells(
        observed=truth["income_class"].to_numpy(dtype=np.int64),
        fold=truth["fold"].to_numpy(dtype=np.int64),
        block=truth["block"].to_numpy(dtype=np.int64),
        imputed=imputed,
        unit=pd.factorize(truth["unit"], sort=True)[0] if "unit" in truth else None,
        predicted=predicted,
        p=p,
        probabilities=probabilities,
    )


def _known(table: pd.DataFrame, names: list[str], model: str) -> NDArray[np.float64] | None:
    """Columns as an array; None where the model has none of them."""
    if not set(names) <= set(table):
        return None
    values = table[names].to_numpy(dtype=np.float64, na_value=np.nan)
    missing = np.isnan(values)
    if missing.all():
        return None
    if missing.any():
        rows = table.index[missing.any(axis=1)]
        raise InputError(
            f"predictions of {model}: {', '.join(names)} missing for {len(rows)} of {len(table)} "
            f"cells ({listed(rows)}); a model gives them for all cells or for none"
        )
    return values


def _holds(present: pd.Index, expected: pd.Index, what: str) -> None:
    if not present.is_unique:
        twice = present[present.duplicated()].unique()
        raise InputError(f"{what}: {len(twice)} cells stand there twice: {listed(twice)}")
    missing = expected.difference(present)
    if len(missing):
        raise InputError(
            f"{what}: {len(missing)} of {len(expected)} cells of the folds are missing: "
            f"{listed(missing)}; make both from the same run"
        )


def _same_cells(present: pd.Index, expected: pd.Index, what: str) -> None:
    _holds(present, expected, what)
    strange = present.difference(expected)
    if len(strange):
        raise InputError(
            f"{what}: {len(strange)} cells are not in the folds: {listed(strange)}; make both from "
            "the same run"
        )


def _agrees(present: pd.Series, expected: pd.Series, what: str) -> None:
    off = present.index[present.to_numpy() != expected.to_numpy()]
    if len(off):
        raise InputError(
            f"{what}: {present.name} of {len(off)} cells differs from {expected.name} of the "
            f"folds, first at {off[0]} ({present[off[0]]} instead of {expected[off[0]]}); make "
            "both from the same run"
        )
