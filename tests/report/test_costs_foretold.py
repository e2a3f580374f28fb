"""Costs of planned jobs: fitted, scaled, and told where they are extrapolated or not measured."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.report.costs.foretold import foretell, told
from incomelens.report.costs.growth import Point, growth
from incomelens.report.costs.measured import Cost, Measured
from incomelens.report.costs.planned import Job
from incomelens.report.costs.sizes import Size

RUN = {"measured": "2026-11-30T08:00:00", "machine": {"processor": "AMD EPYC"}}


def size(cells, *, rule="build_cells", kind=""):
    return Size(rule, kind, {"cells": float(cells)})


def images(cells, kind):
    return Size("predict_cells", kind, {"cells": cells, "pixels": 100, "predicted_batch": 2})


def job(rule="build_cells", *, stage="cells", gpu=False):
    return Job(stage, rule, "x.tsv", {}, gpu)


def measured(*costs):
    return [Measured("small", RUN, costs)]


def cost(size, seconds, *, n_jobs=1, gpu=False, mib=100.0):
    return Cost("cells", size.family, size, n_jobs, seconds, 2 * seconds, mib, 0.5, gpu)


TWO_SIZES = (cost(size(100), 3.0), cost(size(400), 6.0))  # 2 s and a hundredth a cell


@given(
    start=st.floats(0, 100),
    unit=st.floats(0.1, 10),
    works=st.lists(st.integers(1, 10**6), min_size=2, max_size=9, unique=True),
)
def test_a_start_and_a_cost_a_unit_are_found_again(start, unit, works):
    works = [min(works), 3 * max(works), *works]
    points = [Point(work, start + unit * work) for work in works]
    found = growth(points, least=min(point.cost for point in points))
    if found.grows:
        assert_allclose([found.at(work) for work in works], [p.cost for p in points], rtol=1e-6)


def test_a_larger_job_costs_its_start_and_so_much_a_unit():
    foretold = foretell([job()], [size(600)], measured(*TWO_SIZES))
    assert_allclose(foretold.total.processor_s, 8.0)
    assert not foretold.extrapolated
    assert not foretold.is_least


def test_a_job_far_beyond_what_was_measured_is_extrapolated_and_told():
    far_apart = measured(cost(size(100), 3.0), cost(size(10_000), 102.0))
    foretold = foretell([job()], [size(1_000_000)], far_apart)
    assert_allclose(foretold.total.processor_s, 10_002.0)
    assert foretold.extrapolated == {("build_cells", ""): (pytest.approx(10_002.0), 100.0)}
    text = told(foretold, far_apart)
    assert "extrapolated, 100 % of the hours: build_cells to 100 times its size" in text


def test_costs_that_hardly_rose_are_told_no_further_than_they_rose():
    """Jobs twice as dear at four times the size say nothing of jobs a hundred times as large."""
    foretold = foretell([job()], [size(40_000)], measured(*TWO_SIZES))
    assert_allclose(foretold.total.processor_s, 2 + 8)
    assert not foretold.extrapolated
    assert foretold.is_least


def test_a_slow_start_of_one_mode_is_not_made_days_of_work():
    """Two modes at 80 districts, of which one compiles more, foretold for 2,117 districts."""

    def explained(mode, districts):
        quantities = {"districts": districts, "support": districts, "background": 12.0}
        return Size("explain_income", mode, quantities)

    known = measured(cost(explained("ard", 80.0), 3.6), cost(explained("additive", 80.0), 16.2))
    asked = [explained("additive", 2_117.0), explained("additive", 100.0)]
    foretold = foretell([job("explain_income")] * 2, asked, known)
    assert foretold.total.processor_s < 120  # and no days
    assert foretold.is_least
    text = told(foretold, known)
    assert "at least" in text
    assert "too near one size to tell, counted as if costs grew no further" in text
    assert "explain_income of additive to 700 times its size" in text


def test_one_size_alone_does_not_tell_how_a_cost_grows():
    """What a cheap job costs is its start: the sum is a least one."""
    one = measured(cost(size(100), 3.0))
    foretold = foretell([job()], [size(40_000)], one)
    assert_allclose(foretold.total.processor_s, 3.0)
    assert foretold.is_least
    assert "measured too near one size to tell" in told(foretold, one)
    assert "at least" in told(foretold, one)
    smaller = foretell([job()], [size(10)], one)
    assert "build_cells to 0.10 times its size" in told(smaller, one)
    assert not smaller.is_least


def test_of_one_size_what_costs_much_more_than_the_start_of_the_rule_grows():
    known = measured(cost(images(10, "small net"), 2.0), cost(images(10, "large net"), 22.0))
    foretold = foretell([job("predict_cells")], [images(30, "large net")], known)
    assert_allclose(foretold.total.processor_s, 62.0)


def test_a_kind_that_was_not_measured_borrows_and_says_so():
    known = measured(cost(images(10, "small net"), 2.0))
    foretold = foretell([job("predict_cells")], [images(10, "other net")], known)
    assert_allclose(foretold.total.processor_s, 2.0)
    text = told(foretold, known)
    assert "with another network, methods or mode: predict_cells of other net" in text


def test_a_rule_without_a_measurement_is_named_and_not_guessed():
    foretold = foretell(
        [job(), job("train_network")], [size(100), size(1, rule="train_network")],
        measured(*TWO_SIZES),
    )  # fmt: skip
    assert_allclose(foretold.total.processor_s, 3.0)
    assert "not measured, counted as nothing: train_network (1)" in told(foretold, [])


def test_what_a_gpu_takes_is_not_made_up_from_processors():
    jobs, sizes = [job("predict_cells", gpu=True)], [images(10, "net")]
    without = foretell(jobs, sizes, measured(cost(images(10, "net"), 4.0)))
    assert without.total.gpu_s is None
    assert "1 jobs ask for a GPU; what they take on one was not measured" in told(without, [])
    both = (cost(images(10, "net"), 4.0), cost(images(10, "net"), 0.5, gpu=True))
    assert_allclose(foretell(jobs, sizes, measured(*both)).total.gpu_s, 1.0)  # on the wall


def test_memory_is_that_of_the_largest_job_and_raw_files_are_as_large_as_they_are():
    known = measured(
        cost(size(100), 3.0, mib=2048.0), cost(Size("fetch_source", "", {}), 1.0, mib=10.0)
    )
    jobs = [job(), job(), job("fetch_source", stage="sources")]
    sizes = [size(100), size(100), Size("fetch_source", "", {})]
    foretold = foretell(jobs, sizes, known, raw_mib=5120.0)
    assert_allclose([foretold.total.memory_mib, foretold.total.disk_mib], [2048.0, 5121.0])


def test_nothing_measured_and_nothing_to_run_are_told():
    assert told(foretell([], [], []), []) == "nothing is left to run"
    text = told(foretell([job()], [size(1)], []), [], assumed=["15,000 cells of lyon"])
    assert "measured: nothing yet" in text
    assert "assumed: 15,000 cells of lyon" in text
