"""Which activations guided backpropagation changes, and which pass their true derivative."""

from collections.abc import Callable
from enum import Enum
from types import BuiltinFunctionType, FunctionType, TracebackType
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from incomelens.common.errors import InputError, listed
from incomelens.inference.heads import Head

Function = BuiltinFunctionType | FunctionType
"""A function of PyTorch, as its modes see it."""
Context = Any
"""What a forward pass leaves to its backward pass; it may leave anything."""


class Rule(Enum):
    """What happens to a gradient on its way back through an activation."""

    GUIDED = "guided"
    """It passes only where it and the activation's input are positive."""
    TRUE = "true"
    """It passes as it is: the activation is a gate, or makes probabilities."""


# All of them rise wherever their input is positive: there the sign of a gradient is the same before
# and after the derivative, and the rule can be applied to the gradient of the input.
GUIDED_MODULES: tuple[type[nn.Module], ...] = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.PReLU,
    nn.ELU,
    nn.CELU,
    nn.SELU,
    nn.SiLU,
    nn.Hardswish,
    nn.GELU,
    nn.Mish,
)
# Flat where their input is not positive: their derivative stops a gradient there by itself.
GATED_MODULES: tuple[type[nn.Module], ...] = (nn.ReLU, nn.ReLU6)
# By name, since importing timm takes longer than explaining a small city.
GUIDED_OF_TIMM = (
    "timm.layers.activations.Swish",
    "timm.layers.activations.Mish",
    "timm.layers.activations.HardSwish",
    "timm.layers.activations.HardMish",
    "timm.layers.activations.GELU",
    "timm.layers.activations.GELUTanh",
    "timm.layers.activations.QuickGELU",
    "timm.layers.activations_me.SwishMe",
    "timm.layers.activations_me.MishMe",
    "timm.layers.activations_me.HardSwishMe",
    "timm.layers.activations_me.HardMishMe",
)
# Squeeze-and-excite gates weigh channels; a head stands behind the maps.
TRUE_MODULES: tuple[type[nn.Module], ...] = (
    nn.Sigmoid,
    nn.Hardsigmoid,
    nn.Softmax,
    nn.Softmax2d,
    Head,
)
TRUE_OF_TIMM = (
    "timm.layers.activations.Sigmoid",
    "timm.layers.activations.HardSigmoid",
    "timm.layers.activations_me.HardSigmoidMe",
)

# Sigmoid and softmax outside of modules are gates too, and are left alone.
GUIDED_FUNCTIONS: frozenset[Callable[..., Tensor]] = frozenset(
    {
        functional.relu,
        torch.relu,
        Tensor.relu,
        functional.relu6,
        functional.leaky_relu,
        functional.elu,
        functional.celu,
        torch.celu,
        functional.selu,
        torch.selu,
        functional.prelu,
        Tensor.prelu,
        functional.silu,
        functional.hardswish,
        functional.gelu,
        functional.mish,
    }
)
GATED_FUNCTIONS: frozenset[Callable[..., Tensor]] = frozenset(
    {functional.relu, torch.relu, Tensor.relu, functional.relu6}
)
# A call that changes its argument, and the same call that does not.
INPLACE_FUNCTIONS: dict[Callable[..., Tensor], Callable[..., Tensor]] = {
    functional.relu_: torch.relu,
    Tensor.relu_: torch.relu,
    functional.leaky_relu_: functional.leaky_relu,
    functional.elu_: functional.elu,
    functional.celu_: functional.celu,
    functional.selu_: functional.selu,
}
UNRULED_FUNCTIONS: frozenset[Callable[..., Tensor]] = frozenset(
    {
        functional.tanh,
        torch.tanh,
        torch.tanh_,
        Tensor.tanh,
        Tensor.tanh_,
        functional.hardtanh,
        functional.hardtanh_,
        functional.rrelu,
        functional.softplus,
        functional.softsign,
        functional.softshrink,
        functional.hardshrink,
        functional.tanhshrink,
        functional.threshold,
        functional.glu,
        functional.logsigmoid,
        torch.clamp,
        torch.clamp_,
        torch.clamp_min,
        Tensor.clamp,
        Tensor.clamp_,
        Tensor.clamp_min,
        Tensor.clamp_min_,
        Tensor.clip,
        torch.clip,
    }
)
# Where a module comes from that is an activation whether or not it has a rule.
HOMES = ("torch.nn.modules.activation", "timm.layers.activations", "timm.layers.activations_me")
# Normalisation and activation in one formula: nothing to hook in between.
FUSED_HOMES = ("timm.layers.evo_norm", "timm.layers.filter_response_norm")
KNOWN = tuple(
    dict.fromkeys(
        [kind.__name__ for kind in GUIDED_MODULES]
        + [name.rpartition(".")[2] for name in GUIDED_OF_TIMM]
    )
)


def rule_of(module: nn.Module, name: str) -> Rule | None:
    """Rule of one module; None where it is no activation.

    Parameters
    ----------
    module : module
    name : str
        Its name in the network, for the message.

    Raises
    ------
    InputError
        If it is an activation without a rule.
    """
    # A subclass of an activation is one, wherever it was written.
    kinds = type(module).__mro__
    names = {full_name(kind) for kind in kinds}
    if isinstance(module, GUIDED_MODULES) or not names.isdisjoint(GUIDED_OF_TIMM):
        return Rule.GUIDED
    if isinstance(module, TRUE_MODULES) or not names.isdisjoint(TRUE_OF_TIMM):
        return Rule.TRUE
    if any(kind.__module__ in HOMES + FUSED_HOMES for kind in kinds):
        raise no_rule(type(module).__name__, name)
    return None


def full_name(kind: type) -> str:
    """Name of a class with its module's, such as ``torch.nn.modules.conv.Conv2d``."""
    return f"{kind.__module__}.{kind.__qualname__}"


def no_rule(what: str, where: str) -> InputError:
    """Error that tells of an activation without a rule."""
    return InputError(
        f"no guided rule for {what} at {where or 'the top of the network'!r} (known: "
        f"{listed(KNOWN, len(KNOWN))}); add one to attribution/rules.py, or leave `guided` out of "
        "the methods"
    )


class RuledNetwork(TorchFunctionMode):
    """A network whose modules and functions are watched in a block, and left as they were.

    Parameters
    ----------
    network : module
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self._network = network
        self._hooks: list[RemovableHandle] = []
        self._was_inplace: list[Any] = []  # modules

    def __enter__(self) -> Self:
        ruled = [(name, one, rule_of(one, name)) for name, one in self._network.named_modules()]
        try:
            for name, module, rule in ruled:
                self._hook(name, module, rule)
                # What an activation overwrites is lost to its gradient.
                if rule is not None and getattr(module, "inplace", False):
                    self._was_inplace.append(module)
                    module.inplace = False
            super().__enter__()
        except BaseException:
            self._restore()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            super().__exit__(kind, error, trace)
        finally:
            self._restore()

    def _hook(self, name: str, module: nn.Module, rule: Rule | None) -> None:
        raise NotImplementedError

    def _restore(self) -> None:
        for hook in self._hooks:
            hook.remove()
        for module in self._was_inplace:
            module.inplace = True
        self._hooks, self._was_inplace = [], []
