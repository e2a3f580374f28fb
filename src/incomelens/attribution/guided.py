"""Guided backpropagation for any activation that has a rule, not for ReLU alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from incomelens.attribution.rules import (
    GATED_FUNCTIONS,
    GATED_MODULES,
    GUIDED_FUNCTIONS,
    INPLACE_FUNCTIONS,
    UNRULED_FUNCTIONS,
    Context,
    Function,
    Rule,
    RuledNetwork,
    no_rule,
)
from incomelens.common.errors import InputError


class GuidedActivations(RuledNetwork):
    r"""Put a valve before every activation of a network, for the forward passes in a block.

    .. math:: g_{in} = f'(x) \, g_{out} \; [g_{out} > 0] \; [x > 0]

    for a gradient on its way back through the activation :math:`f` at input :math:`x`. While
    ``on`` is false the valves are open and the gradient is the plain one: both can be taken from
    one forward pass, also after the block has ended.

    Parameters
    ----------
    network : module

    Attributes
    ----------
    on : bool
        Whether gradients are guided.
    n_valves : int
        Activations met in forward passes so far. :meth:`check` refuses zero.

    Raises
    ------
    InputError
        On entering, or in the forward pass, if an activation has no rule.

    Notes
    -----
    Springenberg et al. (2015), arXiv:1412.6806, for ReLU; deviation `guided_rule` for the others. A
    valve is an identity of its own before the activation: a tensor that is read elsewhere too, such
    as by a skip connection, is changed on the activation's branch only.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__(network)
        self.on = True
        self.n_valves = 0
        self._within: list[tuple[str, Rule | None]] = []

    def check(self) -> None:
        """Raise an InputError if no activation was met: the map would be the plain gradient."""
        if not self.n_valves:
            raise InputError(
                f"guided: no activation was met in {type(self._network).__name__}, so the guided "
                "map would be the plain gradient; use a backbone with ReLU, SiLU or their kin, or "
                "leave `guided` out of the methods"
            )

    def __torch_function__(
        self,
        func: Function,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        """Put a valve before an activation that is called as a function."""
        kwargs = dict(kwargs or {})
        # Outside of the network's forward pass functions are nobody's activations; inside a module
        # that has a rule they are how it computes.
        if not self._within or self._within[-1][1] is not None:
            return func(*args, **kwargs)
        if func in UNRULED_FUNCTIONS:
            raise no_rule(f"the function {func.__name__}", self._within[-1][0])
        if func in INPLACE_FUNCTIONS or (func in GUIDED_FUNCTIONS and kwargs.get("inplace")):
            kwargs.pop("inplace", None)
            values, *rest = args
            plain = INPLACE_FUNCTIONS.get(func, func)
            # A copy: the valve's output is a view of its input, which is about to be overwritten.
            return values.copy_(plain(self._valve(values.clone()), *rest, **kwargs))
        if func in GUIDED_FUNCTIONS:
            args, kwargs = self._valved(args, kwargs, gated=func in GATED_FUNCTIONS)
        return func(*args, **kwargs)

    def _hook(self, name: str, module: nn.Module, rule: Rule | None) -> None:
        gated = type(module) in GATED_MODULES  # a subclass may have another derivative

        def enter(_: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict] | None:
            self._within.append((name, rule))
            return self._valved(args, kwargs, gated=gated) if rule is Rule.GUIDED else None

        def leave(*_: object) -> None:
            self._within.pop()

        self._hooks.append(module.register_forward_pre_hook(enter, with_kwargs=True))
        self._hooks.append(module.register_forward_hook(leave))

    def _valved(self, args: tuple, kwargs: dict, *, gated: bool) -> tuple[tuple, dict]:
        if args:
            return (self._valve(args[0], gated=gated), *args[1:]), kwargs
        return args, {**kwargs, "input": self._valve(kwargs["input"], gated=gated)}

    def _valve(self, values: Tensor, *, gated: bool = False) -> Tensor:
        self.n_valves += 1
        return _Valve.apply(values, self, gated)

    def _restore(self) -> None:
        super()._restore()
        self._within = []


class _Valve(torch.autograd.Function):
    """Identity whose gradient is guided while the activations it belongs to are `on`.

    Before an activation that is `gated` only the gradient's own sign is left to look at.
    """

    @staticmethod
    def forward(
        ctx: Context, values: Tensor, activations: GuidedActivations, gated: bool
    ) -> Tensor:
        ctx.activations, ctx.gated = activations, gated
        if not gated:
            ctx.save_for_backward(values)
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Context, *of_values: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = of_values
        if not ctx.activations.on:
            return gradient, None, None
        if ctx.gated:
            return gradient.clamp(min=0), None, None
        (values,) = ctx.saved_tensors
        # One pass for both conditions on the input, where a mask would take three.
        guided = torch.ops.aten.threshold_backward(gradient, values, 0).clamp_(min=0)
        return guided, None, None
