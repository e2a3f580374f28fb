"""Checks of one city's networks on a sample of tiles that they did not train on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from incomelens.attribution.batches import LandUseTiles
from incomelens.attribution.comparison import Maps, make_maps, similarity_table
from incomelens.attribution.curves import patch_order, tile_curves
from incomelens.attribution.gradients import PAPER_METHODS
from incomelens.attribution.maps import turned_maps
from incomelens.attribution.mirror import mirror_property
from incomelens.attribution.randomisation import cascade
from incomelens.attribution.scores import TARGETS
from incomelens.attribution.zonal import transformed
from incomelens.common.errors import InputError
from incomelens.common.names import MAIN
from incomelens.common.progress import progress
from incomelens.common.seeds import job_rng, job_seed
from incomelens.folds.income_classes import SES_CLASSES
from incomelens.inference.devices import choose_device
from incomelens.inference.inputs import scale_images
from incomelens.inference.model_files import load_model
from incomelens.inference.network import IncomeNetwork

RANDOM = "random"
TURNED = "turned"
HALF_TURN = 2
Models = Mapping[int, str | Path]


@dataclass(frozen=True)
class Probe:
    """A network and tiles that it did not train on, on one device.

    Attributes
    ----------
    network : IncomeNetwork
        In evaluation mode, with its batch norms.
    cell_ids : list of str
    images : float tensor of shape (n, 3, px, px)
        Scaled.
    land_use : uint8 tensor of shape (n, px, px)
    """

    network: IncomeNetwork
    cell_ids: list[str]
    images: Tensor
    land_use: Tensor


def probe(
    folder: str | Path, tiles: LandUseTiles, cell_ids: Sequence[str], device: torch.device
) -> Probe:
    """Load a network and these tiles.

    Raises
    ------
    InputError
        If the network is not there or was trained on tiles of another size.
    """
    model = load_model(folder)
    if model.tile_px != tiles.tile_px:
        raise InputError(
            f"{folder}: the model was trained on tiles of {model.tile_px} pixels, these have "
            f"{tiles.tile_px}; train it again on tiles of this size"
        )
    network = model.network.to(device).to(memory_format=torch.channels_last).requires_grad_(False)
    images = torch.from_numpy(tiles.read_images(cell_ids)).to(device)
    land_use = torch.from_numpy(tiles.read_land_use(cell_ids)).to(device)
    return Probe(network, list(cell_ids), scale_images(images, model.scaling), land_use)


def models_by_network(
    networks: Sequence[str], weights: Sequence[str | Path]
) -> dict[str, dict[int, Path]]:
    """Folders of the fold models of several networks, given their weights in that order."""
    n_folds = len(weights) // len(networks)
    folders = [Path(file).parent for file in weights]
    return {
        name: dict(enumerate(folders[place * n_folds : (place + 1) * n_folds]))
        for place, name in enumerate(networks)
    }


def held_out_sample(
    cells: pd.DataFrame, *, n_tiles: int, seed: int
) -> Iterator[tuple[int, list[str]]]:
    """Yield each fold with at most `n_tiles` of its cells.

    Parameters
    ----------
    cells : DataFrame
        ``cell_id``, ``fold``; the order of the rows plays no part.
    n_tiles, seed : int
    """
    for fold, rows in cells.sort_values("cell_id").groupby("fold", sort=True):
        ids = rows["cell_id"].to_numpy()
        rng = job_rng(seed, "sample", fold)
        yield int(fold), rng.permutation(ids)[:n_tiles].tolist()


def network_similarity(
    models: Mapping[str, Models],
    tiles: LandUseTiles,
    folds: pd.DataFrame,
    *,
    n_tiles: int,
    seed: int,
    postprocess: str = "none",
    device: torch.device | None = None,
) -> pd.DataFrame:
    """Compare the maps of `main` with those of other networks, and of itself as it forgets.

    Parameters
    ----------
    models : mapping of network to mapping of fold to folder
        ``main`` among them.
    tiles : Tiles
    folds : DataFrame
        ``cell_id``, ``fold``.
    n_tiles : int
        Held-out tiles a fold.
    seed : int
        Of the sample and of the new weights.
    postprocess : {"none", "released"}
    device : torch.device, optional
        By default CUDA where there is one.

    Returns
    -------
    DataFrame
        Table ``attribution/{city}/{scheme}-similarity.csv``.
    """
    device = device or choose_device()
    others = [name for name in models if name != MAIN]
    parts = []
    for fold, ids in held_out_sample(folds, n_tiles=n_tiles, seed=seed):
        one = probe(models[MAIN][fold], tiles, ids, device)

        def maps_of(network: IncomeNetwork, one: Probe = one) -> Maps:
            return make_maps(network, one.images, one.land_use, postprocess=postprocess)

        reference = maps_of(one.network)
        beside = {
            name: maps_of(probe(models[name][fold], tiles, ids, device).network) for name in others
        }
        steps = progress(
            cascade(one.network, one.images, seed=job_seed(seed, "cascade", fold)),
            f"forgetting, fold {fold}",
            unit="part",
        )
        forgetting = {name: maps_of(network) for name, network in steps}
        for kind, compared in (("network", beside), ("cascade", forgetting)):
            table = similarity_table(reference, compared)
            order = {name: step for step, name in enumerate([TURNED, *compared])}
            table = table.assign(step=table["against"].map(order), kind=kind, fold=fold)
            parts.append(table[(kind == "network") | (table["against"] != TURNED)])
    table = pd.concat(parts, ignore_index=True)
    front = ["fold", "kind", "step", "against"]
    return table[[*front, *table.columns.drop(front)]]


def mirror_table(
    models: Mapping[str, Models],
    tiles: LandUseTiles,
    folds: pd.DataFrame,
    *,
    n_tiles: int,
    seed: int,
    postprocess: str = "none",
    device: torch.device | None = None,
) -> pd.DataFrame:
    """Measure the mirror property of every network (deviation `logit_scores`).

    Parameters are those of :func:`network_similarity`. Returns
    :func:`incomelens.attribution.mirror.mirror_property` with ``network`` and ``fold`` in front.
    """
    device = device or choose_device()
    parts = []
    for fold, ids in held_out_sample(folds, n_tiles=n_tiles, seed=seed):
        for name, folders in models.items():
            one = probe(folders[fold], tiles, ids, device)
            table = mirror_property(one.network, one.images, postprocess=postprocess)
            table.insert(0, "network", name)
            table.insert(1, "fold", fold)
            parts.append(table)
    return pd.concat(parts, ignore_index=True)


def curve_table(
    models: Models,
    tiles: LandUseTiles,
    predictions: pd.DataFrame,
    *,
    n_tiles: int,
    steps: int,
    patches: int,
    random_orders: int,
    seed: int,
    postprocess: str = "none",
    turns: int = 8,
    device: torch.device | None = None,
) -> pd.DataFrame:
    """Deletion and insertion curves of every method, of its maps turned, and of chance.

    Parameters
    ----------
    models : mapping of fold to folder
    tiles : Tiles
    predictions : DataFrame
        ``cell_id``, ``fold``, ``predicted``: tiles are taken from those predicted low or high, and
        each is judged by the map of its own side.
    n_tiles : int
        Held-out tiles a fold.
    steps, patches, random_orders : int
        See :mod:`incomelens.attribution.curves`.
    seed : int
    postprocess : {"none", "released"}
    turns : int
        Of the image that a map is the mean over.
    device : torch.device, optional

    Returns
    -------
    DataFrame
        Table ``attribution/{city}/{scheme}-{network}-curves.parquet``. Empty maps give no order.
    """
    device = device or choose_device()
    ses_of = {number: ses for ses, classes in SES_CLASSES.items() for number in classes}
    ses = predictions.set_index("cell_id")["predicted"].map(ses_of).dropna()
    chosen = predictions[predictions["cell_id"].isin(ses.index)]
    parts = []
    for fold, ids in held_out_sample(chosen, n_tiles=n_tiles, seed=seed):
        one = probe(models[fold], tiles, ids, device)
        rng = job_rng(seed, "orders", fold)
        for cell_id, image in progress(
            list(zip(ids, one.images, strict=True)), f"deleting, fold {fold}", unit="tile"
        ):
            side = ses[cell_id]
            told: dict[str, Any] = {"turns": turns, "postprocess": postprocess}
            maps = sum(turned_maps(one.network, image[None], **told), start=torch.zeros(())) / turns
            of_side = maps[0, :, TARGETS.index(side)].cpu()
            orders = _map_orders(of_side, patches)
            for draw in range(random_orders):
                orders[f"{RANDOM} {draw}"] = rng.permutation(patches**2)
            table = tile_curves(one.network, image, orders, ses=side, steps=steps)
            parts.append(table.assign(fold=fold, cell_id=cell_id, ses=side))
    table = pd.concat(parts, ignore_index=True)
    name = table["order"].str.partition(" ")
    table = table.assign(order=name[0], draw=name[2].replace("", "0").astype(int))
    front = ["fold", "cell_id", "ses", "order", "draw"]
    return table[[*front, "mode", "share", "score"]]


def _map_orders(maps: Tensor, patches: int) -> dict[str, np.ndarray]:
    """Orders by the maps (n_methods, px, px) of one tile, and by the same maps turned by half."""
    orders = {}
    for method, saliency in zip(PAPER_METHODS, maps, strict=True):
        if not saliency.any():
            continue
        orders[method] = patch_order(saliency.numpy(), patches)
        half = transformed(saliency, HALF_TURN).numpy()
        orders[f"{method}_{TURNED}"] = patch_order(half, patches)
    return orders
