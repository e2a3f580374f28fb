"""What Snakemake is spared changes neither what it plans nor when it starts a job."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import snakemake
from snakemake.common import get_function_params
from snakemake.iocontainers import Params, Wildcards
from snakemake.script import get_source
from snakemake.sourcecache import LocalSourceFile, SourceCache

from incomelens.common import many_jobs
from incomelens.common.many_jobs import KNOWN, look_again

WORKFLOW = """
from incomelens.common.many_jobs import spare_repetitions
spare_repetitions()

rule all:
    input: expand("{number}.txt", number=range(6))

rule one:
    output: "{number}.txt"
    shell: "date +%s.%N > {output}"
"""


class Scheduler:
    """As much of Snakemake's as a look at the ready jobs needs."""

    def __init__(self):
        self._open_jobs = threading.Semaphore(0)

    def looks(self, seconds):
        """How many looks there are in so many seconds."""
        end, number = time.monotonic() + seconds, 0
        while self._open_jobs.acquire(timeout=max(end - time.monotonic(), 0)):
            number += 1
        return number


class Unhashable:
    """A function that no table can hold."""

    __hash__ = None

    def __call__(self, wildcards, attempt): ...


def test_the_installed_snakemake_is_one_that_was_looked_into():
    """With another one, see whether it still repeats itself, and whether the names still hold."""
    assert snakemake.__version__.startswith(KNOWN)


def test_a_look_that_is_to_come_is_not_asked_for_again():
    scheduler = Scheduler()
    for _ in range(50):
        look_again(scheduler, 0.05)
    assert scheduler.looks(0.5) == 1
    look_again(scheduler, 0.05)
    assert scheduler.looks(0.5) == 1


def test_every_scheduler_has_looks_of_its_own():
    one, other = Scheduler(), Scheduler()
    look_again(one, 0.05)
    look_again(other, 0.05)
    assert (one.looks(0.3), other.looks(0.3)) == (1, 1)


@pytest.mark.parametrize("function", [lambda wildcards, attempt: 1, Unhashable()])
def test_parameters_are_those_that_snakemake_finds(function):
    for _ in range(2):
        assert list(many_jobs._parameters(function)) == ["wildcards", "attempt"]
        assert many_jobs._parameters(function) == many_jobs._asked(function)


def test_a_script_is_that_which_snakemake_reads(tmp_path):
    for name in ("one", "other"):
        (tmp_path / f"{name}.py").write_text(f"{name} = 1\n")
    cache, folder = SourceCache(tmp_path / "cache"), LocalSourceFile(str(tmp_path))
    for name in ("one", "other", "one"):
        told = {"params": Params(fromdict={"script": name}), "wildcards": Wildcards(fromdict={})}
        for path in ("{params.script}.py", LocalSourceFile("{params.script}.py")):
            ours = many_jobs._source(path, cache, folder, **told)
            assert ours == get_source(path, cache, folder, **told)
            assert ours[1] == f"{name} = 1\n"


def test_jobs_start_no_faster_than_the_limit_and_all_of_them_run(tmp_path):
    (tmp_path / "Snakefile").write_text(WORKFLOW)
    command = [sys.executable, "-m", "snakemake", "--cores", "6", "--max-jobs-per-timespan", "2/1s"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    started = sorted(float(Path(file).read_text()) for file in tmp_path.glob("*.txt"))
    assert len(started) == 6
    assert started[-1] - started[0] > 1.0


def test_nothing_is_replaced_in_another_version(monkeypatch):
    monkeypatch.setattr(many_jobs.snakemake, "__version__", "10.0.0")
    monkeypatch.setattr(many_jobs.common, "get_function_params", get_function_params)
    many_jobs.spare_repetitions()
    assert many_jobs.common.get_function_params is get_function_params
