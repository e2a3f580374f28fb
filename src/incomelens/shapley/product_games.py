r"""Compiled sums over product games, written out for a number of players.

For one explained point, background point, training point and node of the mixture, let
:math:`a_j` and :math:`b_j` be player j's Gaussian factor at the explained and at the background
point. The game :math:`v(S) = \prod_{j \in S} a_j \prod_{j \notin S} b_j` has

.. math::

    \phi_j = \int_0^1 (a_j - b_j) \prod_{k \ne j} f_k(q) \, dq, \qquad
    I_{jl} = \int_0^1 (a_j - b_j)(a_l - b_l) \prod_{k \ne j,l} f_k(q) \, dq

with :math:`f_k(q) = q a_k + (1 - q) b_k`. Products that leave players out are prefix times suffix
products: never a division, since factors underflow to zero.

The compiler fills the processor's vector registers only with loops whose bodies have no loops
inside. So each kernel is a text with the loops over players written out, made for one number of
players and compiled on first use (some seconds, once a machine); the one loop left inside runs over
`LANES` training points. Written with loops, the same arithmetic is five times slower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from incomelens.shapley.tile_loops import LANES, compiled_loops

# Quadrature nodes taken together, which halves the traffic of the sums to memory.
_NODES_TOGETHER = 2


class BlockKernel(NamedTuple):
    """A compiled sum of a quantity of product games over tiles of points.

    ``fill`` and ``drive`` are the loops of :mod:`incomelens.shapley.tile_loops` around this
    quantity, whose rows they sum.
    """

    fill: Callable[..., None]
    drive: Callable[..., None]
    n_players: int
    n_rows: int
    n_scratch_rows: int
    q: NDArray[np.float64]
    q_weights: NDArray[np.float64]


def unit_quadrature(degree: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss-Legendre rule on [0, 1] that is exact for polynomials up to a degree.

    Returns
    -------
    nodes, weights : arrays of shape (ceil((degree + 1) / 2),)
        The weights sum to one.
    """
    nodes, weights = np.polynomial.legendre.leggauss(degree // 2 + 1)
    return (nodes + 1) / 2, weights / 2


def _even_quadrature(degree: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    q, q_weights = unit_quadrature(degree)
    filling = -len(q) % _NODES_TOGETHER
    return np.append(q, np.zeros(filling)), np.append(q_weights, np.zeros(filling))


@cache
def values_kernel(n_players: int) -> BlockKernel:
    r"""Shapley values of product games, two players at a time.

    The factors of players 2g and 2g+1 make one quadratic in q, and with the product O of all other
    pairs only :math:`\int O \, dq` and :math:`\int q O \, dq` are needed for both values: a third
    less arithmetic than player by player. An odd number of players gets one that never moves.

    Parameters
    ----------
    n_players : int

    Returns
    -------
    BlockKernel
        Rows are the players, rounded up to an even number.
    """
    n_pairs = (n_players + 1) // 2
    text = "\n".join(_values_text(n_pairs))
    q, q_weights = _even_quadrature(max(n_players - 1, 0))
    return BlockKernel(*compiled_loops(text), 2 * n_pairs, 2 * n_pairs, 5 * n_pairs, q, q_weights)


@cache
def early_values_kernel(n_players: int) -> BlockKernel:
    r"""As :func:`values_kernel`, with the weight :math:`2 (1 - q)` under the integral.

    Players who join early then count for more; see :mod:`incomelens.shapley.other_games`.
    """
    q, q_weights = _even_quadrature(n_players)
    return values_kernel(n_players)._replace(q=q, q_weights=2 * (1 - q) * q_weights)


@cache
def interactions_kernel(n_players: int) -> BlockKernel:
    r"""Shapley interaction indices of product games, two players at a time.

    As for the values, with :math:`\int O`, :math:`\int q O` and :math:`\int q^2 O` of the product
    O of all pairs but two: they serve the four interactions between the pairs left out.

    Parameters
    ----------
    n_players : int
        At least two.

    Returns
    -------
    BlockKernel
        Rows are the pairs (0, 1), (0, 2), ..., (1, 2), ... of the players rounded up to an even
        number, in the order of ``numpy.triu_indices(n, k=1)``.
    """
    n_pairs = (n_players + 1) // 2
    text = "\n".join(_interactions_text(n_pairs))
    q, q_weights = _even_quadrature(n_players - 2)
    n_scratch = (4 + 3 * _NODES_TOGETHER) * n_pairs + 3 * n_pairs * (n_pairs - 1) // 2
    n_rows = n_pairs * (2 * n_pairs - 1)
    return BlockKernel(*compiled_loops(text), 2 * n_pairs, n_rows, n_scratch, q, q_weights)


def _head(n_players: int) -> Iterator[str]:
    yield "def add(a, b, n_nodes, weights, q, q_weights, scale, scratch, total):"
    yield "    for m in range(n_nodes):"
    yield f"        first = m * {n_players * LANES}"


def _quadrature_loop() -> Iterator[str]:
    """Take the nodes of the quadrature in twos: t is q, u the weight of 1, v the weight of q."""
    yield f"        for k in range(0, len(q), {_NODES_TOGETHER}):"
    for i in range(_NODES_TOGETHER):
        yield f"            t{i} = q[k + {i}]"
        yield f"            u{i} = scale * weights[m] * q_weights[k + {i}]"
        yield f"            v{i} = t{i} * u{i}"


def _pair_factors(g: int) -> Iterator[str]:
    one, two = 2 * g * LANES, (2 * g + 1) * LANES
    yield f"            b1 = b[first + {one} + l]; d1 = a[first + {one} + l] - b1"
    yield f"            b2 = b[first + {two} + l]; d2 = a[first + {two} + l] - b2"


def _values_text(n_pairs: int) -> Iterator[str]:
    # Rows of scratch: the quadratic's three coefficients and the two moments, a row a pair.
    def row(kind: int, g: int) -> str:
        return f"scratch[{(kind * n_pairs + g) * LANES} + l]"

    yield from _head(2 * n_pairs)
    yield f"        for l in range({LANES}):"
    for g in range(n_pairs):
        yield from _pair_factors(g)
        yield f"            {row(0, g)} = b1 * b2"
        yield f"            {row(1, g)} = d1 * b2 + d2 * b1"
        yield f"            {row(2, g)} = d1 * d2"
        yield f"            {row(3, g)} = 0.0; {row(4, g)} = 0.0"
    yield from _quadrature_loop()
    yield f"            for l in range({LANES}):"
    for g in range(n_pairs):
        yield f"                c0 = {row(0, g)}; c1 = {row(1, g)}; c2 = {row(2, g)}"
        for i in range(_NODES_TOGETHER):
            before = f"p{g - 1}_{i} * " if g else ""
            yield f"                f{g}_{i} = c0 + t{i} * (c1 + t{i} * c2)"
            yield f"                p{g}_{i} = {before}f{g}_{i}"
    for g in reversed(range(n_pairs)):
        for i in range(_NODES_TOGETHER):
            before = f"p{g - 1}_{i}" if g else "1.0"
            after = f" * s{g + 1}_{i}" if g < n_pairs - 1 else ""
            yield f"                o{i} = {before}{after}"
            yield f"                s{g}_{i} = f{g}_{i}{after}"
        terms = range(_NODES_TOGETHER)
        yield f"                {row(3, g)} += " + " + ".join(f"u{i} * o{i}" for i in terms)
        yield f"                {row(4, g)} += " + " + ".join(f"v{i} * o{i}" for i in terms)
    yield f"        for l in range({LANES}):"
    for g in range(n_pairs):
        yield from _pair_factors(g)
        yield f"            both = {row(2, g)} * {row(4, g)}; alone = {row(3, g)}"
        yield f"            total[{2 * g * LANES} + l] += d1 * b2 * alone + both"
        yield f"            total[{(2 * g + 1) * LANES} + l] += d2 * b1 * alone + both"


def _interactions_text(n_pairs: int) -> Iterator[str]:
    n_cross = n_pairs * (n_pairs - 1) // 2
    cross = {(g, h): r for r, (g, h) in enumerate(zip(*np.triu_indices(n_pairs, k=1), strict=True))}
    names = ["c0", "c1", "c2"]
    names += [f"{name}{i}" for name in "fps" for i in range(_NODES_TOGETHER)]
    start = {name: k * n_pairs for k, name in enumerate(names)}
    start["within"] = len(names) * n_pairs
    start |= {f"moment{k}": start["within"] + n_pairs + k * n_cross for k in range(3)}
    end = start["moment2"] + n_cross

    def row(name: str, place: int) -> str:
        return f"scratch[{(start[name] + place) * LANES} + l]"

    # Many short loops over lanes: the compiler gives up on one long body.
    lanes, lanes_of_q = f"        for l in range({LANES}):", f"            for l in range({LANES}):"
    yield from _head(2 * n_pairs)
    yield f"        scratch[{start['within'] * LANES}:{end * LANES}] = 0.0"
    yield lanes
    for g in range(n_pairs):
        yield from _pair_factors(g)
        yield f"            {row('c0', g)} = b1 * b2"
        yield f"            {row('c1', g)} = d1 * b2 + d2 * b1"
        yield f"            {row('c2', g)} = d1 * d2"
    yield from _quadrature_loop()
    for i in range(_NODES_TOGETHER):
        yield lanes_of_q
        for g in range(n_pairs):
            yield f"                f{g} = {row('c1', g)} + t{i} * {row('c2', g)}"
            yield f"                f{g} = {row('c0', g)} + t{i} * f{g}"
            yield f"                p{g} = " + (f"p{g - 1} * f{g}" if g else "f0")
            yield f"                {row(f'f{i}', g)} = f{g}; {row(f'p{i}', g)} = p{g}"
        for g in reversed(range(n_pairs)):
            yield f"                s{g} = f{g}" + (f" * s{g + 1}" if g < n_pairs - 1 else "")
            yield f"                {row(f's{i}', g)} = s{g}"
    for g in range(n_pairs):
        yield lanes_of_q
        for i in range(_NODES_TOGETHER):
            after = f" * {row(f's{i}', g + 1)}" if g < n_pairs - 1 else ""
            yield f"                o{i} = " + (row(f"p{i}", g - 1) if g else "1.0")
            yield f"                w{i} = u{i} * o{i}{after}"
        yield f"                {row('within', g)} += {_together('w')}"
        for h in range(g + 1, n_pairs):
            for i in range(_NODES_TOGETHER):
                # `o` grows into the product of all pairs before h but g.
                after = f" * {row(f's{i}', h + 1)}" if h < n_pairs - 1 else ""
                yield f"                m{i} = u{i} * (o{i}{after}); n{i} = t{i} * m{i}"
                yield f"                o{i} = o{i} * {row(f'f{i}', h)}"
            yield f"                {row('moment0', cross[g, h])} += {_together('m')}"
            yield f"                {row('moment1', cross[g, h])} += {_together('n')}"
            twice = " + ".join(f"t{i} * n{i}" for i in range(_NODES_TOGETHER))
            yield f"                {row('moment2', cross[g, h])} += {twice}"
    for g in range(n_pairs):
        at = _pair_row(2 * g, 2 * g + 1, 2 * n_pairs) * LANES
        yield lanes
        yield f"            total[{at} + l] += {row('c2', g)} * {row('within', g)}"
    for (g, h), r in cross.items():
        yield lanes
        for name, player in zip("ijxy", (2 * g, 2 * g + 1, 2 * h, 2 * h + 1), strict=True):
            place = f"[first + {player * LANES} + l]"
            yield f"            b{name} = b{place}; d{name} = a{place} - b{name}"
        for k in range(3):
            yield f"            m{k} = {row(f'moment{k}', r)}"
        for one, one_left, j in (("i", "j", 2 * g), ("j", "i", 2 * g + 1)):
            for two, two_left, k in (("x", "y", 2 * h), ("y", "x", 2 * h + 1)):
                at = _pair_row(j, k, 2 * n_pairs) * LANES
                p, q = one_left, two_left
                yield f"            mixed = b{p} * d{q} + d{p} * b{q}"
                yield f"            rest = b{p} * b{q} * m0 + mixed * m1 + d{p} * d{q} * m2"
                yield f"            total[{at} + l] += d{one} * d{two} * rest"


def _together(name: str) -> str:
    return " + ".join(f"{name}{i}" for i in range(_NODES_TOGETHER))


def _pair_row(j: int, k: int, n_players: int) -> int:
    """Place of the pair j < k in `numpy.triu_indices(n_players, k=1)`."""
    return j * n_players - j * (j + 1) // 2 + k - j - 1
