"""What a frozen backbone sees of every tile, flipped in each way: once, for every head on it.

A backbone that stays as it comes says the same of a tile in every epoch, fold and scheme, so that
training its head again and again need not ask it again.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
import torch
from numpy.typing import NDArray
from torch import Tensor

from incomelens.common.errors import DamagedFileError, InputError, listed
from incomelens.common.files import whole_file
from incomelens.inference.inputs import FLIPS, flip_images
from incomelens.inference.network import IncomeNetwork, build_network
from incomelens.inference.predict import network_outputs
from incomelens.inference.streams import TileSource

# Rounding differs with the size of a batch; another backbone's features differ by their own size.
LIKE = 1e-2


@dataclass(frozen=True)
class FrozenViews:
    """Pooled maps of a backbone, of every tile in its four flips.

    Attributes
    ----------
    cell_ids : sequence of str
    features : float32 array of shape (n_cells, 4, n_maps)
        Flips in the order of :data:`incomelens.inference.inputs.FLIPS`.
    """

    cell_ids: Sequence[str]
    features: NDArray[np.float32]

    def stream(self, cell_ids: Sequence[str], device: torch.device) -> "ViewStream":
        """Views of some cells, in batches.

        Raises
        ------
        InputError
            If a cell has none.
        """
        place = {cell_id: number for number, cell_id in enumerate(self.cell_ids)}
        if missing := sorted(set(cell_ids) - set(place)):
            raise InputError(
                f"frozen views: none of {len(missing)} cells ({listed(missing)}); make them anew "
                "from the tiles that are trained on"
            )
        chosen = self.features[[place[cell_id] for cell_id in cell_ids]]
        return ViewStream(torch.from_numpy(chosen).to(device))

    def check(
        self, network: IncomeNetwork, tiles: TileSource, *, scaling: str, cell_id: str
    ) -> None:
        """Refuse views that are not of this backbone, by what it says of one tile."""
        stream = self.stream([cell_id], torch.device("cpu"))
        held = next(stream.batches([np.array([0])]))[0, 0].numpy()
        found = network_outputs(
            network,
            lambda images: network.pool(network.feature_maps(images)),
            tiles,
            [cell_id],
            scaling=scaling,
            batch_size=1,
        )[0]
        # Not from each feature: a hundredth of the largest is nothing to one that is nearly zero.
        if held.shape != found.shape or np.abs(held - found).max() > LIKE * np.abs(found).max():
            raise InputError(
                f"frozen views: those of {cell_id} are not what this backbone says of its tile; "
                "make them anew for this network, its weights and scaling"
            )


class ViewStream:
    """Batches of views, in place of :class:`incomelens.inference.streams.ImageStream`."""

    def __init__(self, features: Tensor) -> None:
        self._features = features

    def batches(self, positions: Sequence[NDArray[np.int64]]) -> Iterator[Tensor]:
        """Yield a tensor (n, 4, n_maps) for each array of positions."""
        for chosen in positions:
            yield self._features[torch.from_numpy(np.asarray(chosen)).to(self._features.device)]


def flip_views(views: Tensor, flips: NDArray[np.bool_]) -> Tensor:
    """Choose the views that flipped images would give.

    Parameters
    ----------
    views : tensor of shape (n, 4, n_maps)
    flips : array of bool, shape (n, 2)
        Up-down and left-right.

    Returns
    -------
    tensor of shape (n, n_maps)
    """
    chosen = torch.from_numpy(2 * flips[:, 0] + flips[:, 1]).to(views.device)
    return views[torch.arange(len(views), device=views.device), chosen]


def frozen_views(
    tiles: TileSource,
    cell_ids: Sequence[str],
    *,
    network: Mapping[str, Any],
    scaling: str,
    batch_size: int,
    device: torch.device | None = None,
) -> FrozenViews:
    """Ask a backbone that is not trained for every tile in its four flips.

    Parameters
    ----------
    tiles : TileSource
    cell_ids : sequence of str
    network : mapping
        ``backbone``, ``pool`` and ``weights`` of
        :func:`incomelens.inference.network.build_network`; other keys say nothing here.
    scaling : {"min_max", "imagenet", "half"}
    batch_size : int
    device : torch.device, optional
        By default CUDA where there is one.

    Raises
    ------
    InputError
        If the backbone comes without weights, and so is another one in every network.
    """
    if network["weights"] == "none":
        raise InputError(
            "frozen views: `weights: none` gives every network a random backbone of its own; "
            "name weights, or train without freezing"
        )
    built = build_network(**{key: network[key] for key in ("backbone", "pool", "weights")})

    def views(images: Tensor) -> Tensor:
        layout = images.permute(0, 2, 3, 1)
        flipped = [
            flip_images(layout, np.tile(flip, (len(images), 1))).permute(0, 3, 1, 2)
            for flip in FLIPS
        ]
        return torch.cat([built.pool(built.feature_maps(one)) for one in flipped], dim=1)

    found = network_outputs(
        built, views, tiles, list(cell_ids), scaling=scaling, batch_size=batch_size, device=device
    )
    shape = (len(cell_ids), len(FLIPS), -1)
    return FrozenViews([*cell_ids], found.reshape(shape).astype(np.float32))


def write_views(views: FrozenViews, path: str | Path) -> None:
    """Write views as safetensors, whole or not at all; the cells stand in its metadata."""
    cells = {"cell_ids": json.dumps([*views.cell_ids])}
    with whole_file(path) as beside:
        beside.write_bytes(safetensors.numpy.save({"views": views.features}, metadata=cells))


def read_views(path: str | Path) -> FrozenViews:
    """Read what :func:`write_views` wrote.

    Raises
    ------
    DamagedFileError
        If it cannot be read.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return FrozenViews(json.loads(file.metadata()["cell_ids"]), file.get_tensor("views"))
    except (OSError, safetensors.SafetensorError, KeyError, TypeError) as error:
        raise DamagedFileError(path, error) from None
