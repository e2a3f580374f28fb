"""Integrated gradients: complete, by hand, and against Captum."""

import pytest
import torch
from captum.attr import IntegratedGradients
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from incomelens.attribution.integrated import integrated_gradients
from incomelens.attribution.maps import saliency_maps
from incomelens.attribution.scores import ScoredNetwork
from incomelens.common.errors import InputError

from .nets import images, network_of, small


def even(x):
    return x.mean(dim=(-2, -1), keepdim=True).expand_as(x)


def test_a_linear_network_by_hand():
    network = network_of(nn.Conv2d(3, 1, 1, bias=False))
    network.backbone.layers[0].weight.data = torch.tensor([2.0, 0.0, -1.0]).view(1, 3, 1, 1)
    network.head.dense.weight.data.fill_(3.0)
    x = torch.tensor([[[[1.0, 3.0]], [[9.0, 0.0]], [[0.0, 4.0]]]])
    # z is 3 · the mean over two pixels of 2 red − blue; a pixel's share is its part above the mean.
    found = integrated_gradients(network, x, steps=1)
    expected = 3 / 2 * torch.tensor([[[-2.0, 2.0]], [[0.0, 0.0]], [[2.0, -2.0]]])
    assert_close(found[0, 1], expected)
    assert_close(found[0, 0], -expected)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000), head=st.sampled_from(["binomial", "ordinal", "softmax"]))
def test_shares_add_up_to_what_the_tile_has_over_its_mean_colour(seed, head):
    network, x = small(seed=seed, head=head), images(2, seed=seed)
    scores = ScoredNetwork(network)
    with torch.no_grad():
        gained = scores(x) - scores(even(x))
    found = integrated_gradients(network, x, steps=32).sum(dim=(2, 3, 4))
    # A maximum is no smooth function: the rule errs by some percent of the score.
    assert_close(found, gained, rtol=0.05, atol=0.02 * gained.abs().max().item() + 1e-4)


@pytest.mark.parametrize("head", ["binomial", "softmax"])
@pytest.mark.parametrize("backbone", ["test_efficientnet", "resnet18"])
def test_they_are_captums_own(head, backbone):
    network, x = small(backbone, head=head), images(2)
    found = integrated_gradients(network, x, steps=6)
    captum = IntegratedGradients(ScoredNetwork(network))
    for target in (0, 1):
        theirs = captum.attribute(x, even(x), target, n_steps=6, method="gausslegendre")
        largest = theirs.abs().max().item()
        assert_close(found[:, target], theirs.float(), rtol=1e-5, atol=1e-5 * largest)


def test_the_map_is_what_speaks_for_the_class():
    network, x = small(), images(2)
    shares = integrated_gradients(network, x, steps=4)
    maps = saliency_maps(network, x, methods=["integrated_gradients"], path_steps=4)
    assert_close(maps[:, 0], shares.sum(dim=2).relu())
    assert not (maps[:, 0, 0] * maps[:, 0, 1]).any()  # behind one logit: for low is against high


def test_a_tile_of_one_colour_has_nothing_to_share():
    assert not integrated_gradients(small(), torch.full((1, 3, 64, 64), 0.5), steps=2).any()


def test_a_path_without_steps_is_refused():
    with pytest.raises(InputError, match="path_steps: 0; expected at least 1"):
        saliency_maps(small(), images(1), methods=["integrated_gradients"], path_steps=0)
