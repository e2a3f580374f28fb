"""Layer-wise relevance propagation: a score is shared out backwards, layer by layer."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from incomelens.attribution.gradients import pulled_back, score_seeds
from incomelens.attribution.rules import GUIDED_FUNCTIONS, Context, Function, Rule, RuledNetwork
from incomelens.attribution.scores import FeatureMaps, has_one_logit
from incomelens.common.errors import InputError
from incomelens.inference.network import IncomeNetwork

EPSILON = 1e-6  # added to a sum before it divides, away from 0

# By name, since a function of PyTorch is called as a method and as an operator, too.
SUMS = frozenset({"add", "add_", "__add__", "__radd__", "__iadd__"})
PRODUCTS = frozenset(
    {"mul", "mul_", "__mul__", "__rmul__", "__imul__", "div", "div_", "__truediv__"}
)
GATES = frozenset({"sigmoid", "hardsigmoid"})
AVERAGES = frozenset({"linear", "mean", "avg_pool2d", "adaptive_avg_pool2d"})
# What moves or chooses values: its derivative is its rule. A maximum's winner takes all.
CHOICES = frozenset(
    {"max_pool2d", "max_pool2d_with_indices", "adaptive_max_pool2d", "pad", "cat", "flatten"}
    | {"reshape", "view", "permute", "transpose", "contiguous", "clone", "chunk", "split"}
    | {"dropout", "detach", "to", "float", "unsqueeze", "squeeze", "__getitem__"}
)


def relevance(network: IncomeNetwork, images: Tensor) -> Tensor:
    """Relevance of every pixel for both scores.

    Parameters
    ----------
    network : IncomeNetwork
        In evaluation mode. Batch norms folded, or with positive weights alone.
    images : float tensor of shape (n, 3, px, px)
        Scaled as the network expects.

    Returns
    -------
    tensor of shape (n, 2, 3, px, px)
        Low and high. With one logit each adds up to its score less the bias of the head, but for
        what neurons lose that nothing speaks for.

    Raises
    ------
    InputError
        If a part of the network has no rule.

    Notes
    -----
    Bach et al. (2015), PLOS ONE 10:e0130140, with the rules that Kohlbrenner et al. (2020,
    arXiv:1910.09840) found best for convolutional networks: ε in the head and wherever values are
    averaged, z⁺ in convolutions, flat in the first. Convolutions of one channel each (depthwise)
    share out by absolute contributions. Activations pass relevance as it is, a gate (of
    squeeze-and-excite) is a constant factor, a maximum's winner takes all, and at a sum each branch
    has the share of its absolute value (Otsuki et al. 2024, ECCV). Biases take no share, but that
    of a dense layer. From a head with more than one logit relevance starts as input times gradient
    of the score; with one logit that is the ε rule.
    """
    images = images.detach().requires_grad_()
    features = FeatureMaps(network)
    with torch.enable_grad(), RelevanceRules(features):
        maps = features(images)
    seeds = score_seeds(network, maps) * maps.detach()
    return pulled_back(images, maps, seeds, odd=has_one_logit(network), keep=False)


class RelevanceRules(RuledNetwork):
    """Make the backward pass of a network share out relevance, for forward passes in a block.

    Parameters
    ----------
    network : module
        From images on: its first convolution has the flat rule.

    Raises
    ------
    InputError
        In the forward pass, if a function has no rule; on entering, if an activation has none.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__(network)
        self._within = 0  # activations and gates, whose rule is that of the whole
        self._first = True
        self._ones: Tensor | None = None  # where the first convolution sees the image, not padding

    def __torch_function__(
        self,
        func: Function,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        """Compute as before, and share out by the rule of the function."""
        kwargs = dict(kwargs or {})
        name = func.__name__
        if self._within or not any(_follows(one) for one in [*args, *kwargs.values()]):
            return func(*args, **kwargs)
        if name == "conv2d":
            return self._convolution(*args, **kwargs)
        if name == "batch_norm":
            return _normalised(func, args, kwargs)
        if name in GATES:
            return func(*args, **kwargs).detach()
        if func in GUIDED_FUNCTIONS:
            kwargs.pop("inplace", None)
            return _Ruled.apply(args[0], lambda values: func(values, *args[1:], **kwargs), _passed)
        if name in AVERAGES:

            def average(values: Tensor) -> Tensor:
                return func(values, *args[1:], **kwargs)

            return _Ruled.apply(args[0], average, partial(proportional, average))
        if name in SUMS | PRODUCTS:
            if not name.endswith(("add_", "mul_", "div_")):
                return _combined(func, args)
            # A copy: what goes into the rule would be overwritten.
            return args[0].copy_(_combined(func, (args[0].clone(), *args[1:])))
        result = func(*args, **kwargs)
        if name == "pad" and self._first:
            self._ones = func(torch.ones_like(args[0]), *args[1:], **kwargs)
        if name not in CHOICES and _follows(result):
            raise _unruled(name)
        return result

    def _hook(self, name: str, module: nn.Module, rule: Rule | None) -> None:
        if rule is None:
            return

        def enter(*_: object) -> None:
            self._within += 1

        def leave(_: nn.Module, args: tuple, output: Tensor) -> Tensor:
            self._within -= 1
            made = output.detach()
            return _Ruled.apply(args[0], lambda _: made, _passed) if rule is Rule.GUIDED else made

        self._hooks.append(module.register_forward_pre_hook(enter))
        self._hooks.append(module.register_forward_hook(leave))

    def _convolution(
        self,
        values: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        *window: Any,
        **options: Any,
    ) -> Tensor:
        def convolve(values: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
            return functional.conv2d(values, weight, bias, *window, **options)

        # A channel of its own is often on by its bias, with nothing positive to share out to.
        rule = partial(positive if weight.shape[1] > 1 else absolute, convolve, weight)
        if self._first:
            self._first = False
            ones = torch.ones_like(values) if self._ones is None else self._ones
            even = partial(convolve, weight=torch.ones_like(weight))
            rule = partial(_flat, even, ones)
        return _Ruled.apply(values, partial(convolve, weight=weight, bias=bias), rule)


def proportional(compute: Callable[[Tensor], Tensor], values: Tensor, shared: Tensor) -> Tensor:
    r"""Share out by contribution, the rule ε.

    .. math:: R_i = \sum_j \frac{x_i w_{ij}}{z_j + \epsilon \, \mathrm{sign}(z_j)} R_j

    Parameters
    ----------
    compute : from values to :math:`z`, linear but for a bias
    values : tensor
    shared : tensor of the shape of :math:`z`
        Relevance that comes from above.
    """
    leaf = values.detach().requires_grad_()
    sums = compute(leaf)
    (back,) = torch.autograd.grad(sums, leaf, shared / _stabilised(sums.detach()))
    return values.detach() * back


def positive(
    convolve: Callable[..., Tensor], weight: Tensor, values: Tensor, shared: Tensor
) -> Tensor:
    r"""Share out among what contributes positively, the rule z⁺.

    .. math:: R_i = \sum_j \frac{(x_i w_{ij})^+}{\sum_k (x_k w_{kj})^+} R_j

    Parameters
    ----------
    convolve : from values and weight to sums
    weight, values, shared : tensors
        See :func:`proportional`. Values of either sign.
    """
    halves = [(values.clamp(min=0), weight.clamp(min=0))]
    if (values < 0).any():
        halves.append((values.clamp(max=0), weight.clamp(max=0)))
    leaves = [half.detach().requires_grad_() for half, _ in halves]
    parts = (convolve(leaf, part) for leaf, (_, part) in zip(leaves, halves, strict=True))
    sums = sum(parts, start=torch.zeros(()))
    back = torch.autograd.grad(sums, leaves, shared / _stabilised(sums.detach()))
    shares = (leaf.detach() * one for leaf, one in zip(leaves, back, strict=True))
    return sum(shares, start=torch.zeros(()))


def absolute(
    convolve: Callable[..., Tensor], weight: Tensor, values: Tensor, shared: Tensor
) -> Tensor:
    r"""Share out by the size of contributions, whatever their sign.

    .. math:: R_i = \sum_j \frac{|x_i w_{ij}|}{\sum_k |x_k w_{kj}|} R_j

    Parameters are those of :func:`positive`.
    """
    return proportional(partial(convolve, weight=weight.abs()), values.abs(), shared)


class _Ruled(torch.autograd.Function):
    """A function of one tensor whose backward pass is a rule."""

    @staticmethod
    def forward(
        ctx: Context,
        values: Tensor,
        compute: Callable[[Tensor], Tensor],
        rule: Callable[[Tensor, Tensor], Tensor],
    ) -> Tensor:
        ctx.rule = rule
        ctx.save_for_backward(values)
        return compute(values)

    @staticmethod
    def backward(ctx: Context, *above: Tensor) -> tuple[Tensor, None, None]:
        (shared,) = above
        (values,) = ctx.saved_tensors
        with torch.enable_grad():
            return ctx.rule(values.detach(), shared), None, None


class _Sum(torch.autograd.Function):
    """A sum of two branches; each has the share of its absolute value, or half where both are 0."""

    @staticmethod
    def forward(ctx: Context, one: Tensor, other: Tensor) -> Tensor:
        ctx.save_for_backward(one, other)
        return one + other

    @staticmethod
    def backward(ctx: Context, *above: Tensor) -> tuple[Tensor, Tensor]:
        (shared,) = above
        one, other = (values.abs() for values in ctx.saved_tensors)
        total = one + other
        of_one = shared * torch.where(total > 0, one / total, 0.5)
        return of_one, shared - of_one


def _combined(func: Function, args: tuple[Any, ...]) -> Tensor:
    """Sum or product: relevance of two branches is shared, a constant beside one takes none."""
    branches = [one for one in args if _follows(one)]
    if len(branches) == 1 and (_follows(args[0]) or "div" not in func.__name__):
        made = func(*(one.detach().clone() if isinstance(one, Tensor) else one for one in args))
        if made.shape == branches[0].shape:
            return _Ruled.apply(branches[0], lambda _: made, _passed)
    elif func.__name__ in SUMS and branches[0].shape == branches[1].shape:
        return _Sum.apply(*branches)
    raise _unruled(func.__name__)


def _normalised(func: Function, args: tuple[Any, ...], options: dict[str, Any]) -> Tensor:
    """Batch norm; it passes relevance, since one value has one input."""
    weight = args[3] if len(args) > 3 else options.get("weight")
    if weight is not None and (weight < 0).any():
        raise InputError(
            "lrp: a batch norm has negative weights, which turn for into against; fold it into its "
            "convolution first (layer: activated does)"
        )
    return _Ruled.apply(args[0], lambda values: func(values, *args[1:], **options), _passed)


def _flat(compute: Callable[[Tensor], Tensor], ones: Tensor, _: Tensor, shared: Tensor) -> Tensor:
    """Share out evenly over the window, whatever the values."""
    return proportional(compute, ones, shared)


def _passed(_: Tensor, shared: Tensor) -> Tensor:
    return shared


def _stabilised(sums: Tensor) -> Tensor:
    return sums + torch.where(sums < 0, -EPSILON, EPSILON)


def _follows(value: object) -> bool:
    """Whether relevance would flow into a value, or into one of several."""
    if isinstance(value, (tuple, list)):
        return any(_follows(one) for one in value)
    return isinstance(value, Tensor) and value.requires_grad


def _unruled(name: str) -> InputError:
    return InputError(
        f"lrp: no rule for the function {name} (known: convolutions, dense layers, averages, "
        "maxima, sums, gates, activations); add one to attribution/relevance.py, or leave `lrp` "
        "out of the methods"
    )
