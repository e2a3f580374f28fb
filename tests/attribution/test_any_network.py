"""Maps of any network: as those of ours, as Captum's, and where they refuse."""

import warnings

import pytest
import torch
from captum.attr import GuidedGradCam
from torch import nn
from torch.testing import assert_close

from incomelens.attribution.any_network import network_maps
from incomelens.attribution.maps import saliency_maps
from incomelens.attribution.scores import ScoredNetwork
from incomelens.common.errors import InputError

from .nets import images, small

METHODS = ["guided", "gradient", "gradcam", "layercam"]


def stem(activation):
    return nn.Sequential(
        nn.Conv2d(4, 6, 3, padding=1), activation, nn.Conv2d(6, 5, 3, stride=2), nn.ReLU()
    )


def classifier(activation, seed=0):
    torch.manual_seed(seed)
    pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 3))
    pooled[2].weight.data.abs_()  # every map speaks for every output: no CAM is zero
    return nn.Sequential(stem(activation), pooled).eval()


def four_bands():
    return torch.rand((2, 4, 16, 16), generator=torch.Generator().manual_seed(0)) - 0.3


@pytest.mark.parametrize("postprocess", ["none", "released"])
def test_maps_of_our_networks_are_those_of_the_study(postprocess):
    network, tiles = small(), images()
    ours = saliency_maps(network, tiles, methods=METHODS, postprocess=postprocess)
    scored = ScoredNetwork(network)
    for target in (0, 1):
        told = network_maps(
            scored, tiles, target, layer=scored.features, methods=METHODS, postprocess=postprocess
        )
        for place, method in enumerate(METHODS):
            assert_close(told[method], ours[:, place, target])


def test_guided_grad_cam_of_relus_equals_that_of_captum():
    network, tiles = classifier(nn.ReLU()), four_bands()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        theirs = GuidedGradCam(network, network[0]).attribute(
            tiles.clone(), target=1, interpolate_mode="bilinear"
        )
    told = network_maps(network, tiles, 1, layer=network[0], methods=["guided"])
    assert_close(told["guided"], theirs.abs().sum(dim=1).detach())


@pytest.mark.parametrize("activation", [nn.SiLU(inplace=True), nn.GELU(), nn.Mish()])
def test_other_activations_are_guided_too_and_left_as_they_were(activation):
    network, tiles = classifier(activation), four_bands()
    was_inplace = getattr(activation, "inplace", False)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    told = network_maps(network, tiles, 2, layer=network[0], methods=METHODS)
    assert told["guided"].shape == (2, 16, 16)
    assert not torch.allclose(told["guided"], told["gradient"])
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(not module._forward_hooks for module in network.modules())
    assert getattr(activation, "inplace", False) == was_inplace


def test_a_layer_whose_output_is_overwritten_gives_the_same_maps():
    torch.manual_seed(0)
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3)]
    inplace = nn.Sequential(nn.Conv2d(4, 6, 3), nn.ReLU(inplace=True), *pooled).eval()
    apart = nn.Sequential(inplace[0], nn.ReLU(), *pooled).eval()
    tiles = four_bands()
    assert_close(
        network_maps(inplace, tiles, 0, layer=inplace[0], methods=["gradcam"]),
        network_maps(apart, tiles, 0, layer=apart[0], methods=["gradcam"]),
    )


@pytest.mark.parametrize(
    ("activation", "options", "message"),
    [
        (nn.ReLU(), {"target": 3}, r"target: 3 of scores of shape \(2, 3\)"),
        (nn.ReLU(), {"methods": ["grad-cam"]}, "methods: .*; expected one or more of guided"),
        (nn.ReLU(), {"methods": []}, "expected one or more of guided"),
        (nn.Tanh(), {}, "no guided rule for Tanh at '0.1'"),
    ],
)
def test_what_cannot_be_asked_is_refused(activation, options, message):
    network = classifier(activation)
    asked = {"target": 0, "methods": ["guided"], **options}
    with pytest.raises(InputError, match=message):
        network_maps(network, four_bands(), layer=network[0], **asked)


def test_an_activation_without_a_rule_matters_to_guided_maps_alone():
    network = classifier(nn.Tanh())
    told = network_maps(network, four_bands(), 0, layer=network[0], methods=["gradcam"])
    assert told["gradcam"].min() >= 0


def test_a_layer_without_maps_is_refused():
    network = classifier(nn.ReLU())
    with pytest.raises(InputError, match=r"instead of .*take one before pooling"):
        network_maps(network, four_bands(), 0, layer=network[1])
    with pytest.raises(InputError, match="layer: met 0 times"):
        network_maps(network, four_bands(), 0, layer=nn.ReLU())
