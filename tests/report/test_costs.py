"""Costs of jobs: what Snakemake measured, of this study's jobs only."""

import pandas as pd
import pytest
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.report.provenance import costs_by, job_costs

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "benchmarks"
    for name, row in {
        "ssig/fit_gp/tract.tsv": "14.1\t0:00:14\t396.3\t2\t2\t2\t0\t1\t38\t5.7\n",
        "ssig/fit_gp/zip.tsv": "0.1\t0:00:00\tNA\tNA\tNA\tNA\tNA\tNA\tNA\tNA\n",
        "cells/build_cells/lyon.tsv": "3.0\t0:00:03\t100\t2\t2\t2\t0\t1\t38\t2.5\n",
        "folds/pick.tsv": "1.0\t0:00:01\t100\t2\t2\t2\t0\t1\t38\t1.0\n",
        "cells/build_cells/gone.tsv": "9.0\t0:00:09\t900\t2\t2\t2\t0\t1\t38\t9.0\n",
    }.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + row)
    return place


def test_every_job_is_told_with_its_stage_rule_and_costs(folder):
    jobs = job_costs(folder, others=["gone"]).set_index(["stage", "rule", "job"])
    tract = jobs.loc["ssig", "fit_gp", "tract"]
    assert_allclose(
        tract[["wall_s", "processor_s", "peak_memory_mib"]].tolist(), [14.1, 5.7, 396.3]
    )


def test_a_job_of_a_city_that_the_study_no_longer_has_is_left_out(folder):
    jobs = job_costs(folder, others=["gone", "ope", "tract-zip"])
    assert jobs["job"].tolist() == ["lyon", "", "tract", "zip"]


def test_the_report_does_not_count_itself(folder):
    (folder / "report").mkdir()
    (folder / "cells/build_cells/lyon.tsv").rename(folder / "report/write_report.tsv")
    assert "report" not in set(job_costs(folder, others=["gone"])["stage"])


def test_a_job_too_short_to_be_measured_counts_without_memory(folder):
    stage = costs_by(job_costs(folder, others=["gone"]), ["stage"]).set_index("stage").loc["ssig"]
    assert stage["n_jobs"] == 2
    assert_allclose([stage["wall_s"], stage["longest_s"]], [14.2, 14.1])
    assert_allclose([stage["processor_s"], stage["peak_memory_mib"]], [5.7, 396.3])


def test_a_study_without_benchmarks_has_no_jobs(tmp_path):
    jobs = job_costs(tmp_path / "none", others=[])
    assert jobs.empty
    assert costs_by(jobs, ["stage"]).empty


def test_a_file_of_another_kind_is_named(folder):
    path = folder / "cells/build_cells/lyon.tsv"
    pd.DataFrame({"s": [1.0]}).to_csv(path, sep="\t", index=False)
    with pytest.raises(InputError, match=r"lyon\.tsv: lacks the column cpu_time, max_rss; .*rule"):
        job_costs(folder, others=["gone"])
