"""What a split of cells leaks where several take their label from one tract, commune, ...

A held-out cell whose unit has another cell in training has its label there, ready to be copied: by
who knows the units, or by who looks for the nearest cell, as any model does that recognises places.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.cells.places import Places
from incomelens.folds.training import training_cells


def leakage_table(folds: Mapping[str, pd.DataFrame], *, buffer_cells: int = 1) -> pd.DataFrame:
    """How many held-out cells have their label in training, and what copying it is worth.

    Parameters
    ----------
    folds : mapping of scheme to DataFrame
        ``folds/{city}-{scheme}.parquet`` with ``unit``.
    buffer_cells : int
        As for :func:`incomelens.folds.training.training_cells`.

    Returns
    -------
    DataFrame
        Table ``folds/{city}-leakage.csv``, a row for each scheme.
    """
    rows = []
    for scheme, table in folds.items():
        known = unit_in_training(table, scheme=scheme, buffer_cells=buffer_cells)
        copied = _nearest_class(table, scheme, buffer_cells) == table["income_class"].to_numpy()
        rows.append(
            {
                "scheme": scheme,
                "n": len(table),
                "n_label_units": len(set(table["unit"])),
                "unit_in_training": known.mean(),
                "copied_nearest": copied.mean(),
            }
        )
    return pd.DataFrame(rows)


def unit_in_training(
    folds: pd.DataFrame, *, scheme: str, buffer_cells: int = 1
) -> NDArray[np.bool_]:
    """Whether the label of each cell's unit can be learnt from another cell while it is held out.

    Parameters
    ----------
    folds : DataFrame
        ``folds/{city}-{scheme}.parquet`` with ``unit``.
    scheme, buffer_cells
        As for :func:`training_cells`.

    Returns
    -------
    array of bool, shape (n_cells,)
    """
    known = np.zeros(len(folds), dtype=bool)
    for fold in np.unique(folds["fold"]):
        training = training_cells(folds, fold=int(fold), scheme=scheme, buffer_cells=buffer_cells)
        held_out = (folds["fold"] == fold).to_numpy()
        known[held_out] = folds.loc[held_out, "unit"].isin(folds.loc[training, "unit"])
    return known


def _nearest_class(folds: pd.DataFrame, scheme: str, buffer_cells: int) -> NDArray[np.int64]:
    """Class of the training cell that lies nearest to each cell while it is held out."""
    places, classes = Places.of(folds), folds["income_class"].to_numpy()
    nearest = np.empty(len(folds), dtype=np.int64)
    for fold in np.unique(folds["fold"]):
        training = training_cells(folds, fold=int(fold), scheme=scheme, buffer_cells=buffer_cells)
        held_out = (folds["fold"] == fold).to_numpy()
        at = places[held_out].nearest(places[training], k=1)[:, 0]
        nearest[held_out] = classes[training][at]
    return nearest
