"""How like the maps of two networks are, on the same tiles."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from incomelens.attribution.gradients import PAPER_METHODS, image_gradients
from incomelens.attribution.maps import finish
from incomelens.attribution.quality import complexity_rise
from incomelens.attribution.scores import TARGETS
from incomelens.attribution.similarity import spearman, ssim
from incomelens.attribution.zonal import transformed, zonal_sums
from incomelens.common.errors import present
from incomelens.inference.network import IncomeNetwork

# The image's gradients alone, without the CAM that they are multiplied with: Σ over colours of |·|.
GRADIENTS = ("guided_gradient", "plain_gradient")
QUANTITIES = (*PAPER_METHODS, *GRADIENTS)
LEAST_TILES = 10  # with a class, below which its mean ratio is not compared
HALF_TURN = 2


@dataclass(frozen=True)
class Maps:
    """Maps of some tiles by one network, and what they come to on the land.

    Attributes
    ----------
    saliency : float32 array of shape (n, n_quantities, 2, px, px)
        :data:`QUANTITIES`, each for low and high.
    ratios : array of shape (n_quantities, 2, 19)
        Mean activation ratio of every urban class over the tiles; NaN where too few hold it.
    """

    saliency: NDArray[np.float32]
    ratios: NDArray[np.float64]


def make_maps(
    network: IncomeNetwork,
    images: Tensor,
    land_use: Tensor,
    *,
    postprocess: str = "none",
    batch_size: int = 16,
    least_tiles: int = LEAST_TILES,
) -> Maps:
    """Maps of all methods, and their ratios.

    Parameters
    ----------
    network : IncomeNetwork
        In evaluation mode, on the device of the images.
    images : float tensor of shape (n, 3, px, px)
        Scaled as the network expects.
    land_use : uint8 tensor of shape (n, px, px)
    postprocess : {"none", "released"}
        See :func:`incomelens.attribution.maps.finish`.
    batch_size, least_tiles : int
    """
    saliency, sums, shares = [], [], []
    for batch, land in zip(images.split(batch_size), land_use.split(batch_size), strict=True):
        gradients = image_gradients(network, batch)
        size = (batch.shape[-2], batch.shape[-1])
        finished = finish(gradients, size, methods=PAPER_METHODS, postprocess=postprocess)
        alone = [present(one).abs().sum(dim=2) for one in (gradients.guided, gradients.plain)]
        maps = torch.cat([finished, torch.stack(alone, dim=1)], dim=1)
        summed = zonal_sums(maps.flatten(1, 2), land, n_transforms=1)
        saliency.append(maps.float().cpu().numpy())
        sums.append(summed.activation[:, 0])
        shares.append(summed.area_share)
    ratios = _mean_ratios(np.concatenate(sums), np.concatenate(shares), least_tiles)
    return Maps(np.concatenate(saliency), ratios.reshape(len(QUANTITIES), len(TARGETS), -1))


def turned(maps: Maps) -> NDArray[np.float32]:
    """Saliency turned by half: as bright, as fine, and in the wrong place."""
    return transformed(torch.from_numpy(maps.saliency), HALF_TURN).numpy()


def similarity_table(reference: Maps, others: Mapping[str, Maps]) -> pd.DataFrame:
    """Compare maps with those of a reference, tile by tile and class by class.

    Parameters
    ----------
    reference : Maps
    others : mapping of str to Maps
        Of the same tiles; the reference's own maps, turned by half, are added as ``turned``.

    Returns
    -------
    DataFrame
        Table ``attribution/{city}/{scheme}-similarity.csv``, from ``against`` on.
    """
    rows = []
    for against, saliency in {
        "turned": turned(reference),
        **{name: maps.saliency for name, maps in others.items()},
    }.items():
        for place, method in enumerate(QUANTITIES):
            for side, target in enumerate(TARGETS):
                pair = reference.saliency[:, place, side], saliency[:, place, side]
                told = {"against": against, "method": method, "target": target}
                rows += [
                    told | {"measure": measure} | _summary(alike(*pair))
                    for measure, alike in (("spearman", spearman), ("ssim", ssim))
                ]
                if against in others:
                    rise = {"measure": "complexity_rise"} | _summary(complexity_rise(*pair))
                    rows.append(told | rise)
                    mine, theirs = (one.ratios[place, side] for one in (reference, others[against]))
                    rows.append(told | {"measure": "class_ratios"} | _rank_agreement(mine, theirs))
    return pd.DataFrame(rows)


def _mean_ratios(
    activation: NDArray[np.float64], area_share: NDArray[np.float64], least_tiles: int
) -> NDArray[np.float64]:
    """Mean ratios (n_maps, 19) of sums (n, n_maps, 19) and shares (n, 19)."""
    total = activation.sum(axis=2, keepdims=True)
    expected = area_share[:, None, :] * total
    ratio = activation / np.where(expected > 0, expected, np.nan)
    known = np.isfinite(ratio)
    count = known.sum(axis=0)
    sums = np.where(known, ratio, 0.0).sum(axis=0)
    return np.where(count >= least_tiles, sums / np.maximum(count, 1), np.nan)


def _summary(values: NDArray[np.float64]) -> dict[str, object]:
    known = values[np.isfinite(values)]
    if not len(known):
        return {"n": 0, "mean": np.nan, "sd": np.nan}
    return {"n": len(known), "mean": known.mean(), "sd": known.std()}


def _rank_agreement(a: NDArray[np.float64], b: NDArray[np.float64]) -> dict[str, object]:
    known = np.isfinite(a) & np.isfinite(b)
    n = int(known.sum())
    value = spearman(a[None, known], b[None, known])[0] if n > 2 else np.nan
    return {"n": n, "mean": value, "sd": np.nan}
