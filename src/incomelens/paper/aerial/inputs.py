"""Tables of inference and topology, of several cities or schemes, as exhibits take them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.paper.aerial.names import ordered_schemes


def stacked(
    tables: Sequence[pd.DataFrame],
    places: Sequence[tuple[str, str]],
    name: str,
) -> pd.DataFrame:
    """Put the tables of several cities and schemes below each other.

    Parameters
    ----------
    tables : sequence of DataFrame
    places : sequence of (city, scheme)
        Of every table, the city by its key.
    name : str
        Of the kind of table, for messages.

    Returns
    -------
    DataFrame
        With the columns ``city`` and ``scheme`` in front.

    Raises
    ------
    InputError
        If there is no table.
    """
    if not tables:
        raise InputError(f"{name}: there is no table; name at least one city")
    parts = []
    for (city, scheme), table in zip(places, tables, strict=True):
        part = table.copy()
        part.insert(0, "city", city)
        part.insert(1, "scheme", scheme)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def by_scheme(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Put the tables of all schemes below each other, random folds first.

    Parameters
    ----------
    tables : mapping
        By scheme.
    name : str
        As for :func:`stacked`.

    Returns
    -------
    DataFrame
        With ``scheme`` in front.

    Raises
    ------
    InputError
        If there is no table.
    """
    if not tables:
        raise InputError(f"{name}: there is no table; name at least one scheme of folds")
    parts = []
    for scheme in ordered_schemes([*tables]):
        part = tables[scheme].copy()
        part.insert(0, "scheme", scheme)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


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
    preprint: Mapping[str, object], measure: str, ses: str, u: str, v: str, city: str
) -> float:
    """Give what the released notebook shows for a pair (it prints value − 1); NaN where nothing."""
    found: object = preprint[f"{measure}_minus_1"]
    for key in (ses, u, v, city):
        found = found.get(key) if isinstance(found, Mapping) else None
    return np.nan if found is None else 1.0 + float(found)  # type: ignore[arg-type]
