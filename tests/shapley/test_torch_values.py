"""The PyTorch form gives the same values on its CPU device."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.shapley.inputs import merged_players
from incomelens.shapley.torch_values import torch_shapley_values
from incomelens.shapley.values import shapley_values


def test_equals_the_compiled_form(model, inputs, background):
    calls = []
    compiled = shapley_values(model, inputs[:5], background, tolerance=1e-9)
    result = torch_shapley_values(
        model,
        inputs[:5],
        background,
        device="cpu",
        tolerance=1e-9,
        memory_limit_mb=0.3,
        progress=lambda done, total: calls.append((done, total)),
    )
    assert_allclose(result.values, compiled.values, rtol=0, atol=1e-9)
    assert result.error_bound == compiled.error_bound
    assert result.n_nodes == compiled.n_nodes
    assert len(calls) > 1
    assert calls[-1] == (5, 5)


def test_players_of_several_columns(model, inputs, background):
    players = merged_players(list("abcdef"), {"location": ["e", "f"]})
    options = {"players": players, "tolerance": 1e-9}
    assert_allclose(
        torch_shapley_values(model, inputs[:3], background, device="cpu", **options).values,
        shapley_values(model, inputs[:3], background, **options).values,
        rtol=0,
        atol=1e-9,
    )


def test_efficiency_within_the_bound(model, inputs, background):
    result = torch_shapley_values(model, inputs[:10], background, device="cpu")
    assert np.abs(result.efficiency_gap).max() <= result.error_bound


def test_memory_for_not_even_one_point_is_refused(model, inputs, background):
    with pytest.raises(InputError, match=r"too little for one point .*allow \d+"):
        torch_shapley_values(model, inputs, background, device="cpu", memory_limit_mb=0.01)
