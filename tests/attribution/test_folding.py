"""Folding batch norms changes no answer."""

import logging

import pytest
import torch
from timm.layers import BatchNormAct2d
from torch import nn
from torch.testing import assert_close

from incomelens.attribution.folding import fold_batch_norms
from incomelens.attribution.gradients import PAPER_METHODS
from incomelens.attribution.maps import saliency_maps
from incomelens.attribution.zonal import zonal_sums
from incomelens.common.errors import InputError

from .nets import images, network_of, small


def lively(network):
    """Give every batch norm constants that are not those of a new one."""
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
    return network


def n_norms(network):
    return sum(isinstance(one, nn.BatchNorm2d) for one in network.modules())


@pytest.mark.parametrize("backbone", ["test_efficientnet", "test_resnet", "mobilenetv3_small_050"])
def test_maps_and_their_sums_stay_the_same(backbone):
    network = lively(small(backbone))
    folded = fold_batch_norms(network, images(1))
    assert n_norms(network) > 0
    assert n_norms(folded) == 0
    before, after = saliency_maps(network, images()), saliency_maps(folded, images())
    land_use = torch.ones((2, 64, 64), dtype=torch.uint8)
    land_use[:, :20] = 5
    ours, theirs = (
        torch.from_numpy(zonal_sums(one.flatten(1, 2), land_use).activation)
        for one in (after, before)
    )
    assert_close(ours, theirs, rtol=1e-3, atol=1e-4 * theirs.max().item())


def test_the_network_itself_stays_as_it_was():
    network = lively(small())
    before = {name: one.clone() for name, one in network.state_dict().items()}
    fold_batch_norms(network, images(1))
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())
    assert not any(one._forward_hooks or one._forward_pre_hooks for one in network.modules())


def test_a_norm_that_reads_no_convolution_stays():
    network = lively(
        network_of(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU())
    )
    folded = fold_batch_norms(network, images(1, 8))
    assert n_norms(folded) == 1
    assert_close(folded(images(2, 8)), network(images(2, 8)))


def test_an_output_that_is_read_twice_is_noticed(caplog):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.convolution, self.norm = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)

        def forward(self, x):
            y = self.convolution(x)
            return self.norm(y) + y

    network = lively(network_of(Twice(), nn.ReLU()))
    with caplog.at_level(logging.WARNING):
        assert fold_batch_norms(network, images(1, 8)) is network
    assert "batch norms are not folded" in caplog.text


def test_an_activation_keeps_its_name():
    norm = BatchNormAct2d(4, act_layer=nn.Tanh, act_kwargs={"inplace": None}, apply_act=False)
    norm.act = nn.Tanh()
    network = lively(network_of(nn.Conv2d(3, 4, 1), norm))
    folded = fold_batch_norms(network, images(1, 8))
    assert n_norms(folded) == 0
    with pytest.raises(InputError, match=r"Tanh at 'network\.backbone\.layers\.1\.act'"):
        saliency_maps(folded, images(1, 8), methods=PAPER_METHODS)


def test_a_convolution_that_is_used_twice_keeps_its_norms_and_others_lose_theirs():
    shared = nn.Conv2d(3, 3, 1)
    layers = [shared, nn.BatchNorm2d(3), shared, nn.BatchNorm2d(3)]
    network = lively(network_of(*layers, nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU()))
    folded = fold_batch_norms(network, images(1, 8))
    assert n_norms(folded) == 2
    assert_close(folded(images(2, 8)), network(images(2, 8)))
