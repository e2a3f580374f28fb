"""EfficientNet-Lite0, the backbone of the small studies, written out.

Layer for layer timm's ``tf_efficientnet_lite0``, from the names of its modules to the last bit of
its maps, so that weights and checkpoints fit both. timm makes a thousand networks, and importing
it (with torchvision, and PyTorch's compiler) takes longer than most jobs of a small study compute.

EfficientNet (Tan & Le 2019, ICML) without squeeze-and-excite, with ReLU6 for SiLU
(github.com/tensorflow/tpu, models/official/efficientnet/lite), padded as TensorFlow pads.
"""

import math
from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

NAME = "tf_efficientnet_lite0"
STEM, LAST = 32, 1280  # maps
NORM_EPSILON = 1e-3
# Blocks, side of the depthwise window, stride of the first, expansion and maps, stage by stage.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
# The last stage of each size of maps.
STAGE_ENDS = (0, 1, 2, 4, 6)


class Conv2dSame(nn.Conv2d):
    """Convolution with stride, padded by as little as the last window needs, more of it behind."""

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (n, out_channels, ⌈rows / stride⌉, ⌈columns / stride⌉) of maps."""
        sizes = zip(maps.shape[-2:], self.stride, self.kernel_size, strict=True)
        rows, columns = (
            max((math.ceil(size / stride) - 1) * stride + side - size, 0)
            for size, stride, side in sizes
        )
        around = (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)
        return super().forward(functional.pad(maps, around))


class BatchNormAct2d(nn.BatchNorm2d):
    """Batch norm and the activation behind it, if there is one."""

    def __init__(self, n_maps: int, *, activated: bool = True) -> None:
        super().__init__(n_maps, eps=NORM_EPSILON)
        self.drop = nn.Identity()
        self.act = nn.ReLU6(inplace=True) if activated else nn.Identity()

    def forward(self, maps: Tensor) -> Tensor:
        """Maps of the same shape."""
        return self.act(self.drop(super().forward(maps)))


class DepthwiseSeparableConv(nn.Module):
    """A window for each map, then a mixture of all; the block without expansion."""

    def __init__(self, n_in: int, n_out: int, side: int, stride: int) -> None:
        super().__init__()
        self.has_skip = stride == 1 and n_in == n_out
        self.conv_dw = _conv(n_in, n_in, side, stride, groups=n_in)
        self.bn1 = BatchNormAct2d(n_in)
        self.conv_pw = _conv(n_in, n_out, 1)
        self.bn2 = BatchNormAct2d(n_out, activated=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (n, n_out, ⌈rows / stride⌉, ⌈columns / stride⌉) of maps (n, n_in, rows, columns)."""
        made = self.bn2(self.conv_pw(self.bn1(self.conv_dw(maps))))
        return made + maps if self.has_skip else made


class InvertedResidual(nn.Module):
    """More maps, a window for each, fewer maps; around it all a skip where shapes allow."""

    def __init__(self, n_in: int, n_out: int, side: int, stride: int, expansion: int) -> None:
        super().__init__()
        n_inside = n_in * expansion
        self.has_skip = stride == 1 and n_in == n_out
        self.conv_pw = _conv(n_in, n_inside, 1)
        self.bn1 = BatchNormAct2d(n_inside)
        self.conv_dw = _conv(n_inside, n_inside, side, stride, groups=n_inside)
        self.bn2 = BatchNormAct2d(n_inside)
        self.conv_pwl = _conv(n_inside, n_out, 1)
        self.bn3 = BatchNormAct2d(n_out, activated=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (n, n_out, ⌈rows / stride⌉, ⌈columns / stride⌉) of maps (n, n_in, rows, columns)."""
        made = self.bn1(self.conv_pw(maps))
        made = self.bn3(self.conv_pwl(self.bn2(self.conv_dw(made))))
        return made + maps if self.has_skip else made


class Lite0(nn.Module):
    """The network without a classifier, in the form of timm's: maps, or one vector an image.

    Its weights are drawn as timm draws them, from the generator as it stands.

    Attributes
    ----------
    num_features : int
        Last maps.
    feature_info : list of dict
        ``module`` that gives the last maps of each size.
    default_cfg : dict
        ``classifier``, whose weights a file may hold besides, and ``input_size``.
    """

    num_features = LAST
    feature_info: Sequence[dict[str, str]] = [{"module": f"blocks.{k}"} for k in STAGE_ENDS]
    default_cfg = {"classifier": "classifier", "input_size": (3, 224, 224)}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem = _conv(3, STEM, 3, 2)
        self.bn1 = BatchNormAct2d(STEM)
        for _ in range(2):
            # timm makes two layers here on trial. What is drawn after them, weights of blocks and
            # of a head, is the same only if they are drawn, too.
            nn.Conv2d(8, 8, 1)
        stages, n_in = [], STEM
        for n_blocks, side, stride, expansion, n_out in STAGES:
            stages.append(_stage(n_blocks, n_in, n_out, side, stride, expansion))
            n_in = n_out
        self.blocks = nn.Sequential(*stages)
        self.conv_head = _conv(n_in, LAST, 1)
        self.bn2 = BatchNormAct2d(LAST)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                fan_out = math.prod(module.kernel_size) * module.out_channels // module.groups
                nn.init.normal_(module.weight, 0, math.sqrt(2 / fan_out))

    def forward_features(self, images: Tensor) -> Tensor:
        """Maps (n, 1280, rows / 32, columns / 32) of scaled images (n, 3, rows, columns)."""
        return self.forward_intermediates(images)[0]

    def forward_intermediates(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Last maps, and those that each of `feature_info` gives."""
        maps, earlier = self.bn1(self.conv_stem(images)), []
        for number, stage in enumerate(self.blocks):
            maps = stage(maps)
            if number in STAGE_ENDS:
                earlier.append(maps)
        return self.bn2(self.conv_head(maps)), earlier

    def forward(self, images: Tensor) -> Tensor:
        """Mean of every last map, shape (n, 1280)."""
        return functional.adaptive_avg_pool2d(self.forward_features(images), 1).flatten(1)


def _stage(
    n_blocks: int, n_in: int, n_out: int, side: int, stride: int, expansion: int
) -> nn.Sequential:
    blocks: list[nn.Module] = []
    for number in range(n_blocks):
        shape = (n_in if number == 0 else n_out, n_out, side, stride if number == 0 else 1)
        blocks.append(
            DepthwiseSeparableConv(*shape)
            if expansion == 1
            else InvertedResidual(*shape, expansion)
        )
    return nn.Sequential(*blocks)


def _conv(n_in: int, n_out: int, side: int, stride: int = 1, *, groups: int = 1) -> nn.Conv2d:
    """Without a bias; with stride 1 the padding is the same on both sides."""
    if stride > 1:
        return Conv2dSame(n_in, n_out, side, stride, groups=groups, bias=False)
    return nn.Conv2d(n_in, n_out, side, padding=side // 2, groups=groups, bias=False)
