"""Whole runs: an interrupted one ends with the same bytes, and broken sums are an error."""

import logging

import numpy as np
import pytest

from incomelens.shapley import runs
from incomelens.shapley.background import kmeans_background
from incomelens.shapley.inputs import GaussianProcessMean
from incomelens.shapley.mixture import StationaryKernel
from incomelens.shapley.runs import Settings, check_efficiency, explain_games
from incomelens.shapley.task import Task


class KilledError(Exception):
    """What a run that is killed leaves behind, without killing the tests."""


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
        points=points,
        noise=np.full(22, 0.1),
        precision=None,
        columns=("bachelor", "white", "latitude", "longitude"),
        ids=np.array([f"d{i:02d}" for i in range(22)]),
        label="usd",
        label_mean=4e4,
        label_sd=2e4,
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
