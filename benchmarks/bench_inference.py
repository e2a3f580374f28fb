"""Speed of the aerial network on a CPU or a GPU, against the plain way to write it in PyTorch.

Invented tiles, networks without weights. Ways:

    ours         incomelens.inference over the Zarr store, read ahead by threads; on a GPU in
                 bfloat16, and steps of training recorded as a CUDA graph
    resident     the same with all tiles in memory, on a GPU in its own: what input costs
    plain        a float32 loop over PNG files: plain_network.py

Each way does each part in a process of its own, once to warm up, then to be measured:

    training     one epoch of `--steps` steps, judging the validation tiles, and the checkpoint, all
                 in the time of the images learned from; in a real epoch of 250 steps, judging and
                 the checkpoint weigh less
    inference    probabilities of every tile
    reading      images from files to arrays, and nothing else

    python benchmarks/bench_inference.py                                      about two minutes
    python benchmarks/bench_inference.py --parts reading --px 800 --tiles 20  tiles of 25 cm
    python benchmarks/bench_inference.py --steps 250                          an epoch of the paper

A GPU's sizes are those of bench_gpu.py. Processor seconds on the CPU, so that a busy machine does
not matter; wall on CUDA. Memory is the GPU's peak, or the peak of each process, torch and all (half
a gigabyte) included.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

# Before numpy and torch start theirs; torch is told of `--threads` later.
os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import numpy as np
import torch
from clocks import Budget, add_device, peak_memory, settle
from numpy.typing import NDArray
from plain_network import (
    LEARNING_RATE,
    PREDICTION_BATCH,
    Work,
    network_of,
    plain_inference,
    plain_reading,
    plain_training,
)
from processes import in_own_process, processor_seconds
from record import Row, add_record, keep
from tile_files import N_CLASSES, income_classes, make_tiles, split, store

from incomelens.inference.devices import choose_device, precision
from incomelens.inference.inputs import scale_images
from incomelens.inference.loop import LabelledImages, TrainingLoop
from incomelens.inference.predict import predict
from incomelens.inference.settings import TrainingSettings
from incomelens.inference.streams import ImageStream

PLAIN = "a plain loop over PNG files"
RESIDENT = "all tiles in memory"
# Parts, in the order of their weight, and how often each is done again: the short ones until the
# clock can tell.
REPEATS = {"training": 1, "inference": 4, "reading": 20}


def ours_reading(folder: Path, options: argparse.Namespace) -> Work:
    """Read batches of random cells from the store."""
    tiles = store(folder)
    shuffled = np.random.default_rng(1).permutation(tiles.cell_ids)

    def work() -> None:
        for start in range(0, len(shuffled), options.batch):
            tiles.read_images(list(shuffled[start : start + options.batch]))

    return work


def ours_inference(folder: Path, options: argparse.Namespace) -> Work:
    """Predict as the workflow does."""
    tiles, network = store(folder), network_of(options)
    names = [f"prob_{k + 1}" for k in range(N_CLASSES)]

    def work() -> NDArray[np.float64]:
        table = predict(
            network,
            tiles,
            tiles.cell_ids,
            scaling="min_max",
            batch_size=PREDICTION_BATCH,
            device=choose_device(options.device),
            n_readers=options.readers,
        )
        return table[names].to_numpy()

    return work


def resident_inference(folder: Path, options: argparse.Namespace) -> Work:
    """Predict tiles that wait in memory."""
    tiles, device = store(folder), choose_device(options.device)
    network = network_of(options).to(device).to(memory_format=torch.channels_last).eval()
    stream = ImageStream(tiles, tiles.cell_ids, device=device, n_readers=options.readers)
    parts = np.array_split(np.arange(len(tiles.cell_ids)), -(-options.tiles // PREDICTION_BATCH))

    def work() -> NDArray[np.float64]:
        with torch.inference_mode(), precision(device):
            batches = stream.batches(parts)
            told = [network(scale_images(images, "min_max")).double() for images in batches]
        return torch.cat(told).exp().cpu().numpy()

    return work


def our_training(folder: Path, options: argparse.Namespace, *, memory_mb: int) -> Work:
    """Train as the workflow does, an epoch a time."""
    tiles, network, device = store(folder), network_of(options), choose_device(options.device)
    settings = TrainingSettings(
        schedule="constant",
        learning_rate=LEARNING_RATE,
        batch_size=options.batch,
        epochs=1 + REPEATS["training"],
        samples_per_epoch=options.steps * options.batch,
        scaling="min_max",
        memory_mb=memory_mb,
        n_readers=options.readers,
    )
    parts = [
        LabelledImages(
            tiles,
            income_classes(tiles.cell_ids),
            ids,
            name="tiles",
            n_classes=N_CLASSES,
            device=device,
            settings=settings,
        )
        for ids in split(tiles.cell_ids)
    ]
    checkpoint = tempfile.mkdtemp(dir=folder)
    loop = TrainingLoop(
        network, *parts, settings=settings, folder=checkpoint, seed=0, device=device
    )

    def work() -> None:
        loop.advance()

    return work


def ours_training(folder: Path, options: argparse.Namespace) -> Work:
    """Train on tiles that are read ahead."""
    return our_training(folder, options, memory_mb=0)


def resident_training(folder: Path, options: argparse.Namespace) -> Work:
    """Train on tiles that wait in memory."""
    return our_training(folder, options, memory_mb=TrainingSettings.memory_mb)


# In the order of their weight.
WAYS: dict[tuple[str, str], Callable[[Path, argparse.Namespace], Work]] = {
    ("training", "ours"): ours_training,
    ("training", "plain"): plain_training,
    ("training", "resident"): resident_training,
    ("inference", "ours"): ours_inference,
    ("inference", "plain"): plain_inference,
    ("inference", "resident"): resident_inference,
    ("reading", "ours"): ours_reading,
    ("reading", "plain"): plain_reading,
}


def measure(part: str, way: str, folder: Path, options: argparse.Namespace) -> dict:
    """Inside that process: warm up, then run."""
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    work = WAYS[part, way](folder, options)
    work()
    settle(device)
    before, started = processor_seconds(), time.perf_counter()
    for _ in range(REPEATS[part]):
        probabilities = work()
    settle(device)
    return {
        "images": REPEATS[part]
        * (options.steps * options.batch if part == "training" else options.tiles),
        "wall": time.perf_counter() - started,
        "processor": processor_seconds() - before,
        "memory_gb": peak_memory(device),
        "probabilities": probabilities,
    }


def show(part: str, way: str, row: dict) -> None:
    """Print one row."""
    rates = "".join(f"{row['images'] / row[clock]:13.1f}" for clock in ("processor", "wall"))
    print(
        f"{part:11}{way:10}{row['images']:13}{row['processor']:13.2f}{row['wall']:13.2f}"
        f"{rates}{row['memory_gb']:13.2f}",
        flush=True,
    )


def summary(part: str, ours: dict, plain: dict) -> str:
    """Ratio of the ways, and whether they predict the same."""
    processor, wall = (plain[clock] / ours[clock] for clock in ("processor", "wall"))
    told = f"{part}: ours is {processor:.2f} times as fast as plain (wall: {wall:.2f})"
    if ours["probabilities"] is None:
        return told
    apart = np.abs(ours["probabilities"] - plain["probabilities"]).max()
    spread = np.ptp(ours["probabilities"], axis=0).max()
    return f"{told}; probabilities differ by {apart:.0e}, those of two tiles by up to {spread:.0e}"


def compare(folder: Path, options: argparse.Namespace) -> None:
    """Print and keep one way of one part after the other, then print the ratios."""
    budget = Budget(options.seconds)
    in_own_process(make_tiles, folder, options.tiles, options.px)
    files = {"Zarr": "0.zarr/image", "PNG": "png"}
    sizes = []
    for name, under in files.items():
        size = sum(path.stat().st_size for path in (folder / under).rglob("*") if path.is_file())
        sizes.append(f"{size / 1e6:.1f} MB as {name}")
    print(f"{options.tiles} tiles of {options.px} px, {', '.join(sizes)}; {options.backbone}\n")
    heads = ("images", "processor s", "wall s", "a s, proc.", "a s, wall", "memory GB")
    print(f"{'part':11}{'way':10}" + "".join(f"{head:>13}" for head in heads))
    found: dict[tuple[str, str], dict] = {}
    for part, way in WAYS:
        if part in options.parts and not budget.spent(f"{part}, {way}"):
            found[part, way] = in_own_process(measure, part, way, folder, options)
            show(part, way, found[part, way])
            keep_found(found, options)
    print()
    for part in options.parts:
        if (part, "plain") in found:
            print(summary(part, found[part, "ours"], found[part, "plain"]))


def keep_found(found: Mapping[tuple[str, str], dict], options: argparse.Namespace) -> None:
    """Write down what was measured so far."""
    on_gpu = options.device == "cuda"
    clock = "wall" if on_gpu else "processor"
    rows = []
    for part, way in found:
        if way == "ours":
            others = {PLAIN: found.get((part, "plain")), RESIDENT: found.get((part, "resident"))}
            ways = {"ours": found[part, way]} | {name: row for name, row in others.items() if row}
            each = {name: 1000 * row[clock] / row["images"] for name, row in ways.items()}
            peak = {name: row["memory_gb"] for name, row in ways.items()}
            of_batches = PREDICTION_BATCH if part == "inference" else options.batch
            what = f"{part}, an image of {options.px} px"
            rows.append(Row(what, each.pop("ours"), "ms", each))
            what = f"{part}, peak memory, batches of {of_batches}"
            rows.append(Row(what, peak.pop("ours"), "GB", peak))
    keep(
        rows,
        options.record,
        f"inference_gpu_{options.backbone}" if on_gpu else "inference",
        script=__file__,
        title=f"Networks that read tiles ({options.backbone})",
        clock="wall time" if on_gpu else "processor time",
        packages=("torchvision", "zarr"),
    )


def main() -> None:
    """Make the tiles, run every part both ways, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--px", type=int, default=128)
    parser.add_argument("--tiles", type=int, default=60)
    parser.add_argument("--steps", type=int, default=12, help="of training")
    parser.add_argument("--batch", type=int, default=10, help="of training, and of reading")
    parser.add_argument("--threads", type=int, default=1, help="that compute")
    parser.add_argument("--readers", type=int, default=1, help="threads, or a loader's workers")
    parser.add_argument("--backbone", default="tf_efficientnet_lite0")
    parser.add_argument("--parts", nargs="+", default=list(REPEATS), choices=list(REPEATS))
    add_device(parser)
    add_record(parser)
    options = parser.parse_args()
    least = options.batch + N_CLASSES
    if options.tiles < least:
        parser.error(f"--tiles: {options.tiles}; expected a batch and {N_CLASSES}: {least}")
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {os.cpu_count()} cores, {options.threads} used; torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), options)


if __name__ == "__main__":
    main()
