"""The network: a backbone, pooling, and a head over ordered classes."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from incomelens.common.errors import InputError
from incomelens.inference.backbones import Backbone, build_backbone
from incomelens.inference.heads import build_head

POOLS = ("max_then_average", "average")


@dataclass(frozen=True)
class Architecture:
    """What must be known to build a network again, apart from its weights.

    Attributes
    ----------
    backbone : str
        A name in timm.
    head : {"binomial", "softmax", "ordinal"}
    pool : {"max_then_average", "average"}
    n_classes : int
    """

    backbone: str = "efficientnet_b0"
    head: str = "binomial"
    pool: str = "max_then_average"
    n_classes: int = 5


class IncomeNetwork(nn.Module):
    """Log-probabilities of income classes from scaled images.

    ``forward`` is ``classify(feature_maps(images))``; the two halves are apart because Grad-CAM
    weights the feature maps by the gradient of a class.

    Parameters
    ----------
    backbone : module
        With timm's ``forward_features``.
    architecture : Architecture
    """

    backbone: Backbone

    def __init__(self, backbone: Backbone, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.backbone = backbone
        self.head = build_head(
            architecture.head,
            n_features=_n_maps(backbone, architecture.backbone),
            n_classes=architecture.n_classes,
        )

    def feature_maps(self, images: Tensor) -> Tensor:
        """Maps before pooling, shape (n, n_maps, rows, columns), of images (n, 3, px, px).

        For an EfficientNet: the activated and normalised output of ``conv_head``.
        """
        return self.backbone.forward_features(images)

    def pool(self, maps: Tensor) -> Tensor:
        """Feature vectors, shape (n, n_maps), of maps (n, n_maps, rows, columns)."""
        if self.architecture.pool == "max_then_average":
            if min(maps.shape[-2:]) < 2:
                raise InputError(
                    f"pool: max_then_average needs maps of at least 2 × 2, these tiles give "
                    f"{maps.shape[-2]} × {maps.shape[-1]}; use larger tiles or pool: average"
                )
            maps = functional.max_pool2d(maps, kernel_size=2, stride=2)
        return maps.mean(dim=(-2, -1))

    def classify(self, maps: Tensor) -> Tensor:
        """Log-probabilities, shape (n, n_classes), of maps (n, n_maps, rows, columns)."""
        return self.head(self.pool(maps))

    def forward(self, images: Tensor) -> Tensor:
        """Log-probabilities, shape (n, n_classes), of scaled RGB images (n, 3, px, px)."""
        return self.classify(self.feature_maps(images))


def build_network(
    backbone: str = "efficientnet_b0",
    *,
    head: str = "binomial",
    pool: str = "max_then_average",
    n_classes: int = 5,
    weights: str | Path = "timm",
    seed: int = 0,
) -> IncomeNetwork:
    """Build a network, on the CPU, in channels-last layout.

    Parameters
    ----------
    backbone : str
        Any convolutional model of timm by its name.
    head : {"binomial", "softmax", "ordinal"}
    pool : {"max_then_average", "average"}
        Max pooling 2 × 2 with stride 2 before the global average, as the paper says, or the global
        average alone, as the released code does (deviation `max_pooling`).
    n_classes : int
    weights : str or path
        Weights of the backbone: `timm`, `lite0_package`, `none` or a file (see
        :func:`incomelens.inference.weights.load_weights`).
    seed : int
        Of the layers that have no weights yet.

    Raises
    ------
    InputError
        If a name is unknown, the backbone gives no maps, or the weights do not fit.

    Notes
    -----
    Levy Abitbol & Karsai (2020), "Model description for SES inference".
    """
    architecture = Architecture(backbone, head, pool, n_classes)
    if pool not in POOLS:
        raise InputError(f"pool: {pool!r} is unknown; known are {', '.join(POOLS)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build_backbone(backbone, weights=weights, pooled=False)
        if hasattr(model, "pre_logits"):  # VGG's two dense layers: 120 million idle parameters
            model.pre_logits = nn.Identity()
        network = IncomeNetwork(model, architecture)
    return network.to(memory_format=torch.channels_last)


def _n_maps(backbone: Backbone, name: str) -> int:
    """Number of feature maps, asked of the backbone itself: timm's attributes mean other layers."""
    px = getattr(backbone, "default_cfg", {}).get("input_size", (3, 224, 224))[-1]
    was_training = backbone.training
    with torch.inference_mode():
        maps = backbone.eval().forward_features(torch.zeros(1, 3, px, px))
    backbone.train(was_training)
    if maps.ndim != 4 or maps.shape[-1] != maps.shape[-2]:
        raise InputError(
            f"backbone: {name} gives no maps of shape (n, maps, rows, columns); choose a "
            "convolutional one such as efficientnet_b0 or resnet50"
        )
    return maps.shape[1]
