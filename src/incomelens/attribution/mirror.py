"""How much the map of the richest class differs from that of the poorest.

Behind one logit hardly, or by its sign alone: deviation `logit_scores`.
"""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from incomelens.attribution.gradients import PAPER_METHODS, image_gradients
from incomelens.attribution.maps import finish
from incomelens.attribution.similarity import cosine
from incomelens.common.errors import present
from incomelens.inference.network import IncomeNetwork

QUANTITIES = ("guided_gradient", "plain_gradient", "cam", *PAPER_METHODS)


def mirror_property(
    network: IncomeNetwork, images: Tensor, *, postprocess: str = "none", batch_size: int = 16
) -> pd.DataFrame:
    """Cosine of the maps of low and high, for each method and for what it is made of.

    Parameters
    ----------
    network : IncomeNetwork
        In evaluation mode, on the device of the images.
    images : float tensor of shape (n, 3, px, px)
        Scaled as the network expects.
    postprocess : {"none", "released"}
    batch_size : int

    Returns
    -------
    DataFrame
        Table ``attribution/{city}/{scheme}-mirror.csv``, from ``head`` on. Quantities: the signed
        gradients of the image (``guided_gradient``, ``plain_gradient``), the ``cam`` before its
        ReLU, and the finished maps of each method. Tiles where a map is 0 everywhere have no
        cosine.

    Notes
    -----
    With one logit, plain gradients and CAMs are negatives (cosine −1), so that their rectified
    maps share no pixel, while guided gradients are nearly equal. A softmax head is free of this.
    """
    found: dict[str, list[np.ndarray]] = {name: [] for name in QUANTITIES}
    for batch in images.split(batch_size):
        gradients = image_gradients(network, batch)
        size = (batch.shape[-2], batch.shape[-1])
        finished = finish(gradients, size, methods=PAPER_METHODS, postprocess=postprocess)
        pairs = {
            "guided_gradient": gradients.guided,
            "plain_gradient": gradients.plain,
            "cam": gradients.cam,
            **{method: finished[:, at] for at, method in enumerate(PAPER_METHODS)},
        }
        for name, pair in pairs.items():
            low, high = torch.unbind(present(pair).cpu(), dim=1)
            found[name].append(cosine(low.numpy(), high.numpy()))
    rows = [_row(name, np.concatenate(values)) for name, values in found.items()]
    table = pd.DataFrame(rows)
    table.insert(0, "head", network.architecture.head)
    return table


def _row(name: str, values: np.ndarray) -> dict[str, object]:
    known = values[~np.isnan(values)]
    told: dict[str, object] = {"quantity": name, "n": len(known)}
    if not len(known):
        return told | dict.fromkeys(
            ("cosine_mean", "cosine_sd", "cosine_min", "cosine_max"), np.nan
        )
    return told | {
        "cosine_mean": known.mean(),
        "cosine_sd": known.std(),
        "cosine_min": known.min(),
        "cosine_max": known.max(),
    }
