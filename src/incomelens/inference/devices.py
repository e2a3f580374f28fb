"""Where a network computes, and how precisely."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TextIO

import torch

from incomelens.common.errors import InputError


def choose_device(name: str = "auto") -> torch.device:
    """Return the device of this name; `auto` is CUDA where there is one, else the CPU.

    Of several GPUs, jobs that run side by side take one each.

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
        return torch.device("cpu")
    if torch.cuda.device_count() == 1:
        return torch.device("cuda")
    return torch.device("cuda", _own_gpu(torch.cuda.device_count()))


@cache
def _own_gpu(count: int) -> int:
    """Number of the GPU that is this process's own until it ends; see :func:`lease`."""
    number, file = lease(count, Path(tempfile.gettempdir()))
    _HELD.append(file)
    return number


_HELD: list[TextIO | None] = []


def lease(count: int, folder: Path) -> tuple[int, TextIO | None]:
    """Take the first of `count` GPUs that no other process has taken; the first where all are.

    The workflow's scheduler sees to it that no more jobs run than there are GPUs, and does not say
    which is whose. A lock on a file says so, and the system frees it however the job ends.

    Returns
    -------
    number : int
    file : open file or None
        To be kept open as long as the GPU is used.
    """
    for number in range(count):
        file = (folder / f"incomelens-gpu-{number}.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
        else:
            return number, file
    return 0, None


@contextmanager
def precision(device: torch.device) -> Iterator[None]:
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
