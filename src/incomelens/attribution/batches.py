"""Images and land use of tiles in batches, the next one being read while one is worked on."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

READ_AHEAD = 2

Batch = tuple[NDArray[np.uint8], NDArray[np.uint8]]


class LandUseTiles(Protocol):
    """Whatever gives images and land use by cell, such as ``incomelens.tiles.store.Tiles``."""

    tile_px: int

    def read_images(self, cell_ids: Sequence[str] | NDArray[np.str_]) -> NDArray[np.uint8]:
        """RGB images of these cells, shape (n, px, px, 3), in their order."""
        ...

    def read_land_use(self, cell_ids: Sequence[str]) -> NDArray[np.uint8]:
        """Urban class of every pixel, shape (n, px, px)."""
        ...


def tile_batches(
    tiles: LandUseTiles, cell_ids: Sequence[str], batch_size: int, device: torch.device
) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Yield (position of the first cell, images, land use) on the device, batch by batch.

    Shapes as :class:`LandUseTiles` gives them.
    """
    starts = iter(range(0, len(cell_ids), batch_size))
    waiting: deque[tuple[int, Future[Batch]]] = deque()

    def read(at: int) -> Batch:
        ids = cell_ids[at : at + batch_size]
        return tiles.read_images(ids), tiles.read_land_use(ids)

    with ThreadPoolExecutor(1, thread_name_prefix="tiles") as pool:
        while True:
            for at in starts:
                waiting.append((at, pool.submit(read, at)))
                if len(waiting) >= READ_AHEAD:
                    break
            if not waiting:
                return
            at, read_batch = waiting.popleft()
            images, land_use = read_batch.result()
            yield at, torch.from_numpy(images).to(device), torch.from_numpy(land_use).to(device)
