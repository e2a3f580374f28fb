"""Checks of several cities' networks, taken together."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

SIMILARITY_UNIT = ["kind", "step", "against", "method", "measure"]
MIRROR_UNIT = ["network", "head", "quantity"]


def similarity_summary(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Similarity of maps over cities, folds and both targets.

    Parameters
    ----------
    tables : mapping
        By city, :func:`incomelens.attribution.probes.network_similarity`.

    Returns
    -------
    DataFrame
        Table ``attribution/similarity.csv``.
    """
    table = _stacked(tables)
    known = table[table["mean"].notna()]
    grouped = known.groupby(SIMILARITY_UNIT, sort=False)
    return grouped.agg(
        n_units=("mean", "size"),
        n=("n", "sum"),
        mean=("mean", "mean"),
        low=("mean", "min"),
        high=("mean", "max"),
    ).reset_index()


def mirror_summary(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Cosines of low and high maps over cities and folds.

    Parameters
    ----------
    tables : mapping
        By city, :func:`incomelens.attribution.probes.mirror_table`.

    Returns
    -------
    DataFrame
        Table ``attribution/mirror.csv``.
    """
    rows = []
    for unit, table in _stacked(tables).groupby(MIRROR_UNIT, sort=False):
        n = int(table["n"].sum())
        sums = table["cosine_mean"].fillna(0.0) * table["n"]
        rows.append(
            dict(zip(MIRROR_UNIT, unit, strict=True))
            | {
                "n_networks": len(table),
                "n": n,
                "cosine_mean": sums.sum() / n if n else np.nan,
                "cosine_min": table["cosine_min"].min(),
                "cosine_max": table["cosine_max"].max(),
            }
        )
    return pd.DataFrame(rows)


def _stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table.assign(city=city) for city, table in tables.items()])
