"""`make env` says what is missing before it begins."""

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def create(folder: Path, *, gigabytes: int = 1, **settings: str) -> subprocess.CompletedProcess:
    words = ["envs/create.sh", str(folder), "envs/requirements.lock", str(gigabytes)]
    told = {**os.environ, **settings}
    return subprocess.run(words, cwd=ROOT, env=told, capture_output=True, text=True, check=False)


def python_that(tmp_path: Path, refuses: str) -> str:
    """A Python that fails where its program holds a word, and calls itself old."""
    path = tmp_path / "python"
    path.write_text(
        f'#!/bin/sh\ncase "$*" in *{refuses}*) exit 1 ;; *--version*) echo Python 3.9.2 ;; esac\n'
    )
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("refuses", "message"),
    [
        ("version_info", "Python 3.11 or newer is needed, this is Python 3.9.2"),
        ("ensurepip", "has no module venv: install the package python3-venv"),
    ],
)
def test_a_python_that_does_not_serve_is_named(tmp_path, refuses, message):
    done = create(tmp_path / "env", PYTHON=python_that(tmp_path, refuses))
    assert done.returncode == 1
    assert message in done.stderr
    assert not (tmp_path / "env").exists()


def test_a_python_that_is_not_there_is_named(tmp_path):
    done = create(tmp_path / "env", PYTHON="python-of-nowhere")
    assert done.returncode == 1
    assert "There is no python-of-nowhere: install Python 3.11 or newer" in done.stderr


def test_a_disk_that_is_too_small_is_told_before_anything_is_fetched(tmp_path):
    done = create(tmp_path / "env", gigabytes=10**7)
    assert done.returncode == 1
    assert "takes 10000000 GB, and " in done.stderr
    assert not (tmp_path / "env").exists()


def test_packages_are_compiled_once_and_not_by_every_job():
    # Jobs may be unable to keep what they compiled: a read-only image, PYTHONDONTWRITEBYTECODE.
    for package in ("pandas", "sklearn", "torch"):
        found = importlib.util.find_spec(package)
        assert found is not None
        assert found.cached is not None
        assert Path(found.cached).is_file(), f"{package} is compiled anew by every job"
