"""A backbone, a pooling and a head make one network, apart at the feature maps."""

import pytest
import torch
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.inference.network import build_network

TINY = "test_efficientnet"


def images(n=2, px=64):
    return torch.rand(n, 3, px, px, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("backbone", [TINY, "test_resnet", "mobilenetv3_small_050"])
@pytest.mark.parametrize("head", ["binomial", "softmax", "ordinal"])
def test_any_convolutional_backbone_gives_a_distribution(backbone, head):
    network = build_network(backbone, head=head, weights="none").eval()
    log_probabilities = network(images())
    assert log_probabilities.shape == (2, 5)
    assert_allclose(log_probabilities.exp().sum(dim=1).detach(), [1, 1], rtol=1e-5)


def test_forward_is_classify_of_feature_maps():
    network = build_network(TINY, weights="none").eval()
    maps = network.feature_maps(images())
    assert maps.shape == (2, 256, 2, 2)
    assert torch.equal(network.classify(maps), network(images()))


def test_feature_maps_of_an_efficientnet_are_the_activated_output_of_conv_head():
    network = build_network(TINY, weights="none").eval()
    seen = []
    network.backbone.conv_head.register_forward_hook(lambda *call: seen.append(call[-1].clone()))
    maps = network.feature_maps(images())
    assert torch.equal(maps, network.backbone.bn2(seen[0]))


def test_pooling_by_hand():
    maps = torch.arange(16.0).reshape(1, 1, 4, 4)
    max_first = build_network(TINY, pool="max_then_average", weights="none")
    assert max_first.pool(maps).item() == (5 + 7 + 13 + 15) / 4
    assert build_network(TINY, pool="average", weights="none").pool(maps).item() == 7.5


def test_an_odd_row_of_maps_is_left_out_by_max_pooling():
    maps = torch.zeros(1, 1, 3, 3)
    maps[..., 2] = 9
    assert build_network(TINY, weights="none").pool(maps).item() == 0


def test_the_seed_decides_the_weights_and_nothing_else_changes():
    torch.manual_seed(4)
    before = torch.get_rng_state()
    one, same, other = (build_network(TINY, weights="none", seed=seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(one.head.dense.weight, same.head.dense.weight)
    assert torch.equal(one.backbone.conv_head.weight, same.backbone.conv_head.weight)
    assert not torch.equal(one.backbone.conv_head.weight, other.backbone.conv_head.weight)


def test_convolutions_lie_in_channels_last_layout_and_training_mode_is_kept():
    network = build_network(TINY, weights="none")
    assert network.backbone.conv_head.weight.is_contiguous(memory_format=torch.channels_last)
    assert network.training
    assert network.backbone.training


def test_idle_dense_layers_of_vgg_are_dropped():
    network = build_network("vgg11", weights="none")
    assert sum(parameter.numel() for parameter in network.parameters()) < 10_000_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backbone": "efficientnet_b99"}, r"timm has no model 'efficientnet_b99'; near it are"),
        ({"backbone": "nosuchthing"}, r"timm has no model 'nosuchthing'; timm\.list_models"),
        ({"backbone": "test_vit"}, r"test_vit gives no maps of shape .*; choose a convolutional"),
        ({"pool": "max"}, r"pool: 'max' is unknown; known are max_then_average, average"),
        ({"head": "beta"}, r"head: 'beta' is unknown"),
    ],
)
def test_misuse_says_what_is_known(options, message):
    with pytest.raises(InputError, match=message):
        build_network(**{"backbone": TINY, "weights": "none"} | options)


def test_tiles_too_small_for_max_pooling_are_refused():
    network = build_network(TINY, weights="none").eval()
    with pytest.raises(InputError, match=r"these tiles give 1 × 1; use larger tiles or pool: aver"):
        network(images(px=32))
