"""Runs of the workflow that live, and the locks of those that died.

Snakemake locks the files of a run, so that no second run makes them at the same time, and frees
them when the run ends. A run that is killed (kill -9, a power cut) frees nothing, and the next one
would be refused until somebody calls ``snakemake --unlock``. So a run notes here which process it
is, and the next one frees what no living process can hold. Where that is not certain, as with a run
on another machine or of another user, the lock stays and Snakemake says what to do.
"""

import atexit
import json
import logging
import os
import shutil
import socket
from pathlib import Path

from incomelens.common.lifetimes import birth

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
    about = {"host": host, "user": os.getuid(), "pid": number, "born": birth(number)}
    note.write_text(json.dumps(about))
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
    # Another machine's processes cannot be seen; nor, on many clusters, another user's.
    if run["host"] != socket.gethostname() or run.get("user", os.getuid()) != os.getuid():
        return True
    return run["born"] is None or run["born"] == birth(run["pid"])
