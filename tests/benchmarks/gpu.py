"""Images per second on a CUDA machine: our way of training against a plain one.

One file that needs PyTorch, timm and NumPy (for the plain way also torchvision or Pillow; with zarr
installed, tiles are read from a Zarr store, else from a raw file)::

    python gpu.py

Plain: float32, eager, a folder of PNG files behind a DataLoader. Ours: bfloat16, channels-last, a
step recorded as a CUDA graph (with ``--compile`` compiled before), uint8 tiles that are scaled and
flipped on the GPU, either resident there or read ahead by threads. Where there is no CUDA, the
numbers stay empty.
"""
# ruff: noqa: T201 - it prints a table

import argparse
import importlib.util
import math
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import timm
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

MODES = ("training", "inference")
ROWS = ("plain", "ours, resident", "ours, read ahead")
HEADER = f"{'way':18}{'mode':11}{'images/s':>10}{'peak GB':>10}"


class Network(nn.Module):
    """Backbone, 2 × 2 max pooling, average, one logit, five binomial log-probabilities."""

    def __init__(self, backbone: str, px: int) -> None:
        super().__init__()
        self.backbone = timm.create_model(
            backbone, pretrained=False, num_classes=0, global_pool=""
        ).eval()
        with torch.inference_mode():
            n_maps = self.backbone.forward_features(torch.zeros(1, 3, px, px)).shape[1]
        self.backbone.train()
        self.dense = nn.Linear(n_maps, 1)
        self.register_buffer("k", torch.arange(5))
        self.register_buffer("ways", torch.tensor([math.log(math.comb(4, k)) for k in range(5)]))

    def forward(self, images: Tensor) -> Tensor:
        maps = functional.max_pool2d(self.backbone.forward_features(images), 2, 2)
        with torch.autocast(images.device.type, enabled=False):
            z = self.dense(maps.mean(dim=(-2, -1)).float())
            log_p, log_q = functional.logsigmoid(z), functional.logsigmoid(-z)
        return self.ways + self.k * log_p + (4 - self.k) * log_q


class PngFolder(Dataset):
    """Images of a folder, decoded, flipped and scaled by the loader's workers."""

    def __init__(self, folder: Path) -> None:
        self.files = sorted(folder.glob("*.png"))

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, number: int) -> Tensor:
        image = read_png(self.files[number]).float()
        if torch.rand(()) < 0.5:
            image = image.flip(1)
        if torch.rand(()) < 0.5:
            image = image.flip(2)
        return (image - image.min()) / (image.max() - image.min() + 1e-10)


def has(module: str) -> bool:
    """Whether a module is installed."""
    return importlib.util.find_spec(module) is not None


def read_png(path: Path) -> Tensor:
    """Read a uint8 image of shape (3, rows, columns)."""
    if has("torchvision"):
        from torchvision.io import read_image

        return read_image(str(path))
    from PIL import Image

    return torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1)


def write_png(image: np.ndarray, path: Path) -> None:
    """Write a uint8 image of shape (rows, columns, 3)."""
    if has("torchvision"):
        from torchvision.io import write_png as write

        write(torch.from_numpy(image).permute(2, 0, 1).contiguous(), str(path))
        return
    from PIL import Image

    Image.fromarray(image).save(path)


def make_images(n: int, px: int) -> np.ndarray:
    """Make images that compress about as photographs do: smooth ground, fine noise."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 200, (n, px // 16 + 1, px // 16 + 1, 3), dtype=np.uint8)
    smooth = coarse.repeat(16, axis=1).repeat(16, axis=2)[:, :px, :px]
    return smooth + rng.integers(0, 32, smooth.shape, dtype=np.uint8)


def open_store(images: np.ndarray, folder: Path) -> tuple[str, Callable[[np.ndarray], np.ndarray]]:
    """Write tiles to disk, one a chunk; return the kind of store and a function that reads."""
    if has("zarr"):
        import zarr

        store = zarr.create_array(
            str(folder / "tiles.zarr"),
            shape=images.shape,
            chunks=(1, *images.shape[1:]),
            dtype="uint8",
        )
        store[:] = images
        return "Zarr", lambda chosen: np.stack([store[int(number)] for number in chosen])
    mapped = np.memmap(folder / "tiles.raw", dtype=np.uint8, mode="w+", shape=images.shape)
    mapped[:] = images
    return "raw file", lambda chosen: mapped[chosen]


def read_ahead(
    read: Callable[[np.ndarray], np.ndarray], batches: list[np.ndarray], device: torch.device
) -> Iterator[Tensor]:
    """Yield batches read by threads some steps before they are needed."""

    def fetch(chosen: np.ndarray) -> Tensor:
        batch = torch.from_numpy(np.ascontiguousarray(read(chosen)))
        return batch.pin_memory() if device.type == "cuda" else batch

    remaining, waiting = iter(batches), deque()
    with ThreadPoolExecutor(8) as pool:
        for chosen in remaining:
            waiting.append(pool.submit(fetch, chosen))
            if len(waiting) > 12:
                yield waiting.popleft().result().to(device, non_blocking=True)
        while waiting:
            yield waiting.popleft().result().to(device, non_blocking=True)


def flipped(images: Tensor, flips: np.random.Generator | None) -> Tensor:
    """Flip uint8 tiles (n, rows, columns, 3) at random, on the device."""
    if flips is None:
        return images
    chosen = torch.from_numpy(flips.random((2, len(images), 1, 1, 1)) < 0.5)
    up_down, left_right = chosen.to(images.device, non_blocking=True)
    images = torch.where(up_down, images.flip(1), images)
    return torch.where(left_right, images.flip(2), images)


def scaled(images: Tensor) -> Tensor:
    """Scale uint8 tiles (n, rows, columns, 3) each to 0..1; leave scaled images as they are."""
    if images.dtype != torch.uint8:
        return images
    values = images.permute(0, 3, 1, 2).float()
    least, greatest = values.amin((1, 2, 3), keepdim=True), values.amax((1, 2, 3), keepdim=True)
    return (values - least) / (greatest - least + 1e-10)


class Step:
    """One batch: loss, and in training its gradients and the optimiser's step.

    Ours is recorded as a CUDA graph and replayed; the optimiser runs outside of it.
    """

    def __init__(
        self, network: nn.Module, *, trains: bool, ours: bool, px: int, batch: int
    ) -> None:
        self.network, self.trains, self.ours = network.train(trains), trains, ours
        self.device = next(network.parameters()).device
        self.optimiser = torch.optim.Adam(network.parameters(), lr=8e-5, fused=ours)
        self.labels = torch.arange(batch, device=self.device) % 5
        self.graph = self.record(px, batch) if ours and self.device.type == "cuda" else None

    def gradients(self, images: Tensor) -> Tensor:
        """Compute the loss of a batch and, in training, its gradients."""
        self.network.zero_grad(set_to_none=True)
        with (
            torch.set_grad_enabled(self.trains),
            torch.autocast(self.device.type, torch.bfloat16, enabled=self.ours),
        ):
            loss = functional.nll_loss(self.network(scaled(images)), self.labels)
        if self.trains:
            loss.backward()
        return loss.detach()

    def record(self, px: int, batch: int) -> torch.cuda.CUDAGraph:
        """Warm up, then record the work on `self.images`."""
        self.images = torch.zeros((batch, px, px, 3), dtype=torch.uint8, device=self.device)
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.gradients(self.images)
        torch.cuda.current_stream().wait_stream(stream)
        self.network.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.loss = self.gradients(self.images)
        return graph

    def __call__(self, images: Tensor) -> None:
        """Take a batch, of uint8 tiles (ours) or scaled images (plain)."""
        if self.graph is None:
            self.gradients(images)
        else:
            self.images.copy_(images)
            self.graph.replay()
        if self.trains:
            self.optimiser.step()


def rate(step: Step, batches: Iterator[Tensor], *, warm_up: int) -> tuple[float, float]:
    """Images per second after the first `warm_up` batches, and peak memory in GB."""
    shown, start = 0, 0.0
    for number, images in enumerate(batches):
        if number == warm_up:
            synchronise(step.device)
            shown, start = 0, time.perf_counter()
        step(images)
        shown += len(images)
    synchronise(step.device)
    peak = torch.cuda.max_memory_allocated() / 1e9 if step.device.type == "cuda" else math.nan
    return shown / (time.perf_counter() - start), peak


def synchronise(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def plain_batches(
    folder: Path, batch: int, options: argparse.Namespace, device: torch.device
) -> Iterator[Tensor]:
    """Batches of the PNG folder, round after round."""
    loader = DataLoader(
        PngFolder(folder),
        batch_size=batch,
        shuffle=True,
        drop_last=True,
        num_workers=options.workers,
        persistent_workers=options.workers > 0,
        pin_memory=device.type == "cuda",
    )
    left = options.warm_up + options.steps
    while left > 0:
        for images in loader:
            yield images.to(device, non_blocking=True)
            left -= 1
            if left == 0:
                return


def measure(options: argparse.Namespace, device: torch.device, folder: Path) -> dict:
    """Rates and peaks by (way, mode); a way that does not fit in memory is left out."""
    images = make_images(options.tiles, options.px)
    with ThreadPoolExecutor() as pool:
        list(pool.map(write_png, images, [folder / f"{n:05d}.png" for n in range(len(images))]))
    kind, read = open_store(images, folder)
    print(f"read ahead from: {kind}\n{HEADER}", flush=True)
    resident = torch.from_numpy(images).to(device)
    results = {}
    for mode, batch in (("training", options.batch), ("inference", options.prediction_batch)):
        trains = mode == "training"
        flips = np.random.default_rng(2) if trains else None
        rng = np.random.default_rng(1)
        steps = options.warm_up + options.steps
        chosen = [rng.integers(0, options.tiles, batch) for _ in range(steps)]
        sources = {
            "plain": lambda batch=batch: plain_batches(folder, batch, options, device),
            "ours, resident": lambda flips=flips, chosen=chosen: (
                flipped(resident[torch.from_numpy(one).to(device)], flips) for one in chosen
            ),
            "ours, read ahead": lambda flips=flips, chosen=chosen: (
                flipped(tiles, flips) for tiles in read_ahead(read, chosen, device)
            ),
        }
        step = None
        for way, batches in sources.items():
            if way != "ours, read ahead":  # which goes on with the network that was recorded
                step = None
                free_memory(device)
            try:
                step = step or Step(
                    new_network(options, device, ours=way != "plain"),
                    trains=trains,
                    ours=way != "plain",
                    px=options.px,
                    batch=batch,
                )
                results[way, mode] = rate(step, batches(), warm_up=options.warm_up)
            except torch.cuda.OutOfMemoryError:
                print(f"{way}, {mode}: out of memory; try a smaller batch")
            show_row(way, mode, results)
    return results


def free_memory(device: torch.device) -> None:
    """Give back what the last way held, so that the next one's peak is its own."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def new_network(options: argparse.Namespace, device: torch.device, *, ours: bool) -> nn.Module:
    """Build the network with the same weights every time."""
    torch.manual_seed(0)
    network = Network(options.backbone, options.px).to(device)
    if not ours:
        return network
    network = network.to(memory_format=torch.channels_last)
    return torch.compile(network) if options.compile else network


def show_row(way: str, mode: str, results: dict) -> None:
    """Print one row; blank where nothing ran."""
    numbers = ""
    if found := results.get((way, mode)):
        numbers = f"{found[0]:10.1f}{found[1]:10.2f}"
    print(f"{way:18}{mode:11}{numbers}", flush=True)


def show_ratios(results: dict) -> None:
    """Print the ratios that are asked for; blank where nothing ran."""
    pairs = [
        ("ours, read ahead", "plain", "at least 3"),
        ("ours, read ahead", "ours, resident", "at least 0.90"),
    ]
    for mode in MODES:
        for way, other, goal in pairs:
            one, two = results.get((way, mode)), results.get((other, mode))
            ratio = f"{one[0] / two[0]:.2f}" if one and two else ""
            print(f"{mode}: {way} / {other}: {ratio} ({goal})")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbone", default="efficientnet_b0")
    parser.add_argument("--px", type=int, default=800, help="side of a tile")
    parser.add_argument("--batch", type=int, default=10, help="the paper's is 10")
    parser.add_argument("--prediction-batch", type=int, default=32, help="as in the workflow")
    parser.add_argument("--compile", action="store_true", help="takes a minute or more")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--warm-up", type=int, default=15)
    parser.add_argument("--tiles", type=int, default=300)
    parser.add_argument("--workers", type=int, default=4, help="of the plain DataLoader")
    parser.add_argument("--device", default="cuda", help="cpu only to see that it runs")
    options = parser.parse_args()
    print(f"PyTorch {torch.__version__}, timm {timm.__version__}")
    print(
        f"{options.backbone}, {options.px} × {options.px} px; training in batches of "
        f"{options.batch}, inference of {options.prediction_batch}; {options.workers} workers of "
        "the plain loader"
    )
    if options.device == "cuda" and not torch.cuda.is_available():
        print("PyTorch sees no CUDA device: nothing was measured")
        print(HEADER)
        for mode in MODES:
            for way in ROWS:
                show_row(way, mode, {})
        show_ratios({})
        return
    device = torch.device(options.device)
    torch.backends.cudnn.benchmark = True
    if device.type == "cuda":
        print(torch.cuda.get_device_name())
    with tempfile.TemporaryDirectory() as folder:
        show_ratios(measure(options, device, Path(folder)))


if __name__ == "__main__":
    main()
