"""Deletion and insertion: how soon a score falls, or rises, where a map is brightest.

Petsiuk, Das & Saenko (2018), "RISE", BMVC. Patches of a tile, in an order, are replaced by those of
its blurred copy (deletion), or put into the blurred copy (insertion). An order is worth something
if it does better than chance; and a map, if it does better than the same map turned by half, which
is as bright and as coarse.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from incomelens.common.errors import InputError
from incomelens.inference.network import IncomeNetwork

MODES = ("deletion", "insertion")
# SD of the blur, of the side of a tile: nothing of a house is left, the colour of the block is.
BLUR = 0.04
REACH = 3.0  # SD to either side


def blurred(images: Tensor, share: float = BLUR) -> Tensor:
    """Images (n, 3, px, px) under a Gaussian window of an SD of `share` of their side."""
    px = images.shape[-1]
    sd = share * px
    reach = max(1, round(REACH * sd))
    place = torch.arange(-reach, reach + 1, dtype=images.dtype, device=images.device)
    window = torch.exp(-0.5 * (place / sd) ** 2)
    window = (window / window.sum()).expand(3, 1, 1, -1)
    wide = functional.pad(images, (reach, reach, reach, reach), mode="reflect")
    across = functional.conv2d(wide, window, groups=3)
    return functional.conv2d(across, window.transpose(2, 3), groups=3)


def patch_order(saliency: NDArray[np.floating], patches: int) -> NDArray[np.int64]:
    """Patches of a map from the brightest to the darkest, as places in a grid by rows.

    Parameters
    ----------
    saliency : array of shape (px, px)
    patches : int
        Along a side; px must be a multiple.

    Raises
    ------
    InputError
        If it is not.
    """
    px = saliency.shape[-1]
    if px % patches:
        raise InputError(
            f"validation.patches: {patches} does not divide tiles of {px} pixels; choose one that "
            "does"
        )
    step = px // patches
    mean = saliency.astype(np.float64).reshape(patches, step, patches, step).mean(axis=(1, 3))
    return np.argsort(-mean.ravel(), kind="stable")


def curve_images(
    image: Tensor, blur: Tensor, order: NDArray[np.int64], *, steps: int, mode: str
) -> Tensor:
    """The image on its way, shape (steps + 1, 3, px, px).

    Parameters
    ----------
    image, blur : tensors of shape (3, px, px)
    order : array of shape (patches²,)
    steps : int
        Into which the way is cut evenly.
    mode : {"deletion", "insertion"}
        From the image to its blur, or back.
    """
    patches = round(len(order) ** 0.5)
    rank = np.empty(len(order))
    rank[order] = np.arange(len(order))
    limits = len(order) * np.arange(steps + 1)[:, None] / steps
    reached = torch.from_numpy(rank[None, :] < limits).to(image.device)
    grid = reached.reshape(steps + 1, 1, patches, patches)
    side = image.shape[-1] // patches
    mask = grid.repeat_interleave(side, dim=2).repeat_interleave(side, dim=3)
    start, end = (image, blur) if mode == "deletion" else (blur, image)
    return torch.where(mask, end, start)


@torch.inference_mode()
def tile_curves(
    network: IncomeNetwork,
    image: Tensor,
    orders: Mapping[str, NDArray[np.int64]],
    *,
    ses: str,
    steps: int,
) -> pd.DataFrame:
    """Score of one tile along deletion and insertion in several orders.

    Parameters
    ----------
    network : IncomeNetwork
        In evaluation mode, on the device of the image.
    image : float tensor of shape (3, px, px)
        Scaled.
    orders : mapping of str to array of shape (patches²,)
    ses : {"low", "high"}
        Whose side is scored: the position p on the scale of classes for high, 1 − p for low.
    steps : int

    Returns
    -------
    DataFrame
        ``order``, ``mode``, ``share`` (of the patches, 0 to 1), ``score`` (0 to 1).
    """
    blur = blurred(image[None])[0]
    parts = []
    for name, order in orders.items():
        for mode in MODES:
            images = curve_images(image, blur, order, steps=steps, mode=mode)
            features = network.pool(network.feature_maps(images))
            p = network.head.p(features).float().cpu().numpy()
            parts.append(
                pd.DataFrame(
                    {
                        "order": name,
                        "mode": mode,
                        "share": np.arange(steps + 1) / steps,
                        "score": p if ses == "high" else 1 - p,
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)
