"""A bar on a terminal, plain lines in a log."""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")
logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 10.0


def progress(
    items: Iterable[Item],
    description: str,
    *,
    total: int | None = None,
    unit: str = "it",
    size: Callable[[Item], int] | None = None,
    done: int = 0,
) -> Iterator[Item]:
    """Pass `items` on and tell how far the work has come.

    On a terminal a bar moves; elsewhere a line goes to the log when the work starts to take long
    (every ten seconds) and when it ends.

    Parameters
    ----------
    items : iterable
    description : str
        What is being done, for a reader of the log.
    total : int, optional
        How many items there are; by default ``len(items)`` where there is one.
    unit : str
        What one item is called; ``B`` for bytes, which are told in MB.
    size : callable, optional
        How much an item counts, such as ``len`` for blocks of bytes; 1 where nothing is said.
    done : int
        How much was done before.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    count = size or (lambda _: 1)
    if sys.stderr.isatty():
        with tqdm(
            desc=description,
            total=total,
            unit=unit,
            unit_scale=unit == "B",
            initial=done,
            leave=False,
        ) as bar:
            for item in items:
                yield item
                bar.update(count(item))
        return
    started = last = time.monotonic()
    for item in items:
        yield item
        done += count(item)
        if time.monotonic() - last > SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            whole = _amount(total, unit) if total else f"? {unit}"
            logger.info("%s: %s of %s", description, _amount(done, unit), whole)
    seconds = time.monotonic() - started
    logger.info("%s: %s in %.1f s", description, _amount(done, unit), seconds)


def _amount(number: int, unit: str) -> str:
    return f"{number / 1e6:.1f} MB" if unit == "B" else f"{number} {unit}"
