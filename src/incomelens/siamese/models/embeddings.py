"""One vector an image from a backbone, and their mean over a district's images.

Deviation `baselines_embeddings`.
"""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from incomelens.common.progress import progress
from incomelens.inference.backbones import Backbone, build_backbone
from incomelens.inference.devices import choose_device
from incomelens.inference.inputs import check_scaling, scale_images
from incomelens.siamese.inputs.images import DistrictImages

COLUMN = "e{:04d}"  # of the table of embeddings, one an entry of the vector


def embedder(name: str, weights: str, *, seed: int = 0) -> Backbone:
    """Build a backbone that gives one vector an image, on the CPU, in evaluation mode.

    Parameters
    ----------
    name, weights : str
        See :func:`incomelens.inference.backbones.build_backbone`, also for errors.
    seed : int
        Of weights that stay as initialised.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        setting = "siamese.embedding.backbone"
        return build_backbone(name, weights=weights, pooled=True, setting=setting).eval()


def embed(
    backbone: nn.Module, images: NDArray[np.uint8], scaling: str, device: str | torch.device
) -> Tensor:
    """Embeddings of images (n, pixels, pixels, 3), shape (n, width), on the device."""
    pixels = torch.from_numpy(images).to(device)
    return backbone(scale_images(pixels, scaling).contiguous(memory_format=torch.channels_last))


def embed_images(
    images: DistrictImages,
    *,
    backbone: str,
    weights: str,
    scaling: str,
    batch_size: int,
    device: str = "auto",
    seed: int = 0,
) -> pd.DataFrame:
    """Embed every image of a store with a backbone that learns nothing.

    Parameters
    ----------
    images : DistrictImages
    backbone, weights : str
        See :func:`embedder`.
    scaling : {"min_max", "imagenet", "half"}
        Of pixel values; what the weights expect.
    batch_size : int
        Images at a time.
    device : {"auto", "cpu", "cuda"}
    seed : int

    Returns
    -------
    DataFrame
        ``geoid``, ``image_id``, and ``e0000``, ``e0001``, ...: the embedding, float32.
    """
    check_scaling(scaling)
    place = choose_device(device)
    network = embedder(backbone, weights, seed=seed).to(place)
    network = network.to(memory_format=torch.channels_last)
    starts = range(0, len(images), batch_size)
    parts = [np.zeros((0, network.num_features), dtype=np.float32)]
    with torch.inference_mode():
        for start in progress(starts, f"{len(images)} images", unit="batches"):
            batch = images.read(slice(start, start + batch_size))
            parts.append(embed(network, batch, scaling, place).float().cpu().numpy())
    values = np.concatenate(parts[1:] or parts)
    table = pd.DataFrame(values, columns=[COLUMN.format(k) for k in range(values.shape[1])])
    identity = pd.DataFrame({"geoid": images.geoid, "image_id": images.image_id}, dtype=str)
    return pd.concat([identity, table], axis=1)
