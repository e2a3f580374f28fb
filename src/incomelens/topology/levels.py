"""How often H0 is rejected where it holds: maps and land that know nothing of each other.

``python -m incomelens.topology.levels`` prints the table of docs/methods.md (some minutes). Maps
are simulated, plain or with the direction that was measured on networks, or made by untrained
networks of noise; land is that of a plain or of a coast; neighbouring tiles may be alike in both.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from incomelens.common.seeds import job_rng
from incomelens.topology.exchange import Stratum, exchanged_ratios
from incomelens.topology.hypotheses import LEVEL, deviations, joint_p_value, p_values
from incomelens.topology.ratios import mean_terms
from incomelens.topology.repairing import (
    TRANSFORMS,
    block_sums,
    draw_transforms,
    repaired_ratios,
)

SIDE = 8  # pixels of a tile
N_CLASSES = 5
TILES, TILES_A_BLOCK, TILES_A_STRATUM = 96, 4, 32
DRAWS = 199
ALIKE = 0.7  # of the tiles of a block, where neighbours are alike
# Brightness at the edges over the tile's mean, about as an audit found on untrained networks
# (north, south) and on trained ones (west, east).
NORTH_SOUTH, WEST_EAST = (1.07, 0.45), (1.18, 0.59)
NETWORK_PX = 64
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Tiles:
    """Tiles of one SES.

    Attributes
    ----------
    maps : array of shape (n, SIDE, SIDE)
    land : array of shape (n, SIDE²)
        Class of every pixel.
    block : array of shape (n,)
    """

    maps: Values
    land: NDArray[np.int64]
    block: NDArray[np.int64]


World = Callable[[np.random.Generator], Tiles]
Test = Callable[[Tiles, np.random.Generator], Values]


def draw_land(
    rng: np.random.Generator, n: int, n_classes: int = N_CLASSES, *, coast: bool = False
) -> NDArray[np.int64]:
    """Class of every pixel of `n` tiles, shape (n, SIDE²): two straight borders, anywhere.

    On a `coast` the south of every other tile, on average, is class 0.
    """
    north, east = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    angle = rng.uniform(0, 2 * np.pi, (2, n, 1, 1))
    side = np.cos(angle) * east + np.sin(angle) * north > rng.uniform(-3, 3, angle.shape)
    classes = rng.permuted(np.tile(np.arange(n_classes), (n, 1)), axis=1)
    part = side[0] + 2 * side[1]
    # Four quarters of three classes: the first class may lie in two places.
    land = np.take_along_axis(classes, np.array([0, 1, 2, 0])[part.reshape(n, -1)], axis=1)
    if coast:
        shore = np.where(rng.random((n, 1)) < 0.5, rng.integers(3, SIDE, (n, 1)), SIDE)
        land[np.arange(SIDE).repeat(SIDE) >= shore] = 0
    return land


def draw_maps(
    rng: np.random.Generator, n: int, *, centre_bias: float = 0.0, directed: bool = False
) -> Values:
    """Smooth positive maps that know nothing of the land, shape (n, SIDE, SIDE)."""
    coarse = rng.gamma(0.5, 1.0, (n, SIDE // 2, SIDE // 2))
    fine = coarse.repeat(2, axis=1).repeat(2, axis=2)
    place = np.arange(SIDE) - (SIDE - 1) / 2
    near = np.exp(-(place[:, None] ** 2 + place**2) / 12)
    maps = fine * (1 - centre_bias + centre_bias * near)
    if directed:
        maps *= np.linspace(*NORTH_SOUTH, SIDE)[:, None] * np.linspace(*WEST_EAST, SIDE)
    return maps


def exchange_p(tiles: Tiles, rng: np.random.Generator) -> Values:
    """P of every class, and jointly, with maps exchanged between tiles."""
    sums, share = paired_sums(tiles)
    n_strata = max(1, round(len(share) / TILES_A_STRATUM))
    strata = [
        Stratum(tile, mean_terms(sums[np.ix_(tile, tile)], share[tile]))
        for tile in np.array_split(np.arange(len(share)), n_strata)
    ]
    told = {"n_draws": DRAWS, "n_classes": N_CLASSES, "rng": rng}
    return _p(exchanged_ratios(strata, tiles.block, **told).studentised)


def turned_p(tiles: Tiles, rng: np.random.Generator) -> Values:
    """P of every class, and jointly, with maps turned and mirrored on their own land."""
    turned = np.stack([_turned(tiles.maps, transform) for transform in range(TRANSFORMS)])
    inside = _inside(tiles.land)
    sums = np.einsum("tjp,jkp->tjk", turned.reshape(TRANSFORMS, len(inside), -1), inside)
    terms = mean_terms(sums, inside.mean(axis=2))
    n_blocks = tiles.block.max() + 1
    transforms = draw_transforms(n_blocks, n_draws=DRAWS, rng=rng)
    drawn = repaired_ratios(block_sums(terms, tiles.block, n_blocks), transforms)
    return _p(deviations(drawn))


def paired_sums(tiles: Tiles) -> tuple[Values, Values]:
    """Sums of every map on every tile's land, (n, n, N_CLASSES), and shares (n, N_CLASSES)."""
    inside = _inside(tiles.land)
    flat = tiles.maps.reshape(len(inside), -1)
    return np.einsum("ip,jkp->ijk", flat, inside, optimize=True), inside.mean(axis=2)


def simulated(*, directed: bool, coast: bool, alike: bool) -> World:
    """Make tiles of simulated maps, from a generator."""

    def world(rng: np.random.Generator) -> Tiles:
        block = np.arange(TILES) // TILES_A_BLOCK
        shared = rng.random(TILES) < ALIKE * alike
        n_blocks = block[-1] + 1
        land = np.where(
            shared[:, None],
            draw_land(rng, n_blocks, coast=coast)[block],
            draw_land(rng, TILES, coast=coast),
        )
        maps = np.where(
            shared[:, None, None],
            draw_maps(rng, n_blocks, directed=directed)[block],
            draw_maps(rng, TILES, directed=directed),
        )
        return Tiles(maps, land, block)

    return world


def of_networks(*, coast: bool) -> World:
    """Make tiles whose maps are those of an untrained network, another each time, of noise."""

    def world(rng: np.random.Generator) -> Tiles:
        import torch

        from incomelens.attribution.maps import saliency_maps
        from incomelens.inference.network import build_network

        seed = int(rng.integers(2**31))
        network = build_network("efficientnet_b0", weights="none", seed=seed).eval()
        noise = rng.random((TILES, 3, NETWORK_PX, NETWORK_PX), dtype=np.float32)
        maps = torch.cat(
            [
                saliency_maps(network, part, methods=["guided"])[:, 0, 1]
                for part in torch.from_numpy(noise).split(16)
            ]
        )
        pooled = torch.nn.functional.avg_pool2d(maps.double(), NETWORK_PX // SIDE).numpy()
        block = np.arange(TILES) // TILES_A_BLOCK
        return Tiles(pooled, draw_land(rng, TILES, coast=coast), block)

    return world


def rejections(world: World, *tests: Test, n_worlds: int, seed: int = 0) -> NDArray[np.bool_]:
    """Whether each test has P <= 0.05, for every class and jointly.

    Returns an array of shape (n_tests, n_worlds, N_CLASSES + 1).
    """
    p = []
    for number in range(n_worlds):
        tiles = world(job_rng(seed, "world", number))
        p.append([test(tiles, job_rng(seed, "draws", number)) for test in tests])
    return np.moveaxis(np.array(p), 1, 0) <= LEVEL


def table(n_worlds: int, n_networks: int) -> Iterator[str]:
    """Lines of the table in Markdown, as they are known."""
    names = ("maps", "land", "neighbours", "worlds")
    told = ("exchanged: classes", "jointly", "turned: classes", "jointly")
    yield f"| {' | '.join((*names, *told))} |"
    yield "|---" * len(names + told) + "|"
    kinds = [
        (
            ("directed" if directed else "plain"),
            ("coast" if coast else "plain"),
            ("alike" if alike else "unlike"),
            n_worlds,
            simulated(directed=directed, coast=coast, alike=alike),
        )
        for alike in (False, True)
        for directed in (False, True)
        for coast in (False, True)
    ]
    kinds += [
        ("untrained network", "coast" if coast else "plain", "unlike", n_networks, world)
        for coast, world in ((one, of_networks(coast=one)) for one in (False, True))
        if n_networks
    ]
    for *names, n, world in kinds:
        cells = []
        for rejected in rejections(world, exchange_p, turned_p, n_worlds=n):
            share = 100 * rejected.mean(axis=0)
            *of_classes, jointly = share
            extremes = f"{min(of_classes):.1f} to {max(of_classes):.1f}"
            cells += [f"{np.mean(of_classes):.1f} ({extremes})", f"{jointly:.1f}"]
        yield f"| {' | '.join(map(str, (*names, n, *cells)))} |"


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--networks", type=int, default=60)
    options = parser.parse_args()
    for line in table(options.worlds, options.networks):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _p(deviation: Values) -> Values:
    return np.append(p_values(deviation), joint_p_value(deviation))


def _inside(land: NDArray[np.int64]) -> Values:
    return (land[:, None, :] == np.arange(N_CLASSES)[:, None]).astype(np.float64)


def _turned(maps: Values, transform: int) -> Values:
    turned = np.rot90(maps, transform % 4, axes=(1, 2))
    return turned[:, :, ::-1] if transform >= 4 else turned


if __name__ == "__main__":
    main()
