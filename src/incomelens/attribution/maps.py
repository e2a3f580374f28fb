"""Saliency maps of both classes by every method, of the image and of its turns."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from incomelens.attribution.gradients import (
    GRADIENT_METHODS,
    PAPER_METHODS,
    Gradients,
    image_gradients,
)
from incomelens.attribution.integrated import integrated_gradients
from incomelens.attribution.relevance import relevance
from incomelens.attribution.zonal import TURNS, transformed, undone
from incomelens.common.errors import InputError, listed, present
from incomelens.inference.network import IncomeNetwork

# Share a score out to the pixels, with a sign; each takes passes of its own.
SIGNED_METHODS = ("integrated_gradients", "lrp")
METHODS = (*GRADIENT_METHODS, *SIGNED_METHODS)
POSTPROCESSINGS = ("none", "released")
PATH_STEPS = 16
CLIP_AT = 0.99
# The released code's, so that a map of one value does not divide by zero.
EPSILON = 1e-10


def check_methods(methods: Sequence[str]) -> None:
    """Raise an InputError unless all methods exist, each named once."""
    unknown = [method for method in methods if method not in METHODS]
    if unknown or not methods or len(set(methods)) < len(methods):
        raise InputError(
            f"methods: {list(methods)}; expected one or more of {', '.join(METHODS)}, each once"
        )


def check_postprocess(postprocess: str) -> None:
    """Raise an InputError unless a post-processing of this name exists."""
    if postprocess not in POSTPROCESSINGS:
        raise InputError(
            f"postprocess: {postprocess!r} is unknown; known are {', '.join(POSTPROCESSINGS)}"
        )


def check_path_steps(path_steps: int) -> None:
    """Raise an InputError unless a path has steps."""
    if path_steps < 1:
        raise InputError(f"path_steps: {path_steps}; expected at least 1")


def check_turns(turns: int) -> None:
    """Raise an InputError unless images can be turned in so many ways."""
    if turns not in TURNS:
        raise InputError(f"turns: {turns}; expected one of {listed(TURNS)}")


def saliency_maps(
    network: IncomeNetwork,
    images: Tensor,
    *,
    methods: Sequence[str] = PAPER_METHODS,
    postprocess: str = "none",
    layer: str = "activated",
    path_steps: int = PATH_STEPS,
) -> Tensor:
    """Where the network looks for the poorest and for the richest class.

    Parameters
    ----------
    network : IncomeNetwork
        In evaluation mode.
    images : float tensor of shape (n, 3, px, px)
    methods : sequence of str
        ``guided``: guided Grad-CAM, ReLU(CAM) × Σ over colours of the size of the guided gradient;
        ``gradient``: the same with the plain gradient, which is what the released code computes on
        an EfficientNet; ``gradcam``: ReLU(CAM) alone; ``layercam``: LayerCAM; all of them from one
        forward pass. ``integrated_gradients`` and ``lrp`` (layer-wise relevance propagation):
        ReLU(Σ over colours), what speaks for the class.
    postprocess : {"none", "released"}
        See :func:`finish`.
    layer : {"activated", "released"}
        See :func:`incomelens.attribution.gradients.image_gradients`.
    path_steps : int
        See :func:`incomelens.attribution.integrated.integrated_gradients`.

    Returns
    -------
    tensor of shape (n, n_methods, 2, px, px)
        At least 0, in any unit: within one map only. Low, then high.

    Notes
    -----
    Levy Abitbol & Karsai (2020), "Guided Grad-CAM"; deviations `guided_rule`, `map_postprocessing`
    and `further_methods`.
    """
    check_methods(methods)
    check_postprocess(postprocess)
    check_path_steps(path_steps)
    signed: dict[str, Callable[[], Tensor]] = {
        "integrated_gradients": lambda: integrated_gradients(network, images, steps=path_steps),
        "lrp": lambda: relevance(network, images),
    }
    of_gradients = [method for method in methods if method in GRADIENT_METHODS]
    return finish(
        image_gradients(network, images, methods=of_gradients, layer=layer),
        (images.shape[-2], images.shape[-1]),
        methods=methods,
        postprocess=postprocess,
        signed={method: signed[method]() for method in methods if method in signed},
    )


def turned_maps(
    network: IncomeNetwork, images: Tensor, *, turns: int, **options: Any
) -> Iterator[Tensor]:
    """Yield the maps of the images turned and mirrored, each turned back.

    Their mean has no direction of the network's own: a network pads and pools one-sidedly, so that
    its maps are brighter on one side whatever is there (deviation `map_direction`).

    Parameters
    ----------
    network, images, options
        As for :func:`saliency_maps`, whose shape the maps have.
    turns : {1, 2, 4, 8}
        The image as it is; and upside down (half a turn); under all four quarter turns; and
        mirrored as well. The mean over 2 has no sides, over 4 no axis, over 8 no handedness.
    """
    for transform in TURNS[turns]:
        turned = transformed(images, transform).contiguous(memory_format=torch.channels_last)
        yield undone(saliency_maps(network, turned, **options), transform)


def finish(
    gradients: Gradients,
    size: tuple[int, int],
    *,
    methods: Sequence[str],
    postprocess: str,
    signed: Mapping[str, Tensor] | None = None,
) -> Tensor:
    """Put the CAM and the gradients together.

    Parameters
    ----------
    gradients : Gradients
    size : rows and columns of the maps
    methods : sequence of str
    postprocess : {"none", "released"}
        ``none``: ReLU of the CAM, then bilinear interpolation (as Captum's GuidedGradCam in
        bilinear mode). ``released``: CAM minus its mean, over its L2 norm, bilinear interpolation,
        ReLU, over its maximum; the product is clipped at its own 99th percentile.
    signed : mapping of method to tensor of shape (n, 2, 3, rows, columns), optional
        Shares of the score of those methods that are no product of gradients.

    Returns
    -------
    tensor of shape (n, n_methods, 2, rows, columns)
    """

    def wide(cam: Tensor | None) -> Tensor:
        return _resized_cam(present(cam), size, postprocess)

    def product(gradient: Tensor | None) -> Tensor:
        return wide(gradients.cam) * present(gradient).abs().sum(dim=2)

    made: dict[str, Callable[[], Tensor]] = {
        "guided": lambda: product(gradients.guided),
        "gradient": lambda: product(gradients.plain),
        "gradcam": lambda: wide(gradients.cam),
        "layercam": lambda: wide(gradients.layercam),
    }
    for method, shares in (signed or {}).items():
        made[method] = shares.sum(dim=2).relu
    maps = torch.stack([made[method]() for method in methods], dim=1)
    return clip_at_percentile(maps) if postprocess == "released" else maps


def clip_at_percentile(maps: Tensor, share: float = CLIP_AT) -> Tensor:
    """Cut each map, over its last two axes, at the value that this share of pixels stays below.

    The percentile is NumPy's, linear between pixels; only the highest pixels are sorted.
    """
    flat = maps.flatten(start_dim=-2)
    place = share * (flat.shape[-1] - 1)
    below = min(int(place), flat.shape[-1] - 2) if flat.shape[-1] > 1 else 0
    highest = flat.topk(flat.shape[-1] - below, dim=-1).values
    lower, upper = highest[..., -1], highest[..., max(0, highest.shape[-1] - 2)]
    limit = lower + (place - below) * (upper - lower)
    return torch.minimum(maps, limit[..., None, None])


def _resized_cam(cam: Tensor, size: tuple[int, int], postprocess: str) -> Tensor:
    if postprocess == "none":
        return functional.interpolate(cam.relu(), size, mode="bilinear", align_corners=False)
    centred = cam - cam.mean(dim=(-2, -1), keepdim=True)
    unit = centred / (centred.norm(dim=(-2, -1), keepdim=True) + EPSILON)
    resized = functional.interpolate(unit, size, mode="bilinear", align_corners=False).relu()
    return resized / (resized.amax(dim=(-2, -1), keepdim=True) + EPSILON)
