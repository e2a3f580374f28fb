"""A killed run goes on where it stopped and ends with the same bytes; other parts are not used."""

import errno
import logging
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from incomelens.common.errors import InputError
from incomelens.common.finished_parts import FinishedParts, digest_of, gather_rows

ROWS = np.random.default_rng(0).normal(size=(10, 3))


class KilledError(Exception):
    """What a run that is killed leaves behind, without killing the tests."""


def computing(calls, dies_at=None, size=4):
    """Chunks of ROWS, noting where a run began; it dies before the chunk at `dies_at`."""

    def compute(start):
        calls.append(start)
        for first in range(start, len(ROWS), size):
            if first == dies_at:
                raise KilledError
            yield slice(first, min(first + size, len(ROWS))), ROWS[first : first + size]

    return compute


def gather(compute, folder, digest="a"):
    return gather_rows(compute, n_rows=len(ROWS), folder=folder, digest=digest, description="rows")


def test_a_killed_run_goes_on_with_the_first_chunk_it_lacks(tmp_path):
    calls = []
    with pytest.raises(KilledError):
        gather(computing(calls, dies_at=8), tmp_path)
    assert_array_equal(gather(computing(calls), tmp_path), ROWS)
    assert calls == [0, 8]


def test_a_finished_computation_is_only_read(tmp_path):
    calls = []
    gather(computing(calls), tmp_path)
    assert gather(computing(calls), tmp_path).tobytes() == ROWS.tobytes()
    assert calls == [0, 10]


def test_chunks_of_other_inputs_are_removed_and_not_used(tmp_path):
    calls = []
    gather(computing(calls), tmp_path, digest="a")
    gather(computing(calls), tmp_path, digest="b")
    assert calls == [0, 0]
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_broken_chunk_and_all_behind_it_are_computed_again(tmp_path, caplog):
    calls = []
    gather(computing(calls), tmp_path)
    (tmp_path / "a" / "0000004.npy").write_bytes(b"\x93NUMPY torn")
    with caplog.at_level(logging.WARNING):
        assert_array_equal(gather(computing(calls), tmp_path), ROWS)
    assert calls == [0, 4]
    assert "0000004.npy cannot be read" in caplog.text


def test_discarded_parts_leave_no_folder(tmp_path):
    gather(computing([]), tmp_path / "parts")
    FinishedParts(tmp_path / "parts").discard()
    FinishedParts(tmp_path / "parts").discard()
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_cannot_be_kept_is_told_and_leaves_the_older_one(tmp_path):
    def fills_the_disk(beside):
        beside.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    parts = FinishedParts(tmp_path)
    parts.save("a.txt", lambda beside: beside.write_text("whole"))
    with pytest.raises(InputError, match=r"a\.txt: could not be kept \(No space .*\); make room"):
        parts.save("a.txt", fills_the_disk)
    assert parts.load("a.txt", Path.read_text) == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_without_a_folder_nothing_is_kept():
    parts = FinishedParts(None)
    parts.save("a.txt", lambda beside: beside.write_text("a"))
    parts.discard()
    assert parts.load("a.txt", Path.read_text) is None


def test_digest_follows_settings_values_shapes_and_order():
    settings, array = {"tolerance": 1e-6, "names": ("a", "b")}, np.arange(6.0)
    first = digest_of(settings, array)
    assert first == digest_of({"names": ("a", "b"), "tolerance": 1e-6}, array.copy())
    others = [
        digest_of({**settings, "tolerance": 1e-7}, array),
        digest_of(settings, array.reshape(2, 3)),
        digest_of(settings, array.astype(np.float32)),
        digest_of(settings, array + 1e-12),
        digest_of(settings, array, array),
    ]
    assert len({first, *others}) == 6
