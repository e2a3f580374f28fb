"""H0 of the urban classes of one group of tiles: ratios, their intervals and P values."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.errors import present
from incomelens.common.seeds import job_rng
from incomelens.topology.exchange import LogRatios, Stratum, exchanged_ratios, n_blocks_with
from incomelens.topology.hypotheses import deviations, p_values
from incomelens.topology.inputs import TileGroup
from incomelens.topology.ratios import RatioTerms, mean_terms, pooled_terms, quotient
from incomelens.topology.repairing import block_sums, draw_transforms, repaired_ratios
from incomelens.topology.resampling import ratio_interval

LEAST_BLOCKS = 4  # below, a standard error between blocks says next to nothing
Values = NDArray[np.float64]
Sums = Sequence[tuple[NDArray[np.int64], Values]]


class ClassTests:
    """Activation ratios of one group of tiles in three ways, with maps exchanged between tiles.

    Parameters
    ----------
    group : TileGroup
        Under all eight transforms, or under none.
    exchanged : sequence of (array of shape (m,), array of shape (m, m, n_classes))
        Of :func:`incomelens.topology.pairings.exchanged_sums`.
    minimum_share : float
    least_tiles : int
        Classes in fewer tiles, or in fewer than :data:`LEAST_BLOCKS` spatial blocks, are not
        tested.
    seed : int
        Of the exchange.
    """

    def __init__(
        self,
        group: TileGroup,
        exchanged: Sums,
        *,
        minimum_share: float,
        least_tiles: int,
        seed: int,
    ) -> None:
        self._group, self._exchanged, self._seed = group, exchanged, seed
        self._terms: dict[str, Callable[[Values, Values], RatioTerms]] = {
            "mean": mean_terms,
            "pooled": pooled_terms,
            "large": partial(mean_terms, minimum_share=minimum_share),
        }
        self._mean = self._own("mean")
        blocks = n_blocks_with(self._mean, group.block)
        self.enough = (self._mean.denominator.sum(axis=0) >= least_tiles) & (blocks >= LEAST_BLOCKS)
        self._rng = job_rng(seed)
        self._drawn: LogRatios | None = None

    def extended(self, n_draws: int) -> Values:
        """Exchange maps so many times more; every :math:`|t|`, NaN for classes without a test."""
        more = self._exchange("mean", n_draws, self._rng)
        self._drawn = self._drawn.joined(more) if self._drawn else more
        return self._away(self._drawn)

    def columns(
        self, n_resamples: int, bootstrap_seed: int, n_draws: int, turned_seed: int
    ) -> pd.DataFrame:
        """Columns of :func:`incomelens.topology.tables.activation_ratio_table`.

        P values on which no decision rests have `n_draws`.
        """
        drawn, mean = present(self._drawn), self._mean
        names = land_use_list().names
        low, high = ratio_interval(mean, n_resamples=n_resamples, seed=bootstrap_seed)
        block_low, block_high = (np.where(self.enough, end, np.nan) for end in drawn.interval())
        effect = quotient(mean.value - drawn.expected, _tile_sd(mean))
        turned, turned_away = self._turned(n_draws, turned_seed)
        pooled, large = self._own("pooled"), self._own("large")
        return pd.DataFrame(
            {
                "urban_class": [names[place] for place in land_use_list().published],
                "n": mean.denominator.sum(axis=0).astype(np.int64),
                "ratio": mean.value,
                "ci_low": low,
                "ci_high": high,
                "block_ci_low": block_low,
                "block_ci_high": block_high,
                "expected_ratio": drawn.expected,
                "log_error": np.where(self.enough, drawn.error[0], np.nan),
                "effect_size": np.where(self.enough, np.nan_to_num(effect), np.nan),
                "p_value": p_values(self._away(drawn)),
                "q_value": np.nan,
                "joint_p_value": np.nan,
                "n_draws": 0,
                "turned_expected_ratio": turned,
                "turned_p_value": p_values(turned_away),
                "pooled_ratio": pooled.value,
                "pooled_p_value": self._p_of("pooled", n_draws),
                "min_share_n": large.denominator.sum(axis=0).astype(np.int64),
                "min_share_ratio": large.value,
                "min_share_p_value": self._p_of("large", n_draws),
            }
        )

    def _own(self, measure: str) -> RatioTerms:
        """Terms of the tiles' own maps as they are."""
        group = self._group
        return _published(self._terms[measure](group.activation_sum[0], group.area_share))

    def _exchange(self, measure: str, n_draws: int, rng: np.random.Generator) -> LogRatios:
        terms, share = self._terms[measure], self._group.area_share
        strata = [
            Stratum(tile, _published(terms(sums, share[tile]))) for tile, sums in self._exchanged
        ]
        return exchanged_ratios(
            strata, self._group.block, n_draws=n_draws, rng=rng, n_classes=len(self.enough)
        )

    def _p_of(self, measure: str, n_draws: int) -> Values:
        return p_values(self._away(self._exchange(measure, n_draws, job_rng(self._seed))))

    def _turned(self, n_draws: int, seed: int) -> tuple[Values, Values]:
        """Ratios with maps turned against their land: their mean, and deviations from it."""
        group = self._group
        if len(group.activation_sum) == 1:  # what is no map cannot be turned
            return np.full(len(self.enough), np.nan), np.full((1, len(self.enough)), np.nan)
        transforms = draw_transforms(group.n_blocks, n_draws=n_draws, rng=job_rng(seed))
        terms = _published(mean_terms(group.activation_sum, group.area_share))
        drawn = repaired_ratios(block_sums(terms, group.block, group.n_blocks), transforms)
        known = np.isfinite(drawn)
        mean = quotient(np.where(known, drawn, 0).sum(axis=0), known.sum(axis=0))
        return mean, np.where(self.enough, deviations(drawn), np.nan)

    def _away(self, drawn: LogRatios) -> Values:
        return np.where(self.enough, drawn.studentised, np.nan)


def _published(terms: RatioTerms) -> RatioTerms:
    places = land_use_list().published
    return RatioTerms(terms.numerator[..., places], terms.denominator[..., places])


def _tile_sd(terms: RatioTerms) -> Values:
    """SD of the tiles' ratios, shape (n_classes,); NaN below two tiles."""
    n = terms.denominator.sum(axis=0)
    squares = (terms.numerator**2).sum(axis=0) - n * np.nan_to_num(terms.value) ** 2
    return np.sqrt(quotient(np.maximum(squares, 0.0), n - 1))
