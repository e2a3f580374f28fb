"""How long a benchmark may take, and what a device was busy with and held."""

import argparse
import time

import torch
from processes import peak_gb


class Budget:
    """Time that a benchmark may take: what is not begun when it is over is left out, and told.

    Parameters
    ----------
    seconds : float, optional
        From now on; as many as it takes by default.
    """

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    def spent(self, what: str) -> bool:
        """Whether there is no time left for something; says so."""
        over = self._end is not None and time.monotonic() > self._end
        if over:
            print(f"{what}: left out, the time is over", flush=True)
        return over


def add_device(parser: argparse.ArgumentParser) -> None:
    """Let the command line say where it is measured, and how long that may take."""
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--seconds", type=float, help="after which nothing more is begun")


def settle(device: torch.device) -> None:
    """Wait for what a GPU was told to do."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def forget_peak(device: torch.device) -> None:
    """Let a GPU's peak memory be that of what follows."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def peak_memory(device: torch.device) -> float:
    """Peak in GB of what was held on a GPU; on a CPU of this process, which forgets no peak."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    return peak_gb()
