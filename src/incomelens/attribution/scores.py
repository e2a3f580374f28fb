"""The two scores whose gradients make the maps: of the poorest and of the richest class."""

import torch
from torch import Tensor, nn

from incomelens.inference.network import IncomeNetwork

TARGETS = ("low", "high")


def target_scores(network: IncomeNetwork, maps: Tensor) -> Tensor:
    r"""Scores of the poorest and the richest class, from feature maps.

    Parameters
    ----------
    network : IncomeNetwork
    maps : tensor of shape (n, n_maps, rows, columns)
        As :meth:`~incomelens.inference.network.IncomeNetwork.feature_maps` gives them.

    Returns
    -------
    tensor of shape (n, 2)
        Low and high. With one logit z for all classes (binomial, ordinal): −z and +z. With one
        logit a class: :math:`\log(\hat y_k / (1 - \hat y_k))`.

    Notes
    -----
    The paper and its released code take the gradient of the class probability. Within a tile ours
    differs from it by a positive factor only, which no activation ratio sees: with one logit,
    :math:`\partial \hat y_1 / \partial z < 0 < \partial \hat y_n / \partial z` always
    (deviation `logit_scores`); with more, the log-odds rise with the probability. Unlike the
    probability, neither score goes flat where the network is sure of itself, and a number added to
    all logits changes nothing.
    """
    logits = network.head.logits(network.pool(maps))
    if logits.shape[1] == 1:
        return torch.cat([-logits, logits], dim=1)
    low = logits[:, 0] - logits[:, 1:].logsumexp(dim=1)
    high = logits[:, -1] - logits[:, :-1].logsumexp(dim=1)
    return torch.stack([low, high], dim=1)


def has_one_logit(network: IncomeNetwork) -> bool:
    """Whether one number decides all classes, so that the two scores are each other's negative."""
    return network.head.dense.out_features == 1


class ScoredNetwork(nn.Module):
    """From images to the two scores, in the form that Captum asks for.

    Parameters
    ----------
    network : IncomeNetwork

    Attributes
    ----------
    features : module
        Its output are the feature maps: the layer of Grad-CAM. For an EfficientNet the activated
        and normalised output of ``conv_head``, before the added pool (deviation `grad_cam_layer`).
    """

    def __init__(self, network: IncomeNetwork) -> None:
        super().__init__()
        self.features = FeatureMaps(network)

    def forward(self, images: Tensor) -> Tensor:
        """Scores (n, 2) of scaled images (n, 3, px, px)."""
        return target_scores(self.features.network, self.features(images))


class FeatureMaps(nn.Module):
    """The feature maps of a network as a module of their own."""

    def __init__(self, network: IncomeNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Maps (n, n_maps, rows, columns) of scaled images (n, 3, px, px)."""
        return self.network.feature_maps(images)
