"""A copy of the checkout in which the tiny study runs once, for all tests of the workflow."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

COPIED = ("Snakefile", "workflow", "config", "envs", "src")


class Checkout:
    """A checkout in a folder of its own, and Snakemake in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
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
            command[3:3] = ["--configfile", f"config/{study}.yaml"]
        # The modules of this copy, not of the checkout that is installed; and no key of a provider.
        environment = {k: v for k, v in os.environ.items() if k != "CENSUS_API_KEY"}
        environment["PYTHONPATH"] = str(self.folder / "src")
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        if expect is not None:
            assert done.returncode == expect, done.stdout[-5000:] + done.stderr[-5000:]
        return done

    def rules_to_run(self, *targets: str, study: str = "tiny") -> set[str]:
        """Names of the rules that a dry run would run."""
        output = self.snakemake("--dry-run", "--quiet", "host", *targets, study=study).stdout
        lines = output.split("\n")
        return {line.split()[1].rstrip(":") for line in lines if line.startswith(("rule ", "localrule "))}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Checkout:
    """The tiny study, run from end to end on two cores."""
    checkout = Checkout(tmp_path_factory.mktemp("tiny"))
    checkout.snakemake("--cores", "2")
    return checkout


@pytest.fixture
def fresh(tmp_path) -> Checkout:
    """A checkout in which nothing has run."""
    return Checkout(tmp_path / "checkout")
