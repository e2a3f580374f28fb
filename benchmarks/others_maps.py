"""Maps of a network as others make them: Captum's classes, and zennit's."""

import torch
from captum.attr import (
    GuidedGradCam,
    IntegratedGradients,
    LayerAttribution,
    LayerGradCam,
    Saliency,
)
from torch import Tensor

from incomelens.attribution.guided_gradients import GuidedGradients
from incomelens.attribution.maps import PATH_STEPS
from incomelens.attribution.scores import ScoredNetwork
from incomelens.attribution.zonal import N_TRANSFORMS, transformed, undone
from incomelens.inference.network import IncomeNetwork


def captum_guided(network: IncomeNetwork, images: Tensor) -> Tensor:
    """Captum's GuidedGradCam of both classes (its guided rule: ReLU only)."""
    model = ScoredNetwork(network)
    method = GuidedGradCam(model, model.features)
    return torch.stack(
        [
            method.attribute(images, target, interpolate_mode="bilinear").abs().sum(dim=1)
            for target in (0, 1)
        ],
        dim=1,
    )


def captum_ruled(network: IncomeNetwork, images: Tensor) -> Tensor:
    """Guided Grad-CAM of both classes from Captum's classes, ours for the guided rule."""
    model = ScoredNetwork(network)
    return torch.stack(
        [captum_cam(model, images, one) * captum_guidance(model, images, one) for one in (0, 1)],
        dim=1,
    )


def captum_cam(model: ScoredNetwork, images: Tensor, target: int) -> Tensor:
    """Captum's Grad-CAM at the size of the images."""
    coarse = LayerGradCam(model, model.features).attribute(images, target, relu_attributions=True)
    size = (images.shape[-2], images.shape[-1])
    return LayerAttribution.interpolate(coarse, size, "bilinear")[:, 0]


def captum_guidance(model: ScoredNetwork, images: Tensor, target: int) -> Tensor:
    """Size of the guided gradient."""
    return GuidedGradients(model).attribute(images, target).abs().sum(dim=1)


def captum_all(network: IncomeNetwork, images: Tensor) -> Tensor:
    """All three methods for both classes from Captum's classes, ours for the guided rule."""
    model = ScoredNetwork(network)
    maps = []
    for target in (0, 1):
        cam = captum_cam(model, images, target)
        plain = Saliency(model).attribute(images, target, abs=True).sum(dim=1)
        guided = captum_guidance(model, images, target)
        maps.append(torch.stack([cam * guided, cam * plain, cam], dim=1))
    return torch.stack(maps, dim=2).detach()


def captum_integrated(network: IncomeNetwork, images: Tensor) -> Tensor:
    """Captum's integrated gradients of both classes, from each tile's mean colour."""
    baseline = images.mean(dim=(-2, -1), keepdim=True).expand_as(images)
    method = IntegratedGradients(ScoredNetwork(network))
    options = {"n_steps": PATH_STEPS, "method": "gausslegendre", "internal_batch_size": len(images)}
    return torch.stack([method.attribute(images, baseline, one, **options) for one in (0, 1)])


def zennit_relevance(network: IncomeNetwork, images: Tensor) -> Tensor:
    """Both classes' relevance by zennit, whose rules see layers only: no sums, no gates."""
    # Here, so that the rest runs without it.
    from zennit.attribution import Gradient
    from zennit.composites import EpsilonPlusFlat

    with Gradient(ScoredNetwork(network), EpsilonPlusFlat(zero_params="bias")) as attributor:
        scores = torch.eye(2, device=images.device)[:, None].expand(2, len(images), 2)
        return torch.stack([attributor(images.clone(), one)[1] for one in scores])


def captum_turned(network: IncomeNetwork, images: Tensor) -> Tensor:
    """The mean of all of them over the eight turned and mirrored images."""
    turns = range(N_TRANSFORMS)
    maps = [undone(captum_all(network, transformed(images, one)), one) for one in turns]
    return sum(maps) / len(maps)
