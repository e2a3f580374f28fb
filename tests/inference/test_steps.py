"""A step leaves the gradients of its batch, at the weights of the moment, however launched."""

import copy

import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close

from incomelens.inference import steps
from incomelens.inference.inputs import scale_images
from incomelens.inference.network import build_network
from incomelens.inference.steps import GradientStep

CPU = torch.device("cpu")
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no CUDA device")


def network(device=CPU):
    built = build_network(backbone="test_efficientnet", weights="none", seed=0)
    return built.to(device, memory_format=torch.channels_last).train()


def batch(number=0, n=6, px=64, device=CPU):
    generator = torch.Generator().manual_seed(number)
    images = torch.randint(0, 256, (n, px, px, 3), dtype=torch.uint8, generator=generator)
    return images.to(device), (torch.arange(n) % 5).to(device)


def test_a_step_leaves_the_gradient_of_the_mean_cross_entropy():
    ours, reference = network(), network()
    images, targets = batch()
    loss, accuracy = GradientStep(ours, scaling="half", device=CPU)(images, targets)
    log_probabilities = reference(scale_images(images, "half"))
    expected = functional.nll_loss(log_probabilities, targets)
    expected.backward()
    assert_close(loss, expected.detach())
    assert accuracy == (log_probabilities.argmax(dim=1) == targets).float().mean()
    for one, two in zip(ours.parameters(), reference.parameters(), strict=True):
        assert_close(one.grad, two.grad)


def test_lower_precision_sees_the_weights_of_the_last_step(monkeypatch):
    monkeypatch.setattr(steps, "precision", lambda _: torch.autocast("cpu", torch.bfloat16))
    trained = network()
    step = GradientStep(trained, scaling="half", device=CPU)
    optimiser = torch.optim.SGD(trained.parameters(), lr=0.5)
    images, targets = batch()
    step(images, targets)
    optimiser.step()
    moved = copy.deepcopy(trained)
    loss, _ = step(images, targets)
    fresh, _ = GradientStep(moved, scaling="half", device=CPU)(images, targets)
    assert loss == fresh


@needs_cuda
def test_recorded_steps_train_as_steps_launched_one_by_one():
    device = torch.device("cuda")
    losses, states = {}, {}
    for recorded in (True, False):
        trained = network(device)
        step = GradientStep(trained, scaling="half", device=device, recorded=recorded)
        optimiser = torch.optim.SGD(trained.parameters(), lr=0.05)
        losses[recorded] = []
        for number in range(6):
            losses[recorded].append(step(*batch(number, device=device))[0])
            optimiser.step()
        states[recorded] = trained.state_dict()
    assert_close(torch.stack(losses[True]), torch.stack(losses[False]), rtol=0.03, atol=0.03)
    for name in states[True]:
        assert_close(states[True][name], states[False][name], rtol=0.1, atol=0.03)
