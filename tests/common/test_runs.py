"""Locks of dead runs are taken away, those that may be held are not."""

import json
import os
import socket
import subprocess
import sys

import pytest

from incomelens.common.runs import NOTES, free_locks_of_dead_runs, note_run


@pytest.fixture
def state(tmp_path):
    """A folder of Snakemake's with a lock in it."""
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks/0.output.lock").write_text("results/tiny/table.csv\n")
    return tmp_path


def locked(state):
    return (state / "locks/0.output.lock").exists()


def noted_by_another_process(state, ending):
    """Have a process note a run and end; return whether it left its note."""
    code = f"from incomelens.common.runs import note_run; import os; note_run({str(state)!r}); "
    subprocess.run([sys.executable, "-c", code + ending], check=False)
    return any((state / NOTES).glob("*.json"))


def test_the_lock_of_a_killed_run_is_taken_away(state, caplog):
    assert noted_by_another_process(state, "os.kill(os.getpid(), 9)")
    free_locks_of_dead_runs(state)
    assert not locked(state)
    assert "last run was killed" in caplog.text
    assert not any((state / NOTES).iterdir())


def test_a_run_that_ends_well_leaves_no_note(state):
    assert not noted_by_another_process(state, "pass")


def test_a_lock_without_a_note_is_nobodys_business(state):
    free_locks_of_dead_runs(state)
    assert locked(state)


def test_the_lock_of_a_living_run_stays(state):
    assert noted_by_another_process(state, "os.kill(os.getpid(), 9)")
    note_run(state)
    free_locks_of_dead_runs(state)
    assert locked(state)
    assert len(list((state / NOTES).iterdir())) == 2


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        ({"host": "login-7"}, True),
        ({"user": -1}, True),
        ({"born": "another boot:17"}, False),
        ({"born": None}, True),
    ],
)
def test_only_a_run_that_is_surely_dead_loses_its_lock(state, change, stays):
    """Another machine's process cannot be seen; a number may be another process's by now."""
    note = {"host": socket.gethostname(), "pid": os.getpid(), "born": "unknown"} | change
    (state / NOTES).mkdir()
    (state / NOTES / "a.json").write_text(json.dumps(note))
    free_locks_of_dead_runs(state)
    assert locked(state) == stays
