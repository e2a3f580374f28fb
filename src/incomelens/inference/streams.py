"""Batches of tiles: from memory where all of them fit, read ahead by threads where they do not."""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from incomelens.common.errors import InputError
from incomelens.common.progress import progress

logger = logging.getLogger(__name__)

READ_AT_ONCE = 64
# The rest of the accelerator's memory is for activations.
SHARE_OF_GPU = 0.5


class TileSource(Protocol):
    """Whatever can read images by cell, such as ``incomelens.tiles.store.Tiles``."""

    def read_images(self, cell_ids: Sequence[str] | NDArray[np.str_]) -> NDArray[np.uint8]:
        """RGB images of these cells, shape (n, px, px, 3), in their order."""
        ...


class ImageStream:
    """Images of some cells, in batches, on the device.

    Parameters
    ----------
    tiles : TileSource
    cell_ids : sequence of str
        The cells; batches name them by their position in it.
    device : torch.device
    memory_mb : int
        Images are kept in the machine's memory if all of them take no more than this; 0 keeps
        none. On CUDA they are kept in the accelerator's memory if they take less than half of what
        is free there.
    n_readers : int
        Threads that read the store.
    ahead : int
        Batches that are read before they are asked for.

    Attributes
    ----------
    resident : bool
        Whether all images are in memory.
    """

    def __init__(
        self,
        tiles: TileSource,
        cell_ids: Sequence[str],
        *,
        device: torch.device,
        memory_mb: int = 4096,
        n_readers: int = 4,
        ahead: int = 8,
    ) -> None:
        self._tiles = tiles
        self._cell_ids = np.asarray(cell_ids, dtype=object)
        self._device = device
        self._n_readers = max(1, n_readers)
        self._ahead = max(1, ahead)
        self._images: Tensor | None = None
        if not len(cell_ids):
            raise InputError("images: there are no cells to read; expected at least one")
        keep_on = _place_for(self._n_bytes(), device, memory_mb)
        if keep_on is not None:
            self._images = self._read_all(keep_on)
        logger.info(
            "images: %d, %s", len(cell_ids), f"kept on {keep_on}" if keep_on else "streamed"
        )

    @property
    def resident(self) -> bool:
        """Whether all images are in memory."""
        return self._images is not None

    def batches(self, positions: Sequence[NDArray[np.int64]]) -> Iterator[Tensor]:
        """Yield one uint8 tensor (n, px, px, 3) on the device for each array of positions."""
        # By kind: images put on "cuda" say that they are on "cuda:0".
        if self._images is None or self._images.device.type != self._device.type:
            yield from self._streamed(positions)
            return
        for chosen in positions:
            yield self._images[torch.from_numpy(np.asarray(chosen)).to(self._device)]

    def _streamed(self, positions: Sequence[NDArray[np.int64]]) -> Iterator[Tensor]:
        remaining = iter(positions)
        waiting: deque[Future[Tensor]] = deque()
        pool = ThreadPoolExecutor(self._n_readers, thread_name_prefix="tiles")
        try:
            while True:
                for chosen in remaining:
                    waiting.append(pool.submit(self._read, chosen))
                    if len(waiting) > self._ahead:
                        break
                if not waiting:
                    return
                yield waiting.popleft().result().to(self._device, non_blocking=True)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _read(self, positions: NDArray[np.int64]) -> Tensor:
        if self._images is not None:
            batch = self._images[torch.from_numpy(np.asarray(positions))]
        else:
            # A batch holds a cell twice where one round of shuffling ends and the next begins.
            distinct, back = np.unique(positions, return_inverse=True)
            images = self._tiles.read_images(list(self._cell_ids[distinct]))
            _check_images(images, len(distinct))
            batch = torch.from_numpy(np.ascontiguousarray(images[back]))
        # Only copies from pinned memory overlap with computing.
        return batch.pin_memory() if self._device.type == "cuda" else batch

    def _read_all(self, place: torch.device) -> Tensor:
        count = len(self._cell_ids)
        parts = [
            np.arange(start, min(start + READ_AT_ONCE, count))
            for start in range(0, count, READ_AT_ONCE)
        ]
        first = self._read(np.arange(1))
        images = torch.empty((count, *first.shape[1:]), dtype=torch.uint8, device=place)
        with ThreadPoolExecutor(self._n_readers, thread_name_prefix="tiles") as pool:
            read = pool.map(self._read, parts)
            for part, batch in zip(
                progress(parts, "reading tiles", unit="batch"), read, strict=True
            ):
                images[part[0] : part[-1] + 1] = batch
        return images

    def _n_bytes(self) -> int:
        return len(self._cell_ids) * self._read(np.arange(1)).nbytes


def _place_for(n_bytes: int, device: torch.device, memory_mb: int) -> torch.device | None:
    if memory_mb <= 0:
        return None
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        if n_bytes < SHARE_OF_GPU * free:
            return device
    return torch.device("cpu") if n_bytes <= memory_mb * 1_000_000 else None


def _check_images(images: NDArray[np.uint8], count: int) -> None:
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[::3] != (count, 3):
        raise InputError(
            f"tiles: images of shape {images.shape} and type {images.dtype}; expected uint8 of "
            f"shape ({count}, px, px, 3)"
        )
