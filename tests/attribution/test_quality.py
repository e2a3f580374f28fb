"""Scores of maps: by hand, what their definitions imply, and Quantus."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch import nn

from incomelens.attribution.quality import (
    complexity,
    complexity_rise,
    relevance_rank_accuracy,
    sparseness,
)

some_maps = arrays(np.float64, (3, 4, 5), elements=st.floats(0, 100))


def test_half_of_the_highest_pixels_inside_is_an_accuracy_of_one_half():
    maps = np.array([[[9.0, 1.0], [2.0, 8.0]]])
    inside = np.array([[[True, True], [False, False]]])
    assert_allclose(relevance_rank_accuracy(maps, inside), [0.5])
    assert np.isnan(relevance_rank_accuracy(maps, ~np.ones_like(inside)))


@given(some_maps, arrays(bool, (3, 4, 5)), st.floats(0.1, 10))
def test_the_area_itself_is_found_wholly_and_units_do_not_matter(maps, inside, unit):
    found = relevance_rank_accuracy(inside.astype(float), inside)
    assert_allclose(found, np.where(inside.any(axis=(1, 2)), 1.0, np.nan))
    ranks = maps.round()
    assert_allclose(
        relevance_rank_accuracy(unit * ranks, inside), relevance_rank_accuracy(ranks, inside)
    )


def test_sparseness_of_one_bright_pixel_of_four_is_three_quarters():
    assert_allclose(sparseness(np.array([[0.0, 0, 0, 4], [1, 1, 1, 1]])), [0.75, 0.0], atol=1e-6)


@given(some_maps)
def test_sparseness_lies_between_none_and_one_and_pixels_may_change_places(maps):
    found = sparseness(maps)
    assert ((found > -1e-9) & (found < 1)).all()
    assert_allclose(sparseness(maps[:, ::-1, ::-1]), found)


def test_a_map_below_zero_has_no_sparseness():
    with pytest.raises(ValueError, match="a map has -1; expected at least 0"):
        sparseness(np.array([[-1.0, 1.0]]))


def test_complexity_is_the_entropy_of_the_bins():
    maps = np.array([[0.0, 0.0, 1.0, 1.0], [3.0, 3.0, 3.0, 3.0], [0.0, 1.0, 2.0, 3.0]])
    assert_allclose(complexity(maps, bins=4), np.log([2, 1, 4]))
    assert_allclose(complexity_rise(maps[:1], maps[2:], bins=4), [1.0])
    assert np.isnan(complexity_rise(maps[1:2], maps[2:], bins=4))


def test_areas_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"maps of 1 × 4 pixels and areas of 1 × 6 do not belong"):
        relevance_rank_accuracy(np.ones((1, 2, 2)), np.ones((1, 2, 3), dtype=bool))


# --- Quantus


@pytest.fixture(scope="module")
def quantus():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(
            "quantus", reason="quantus is not installed (envs/bench.in): no parity with it"
        )


def theirs(metric, maps, **options):
    """What a metric of Quantus says of maps, in the shape that it asks for."""
    images = np.zeros((len(maps), 3, *maps.shape[1:]))
    labels = np.zeros(len(maps), dtype=int)
    told = {"model": None, "x_batch": images, "y_batch": labels, "channel_first": True}
    return metric(a_batch=maps[:, None].copy(), **told, **options)


@pytest.mark.filterwarnings("ignore")
def test_rank_accuracy_and_sparseness_are_quantus_own(quantus):
    rng = np.random.default_rng(0)
    maps, inside = rng.random((5, 16, 16)), rng.random((5, 16, 16)) < 0.3
    plain = {"abs": False, "normalise": False, "disable_warnings": True}
    accuracy = theirs(quantus.RelevanceRankAccuracy(**plain), maps, s_batch=inside[:, None])
    assert_allclose(relevance_rank_accuracy(maps, inside), accuracy, atol=1e-6)
    assert_allclose(sparseness(maps), theirs(quantus.Sparseness(**plain), maps), atol=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_the_rise_in_complexity_is_quantus_emprt(quantus):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))
    images = np.random.default_rng(0).random((4, 3, 8, 8)).astype(np.float32)
    model.eval()(torch.from_numpy(images))
    made = []

    def explain(model, inputs, targets, **_):
        leaf = torch.as_tensor(inputs).requires_grad_()
        (gradients,) = torch.autograd.grad(model(leaf)[:, 0].sum(), leaf)
        made.append(gradients.abs().sum(dim=1, keepdim=True).numpy())
        return made[-1].copy()

    metric = quantus.EfficientMPRT(
        skip_layers=True, normalise=False, disable_warnings=True, return_aggregate=False
    )
    expected = metric(
        model=model,
        x_batch=images,
        y_batch=np.zeros(4, dtype=int),
        explain_func=explain,
        channel_first=True,
        device="cpu",
    )
    assert_allclose(complexity_rise(made[-2], made[-1]), expected, atol=1e-6)
