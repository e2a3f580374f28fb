"""Gradients of both scores: what most methods' maps are made of, from one forward pass."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from incomelens.attribution.guided import GuidedActivations
from incomelens.attribution.scores import FeatureMaps, has_one_logit, target_scores
from incomelens.common.errors import InputError
from incomelens.inference.network import IncomeNetwork

# Text and released code of the paper.
PAPER_METHODS = ("guided", "gradient", "gradcam")
GRADIENT_METHODS = (*PAPER_METHODS, "layercam")
LAYERS = ("activated", "released")
LAST_CONVOLUTION = "conv_head"  # timm's name for the authors' top_conv


@dataclass(frozen=True)
class Gradients:
    """What the methods are made of; low and high along the second axis of every tensor.

    Attributes
    ----------
    cam, layercam : tensor of shape (n, 2, rows, columns), or None where no method needs it
        Grad-CAM before its ReLU, and LayerCAM, at the size of the feature maps.
    guided, plain : tensor of shape (n, 2, 3, px, px), or None where no method needs it
        Gradient of the scores with respect to the scaled image.
    """

    cam: Tensor | None = None
    guided: Tensor | None = None
    plain: Tensor | None = None
    layercam: Tensor | None = None


def check_layer(layer: str) -> None:
    """Raise an InputError unless a layer of this name exists."""
    if layer not in LAYERS:
        raise InputError(f"layer: {layer!r} is unknown; known are {', '.join(LAYERS)}")


def image_gradients(
    network: IncomeNetwork,
    images: Tensor,
    *,
    methods: Sequence[str] = PAPER_METHODS,
    layer: str = "activated",
) -> Gradients:
    """Gradients of both scores, from one forward pass.

    Parameters
    ----------
    network : IncomeNetwork
        In evaluation mode.
    images : float tensor of shape (n, 3, px, px)
        Scaled as the network expects.
    methods : sequence of {"guided", "gradient", "gradcam", "layercam"}
        What is not needed for them is not computed; without any, nothing is.
    layer : {"activated", "released"}
        Whose CAMs: the feature maps that the head reads, or as the released code the output of
        the convolution before their normalisation and activation (deviation `grad_cam_layer`).

    Raises
    ------
    InputError
        If ``guided`` is asked for and an activation has no rule (see
        :mod:`incomelens.attribution.rules`), or the network has no layer as released.

    Notes
    -----
    With one logit the plain gradients, and the CAMs, of low and high are each other's negatives:
    one backward pass serves both. The guided rule is not odd in its seed and takes two (deviation
    `logit_scores`).
    """
    check_layer(layer)
    if not methods:
        return Gradients()
    features = FeatureMaps(network)
    guides = GuidedActivations(features) if "guided" in methods else None
    images = images.detach().requires_grad_()
    with (
        torch.enable_grad(),
        guides or nullcontext(),
        _output_of_last_convolution(network, layer) as convolved,
    ):
        maps = features(images)
        seeds = score_seeds(network, maps)
    guided = plain = None
    if guides is not None:
        guides.check()
        guides.on = False
    weights, at_layer = _seeds_at(convolved, maps, seeds), (convolved or [maps])[0].detach()
    cam = cam_of(weights, at_layer)
    layercam = layercam_of(weights, at_layer) if "layercam" in methods else None
    if "gradient" in methods:
        plain = pulled_back(
            images, maps, seeds, odd=has_one_logit(network), keep=guides is not None
        )
    if guides is not None:
        guides.on = True
        guided = pulled_back(images, maps, seeds, odd=False, keep=False)
    return Gradients(cam, guided, plain, layercam)


def score_seeds(network: IncomeNetwork, maps: Tensor) -> Tensor:
    """Gradients of the two scores with respect to feature maps.

    Parameters
    ----------
    network : IncomeNetwork
    maps : tensor of shape (n, n_maps, rows, columns)

    Returns
    -------
    tensor of shape (2, n, n_maps, rows, columns)
    """
    leaf = maps.detach().requires_grad_()
    low, high = target_scores(network, leaf).sum(dim=0)
    (of_high,) = torch.autograd.grad(high, leaf, retain_graph=True)
    if has_one_logit(network):
        return torch.stack([-of_high, of_high])
    (of_low,) = torch.autograd.grad(low, leaf)
    return torch.stack([of_low, of_high])


def pulled_back(images: Tensor, maps: Tensor, seeds: Tensor, *, odd: bool, keep: bool) -> Tensor:
    """Gradients of the images for the seeds of both scores.

    Parameters
    ----------
    images, maps : tensors
        The maps made of the images, their graph at hand.
    seeds : tensor of shape (2, n, n_maps, rows, columns)
        Gradients at the maps, or what goes back in their place.
    odd : bool
        The first is minus the second: one pass serves both.
    keep : bool
        Whether the graph is used again.

    Returns
    -------
    tensor of shape (n, 2, 3, px, px)
    """
    low, high = seeds
    (of_high,) = torch.autograd.grad(maps, images, high, retain_graph=keep or not odd)
    if odd:
        of_low = -of_high
    else:
        (of_low,) = torch.autograd.grad(maps, images, low, retain_graph=keep)
    return torch.stack([of_low, of_high], dim=1)


@contextmanager
def _output_of_last_convolution(network: IncomeNetwork, layer: str) -> Generator[list[Tensor]]:
    """Keep that output of a forward pass, if it is the layer."""
    check_layer(layer)
    kept: list[Tensor] = []
    if layer == "activated":
        yield kept
        return
    convolution = getattr(network.backbone, LAST_CONVOLUTION, None)
    if convolution is None:
        raise InputError(
            f"layer: released is the output of {LAST_CONVOLUTION}, and "
            f"{network.architecture.backbone} has no part of that name; set layer: activated"
        )
    hook = convolution.register_forward_hook(lambda _, __, output: kept.append(output))
    try:
        yield kept
    finally:
        hook.remove()


def _seeds_at(convolved: list[Tensor], maps: Tensor, seeds: Tensor) -> Tensor:
    """Gradients of both scores at the layer of the Grad-CAM."""
    if not convolved:
        return seeds
    back = [torch.autograd.grad(maps, convolved[0], one, retain_graph=True)[0] for one in seeds]
    return torch.stack(back)


def cam_of(seeds: Tensor, maps: Tensor) -> Tensor:
    """Grad-CAM before its ReLU, of seeds (n_targets, n, n_maps, rows, columns) and their maps."""
    weights = seeds.mean(dim=(-2, -1))
    return torch.einsum("tnc,ncyx->ntyx", weights, maps)


def layercam_of(seeds: Tensor, maps: Tensor) -> Tensor:
    """LayerCAM: every place of a map has a weight of its own (Jiang et al. 2021, TIP 30:5875)."""
    return torch.einsum("tncyx,ncyx->ntyx", seeds.relu(), maps)
