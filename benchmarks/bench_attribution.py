"""Speed of explaining tiles, against Captum's calls one by one and in batches.

Untrained networks, random images, the land use of a tile made of a few patches. Ways:

    ours             both classes, three methods, sums under 8 transforms; one forward pass a batch
    ours, guided     both classes, guided Grad-CAM alone
    captum           the same maps from Captum's calls, class by class and method by method: in
                     batches, and one tile at a time as the released code does
    captum, guided   captum.attr.GuidedGradCam alone, likewise
    ours, METHOD     both classes, one of the further methods alone; against Captum's integrated
                     gradients of as many steps, and zennit's EpsilonPlusFlat for relevance

Sums over land use are compared on their own: ours (one transform, and eight) with rasterstats
called for each map of each tile, on polygons that are already made.

    python benchmarks/bench_attribution.py                 efficientnet_lite0 at 128 px
    python benchmarks/bench_attribution.py --backbone efficientnet_b0 --px 224
    python benchmarks/bench_attribution.py --device cuda --tiles 128 --batch 64
    python benchmarks/bench_attribution.py --flat          memory for three sizes of a city

Processor seconds on the CPU (one thread), so that a busy machine does not matter; wall on CUDA.
"""

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

import numpy as np
import pandas as pd
import rasterio.features
import torch
from captum.attr import (
    GuidedGradCam,
    IntegratedGradients,
    LayerAttribution,
    LayerGradCam,
    Saliency,
)
from numpy.typing import NDArray
from rasterio import Affine
from rasterstats import zonal_stats
from record import Row, add_record, keep
from shapely.geometry import shape
from torch import Tensor

from incomelens.attribution.folding import fold_batch_norms
from incomelens.attribution.gradients import PAPER_METHODS
from incomelens.attribution.guided_gradients import GuidedGradients
from incomelens.attribution.maps import METHODS, PATH_STEPS, saliency_maps, turned_maps
from incomelens.attribution.run import attribution_parts
from incomelens.attribution.scores import ScoredNetwork
from incomelens.attribution.table import write_parts
from incomelens.attribution.zonal import (
    N_TRANSFORMS,
    paired_sums,
    transformed,
    undone,
    zonal_sums,
)
from incomelens.inference.model_files import save_model
from incomelens.inference.network import IncomeNetwork, build_network

CLASSES = (1, 2, 3, 7, 9, 14)
# Rows of the table that is kept: what, our way, and those of others.
KEPT: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "maps of both classes by three methods",
        "ours, maps alone",
        {"Captum in batches": "captum", "one by one": "captum, one by one"},
    ),
    (
        "guided Grad-CAM of both classes alone",
        "ours, guided",
        {"Captum in batches": "captum, guided", "one by one": "captum, guided, one by one"},
    ),
    ("eight turns of all three methods", "ours, 8 turns", {"Captum": "captum, 8 turns"}),
    (
        "integrated gradients",
        "ours, integrated_gradients",
        {"Captum": "captum, integrated_gradients"},
    ),
    ("relevance (LRP)", "ours, lrp", {"zennit": "zennit, lrp"}),
    (
        "sums over land use, six maps",
        "sums, ours, 1 transform",
        {"rasterstats": "sums, rasterstats"},
    ),
)
FURTHER_METHODS = [one for one in METHODS if one not in PAPER_METHODS]


def patches(rng: np.random.Generator, n: int, px: int) -> NDArray[np.uint8]:
    """Land use of n tiles, shape (n, px, px): the nearest of eight points, of six classes."""
    at = np.stack(np.meshgrid(np.arange(px), np.arange(px)), axis=-1)
    tiles = []
    for _ in range(n):
        points = rng.uniform(0, px, (8, 2))
        nearest = ((at[:, :, None] - points) ** 2).sum(axis=-1).argmin(axis=-1)
        tiles.append(rng.choice(CLASSES, 8)[nearest])
    return np.array(tiles, dtype=np.uint8)


def captum_guided(network: IncomeNetwork, images: Tensor) -> Tensor:
    """Captum's GuidedGradCam of both classes (its guided rule: ReLU only)."""
    model = ScoredNetwork(network)
    method = GuidedGradCam(model, model.features)
    return torch.stack(
        [
            method.attribute(images, target, interpolate_mode="bilinear").abs().sum(dim=1)
            for target in (0, 1)
        ],
        dim=1,
    )


def captum_all(network: IncomeNetwork, images: Tensor) -> Tensor:
    """All three methods for both classes from Captum's classes, ours for the guided rule."""
    model = ScoredNetwork(network)
    size = tuple(images.shape[-2:])
    maps = []
    for target in (0, 1):

        def cam(target: int = target) -> Tensor:
            layer = LayerGradCam(model, model.features)
            coarse = layer.attribute(images, target, relu_attributions=True)
            return LayerAttribution.interpolate(coarse, size, "bilinear")[:, 0]

        guided = GuidedGradients(model).attribute(images, target)
        plain = Saliency(model).attribute(images, target, abs=True)
        maps.append(torch.stack([cam() * guided.abs().sum(1), cam() * plain.sum(1), cam()], 1))
    return torch.stack(maps, dim=2).detach()


def captum_integrated(network: IncomeNetwork, images: Tensor) -> Tensor:
    """Captum's integrated gradients of both classes, from each tile's mean colour."""
    baseline = images.mean(dim=(-2, -1), keepdim=True).expand_as(images)
    method = IntegratedGradients(ScoredNetwork(network))
    options = {"n_steps": PATH_STEPS, "method": "gausslegendre", "internal_batch_size": len(images)}
    return torch.stack([method.attribute(images, baseline, one, **options) for one in (0, 1)])


def zennit_relevance(network: IncomeNetwork, images: Tensor) -> Tensor:
    """Both classes' relevance by zennit, whose rules see layers only: no sums, no gates."""
    # Here, so that the rest runs without it.
    from zennit.attribution import Gradient
    from zennit.composites import EpsilonPlusFlat

    with Gradient(ScoredNetwork(network), EpsilonPlusFlat(zero_params="bias")) as attributor:
        scores = torch.eye(2, device=images.device)[:, None].expand(2, len(images), 2)
        return torch.stack([attributor(images.clone(), one)[1] for one in scores])


def captum_turned(network: IncomeNetwork, images: Tensor) -> Tensor:
    """The mean of all of them over the eight turned and mirrored images."""
    turns = range(N_TRANSFORMS)
    maps = [undone(captum_all(network, transformed(images, one)), one) for one in turns]
    return sum(maps) / len(maps)


def seconds(call: Callable[[], object], device: torch.device, times: int = 2) -> float:
    """Best of some runs after a first one: processor seconds, or wall seconds on CUDA."""
    found = []
    for _ in range(1 + times):
        clock = time.process_time
        if device.type == "cuda":
            torch.cuda.synchronize()
            clock = time.perf_counter
        started = clock()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize()
        found.append(clock() - started)
    return min(found[1:])


def north_up(px: int) -> Affine:
    """A pixel a unit, the origin in the lower left corner."""
    return Affine(1, 0, 0, 0, -1, px)


def by_rasterstats(maps: NDArray[np.float64], polygons: Sequence[list]) -> None:
    """Sum each map of each tile over its polygons, one call a map."""
    for of_tile, shapes in zip(maps, polygons, strict=True):
        for one in of_tile:
            zonal_stats(shapes, one, affine=north_up(len(one)), stats="sum", nodata=-1)


def compare(backbone: str, px: int, n_tiles: int, batch: int, device: torch.device) -> list[Row]:
    """Print ms a tile of all ways; return what is kept."""
    network = build_network(backbone, weights="none").eval().to(device).requires_grad_(False)
    rng = np.random.default_rng(0)
    images = torch.rand((n_tiles, 3, px, px), device=device).to(memory_format=torch.channels_last)
    land_use = torch.from_numpy(patches(rng, n_tiles, px)).to(device)

    def in_batches(call: Callable[[Tensor, Tensor], object], size: int) -> Callable[[], None]:
        def run() -> None:
            for part, use in zip(images.split(size), land_use.split(size), strict=True):
                call(part, use)

        return run

    folded = fold_batch_norms(network, images[:1])  # as the stage does once for each model

    def ours(part: Tensor, use: Tensor) -> None:
        zonal_sums(saliency_maps(folded, part).flatten(1, 2), use)

    def forward(part: Tensor, _: Tensor) -> None:
        with torch.inference_mode():
            network(part)

    ways: dict[str, tuple[Callable[[Tensor, Tensor], object], int]] = {
        "forward pass alone": (forward, batch),
        "ours": (ours, batch),
        "ours, maps alone": (lambda part, _: saliency_maps(folded, part), batch),
        "ours, 8 turns": (lambda part, _: sum(turned_maps(folded, part, turns=8)), batch),
        "captum, 8 turns": (lambda part, _: captum_turned(network, part), batch),
        "captum": (lambda part, _: captum_all(network, part), batch),
        "captum, one by one": (lambda part, _: captum_all(network, part), 1),
        **{
            f"ours, {one}": (
                lambda part, _, one=one: saliency_maps(folded, part, methods=[one]),
                batch,
            )
            for one in FURTHER_METHODS
        },
        "captum, integrated_gradients": (lambda part, _: captum_integrated(network, part), batch),
        "zennit, lrp": (lambda part, _: zennit_relevance(folded, part), batch),
        "ours, guided": (lambda part, _: saliency_maps(folded, part, methods=["guided"]), batch),
        "captum, guided": (lambda part, _: captum_guided(network, part), batch),
        "captum, guided, one by one": (lambda part, _: captum_guided(network, part), 1),
    }
    print(f"{backbone}, {px} px, {n_tiles} tiles, batches of {batch}, {device}\n")
    print(f"{'way':30}{'ms a tile':>12}{'tiles a s':>12}")
    found = {}
    for way, (call, size) in ways.items():
        found[way] = seconds(in_batches(call, size), device) / n_tiles
        print(f"{way:30}{1000 * found[way]:12.2f}{1 / found[way]:12.1f}", flush=True)
    maps = torch.rand((n_tiles, len(PAPER_METHODS) * 2, px, px), device=device)
    polygons = [
        [shape(one) for one, _ in rasterio.features.shapes(tile, transform=north_up(px))]
        for tile in land_use.cpu().numpy()
    ]
    plain = maps.double().cpu().numpy()
    zonal = {
        "sums, ours, 8 transforms": lambda: zonal_sums(maps, land_use),
        "sums, ours, 1 transform": lambda: zonal_sums(maps, land_use, n_transforms=1),
        "sums, on others' land": lambda: paired_sums(maps[:, :3], land_use),
        "sums, rasterstats": lambda: by_rasterstats(plain, polygons),
    }
    for way, call in zonal.items():
        found[way] = seconds(call, device, times=1) / n_tiles
        print(f"{way:30}{1000 * found[way]:12.2f}{1 / found[way]:12.1f}", flush=True)
    print()
    for fast, slow in (
        ("ours, maps alone", "captum"),
        ("ours, maps alone", "captum, one by one"),
        ("ours, 8 turns", "captum, 8 turns"),
        ("ours, guided", "captum, guided"),
        ("ours, guided", "captum, guided, one by one"),
        ("ours, integrated_gradients", "captum, integrated_gradients"),
        ("ours, lrp", "zennit, lrp"),
        ("sums, ours, 1 transform", "sums, rasterstats"),
    ):
        print(f"{fast} is {found[slow] / found[fast]:.1f} times as fast as {slow}")
    whole = found["captum, one by one"] + found["sums, rasterstats"]
    print(
        f"all of it (ours under 8 transforms, theirs under one): {whole / found['ours']:.1f} times"
    )
    return [
        Row(
            f"{what}, a tile of {px} px",
            1000 * found[own],
            "ms",
            {name: 1000 * found[way] for name, way in peers.items()},
        )
        for what, own, peers in KEPT
    ]


class EndlessTiles:
    """Tiles made when they are read, so that they take no memory."""

    tile_px = 64

    def read_images(self, cell_ids: Sequence[str]) -> NDArray[np.uint8]:
        """Noise."""
        rng = np.random.default_rng(len(cell_ids))
        return rng.integers(0, 256, (len(cell_ids), 64, 64, 3), dtype=np.uint8)

    def read_land_use(self, cell_ids: Sequence[str]) -> NDArray[np.uint8]:
        """Patches."""
        return patches(np.random.default_rng(0), len(cell_ids), 64)


def explain_city(n_cells: int) -> None:
    """Explain that many cells into a file; print the peak memory in MB."""
    with tempfile.TemporaryDirectory() as name:
        save_model(name, build_network("test_efficientnet", weights="none"),
                   scaling="min_max", tile_px=64)  # fmt: skip
        folds = pd.DataFrame({"cell_id": [f"N{one}" for one in range(n_cells)], "fold": 0})
        parts = attribution_parts({0: name}, EndlessTiles(), folds, device=torch.device("cpu"))
        rows = write_parts(parts, {"sums": Path(name) / "out.parquet"})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    print(f"{n_cells:>8}{rows:>12}{used:>12.1f}{peak:>12.0f}", flush=True)


def flat() -> None:
    """Print the peak memory of three sizes of a city, each in a process of its own."""
    print(f"{'cells':>8}{'rows':>12}{'processor s':>12}{'memory MB':>12}", flush=True)
    for n_cells in (512, 2048, 4096):
        command = [sys.executable, __file__, "--cells", str(n_cells)]
        subprocess.run(command, check=True)  # noqa: S603 - this very file


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backbone", default="efficientnet_lite0")
    parser.add_argument("--px", type=int, default=128)
    parser.add_argument("--tiles", type=int, default=16)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--flat", action="store_true")
    parser.add_argument("--cells", type=int, help=argparse.SUPPRESS)
    add_record(parser)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    if options.cells:
        explain_city(options.cells)
        return
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, one thread")
    if options.flat:
        flat()
        return
    device = torch.device(options.device)
    rows = compare(options.backbone, options.px, options.tiles, options.batch, device)
    on_gpu = device.type == "cuda"
    keep(
        rows,
        options.record,
        "attribution_gpu" if on_gpu else "attribution",
        script=__file__,
        title=f"Maps of a network ({options.backbone})",
        clock="wall time" if on_gpu else "processor time of one thread",
        packages=("captum", "zennit", "rasterstats"),
    )


if __name__ == "__main__":
    main()
