"""H0, *every class contributes equally*: a tile's own map turned on its land, as a second null.

If a map does not follow the land and has no direction, it may as well be turned or mirrored before
it is laid on the land. So all sums are also taken under the other seven rotations and reflections
of the map, and a draw picks one of the eight for every spatial block. Unlike a comparison with 1
this holds for small shares, few tiles, maps that favour the centre, and neighbours that are alike;
where maps and land have a direction it rejects true nulls, and ``exchange`` does not (deviation
`h0_against_repairing`).
"""

import math

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.topology.ratios import RatioTerms, quotient

TRANSFORMS = 8
DRAWS_AT_ONCE = 2_000_000  # blocks × draws in memory


def draw_transforms(n_blocks: int, *, n_draws: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """Transform of the maps of every block in every draw, shape (n_draws, n_blocks), 0..7."""
    return rng.integers(TRANSFORMS, size=(n_draws, n_blocks), dtype=np.int8)


def block_sums(terms: RatioTerms, block: NDArray[np.int64], n_blocks: int) -> RatioTerms:
    """Sum the terms of the tiles of each block, one transform at a time or several.

    Parameters
    ----------
    terms : RatioTerms
        Arrays of shape (..., n_tiles, n_classes).
    block : array of shape (n_tiles,)
        0 .. `n_blocks` - 1; a block may have no tile.
    """
    member = scipy.sparse.csr_array(
        (np.ones(len(block)), (block, np.arange(len(block)))), shape=(n_blocks, len(block))
    )

    def summed(values: NDArray[np.float64]) -> NDArray[np.float64]:
        *leading, n_tiles, n_classes = values.shape
        flat = values.reshape(math.prod(leading), n_tiles, n_classes)
        return np.array([member @ one for one in flat]).reshape(*leading, n_blocks, n_classes)

    return RatioTerms(summed(terms.numerator), summed(terms.denominator))


def repaired_ratios(by_block: RatioTerms, transforms: NDArray[np.int8]) -> NDArray[np.float64]:
    """Average ratios as observed and with every block's maps turned or mirrored.

    Parameters
    ----------
    by_block : RatioTerms
        Arrays of shape (8, n_blocks, n_classes): sums over the tiles of each block under each
        transform of their maps, 0 being none (:func:`block_sums`).
    transforms : array of shape (n_draws, n_blocks)
        From :func:`draw_transforms`. The same draws for groups of tiles that share blocks give one
        joint distribution.

    Returns
    -------
    array of shape (1 + n_draws, n_classes)
        The observation first.

    Raises
    ------
    InputError
        If the sums are not under eight transforms.
    """
    n_transforms, n_blocks, n_classes = by_block.numerator.shape
    if n_transforms != TRANSFORMS:
        raise InputError(
            f"H0: sums under {n_transforms} transforms of the map, expected {TRANSFORMS} (0 = as "
            "it is, 1..7); run the attribution again with all of them"
        )
    sums = np.concatenate([by_block.numerator, by_block.denominator], axis=2)
    sums = sums.reshape(TRANSFORMS * n_blocks, 2 * n_classes)
    totals = [sums[:n_blocks].sum(axis=0, keepdims=True)]
    at_once = max(1, DRAWS_AT_ONCE // max(n_blocks, 1))
    for start in range(0, len(transforms), at_once):
        some = transforms[start : start + at_once].astype(np.int64)
        place = some * n_blocks + np.arange(n_blocks)
        ends = np.arange(len(some) + 1) * n_blocks
        chosen = scipy.sparse.csr_array(
            (np.ones(place.size), place.ravel(), ends), shape=(len(some), len(sums))
        )
        totals.append(chosen @ sums)
    return quotient(*np.split(np.concatenate(totals), 2, axis=1))
