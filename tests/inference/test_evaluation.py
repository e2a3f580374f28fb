"""The tables of an evaluation: the contract's columns, and numbers that agree with one another."""

import logging

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from incomelens.common.errors import InputError
from incomelens.inference.evaluation import evaluate
from incomelens.inference.metrics import METRICS, score

from .towns import PROBABILITIES, network_like, town

CONTRACT = ["model", "fold", "n", "accuracy", "accuracy_within_1", "mae", "pearson_r"]


@pytest.fixture(scope="module", params=["random", "block"])
def folds(request):
    return town(scheme=request.param)


@pytest.fixture(scope="module")
def cells(folds):
    return pd.DataFrame({"cell_id": folds["cell_id"], "imputed": np.arange(len(folds)) % 4 == 0})


@pytest.fixture(scope="module")
def models(folds):
    return {
        "network": network_like(folds, noise=0.5),
        "noisy": network_like(folds, noise=2.0, seed=1),
        "silent": network_like(folds, seed=2).assign(
            **dict.fromkeys([*PROBABILITIES, "p"], np.nan)
        ),
    }


@pytest.fixture(scope="module")
def evaluation(models, folds, cells):
    return evaluate(models, folds, cells, seed=1, n_resamples=200)


def test_metrics_have_the_contracts_columns_and_the_folds_own_scores(evaluation, models, folds):
    metrics = evaluation.metrics
    assert {*CONTRACT, "kappa_quadratic", "ece", "rps", "cells"} <= set(metrics)
    assert len(metrics) == len(models) * 3 * 2
    own = models["noisy"].query("fold == 2")
    expected = score(
        own["observed"].to_numpy(),
        own["predicted"].to_numpy(),
        p=own["p"].to_numpy(),
        probabilities=own[PROBABILITIES].to_numpy(),
    )
    row = metrics.query("model == 'noisy' and fold == 2 and cells == 'all'").iloc[0]
    assert row["n"] == expected.n
    for name in METRICS:
        assert row[name] == pytest.approx(getattr(expected, name)), name


def test_pooled_and_mean_of_folds_are_what_they_are_called(evaluation, models):
    summary = evaluation.summary.query("model == 'network' and cells == 'all'")
    summary = summary.set_index(["scope", "metric"])["value"]
    own = models["network"]
    pooled = score(
        own["observed"].to_numpy(),
        own["predicted"].to_numpy(),
        p=own["p"].to_numpy(),
        probabilities=own[PROBABILITIES].to_numpy(),
    )
    metrics = evaluation.metrics.query("model == 'network' and cells == 'all'")
    for name in METRICS:
        assert summary["pooled", name] == pytest.approx(getattr(pooled, name)), name
        assert summary["mean_of_folds", name] == pytest.approx(metrics[name].mean()), name
        assert summary["fold_1", name] == pytest.approx(metrics[name].iloc[1]), name


def test_intervals_hold_their_value(evaluation):
    rows = evaluation.summary.query("metric != 'ece' and model != 'silent'")
    assert rows["value"].between(rows["ci_low"], rows["ci_high"]).mean() > 0.98
    assert rows["value"].between(rows["block_ci_low"], rows["block_ci_high"]).mean() > 0.98


def test_a_model_without_probabilities_has_the_other_scores(evaluation):
    values = evaluation.summary.query("model == 'silent' and scope == 'pooled'")
    values = values.groupby("metric")["value"].first()
    assert values[["rps", "ece", "pearson_r_expected"]].isna().all()
    assert values[["accuracy", "pearson_r", "kappa_quadratic"]].notna().all()


def test_a_model_that_says_one_thing_a_fold_has_no_correlation(models, folds, cells):
    """The majority class of the training cells differs between folds; that is no skill."""
    majority = models["silent"].assign(predicted=lambda table: 1 + table["fold"])
    found = evaluate(
        {"network": models["network"], "majority": majority}, folds, cells, seed=1, n_resamples=50
    )
    own = found.summary.query("model == 'majority' and metric == 'pearson_r'")
    assert own[["value", "ci_low", "block_ci_low"]].isna().all(axis=None)
    accuracy = found.summary.query("model == 'majority' and metric == 'accuracy'")
    assert accuracy["value"].notna().all()
    difference = found.comparisons.query("metric == 'pearson_r'")
    assert difference["value"].isna().all()


def test_imputed_cells_are_left_out_of_the_second_sample(evaluation, models, cells):
    n = evaluation.metrics.query("model == 'network'").groupby("cells")["n"].sum()
    assert n["all"] == 144
    assert n["without_imputed"] == 108
    own = models["network"].loc[~cells["imputed"].to_numpy()]
    row = evaluation.summary.query(
        "cells == 'without_imputed' and model == 'network' and scope == 'pooled'"
    ).set_index("metric")
    assert row.loc["accuracy", "value"] == pytest.approx((own.observed == own.predicted).mean())


def test_the_first_model_is_compared_with_the_others_under_the_same_draws(evaluation):
    pooled = evaluation.summary.query("scope == 'pooled'").set_index(["cells", "model", "metric"])
    comparisons = evaluation.comparisons
    assert comparisons["model"].unique().tolist() == ["network"]
    assert comparisons["against"].unique().tolist() == ["noisy", "silent"]
    for _, row in comparisons.query("against == 'noisy'").iterrows():
        first, other = (pooled.loc[row["cells"], m, row["metric"]] for m in ("network", "noisy"))
        assert_allclose(row["value"], first["value"] - other["value"])
    accuracy = comparisons.query("metric == 'accuracy' and against == 'noisy'").iloc[0]
    assert accuracy["ci_low"] > 0


def test_the_confusion_counts_are_scikit_learns(evaluation, models):
    rows = evaluation.confusion.query("model == 'noisy' and cells == 'all'")
    own = models["noisy"]
    counts = confusion_matrix(own["observed"], own["predicted"], labels=range(1, 6))
    found = rows.pivot_table(index="observed", columns="predicted", values="n")
    assert (found.to_numpy() == counts).all()
    assert_allclose(rows.groupby("observed")["share"].sum(), 1)
    by_fold = []
    for _, part in own.groupby("fold"):
        counts = confusion_matrix(part["observed"], part["predicted"], labels=range(1, 6))
        of_class = counts.sum(axis=1, keepdims=True)
        by_fold.append(counts / np.where(of_class > 0, of_class, np.nan))
    mean = rows.pivot_table(index="observed", columns="predicted", values="share_mean_of_folds")
    assert_allclose(mean.to_numpy(), np.nanmean(by_fold, axis=0))


def test_class_scores_are_scikit_learns(evaluation, models):
    rows = evaluation.classes.query("model == 'network' and cells == 'all'")
    own = models["network"]
    options = {"labels": range(1, 6), "average": None}
    assert_allclose(rows["recall"], recall_score(own["observed"], own["predicted"], **options))
    precision = precision_score(own["observed"], own["predicted"], **options)
    assert_allclose(rows["precision"], precision)
    assert rows["n"].sum() == rows["n_predicted"].sum() == 144
    near = own.query("observed == 4")
    expected = near["predicted"].between(3, 5).mean()
    assert rows.query("income_class == 4")["recall_within_1"].item() == pytest.approx(expected)
    assert rows["recall"].between(rows["block_ci_low"], rows["block_ci_high"]).all()


def test_a_class_nobody_has_has_no_recall_and_one_nobody_gets_no_precision(folds, cells):
    few = folds.assign(income_class=folds["income_class"].clip(2, 4))
    table = network_like(few).assign(predicted=3)
    classes = evaluate({"network": table}, few, cells, seed=1, n_resamples=20).classes
    classes = classes.query("cells == 'all'").set_index("income_class")
    assert np.isnan(classes.loc[1, "recall"])
    assert np.isnan(classes.loc[1, "ci_low"])
    assert np.isnan(classes.loc[2, "precision"])
    assert classes.loc[2, "recall"] == 0
    assert classes.loc[3, "recall"] == 1


def test_the_order_of_rows_changes_no_number(evaluation, models, folds, cells):
    shuffled = [table.sample(frac=1, random_state=3) for table in (folds, cells)]
    tables = {name: table.sample(frac=1, random_state=4) for name, table in models.items()}
    other = evaluate(tables, *shuffled, seed=1, n_resamples=200)
    pd.testing.assert_frame_equal(evaluation.summary, other.summary)
    pd.testing.assert_frame_equal(evaluation.confusion, other.confusion)


def test_a_model_beside_changes_no_number_of_another(evaluation, models, folds, cells):
    alone = evaluate({"noisy": models["noisy"]}, folds, cells, seed=1, n_resamples=200)
    beside = evaluation.summary.query("model == 'noisy'").reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.summary, beside)
    assert alone.comparisons.empty


def test_a_city_of_imputed_cells_is_scored_with_them_and_says_so(models, folds, cells, caplog):
    with caplog.at_level(logging.WARNING):
        tables = evaluate(models, folds, cells.assign(imputed=True), seed=1, n_resamples=20)
    assert tables.metrics["cells"].unique().tolist() == ["all"]
    assert "every cell is imputed" in caplog.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.iloc[1:], "predictions of network: 1 of 144 cells of the folds are missing"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "predictions of network: 1 cells stand there twice"),
        (
            lambda t: pd.concat([t, t.iloc[:1].assign(cell_id="elsewhere")]),
            "1 cells are not in the folds: elsewhere",
        ),
        (lambda t: t.assign(observed=6 - t["observed"]), "observed of .* cells differs from"),
        (lambda t: t.assign(fold=t["fold"] + 1), "fold of 144 cells differs from fold of the"),
        (lambda t: t.assign(predicted=t["predicted"] - 1), "predicted class 0"),
        (lambda t: t.assign(p=t["p"].where(t.index > 0)), "p missing for 1 of 144 cells"),
    ],
)
def test_predictions_that_do_not_fit_the_folds_are_refused(models, folds, cells, change, message):
    with pytest.raises(InputError, match=message):
        evaluate({"network": change(models["network"])}, folds, cells, seed=1, n_resamples=5)


def test_cells_without_a_flag_are_named(models, folds, cells):
    with pytest.raises(InputError, match="cells: 1 of 144 cells of the folds are missing"):
        evaluate(models, folds, cells.iloc[1:], seed=1, n_resamples=5)


def test_no_model_is_no_evaluation(folds, cells):
    with pytest.raises(InputError, match="name at least one model"):
        evaluate({}, folds, cells, seed=1)
