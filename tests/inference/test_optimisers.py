"""Bare optimisers: the steps of PyTorch's own, and no compiler imported for them."""

import subprocess
import sys

import pytest
import torch

from incomelens.inference.optimisers import eager

LEARN_A_LINE = """
import sys, torch
from incomelens.inference.optimisers import eager
line = torch.nn.Linear(2, 1)
for optimiser in (torch.optim.Adam, torch.optim.AdamW):
    steps = eager(optimiser)(line.parameters(), lr=0.1, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(steps, 3)
    line(torch.ones(4, 2)).sum().backward()
    steps.step()
    schedule.step()
    steps.zero_grad()
    steps.load_state_dict(steps.state_dict())
print(*{"torch._dynamo"} & set(sys.modules))
"""


def learn(optimiser):
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    steps = optimiser(network.parameters(), lr=0.05, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(steps, 20)
    for _ in range(20):
        steps.zero_grad()
        network(torch.randn(8, 3)).square().mean().backward()
        steps.step()
        schedule.step()
    return [*network.parameters(), *(slots["exp_avg_sq"] for slots in steps.state.values())]


@pytest.mark.parametrize("optimiser", [torch.optim.Adam, torch.optim.AdamW])
def test_bare_steps_are_those_of_pytorch(optimiser):
    for bare, guarded in zip(learn(eager(optimiser)), learn(optimiser), strict=True):
        assert torch.equal(bare, guarded)


@pytest.mark.slow
def test_learning_imports_no_compiler():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LEARN_A_LINE],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == ""
