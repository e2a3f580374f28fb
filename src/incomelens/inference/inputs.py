"""What a network is shown: scaled, flipped images, in an order that a resumed run repeats."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from incomelens.common.errors import InputError
from incomelens.common.seeds import job_rng

SCALINGS = ("min_max", "imagenet", "half")
# As in the released code, so that an image of one colour does not divide by zero.
EPSILON = 1e-10
# Up-down and left-right: every way to flip an image.
FLIPS = ((False, False), (False, True), (True, False), (True, True))
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)


def check_scaling(scaling: str) -> None:
    """Raise an InputError unless a scaling of this name exists."""
    if scaling not in SCALINGS:
        raise InputError(f"scaling: {scaling!r} is unknown; known are {', '.join(SCALINGS)}")


def scale_images(images: Tensor, scaling: str) -> Tensor:
    """Scale images for a network, on the device where they are.

    Parameters
    ----------
    images : uint8 tensor of shape (n, rows, columns, 3)
        RGB.
    scaling : {"min_max", "imagenet", "half"}
        Each image by its own least and greatest value, over all colours, to 0..1 (as the released
        code); by the mean and SD of ImageNet's colours; (x − 0.5) / 0.5, to −1..1.

    Returns
    -------
    float32 tensor of shape (n, 3, rows, columns)
        RGB, in channels-last layout.

    Notes
    -----
    Deviations `image_scaling` and `colour_order`.
    """
    check_scaling(scaling)
    values = images.permute(0, 3, 1, 2).to(torch.float32)
    if scaling == "min_max":
        least = values.amin(dim=(1, 2, 3), keepdim=True)
        greatest = values.amax(dim=(1, 2, 3), keepdim=True)
        return (values - least) / (greatest - least + EPSILON)
    if scaling == "half":
        return values / 127.5 - 1.0
    mean = values.new_tensor(IMAGENET_MEAN).view(1, 3, 1, 1)
    sd = values.new_tensor(IMAGENET_SD).view(1, 3, 1, 1)
    return (values / 255.0 - mean) / sd


def draw_flips(n: int, *, seed: int, epoch: int, step: int) -> NDArray[np.bool_]:
    """Draw for each image whether it is flipped up-down, and left-right, with equal chances.

    Parameters
    ----------
    n : int
    seed, epoch, step : int
        They alone decide the flips: a resumed run needs no state of a generator.

    Returns
    -------
    array of bool, shape (n, 2)
    """
    return job_rng(seed, "flips", epoch, step).random((n, 2)) < 0.5


def flip_images(images: Tensor, flips: NDArray[np.bool_]) -> Tensor:
    """Flip images.

    Parameters
    ----------
    images : tensor of shape (n, rows, columns, 3)
    flips : array of bool, shape (n, 2)
        Up-down and left-right.

    Returns
    -------
    tensor of shape (n, rows, columns, 3)
    """
    up_down, left_right = torch.from_numpy(flips).to(images.device).T[:, :, None, None, None]
    images = torch.where(up_down, images.flip(1), images)
    return torch.where(left_right, images.flip(2), images)


def draw_positions(n: int, *, start: int, count: int, seed: int) -> NDArray[np.int64]:
    """Draw positions 0..n−1 from an endless stream: everything once, shuffled, then again.

    Parameters
    ----------
    n : int
        How many things there are.
    start : int
        How many were drawn before; together with `seed` it decides the draw.
    count : int
        How many to draw.
    seed : int

    Returns
    -------
    array of shape (count,)
    """
    cycles = range(start // n, (start + count - 1) // n + 1)
    shuffled = [job_rng(seed, "order", cycle).permutation(n) for cycle in cycles]
    skipped = start - cycles.start * n
    return np.concatenate(shuffled)[skipped : skipped + count]
