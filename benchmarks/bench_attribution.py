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

Sums over land use are compared on their own: ours (one transform, and eight) with rasterstats,
called for each map of each tile, and exactextract, for each tile, on polygons that are already
made. What is not installed is left out, and told.

    python benchmarks/bench_attribution.py                 efficientnet_lite0 at 128 px
    python benchmarks/bench_attribution.py --backbone efficientnet_b0 --px 224
    python benchmarks/bench_attribution.py --flat          memory for three sizes of a city

A GPU's sizes are those of bench_gpu.py. Processor seconds on the CPU (one thread), so that a busy
machine does not matter; wall, and the GPU's peak memory, on CUDA. On the CPU the process keeps the
memory that it frees, as the workflow's jobs do, for others' calls as well.
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

import numpy as np
import pandas as pd
import torch
from clocks import Budget, add_device, forget_peak, peak_memory, settle
from numpy.typing import NDArray
from others_maps import (
    captum_all,
    captum_guided,
    captum_integrated,
    captum_ruled,
    captum_turned,
    zennit_relevance,
)
from record import Row, add_record, installed, keep
from sums import of_sums, patches
from torch import Tensor

from incomelens.attribution.folding import fold_batch_norms
from incomelens.attribution.gradients import PAPER_METHODS
from incomelens.attribution.maps import METHODS, saliency_maps, turned_maps
from incomelens.attribution.run import attribution_parts
from incomelens.attribution.table import write_parts
from incomelens.attribution.zonal import zonal_sums
from incomelens.inference.devices import choose_device
from incomelens.inference.model_files import save_model
from incomelens.inference.network import IncomeNetwork, build_network

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
        {"rasterstats": "sums, rasterstats", "exactextract": "sums, exactextract"},
    ),
)


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
    if installed("zennit"):
        ways["zennit, lrp"] = way(partial(zennit_relevance, folded))
    return ways


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
        packages=("captum", "zennit", "rasterstats", "exactextract"),
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
