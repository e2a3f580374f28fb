"""The backbone that is written out here is timm's, to the last bit."""

import pytest
import timm
import torch

from incomelens.inference.backbones import build_backbone
from incomelens.inference.lite0 import NAME, Lite0


@pytest.fixture
def pair():
    """Ours and timm's, built from the same seed."""
    torch.manual_seed(3)
    ours = Lite0()
    torch.manual_seed(3)
    return ours, timm.create_model(NAME, pretrained=False, num_classes=0)


def test_weights_and_what_is_drawn_after_them_are_those_of_timm():
    torch.manual_seed(3)
    ours, after = Lite0().state_dict(), torch.rand(3)
    torch.manual_seed(3)
    theirs = timm.create_model(NAME, pretrained=False, num_classes=0).state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    assert torch.equal(after, torch.rand(3))


@pytest.mark.parametrize("px", [64, 97])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_maps_and_gradients_are_those_of_timm_to_the_last_bit(pair, px, training, layout):
    images = torch.randn(3, 3, px, px).contiguous(memory_format=layout)
    made = []
    for network in pair:
        network.train(training).to(memory_format=layout)
        leaf = images.clone().requires_grad_()
        vector = network(leaf)
        vector.square().sum().backward()
        maps, earlier = network.eval().forward_intermediates(images)
        weights = [one.grad for one in network.parameters()]
        made.append([vector, leaf.grad, maps, *earlier, *weights, *network.buffers()])
    assert all(torch.equal(a, b) for a, b in zip(*made, strict=True))


def test_modules_bear_the_names_by_which_tables_and_messages_tell_of_them(pair):
    ours, theirs = (
        {name: type(one).__name__ for name, one in network.named_modules()} for network in pair
    )
    idle = {"EfficientNet", "Identity", "SelectAdaptivePool2d", "AdaptiveAvgPool2d", "Flatten"}
    named = {name: kind for name, kind in theirs.items() if kind not in idle}
    assert {name: kind for name, kind in ours.items() if kind not in {"Lite0", "Identity"}} == named
    assert [one["module"] for one in pair[0].feature_info] == [
        one["module"] for one in pair[1].feature_info
    ]
    for key, value in Lite0.default_cfg.items():
        assert pair[1].default_cfg[key] == value
    assert pair[0].num_features == pair[1].num_features


def test_the_name_builds_ours_and_any_other_one_of_timm():
    assert isinstance(build_backbone(NAME, weights="none", pooled=True), Lite0)
    other = build_backbone("test_efficientnet", weights="none", pooled=True)
    assert type(other).__module__.startswith("timm.")
