"""Activation on annotated points: whether maps fall on the discs around them beyond their area.

A kind of points divides every tile into its discs and all else, and is tested as an urban class is:
against the maps of other tiles on the same land, the tile's own map turned, and the maps of a
network that learnt from shuffled labels.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from incomelens.cells.urban_classes import classes_in_use
from incomelens.tiles.points import point_classes
from incomelens.topology.hypothesis_tables import h0_table
from incomelens.topology.reliance import beyond_shuffled, is_relied_on
from incomelens.topology.tables import activation_ratio_table


def point_ratio_table(
    attribution: pd.DataFrame,
    pairings: pd.DataFrame,
    predictions: pd.DataFrame,
    folds: pd.DataFrame,
    **drawn: Any,
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
        own, paired = (table[table["points"] == kind] for table in (attribution, pairings))
        with classes_in_use(point_classes(kind)):
            frames.append(activation_ratio_table(own, paired, predictions, folds, **drawn))
    return pd.concat(frames, ignore_index=True)


def judged_points(
    ratios: Mapping[str, pd.DataFrame], shuffled: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """H0 of annotated points over all cities, and whether maps fall on them beyond both nulls.

    Parameters
    ----------
    ratios : mapping of str to DataFrame
        :func:`point_ratio_table` of every city's network.
    shuffled : mapping of str to DataFrame
        The same of the network that learnt from shuffled labels; empty where it was not tried.

    Returns
    -------
    DataFrame
        Table ``topology/points-{scheme}.csv``. ``beyond_shuffled`` and ``relied_on`` are as in
        ``topology/reliance.csv``, and missing where the second null was not tried.
    """
    table = h0_table(ratios)
    if not shuffled:
        return table.assign(beyond_shuffled=float("nan"), relied_on=None)
    second = pd.concat([one.assign(city=city) for city, one in shuffled.items()])
    table["beyond_shuffled"] = beyond_shuffled(table, second)
    tried = table["method"].isin(second["method"])
    relied_on = is_relied_on(
        table["decision"].eq("over-activated"), table["beyond_shuffled"], tried
    )
    table["relied_on"] = relied_on.astype("boolean").where(tried)
    return table
