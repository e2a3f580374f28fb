"""Costs against the number of districts: from what `bench_country.py` keeps to a figure."""

import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import bench_country
import costs_figure
from tables import table

OURS = {
    bench_country.FOLDS_WALL: 50.0,
    bench_country.FOLDS_PROCESSOR: 90.0,
    bench_country.SHAPLEY_WALL: 100.0,
    bench_country.SHAPLEY_PROCESSOR: 190.0,
    bench_country.MEMORY: 1.5,
}

HEAD = {
    "title": "Costs",
    "command": "python benchmarks/bench_country.py",
    "clock": "2 threads",
    "measured": "2026-11-30T08:00:00+00:00",
    "machine": {"processor": "AMD EPYC", "processors": 2, "gpu": None, "load": 0.1},
    "versions": {},
    "code": {"commit": None, "changed_since_commit": False, "digest": "old"},
}


def rows():
    exact = {bench_country.EXACTLY: {bench_country.FOLDS_WALL: 400.0}}
    found = [
        *bench_country.rows_of({bench_country.OURS: OURS} | exact, "optimised", 2000),
        *bench_country.rows_of({bench_country.OURS: OURS}, "optimised", 8000),
    ]
    return [asdict(row) for row in found]


def test_each_panel_has_the_lines_of_what_was_measured():
    folds, explained, memory = (
        list(costs_figure.series(rows(), one)) for one in costs_figure.PANELS
    )
    own = ("optimised", "inducing points", [(2000, 50.0), (8000, 50.0)])
    assert folds == [own, ("optimised", "exact", [(2000, 400.0)])]
    assert explained == [("optimised", "inducing points", [(2000, 100.0), (8000, 100.0)])]
    assert memory == [("optimised", "inducing points", [(2000, 1.5), (8000, 1.5)])]


def test_the_same_measurement_gives_the_same_figure(tmp_path):
    for name in ("one.png", "two.png"):
        costs_figure.draw(rows(), tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.png", "two.png"))
    assert one.startswith(b"\x89PNG")
    assert one == two


def test_a_table_of_costs_has_districts_and_the_figure_below():
    lines = table(HEAD | {"rows": rows()}).splitlines()
    assert "| `optimised`, most memory, 2,000 districts | 1.5 GB |  |" in lines
    assert lines[-1] == "![Costs against the number of districts](costs_by_districts.png)"
