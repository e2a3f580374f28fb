"""Networks have a direction of their own; the mean over turned images has none."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

from incomelens.attribution.gradients import image_gradients
from incomelens.attribution.maps import saliency_maps, turned_maps
from incomelens.attribution.zonal import TURNS, transformed
from incomelens.common.errors import InputError

from .nets import images, network_of, small


def mean_map(network, batch, turns=8, **options):
    return sum(turned_maps(network, batch, turns=turns, **options)) / turns


def fifths(maps):
    """Mean of maps (..., px, px) in the northern, southern, western and eastern fifth, over all."""
    flat = maps.double().flatten(0, -3).mean(dim=0)
    fifth = len(flat) // 5
    edges = (flat[:fifth], flat[-fifth:], flat[:, :fifth], flat[:, -fifth:])
    return np.array([float(edge.mean() / flat.mean()) for edge in edges])


def test_a_pool_of_two_makes_the_network_blind_to_the_last_row_and_column_of_odd_maps():
    # As at 800 px: 25 × 25 feature maps and a pool of 2 × 2, in Keras as in PyTorch.
    network = network_of(nn.AvgPool2d(4), nn.Conv2d(3, 4, 1), nn.ReLU(), pool="max_then_average")
    batch = images(2, 100)
    assert network.feature_maps(batch).shape[-2:] == (25, 25)
    gradient = image_gradients(network, batch, methods=["gradient"]).plain
    assert (gradient[..., -4:, :] == 0).all()
    assert (gradient[..., :, -4:] == 0).all()
    assert (gradient[..., :4, :].abs().sum(dim=(1, 2, 3, 4)) > 0).all()
    seen = mean_map(network, batch, methods=["gradient"])
    assert (seen[..., -4:, :].sum(dim=(-1, -2)) > 0).any()


def test_maps_of_an_untrained_efficientnet_are_brighter_in_the_north_and_their_mean_is_not():
    network = small("efficientnet_b0")
    noise = torch.randn((6, 3, 96, 96), generator=torch.Generator().manual_seed(1))
    north, south, *_ = fifths(saliency_maps(network, noise, methods=["guided"]))
    assert north > 1.3 * south
    # Six images still differ by chance, a network's own direction does not.
    one = noise[:1]
    turned = torch.cat([transformed(one, transform) for transform in range(8)])
    assert_allclose(np.ptp(fifths(mean_map(network, turned, methods=["guided"]))), 0, atol=1e-3)


@pytest.mark.parametrize("turns", [2, 4, 8])
def test_the_mean_map_of_a_turned_image_is_the_turned_mean_map(turns):
    network, batch = small(seed=3), images(2)
    seen = mean_map(network, batch, turns)
    for transform in TURNS[turns]:
        again = mean_map(network, transformed(batch, transform), turns)
        assert_allclose(again, transformed(seen, transform), rtol=1e-3, atol=1e-6 * seen.max())


def test_one_turn_is_the_map_of_the_image_as_it_is():
    network, batch = small(), images(2)
    assert_allclose(mean_map(network, batch, 1), saliency_maps(network, batch), rtol=1e-4)


def test_the_image_as_it_is_comes_first_and_every_set_of_turns_is_closed():
    for n, turns in TURNS.items():
        assert (len(turns), turns[0]) == (n, 0)
        pixels = torch.arange(9.0).reshape(3, 3)
        made = {tuple(transformed(pixels, one).flatten().tolist()) for one in turns}
        twice = {
            tuple(transformed(transformed(pixels, a), b).flatten().tolist())
            for a in turns
            for b in turns
        }
        assert twice == made


def test_unknown_turns_are_named():
    from incomelens.attribution.run import MapSettings

    with pytest.raises(InputError, match="turns: 3; expected one of 1, 2, 4, 8"):
        MapSettings(turns=3)
