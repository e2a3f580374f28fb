"""What Snakemake does over and over in a run of thousands of jobs, done once.

Snakemake 9.27 asks every function of a rule for its parameters, takes the path of its script apart
and reads it, several times a job: two fifths of planning. With every job that ends it begins one
more series of looks at all ready jobs, so that what a run costs grows with the square of its jobs.
Another version of Snakemake is left as it is.
"""

import threading
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any
from weakref import WeakSet

import snakemake
from snakemake import common, rules, script
from snakemake.scheduling.job_scheduler import JobScheduler
from snakemake.sourcecache import LocalSourceFile, SourceCache, SourceFile
from snakemake.utils import format as filled

KNOWN = "9.27."
"""Versions whose repetitions were looked into."""
MOST_FUNCTIONS = 10_000

_awaiting: WeakSet[JobScheduler] = WeakSet()


def spare_repetitions() -> None:
    """Have Snakemake remember what it has asked; what it plans and runs stays the same."""
    if not snakemake.__version__.startswith(KNOWN) or common.get_function_params is _parameters:
        return
    for module in (common, rules):
        _replace(module, "get_function_params", _parameters)
    _replace(script, "get_source", _source)
    _replace(LocalSourceFile, "get_cache_path", lru_cache(None)(LocalSourceFile.get_cache_path))
    _replace(JobScheduler, "_schedule_reevalutation", look_again)


def look_again(scheduler: JobScheduler, delay: float) -> None:
    """Look at the ready jobs once more after a while, unless that is to come anyway.

    Parameters
    ----------
    scheduler : JobScheduler
    delay : float
        Seconds. A run that ends before does not wait for them.
    """
    if scheduler in _awaiting:
        return
    _awaiting.add(scheduler)
    timer = threading.Timer(delay, _look, [scheduler])
    timer.daemon = True
    timer.start()


def _look(scheduler: JobScheduler) -> None:
    # In this order: a look that asks for the next one must not be told that it is still to come.
    _awaiting.discard(scheduler)
    scheduler._open_jobs.release()


_asked = common.get_function_params
_remembered = lru_cache(MOST_FUNCTIONS)(_asked)


def _parameters(function: Callable[..., Any]) -> Mapping[str, Any]:
    try:
        return _remembered(function)
    except TypeError:  # a callable object that cannot be looked up
        return _asked(function)


_read = lru_cache(None)(script.get_source)


def _source(
    path: str | SourceFile,
    sourcecache: SourceCache,
    basedir: str | SourceFile | None = None,
    wildcards: object = None,
    params: object = None,
) -> tuple[Any, ...]:
    """A script, which Snakemake reads once and keeps in a cache of its own until the run ends."""
    if wildcards is not None and params is not None:
        fill = path.format if isinstance(path, SourceFile) else partial(filled, path)
        path = fill(wildcards=wildcards, params=params)
    return _read(path, sourcecache, basedir)


def _replace(owner: object, name: str, by: Callable[..., Any]) -> None:
    if not hasattr(owner, name):
        raise AttributeError(f"Snakemake has no {name} in {owner}, unlike the versions {KNOWN}x")
    setattr(owner, name, by)
