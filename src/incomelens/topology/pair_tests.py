"""H1 of the ordered pairs of one group of tiles: which can be tested, effect sizes, P values."""

import logging
from functools import partial

import numpy as np
from numpy.typing import NDArray

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.errors import present
from incomelens.common.seeds import job_rng
from incomelens.topology.hypotheses import deviations, p_values
from incomelens.topology.inputs import TileGroup
from incomelens.topology.intensities import fit_intensities
from incomelens.topology.ratios import activation_ratio, quotient
from incomelens.topology.shuffling import (
    can_vary,
    permuted_contrasts,
    standardised_difference,
    strata,
)

logger = logging.getLogger(__name__)

Values = NDArray[np.float64]


class PairTests:
    """Residential classes u of one group of tiles, beside every other class v.

    Parameters
    ----------
    group : TileGroup
    seed : int
        Of the shuffles.
    least_tiles : int
        Pairs in fewer tiles are not tested; nor are pairs that no shuffle changes, since within
        tiles of like area of u all have v, or none.

    Attributes
    ----------
    n, n_tiles : arrays of shape (n_residential, n_classes)
        Tiles with both classes, and with u.
    varies : array of shape (n_residential, n_classes)
    """

    def __init__(self, group: TileGroup, *, seed: int, least_tiles: int) -> None:
        activation, share = group.activation_sum[0], group.area_share
        residential = land_use_list().residential
        ratio = activation_ratio(activation, share)
        adjusted = quotient(ratio, fit_intensities(activation, share).expected_ratio)
        self._classes = [
            _ClassBeside(ratio[:, u], adjusted[:, u], share, group.block, u, seed, least_tiles)
            for u in residential
        ]
        self.n, self.n_tiles, self.varies = (
            np.stack([getattr(one, name) for one in self._classes])
            for name in ("n", "n_tiles", "varies")
        )
        still = (self.n >= least_tiles) & ~self.varies
        still[np.arange(len(residential)), residential] = False
        if still.any():
            logger.info("H1: %d pairs are left out, for no shuffle changes them", still.sum())

    def extended(self, n_draws: int) -> Values:
        """Shuffle so many times more; deviations of all published pairs, NaN without a test."""
        published = land_use_list().published
        parts = [one.extended(n_draws)[:, published] for one in self._classes]
        return np.concatenate(parts, axis=1)

    def columns(self) -> dict[str, Values]:
        """Effect sizes and P values, arrays of shape (n_residential, n_classes)."""
        rows = [one.columns() for one in self._classes]
        return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


class _ClassBeside:
    """One class u beside every other class."""

    def __init__(
        self,
        ratio: Values,
        adjusted: Values,
        share: Values,
        block: NDArray[np.int64],
        u: int,
        seed: int,
        least_tiles: int,
    ) -> None:
        known = np.isfinite(adjusted)
        self._ratio, self._adjusted = ratio[known], adjusted[known]
        beside = share[known] > 0
        self.n = beside.sum(axis=0)
        self.n_tiles = np.full(len(self.n), known.sum())
        self._stratum = strata(share[known, u]) if known.any() else np.zeros(0, dtype=np.int64)
        self.varies = can_vary(beside, self._stratum)
        others = np.arange(share.shape[1]) != u
        self._tested = (self.n >= least_tiles) & self.varies & others
        self._beside = beside[:, self._tested]
        self._draw = partial(permuted_contrasts, neighbour=self._beside, block=block[known])
        self._seed, self._u = seed, u
        self._rng = job_rng(seed, "adjusted", u)
        self._moved: Values | None = None

    def extended(self, n_draws: int) -> Values:
        if self._tested.any():
            more = self._draw(self._adjusted, stratum=self._stratum, n_draws=n_draws, rng=self._rng)
            self._moved = more if self._moved is None else np.vstack([self._moved, more[1:]])
        else:
            n_so_far = 0 if self._moved is None else len(self._moved) - 1
            self._moved = np.empty((1 + n_so_far + n_draws, 0))
        return self._spread_out(deviations(self._moved))

    def columns(self) -> dict[str, Values]:
        drawn = present(self._moved)
        effect, plain = np.full(len(self.n), np.nan), np.full(len(self.n), np.nan)
        if self._tested.any():
            effect[self._tested] = standardised_difference(
                self._adjusted, self._beside, self._stratum
            )
            moved = self._draw(
                self._ratio,
                stratum=np.zeros_like(self._stratum),
                n_draws=len(drawn) - 1,
                rng=job_rng(self._seed, "plain", self._u),
            )
            plain[self._tested] = p_values(deviations(moved))
        return {
            "effect_size": effect,
            "p_value": p_values(self._spread_out(deviations(drawn))),
            "plain_p_value": plain,
        }

    def _spread_out(self, tested: Values) -> Values:
        """Columns of the tested pairs among those of all classes."""
        whole = np.full((len(tested), len(self.n)), np.nan)
        whole[:, self._tested] = tested
        return whole
