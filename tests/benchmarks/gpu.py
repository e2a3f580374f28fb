"""Images per second on a CUDA machine: our way of training against a plain one.

One file that needs PyTorch, timm and NumPy (for the plain way also torchvision or Pillow; with zarr
installed, tiles are read from a Zarr store, else from a raw file)::

    python gpu.py

Plain: float32, eager, a folder of PNG files behind a DataLoader. Ours: bfloat16, channels-last,
torch.compile, uint8 tiles that are scaled and flipped on the GPU, either resident there or read
ahead by threads. Where there is no CUDA, the numbers stay empty.
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


def scaled(images: Tensor, flips: np.random.Generator | None) -> Tensor:
    """Flip uint8 tiles (n, rows, columns, 3) and scale each to 0..1, on the device."""
    if flips is not None:
        chosen = torch.from_numpy(flips.random((2, len(images), 1, 1, 1)) < 0.5)
        up_down, left_right = chosen.to(images.device, non_blocking=True)
        images = torch.where(up_down, images.flip(1), images)
        images = torch.where(left_right, images.flip(2), images)
    values = images.permute(0, 3, 1, 2).float()
    least, greatest = values.amin((1, 2, 3), keepdim=True), values.amax((1, 2, 3), keepdim=True)
    return (values - least) / (greatest - least + 1e-10)


def rate(
    network: nn.Module, batches: Iterator[Tensor], *, trains: bool, warm_up: int, mixed: bool
) -> tuple[float, float]:
    """Images per second after the first `warm_up` batches, and peak memory in GB."""
    device = next(network.parameters()).device
    optimiser = torch.optim.Adam(network.parameters(), lr=8e-5, fused=mixed)
    network.train(trains)
    shown, start = 0, 0.0
    for step, images in enumerate(batches):
        if step == warm_up:
            synchronise(device)
            shown, start = 0, time.perf_counter()
        labels = torch.arange(len(images), device=device) % 5
        with (
            torch.set_grad_enabled(trains),
            torch.autocast(device.type, torch.bfloat16, enabled=mixed),
        ):
            loss = functional.nll_loss(network(images), labels)
        if trains:
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
        shown += len(images)
    synchronise(device)
    peak = torch.cuda.max_memory_allocated() / 1e9 if device.type == "cuda" else math.nan
    return shown / (time.perf_counter() - start), peak


def synchronise(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def plain_batches(
    folder: Path, options: argparse.Namespace, device: torch.device
) -> Iterator[Tensor]:
    """Batches of the PNG folder, round after round."""
    loader = DataLoader(
        PngFolder(folder),
        batch_size=options.batch,
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
    print(f"read ahead from: {kind}")
    resident = torch.from_numpy(images).to(device)
    rng = np.random.default_rng(1)
    steps = options.warm_up + options.steps
    chosen = [rng.integers(0, options.tiles, options.batch) for _ in range(steps)]
    results = {}
    for mode in ("training", "inference"):
        flips = np.random.default_rng(2) if mode == "training" else None
        networks = {"plain": new_network(options, device), "ours": faster(options, device)}
        sources = {
            "plain": lambda: plain_batches(folder, options, device),
            "ours, resident": lambda flips=flips: (
                scaled(resident[torch.from_numpy(one).to(device)], flips) for one in chosen
            ),
            "ours, read ahead": lambda flips=flips: (
                scaled(batch, flips) for batch in read_ahead(read, chosen, device)
            ),
        }
        for way, batches in sources.items():
            if device.type == "cuda":
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
            try:
                results[way, mode] = rate(
                    networks["plain" if way == "plain" else "ours"],
                    batches(),
                    trains=mode == "training",
                    warm_up=options.warm_up,
                    mixed=way != "plain",
                )
            except torch.cuda.OutOfMemoryError:
                print(f"{way}, {mode}: out of memory; try a smaller --batch")
    return results


def new_network(options: argparse.Namespace, device: torch.device) -> nn.Module:
    """Build the network with the same weights every time."""
    torch.manual_seed(0)
    return Network(options.backbone, options.px).to(device)


def faster(options: argparse.Namespace, device: torch.device) -> nn.Module:
    """Build the network channels-last, compiled on CUDA; on a CPU compiling costs more."""
    network = new_network(options, device).to(memory_format=torch.channels_last)
    return torch.compile(network) if device.type == "cuda" else network


def show(results: dict) -> None:
    """Print the table and the three ratios that are asked for; blanks where nothing ran."""
    print(HEADER)
    for mode in ("training", "inference"):
        for way in ROWS:
            speed, peak = results.get((way, mode), ("", ""))
            numbers = f"{speed:10.1f}{peak:10.2f}" if results.get((way, mode)) else ""
            print(f"{way:18}{mode:11}{numbers}")
    pairs = [
        ("ours, read ahead", "plain", "at least 3"),
        ("ours, read ahead", "ours, resident", "at least 0.90"),
    ]
    for mode in ("training", "inference"):
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
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--warm-up", type=int, default=15)
    parser.add_argument("--tiles", type=int, default=300)
    parser.add_argument("--workers", type=int, default=4, help="of the plain DataLoader")
    parser.add_argument("--device", default="cuda", help="cpu only to see that it runs")
    options = parser.parse_args()
    print(f"PyTorch {torch.__version__}, timm {timm.__version__}")
    print(f"{options.backbone}, {options.px} × {options.px} px, batches of {options.batch}")
    if options.device == "cuda" and not torch.cuda.is_available():
        print("PyTorch sees no CUDA device: nothing was measured")
        show({})
        return
    device = torch.device(options.device)
    torch.backends.cudnn.benchmark = True
    if device.type == "cuda":
        print(torch.cuda.get_device_name())
    with tempfile.TemporaryDirectory() as folder:
        show(measure(options, device, Path(folder)))


if __name__ == "__main__":
    main()
