"""What is timed on a GPU runs on the CPU in miniature, through the same code."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import bench_gpu  # noqa: E402 - once its folder is known
import tables  # noqa: E402
from clocks import Budget  # noqa: E402


def kept(folder, name):
    return {row["what"]: row for row in json.loads((folder / f"{name}.json").read_text())["rows"]}


@pytest.mark.slow
def test_every_number_of_a_gpu_is_measured_in_miniature_on_the_cpu(tmp_path):
    script = BENCHMARKS / "bench_gpu.py"
    command = [sys.executable, script, "--device", "cpu", "--miniature", "--record", tmp_path]
    subprocess.run(command, check=True)
    networks, maps = kept(tmp_path, "inference"), kept(tmp_path, "attribution")
    for what in ("training, an image of 64 px", "training, peak memory, batches of 4"):
        assert set(networks[what]["peers"]) == {
            "a plain loop over PNG files",
            "all tiles in memory",
        }
    for what in ("guided Grad-CAM of both classes alone", "maps of both classes by three methods"):
        peers = maps[f"{what}, a tile of 64 px"]["peers"]
        assert {"Captum in batches", "one by one"} <= set(peers)
    assert tables.OLDER not in tables.tables(tmp_path)


def test_all_benchmarks_of_a_gpu_end_within_eight_minutes():
    assert bench_gpu.ALL < 8 * 60
    each = sum(bench_gpu.FULL.values()) + len(bench_gpu.FULL) * bench_gpu.START
    assert each + bench_gpu.LAST <= bench_gpu.ALL


def test_a_benchmark_that_takes_too_long_is_ended_and_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench_gpu, "__file__", str(tmp_path / "bench_gpu.py"))
    monkeypatch.setattr(bench_gpu, "START", 0.0)
    monkeypatch.setattr(bench_gpu, "LAST", 0.5)
    (tmp_path / "slow.py").write_text("import time; time.sleep(60)")
    started = time.monotonic()
    assert not bench_gpu.run(["slow.py"], 0.0)
    assert time.monotonic() - started < 30
    assert "what it kept stays" in capsys.readouterr().out


def test_nothing_more_is_begun_when_the_time_is_over(capsys):
    assert not Budget(60.0).spent("training, ours")
    assert not Budget(None).spent("training, ours")
    assert Budget(-1.0).spent("training, ours")
    assert "training, ours: left out" in capsys.readouterr().out
