"""Batch norms folded into the convolutions before them: the same function, fewer passes."""

import copy
import logging
from collections import Counter, OrderedDict
from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from incomelens.attribution.rules import full_name
from incomelens.common.errors import present
from incomelens.inference.network import IncomeNetwork

logger = logging.getLogger(__name__)

# Exact types: a subclass may compute its weights anew in every pass. By name, since importing timm
# takes longer than explaining a small city.
CONVOLUTIONS = (
    "torch.nn.modules.conv.Conv2d",
    "timm.layers.conv2d_same.Conv2dSame",
    "incomelens.inference.lite0.Conv2dSame",
)
ACTIVATED_NORMS = (
    "timm.layers.norm_act.BatchNormAct2d",
    "incomelens.inference.lite0.BatchNormAct2d",
)
NORMS = ("torch.nn.modules.batchnorm.BatchNorm2d", *ACTIVATED_NORMS)
# Of the largest output. Folding rounds every weight once more.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class _Pair:
    convolution: nn.Conv2d
    name: str
    norm: nn.BatchNorm2d


def fold_batch_norms(
    network: IncomeNetwork, sample: Tensor, *, but: Collection[str] = ()
) -> IncomeNetwork:
    """Copy a network, without its batch norms.

    In evaluation mode a batch norm multiplies and adds constants, which the convolution before it
    can do as well. Activations see the same input, so that maps stay the same but for rounding.

    Parameters
    ----------
    network : IncomeNetwork
        In evaluation mode; left as it is.
    sample : float tensor of shape (n, 3, px, px)
        On the device of the network. A pass over it shows which convolution feeds which norm, and
        that the copy computes the same.
    but : collection of str
        Convolutions that stay as they are.

    Returns
    -------
    IncomeNetwork
        The copy; or `network` itself, with a line in the log, if the copy computes something else.
    """
    folded = copy.deepcopy(network)
    with torch.inference_mode():
        stay = {folded.get_submodule(name) for name in but}
        pairs = [one for one in _pairs(folded, sample) if one.convolution not in stay]
    for pair in pairs:
        _fold(folded, pair)
    # In full precision: GPUs round convolutions to ten bits otherwise, which alone is more than the
    # tolerance.
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        before, after = network.feature_maps(sample), folded.feature_maps(sample)
        # Also false where the weights are not numbers; those who read the maps say so.
        same = (before - after).abs().max() <= TOLERANCE * before.abs().max()
    if not same:
        logger.warning("batch norms are not folded: the network computes something else then")
        return network
    logger.info("%d batch norms folded into their convolutions", len(pairs))
    return folded


def _pairs(network: IncomeNetwork, sample: Tensor) -> list[_Pair]:
    """Convolutions and the norms that read their output, each used once in a pass."""
    made: dict[int, tuple[nn.Conv2d, Tensor]] = {}
    found: list[_Pair] = []
    calls: Counter[nn.Module] = Counter()

    def remember(module: nn.Conv2d, _: tuple, output: Tensor) -> None:
        calls[module] += 1
        made[id(output)] = (module, output)  # kept, so that no other tensor gets its id

    hooks = []
    for name, module in network.named_modules():

        def look(norm: nn.BatchNorm2d, args: tuple, name: str = name) -> None:
            calls[norm] += 1
            if id(args[0]) in made:
                found.append(_Pair(made[id(args[0])][0], name, norm))

        if full_name(type(module)) in CONVOLUTIONS:
            hooks.append(module.register_forward_hook(remember))
        elif full_name(type(module)) in NORMS and module.running_mean is not None:
            hooks.append(module.register_forward_pre_hook(look))
    try:
        network.feature_maps(sample)
    finally:
        for hook in hooks:
            hook.remove()
    return [one for one in found if calls[one.convolution] == calls[one.norm] == 1]


def _fold(network: IncomeNetwork, pair: _Pair) -> None:
    convolution, norm = pair.convolution, pair.norm
    convolution.weight, convolution.bias = fuse_conv_bn_weights(
        convolution.weight,
        convolution.bias,
        present(norm.running_mean),
        present(norm.running_var),
        norm.eps,
        norm.weight,
        norm.bias,
    )
    rest: nn.Module = nn.Identity()
    if full_name(type(norm)) in ACTIVATED_NORMS:
        # Under its old name, by which an activation without a rule is told.
        rest = nn.Sequential(
            OrderedDict(drop=norm.get_submodule("drop"), act=norm.get_submodule("act"))
        )
    network.set_submodule(pair.name, rest)
