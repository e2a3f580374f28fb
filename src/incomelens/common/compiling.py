"""Functions compiled by numba, their machine code kept on disk where that is possible.

Numba refuses to define a function whose machine code it can keep nowhere (package and home are both
read-only), and a call fails with whatever the disk says: a quota that is used up, an index that a
power cut has emptied, a file of another user. None of it is a reason not to compute.
"""

import logging
import pickle
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from numba import njit

logger = logging.getLogger(__name__)

# What a cache may raise, and our compiled code does not.
CACHE_ERRORS = (OSError, EOFError, pickle.UnpicklingError)


def compiled(**options: Any) -> Callable[[Callable], Callable]:
    """Decorate a function with ``numba.njit``, kept on disk where possible.

    Parameters
    ----------
    **options
        Of ``numba.njit``, but for ``cache``.
    """

    def decorate(function: Callable) -> Callable:
        try:
            kept = njit(cache=True, **options)(function)
        except RuntimeError as error:  # there is no folder for it
            kept = _unkept(function, error)
        return or_anew(kept, lambda: njit(**options)(function))

    return decorate


def or_anew(kept: Callable, compile_anew: Callable[[], Callable]) -> Callable:
    """Call `kept`; from the moment its cache fails, call what `compile_anew` makes instead.

    The cache fails while it is read or written, before the function itself runs: nothing is
    computed twice.
    """
    current = kept

    @wraps(kept)
    def call(*arguments: object) -> object:
        nonlocal current
        try:
            return current(*arguments)
        except CACHE_ERRORS as error:
            tell_unkept(error)
            current = compile_anew()
            return current(*arguments)

    return call


def tell_unkept(reason: object) -> None:
    """Say why machine code is not kept, and once a process what to do."""
    logger.info("not kept: %s", reason)
    _advise()


@cache
def _advise() -> None:
    logger.warning(
        "machine code cannot be kept on disk, every job compiles its own (up to half a minute); "
        "set NUMBA_CACHE_DIR to a folder of yours that can be written"
    )


def _unkept(function: Callable, reason: RuntimeError) -> Callable:
    @wraps(function)
    def refuse(*_: object) -> None:
        raise OSError(str(reason))

    return refuse
