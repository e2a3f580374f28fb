"""Speed of the aerial network on the CPU, against the plain way to write it in PyTorch.

Invented tiles, tf_efficientnet_lite0 without weights, float32. Ways:

    ours     incomelens.inference: `train` and `predict` over the Zarr store, channels-last
    plain    a contiguous network in a loop; a DataLoader over a folder of PNG files, which are
             flipped by torchvision and scaled one by one; Adam and a checkpoint as torch has them

Each way does each part in a process of its own:

    reading      images from files to arrays, and nothing else
    inference    probabilities of every tile
    training     one epoch of `--steps` steps, judging the validation tiles, and the checkpoint, all
                 in the time of the images learned from; in a real epoch of 250 steps, judging and
                 the checkpoint weigh less

    python benchmarks/bench_inference.py                                      about a minute
    python benchmarks/bench_inference.py --parts reading --px 800 --tiles 20  tiles of 25 cm
    python benchmarks/bench_inference.py --steps 250                          an epoch of the paper

Memory is the peak of each process, torch and all (half a gigabyte) included.
On a busy machine compare processor seconds.
"""

import argparse
import multiprocessing
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

# Before numpy and torch start theirs; torch is told of `--threads` later.
os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from PIL import Image
from pyproj import CRS
from record import Row, add_record, keep
from scipy.ndimage import zoom
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, RandomSampler
from torchvision import transforms

from incomelens.inference.network import IncomeNetwork, build_network
from incomelens.inference.predict import predict
from incomelens.inference.settings import TrainingSettings
from incomelens.inference.training import train
from incomelens.tiles.shard_file import ShardWriter
from incomelens.tiles.store import Tiles, open_tiles
from incomelens.tiles.warp import Warped

BACKBONE = "tf_efficientnet_lite0"
LEARNING_RATE = 8e-5
N_CLASSES = 5
VALIDATION_SHARE = 1 / 6
PREDICTION_BATCH = 32
# Parts and how often each is done again: the short ones until the clock can tell.
REPEATS = {"reading": 20, "inference": 4, "training": 1}
CPU = torch.device("cpu")

Result = TypeVar("Result")

# Does a part for a number of images; gives the probabilities, or nothing.
Work = Callable[[int], NDArray[np.float64] | None]


def texture(rng: np.random.Generator, px: int) -> NDArray[np.uint8]:
    """A tile that compresses about as hard as houses and trees: noise of all scales."""
    total = np.zeros((px, px, 3), dtype=np.float32)
    for step in (1, 2, 4, 8, 32):
        coarse = rng.normal(size=(-(-px // step), -(-px // step), 3)).astype(np.float32)
        total += zoom(coarse, (step, step, 1), order=1)[:px, :px] * step**0.3
    total = (total - total.mean()) / total.std() * 45 + rng.uniform(70, 160)
    return np.clip(total, 1, 255).astype(np.uint8)


def make_tiles(folder: Path, n: int, px: int) -> None:
    """Write the same images as a shard with its index, and as PNG files."""
    rng = np.random.default_rng(0)
    (folder / "png").mkdir()
    land_use = np.ones((px, px), dtype=np.uint8)
    shard = ShardWriter(folder / "0.zarr", tile_px=px, side=200.0, crs=CRS("EPSG:3035"))
    with shard as writer:
        for number in range(n):
            west, south = 3_900_000.0 + 200 * number, 2_500_000.0
            cell_id = f"CRS3035RES200mN{south:.0f}E{west:.0f}"
            image = texture(rng, px)
            bounds = (west, south, west + 200, south + 200)
            writer.add(cell_id, Warped(image, 0.0), land_use, bounds)
            Image.fromarray(image).save(folder / "png" / f"{cell_id}.png")
    writer.index().assign(shard=0, kept=True).to_parquet(folder / "index.parquet")


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


def ours_reading(folder: Path, options: argparse.Namespace) -> Work:
    """Read batches of random cells from the store."""
    tiles = store(folder)
    shuffled = np.random.default_rng(1).permutation(tiles.cell_ids)

    def work(n: int) -> None:
        for start in range(0, n, options.batch):
            tiles.read_images(list(shuffled[start : min(n, start + options.batch)]))

    return work


def ours_inference(folder: Path, options: argparse.Namespace) -> Work:
    """Predict as the workflow does."""
    tiles, network = store(folder), build_network(BACKBONE, weights="none")
    names = [f"prob_{k + 1}" for k in range(N_CLASSES)]

    def work(n: int) -> NDArray[np.float64]:
        table = predict(
            network,
            tiles,
            tiles.cell_ids[:n],
            scaling="min_max",
            batch_size=PREDICTION_BATCH,
            device=CPU,
            n_readers=options.threads,
        )
        return table[names].to_numpy()

    return work


def ours_training(folder: Path, options: argparse.Namespace) -> Work:
    """Train as the workflow does."""
    tiles, network = store(folder), build_network(BACKBONE, weights="none")
    learned, judging = split(tiles.cell_ids)

    def work(n: int) -> None:
        settings = TrainingSettings(
            schedule="constant",
            learning_rate=LEARNING_RATE,
            batch_size=options.batch,
            epochs=1,
            samples_per_epoch=n,
            scaling="min_max",
            n_readers=options.threads,
        )
        train(
            network,
            tiles,
            income_classes(tiles.cell_ids),
            learned,
            judging,
            settings=settings,
            checkpoint_dir=folder / "checkpoint",
            seed=0,
            device=CPU,
        )

    return work


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


def plain_network() -> IncomeNetwork:
    """The same network with the same weights, in the layout that torch gives by itself."""
    return build_network(BACKBONE, weights="none").to(memory_format=torch.contiguous_format)


def workers(options: argparse.Namespace) -> int:
    """Processes of a DataLoader: none where one thread is allowed."""
    return options.threads if options.threads > 1 else 0


def plain_reading(folder: Path, options: argparse.Namespace) -> Work:
    """Read PNG files in random order, a batch an array."""
    paths = [folder / "png" / f"{cell_id}.png" for cell_id in cell_ids(folder)]
    shuffled = np.random.default_rng(1).permutation(np.array(paths, dtype=object))

    def work(n: int) -> None:
        for start in range(0, n, options.batch):
            images = []
            for path in shuffled[start : min(n, start + options.batch)]:
                with Image.open(path) as image:
                    images.append(np.asarray(image))
            np.stack(images)

    return work


def plain_inference(folder: Path, options: argparse.Namespace) -> Work:
    """Predict in a loop over a DataLoader."""
    network, ids = plain_network().eval(), cell_ids(folder)

    def work(n: int) -> NDArray[np.float64]:
        data = PngTiles(folder, ids[:n], flips=False)
        loader = DataLoader(data, PREDICTION_BATCH, num_workers=workers(options))
        with torch.no_grad():
            return torch.cat([network(images).exp() for images, _ in loader]).double().numpy()

    return work


def plain_training(folder: Path, options: argparse.Namespace) -> Work:
    """Train in a loop over a DataLoader, then judge, then save."""
    network = plain_network()
    learned, judging = split(cell_ids(folder))
    data = PngTiles(folder, learned, flips=True)
    judges = DataLoader(PngTiles(folder, judging, flips=False), options.batch)

    def work(n: int) -> None:
        optimiser = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
        order = RandomSampler(data, num_samples=n)
        loader = DataLoader(data, options.batch, sampler=order, num_workers=workers(options))
        network.train()
        for images, targets in loader:
            loss = functional.nll_loss(network(images), targets)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            loss.item()  # the running loss that such loops show
        network.eval()
        with torch.no_grad():
            sum(functional.nll_loss(network(images), targets).item() for images, targets in judges)
        state = {"network": network.state_dict(), "optimiser": optimiser.state_dict()}
        torch.save(state, folder / "checkpoint.pt")

    return work


WAYS: dict[tuple[str, str], Callable[[Path, argparse.Namespace], Work]] = {
    ("reading", "ours"): ours_reading,
    ("reading", "plain"): plain_reading,
    ("inference", "ours"): ours_inference,
    ("inference", "plain"): plain_inference,
    ("training", "ours"): ours_training,
    ("training", "plain"): plain_training,
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
    """Inside that process: warm up with one batch, then run."""
    torch.set_num_threads(options.threads)
    work = WAYS[part, way](folder, options)
    work(options.batch)
    count = options.steps * options.batch if part == "training" else options.tiles
    before, started = processor_seconds(), time.perf_counter()
    for _ in range(REPEATS[part]):
        probabilities = work(count)
    return {
        "images": REPEATS[part] * count,
        "wall": time.perf_counter() - started,
        "processor": processor_seconds() - before,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "probabilities": probabilities,
    }


def show(part: str, way: str, row: dict) -> None:
    """Print one row."""
    rates = "".join(f"{row['images'] / row[clock]:13.1f}" for clock in ("processor", "wall"))
    print(
        f"{part:11}{way:6}{row['images']:13}{row['processor']:13.2f}{row['wall']:13.2f}"
        f"{rates}{row['memory_mb']:13.0f}",
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


def compare(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Print one row a part and way, then the ratios; return what is kept."""
    in_own_process(make_tiles, folder, options.tiles, options.px)
    files = {"Zarr": "0.zarr/image", "PNG": "png"}
    sizes = []
    for name, under in files.items():
        size = sum(path.stat().st_size for path in (folder / under).rglob("*") if path.is_file())
        sizes.append(f"{size / 1e6:.1f} MB as {name}")
    print(f"{options.tiles} tiles of {options.px} px, {', '.join(sizes)}; {BACKBONE} in float32\n")
    heads = ("images", "processor s", "wall s", "a s, proc.", "a s, wall", "memory MB")
    print(f"{'part':11}{'way':6}" + "".join(f"{head:>13}" for head in heads))
    lines, rows = [], []
    for part in options.parts:
        found = {}
        for way in ("ours", "plain"):
            found[way] = in_own_process(measure, part, way, folder, options)
            show(part, way, found[way])
        lines.append(summary(part, found["ours"], found["plain"]))
        each = {way: 1000 * row["processor"] / row["images"] for way, row in found.items()}
        what = f"{part}, an image of {options.px} px"
        rows.append(Row(what, each["ours"], "ms", {"a plain loop over PNG files": each["plain"]}))
    print("", *lines, sep="\n")
    return rows


def main() -> None:
    """Make the tiles, run every part both ways, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--px", type=int, default=128)
    parser.add_argument("--tiles", type=int, default=60)
    parser.add_argument("--steps", type=int, default=12, help="of training")
    parser.add_argument("--batch", type=int, default=10, help="of training, and of reading")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--parts", nargs="+", default=list(REPEATS), choices=list(REPEATS))
    add_record(parser)
    options = parser.parse_args()
    least = options.batch + N_CLASSES
    if options.tiles < least:
        parser.error(f"--tiles: {options.tiles}; expected a batch and {N_CLASSES}: {least}")
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {os.cpu_count()} cores, {options.threads} used; torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        rows = compare(Path(folder), options)
    keep(
        rows,
        options.record,
        "inference",
        script=__file__,
        title=f"Networks that read tiles ({BACKBONE}, float32)",
        packages=("torchvision", "zarr"),
    )


if __name__ == "__main__":
    main()
