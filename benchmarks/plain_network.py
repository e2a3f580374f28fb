"""The plain way to write the network's three parts in PyTorch.

A contiguous float32 network in a loop; a DataLoader over a folder of PNG files, which are flipped
by torchvision and scaled one by one; Adam and a checkpoint as torch has them.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from tile_files import cell_ids, income_classes, split
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, RandomSampler
from torchvision import transforms

from incomelens.inference.network import IncomeNetwork, build_network

LEARNING_RATE = 8e-5
PREDICTION_BATCH = 32

# Does a part once; gives the probabilities, or nothing.
Work = Callable[[], NDArray[np.float64] | None]


def network_of(options: argparse.Namespace) -> IncomeNetwork:
    """The same weights every time."""
    return build_network(options.backbone, weights="none")


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
