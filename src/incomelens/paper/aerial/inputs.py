"""Tables of inference and topology, of several cities or schemes, as exhibits take them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.paper.aerial.names import ordered_schemes


def stacked(
    tables: Sequence[pd.DataFrame], places: Sequence[tuple[str, str]], name: str
) -> pd.DataFrame:
    """Put the tables of several cities and schemes below each other, ``city``, ``scheme`` in front.

    Parameters
    ----------
    tables : sequence of DataFrame
    places : sequence of (city, scheme)
        Of every table, the city by its key.
    name : str
        Of the kind of table, for messages.

    Raises
    ------
    InputError
        If there is no table.
    """
    if not tables:
        raise InputError(f"{name}: there is no table; name at least one city")
    placed = zip(places, tables, strict=True)
    parts = [_beside(table, city=city, scheme=scheme) for (city, scheme), table in placed]
    return pd.concat(parts, ignore_index=True)


def by_scheme(tables: Sequence[pd.DataFrame], schemes: Sequence[str], name: str) -> pd.DataFrame:
    """Put the tables of all schemes below each other, random folds first; as :func:`stacked`."""
    if not schemes:
        raise InputError(f"{name}: there is no table; name at least one scheme of folds")
    table_of = dict(zip(schemes, tables, strict=True))
    parts = [_beside(table_of[scheme], scheme=scheme) for scheme in ordered_schemes(schemes)]
    return pd.concat(parts, ignore_index=True)


def _beside(table: pd.DataFrame, **place: str) -> pd.DataFrame:
    return table.assign(**place)[[*place, *table]]


def of_city(table: pd.DataFrame, city: str, name: str) -> pd.DataFrame:
    """Rows of one city; an InputError where there is none."""
    rows = table[table["city"] == city]
    if rows.empty:
        raise InputError(
            f"{name}: no row of the city {city!r}; it has those of "
            f"{listed(sorted(set(table['city'])))}"
        )
    return rows.reset_index(drop=True)


def preprint_value(
    preprint: Mapping[str, Any], measure: str, ses: str, u: str, v: str, city: str
) -> float:
    """Give what the released notebook shows for a pair (it prints value − 1); NaN where nothing."""
    value = preprint[f"{measure}_minus_1"]
    for key in (ses, u, v, city):
        value = value.get(key) if isinstance(value, Mapping) else None
    return np.nan if value is None else 1.0 + float(value)
