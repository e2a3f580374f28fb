"""Costs of a finished study, from its benchmark files."""

import json

import pytest
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.report.costs.counts import Counts
from incomelens.report.costs.measured import measure, read_costs, whole_processor_s, write_costs
from incomelens.report.costs.planned import Job

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
CELLS = {
    "demo": {"cities": {}},
    "folds": {"n_folds": 2, "cities": {"n_folds": 2}},
    "tiles": {"tile_px": 10},
    "topology": {"draws": 9},
    "validation": {"tiles": 4, "steps": 2},
    "attribution": {"turns": 1, "batch_size": 2, "methods": ["gradcam"]},
    "inference": {
        "training": {"epochs": 1, "samples_per_epoch": None, "batch_size": 2},
        "frozen_features": {"turns": 1},
        "prediction_batch": 2,
    },
    "ssig": {
        "starts": 1,
        "fold_seeds": {"seeds": 1, "n_blocks": [2]},
        "approximation": {"exact_districts": 100, "inducing_points": 20, "learnt_on": 50},
    },
    "shapley": {
        "background": {"size": 3},
        "interaction_districts": None,
        "variance_districts": None,
        "backgrounds": 1,
        "background_districts": 2,
    },
    "city": {},
}


@pytest.fixture
def study(tmp_path):
    """Three cities of which two have as many cells; the third was not run."""
    jobs = []
    for city, row in {
        "lyon": "10\t0\t100\t0\t0\t0\t0\t0\t0\t5\n",
        "lille": "10\t0\t300\t0\t0\t0\t0\t0\t0\t7\n",
        "nice": "",
    }.items():
        output = tmp_path / f"{city}.parquet"
        output.write_bytes(bytes(2**20))
        name = f"cells/build_cells/{city}.tsv"
        jobs.append(Job("cells", "build_cells", name, {"city": city}, outputs=[str(output)]))
        (tmp_path / "cells/build_cells").mkdir(parents=True, exist_ok=True)
        if row:
            (tmp_path / name).write_text(HEAD + row)
    return jobs


def measured(study, tmp_path, **more):
    counts = Counts({"lyon": 50, "lille": 50, "nice": 70}, {}, ())
    return measure(study, tmp_path, config=CELLS, counts=counts, **more)


def test_jobs_of_one_rule_and_size_are_one_row(study, tmp_path):
    (cost,) = measured(study, tmp_path)
    assert (cost.stage, cost.rule, cost.n_jobs) == ("cells", "build_cells", 2)
    assert cost.size.quantities == {"cells": 50.0}
    assert_allclose([cost.processor_s, cost.wall_s], [6, 10])
    assert (cost.peak_memory_mib, cost.disk_mib) == (300, 1)


@pytest.mark.parametrize(
    ("seen_s", "wall_s", "whole_s"),
    [
        (14.0, 14.0, 14.0),  # the last look was at its end
        (15.0, 44.9, 44.9),  # at second 15
        (90.0, 60.0, 120.0),  # at second 45, two threads
        (0.0, 0.4, 0.4),  # no look fell into it
        (float("nan"), 0.4, 0.4),
    ],
)
def test_what_snakemake_did_not_see_went_on_as_before(seen_s, wall_s, whole_s):
    assert_allclose(whole_processor_s(seen_s, wall_s), whole_s)


def test_a_gpu_is_told_of_jobs_alone_that_asked_for_one(study, tmp_path):
    asking = [Job(job.stage, job.rule, job.benchmark, job.wildcards, gpu=True) for job in study[:1]]
    costs = measured([*asking, study[1]], tmp_path, gpu="H100")
    assert [cost.gpu for cost in costs] == [True, False]


def test_a_study_that_was_not_run_is_told(study, tmp_path):
    with pytest.raises(InputError, match=r"no benchmark file of any of the 1 jobs .*run the study"):
        measured(study[2:], tmp_path)


def test_what_is_written_is_read_again(study, tmp_path):
    costs = measured(study, tmp_path)
    write_costs(costs, tmp_path / "a.json", study="a", machine={"gpu": None})
    (read,) = read_costs(tmp_path)
    assert (read.study, read.costs) == ("a", costs)
    assert read.told["machine"] == {"gpu": None}


@pytest.mark.parametrize("text", ["{", '{"study": "a"}', '{"study": "a", "jobs": [{"rule": 1}]}'])
def test_a_file_that_is_none_is_told_with_what_to_do(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a\.json: not the costs of a study .*write_costs"):
        read_costs(tmp_path)


def test_rows_stand_a_line_each(study, tmp_path):
    write_costs(measured(study, tmp_path), tmp_path / "a.json", study="a")
    text = (tmp_path / "a.json").read_text()
    assert json.loads(text)["study"] == "a"
    assert text.count("\n") == 6
