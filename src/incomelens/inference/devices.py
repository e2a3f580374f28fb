"""Where a network computes, and how precisely."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from incomelens.common.errors import InputError


def choose_device(name: str = "auto") -> torch.device:
    """Return the device of this name; `auto` is CUDA where there is one, else the CPU.

    Raises
    ------
    InputError
        If the name is unknown or CUDA is asked for and absent.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name not in {"cpu", "cuda"}:
        raise InputError(f"device: {name!r} is unknown; known are auto, cpu, cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("device: cuda was asked for, but PyTorch sees none; set device: auto")
    return torch.device(name)


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
