"""Processes that do not outlive the one they work for.

A run that is killed (kill -9, a machine out of memory) cannot end its jobs, and a job that lives on
would write its files beside those of the next run. So a run tells its jobs which process it is, and
a job sees to it, with the first module of this package that it imports, that it ends as well.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

RUN = "INCOMELENS_RUN"
PR_SET_PDEATHSIG = 1  # of Linux, <sys/prctl.h>
LOOK_EVERY = 1.0  # seconds


def announce_run() -> None:
    """Tell the jobs that this process starts, by the environment, whose they are."""
    number, born = os.getpid(), birth(os.getpid())
    if born is not None:  # else this is no Linux
        os.environ[RUN] = f"{number} {born} {_process_numbers()}"


def is_job() -> bool:
    """Whether this process runs a script of Snakemake, which gives it an object of that name."""
    return hasattr(getattr(sys.modules.get("__main__"), "snakemake", None), "rule")


def end_with_run() -> None:
    """Have this job end when its run ends, and at once where it has ended already.

    The system does so where the run is this process's parent. A shell may stand between them (bash
    before 5.1, a container); then a thread looks after the run once a second.
    """
    _end_with_parent()
    fields = os.environ.get(RUN, "").split()
    # In a container with process numbers of its own, those from outside say nothing.
    if len(fields) != 3 or fields[2] != _process_numbers():
        return
    number, born = int(fields[0]), fields[1]
    if birth(number) != born:
        _end()
    if os.getppid() != number:
        threading.Thread(target=_look_after, args=(number, born), daemon=True).start()


def end_with_parent(number: int) -> None:
    """Have this process end when the one that started it, of this number, ends."""
    _end_with_parent()
    if os.getppid() != number:
        _end()


def birth(number: int) -> str | None:
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
    return None if state in "ZX" else f"{boot}:{ticks}"


def _process_numbers() -> str:
    """Whose process numbers this process sees: the machine's, or those of its container."""
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return "unknown"


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _look_after(number: int, born: str) -> None:
    while birth(number) == born:
        time.sleep(LOOK_EVERY)
    _end()


def _end() -> None:
    # As the system would: nothing of this job is finished any more.
    os.kill(os.getpid(), signal.SIGKILL)
