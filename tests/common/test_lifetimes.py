"""No job lives on when its run is killed, wherever it is by then."""

import os
import subprocess
import sys
import time

import pytest

from incomelens.common.lifetimes import RUN, announce_run, birth, is_job

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and prctl of Linux")

WORKFLOW = """
from incomelens.common.lifetimes import announce_run
announce_run()

rule all:
    output: "written"
    script: "job.py"
"""
# The script of a job, whose last import takes for ever; it says who it is before and after.
JOB = """
import os, sys, time
from pathlib import Path

def tell(name):
    Path("told").write_text(str(os.getpid()))
    Path("told").rename(name)

tell("begun")
while not Path("go_on").exists():
    time.sleep(0.02)
import incomelens.common.errors
tell("importing")
time.sleep(60)
"""


def wait_for(happened, patience=60.0):
    deadline = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def killed_run(folder, told):
    """Run the workflow, kill it with -9 once its job tells something; return the job's number."""
    (folder / "Snakefile").write_text(WORKFLOW)
    (folder / "job.py").write_text(JOB)
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--quiet", "all"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as run:
        try:
            wait_for((folder / told).exists)
        finally:
            run.kill()
    return int((folder / told).read_text())


@pytest.mark.slow
def test_a_job_that_still_imports_ends_when_its_run_is_killed(tmp_path):
    (tmp_path / "go_on").touch()
    job = killed_run(tmp_path, "importing")
    wait_for(lambda: birth(job) is None, patience=20)
    assert not (tmp_path / "written").exists()


@pytest.mark.slow
def test_a_job_whose_run_was_killed_before_its_first_import_ends_there(tmp_path):
    job = killed_run(tmp_path, "begun")
    assert birth(job) is not None
    (tmp_path / "go_on").touch()
    wait_for(lambda: birth(job) is None, patience=20)
    assert not (tmp_path / "importing").exists()


# A run that starts its job by a shell which stays between them, tells its number and waits.
BEHIND_A_SHELL = """
import subprocess, sys
from incomelens.common.lifetimes import announce_run
announce_run()
job = "import os, time; from incomelens.common.lifetimes import end_with_run; end_with_run();"
job += "print(os.getpid(), flush=True); time.sleep(60)"
subprocess.run(["sh", "-c", f"{sys.executable} -c '{job}'; true"])
"""


def test_a_job_behind_a_shell_ends_as_well():
    command = [sys.executable, "-c", BEHIND_A_SHELL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        job = int(run.stdout.readline())
        assert birth(job) is not None
        run.kill()
    wait_for(lambda: birth(job) is None, patience=5)


# A job with a pool, whose workers tell their numbers and go on.
POOL = """
import multiprocessing, os, time
from concurrent.futures import ProcessPoolExecutor
from incomelens.common.lifetimes import end_with_parent

def work(_):
    os.write(1, b"%d\\n" % os.getpid())  # in one piece: another process writes there too
    time.sleep(60)

forked = multiprocessing.get_context("fork")
with ProcessPoolExecutor(2, forked, initializer=end_with_parent, initargs=(os.getpid(),)) as pool:
    list(pool.map(work, range(2)))
"""


def test_the_workers_of_a_job_end_with_it():
    with subprocess.Popen([sys.executable, "-c", POOL], stdout=subprocess.PIPE, text=True) as job:
        workers = [int(job.stdout.readline()) for _ in range(2)]
        job.kill()
    for worker in workers:
        wait_for(lambda worker=worker: birth(worker) is None, patience=20)


def test_a_run_in_another_container_is_nobodys_business(monkeypatch):
    """Its number means another process here, or none."""
    monkeypatch.setenv(RUN, "1 another-birth 17")
    ended = subprocess.run(
        [sys.executable, "-c", "from incomelens.common.lifetimes import *; end_with_run()"],
        check=False,
    )
    assert ended.returncode == 0


def test_who_imports_the_package_without_snakemake_is_no_job(monkeypatch):
    monkeypatch.setenv(RUN, "1 another-birth 17")
    assert not is_job()
    announce_run()
    number, born, _ = os.environ[RUN].split()
    assert (int(number), born) == (os.getpid(), birth(os.getpid()))
