"""After whatever broke a run, one plain rerun finishes it, and with the same results.

Plain: the command that was broken, once more, with no option added. Where Snakemake itself was
killed its lock is in the way, and the rerun says so: the same command with --unlock takes it away.
The smallest parts of the tiny study that can break in the way in question are run; what they make
is compared with the unbroken run's, byte by byte.
"""

import errno
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from .checkout import Checkout

pytestmark = pytest.mark.workflow

CITY = "aubervieux"
FOLDS = "results/tiny/folds/tract-random.parquet"
MODEL = f"results/tiny/inference/{CITY}/random/main/0"
PATIENCE = 300  # seconds, on a machine that has other work as well


def wait_for(happened: Callable[[], object]) -> None:
    """Wait until something has happened."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def job_of(run: subprocess.Popen, rule: str) -> int | None:
    """Number of the process in which a rule's script runs; None while there is none."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text()
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if int(parent) == run.pid and re.search(rf"\.{rule}\.py\0", words):
            return int(folder.name)
    return None


def same(first: Checkout, second: Checkout, *paths: str) -> bool:
    """Whether files are equal in two checkouts."""
    return all((first.folder / p).read_bytes() == (second.folder / p).read_bytes() for p in paths)


def leftovers(checkout: Checkout) -> list[Path]:
    """Files that were begun and never finished."""
    return list(checkout.results.rglob(".*.part*"))


def test_kill_9_of_snakemake_in_the_middle_of_a_job(tiny, fresh):
    """The job has written some of its files, and lives when Snakemake is killed."""
    run = fresh.start(FOLDS, "--cores", "1")
    begun = fresh.results / "demo/mirror/acs5_2019_tract"
    wait_for(lambda: begun.exists() and any(begun.glob("*.json")))
    job = job_of(run, "make_demo_mirror")
    run.kill()
    run.wait()
    if job is not None:  # else it ended in this very moment
        wait_for(lambda: not running(job))
    assert any((fresh.folder / ".snakemake/locks").iterdir())
    refused = fresh.snakemake(FOLDS, "--cores", "1", expect=1)
    assert "removed with the --unlock argument" in refused.stdout + refused.stderr
    fresh.snakemake(FOLDS, "--cores", "1", "--unlock")
    fresh.snakemake(FOLDS, "--cores", "1")
    assert same(tiny, fresh, FOLDS, "results/tiny/districts/tract.parquet")
    assert leftovers(fresh) == []


def running(number: int) -> bool:
    """Whether a process is alive."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_two_runs_do_not_make_the_same_files_at_the_same_time(fresh):
    """The lock of a run that lives is respected."""
    run = fresh.start(FOLDS, "--cores", "1")
    try:
        wait_for(lambda: job_of(run, "make_demo_mirror"))
        second = fresh.snakemake(FOLDS, "--cores", "1", expect=1)
        assert "cannot be locked" in second.stdout + second.stderr
    finally:
        run.kill()
        run.wait()


def test_kill_9_of_a_job(tiny, finished):
    """A training is killed; Snakemake says so and ends, and is run again."""
    shutil.rmtree(finished.folder / MODEL)
    command = (f"{MODEL}/weights.safetensors", "--cores", "1")
    log = finished.folder / "run.log"
    run = finished.start(*command, log=log)
    wait_for(lambda: job_of(run, "train_network"))
    os.kill(job_of(run, "train_network"), signal.SIGKILL)
    assert run.wait() == 1
    assert "Error in rule train_network" in log.read_text()
    finished.snakemake(*command)
    assert same(tiny, finished, f"{MODEL}/weights.safetensors", f"{MODEL}/history.csv")
    assert leftovers(finished) == []


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk with room for the run and little more."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a disk that is full: a tmpfs is mounted")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=500m", "tmpfs", disk]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: Path) -> Path:
    """Write until nothing more can be written; return the file."""
    file = disk / "of_somebody_else"
    with file.open("wb", buffering=0) as out:
        for size in (1 << 20, 1 << 10, 1):
            try:
                while True:
                    out.write(bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    return file


def test_a_full_disk(tiny, small_disk):
    """There is room when the run begins, none when its first job writes, and room again."""
    checkout = Checkout(small_disk / "checkout")
    run = checkout.start(FOLDS, "--cores", "1", log=small_disk.with_name("run.log"))
    wait_for(lambda: job_of(run, "make_demo_mirror"))
    of_somebody_else = fill(small_disk)
    assert run.wait() != 0
    assert "No space left on device" in small_disk.with_name("run.log").read_text()
    of_somebody_else.unlink()
    checkout.snakemake(FOLDS, "--cores", "1")
    assert same(tiny, checkout, FOLDS, "results/tiny/districts/tract.parquet")
    assert leftovers(checkout) == []


class HalfAFile(SimpleHTTPRequestHandler):
    """A mirror that breaks off in the middle of every file, the first time it is asked for it."""

    broken: set[str]

    def copyfile(self, source: object, outputfile: object) -> None:
        """Send half of what was promised, or all that is asked for."""
        data = source.read()
        if self.path not in self.broken:
            self.broken.add(self.path)
            data = data[: len(data) // 2]
            self.close_connection = True
        outputfile.write(data)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def mirror(folder: Path, handler: type, port: int = 0) -> Iterator[int]:
    """Serve a folder; yield the port."""
    with ThreadingHTTPServer(("127.0.0.1", port), partial(handler, directory=folder)) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def from_mirror(checkout: Checkout, port: int) -> tuple[str, ...]:
    """Ask the mirror for the invented files, whose checksums are not those of the real ones."""
    registry = checkout.folder / "config/sources.yaml"
    known = re.compile(r"(sha256|bytes): [0-9a-f]+$", re.MULTILINE)
    registry.write_text(known.sub(r"\1: null", registry.read_text()))
    return (FOLDS, "--cores", "1", "--config", f"mirror=http://127.0.0.1:{port}")


def test_a_source_that_drops_in_the_middle(tiny, fresh):
    """Every file breaks off once: the run asks again and finishes."""
    handler = type("Handler", (HalfAFile,), {"broken": set()})
    with mirror(tiny.results / "demo/mirror", handler) as port:
        fresh.snakemake(*from_mirror(fresh, port))
    assert len(handler.broken) > 5
    assert same(tiny, fresh, FOLDS, "results/tiny/districts/tract.parquet")


def test_a_source_that_goes_away_in_the_middle(tiny, fresh):
    """The server ends after its first half file, the run fails, the server comes back."""
    folder = tiny.results / "demo/mirror"
    handler = type("Handler", (HalfAFile,), {"broken": set()})
    with mirror(folder, handler) as port:
        run = fresh.start(*from_mirror(fresh, port))
        wait_for(lambda: handler.broken)
    assert run.wait() == 1
    with mirror(folder, SilentFiles, port) as port:
        fresh.snakemake(*from_mirror(fresh, port))
    assert same(tiny, fresh, FOLDS, "results/tiny/districts/tract.parquet")


class SilentFiles(SimpleHTTPRequestHandler):
    """A mirror as it should be."""

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def lose_pixels(shard: Path) -> None:
    next(path for path in (shard / "image/c").rglob("*") if path.is_file()).unlink()


@pytest.mark.parametrize(
    ("file", "damage", "goal"),
    [
        ("districts/tract.parquet", cut_short, "folds/tract-random.parquet"),
        (f"tiles/{CITY}/0.zarr", lose_pixels, f"tiles/{CITY}/index.parquet"),
        ("ssig/tract-median_household_income-optimised/gp.safetensors", cut_short,
         "shapley/tract-median_household_income-optimised.parquet"),
    ],
)  # fmt: skip
def test_a_damaged_intermediate_file(tiny, finished, file, damage, goal):
    """The job that meets it names it and puts it aside; the rerun makes it anew."""
    target = f"results/tiny/{goal}"
    damage(finished.results / file)
    (finished.folder / target).unlink()
    broken = finished.snakemake(target, "--cores", "1", expect=1)
    assert re.search(rf"{file}: damaged since it was written", broken.stderr)
    assert (finished.results / f"{file}.damaged").exists()
    finished.snakemake(target, "--cores", "1")
    assert same(tiny, finished, target)
