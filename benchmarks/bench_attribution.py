"""Speed of explaining tiles, against Captum's calls one by one and in batches.

Untrained networks, random images, the land use of a tile made of a few patches. Ways:

    ours             both classes, three methods, sums under 8 transforms; one forward pass a batch
    ours, guided     both classes, guided Grad-CAM alone
    captum           the same maps from Captum's calls, class by class and method by method: in
                     batches, and one tile at a time as the released code does
    captum, guided   captum.attr.GuidedGradCam alone, likewise; its rule knows nn.ReLU and leaves
                     other activations, such as ReLU6, with the plain gradient, so that Captum's
                     classes with our rule stand beside it
    ours, METHOD     both classes, one of the further methods alone; against Captum's integrated
                     gradients of as many steps, and zennit's EpsilonPlusFlat for relevance
                     (left out where zennit is not installed)

Sums over land use are compared on their own: ours (one transform, and eight) with rasterstats
called for each map of each tile, on polygons that are already made.

    python benchmarks/bench_attribution.py                 efficientnet_lite0 at 128 px
    python benchmarks/bench_attribution.py --backbone efficientnet_b0 --px 224
    python benchmarks/bench_attribution.py --flat          memory for three sizes of a city

A GPU's sizes are those of bench_gpu.py. Processor seconds on the CPU (one thread), so that a busy
machine does not matter; wall, and the GPU's peak memory, on CUDA. On the CPU the process keeps the
memory that it frees, as the workflow's jobs do, for others' calls as well.
"""

import argparse
import importlib.util
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
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
from clocks import Budget, add_device, forget_peak, peak_memory, settle
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
from incomelens.inference.devices import choose_device
from incomelens.inference.model_files import save_model
from incomelens.inference.network import IncomeNetwork, build_network

CLASSES = (1, 2, 3, 7, 9, 14)
FURTHER_METHODS = [one for one in METHODS if one not in PAPER_METHODS]
# Rows of the table that is kept, in the order of their weight: what, our way, and those of others.
KEPT: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "guided Grad-CAM of both classes alone",
        "ours, guided",
        {
            "Captum in batches": "captum, guided",
            "Captum with our rule": "captum, guided by our rule",
            "one by one": "captum, guided, one by one",
        },
    ),
    (
        "maps of both classes by three methods",
        "ours, maps alone",
        {"Captum in batches": "captum", "one by one": "captum, one by one"},
    ),
    (
        "integrated gradients",
        "ours, integrated_gradients",
        {"Captum": "captum, integrated_gradients"},
    ),
    ("relevance (LRP)", "ours, lrp", {"zennit": "zennit, lrp"}),
    ("eight turns of all three methods", "ours, 8 turns", {"Captum": "captum, 8 turns"}),
    (
        "sums over land use, six maps",
        "sums, ours, 1 transform",
        {"rasterstats": "sums, rasterstats"},
    ),
)


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


def captum_ruled(network: IncomeNetwork, images: Tensor) -> Tensor:
    """Guided Grad-CAM of both classes from Captum's classes, ours for the guided rule."""
    model = ScoredNetwork(network)
    return torch.stack(
        [captum_cam(model, images, one) * captum_guidance(model, images, one) for one in (0, 1)],
        dim=1,
    )


def captum_cam(model: ScoredNetwork, images: Tensor, target: int) -> Tensor:
    """Captum's Grad-CAM at the size of the images."""
    coarse = LayerGradCam(model, model.features).attribute(images, target, relu_attributions=True)
    size = (images.shape[-2], images.shape[-1])
    return LayerAttribution.interpolate(coarse, size, "bilinear")[:, 0]


def captum_guidance(model: ScoredNetwork, images: Tensor, target: int) -> Tensor:
    """Size of the guided gradient."""
    return GuidedGradients(model).attribute(images, target).abs().sum(dim=1)


def captum_all(network: IncomeNetwork, images: Tensor) -> Tensor:
    """All three methods for both classes from Captum's classes, ours for the guided rule."""
    model = ScoredNetwork(network)
    maps = []
    for target in (0, 1):
        cam = captum_cam(model, images, target)
        plain = Saliency(model).attribute(images, target, abs=True).sum(dim=1)
        guided = captum_guidance(model, images, target)
        maps.append(torch.stack([cam * guided, cam * plain, cam], dim=1))
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
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    found = []
    for _ in range(1 + times):
        settle(device)
        started = clock()
        call()
        settle(device)
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


def of_tiles(
    network: IncomeNetwork, images: Tensor, land_use: Tensor, batch: int
) -> dict[str, Callable[[], object]]:
    """All ways to explain tiles."""
    folded = fold_batch_norms(network, images[:1])  # as the stage does once for each model

    def way(call: Callable[[Tensor], object], size: int = batch) -> Callable[[], None]:
        def run() -> None:
            for part in images.split(size):
                call(part)

        return run

    def whole() -> None:
        for part, use in zip(images.split(batch), land_use.split(batch), strict=True):
            zonal_sums(saliency_maps(folded, part).flatten(1, 2), use)

    ways = {
        "forward pass alone": way(torch.inference_mode()(network)),
        "ours": whole,
        "ours, maps alone": way(lambda part: saliency_maps(folded, part)),
        "ours, guided": way(lambda part: saliency_maps(folded, part, methods=["guided"])),
        "ours, 8 turns": way(lambda part: sum(turned_maps(folded, part, turns=8))),
        "captum": way(partial(captum_all, network)),
        "captum, one by one": way(partial(captum_all, network), 1),
        "captum, guided": way(partial(captum_guided, network)),
        "captum, guided by our rule": way(partial(captum_ruled, network)),
        "captum, guided, one by one": way(partial(captum_guided, network), 1),
        "captum, 8 turns": way(partial(captum_turned, network)),
        "captum, integrated_gradients": way(partial(captum_integrated, network)),
    }
    for one in FURTHER_METHODS:
        ways[f"ours, {one}"] = way(partial(saliency_maps, folded, methods=[one]))
    if importlib.util.find_spec("zennit"):
        ways["zennit, lrp"] = way(partial(zennit_relevance, folded))
    return ways


def of_sums(land_use: Tensor) -> dict[str, Callable[[], object]]:
    """All ways to sum six maps of tiles over their land use."""
    px = land_use.shape[-1]
    shape_of_maps = (len(land_use), len(PAPER_METHODS) * 2, px, px)

    # Made when they are asked for: what explains tiles is not to be told their memory.
    @cache
    def maps() -> Tensor:
        return torch.rand(shape_of_maps, device=land_use.device)

    @cache
    def given() -> tuple[NDArray[np.float64], list[list]]:
        polygons = [
            [shape(one) for one, _ in rasterio.features.shapes(tile, transform=north_up(px))]
            for tile in land_use.cpu().numpy()
        ]
        return maps().double().cpu().numpy(), polygons

    return {
        "sums, ours, 1 transform": lambda: zonal_sums(maps(), land_use, n_transforms=1),
        "sums, ours, 8 transforms": lambda: zonal_sums(maps(), land_use),
        "sums, on others' land": lambda: paired_sums(maps()[:, :3], land_use),
        "sums, rasterstats": lambda: by_rasterstats(*given()),
    }


def by_weight(ways: Mapping[str, object]) -> Iterator[str]:
    """Ways in the order of the table that is kept, then those that are only printed."""
    kept = [way for _, ours, peers in KEPT for way in (ours, *peers.values())]
    return (way for way in dict.fromkeys([*kept, *ways]) if way in ways)


def compare(options: argparse.Namespace, device: torch.device) -> None:
    """Print and keep ms a tile of one way after the other, then print the ratios."""
    budget = Budget(options.seconds)
    network = build_network(options.backbone, weights="none").eval().requires_grad_(False)
    px, n_tiles = options.px, options.tiles
    images = torch.rand((n_tiles, 3, px, px), device=device).to(memory_format=torch.channels_last)
    land_use = torch.from_numpy(patches(np.random.default_rng(0), n_tiles, px)).to(device)
    ways = of_tiles(network.to(device), images, land_use, options.batch) | of_sums(land_use)
    print(f"{options.backbone}, {px} px, {n_tiles} tiles, batches of {options.batch}, {device}\n")
    print(f"{'way':30}{'ms a tile':>12}{'tiles a s':>12}{'peak GB':>12}")
    found, peaks = {}, {}
    for way in by_weight(ways):
        if budget.spent(way):
            continue
        forget_peak(device)
        found[way] = 1000 * seconds(ways[way], device) / n_tiles
        peaks[way] = peak_memory(device)
        told = (found[way], 1000 / found[way], peaks[way])
        print(f"{way:30}" + "".join(f"{one:12.2f}" for one in told), flush=True)
        keep_found(found, peaks, options)
    print()
    for row in kept_rows(found, f"a tile of {px} px", "ms"):
        for name, value in row.peers.items():
            print(f"{row.what}: {value / row.ours:.2f} times as fast as {name}")


def kept_rows(found: Mapping[str, float], size: str, unit: str) -> list[Row]:
    """Rows of what was measured so far, beside those of others that were."""
    return [
        Row(
            f"{what}, {size}",
            found[ours],
            unit,
            {name: found[way] for name, way in peers.items() if way in found},
        )
        for what, ours, peers in KEPT
        if ours in found
    ]


def keep_found(
    found: Mapping[str, float], peaks: Mapping[str, float], options: argparse.Namespace
) -> None:
    """Write down what was measured so far."""
    on_gpu = options.device == "cuda"
    rows = kept_rows(found, f"a tile of {options.px} px", "ms")
    if on_gpu:  # a process forgets no peak of its own
        rows += kept_rows(peaks, f"peak memory, {options.batch} tiles at a time", "GB")
    keep(
        rows,
        options.record,
        f"attribution_gpu_{options.backbone}" if on_gpu else "attribution",
        script=__file__,
        title=f"Maps of a network ({options.backbone})",
        clock="wall time" if on_gpu else "processor time of one thread",
        packages=("captum", "zennit", "rasterstats"),
    )


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
    parser.add_argument("--batch", type=int, default=16, help="as in the workflow")
    parser.add_argument("--flat", action="store_true")
    parser.add_argument("--cells", type=int, help=argparse.SUPPRESS)
    add_device(parser)
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
    compare(options, choose_device(options.device))


if __name__ == "__main__":
    main()
