"""Activation on annotated points: whether maps fall on the discs around them beyond their area.

A kind of points divides every tile into its discs and all else, and is tested as an urban class is:
against the maps of other tiles on the same land, and the tile's own map turned.
"""

import pandas as pd

from incomelens.cells.urban_classes import classes_in_use
from incomelens.tiles.points import point_classes
from incomelens.topology.tables import activation_ratio_table


def point_ratio_table(
    attribution: pd.DataFrame,
    pairings: pd.DataFrame,
    predictions: pd.DataFrame,
    folds: pd.DataFrame,
    **drawn: float,
) -> pd.DataFrame:
    """Mean activation ratio of the discs of every kind of points, by SES, with H0's P.

    Parameters
    ----------
    attribution, pairings : DataFrame
        `attribution/{city}/{scheme}-points.parquet` and `-point_pairings.parquet`: as of urban
        classes, with the kind in the column ``points``.
    predictions, folds, drawn
        As for :func:`incomelens.topology.tables.activation_ratio_table`.

    Returns
    -------
    DataFrame
        Table ``topology/{city}/{scheme}/points.csv``: rows of ``activation_ratios.csv`` whose
        ``urban_class`` is the kind.
    """
    frames = []
    for kind in attribution["points"].unique():
        of_kind = (table[table["points"] == kind] for table in (attribution, pairings))
        with classes_in_use(point_classes(kind)):
            frames.append(activation_ratio_table(*of_kind, predictions, folds, **drawn))
    return pd.concat(frames, ignore_index=True)
