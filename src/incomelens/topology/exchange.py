r"""H0, *every class contributes equally*: maps exchanged between tiles.

Under H0 a tile's map does not follow the tile's own land: within a stratum (maps of one network on
tiles predicted to be of one SES in one part of the city) every way to deal the maps out among the
tiles is as likely as the one observed, **whatever the maps have in common**, a brighter side or
middle, and whatever the land has. So maps change places within strata and the land stays. Per
class, the statistic is

.. math:: t = \log(x / E) \big/ \mathrm{se},

:math:`x` the average ratio, :math:`E` what it is on average over the maps of *other* tiles of the
stratum on the same land, and se a standard error that adds up by spatial block, in every draw as in
the observation. Studentised like this the test also holds where neighbouring tiles are alike in
maps and land, which an exchange of tiles alone does not know (Chung & Romano 2013, Ann. Stat.
41:484). P counts draws with :math:`|t^*| \ge |t|`, and the interval of the ratio is where that test
does not reject: the two cannot contradict each other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from incomelens.topology.hypotheses import TIE
from incomelens.topology.ratios import RatioTerms, quotient

DRAWS_AT_ONCE = 250
LEVEL = 0.05
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Stratum:
    """Tiles that exchange their maps.

    Attributes
    ----------
    tile : array of shape (m,)
        Their places among the tiles of the group.
    terms : RatioTerms
        Arrays of shape (m, m, n_classes): of the map of the first on the land of the second tile.
    """

    tile: NDArray[np.int64]
    terms: RatioTerms


@dataclass(frozen=True)
class LogRatios:
    r"""Average ratios over what they are with the maps of other tiles.

    Attributes
    ----------
    value, error : arrays of shape (1 + n_draws, n_classes)
        :math:`\log(x / E)` and its standard error, the observation first; NaN for a class in
        fewer than two blocks or whose maps have no partner, −inf where x is 0.
    expected : array of shape (n_classes,)
        E of the observation.
    """

    value: Values
    error: Values
    expected: Values

    @property
    def studentised(self) -> Values:
        """How far every draw lies from no difference: :math:`|t|`, or 0 where nothing varies."""
        still = np.abs(self.value) <= TIE
        away = np.abs(self.value) / np.where(self.error > 0, self.error, np.nan)
        away = np.where(still, 0.0, np.where(np.isfinite(away), away, np.inf))
        return np.where(np.isnan(self.value), np.nan, away)

    def interval(self, *, level: float = LEVEL) -> tuple[Values, Values]:
        """Ends of the interval of the ratio x: without E exactly where P <= `level`."""
        away = self.studentised
        furthest = np.sort(np.where(np.isnan(away), 0.0, away), axis=0)[::-1]
        reach = furthest[int(np.floor(level * len(away) + TIE))]
        log_ratio = np.where(np.isfinite(self.value[0]), self.value[0], np.nan)
        with np.errstate(invalid="ignore"):  # a draw that reaches infinitely far, times no error
            half = (reach + TIE) * self.error[0]
        value = self.expected * np.exp(log_ratio)
        return value * np.exp(-half), value * np.exp(half)

    def joined(self, more: "LogRatios") -> "LogRatios":
        """With further draws."""
        return LogRatios(
            np.concatenate([self.value, more.value[1:]]),
            np.concatenate([self.error, more.error[1:]]),
            self.expected,
        )


def exchanged_ratios(
    strata: Sequence[Stratum],
    block: NDArray[np.int64],
    *,
    n_draws: int,
    n_classes: int,
    rng: np.random.Generator,
) -> LogRatios:
    """Average ratios as observed and with maps dealt out again within strata.

    Parameters
    ----------
    strata : sequence of Stratum
        Those of a single tile, whose map has no partner, take no part.
    block : array of shape (n_tiles,)
        Spatial block of every tile of the group.
    n_draws, n_classes : int
    rng : Generator
        The same draws for the same strata, whatever the terms.
    """
    strata = [one for one in strata if len(one.tile) > 1]
    place = np.unique(block, return_inverse=True)[1]
    parts = []
    for orders in _orders([len(one.tile) for one in strata], n_draws, rng):
        sums = np.zeros((4, len(orders[0]), place.max(initial=-1) + 1, n_classes))
        for stratum, order in zip(strata, orders, strict=True):
            _add(sums, stratum, order, place)
        parts.append(_log_ratios(*sums))
    if not parts:
        nothing = np.full((1 + n_draws, n_classes), np.nan)
        return LogRatios(nothing, nothing, nothing[0])
    value, error, expected = (np.concatenate(one) for one in zip(*parts, strict=True))
    return LogRatios(value, error, expected[0])


def n_blocks_with(terms: RatioTerms, block: NDArray[np.int64]) -> NDArray[np.int64]:
    """Spatial blocks in which each class counts, from terms of shape (n_tiles, n_classes)."""
    return np.array([len(np.unique(block[one > 0])) for one in terms.denominator.T], dtype=np.int64)


def _orders(
    sizes: Sequence[int], n_draws: int, rng: np.random.Generator
) -> Iterator[list[NDArray[np.int64]]]:
    """Which map lies on each tile of each stratum, some draws at a time; as it is first."""
    if not sizes:
        return
    for start in range(0, 1 + n_draws, DRAWS_AT_ONCE):
        n = min(DRAWS_AT_ONCE, 1 + n_draws - start)
        orders = [rng.permuted(np.tile(np.arange(size), (n, 1)), axis=1) for size in sizes]
        if start == 0:
            for order, size in zip(orders, sizes, strict=True):
                order[0] = np.arange(size)
        yield orders


def _add(
    sums: Values, stratum: Stratum, order: NDArray[np.int64], place: NDArray[np.int64]
) -> None:
    """Add a stratum's terms by block: own numerator and denominator, then the expected ones."""
    m, n_draws = len(stratum.tile), len(order)
    by_block = np.argsort(place[stratum.tile], kind="stable")
    blocks, counts = np.unique(place[stratum.tile], return_counts=True)
    terms = np.concatenate([stratum.terms.numerator, stratum.terms.denominator], axis=2)
    # One row a draw and block, with a one for every map and land that lie together there.
    ends = np.concatenate([[0], np.cumsum(np.tile(counts, n_draws))])
    together = (order[:, by_block] * m + by_block).ravel()
    shape = (n_draws * len(blocks), m * m)
    adder = scipy.sparse.csr_array((np.ones(len(together)), together, ends), shape=shape)
    own = (adder @ terms.reshape(m * m, -1)).reshape(n_draws, len(blocks), -1)
    over_maps = np.add.reduceat(terms.sum(axis=0)[by_block], ends[: len(blocks)], axis=0)
    # The map that lies there is not among the others.
    both = np.split(own, 2, axis=2) + np.split((over_maps - own) / (m - 1), 2, axis=2)
    for total, part in zip(sums, both, strict=True):
        total[:, blocks] += part


def _log_ratios(
    top: Values, bottom: Values, other_top: Values, other_bottom: Values
) -> tuple[Values, Values, Values]:
    """Log ratio, its error and E from sums by block, arrays of shape (n_draws, n_blocks, n)."""
    ratio, expected = (
        quotient(one.sum(axis=1), two.sum(axis=1))
        for one, two in ((top, bottom), (other_top, other_bottom))
    )
    moved = _influence(top, bottom, ratio) - _influence(other_top, other_bottom, expected)
    n_blocks = (other_bottom > 0).sum(axis=1)
    variance = (moved**2).sum(axis=1) * quotient(n_blocks, n_blocks - 1.0)
    with np.errstate(divide="ignore"):
        value = np.log(quotient(ratio, expected))
    return np.where(n_blocks > 1, value, np.nan), np.sqrt(variance), expected


def _influence(top: Values, bottom: Values, ratio: Values) -> Values:
    """What each block adds to the log of a quotient of sums, to first order."""
    return quotient(top - ratio[:, None] * bottom, top.sum(axis=1)[:, None])
