"""The figure of all models under all folds shows what its table holds."""

import numpy as np
import pytest

from incomelens.common.errors import InputError
from incomelens.paper.draw.dots import LEAST_SHOWN
from incomelens.paper.ssig.figure_validation import exhibit


@pytest.fixture
def scores(summary):
    """Scores between -1 and 1."""
    columns = ["mean_of_folds", "pooled", "ci_low", "ci_high", "block_ci_low", "block_ci_high"]
    return summary.assign(**{name: np.tanh(summary[name] / 1000) for name in columns})


def panels(figure):
    return [axes for axes in figure.axes if axes.get_title()]


def test_table_has_every_mode_of_ssig_and_one_of_the_ablation(scores):
    table = exhibit(scores, metric="cod").table
    assert set(zip(table["model"], table["mode"], strict=True)) == {
        ("ssig", "literal"),
        ("ssig", "optimised"),
        ("spatial", "optimised"),
        ("ridge", "reference"),
    }
    assert len(table) == 4 * 4 * 2


def test_dots_stand_at_the_pooled_scores(scores):
    table = exhibit(scores, metric="cod").table
    axes = panels(exhibit(scores, metric="cod").figure)[0]
    drawn = sorted(x for line in axes.lines if line.get_marker() in "os" for x in line.get_xdata())
    task = table[(table["level"] == "tract") & (table["income"] == "per_capita_income")]
    assert drawn == pytest.approx(sorted(task["pooled"]))


def test_score_off_the_scale_is_printed_as_a_number(scores):
    far = scores.assign(pooled=scores["pooled"].where(scores["metric"] != "cod", -1.234))
    axes = panels(exhibit(far, metric="cod").figure)[0]
    assert "−1.23" in [text.get_text() for text in axes.texts]
    assert axes.get_xlim()[0] == LEAST_SHOWN


def test_a_missing_score_has_no_dot(scores):
    missing = scores.assign(pooled=scores["pooled"].where(scores["model"] != "ridge"))
    axes = exhibit(missing, metric="r2").figure.axes[0]
    assert not [text.get_text() for text in axes.texts if "nan" in text.get_text()]


@pytest.mark.parametrize("schemes", [["random"], ["random", "block"], ["block"]])
def test_studies_with_fewer_schemes_are_drawn(scores, schemes):
    figure = exhibit(scores[scores["scheme"].isin(schemes)], metric="cod").figure
    assert len(figure.legends[0].get_texts()) == len(schemes)


def test_study_with_one_task_gets_one_panel(scores):
    one = scores[(scores["level"] == "zip") & (scores["income"] == "per_capita_income")]
    assert len(panels(exhibit(one, metric="r2").figure)) == 1


def test_unknown_metric_is_refused(scores):
    with pytest.raises(InputError, match="no row with the metric 'r3'; expected cod or r2"):
        exhibit(scores, metric="r3")


def test_both_formats_are_written(tmp_path, scores):
    paths = {form: tmp_path / f"v.{form}" for form in ("pdf", "png", "csv", "json")}
    exhibit(scores, metric="cod").write(paths)
    assert all(paths[form].stat().st_size > 5_000 for form in ("pdf", "png"))
