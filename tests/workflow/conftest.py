"""A copy of the checkout in which the tiny study runs once, for all tests of the workflow."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("Snakefile", "workflow", "config", "envs", "src")


class Checkout:
    """A checkout in a folder of its own, and Snakemake in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        for name in COPIED:
            source, target = ROOT / name, folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)

    def snakemake(
        self, *arguments: str, study: str = "tiny", expect: int | None = 0
    ) -> subprocess.CompletedProcess:
        """Run Snakemake on a study; `expect` is its exit status, None for any."""
        command = [sys.executable, "-m", "snakemake", *arguments]
        if study != "paper":
            command += ["--configfile", f"config/{study}.yaml"]
        # The modules of this copy, not of the checkout that is installed; and no key of a provider.
        keys = ("CENSUS_API_KEY", "GOOGLE_STREET_VIEW_API_KEY")
        environment = {k: v for k, v in os.environ.items() if k not in keys}
        environment["PYTHONPATH"] = str(self.folder / "src")
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        if expect is not None:
            assert done.returncode == expect, done.stdout[-5000:] + done.stderr[-5000:]
        return done

    def rules_to_run(self, *targets: str, study: str = "tiny") -> set[str]:
        """Names of the rules that a dry run would run."""
        output = self.snakemake(*targets, "--dry-run", "--quiet", "host", study=study).stdout
        jobs = [line for line in output.split("\n") if line.startswith(("rule ", "localrule "))]
        return {job.split()[1].rstrip(":") for job in jobs}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Checkout:
    """The tiny study, run from end to end on two cores."""
    checkout = Checkout(tmp_path_factory.mktemp("tiny"))
    checkout.snakemake("--cores", "2")
    return checkout


@pytest.fixture(scope="session")
def planned(tmp_path_factory) -> Checkout:
    """A checkout in which nothing runs, with something to plan for in every study.

    The study `nyc` reads tables of the user; empty files of their names are enough to plan it.
    """
    checkout = Checkout(tmp_path_factory.mktemp("planned"))
    (checkout.folder / "data").mkdir()
    study = yaml.safe_load((ROOT / "config/nyc.yaml").read_text())
    tables = [study["districts"][level]["table"] for level in ("tract", "zip")]
    for table in [*tables, study["siamese"]["prices"]["table"]]:
        (checkout.folder / "data" / table).touch()
    return checkout


@pytest.fixture(scope="session")
def new_checkout(tmp_path_factory):
    """Make a checkout of a name in which nothing has run, for tests that share one."""
    return lambda name: Checkout(tmp_path_factory.mktemp(name))


@pytest.fixture
def fresh(tmp_path) -> Checkout:
    """A checkout in which nothing has run."""
    return Checkout(tmp_path / "checkout")
