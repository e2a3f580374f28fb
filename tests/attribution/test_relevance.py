"""Relevance propagation: by hand, conserved, against zennit, and where it must refuse."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from timm.layers import SqueezeExcite
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from incomelens.attribution.folding import fold_batch_norms
from incomelens.attribution.maps import saliency_maps
from incomelens.attribution.relevance import (
    RelevanceRules,
    absolute,
    positive,
    proportional,
    relevance,
)
from incomelens.attribution.scores import target_scores
from incomelens.common.errors import InputError

from .nets import images, network_of, small


def shared(module, values, above):
    """Relevance of values that a module without convolutions gives back."""
    leaf = values.clone().requires_grad_()
    with RelevanceRules(module):
        out = module(leaf)
    return torch.autograd.grad(out, leaf, above)[0]


class Called(nn.Module):
    """A function as a module."""

    def __init__(self, call):
        super().__init__()
        self.call = call

    def forward(self, values):
        return self.call(values)


def test_the_epsilon_rule_of_a_dense_layer_by_hand():
    weight, x = torch.tensor([[1.0, -2.0], [3.0, 1.0]]), torch.tensor([[2.0, 0.5]])
    found = proportional(lambda values: values @ weight.T, x, torch.tensor([[4.0, 13.0]]))
    # z = (1, 6.5): contributions (2, -1) and (6, 0.5).
    assert_close(found, torch.tensor([[4 * 2 + 2 * 6, 4 * -1 + 2 * 0.5]]))


def test_the_positive_rule_counts_what_two_negatives_make():
    weight = torch.tensor([[1.0, -2.0, 3.0]])[..., None, None]
    x = torch.tensor([[2.0, -0.5, -1.0]])[..., None, None]
    found = positive(functional.conv2d, weight[:, :], x, torch.full((1, 1, 1, 1), 6.0))
    # Contributions 2, 1 and -3: the third has no share.
    assert_close(found.flatten(), torch.tensor([4.0, 2.0, 0.0]))


def test_a_depthwise_convolution_shares_out_by_absolute_contributions():
    weight = torch.tensor([[1.0, -2.0, 3.0]])[:, None, None]
    x = torch.tensor([[2.0, -0.5, -1.0]])[:, None, None]
    found = absolute(functional.conv2d, weight, x, torch.full((1, 1, 1, 1), 6.0))
    assert_close(found.flatten(), torch.tensor([2.0, 1.0, 3.0]))


def test_a_network_of_two_convolutions_by_hand():
    network = network_of(nn.Conv2d(3, 1, 1, bias=False), nn.ReLU(), nn.Conv2d(1, 2, 1), nn.ReLU())
    first, _, second, _ = network.backbone.layers
    first.weight.data = torch.tensor([1.0, 2.0, 0.0]).view(1, 3, 1, 1)
    second.weight.data = torch.tensor([1.0, 3.0]).view(2, 1, 1, 1)
    second.bias.data = torch.tensor([0.5, -1.0])
    network.head.dense.weight.data = torch.tensor([[2.0, -1.0]])
    found = relevance(network, torch.tensor([1.0, 1.0, 5.0]).view(1, 3, 1, 1))
    # Hidden 3, then (3.5, 8): relevance 7 - 8 = -1, a third of it to each colour (flat).
    assert_close(found[0, 1].flatten(), torch.full((3,), -1 / 3))
    assert_close(found[0, 0], -found[0, 1])


def test_the_branches_of_a_sum_have_the_share_of_their_absolute_value():
    above = torch.tensor([[8.0, 5.0]])
    found = shared(
        Called(lambda x: x * torch.tensor([1.0, 2.0]) + x * torch.tensor([-3.0, 2.0])),
        torch.tensor([[1.0, 1.0]]),
        above,
    )
    assert_close(found, above)  # both branches are of one tensor
    leaf, other = (torch.tensor([one], requires_grad=True) for one in (1.0, -3.0))
    with RelevanceRules(nn.Identity()):
        total = leaf + other
    of_one, of_other = torch.autograd.grad(total, (leaf, other), torch.tensor([8.0]))
    assert_close([of_one.item(), of_other.item()], [2.0, 6.0])


@pytest.mark.parametrize("in_place", [lambda a, b: a.add_(b), lambda a, b: a.__iadd__(b)])
def test_a_sum_in_place_is_the_same_sum(in_place):
    def call(x):
        one, other = x * 1.0, x * -3.0
        in_place(one, other)
        return one

    values, above = torch.tensor([1.0, 2.0]), torch.tensor([8.0, 4.0])
    with RelevanceRules(nn.Identity()):
        assert_close(call(values.clone().requires_grad_()).detach(), torch.tensor([-2.0, -4.0]))
    assert_close(shared(Called(call), values, above), above)


@pytest.mark.parametrize(
    "layer",
    [
        nn.ReLU(inplace=True),
        nn.SiLU(),
        nn.Hardswish(inplace=True),
        SqueezeExcite(2, rd_channels=1, act_layer=nn.SiLU),
        nn.Identity(),
        nn.BatchNorm2d(2).eval(),
        Called(lambda x: functional.relu(x, inplace=True)),
        Called(lambda x: x * x.sigmoid()),
        Called(lambda x: x / x.mean((2, 3), keepdim=True).sigmoid()),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_activations_gates_and_norms_pass_relevance_and_compute_what_they_did(layer):
    values = torch.randn((2, 2, 4, 4), generator=torch.Generator().manual_seed(0))
    above = torch.randn((2, 2, 4, 4), generator=torch.Generator().manual_seed(1))
    expected = layer(values.clone())
    leaf = values.clone().requires_grad_()
    with RelevanceRules(layer):
        made = layer(leaf * 1.0)
    assert_close(made.detach(), expected.detach())
    assert_close(torch.autograd.grad(made, leaf, above)[0], above)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_relevance_is_conserved_where_values_are_positive_and_there_are_no_biases(seed):
    torch.manual_seed(seed)
    network = network_of(
        nn.Conv2d(3, 6, 3, padding=1, bias=False),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, stride=2, padding=1, bias=False),
        nn.ReLU(),
        nn.AvgPool2d(2),
    )
    for layer in network.backbone.layers:
        if isinstance(layer, nn.Conv2d):
            layer.weight.data.abs_()
    network.head.dense.bias.data.zero_()
    x = images(2, 16, seed=seed)
    scores = target_scores(network, network.feature_maps(x))
    total = relevance(network, x).sum(dim=(2, 3, 4))
    assert_close(total, scores.detach(), rtol=1e-3, atol=1e-4)


def test_an_efficientnet_with_gates_and_silu_keeps_most_of_its_relevance():
    network, x = small("efficientnet_b0"), images(2, 64)
    network = fold_batch_norms(network, x[:1])
    found = relevance(network, x).sum(dim=(2, 3, 4))
    score = target_scores(network, network.feature_maps(x)).detach()[:, 1]
    share = found[:, 1] / (score - network.head.dense.bias.detach())
    assert ((share > 0.8) & (share < 1.01)).all()
    assert_close(found[:, 0], -found[:, 1])


def test_relevance_of_padding_is_not_lost_in_the_first_convolution():
    class Padded(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3, bias=False)

        def forward(self, x):
            return self.conv(functional.pad(x, (0, 2, 0, 2)))

    model, x = Padded(), images(1, 6).requires_grad_()
    with RelevanceRules(model):
        out = model(x)
    (found,) = torch.autograd.grad(out, x, torch.ones_like(out))
    assert_close(found.sum(), out.detach().numel() * torch.tensor(1.0))


def test_folded_batch_norms_have_the_relevance_of_norms_with_positive_weights():
    network, x = small(), images(2)
    found, expected = relevance(network, x), relevance(fold_batch_norms(network, x[:1]), x)
    assert_close(found, expected, rtol=1e-3, atol=1e-5 * expected.abs().max().item())


@pytest.mark.parametrize("head", ["binomial", "softmax"])
def test_the_rules_equal_zennits_where_all_is_relu(head):
    attribution = pytest.importorskip(
        "zennit.attribution", reason="zennit is not installed (envs/bench.in): no parity with it"
    )
    composites = pytest.importorskip("zennit.composites")
    layers = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, padding=1, groups=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, 1),
        nn.ReLU(),
        nn.AvgPool2d(2),
    )
    network, x = network_of(*layers, head=head), images(2, 32)
    maps = network.feature_maps(x).detach().requires_grad_()
    composite = composites.EpsilonPlusFlat(zero_params="bias")
    found = relevance(network, x)
    for target in (0, 1):
        score = target_scores(network, maps)[:, target].sum()
        above = torch.autograd.grad(score, maps)[0] * maps.detach()
        with attribution.Gradient(network.backbone.layers, composite) as attributor:
            _, theirs = attributor(x.clone(), above)
        assert_close(found[:, target], theirs, rtol=1e-4, atol=1e-5 * theirs.abs().max().item())


@pytest.mark.parametrize(
    "call", [torch.tanh, lambda x: x * x, lambda x: x - x.mean(), torch.erf, lambda x: 1 / x]
)
def test_functions_without_a_rule_are_named(call):
    network = network_of(nn.Conv2d(3, 4, 1), Called(call), nn.ReLU())
    with pytest.raises(InputError, match=r"lrp: no rule for the function \w+ .*or leave `lrp` out"):
        saliency_maps(network, images(1, 8), methods=["lrp"])
    assert not any(one._forward_hooks for one in network.modules())


def test_norms_that_turn_for_into_against_are_refused_until_they_are_folded():
    network, x = small(), images(1)
    network.backbone.bn1.weight.data[0] = -1.0
    with pytest.raises(InputError, match="negative weights, which turn for into against; fold it"):
        relevance(network, x)
    assert relevance(fold_batch_norms(network, x), x).isfinite().all()


def test_the_network_is_left_as_it_was():
    network, x = small("resnet18"), images(1)
    before = network.feature_maps(x)
    relevance(network, x)
    assert network.backbone.act1.inplace
    assert not any(one._forward_hooks or one._forward_pre_hooks for one in network.modules())
    assert_close(network.feature_maps(x), before)
