"""The workflow runs from any folder, and reads a user's files from his home."""

import os
import shutil
import subprocess

import pytest

from .checkout import ROOT

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


ANOTHER_WORKFLOW = """
configfile: "incomelens/config/config.yaml"
configfile: "incomelens/config/tiny.yaml"

module incomelens:
    snakefile: "incomelens/{snakefile}"
    config: config

use rule * from incomelens as incomelens_*

rule own_rule:
    default_target: True
    input: "results/tiny/districts/tract.parquet"
    output: "size.txt"
    shell: "wc -c {{input}} > {{output}}"
"""


@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
def test_another_workflow_takes_its_rules_as_a_module(planned, tmp_path, snakefile):
    (tmp_path / "incomelens").symlink_to(planned.folder)
    (tmp_path / "Snakefile").write_text(ANOTHER_WORKFLOW.format(snakefile=snakefile))
    done = subprocess.run(
        planned.command("--dry-run", "--quiet", "host", study="paper"),
        cwd=tmp_path,
        env=planned.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rules = {line.split()[1] for line in done.stdout.split("\n") if line.startswith("rule ")}
    assert {"own_rule:", "incomelens_build_districts:"} <= rules
    assert not any(rule.startswith("incomelens_fit_gp") for rule in rules)


def test_the_catalogues_way_in_plans_what_ours_does(planned):
    words = ["--snakefile", "workflow/Snakefile", "--dry-run", "--quiet", "host"]
    lines = planned.snakemake(*words).stdout.split("\n")
    jobs = [
        line.split()[1].rstrip(":") for line in lines if line.startswith(("rule ", "localrule "))
    ]
    ours = [{"all": "default"}.get(job, job) for job in planned.jobs_to_run()]
    assert sorted(jobs) == sorted(ours)


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


@pytest.fixture
def as_who_may_not_write(tmp_path):
    """Words before a command that take root's right to write everywhere; a home that is closed."""
    home = tmp_path / "home"
    home.mkdir(mode=0o555)
    if os.geteuid() != 0:
        return home, []
    if shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and there is no setpriv to change that")
    return home, ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"]


def test_a_study_runs_where_the_home_cannot_be_written(fresh, as_who_may_not_write, tmp_path):
    home, words = as_who_may_not_write
    command = fresh.command("results/tiny/districts/tract.parquet", "--cores", "1")
    caches = {"XDG_CACHE_HOME": str(tmp_path / "caches"), "MPLCONFIGDIR": str(tmp_path / "fonts")}
    subprocess.run(
        [*words, *command],
        cwd=fresh.folder,
        env=fresh.environment() | {"HOME": str(home)} | caches,
        check=True,
    )
    assert not any(home.iterdir())


@pytest.mark.parametrize(("home", "set_by_make"), [("/dev/null/none", True), (".", False)])
def test_make_sets_caches_aside_where_the_home_cannot_be_written(tmp_path, home, set_by_make):
    if shutil.which("make") is None:
        pytest.skip("there is no make")
    taken = ("XDG_CACHE_HOME", "MPLCONFIGDIR")
    environment = {key: value for key, value in os.environ.items() if key not in taken}
    shutil.copy(ROOT / "Makefile", tmp_path)
    told = subprocess.run(
        ["make", "--print-data-base", "--dry-run", "clean"],
        cwd=tmp_path,
        env=environment | {"HOME": home},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert ("XDG_CACHE_HOME = $(CURDIR)/.snakemake/caches" in told) == set_by_make
