"""Maps summed as they are made: over urban classes, or over discs and the rest of the land."""

from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

from incomelens.attribution.scores import TARGETS
from incomelens.attribution.strata import NO_SES
from incomelens.attribution.table import no_pairings, pairing_table, sums_table
from incomelens.attribution.zonal import TileSums, joined, paired_sums, zonal_sums


class Division:
    """Sums of maps over the parts of one division of the land, and on other tiles' land.

    Parameters
    ----------
    names : sequence of str
        Of its parts, whose values are 1, 2, ...
    methods : sequence of str
    """

    def __init__(self, names: Sequence[str], *, methods: Sequence[str]) -> None:
        self._names, self._methods = names, methods
        self._sums: list[TileSums] = []
        self._pairings: list[pd.DataFrame] = []
        self._own: list[tuple[Tensor, Tensor]] = []

    def add(self, maps: Tensor, land: Tensor, ses: str) -> None:
        """Sum maps (n, n_methods, 2, px, px) over the land of their tiles."""
        self._sums.append(zonal_sums(maps.flatten(1, 2), land, n_classes=len(self._names)))
        if ses != NO_SES:
            self._own.append((maps[:, :, TARGETS.index(ses)], land))

    def pair(self, rows: pd.DataFrame, *, stratum: str) -> None:
        """Sum the maps of the tiles added since over one another's land."""
        if self._own:
            maps, land = (torch.cat(each) for each in zip(*self._own, strict=True))
            paired = paired_sums(maps, land, n_classes=len(self._names))
            share = joined(self._sums[-len(self._own) :]).area_share
            told = {"stratum": stratum, "methods": self._methods, "names": self._names}
            self._pairings.append(pairing_table(rows, paired, share, **told))
        self._own = []

    def tables(self, cells: pd.DataFrame, fold: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Table of sums and table of pairings of all tiles added, in the order of `cells`."""
        told = {"model_fold": fold, "methods": self._methods, "names": self._names}
        pairings = pd.concat(self._pairings, ignore_index=True) if self._pairings else no_pairings()
        return sums_table(cells, joined(self._sums), **told), pairings


def tables_of_points(
    kinds: Sequence[str], discs: Sequence[Division], cells: pd.DataFrame, fold: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of all kinds of points below each other, the kind in the column ``points``."""
    tables = [one.tables(cells, fold) for one in discs]
    sums, pairings = (
        pd.concat(
            [pair[at].assign(points=kind) for kind, pair in zip(kinds, tables, strict=True)],
            ignore_index=True,
        )
        for at in (0, 1)
    )
    return sums, pairings
