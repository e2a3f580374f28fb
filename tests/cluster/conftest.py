"""A Slurm of two nodes, and a checkout that both see."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..workflow.checkout import Checkout

CLUSTER = Path(__file__).with_name("cluster.sh")
NOT_POSSIBLE = 77


@pytest.fixture(scope="session")
def slurm() -> Iterator[None]:
    """The cluster, up; skips with the reason where there can be none."""
    up = subprocess.run([CLUSTER, "up"], capture_output=True, text=True, check=False)
    if up.returncode == NOT_POSSIBLE:
        pytest.skip(up.stderr.strip().split("\n")[-1])
    try:
        assert up.returncode == 0, up.stdout[-3000:] + up.stderr[-3000:]
        yield
    finally:
        subprocess.run([CLUSTER, "down"], check=True)


@pytest.fixture(scope="session")
def locally(slurm, tiny) -> Checkout:
    """The tiny study, run on this machine alone."""
    return tiny


@pytest.fixture(scope="session")
def kept(tmp_path_factory) -> Path:
    """Folder for what a reader may want to see of the run; emptied before."""
    folder = Path(__file__).resolve().parents[2] / "results" / "test-cluster"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
