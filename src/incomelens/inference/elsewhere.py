"""Cells of one city, predicted by the models of another."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from incomelens.inference.held_out import fitting_model, predict_by
from incomelens.inference.transfer import mean_over_models
from incomelens.tiles.store import Tiles


def predict_elsewhere(
    folders: Sequence[str | Path], tiles: Tiles, cell_ids: Sequence[str], *, batch_size: int
) -> pd.DataFrame:
    """Mean prediction of a city's fold models for the cells of another city.

    Returns
    -------
    DataFrame
        See :func:`incomelens.inference.transfer.mean_over_models`.
    """
    models = [fitting_model(folder, tiles) for folder in folders]
    return mean_over_models([predict_by(model, tiles, cell_ids, batch_size) for model in models])
