"""Networks that forget: from the head down, one part more at a time, and nothing else."""

import pytest
import torch
from torch import nn

from incomelens.attribution.maps import saliency_maps
from incomelens.attribution.randomisation import cascade, parts_from_head

from . import nets


@pytest.fixture(scope="module")
def network():
    return nets.small()


@pytest.fixture(scope="module")
def images():
    return nets.images(6)


def state_of(network):
    return {name: values.clone() for name, values in network.state_dict().items()}


def changed_modules(before, network):
    """Modules of which some weight differs."""
    now = network.state_dict()
    return {name.rpartition(".")[0] for name in before if not torch.equal(before[name], now[name])}


def test_parts_run_from_the_head_to_the_first_convolution(network):
    names = [name for name, _ in parts_from_head(network)]
    assert names[0] == "head"
    assert names[1] == "conv_head"
    assert names[-1] == "conv_stem"
    assert names[2].startswith("blocks.")
    assert names[2:-1] == sorted(names[2:-1], reverse=True)


def test_parts_hold_every_weight_of_the_network_once(network):
    modules = [module for _, parts in parts_from_head(network) for module in parts]
    held = [
        f"{module}.{name}"
        for module in modules
        for name, _ in network.get_submodule(module).named_parameters()
    ]
    assert sorted(held) == sorted(name for name, _ in network.named_parameters())


def test_each_step_changes_its_own_part_and_those_above(network, images):
    before, above = state_of(network), []
    parts = dict(parts_from_head(network))
    for name, forgetful in cascade(network, images, seed=1):
        above += parts[name]
        changed = changed_modules(before, forgetful)
        assert all(module.startswith(tuple(above)) for module in changed)
        assert any(module.startswith(tuple(parts[name])) for module in changed)


def test_the_network_itself_forgets_nothing(network, images):
    before = state_of(network)
    for _, forgetful in cascade(network, images, seed=1):
        assert forgetful is not network
        assert not forgetful.training
    assert changed_modules(before, network) == set()


def test_norms_made_anew_have_the_statistics_of_the_tiles(network, images):
    *_, (_, forgetful) = cascade(network, images, seed=1)
    norms = [one for one in forgetful.modules() if isinstance(one, nn.BatchNorm2d)]
    # As an untrained network has them, and so none of it is left from before.
    assert all(torch.equal(one.weight, torch.ones_like(one.weight)) for one in norms)
    first = norms[0]
    with torch.no_grad():
        convolved = forgetful.backbone.conv_stem(images)
    assert torch.allclose(first.running_mean, convolved.mean(dim=(0, 2, 3)), atol=1e-5)
    unbiased = convolved.transpose(0, 1).flatten(1).var(dim=1)
    assert torch.allclose(first.running_var, unbiased, rtol=1e-4)


def test_maps_do_not_die_when_the_whole_network_is_new(network, images):
    for _, forgetful in cascade(network, images, seed=1):
        maps = saliency_maps(forgetful, images)
        assert torch.isfinite(maps).all()
        # Of low and high at least one map of a tile says something.
        assert (maps.sum(dim=(2, 3, 4)) > 0).float().mean() > 0.9


def test_the_same_seed_forgets_in_the_same_way(network, images):
    def new_head(seed):
        _, forgetful = next(cascade(network, images, seed=seed))
        return forgetful.head.dense.weight

    assert torch.equal(new_head(1), new_head(1))
    assert not torch.equal(new_head(1), new_head(2))
