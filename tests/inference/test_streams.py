"""Batches come in order and whole, from memory and from threads alike."""

import threading

import numpy as np
import pytest
import torch

from incomelens.common.errors import InputError
from incomelens.inference.streams import ImageStream

CPU = torch.device("cpu")


class FakeTiles:
    """Tiles whose every value is the number of the cell; counts how often it was read."""

    def __init__(self, *, fails_at=None):
        self.reads = 0
        self.fails_at = fails_at
        self._lock = threading.Lock()

    def read_images(self, cell_ids):
        with self._lock:
            self.reads += 1
        numbers = [int(cell_id.removeprefix("cell")) for cell_id in cell_ids]
        if self.fails_at in numbers:
            raise InputError(f"cell{self.fails_at}: the tile is damaged")
        values = np.array(numbers, dtype=np.uint8)
        return np.broadcast_to(values[:, None, None, None], (len(values), 4, 4, 3)).copy()


def ids(n):
    return [f"cell{number}" for number in range(n)]


def numbers_of(batches):
    return [batch[:, 0, 0, 0].tolist() for batch in batches]


@pytest.mark.parametrize("memory_mb", [0, 10])
def test_batches_come_in_the_order_asked_for(memory_mb):
    stream = ImageStream(FakeTiles(), ids(100), device=CPU, memory_mb=memory_mb, ahead=3)
    assert stream.resident == (memory_mb > 0)
    positions = np.random.default_rng(0).integers(0, 100, (30, 7))
    batches = list(stream.batches(list(positions)))
    assert numbers_of(batches) == positions.tolist()
    assert all(batch.dtype == torch.uint8 and batch.shape == (7, 4, 4, 3) for batch in batches)


def test_resident_images_are_read_once():
    tiles = FakeTiles()
    stream = ImageStream(tiles, ids(10), device=CPU)
    before = tiles.reads
    for _ in range(3):
        list(stream.batches([np.arange(10)]))
    assert tiles.reads == before


def test_images_that_do_not_fit_are_streamed():
    class LargeTiles:
        def read_images(self, cell_ids):
            return np.zeros((len(cell_ids), 500, 500, 3), dtype=np.uint8)

    assert ImageStream(LargeTiles(), ids(2), device=CPU, memory_mb=2).resident
    assert not ImageStream(LargeTiles(), ids(3), device=CPU, memory_mb=2).resident


def test_no_more_is_read_ahead_than_allowed():
    tiles = FakeTiles()
    stream = ImageStream(tiles, ids(50), device=CPU, memory_mb=0, n_readers=2, ahead=3)
    before = tiles.reads
    batches = stream.batches([np.array([number]) for number in range(50)])
    next(batches)
    batches.close()
    assert tiles.reads - before <= 5


def test_more_readers_than_tiles_work():
    stream = ImageStream(FakeTiles(), ids(2), device=CPU, memory_mb=0, n_readers=16)
    assert numbers_of(stream.batches([np.array([1, 0])])) == [[1, 0]]


def test_an_error_in_a_thread_reaches_the_reader_and_ends_the_threads():
    stream = ImageStream(FakeTiles(fails_at=5), ids(40), device=CPU, memory_mb=0)
    with pytest.raises(InputError, match=r"cell5: the tile is damaged"):
        list(stream.batches([np.array([number]) for number in range(40)]))
    assert not [one for one in threading.enumerate() if one.name.startswith("tiles")]


def test_images_of_another_kind_are_refused():
    class Grey:
        def read_images(self, cell_ids):
            return np.zeros((len(cell_ids), 4, 4), dtype=np.uint8)

    with pytest.raises(InputError, match=r"images of shape \(1, 4, 4\) and type uint8; expected"):
        ImageStream(Grey(), ids(2), device=CPU)


def test_no_cells_is_an_error():
    with pytest.raises(InputError, match=r"no cells to read"):
        ImageStream(FakeTiles(), [], device=CPU)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no CUDA device")
def test_images_kept_on_the_gpu_come_from_there():
    stream = ImageStream(FakeTiles(), ids(5), device=torch.device("cuda"))
    batches = list(stream.batches([np.array([3, 1]), np.array([0])]))
    assert stream.resident
    assert all(batch.device.type == "cuda" for batch in batches)
    assert numbers_of(batches) == [[3, 1], [0]]
