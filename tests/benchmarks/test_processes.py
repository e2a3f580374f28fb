"""What a process takes, and that it takes no longer than it may."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import processes


def peak_with(megabytes):
    ground = processes.peak_gb()
    held = np.ones(megabytes * 125_000)
    return processes.peak_gb() - ground + 0 * held[0]


def test_each_process_has_a_peak_of_its_own():
    """From a fresh one: memory that other tests gave back may be held anew without a new peak."""
    call = (
        "import processes, test_processes as own; "
        "print([float(processes.in_own_process(own.peak_with, size)) for size in (400, 40)])"
    )
    folders = [str(Path(processes.__file__).parent), str(Path(__file__).parent)]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {folders}; {call}"],
        check=True,
        capture_output=True,
        text=True,
    )
    large, small = json.loads(done.stdout)
    assert large == pytest.approx(0.4, abs=0.05)
    assert small == pytest.approx(0.04, abs=0.03)


def test_a_process_that_takes_too_long_is_ended_and_told():
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"ended, it took longer than 0\.2 s"):
        processes.in_own_process(time.sleep, 60, seconds=0.2)
    assert time.monotonic() - started < 30


def test_a_process_that_fails_says_which(capfd):
    with pytest.raises(RuntimeError, match="peak_with failed, see above"):
        processes.in_own_process(peak_with, None)
    assert "unsupported operand" in capfd.readouterr().err


def test_a_call_is_timed_by_the_wall_and_by_the_processor():
    wall, processor, result = processes.timed(lambda: time.sleep(0.2) or "rested")
    assert wall >= 0.2
    assert processor < 0.2
    assert result == "rested"
