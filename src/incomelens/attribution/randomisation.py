"""Networks that forget from the head downwards, so that it shows whether maps change with them.

Adebayo et al. (2018), "Sanity Checks for Saliency Maps", NeurIPS: cascading randomisation.
"""

import copy
import dataclasses
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from incomelens.inference.architecture import backbone_blocks
from incomelens.inference.network import IncomeNetwork, build_network

HEAD = "head"
NORMS = (nn.modules.batchnorm._BatchNorm,)


def cascade(
    network: IncomeNetwork, images: Tensor, *, seed: int
) -> Iterator[tuple[str, IncomeNetwork]]:
    """Yield a network whose parts are made anew one after the other, the head first.

    Parameters
    ----------
    network : IncomeNetwork
        In evaluation mode; left as it is. Of a backbone that timm builds, batch norms not folded.
    images : float tensor of shape (n, 3, px, px)
        Scaled, on the device of the network; see Notes.
    seed : int
        Of the new weights.

    Yields
    ------
    str
        Name of the last part that was made anew: ``head``, then blocks of the backbone from the
        last to the first.
    IncomeNetwork
        In evaluation mode. One object all along: use it before asking for the next.

    Notes
    -----
    New weights are those of an untrained network. Its batch norms expect inputs of mean 0 and
    variance 1, which they do not get in the middle of a trained network: activations would die out,
    and empty maps would be alike or not for no reason of the method's. So the norms of the parts
    made anew take their statistics from `images`, as the training of such a network would begin.
    """
    forgetful = copy.deepcopy(network)
    fresh = build_network(**dataclasses.asdict(network.architecture), weights="none", seed=seed).to(
        images.device
    )
    replaced: list[nn.Module] = []
    for name, modules in parts_from_head(network):
        for module in modules:
            mine = forgetful.get_submodule(module)
            mine.load_state_dict(fresh.get_submodule(module).state_dict())
            replaced.append(mine)
        take_statistics(forgetful, replaced, images)
        yield name, forgetful


def parts_from_head(network: IncomeNetwork) -> list[tuple[str, list[str]]]:
    """Parts of a network by name, from the head to the first convolution.

    Returns
    -------
    list of (str, list of str)
        Name of the part and of its modules in the network. A norm or activation that stands alone
        in the backbone belongs to the block before it.
    """
    parts: list[tuple[str, list[str]]] = []
    for name, block in backbone_blocks(network.backbone).items():
        module = f"backbone.{name}"
        has_window = any(hasattr(one, "kernel_size") for one in block.modules())
        if parts and not has_window:
            parts[-1][1].append(module)
        else:
            parts.append((name, [module]))
    return [(HEAD, ["head"]), *reversed(parts)]


def take_statistics(network: IncomeNetwork, parts: list[nn.Module], images: Tensor) -> None:
    """Give the batch norms of some parts the mean and variance that these images have there."""
    norms = [one for part in parts for one in part.modules() if isinstance(one, NORMS)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches: there is one
        norm.train()
    try:
        with torch.no_grad():
            network.feature_maps(images)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()
