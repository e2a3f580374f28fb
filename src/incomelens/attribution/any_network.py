"""Saliency maps of any image network for any of its outputs.

The same methods as for networks of this project, without a head of ours: guided Grad-CAM whatever
the activations are, its plain-gradient form, Grad-CAM and LayerCAM. How they are used:
``docs/library_guided.md``.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor, nn

from incomelens.attribution.gradients import (
    GRADIENT_METHODS,
    PAPER_METHODS,
    Gradients,
    cam_of,
    layercam_of,
)
from incomelens.attribution.guided import GuidedActivations
from incomelens.attribution.maps import finish
from incomelens.common.errors import InputError, listed


def network_maps(
    network: nn.Module,
    images: Tensor,
    target: int,
    *,
    layer: nn.Module,
    methods: Sequence[str] = PAPER_METHODS,
    postprocess: str = "none",
) -> dict[str, Tensor]:
    """Where a network looks for one of its outputs.

    Parameters
    ----------
    network : module
        From images to scores of shape (n, n_outputs); in evaluation mode. It is left as it was.
    images : float tensor of shape (n, n_bands, rows, columns)
        Scaled as the network expects.
    target : int
        Which output: better a logit than a probability, whose gradient is flat where it is sure.
    layer : module
        Part of the network whose output, of shape (n, n_maps, rows, columns), the CAMs weigh:
        usually the last before pooling.
    methods : sequence of {"guided", "gradient", "gradcam", "layercam"}
        ``guided``: guided Grad-CAM, ReLU(CAM) × Σ over bands of the size of the guided gradient;
        ``gradient``: the same with the plain gradient; ``gradcam`` and ``layercam``: alone.
    postprocess : {"none", "released"}
        See :func:`incomelens.attribution.maps.finish`.

    Returns
    -------
    dict of str to tensor of shape (n, rows, columns)
        At least 0, in any unit, by method.

    Raises
    ------
    InputError
        If a method or output does not exist, the layer is not met once with maps, or ``guided`` is
        asked for and an activation has no rule (see :mod:`incomelens.attribution.rules`).

    Notes
    -----
    Guided backpropagation: Springenberg et al. (2015), arXiv:1412.6806; guided Grad-CAM: Selvaraju
    et al. (2017), ICCV. Captum's own hooks ``nn.ReLU`` only and gives the plain gradient elsewhere.
    """
    _check_methods(methods)
    # An activation without a rule matters to no method but one.
    guides = GuidedActivations(network) if "guided" in methods else None
    leaf = images.detach().requires_grad_()
    with torch.enable_grad(), _output_of(layer) as kept, guides or nullcontext():
        scores = network(leaf)
    if guides is not None:
        guides.check()
        guides.on = False
    maps = _maps(kept)
    if scores.ndim != 2 or not 0 <= target < scores.shape[1]:
        raise InputError(
            f"target: {target} of scores of shape {tuple(scores.shape)}; expected one of the "
            "n_outputs of (n, n_outputs)"
        )
    score = scores[:, target].sum()
    (seeds,) = torch.autograd.grad(score, maps, retain_graph=True)
    plain = guided = None
    if "gradient" in methods:
        (plain,) = torch.autograd.grad(score, leaf, retain_graph=guides is not None)
        plain = plain[:, None]
    if guides is not None:
        guides.on = True
        guided = torch.autograd.grad(score, leaf)[0][:, None]
    seeds, maps = seeds[None], maps.detach()
    made = finish(
        Gradients(cam_of(seeds, maps), guided, plain, layercam_of(seeds, maps)),
        (images.shape[-2], images.shape[-1]),
        methods=methods,
        postprocess=postprocess,
    )
    return dict(zip(methods, made[:, :, 0].unbind(dim=1), strict=True))


def _check_methods(methods: Sequence[str]) -> None:
    unknown = [method for method in methods if method not in GRADIENT_METHODS]
    if unknown or not methods:
        raise InputError(
            f"methods: {list(methods)}; expected one or more of {listed(GRADIENT_METHODS)}"
        )


@contextmanager
def _output_of(layer: nn.Module) -> Generator[list[Tensor]]:
    """Keep what a part of the network gives."""
    kept: list[Tensor] = []

    def keep(_: nn.Module, __: object, output: Tensor) -> Tensor:
        kept.append(output)
        # What follows may overwrite it, as an activation in place does.
        return output.clone()

    hook = layer.register_forward_hook(keep)
    try:
        yield kept
    finally:
        hook.remove()


def _maps(kept: list[Tensor]) -> Tensor:
    if len(kept) != 1:
        raise InputError(
            f"layer: met {len(kept)} times in a forward pass; expected a part of the network that "
            "is met once"
        )
    (maps,) = kept
    if maps.ndim != 4:
        raise InputError(
            f"layer: its output has shape {tuple(maps.shape)} instead of (n, n_maps, rows, "
            "columns); take one before pooling"
        )
    return maps
