"""Machine code kept from one process to the next, and what happens where it cannot be kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from incomelens.shapley.tile_loops import compiled_loops

KERNEL = """
def add(a, b, n_nodes, weights, q, q_weights, scale, scratch, total):
    total[0] += scale
"""
EXPLAIN = """
import numpy as np
from incomelens.shapley.background import Background
from incomelens.shapley.inputs import GaussianProcessMean
from incomelens.shapley.mixture import StationaryKernel
from incomelens.shapley.product_games import values_kernel
from incomelens.shapley.values import shapley_values

points = np.linspace(-1, 1, 20).reshape(10, 2)
model = GaussianProcessMean(
    points, np.sin(points).sum(axis=1), StationaryKernel("matern", 1.5), np.ones(2), 1.0
)
values = shapley_values(model, points, Background(points[:3], np.ones(3), "rows", 10)).values
drive = values_kernel(2).drive
hits = getattr(drive, "stats", getattr(drive.__wrapped__, "stats", None)).cache_hits
print(sum(hits.values()), values.tobytes().hex())
"""


def python(*arguments: str, kept_in: Path) -> str:
    """What a new process prints that keeps its machine code in a folder."""
    ran = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "NUMBA_CACHE_DIR": str(kept_in)},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def explain(folder: Path) -> tuple[int, str]:
    """Machine code found, and the values, of a new process that keeps its own in a folder."""
    hits, values = python("-c", EXPLAIN, kept_in=folder).split()
    return int(hits), values


@pytest.mark.slow
def test_a_second_process_compiles_nothing_and_finds_the_same_bits(tmp_path):
    first, second = explain(tmp_path), explain(tmp_path)
    assert (first[0], second[0]) == (0, 1)
    assert first[1] == second[1]


@pytest.mark.slow
def test_what_is_compiled_beforehand_is_found_by_a_job(tmp_path):
    python("-m", "incomelens.shapley.compile_kernels", "2", kept_in=tmp_path)
    assert explain(tmp_path)[0] == 1


@pytest.mark.slow
def test_where_nothing_can_be_kept_it_is_compiled_anew(tmp_path):
    blocked = tmp_path / "a file"
    blocked.write_text("")
    assert explain(blocked / "folder")[0] == 0


def test_a_text_that_was_altered_is_written_anew(tmp_path):
    compiled_loops(KERNEL, tmp_path)
    (kept,) = tmp_path.glob("loops_*.py")
    good = kept.read_text()
    kept.write_text(good.replace("totals[:] = 0.0", "totals[:] = 1.0"))
    compiled_loops(KERNEL, tmp_path)
    assert kept.read_text() == good
