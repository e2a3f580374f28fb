"""Both explainers behind one door, and the trap in the library's default."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.common.errors import InputError
from incomelens.shapley.explainers import explain
from incomelens.shapley.inputs import merged_players


def test_exact_is_the_default(model, inputs, background):
    result = explain(model, inputs[:2], background)
    assert result.explainer == "exact"
    assert np.abs(result.efficiency_gap).max() <= result.error_bound


def test_all_coalitions_in_the_kernel_explainer_give_the_exact_values(model, inputs, background):
    exact = explain(model, inputs[:3], background, tolerance=1e-9)
    kernel = explain(
        model, inputs[:3], background, explainer="shap_kernel", l1_reg=False, nsamples=2**6
    )
    # The library solves a regression; 1e-8 is what its solver leaves.
    assert_allclose(kernel.values, exact.values, rtol=0, atol=1e-8)
    assert_allclose(kernel.base_value, exact.base_value)
    assert "l1_reg=False, nsamples=64" in kernel.explainer


def test_groups_of_columns_in_the_kernel_explainer(model, inputs, background):
    players = merged_players(list("abcdef"), {"location": ["e", "f"]})
    exact = explain(model, inputs[:2], background, players=players, tolerance=1e-9)
    kernel = explain(
        model, inputs[:2], background, players=players, explainer="shap_kernel", nsamples=64
    )
    assert_allclose(kernel.values, exact.values, rtol=0, atol=1e-8)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_selection_of_players_zeroes_the_others(model, inputs, background):
    result = explain(
        model,
        inputs[:2],
        background,
        explainer="shap_kernel",
        l1_reg="num_features(4)",
        nsamples=64,
    )
    assert ((result.values == 0).sum(axis=1) == 2).all()


def test_sampled_coalitions_follow_the_seed_and_leave_the_global_generator(
    model, inputs, background
):
    def sampled(seed):
        return explain(
            model, inputs[:1], background, explainer="shap_kernel", nsamples=30, seed=seed
        ).values

    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert_array_equal(sampled(1), sampled(1))
    assert not np.array_equal(sampled(1), sampled(2))
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_progress_is_told_by_both(model, inputs, background):
    for explainer in ("exact", "shap_kernel"):
        calls = []
        explain(
            model,
            inputs[:2],
            background,
            explainer=explainer,
            nsamples=30,
            progress=lambda done, total, calls=calls: calls.append((done, total)),
        )
        assert calls[-1] == (2, 2)


def test_unknown_explainer_lists_the_known(model, inputs, background):
    with pytest.raises(InputError, match=r"explainer 'tree' is not known \(known: exact, shap"):
        explain(model, inputs[:1], background, explainer="tree")
