"""A killed run goes on where it stopped and ends with the same bytes; other chunks are not used."""

import logging

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from incomelens.shapley import runs
from incomelens.shapley.background import kmeans_background
from incomelens.shapley.checkpoint import digest_of, discard_chunks, gather_chunks
from incomelens.shapley.inputs import GaussianProcessMean
from incomelens.shapley.mixture import StationaryKernel
from incomelens.shapley.runs import Settings, check_efficiency, explain_games
from incomelens.shapley.task import Task

ROWS = np.random.default_rng(0).normal(size=(10, 3))


class KilledError(Exception):
    """What a run that is killed leaves behind, without killing the tests."""


def computing(calls, dies_at=None, size=4):
    """Chunks of ROWS, noting where a run began; it dies before the chunk at `dies_at`."""

    def compute(start):
        calls.append(start)
        for first in range(start, len(ROWS), size):
            if first == dies_at:
                raise KilledError
            yield slice(first, min(first + size, len(ROWS))), ROWS[first : first + size]

    return compute


def gather(compute, folder, digest="a"):
    return gather_chunks(
        compute, n_rows=len(ROWS), folder=folder, digest=digest, description="rows"
    )


def test_a_killed_run_goes_on_with_the_first_chunk_it_lacks(tmp_path):
    calls = []
    with pytest.raises(KilledError):
        gather(computing(calls, dies_at=8), tmp_path)
    assert_array_equal(gather(computing(calls), tmp_path), ROWS)
    assert calls == [0, 8]


def test_a_finished_computation_is_only_read(tmp_path):
    calls = []
    gather(computing(calls), tmp_path)
    assert gather(computing(calls), tmp_path).tobytes() == ROWS.tobytes()
    assert calls == [0, 10]


def test_chunks_of_other_inputs_are_removed_and_not_used(tmp_path):
    calls = []
    gather(computing(calls), tmp_path, digest="a")
    gather(computing(calls), tmp_path, digest="b")
    assert calls == [0, 0]
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_broken_chunk_and_all_behind_it_are_computed_again(tmp_path, caplog):
    calls = []
    gather(computing(calls), tmp_path)
    (tmp_path / "a" / "0000004.npy").write_bytes(b"\x93NUMPY torn")
    with caplog.at_level(logging.WARNING):
        assert_array_equal(gather(computing(calls), tmp_path), ROWS)
    assert calls == [0, 4]
    assert "0000004.npy cannot be read; it is computed again" in caplog.text


def test_discarded_chunks_leave_no_folder(tmp_path):
    gather(computing([]), tmp_path / "parts")
    discard_chunks(tmp_path / "parts")
    discard_chunks(tmp_path / "parts")
    assert list(tmp_path.iterdir()) == []


def test_digest_follows_settings_values_shapes_and_order():
    settings, array = {"tolerance": 1e-6, "names": ("a", "b")}, np.arange(6.0)
    first = digest_of(settings, array)
    assert first == digest_of({"names": ("a", "b"), "tolerance": 1e-6}, array.copy())
    others = [
        digest_of({**settings, "tolerance": 1e-7}, array),
        digest_of(settings, array.reshape(2, 3)),
        digest_of(settings, array.astype(np.float32)),
        digest_of(settings, array + 1e-12),
        digest_of(settings, array, array),
    ]
    assert len({first, *others}) == 6


@pytest.fixture(scope="module")
def task() -> Task:
    rng = np.random.default_rng(5)
    points = rng.normal(size=(22, 4))
    model = GaussianProcessMean(
        points, rng.normal(size=22), StationaryKernel("matern", 1.5), 2.0, 1.5
    )
    return Task(
        names={"level": "tract", "income": "per_capita_income", "mode": "optimised"},
        model=model,
        noise=np.full(22, 0.1),
        columns=("bachelor", "white", "latitude", "longitude"),
        ids=np.array([f"d{i:02d}" for i in range(22)]),
        label_mean_usd=4e4,
        label_sd_usd=2e4,
        background=kmeans_background(points, 5, seed=0),
    )


SETTINGS = {
    "exact": Settings(),
    # Fewer coalitions than there are, so that the library draws some.
    "shap_kernel": Settings(
        explainer="shap_kernel", shap_kernel={"l1_reg": False, "nsamples": 10}, seed=3
    ),
}


@pytest.mark.filterwarnings("ignore:The set_(bad|over|under) function")  # shap's colour maps
@pytest.mark.parametrize("explainer", ["exact", "shap_kernel"])
def test_an_interrupted_explanation_ends_with_the_same_bytes(
    task, tmp_path, monkeypatch, explainer
):
    settings = SETTINGS[explainer]
    monkeypatch.setattr(runs, "CHUNK", {"exact": 4, "shap_kernel": 4})
    whole = explain_games(task, settings, parts=tmp_path / "whole", code="c")

    chunks = runs._chunks

    def dying(*arguments):
        for number, chunk in enumerate(chunks(*arguments)):
            if number == 2:
                raise KilledError
            yield chunk

    with monkeypatch.context() as patched:
        patched.setattr(runs, "_chunks", dying)
        with pytest.raises(KilledError):
            explain_games(task, settings, parts=tmp_path / "resumed", code="c")
    assert len(list((tmp_path / "resumed").rglob("*.npy"))) == 2
    resumed = explain_games(task, settings, parts=tmp_path / "resumed", code="c")
    for game in ("twelve", "eleven"):
        assert resumed[game].values.tobytes() == whole[game].values.tobytes()
    assert whole["twelve"].values.shape == (22, 4)
    assert whole["eleven"].players.names == ("bachelor", "white", "location")


def test_chunks_of_an_edited_program_or_another_tolerance_are_not_used(task, tmp_path, caplog):
    explain_games(task, Settings(), parts=tmp_path, code="c")
    with caplog.at_level(logging.INFO):
        explain_games(task, Settings(memory_mb=2000.0), parts=tmp_path, code="c")
    assert "22 of 22 districts were done before" in caplog.text
    for settings, code in ((Settings(), "d"), (Settings(tolerance=1e-4), "d")):
        caplog.clear()
        with caplog.at_level(logging.INFO):
            explain_games(task, settings, parts=tmp_path, code=code)
        assert "done before" not in caplog.text
        assert "inputs or settings have changed" in caplog.text


def test_values_that_do_not_sum_to_the_prediction_are_an_error(task, tmp_path):
    result = explain_games(task, Settings(), parts=tmp_path, code="c")["twelve"]
    assert check_efficiency(result, task.ids, tolerance=1e-6) <= result.error_bound
    for fault in (1e-5, np.nan):
        result.values[3, 0] += fault
        with pytest.raises(
            ArithmeticError, match=r"broken for d03\. This is a fault of the program"
        ):
            check_efficiency(result, task.ids, tolerance=1e-6)
