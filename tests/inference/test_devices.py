"""Jobs that run side by side take a GPU each."""

import ctypes
import os
import platform
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from incomelens.common.errors import InputError
from incomelens.inference.devices import choose_device, keep_freed_memory, lease


def test_every_job_gets_a_gpu_of_its_own_while_there_are_any(tmp_path):
    taken = [lease(2, tmp_path) for _ in range(3)]
    assert [number for number, _ in taken] == [0, 1, 0]
    assert taken[2][1] is None
    for _, file in taken[:2]:
        os.close(file)


def test_a_gpu_is_free_again_when_its_job_ends(tmp_path):
    _, first = lease(2, tmp_path)
    _, second = lease(2, tmp_path)
    os.close(first)
    number, third = lease(2, tmp_path)
    assert number == 0
    os.close(second)
    os.close(third)


# A process of another user takes the first of two GPUs that is free, and tells which.
AS_ANOTHER_USER = """
import os, sys
from pathlib import Path
from incomelens.inference.devices import lease
os.setgid(65534), os.setuid(65534)
print(lease(2, Path(sys.argv[1]))[0])
"""


def taken_by_another_user(folder):
    command = [sys.executable, "-c", AS_ANOTHER_USER, str(folder)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.fixture
def shared():
    """A folder like /tmp, below folders that another user may enter."""
    if os.geteuid() != 0:
        pytest.skip("only root can be another user as well")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o1777)
        yield Path(folder)


@pytest.mark.slow
def test_a_lock_of_another_user_is_no_obstacle_and_is_respected(shared):
    umask = os.umask(0o077)
    try:
        _, mine = lease(2, shared)
    finally:
        os.umask(umask)
    assert taken_by_another_user(shared) == 1
    os.close(mine)
    assert taken_by_another_user(shared) == 0


@pytest.mark.slow
def test_a_lock_that_another_user_may_not_read_is_left_to_him(shared):
    (shared / "incomelens-gpu-0.lock").touch(mode=0o600)
    assert taken_by_another_user(shared) == 0
    assert (shared / "incomelens-gpu-0-65534.lock").exists()


def test_a_link_that_somebody_planted_is_not_followed(tmp_path, caplog):
    (tmp_path / "incomelens-gpu-0.lock").symlink_to(tmp_path / "made")
    number, file = lease(1, tmp_path)
    assert number == 0
    assert not (tmp_path / "made").exists()
    assert "cannot be locked" in caplog.text
    os.close(file)


def test_an_unknown_device_is_refused():
    with pytest.raises(InputError, match="'tpu' is unknown; known are auto, cpu, cuda"):
        choose_device("tpu")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_memory_that_was_freed_is_used_again_as_it_is():
    keep_freed_memory()
    library = ctypes.CDLL(None)
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.free.argtypes = [ctypes.c_void_p]

    def new_pages(size=64_000_000):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        block = library.malloc(size)
        ctypes.memset(block, 1, size)
        library.free(block)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    new_pages()
    assert new_pages() < 1000  # of 15,625
