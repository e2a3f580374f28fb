"""Adam moves parameters as PyTorch's class does, to the last bit, also after it was put back."""

import pytest
import torch

from incomelens.inference.adam import Adam
from incomelens.inference.lite0 import Lite0

RATES = (1e-3, 3e-4, 1e-2)


def learn(network, optimiser, set_rate, *, steps=RATES):
    for rate in steps:
        set_rate(rate)
        network.zero_grad(set_to_none=True)
        network(torch.rand(2, 3, 64, 64)).square().mean().backward()
        optimiser.step()


def lite0():
    torch.manual_seed(0)
    return Lite0().to(memory_format=torch.channels_last)


def weights(network):
    return [one.detach().clone() for one in network.parameters()]


@pytest.fixture(scope="module")
def expected():
    network = lite0()
    theirs = torch.optim.Adam(network.parameters(), lr=1.0, fused=True)
    learn(network, theirs, lambda rate: theirs.param_groups[0].update(lr=rate))
    return weights(network)


def test_steps_are_those_of_pytorch_to_the_last_bit(expected):
    network = lite0()
    ours = Adam(network.parameters(), rate=1.0)
    learn(network, ours, lambda rate: setattr(ours, "rate", rate))
    assert all(map(torch.equal, weights(network), expected))


def test_moments_that_were_put_back_go_on_to_the_last_bit(expected):
    network = lite0()
    first = Adam(network.parameters(), rate=1.0)
    learn(network, first, lambda rate: setattr(first, "rate", rate), steps=RATES[:2])
    second = Adam(network.parameters(), rate=1.0)
    second.restore(first.state())
    learn(network, second, lambda rate: setattr(second, "rate", rate), steps=RATES[2:])
    assert all(map(torch.equal, weights(network), expected))


def test_a_parameter_without_a_gradient_stays_and_has_no_moments():
    moved, idle = (torch.nn.Parameter(torch.ones(2)) for _ in range(2))
    moved.grad = torch.ones(2)
    ours = Adam([idle, moved], rate=0.1)
    ours.step()
    assert torch.equal(idle, torch.ones(2))
    assert (moved < 1).all()
    assert sorted(ours.state()) == ["1.exp_avg", "1.exp_avg_sq", "1.step"]
