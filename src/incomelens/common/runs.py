"""Runs of the workflow that live, and the locks of those that died.

Snakemake locks the files of a run, so that no second run makes them at the same time, and frees
them when the run ends. A run that is killed (kill -9, a power cut) frees nothing, and the next one
would be refused until somebody calls ``snakemake --unlock``. So a run notes here which process it
is, and the next one frees what no living process can hold. Where that is not certain, as with a run
on another machine, the lock stays and Snakemake says what to do.
"""

import atexit
import json
import logging
import os
import shutil
import socket
from pathlib import Path

logger = logging.getLogger(__name__)

NOTES = "incomelens_runs"


def note_run(state: str | Path) -> None:
    """Note that this process runs the workflow; the note goes when the process ends well.

    Parameters
    ----------
    state : path
        Snakemake's folder ``.snakemake``.
    """
    folder = Path(state) / NOTES
    folder.mkdir(parents=True, exist_ok=True)
    host, number = socket.gethostname(), os.getpid()
    note = folder / f"{host}-{number}.json"
    note.write_text(json.dumps({"host": host, "pid": number, "born": _birth(number)}))
    atexit.register(note.unlink, missing_ok=True)


def free_locks_of_dead_runs(state: str | Path) -> None:
    """Take away the locks if every run that was noted has died, and at least one was.

    Parameters
    ----------
    state : path
        Snakemake's folder ``.snakemake``.
    """
    state = Path(state)
    notes = list((state / NOTES).glob("*.json"))
    if not notes or any(_may_live(note) for note in notes):
        return
    locks = state / "locks"
    if locks.is_dir() and any(locks.iterdir()):
        logger.warning("The last run was killed; its lock is taken away and its work goes on.")
        shutil.rmtree(locks)
    for note in notes:
        note.unlink(missing_ok=True)


def _may_live(note: Path) -> bool:
    try:
        run = json.loads(note.read_text())
    except FileNotFoundError:  # the run ended just now
        return False
    except ValueError:  # killed while it wrote the note, before it made anything
        return False
    if run["host"] != socket.gethostname():
        return True
    return run["born"] is None or run["born"] == _birth(run["pid"])


def _birth(number: int) -> str | None:
    """When a process began: boot of the machine and tick since; None where no such process runs.

    Process numbers are used again, a number and its birth are not.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # The name of the program stands in parentheses and may hold blanks.
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    state, ticks = fields[0], fields[19]
    return None if state == "Z" else f"{boot}:{ticks}"
