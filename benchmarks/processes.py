"""What a process takes: time, memory, and no longer than it may."""

import multiprocessing
import resource
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def processor_seconds() -> float:
    """Of this process, all its threads, and the processes it waited for."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(one)[:2]) for one in who)


def timed(call: Callable[[], Result]) -> tuple[float, float, Result]:
    """Wall and processor seconds of a call, and what it returns.

    Processor time of all threads together hardly depends on what else the machine is doing.
    """
    started, before = time.perf_counter(), processor_seconds()
    result = call()
    return time.perf_counter() - started, processor_seconds() - before, result


def peak_gb() -> float:
    """Most memory that this process has held so far, libraries included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def in_own_process(
    function: Callable[..., Result], *arguments: object, seconds: float | None = None
) -> Result:
    """Call a function in a process of its own, forked: to import torch anew takes seconds.

    Raises
    ------
    TimeoutError
        If it took longer than `seconds`; it is ended.
    RuntimeError
        If it failed.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def call() -> None:
        sender.send(function(*arguments))

    process = context.Process(target=call)
    process.start()
    sender.close()  # so that a process that dies ends the wait
    try:
        if not receiver.poll(seconds):
            process.kill()
            raise TimeoutError(f"ended, it took longer than {seconds:g} s")
        return receiver.recv()
    except EOFError:
        raise RuntimeError(f"{function.__name__} failed, see above") from None
    finally:
        process.join()
