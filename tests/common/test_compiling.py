"""What numba compiles also runs where its machine code cannot be kept."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import incomelens

PACKAGE = Path(incomelens.__file__).parent
STAGES = ("common", "sources", "cells", "tiles", "ssig", "shapley")
EXAMPLE = """
from incomelens.common.compiling import compiled

@compiled(nogil=True)
def twice(number):
    return 2 * number
"""
CALL = "import logging; logging.basicConfig(); import example; print(example.twice(21))"


@pytest.fixture
def run(tmp_path):
    """Run Python with a home and a folder for machine code that can be given."""

    def in_process(code, *, path, home, kept_in=None):
        environment = {
            key: value
            for key, value in os.environ.items()
            if key not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")
        }
        environment |= {"PYTHONPATH": os.pathsep.join(map(str, path)), "HOME": str(home)}
        if kept_in is not None:
            environment["NUMBA_CACHE_DIR"] = str(kept_in)
        return subprocess.run(
            [sys.executable, "-B", "-c", code],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return in_process


@pytest.fixture
def example(tmp_path):
    """A module with a compiled function, in a folder of its own."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/example.py").write_text(EXAMPLE)
    return tmp_path / "modules"


def closed(folder: Path) -> Path:
    """Make it impossible, also for root, to keep machine code in a folder of modules."""
    (folder / "__pycache__").write_text("no folder")
    return folder


def test_without_any_folder_to_keep_it_a_function_is_compiled_and_says_so_once(run, example):
    done = run(
        CALL + "; print(example.twice(2.5))",
        path=[closed(example), PACKAGE.parent],
        home=os.devnull,
    )
    assert done.stdout.split() == ["42", "5.0"], done.stderr
    assert done.stderr.count("set NUMBA_CACHE_DIR to a folder of yours") == 1


def test_where_it_can_be_kept_nothing_is_said_and_a_second_process_finds_it(run, example, tmp_path):
    for _ in range(2):
        done = run(CALL, path=[example, PACKAGE.parent], home=os.devnull, kept_in=tmp_path / "kept")
        assert (done.stdout.split(), done.stderr) == (["42"], "")
    assert len(list((tmp_path / "kept").rglob("*.nbc"))) == 1


def test_a_package_of_somebody_else_is_kept_at_home(run, example, tmp_path):
    done = run(CALL, path=[closed(example), PACKAGE.parent], home=tmp_path / "home")
    assert (done.stdout.split(), done.stderr) == (["42"], "")
    assert list((tmp_path / "home").rglob("*.nbc"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "content"),
    [("nbi", b""), ("nbi", bytes(99)), ("nbc", b""), ("nbc", bytes(99))],
    ids=["empty index", "zeros in the index", "empty code", "zeros in the code"],
)
def test_a_damaged_cache_is_no_reason_not_to_compute(run, example, tmp_path, kind, content):
    where = {"path": [example, PACKAGE.parent], "home": os.devnull, "kept_in": tmp_path / "kept"}
    run(CALL, **where)
    for file in (tmp_path / "kept").rglob(f"*.{kind}"):
        file.write_bytes(content)
    done = run(CALL, **where)
    assert done.stdout.split() == ["42"], done.stderr
    assert "machine code cannot be kept" in done.stderr


@pytest.mark.slow
def test_every_stage_can_be_imported_where_package_and_home_are_read_only(run, tmp_path):
    copy = tmp_path / "source/incomelens"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in (copy / name for name in STAGES):
        closed(folder)
    modules = ("tiles.warp", "shapley.values", "shapley.uncertainty", "shapley.product_games")
    code = "; ".join(f"import incomelens.{module}" for module in modules)
    done = run(
        code + "; incomelens.shapley.product_games.values_kernel(2)",
        path=[copy.parent],
        home=os.devnull,
    )
    assert done.returncode == 0, done.stderr
    assert "set NUMBA_CACHE_DIR" in done.stderr
