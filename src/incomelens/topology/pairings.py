"""Sums of the maps of tiles on one another's land, from the table of pairings to arrays."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.errors import InputError, listed
from incomelens.topology.inputs import TileGroup, class_places


def exchanged_sums(
    pairings: pd.DataFrame, group: TileGroup, *, method: str, ses: str
) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Sums of the maps of a group's tiles on one another's land.

    Parameters
    ----------
    pairings : DataFrame
        ``cell_id``, ``ses``, ``method``, ``urban_class``, ``stratum``, ``place``,
        ``activation_sums``; see :func:`incomelens.attribution.table.pairing_table`.
    group : TileGroup
        Of the same method and SES; maps of tiles that it leaves out exchange with nobody.
    method, ses : str

    Returns
    -------
    list of (array of shape (m,), array of shape (m, m, n_classes))
        For every stratum the places of its tiles in the group, and the sums of the map of the first
        on the land of the second tile.

    Raises
    ------
    InputError
        If tiles are missing, or their own maps have other sums than in the group.
    """
    rows = pairings[(pairings["method"] == method) & (pairings["ses"] == ses)]
    rows = rows[rows["cell_id"].isin(group.cell_id)]
    found = []
    for _, of_stratum in rows.groupby("stratum", sort=True):
        cells, first = np.unique(of_stratum["cell_id"].to_numpy(dtype=object), return_index=True)
        place = of_stratum["place"].to_numpy()[first]
        land = pd.Index(cells).get_indexer(of_stratum["cell_id"])
        sums = np.zeros((len(cells), len(cells), len(land_use_list().names)))
        lists = np.stack(of_stratum["activation_sums"].to_numpy())
        sums[:, land, class_places(of_stratum)] = lists[:, place].T
        found.append((pd.Index(group.cell_id).get_indexer(cells), sums))
    _check_own(found, group)
    return found


def _check_own(
    strata: list[tuple[NDArray[np.int64], NDArray[np.float64]]], group: TileGroup
) -> None:
    own = np.full(group.area_share.shape, np.nan)
    for tile, sums in strata:
        own[tile] = sums[np.arange(len(tile)), np.arange(len(tile))]
    missing = np.flatnonzero(np.isnan(own).any(axis=1))
    if len(missing):
        raise InputError(
            f"pairings: {len(missing)} tiles of the attribution are missing: "
            f"{listed(group.cell_id[missing])}; make both in one run of the attribution"
        )
    known = np.where(group.area_share > 0, group.activation_sum[0], 0.0)
    other = ~np.isclose(own, known, rtol=1e-4, atol=1e-4 * known.max(initial=0.0)).all(axis=1)
    if other.any():
        raise InputError(
            f"pairings: own maps of {int(other.sum())} tiles have other sums than in the "
            f"attribution, first of {group.cell_id[other][0]}; make both in one run of it"
        )
