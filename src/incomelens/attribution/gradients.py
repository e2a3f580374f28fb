"""What maps are made of: gradients of both scores, at the image and at the feature maps."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from incomelens.attribution.guided import GuidedActivations
from incomelens.attribution.scores import FeatureMaps, has_one_logit, target_scores
from incomelens.common.errors import InputError
from incomelens.inference.network import IncomeNetwork

METHODS = ("guided", "gradient", "gradcam")
MORE_METHODS = ("layercam",)  # known, and made only where they are asked for
LAYERS = ("activated", "released")
LAST_CONVOLUTION = "conv_head"  # timm's name for the authors' top_conv


@dataclass(frozen=True)
class Gradients:
    """What the methods are made of; low and high along the second axis of every tensor.

    Attributes
    ----------
    cam : tensor of shape (n, 2, rows, columns)
        Grad-CAM before its ReLU, at the size of the feature maps.
    layer_cam : tensor of shape (n, 2, rows, columns), or None where it is not asked for
        LayerCAM before its ReLU: each channel times its own gradient where that is positive.
    guided, plain : tensor of shape (n, 2, 3, px, px), or None where no method needs it
        Gradient of the scores with respect to the scaled image.
    """

    cam: Tensor
    guided: Tensor | None
    plain: Tensor | None
    layer_cam: Tensor | None = None


def check_methods(methods: Sequence[str]) -> None:
    """Raise an InputError unless all methods exist, each named once."""
    known = (*METHODS, *MORE_METHODS)
    unknown = [method for method in methods if method not in known]
    if unknown or not methods or len(set(methods)) < len(methods):
        raise InputError(
            f"methods: {list(methods)}; expected one or more of {', '.join(known)}, each once"
        )


def check_layer(layer: str) -> None:
    """Raise an InputError unless a layer of this name exists."""
    if layer not in LAYERS:
        raise InputError(f"layer: {layer!r} is unknown; known are {', '.join(LAYERS)}")


def image_gradients(
    network: IncomeNetwork,
    images: Tensor,
    *,
    methods: Sequence[str] = METHODS,
    layer: str = "activated",
) -> Gradients:
    """Gradients of both scores, from one forward pass.

    Parameters
    ----------
    network : IncomeNetwork
        In evaluation mode.
    images : float tensor of shape (n, 3, px, px)
        Scaled as the network expects.
    methods : sequence of {"guided", "gradient", "gradcam"}
        What is not needed for them is not computed.
    layer : {"activated", "released"}
        Whose Grad-CAM: the feature maps that the head reads, or as the released code the output of
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
    check_methods(methods)
    features = FeatureMaps(network)
    guides = GuidedActivations(features) if "guided" in methods else None
    images = images.detach().requires_grad_()
    with (
        torch.enable_grad(),
        guides or nullcontext(),
        _output_of_last_convolution(network, layer) as convolved,
    ):
        maps = features(images)
        seeds = _seeds(network, maps)
    guided = plain = None
    if guides is not None:
        guides.check()
        guides.on = False
    at_layer, layer_maps = _seeds_at(convolved, maps, seeds), (convolved or [maps])[0].detach()
    cam = _cam(at_layer, layer_maps)
    layer_cam = None
    if "layercam" in methods:
        # Jiang et al. (2021), IEEE Trans. Image Process. 30:5875.
        layer_cam = torch.einsum("tncyx,ncyx->ntyx", at_layer.relu(), layer_maps)
    if "gradient" in methods:
        plain = _back(images, maps, seeds, odd=has_one_logit(network), keep=guides is not None)
    if guides is not None:
        guides.on = True
        guided = _back(images, maps, seeds, odd=False, keep=False)
    return Gradients(cam, guided, plain, layer_cam)


def _seeds(network: IncomeNetwork, maps: Tensor) -> Tensor:
    """Gradients of the two scores with respect to the maps, shape (2, n, n_maps, rows, columns)."""
    leaf = maps.detach().requires_grad_()
    low, high = target_scores(network, leaf).sum(dim=0)
    (of_high,) = torch.autograd.grad(high, leaf, retain_graph=True)
    if has_one_logit(network):
        return torch.stack([-of_high, of_high])
    (of_low,) = torch.autograd.grad(low, leaf)
    return torch.stack([of_low, of_high])


@contextmanager
def _output_of_last_convolution(network: IncomeNetwork, layer: str) -> Iterator[list[Tensor]]:
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


def _cam(seeds: Tensor, maps: Tensor) -> Tensor:
    weights = seeds.mean(dim=(-2, -1))
    return torch.einsum("tnc,ncyx->ntyx", weights, maps)


def _back(images: Tensor, maps: Tensor, seeds: Tensor, *, odd: bool, keep: bool) -> Tensor:
    """Gradients of the images for both seeds; `odd`: the first is minus the second."""
    low, high = seeds
    (of_high,) = torch.autograd.grad(maps, images, high, retain_graph=keep or not odd)
    if odd:
        of_low = -of_high
    else:
        (of_low,) = torch.autograd.grad(maps, images, low, retain_graph=keep)
    return torch.stack([of_low, of_high], dim=1)
