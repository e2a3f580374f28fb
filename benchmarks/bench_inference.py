"""Speed of the aerial network on a CPU or a GPU, against the plain way to write it in PyTorch.

Invented tiles, networks without weights. Ways:

    ours         incomelens.inference over the Zarr store, read ahead by threads; on a GPU in
                 bfloat16, and steps of training recorded as a CUDA graph
    resident     the same with all tiles in memory, on a GPU in its own: what input costs
    plain        a contiguous float32 network in a loop; a DataLoader over a folder of PNG files,
                 which are flipped by torchvision and scaled one by one; Adam and a checkpoint as
                 torch has them

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
import multiprocessing
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

# Before numpy and torch start theirs; torch is told of `--threads` later.
os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import numpy as np
import pandas as pd
import torch
from clocks import Budget, add_device, peak_memory, settle
from numpy.typing import NDArray
from PIL import Image
from pyproj import CRS
from record import Row, add_record, keep
from scipy.ndimage import zoom
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, RandomSampler
from torchvision import transforms

from incomelens.inference.devices import choose_device, precision
from incomelens.inference.inputs import scale_images
from incomelens.inference.loop import LabelledImages, TrainingLoop
from incomelens.inference.network import IncomeNetwork, build_network
from incomelens.inference.predict import predict
from incomelens.inference.settings import TrainingSettings
from incomelens.inference.streams import ImageStream
from incomelens.tiles.shard_file import ShardWriter
from incomelens.tiles.store import Tiles, open_tiles
from incomelens.tiles.warp import Warped

LEARNING_RATE = 8e-5
N_CLASSES = 5
VALIDATION_SHARE = 1 / 6
PREDICTION_BATCH = 32
PLAIN = "a plain loop over PNG files"
RESIDENT = "all tiles in memory"
# Parts, in the order of their weight, and how often each is done again: the short ones until the
# clock can tell.
REPEATS = {"training": 1, "inference": 4, "reading": 20}

Result = TypeVar("Result")

# Does a part once; gives the probabilities, or nothing.
Work = Callable[[], NDArray[np.float64] | None]


def texture(rng: np.random.Generator, px: int) -> NDArray[np.uint8]:
    """A tile that compresses about as hard as houses and trees: noise of all scales."""
    total = np.zeros((px, px, 3), dtype=np.float32)
    for step in (1, 2, 4, 8, 32):
        coarse = rng.normal(size=(-(-px // step), -(-px // step), 3)).astype(np.float32)
        total += zoom(coarse, (step, step, 1), order=1)[:px, :px] * step**0.3
    total = (total - total.mean()) / total.std() * 45 + rng.uniform(70, 160)
    return np.clip(total, 1, 255).astype(np.uint8)


def make_images(n: int, px: int) -> list[NDArray[np.uint8]]:
    """Tiles cut at random out of one ground: making each anew takes longer than reading it."""
    rng = np.random.default_rng(0)
    ground = texture(rng, 2 * px)
    corners = rng.integers(0, px, (n, 2))
    return [ground[row : row + px, column : column + px] for row, column in corners]


def make_tiles(folder: Path, n: int, px: int) -> None:
    """Write the same images as a shard with its index, and as PNG files."""
    images = make_images(n, px)
    (folder / "png").mkdir()
    land_use = np.ones((px, px), dtype=np.uint8)
    shard = ShardWriter(folder / "0.zarr", tile_px=px, side=200.0, crs=CRS("EPSG:3035"))
    with shard as writer:
        for number, image in enumerate(images):
            west, south = 3_900_000.0 + 200 * number, 2_500_000.0
            cell_id = f"CRS3035RES200mN{south:.0f}E{west:.0f}"
            bounds = (west, south, west + 200, south + 200)
            writer.add(cell_id, Warped(image, 0.0), land_use, bounds)
    index = writer.index().assign(shard=0, kept=True)
    index.to_parquet(folder / "index.parquet")
    paths = [folder / "png" / f"{cell_id}.png" for cell_id in index["cell_id"]]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda image, path: Image.fromarray(image).save(path), images, paths))


def store(folder: Path) -> Tiles:
    """Open the shard."""
    return open_tiles(folder / "index.parquet", [folder / "0.zarr"])


def cell_ids(folder: Path) -> list[str]:
    """All cells, in the order of the shard."""
    return pd.read_parquet(folder / "index.parquet")["cell_id"].tolist()


def split(ids: Sequence[str]) -> tuple[list[str], list[str]]:
    """Cells to learn from, and cells that judge."""
    n_learned = len(ids) - max(N_CLASSES, round(VALIDATION_SHARE * len(ids)))
    return list(ids[:n_learned]), list(ids[n_learned:])


def income_classes(ids: Sequence[str]) -> dict[str, int]:
    """Every class in turn."""
    return {cell_id: number % N_CLASSES + 1 for number, cell_id in enumerate(ids)}


def network_of(options: argparse.Namespace) -> IncomeNetwork:
    """The same weights every time."""
    return build_network(options.backbone, weights="none")


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


class PngTiles(Dataset):
    """PNG files of some cells, scaled each by its own least and greatest value, and classes."""

    def __init__(self, folder: Path, ids: Sequence[str], *, flips: bool) -> None:
        classes = income_classes(cell_ids(folder))
        self._paths = [folder / "png" / f"{cell_id}.png" for cell_id in ids]
        self._targets = [classes[cell_id] - 1 for cell_id in ids]
        both = [transforms.RandomHorizontalFlip(), transforms.RandomVerticalFlip()]
        self._transform = transforms.Compose([*(both if flips else []), transforms.ToTensor()])

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, at: int) -> tuple[Tensor, int]:
        with Image.open(self._paths[at]) as image:
            values = self._transform(image.convert("RGB"))
        least, greatest = values.min(), values.max()
        return (values - least) / (greatest - least + 1e-10), self._targets[at]


def plain_network(options: argparse.Namespace) -> IncomeNetwork:
    """The same network with the same weights, in the layout that torch gives by itself."""
    network = network_of(options).to(memory_format=torch.contiguous_format)
    torch.backends.cudnn.benchmark = True
    return network.to(options.device)


def plain_loader(data: PngTiles, batch: int, options: argparse.Namespace, n: int = 0) -> DataLoader:
    """A loader as one writes it; of `n` random images, or of all in their order."""
    workers = options.readers if options.readers > 1 else 0  # one is this process itself
    return DataLoader(
        data,
        batch,
        sampler=RandomSampler(data, num_samples=n) if n else None,
        num_workers=workers,
        # Processor seconds of processes that go on would not be counted.
        persistent_workers=workers > 0 and options.device == "cuda",
        pin_memory=options.device == "cuda",
    )


def plain_reading(folder: Path, options: argparse.Namespace) -> Work:
    """Read PNG files in random order, a batch an array."""
    paths = [folder / "png" / f"{cell_id}.png" for cell_id in cell_ids(folder)]
    shuffled = np.random.default_rng(1).permutation(np.array(paths, dtype=object))

    def work() -> None:
        for start in range(0, len(shuffled), options.batch):
            images = []
            for path in shuffled[start : start + options.batch]:
                with Image.open(path) as image:
                    images.append(np.asarray(image))
            np.stack(images)

    return work


def plain_inference(folder: Path, options: argparse.Namespace) -> Work:
    """Predict in a loop over a DataLoader."""
    network = plain_network(options).eval()
    data = PngTiles(folder, cell_ids(folder), flips=False)
    loader = plain_loader(data, PREDICTION_BATCH, options)

    def work() -> NDArray[np.float64]:
        with torch.no_grad():
            batches = (images.to(options.device, non_blocking=True) for images, _ in loader)
            return torch.cat([network(images).exp() for images in batches]).double().cpu().numpy()

    return work


def plain_training(folder: Path, options: argparse.Namespace) -> Work:
    """Train in a loop over a DataLoader, then judge, then save."""
    network, device = plain_network(options), options.device
    optimiser = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    learned, judging = split(cell_ids(folder))
    n_shown = options.steps * options.batch
    loader = plain_loader(PngTiles(folder, learned, flips=True), options.batch, options, n_shown)
    judges = plain_loader(PngTiles(folder, judging, flips=False), options.batch, options)

    def loss_of(images: Tensor, targets: Tensor) -> Tensor:
        log_probabilities = network(images.to(device, non_blocking=True))
        return functional.nll_loss(log_probabilities, targets.to(device, non_blocking=True))

    def work() -> None:
        network.train()
        for images, targets in loader:
            loss = loss_of(images, targets)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            loss.item()  # the running loss that such loops show
        network.eval()
        with torch.no_grad():
            sum(loss_of(images, targets).item() for images, targets in judges)
        state = {"network": network.state_dict(), "optimiser": optimiser.state_dict()}
        torch.save(state, folder / "checkpoint.pt")

    return work


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


def processor_seconds() -> float:
    """Of this process, all its threads, and the processes it waited for."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(one)[:2]) for one in who)


def in_own_process(function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function in a process of its own, forked: to import torch anew takes seconds."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def call() -> None:
        sender.send(function(*arguments))

    process = context.Process(target=call)
    process.start()
    sender.close()  # so that a process that dies ends the wait
    try:
        return receiver.recv()
    except EOFError:
        raise RuntimeError(f"{function.__name__}{arguments} failed, see above") from None
    finally:
        process.join()


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
