"""Optimisers that do without PyTorch's compiler."""

import inspect
from collections.abc import Callable

import torch
from torch.optim import Optimizer

GUARDED = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")


def eager(optimiser: type[Optimizer]) -> Callable[..., Optimizer]:
    """Class of optimisers whose methods are the bare ones, for steps that are not compiled.

    PyTorch guards them against being compiled, and the guard imports the compiler
    (`torch._dynamo`): two processor seconds of every process that learns.

    Parameters
    ----------
    optimiser : class
        One of :mod:`torch.optim`.

    Returns
    -------
    class
        With the same steps, and without `differentiable`.
    """
    bare = {name: inspect.unwrap(getattr(optimiser, name)) for name in GUARDED}
    step = torch.no_grad()(inspect.unwrap(optimiser.step))
    return type(optimiser.__name__, (optimiser,), {**bare, "step": step})
