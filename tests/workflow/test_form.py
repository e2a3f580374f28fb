"""The workflow is well formed: lint, format, every target of every study resolves."""

import subprocess
import sys

import pytest
import yaml

from tests.conftest import ROOT
from tests.workflow.conftest import Checkout

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Checkout:
    made = Checkout(tmp_path_factory.mktemp("form"))
    # The study `nyc` reads tables of the user; empty files of their names are enough to plan it.
    (made.folder / "data").mkdir()
    nyc = yaml.safe_load((ROOT / "config/nyc.yaml").read_text())
    for level in ("tract", "zip"):
        (made.folder / "data" / nyc["districts"][level]["table"]).touch()
    return made


def test_lint_finds_nothing(checkout):
    done = checkout.snakemake("--lint", expect=None)
    assert done.returncode == 0, done.stdout + done.stderr


def test_rules_are_formatted():
    done = subprocess.run(
        [sys.executable, "-m", "snakefmt", "--check", "Snakefile", "workflow"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("study", ["paper", "demo", "tiny", "nyc"])
def test_every_target_of_every_study_resolves(checkout, study):
    targets = checkout.snakemake("--list-target-rules", "--quiet", "host", study=study).stdout
    names = [line.split()[0] for line in targets.split("\n") if line and line[0].islower()]
    assert {"all", "districts", "ssig", "ssig_table_3", "preflight"} <= set(names)
    checkout.snakemake("--dry-run", "--quiet", "rules", *names, study=study)


def test_every_rule_but_those_told_here_carries_a_digest_of_its_code(checkout):
    """A fetch depends on address and checksum only; targets and preflight make no file."""
    exempt = {"fetch_source", "preflight"}
    for file in sorted((ROOT / "workflow/rules").glob("*.smk")):
        for block in file.read_text().split("\nrule ")[1:]:
            name = block.split(":")[0]
            if "script:" in block and name not in exempt:
                assert "code=code(" in block, f"{file.name}: {name}"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("seeed=1", "seeed"),
        ("threads=0", "0 is less than the minimum of 1"),
        ('folds={"schemes":["postcode"],"n_folds":5,"n_blocks":9}', "'postcode' is not one of"),
    ],
)
def test_a_wrong_setting_is_told_by_its_key_before_anything_runs(checkout, setting, message):
    done = checkout.snakemake("--dry-run", "--config", setting, expect=1)
    assert message in done.stdout + done.stderr
