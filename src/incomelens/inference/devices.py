"""Where a network computes, and how precisely."""

import ctypes
import fcntl
import logging
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import torch

from incomelens.common.errors import InputError

logger = logging.getLogger(__name__)

# Numbers of settings in the malloc.h of GNU/Linux's C library.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


def choose_device(name: str = "auto") -> torch.device:
    """Return the device of this name; `auto` is CUDA where there is one, else the CPU.

    Of several GPUs, jobs that run side by side take one each. On the CPU the process keeps the
    memory that it frees, see :func:`keep_freed_memory`.

    Raises
    ------
    InputError
        If the name is unknown or CUDA is asked for and absent.
    """
    if name not in {"auto", "cpu", "cuda"}:
        raise InputError(f"device: {name!r} is unknown; known are auto, cpu, cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("device: cuda was asked for, but PyTorch sees none; set device: auto")
    if name == "cpu" or not torch.cuda.is_available():
        keep_freed_memory()
        return torch.device("cpu")
    if torch.cuda.device_count() == 1:
        return torch.device("cuda")
    return torch.device("cuda", _own_gpu(torch.cuda.device_count()))


def keep_freed_memory() -> None:
    """Let this process keep the memory that it frees until it ends, blocks of a GB apart.

    Every layer of a network frees and asks for blocks of tens of MB. The C library would give them
    back to the system, which hands them out page by page, filled with zeros: up to a quarter of
    the processor time of explaining tiles. Where the C library is another, nothing happens.
    """
    with suppress(AttributeError):  # no mallopt
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, 2**30)
        library.mallopt(M_TRIM_THRESHOLD, -1)


@cache
def _own_gpu(count: int) -> int:
    """Number of the GPU that is this process's own until it ends; see :func:`lease`."""
    number, file = lease(count, Path(tempfile.gettempdir()))
    _HELD.append(file)
    return number


_HELD: list[int | None] = []


def lease(count: int, folder: Path) -> tuple[int, int | None]:
    """Take the first of `count` GPUs that no other process has taken; the first where all are.

    The workflow's scheduler sees to it that no more jobs run than there are GPUs, and does not say
    which is whose. A lock on a file says so, and the system frees it however the job ends. Users of
    one machine share the files: a GPU that another user's job has taken is taken.

    Returns
    -------
    number : int
    file : int or None
        Descriptor that holds the lock, to be kept open as long as the GPU is used.
    """
    for number in range(count):
        file = _lock_file(folder, f"incomelens-gpu-{number}")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
        else:
            return number, file
    return 0, None


def _lock_file(folder: Path, name: str) -> int:
    """Open the file that all users lock, or one of this user where another lets nobody read it."""
    shared = folder / f"{name}.lock"
    try:
        return _opened(shared)
    except OSError as error:
        logger.warning(
            "%s cannot be locked (%s); other users may be on this GPU", shared, error.strerror
        )
        return _opened(folder / f"{name}-{os.getuid()}.lock")


def _opened(path: Path) -> int:
    # To lock a file it is enough to read it. Linux lets nobody, root neither, open for writing or
    # "create" what is another user's in a folder that all may write to (fs.protected_regular).
    reading = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(FileExistsError):  # also where another job was faster
        file = os.open(path, reading | os.O_CREAT | os.O_EXCL, 0o644)
        os.fchmod(file, 0o644)  # whatever the umask
        return file
    return os.open(path, reading)


@contextmanager
def precision(device: torch.device) -> Generator[None]:
    """Bfloat16 where it is safe and the fastest convolutions on CUDA; float32 on the CPU.

    The CPU gives the same bits on every run with the same number of threads; CUDA does not.
    """
    if device.type != "cuda":
        yield
        return
    with (
        torch.backends.cudnn.flags(enabled=True, benchmark=True, deterministic=False),
        torch.autocast("cuda", torch.bfloat16),
    ):
        yield
