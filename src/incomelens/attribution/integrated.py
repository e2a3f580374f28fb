"""Integrated gradients: what a score gains on that of an even tile, shared out to the pixels."""

import numpy as np
import torch
from torch import Tensor

from incomelens.attribution.gradients import pulled_back, score_seeds
from incomelens.attribution.scores import has_one_logit
from incomelens.inference.network import IncomeNetwork


def integrated_gradients(network: IncomeNetwork, images: Tensor, *, steps: int) -> Tensor:
    r"""Integrate the gradients of both scores from each tile's mean colour to the tile.

    .. math:: (x_i - \bar x_i) \int_0^1 \frac{\partial f}{\partial x_i}
              \bigl(\bar x + \alpha (x - \bar x)\bigr) \, d\alpha

    Parameters
    ----------
    network : IncomeNetwork
        In evaluation mode.
    images : float tensor of shape (n, 3, px, px)
        Scaled as the network expects.
    steps : int
        At least 1. Points of a Gauss-Legendre rule, at each of which all images pass forward and
        back: with n of them the integral is exact for polynomials of degree 2n − 1.

    Returns
    -------
    tensor of shape (n, 2, 3, px, px)
        Low and high. Each adds up to the score of the tile less that of its mean colour, but for
        the error of the rule.

    Notes
    -----
    Sundararajan, Taly & Yan (2017), ICML, arXiv:1703.01365. The mean colour of the tile itself is
    a baseline that tells of no land use and needs no other tile.
    """
    baseline = images.mean(dim=(-2, -1), keepdim=True)
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    total = torch.zeros_like(images).unsqueeze(1).repeat(1, 2, 1, 1, 1)
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        point = torch.lerp(baseline, images, float(node)).detach().requires_grad_()
        with torch.enable_grad():
            maps = network.feature_maps(point)
            seeds = score_seeds(network, maps)
        total += weight * pulled_back(point, maps, seeds, odd=has_one_logit(network), keep=False)
    return total * (images - baseline).unsqueeze(1)
