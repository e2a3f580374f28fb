"""Intervals of out-of-fold scores: shared draws, blocks that stay together, honest coverage."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binom, binomtest

from incomelens.inference.intervals import resample, resample_folds
from incomelens.inference.metrics import score, score_terms, scores_from_totals

BLOCK = np.repeat(np.arange(12), 5)
STRADDLING = np.tile(np.arange(5), 12)
NESTED = BLOCK % 3


def accuracy(sums):
    return scores_from_totals(sums)["accuracy"]


def world(n=60, seed=0):
    rng = np.random.default_rng(seed)
    observed = rng.integers(1, 6, n)
    return observed, np.clip(observed + rng.integers(-1, 2, n), 1, 5)


@pytest.mark.parametrize("fold", [STRADDLING, NESTED])
def test_every_sum_of_the_sample_itself_is_that_of_its_cells(fold):
    observed, predicted = world()
    sums = resample_folds(score_terms(observed, predicted), fold, BLOCK, n_resamples=5, seed=1)
    assert sums.pooled.map(accuracy).value[0] == score(observed, predicted).accuracy
    own = [score(observed[fold == f], predicted[fold == f]).accuracy for f in np.unique(fold)]
    assert [part.map(accuracy).value[0] for part in sums.folds.values()] == pytest.approx(own)
    assert sums.mean_of_folds(accuracy).value[0] == pytest.approx(np.mean(own))


def test_same_seed_same_draws_and_another_seed_others():
    terms = score_terms(*world())
    first, second, other = (resample(terms, BLOCK, n_resamples=9, seed=s) for s in (1, 1, 2))
    assert_array_equal(first.by_cell, second.by_cell)
    assert_array_equal(first.by_block, second.by_block)
    assert not np.array_equal(first.by_cell, other.by_cell)


@pytest.mark.parametrize("fold", [STRADDLING, NESTED])
def test_a_model_has_no_difference_from_itself_in_any_resample(fold):
    terms = score_terms(*world())
    sums = resample_folds(np.hstack([terms, terms]), fold, BLOCK, n_resamples=20, seed=1)
    width = terms.shape[1]
    parts = [sums.pooled, sums.together, *sums.folds.values()]
    for part in parts:
        first, second = (part.map(lambda s, c=c: s[..., c:][..., :width]) for c in (0, width))
        difference = first.minus(second)
        for values in (difference.value, difference.by_cell, difference.by_block):
            assert not np.nan_to_num(values).any()


def test_blocks_inside_folds_are_drawn_within_each_fold():
    """Every fold keeps its number of cells in every resample of a mean of folds."""
    sums = resample_folds(score_terms(*world()), NESTED, BLOCK, n_resamples=30, seed=1)
    assert_array_equal(sums.together.by_block[:, :, 0], np.full((30, 3), 20))


def test_blocks_across_folds_stay_together():
    """Each block has one cell in each fold: every fold must see the same blocks drawn."""
    marks = np.hstack([np.ones((60, 1)), np.eye(12)[BLOCK]])
    sums = resample_folds(marks, STRADDLING, BLOCK, n_resamples=30, seed=1)
    assert_array_equal(sums.together.by_block, sums.together.by_block[:, :1].repeat(5, axis=1))
    assert sums.together.by_block[:, 0, 1:].std(axis=0).min() > 0


def test_a_single_block_has_nothing_to_resample():
    row = resample(score_terms(*world()), np.zeros(60, int), n_resamples=9, seed=1)
    row = row.map(accuracy).row("accuracy")
    assert row["n_blocks"] == 1
    assert np.isnan(row["block_ci_low"])
    assert np.isfinite(row["ci_low"])


def test_errors_shared_by_a_block_widen_the_block_interval_alone():
    observed, _ = world()
    predicted = np.where(BLOCK % 2 == 0, observed, 1 + observed % 5)
    row = resample(score_terms(observed, predicted), BLOCK, n_resamples=400, seed=1)
    row = row.map(accuracy).row("accuracy")
    ratio = (row["block_ci_high"] - row["block_ci_low"]) / (row["ci_high"] - row["ci_low"])
    # Five cells of a block count as one: sqrt(5) = 2.2.
    assert 1.7 < ratio < 2.7


def simulated(n, seed, overconfidence):
    """Cells, each of a binomial head that makes too much of what it sees, or is calibrated."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 1.2, n)
    observed = 1 + rng.binomial(4, 1 / (1 + np.exp(-z)))
    p = 1 / (1 + np.exp(-overconfidence * z))
    probabilities = binom.pmf(np.arange(5), 4, p[:, None])
    return score_terms(observed, probabilities.argmax(axis=1) + 1, p=p, probabilities=probabilities)


def test_intervals_cover_the_truth_as_often_as_they_say():
    """100 worlds of 200 cells: as many hits as a binomial with 94 % would give (P > 0.001)."""
    truth = scores_from_totals(simulated(200_000, 999, 2.0).sum(axis=0, keepdims=True))
    names = ["accuracy", "mae", "pearson_r", "kappa_quadratic", "rps", "ece"]
    hits = dict.fromkeys(names, 0)
    for seed in range(100):
        terms = simulated(200, seed, 2.0)
        sums = resample(terms, np.arange(200) // 2, n_resamples=200, seed=seed)
        for name in names:
            row = sums.map(lambda s, name=name: scores_from_totals(s)[name]).row(name)
            for low, high in (("ci_low", "ci_high"), ("block_ci_low", "block_ci_high")):
                hits[name] += (row[low] <= truth[name][0] <= row[high]) / 2
    for name, number in hits.items():
        assert binomtest(int(number), 100, 0.94).pvalue > 0.001, (name, number)


def test_the_error_of_a_calibrated_model_may_be_zero():
    """Percentiles of resamples never reach the truth, 0; the interval in the table often does."""
    reached = {"percentile": 0, "table": 0}
    for seed in range(40):
        sums = resample(simulated(200, seed, 1.0), np.arange(200), n_resamples=200, seed=seed)
        error = sums.map(lambda s: scores_from_totals(s)["ece"])
        reached["percentile"] += np.percentile(error.by_cell, 2.5) <= 0
        reached["table"] += error.row("ece")["ci_low"] <= 0
    assert reached["percentile"] == 0
    assert reached["table"] >= 20


def test_a_difference_has_the_interval_of_paired_cells():
    """Two models that differ in three cells: the difference is known better than the levels."""
    observed, predicted = world(60, seed=3)
    other = predicted.copy()
    right = np.flatnonzero(predicted == observed)[:3]
    other[right] = 1 + other[right] % 5
    terms = np.hstack([score_terms(observed, predicted), score_terms(observed, other)])
    width = terms.shape[1] // 2
    sums = resample(terms, BLOCK, n_resamples=400, seed=1)
    first, second = (sums.map(lambda s, c=c: accuracy(s[:, c:])) for c in (0, width))
    alone, paired = first.row(), first.minus(second).row()
    assert paired["ci_high"] - paired["ci_low"] < 0.6 * (alone["ci_high"] - alone["ci_low"])
    assert_allclose(paired["value"], alone["value"] - second.row()["value"])
