"""H1, *ratios do not depend on other classes*: neighbours dealt out again.

If ratios of u do not depend on v, it is chance which of the tiles with u, of like area of u, also
hold v. So the presence of v is shuffled among them (deviation `h1_studentised`).
"""

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from incomelens.topology.hypotheses import TIE
from incomelens.topology.ratios import quotient

DRAWS_AT_ONCE = 2_000_000  # tiles × draws in memory
TILES_A_STRATUM = 20
MOST_STRATA = 10


def strata(share: NDArray[np.float64]) -> NDArray[np.int64]:
    """Tiles of about the same share of a class: at most ten groups of twenty or more.

    Tiles that are nothing but the class are a group of their own: no neighbour could be there.

    Parameters
    ----------
    share : array of shape (n_tiles,)
        Area share of u in the tiles that hold it.
    """
    filled = share >= 1 - 1e-9
    n = int(np.clip((~filled).sum() // TILES_A_STRATUM, 1, MOST_STRATA))
    edges = np.quantile(share[~filled], np.arange(1, n) / n) if n > 1 else []
    stratum = np.searchsorted(edges, share, side="right")
    return np.where(filled, n, stratum).astype(np.int64)


def can_vary(neighbour: NDArray[np.bool_], stratum: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a shuffle can change which tiles have each neighbour, shape (n_v,).

    Parameters
    ----------
    neighbour : array of shape (n_tiles, n_v)
    stratum : array of shape (n_tiles,)
        It can where, in some stratum, there are tiles with and tiles without.
    """
    mixed = [
        one.any(axis=0) & ~one.all(axis=0)
        for one in (neighbour[stratum == number] for number in np.unique(stratum))
    ]
    return np.any(mixed, axis=0) if mixed else np.zeros(neighbour.shape[1], dtype=np.bool_)


def permuted_contrasts(
    value: NDArray[np.float64],
    neighbour: NDArray[np.bool_],
    *,
    stratum: NDArray[np.int64],
    block: NDArray[np.int64],
    n_draws: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Difference between tiles with and without each neighbour, observed and shuffled.

    The difference is that of two means after taking off the mean of each stratum, over a standard
    error that adds up by block. Studentised like this the shuffle also holds where tiles with the
    neighbour vary less than others, and where neighbouring tiles are alike in both, which a
    shuffle of tiles alone does not know (Chung & Romano 2013, Ann. Stat. 41:484).

    Parameters
    ----------
    value : array of shape (n_tiles,)
        Adjusted activation ratio of u in the tiles that hold it.
    neighbour : array of shape (n_tiles, n_v)
    stratum : array of shape (n_tiles,)
        The presence of all neighbours is shuffled together, within strata.
    block : array of shape (n_tiles,)
        Spatial block of every tile; a number of its own for each gives Welch's t.
    n_draws : int
    rng : Generator

    Returns
    -------
    array of shape (1 + n_draws, n_v)
        The observation first; 0 where no tile, or every one, has the neighbour.
    """
    order = np.argsort(stratum, kind="stable")
    _, starts, sizes = np.unique(stratum[order], return_index=True, return_counts=True)
    rest = _without_strata(value, stratum)[order]
    contrast = _Contrast(neighbour[order], block[order])
    contrasts = [contrast(rest[None, :])]
    at_once = max(1, DRAWS_AT_ONCE // max(len(rest), contrast.n_sums))
    for done in range(0, n_draws, at_once):
        shuffled = np.tile(rest, (min(at_once, n_draws - done), 1))
        for start, size in zip(starts, sizes, strict=True):
            part = shuffled[:, start : start + size]
            part[:] = rng.permuted(part, axis=1)
        contrasts.append(contrast(shuffled))
    return np.concatenate(contrasts)


def standardised_difference(
    value: NDArray[np.float64], neighbour: NDArray[np.bool_], stratum: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Effect size of H1: the difference behind :func:`permuted_contrasts`, in SD of the values.

    Parameters as there. Returns an array of shape (n_v,); 0 where there is nothing to compare.
    """
    rest = _without_strata(value, stratum)
    beside = neighbour.astype(np.float64)
    n_with = beside.sum(axis=0)
    difference = quotient(rest @ beside, n_with) - quotient(rest @ (1 - beside), len(rest) - n_with)
    size = rest.std() if rest.std() > TIE * np.abs(value).max(initial=0.0) else 0.0
    return np.nan_to_num(quotient(difference, size))


def _without_strata(value: NDArray[np.float64], stratum: NDArray[np.int64]) -> NDArray[np.float64]:
    """Values less the mean of their stratum."""
    place = np.unique(stratum, return_inverse=True)[1]
    return value - (np.bincount(place, value) / np.bincount(place))[place]


class _Contrast:
    """Studentised difference of means between tiles with and without each neighbour."""

    def __init__(self, neighbour: NDArray[np.bool_], block: NDArray[np.int64]) -> None:
        numbers, place = np.unique(block, return_inverse=True)
        self.n_blocks, (n, self.n_v) = len(numbers), neighbour.shape
        self.n_sums = self.n_blocks * (self.n_v + 1)
        # Each tile adds to the sum of its block, and to those of its block with each neighbour.
        beside = np.column_stack([np.ones(n, dtype=np.bool_), neighbour])
        tile, column = np.nonzero(beside)
        row = column * self.n_blocks + place[tile]
        shape = (self.n_sums, n)
        self.adder = scipy.sparse.csr_array((np.ones(len(tile)), (row, tile)), shape=shape)
        self.counts = self._by_block(np.ones((1, n)))

    def __call__(self, rest: NDArray[np.float64]) -> NDArray[np.float64]:
        """Contrasts of values without stratum means, shape (n_draws, n_tiles) to (n_draws, n_v)."""
        sums = self._by_block(rest)
        means, blocks = [], []
        for part, count in zip(self._sides(sums), self._sides(self.counts), strict=True):
            n = count.sum(axis=2)
            means.append(quotient(part.sum(axis=2), n))
            blocks.append(quotient(part - means[-1][:, :, None] * count, n[:, :, None]))
        error = np.sqrt(((blocks[0] - blocks[1]) ** 2).sum(axis=2))
        size = np.sqrt((rest**2).mean(axis=1, keepdims=True))
        return np.nan_to_num(quotient(means[0] - means[1], np.where(error > TIE * size, error, 0)))

    def _by_block(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums of all tiles, then of those with each neighbour: (n_draws, 1 + n_v, n_blocks)."""
        return (self.adder @ values.T).T.reshape(len(values), self.n_v + 1, self.n_blocks)

    @staticmethod
    def _sides(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return sums[:, 1:], sums[:, :1] - sums[:, 1:]
