"""The loops around a kernel of :mod:`incomelens.shapley.product_games`, compiled once a machine.

Numba keeps machine code on disk for functions that stand in a file, and checks that file alone: a
function it calls elsewhere may change unnoticed. So a kernel and all that is compiled around it
make one text, which is written to a file of its own, named after its content, among Python's
compiled files, or the user's own where the package belongs to somebody else. Where nothing can be
written, the text is compiled anew in every process.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from incomelens.common.compiling import or_anew, tell_unkept
from incomelens.common.files import beside_of

# Training points side by side in one call: four AVX registers of doubles.
LANES = 16
# Factors below exp(-46) = 1e-20 are zero: it moves a product by less than rounding does, keeps
# products of a dozen of them out of the slow range of denormal numbers, and saves most calls.
_NEGLIGIBLE_EXPONENT = -46.0

_KERNEL = """
import numpy as np
from numba import njit

@njit(nogil=True, fastmath=True, error_model="numpy"{cached})
{kernel}
"""

_LOOPS = """
@njit(nogil=True, error_model="numpy"{cached})
def factor(exponent):
    return np.exp(exponent) if exponent > {negligible} else 0.0


@njit(nogil=True, error_model="numpy"{cached})
def fill(distance, rates, block, factors):
    # Factors of every background point: (n_background, n_nodes, n_players, LANES), of one block.
    first = block * {lanes}
    for z in range(factors.shape[0]):
        for m in range(len(rates)):
            for player in range(factors.shape[2]):
                for lane in range({lanes}):
                    factors[z, m, player, lane] = factor(
                        -rates[m] * distance[z, player, first + lane]
                    )


@njit(nogil=True, error_model="numpy"{cached})
def nodes_needed(x_distance, z_distance, first, cutoffs):
    # Nodes that the closest coalition of any of the lanes can feel.
    nearest = np.inf
    for lane in range(first, first + {lanes}):
        closest = 0.0
        for player in range(x_distance.shape[0]):
            closest += min(x_distance[player, lane], z_distance[player, lane])
        nearest = min(nearest, closest)
    n_nodes = len(cutoffs)
    while n_nodes > 0 and nearest >= cutoffs[n_nodes - 1]:
        n_nodes -= 1
    return n_nodes


@njit(nogil=True, error_model="numpy"{cached})
def drive(
    x_distance, z_distance, z_factors, z_weights, rates, weights, cutoffs, q, q_weights, scratch,
    sums,
):
    # Sums of shape (n_points, n_rows, n_padded), over background points and nodes.
    n_points, n_players, n_padded = x_distance.shape
    n_background = len(z_weights)
    factors = np.empty((n_points, len(rates) * n_players * {lanes}))
    totals = np.empty((n_points, sums.shape[1] * {lanes}))
    needed = np.empty((n_points, n_background), dtype=np.int64)
    for block in range(n_padded // {lanes}):
        first = block * {lanes}
        for i in range(n_points):
            for z in range(n_background):
                needed[i, z] = nodes_needed(x_distance[i], z_distance[z], first, cutoffs)
            for m in range(needed[i].max()):
                for player in range(n_players):
                    at = (m * n_players + player) * {lanes}
                    for lane in range({lanes}):
                        factors[i, at + lane] = factor(
                            -rates[m] * x_distance[i, player, first + lane]
                        )
        totals[:] = 0.0
        for z in range(n_background):
            for i in range(n_points):
                add(
                    factors[i],
                    z_factors[block, z],
                    needed[i, z],
                    weights,
                    q,
                    q_weights,
                    z_weights[z],
                    scratch,
                    totals[i],
                )
        for i in range(n_points):
            for row in range(sums.shape[1]):
                for lane in range({lanes}):
                    sums[i, row, first + lane] = totals[i, row * {lanes} + lane]
"""


class Loops(NamedTuple):
    """Compiled on first call, for contiguous arrays of float64.

    ``fill(distance, rates, block, factors)`` writes the background's factors of one block of
    `LANES` training points. ``drive(x_distance, z_distance, z_factors, z_weights, rates, weights,
    cutoffs, q, q_weights, scratch, sums)`` sums a kernel's rows for a tile of explained points.
    """

    fill: Callable[..., None]
    drive: Callable[..., None]


def compiled_loops(kernel: str, folder: Path | None = None) -> Loops:
    """The loops around a kernel.

    Parameters
    ----------
    kernel : str
        Text of a function ``add(a, b, n_nodes, weights, q, q_weights, scale, scratch, total)``
        that adds to `total`, of shape (n_rows * LANES,), the quantity of every row. `a` and `b`, of
        shape (n_nodes, n_players, LANES) laid flat, hold the factors.
    folder : path, optional
        Where the text and its machine code are kept; by default ``NUMBA_CACHE_DIR``, else beside
        this file, else in the user's folder of caches.
    """
    text = _text(kernel, cached=True)
    name = f"loops_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    anew = cache(lambda: _loops(name, _text(kernel, cached=False), None))
    try:
        path = _written_in_one_of([folder] if folder else _folders(), f"{name}.py", text)
        kept = _loops(name, text, path)
    except (OSError, RuntimeError) as error:  # RuntimeError: numba finds no folder for the code
        tell_unkept(error)
        return anew()
    return Loops(or_anew(kept.fill, lambda: anew().fill), or_anew(kept.drive, lambda: anew().drive))


def _folders() -> list[Path]:
    """Where numba looks as well: what the user says, else the package's folder, then the user's."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return [Path(os.environ["NUMBA_CACHE_DIR"])]
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("HOME", "") + "/.cache"
    return [Path(__file__).parent / "__pycache__", Path(cache) / "incomelens"]


def _loops(name: str, text: str, path: Path | None) -> Loops:
    module = ModuleType(name)
    sys.modules[name] = module  # where numba looks for a function's globals
    exec(compile(text, path or "<loops>", "exec"), module.__dict__)  # noqa: S102  (our own text)
    return Loops(module.fill, module.drive)


def _text(kernel: str, *, cached: bool) -> str:
    return (_KERNEL + _LOOPS).format(
        kernel=kernel,
        cached=", cache=True" if cached else "",
        negligible=_NEGLIGIBLE_EXPONENT,
        lanes=LANES,
    )


def _written_in_one_of(folders: Sequence[Path], name: str, text: str) -> Path:
    for folder in folders[:-1]:
        with suppress(OSError):
            return _written(text, folder / name)
    return _written(text, folders[-1] / name)


def _written(text: str, path: Path) -> Path:
    # Only if need be: before numba 0.68 machine code was out of date by its file's time.
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = beside_of(path)  # several jobs may do so at a time; the last one stays
        beside.write_text(text)
        beside.replace(path)
    return path
