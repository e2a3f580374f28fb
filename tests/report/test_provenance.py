"""How a study came about: everything is there, and nothing is guessed."""

import json
import subprocess
from datetime import datetime, timedelta, timezone

import numpy
import pytest

from incomelens.report.provenance import (
    git_state,
    provenance,
    software,
    tree_digest,
    write_provenance,
)

from .small_study import config, jobs, sources


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "Snakefile").write_text("rule all:\n")
    (tmp_path / "src/a.py").write_text("A = 1\n")
    return tmp_path


def git(folder, *arguments):
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def told(root, **changed):
    arguments = {"config": config(), "jobs": jobs(), "manifest": sources()}
    return provenance(**(arguments | {"root": root} | changed))


def test_the_file_is_json_with_every_part(checkout, tmp_path):
    write_provenance(told(checkout), tmp_path / "provenance.json")
    read = json.loads((tmp_path / "provenance.json").read_text())
    assert read["configuration"]["study"] == read["study"] == "small"
    assert read["seeds"]["study"] == config()["seed"]
    assert read["sources"][0]["sha256"] == "ab" * 32
    assert read["costs"]["total"] == {
        "n_jobs": 3, "wall_s": 7.0, "processor_s": 6.0, "peak_memory_mib": 300.0,
    }  # fmt: skip
    stages = {one["stage"]: one for one in read["costs"]["stages"]}
    assert stages["ssig"]["wall_s"] == 6.0
    assert {"stage", "rule", "n_jobs"} <= set(read["costs"]["rules"][0])


def test_a_job_without_a_measurement_has_no_number_rather_than_zero(checkout):
    unmeasured = jobs().assign(peak_memory_mib=float("nan"))
    costs = told(checkout, jobs=unmeasured)["costs"]
    assert costs["total"]["peak_memory_mib"] is None
    assert costs["stages"][0]["peak_memory_mib"] is None


def test_times_are_told_in_utc(checkout):
    noon = datetime(2026, 5, 4, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    assert told(checkout, now=noon)["written"] == "2026-05-04T12:00:00+00:00"


def test_versions_are_those_that_are_imported():
    assert software()["packages"]["numpy"] == numpy.__version__


def test_the_digest_follows_content_and_names_alone(checkout):
    before = tree_digest(checkout)
    (checkout / "src/notes.txt").write_text("no code")
    assert tree_digest(checkout) == before
    (checkout / "src/a.py").write_text("A = 2\n")
    changed = tree_digest(checkout)
    (checkout / "src/a.py").write_text("A = 1\n")
    assert before == tree_digest(checkout) != changed
    (checkout / "src/a.py").rename(checkout / "src/b.py")
    assert tree_digest(checkout) not in (before, changed)


def test_a_folder_that_is_no_checkout_has_no_commit(checkout):
    assert git_state(checkout) == {"commit": None, "changed_since_commit": None}


def test_the_commit_and_later_changes_are_told(checkout):
    git(checkout, "init")
    git(checkout, "add", ".")
    git(checkout, "commit", "-m", "one")
    clean = git_state(checkout)
    assert len(clean["commit"]) == 40
    assert clean["changed_since_commit"] is False
    (checkout / "src/new.py").write_text("untracked")
    assert git_state(checkout)["changed_since_commit"] is False
    (checkout / "src/a.py").write_text("A = 2\n")
    assert git_state(checkout)["changed_since_commit"] is True
