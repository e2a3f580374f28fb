"""How long a benchmark may take, and what a device was busy with and held."""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

Result = TypeVar("Result")

# Does a part once; gives the probabilities, or nothing.
Work = Callable[[], NDArray[np.float64] | None]


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
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def processor_seconds() -> float:
    """Of this process, all its threads, and the processes it waited for."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(one)[:2]) for one in who)


def in_own_process(function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function in a process of its own, forked: to import torch anew takes seconds."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def call() -> None:
        sender.send(function(*arguments))

    process = context.Process(target=call)
    process.start()
    sender.close()  # so that a process that dies ends the wait
    try:
        return receiver.recv()
    except EOFError:
        raise RuntimeError(f"{function.__name__}{arguments} failed, see above") from None
    finally:
        process.join()
