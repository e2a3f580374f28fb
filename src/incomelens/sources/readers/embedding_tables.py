"""Tables of embeddings: a row of numbers for every cell or district, from an encoder of others.

AlphaEarth, TESSERA and MOSAIKS publish such numbers for places; an encoder of one's own writes the
same table. Their rows are found by the identifiers of the cells or districts.
"""

import fnmatch
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError, listed
from incomelens.common.names import EMBEDDING
from incomelens.sources.readers.tables import read_table

logger = logging.getLogger(__name__)

LEAST_KNOWN = 0.5  # share of the places with a row; below, the table is that of other places


@dataclass(frozen=True)
class Embedding:
    """Numbers of an encoder for some places.

    Attributes
    ----------
    ids : array of str, shape (n,)
        Sorted.
    matrix : array of shape (n, n_dimensions)
        NaN all along the row of a place that the table lacks.
    """

    ids: NDArray[np.str_]
    matrix: NDArray[np.float64]

    def of(self, ids: Sequence[str] | NDArray[np.str_]) -> NDArray[np.float64]:
        """Rows of some of the places, in their order."""
        return self.matrix[self.ids.searchsorted(np.asarray(ids, dtype=str))]

    def table(self) -> pd.DataFrame:
        """One row a place: ``cell_id`` and its numbers, ``feature_0``, ``feature_1``, ..."""
        names = [f"feature_{number}" for number in range(self.matrix.shape[1])]
        numbers = pd.DataFrame(self.matrix, columns=names)
        return pd.concat([pd.Series(self.ids, name="cell_id", dtype=str), numbers], axis=1)


def read_embedding(
    file: str | Path,
    ids: Sequence[str],
    *,
    name: str,
    id_column: str,
    columns: Sequence[str] | None = None,
) -> Embedding:
    """Read the numbers of these places from a table; how many have none is told.

    Parameters
    ----------
    file : path
        Parquet, CSV or any other table of :func:`incomelens.sources.readers.tables.read_table`.
    ids : sequence of str
        Of the cells or districts of the study, each once.
    name : str
        What the embedding is called in the configuration.
    id_column : str
        Column of their identifiers.
    columns : sequence of str, optional
        Its dimensions, by name or by pattern such as ``A*``; by default all other columns of
        numbers.

    Raises
    ------
    InputError
        If a column is missing, a place stands twice, a number is none, or fewer than half of the
        places have a row.
    """
    table = read_table(file)
    if id_column not in table:
        raise InputError(
            f"{file}: embedding {name} has no column {id_column!r}; there are "
            f"{listed(table.columns)}; say in `id` which one holds the identifiers"
        )
    keys = table[id_column].astype("str").str.strip()
    ordered = np.sort(np.asarray(ids, dtype=str))
    wanted = table[keys.isin(ordered)]
    found = pd.Index(keys[wanted.index])
    if not found.is_unique:
        twice = found[found.duplicated()].unique()
        raise InputError(f"{file}: {len(twice)} places stand twice: {listed(twice)}; keep one each")
    if len(found) < LEAST_KNOWN * len(ordered):
        raise InputError(
            f"{file}: embedding {name} has rows for {len(found)} of {len(ordered)} places; its "
            f"{id_column} begins with {listed(keys.head(2))}, the study's are such as "
            f"{listed(ordered[:2])}"
        )
    what = f"{file}: embedding {name}"
    dimensions = _dimensions(wanted.drop(columns=id_column), columns, what)
    matrix = dimensions.set_axis(found).reindex(ordered).to_numpy(dtype=np.float64, copy=True)
    lacking = ordered[np.isnan(matrix).any(axis=1)]
    matrix[np.isnan(matrix).any(axis=1)] = np.nan
    tell = logger.warning if len(lacking) else logger.info
    tell(
        "embedding %s: %d dimensions; %d of %d places have no row or a gap in it%s",
        *(name, matrix.shape[1], len(lacking), len(ordered)),
        f" and count as the mean of those of training: {listed(lacking)}" if len(lacking) else "",
    )
    return Embedding(ordered, matrix)


def read_embeddings(
    ids: Sequence[str],
    *,
    tables: Sequence[str | Path],
    settings: Mapping[str, Mapping[str, Any]],
) -> dict[str, Embedding]:
    """Read the tables of a section ``embeddings`` of the configuration, by the model's name.

    Parameters
    ----------
    ids : sequence of str
    tables : sequence of path
        One an embedding, in the order of `settings`.
    settings : mapping
        The section: ``id`` and perhaps ``columns`` of each.
    """
    return {
        EMBEDDING + name: read_embedding(
            file, ids, name=name, id_column=own["id"], columns=own.get("columns")
        )
        for (name, own), file in zip(settings.items(), tables, strict=True)
    }


def _dimensions(table: pd.DataFrame, patterns: Sequence[str] | None, what: str) -> pd.DataFrame:
    """Columns that are dimensions, as numbers."""
    plain = table.loc[:, [str(dtype) != "geometry" for dtype in table.dtypes]]
    for pattern in patterns or ():
        if not fnmatch.filter(plain.columns, pattern):
            raise InputError(f"{what}: no column {pattern!r}; there are {listed(plain.columns)}")
    asked = [name for name in plain if any(fnmatch.fnmatch(name, one) for one in patterns or "*")]
    numbers = plain[asked].apply(pd.to_numeric, errors="coerce")
    broken = [name for name in asked if (numbers[name].isna() & plain[name].notna()).any()]
    if broken and patterns:
        raise InputError(f"{what}: {listed(broken)} hold more than numbers; correct the table")
    if broken:
        logger.info("%s: %s are no numbers and left aside", what, listed(broken))
    numbers = numbers.drop(columns=broken)
    if not numbers.shape[1]:
        raise InputError(f"{what}: no column of numbers; there are {listed(plain.columns)}")
    infinite = np.isinf(numbers.to_numpy()).any(axis=1).sum()
    if infinite:
        raise InputError(f"{what}: {infinite} rows hold infinite numbers; correct the table")
    return numbers
