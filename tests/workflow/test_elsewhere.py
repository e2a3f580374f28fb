"""The workflow runs from any folder, and reads a user's files from his home."""

import subprocess

import pytest

pytestmark = pytest.mark.workflow

TABLE = "results/tiny/districts/tract.parquet"


@pytest.mark.parametrize("by", ["snakefile", "directory"])
def test_from_elsewhere_everything_is_planned_that_is_planned_in_the_checkout(
    planned, tmp_path, by
):
    study = planned.folder / "config/tiny.yaml"
    words = ["--configfile", str(study), "--dry-run", "--quiet", "host"]
    words += {
        "snakefile": ["--snakefile", str(planned.folder / "Snakefile")],
        "directory": ["--directory", str(tmp_path)],
    }[by]
    done = subprocess.run(
        planned.command(*words, study="paper"),
        cwd=tmp_path if by == "snakefile" else planned.folder,
        env=planned.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stdout.split("\n") if line.startswith(("rule ", "localrule "))]
    assert sorted(line.split()[1].rstrip(":") for line in lines) == sorted(planned.jobs_to_run())


def test_results_lie_where_it_runs_and_are_the_same(tiny, fresh, tmp_path):
    words = ["--snakefile", str(fresh.folder / "Snakefile"), "--cores", "1"]
    words += ["--configfile", str(fresh.folder / "config/tiny.yaml"), "--", TABLE]
    there = tmp_path / "there"
    there.mkdir()
    subprocess.run(
        fresh.command(*words, study="paper"), cwd=there, env=fresh.environment(), check=True
    )
    assert (there / TABLE).read_bytes() == (tiny.folder / TABLE).read_bytes()
    assert not (fresh.folder / "results").exists()


def test_a_home_and_variables_in_paths_are_understood(planned, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "tables").symlink_to(planned.folder / "data")
    command = ("--dry-run", "--quiet", "host", "--config", "data_dir=~/tables")
    told = planned.snakemake(*command, study="nyc").stdout
    assert f"{tmp_path}/tables/nyc_tract_acs_2015_2019.gpkg" in told
    refused = planned.snakemake(*command[:-1], "data_dir=$NOWHERE", study="nyc", expect=1)
    assert (
        "data_dir: '$NOWHERE' names the variable NOWHERE, which is not set"
        in refused.stdout + refused.stderr
    )
