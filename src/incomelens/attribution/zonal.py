"""Sums of maps over the urban classes of tiles: their own, turned, and those of other tiles."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from incomelens.cells.urban_classes import EXCLUDED, UNKNOWN, land_use_list
from incomelens.common.errors import InputError, listed

N_TRANSFORMS = 8
# What averages over some turns of an image no longer has: each is a group of its own.
TURNS = {1: (0,), 2: (0, 2), 4: (0, 1, 2, 3), 8: (0, 1, 2, 3, 4, 5, 6, 7)}
PIXELS_AT_ONCE = 8_000_000  # tiles × classes × pixels in memory, of double precision


@dataclass(frozen=True)
class TileSums:
    """Maps of some tiles, summed over urban classes.

    Attributes
    ----------
    activation : array of shape (n, n_transforms, n_maps, n_classes)
        Sum of each map over the pixels of each class, classes as in
        the study's list; 0 where the class is absent.
    area_share : array of shape (n, n_classes)
        Share of the pixels that are in the sums: each row adds up to 1, or to 0 where a tile has
        no such pixel.
    excluded_share : array of shape (n,)
        Share of all pixels that is in no sum.
    """

    activation: NDArray[np.float64]
    area_share: NDArray[np.float64]
    excluded_share: NDArray[np.float64]


def transformed(values: Tensor, transform: int) -> Tensor:
    """Rotate and reflect images along their last two axes, which must be equal.

    Parameters
    ----------
    values : tensor of shape (..., px, px)
    transform : int
        0..3: by that many quarter turns counter-clockwise; 4..7: mirrored left-right first.
    """
    if transform >= 4:
        values = values.flip(-1)
    return values.rot90(transform % 4, dims=(-2, -1))


def undone(values: Tensor, transform: int) -> Tensor:
    """Invert :func:`transformed`."""
    values = values.rot90(-(transform % 4), dims=(-2, -1))
    return values.flip(-1) if transform >= 4 else values


def zonal_sums(
    maps: Tensor,
    land_use: Tensor,
    *,
    n_transforms: int = N_TRANSFORMS,
    n_classes: int | None = None,
) -> TileSums:
    """Sum maps over the urban classes of their tiles.

    Parameters
    ----------
    maps : tensor of shape (n, n_maps, px, px)
    land_use : uint8 tensor of shape (n, px, px), on the same device
        Values of :mod:`incomelens.cells.urban_classes`.
    n_transforms : int
        1: maps as they are. 8: also under the other rotations and reflections of themselves, the
        land use staying where it is, in the order of :func:`transformed`.
    n_classes : int, optional
        By default those of the study's list.

    Raises
    ------
    InputError
        If the shapes do not belong together or the land use has an unknown value.

    Notes
    -----
    Re-pairing maps and land use: deviation `h0_against_repairing`. The land use is turned back
    rather than every map forth. Sums are of double precision; rows of pixels have accumulators of
    their own, which keeps a GPU from queueing for the few that a tile would have.
    """
    n_classes = n_classes or len(land_use_list().names)
    columns = _columns(maps, land_use, n_classes)
    values = maps.double()
    parts = [
        _summed(values, undone(columns, transform), n_classes) for transform in range(n_transforms)
    ]
    activation = torch.stack(parts, dim=1)[..., 1:].cpu().numpy()
    ones = torch.ones_like(values[:, :1])
    counts = _summed(ones, columns, n_classes)[:, 0].cpu().numpy()
    used = counts[:, 1:].sum(axis=1, keepdims=True)
    return TileSums(
        activation=activation,
        area_share=counts[:, 1:] / np.maximum(used, 1),
        excluded_share=counts[:, 0] / np.maximum(counts.sum(axis=1), 1),
    )


def joined(parts: Sequence[TileSums]) -> TileSums:
    """Sums of further tiles, in order."""
    return TileSums(
        *(np.concatenate([getattr(one, name) for one in parts]) for name in vars(parts[0]))
    )


def layered(parts: Sequence[TileSums]) -> TileSums:
    """Sums of several maps of the same tiles, along the axis of transforms."""
    activation = np.concatenate([one.activation for one in parts], axis=1)
    return TileSums(activation, parts[0].area_share, parts[0].excluded_share)


def paired_sums(
    maps: Tensor, land_use: Tensor, *, n_classes: int | None = None
) -> NDArray[np.float64]:
    """Sum every map over the urban classes of every tile.

    Parameters
    ----------
    maps : tensor of shape (n, n_maps, px, px)
    land_use : uint8 tensor of shape (n, px, px), on the same device
        As for :func:`zonal_sums`.
    n_classes : int, optional
        By default those of the study's list.

    Returns
    -------
    array of shape (n, n, n_maps, n_classes)
        First the tile whose map it is, then the tile whose land it lies on: on the diagonal are the
        sums of :func:`zonal_sums` under no transform. 0 where the land has none of the class.

    Notes
    -----
    A product of matrices, maps × pixels and pixels × (tiles × classes), exact in double precision:
    no map is reduced for it. Pixels come in pieces, so that memory is bounded.
    """
    n_classes = n_classes or len(land_use_list().names)
    columns = _columns(maps, land_use, n_classes).flatten(1)
    n, n_maps, rows, _ = maps.shape
    values = maps.reshape(n * n_maps, rows * rows)
    present = columns.unique()
    present = present[present > 0]
    sums = torch.zeros((len(values), n * len(present)), dtype=torch.double, device=maps.device)
    at_once = max(1, PIXELS_AT_ONCE // max(n * len(present), 1))
    for start in range(0, columns.shape[1], at_once):
        piece = columns[:, None, start : start + at_once] == present[:, None]
        sums += values[:, start : start + at_once].double() @ piece.double().flatten(0, 1).T
    found = np.zeros((n, n, n_maps, n_classes))
    by_map = sums.reshape(n, n_maps, n, len(present)).permute(0, 2, 1, 3)
    found[..., present.cpu().numpy() - 1] = by_map.cpu().numpy()
    return found


def _columns(maps: Tensor, land_use: Tensor, n_classes: int) -> Tensor:
    """Column of every pixel, int64, shape (n, px, px).

    Column 0 takes what is in no sum: classes that the list leaves out, and land of unknown use.
    """
    square = (len(maps), maps.shape[-1], maps.shape[-1])
    if maps.ndim != 4 or maps.shape[-1] != maps.shape[-2] or land_use.shape != square:
        raise InputError(
            f"zonal sums: maps of shape {tuple(maps.shape)} and land use of shape "
            f"{tuple(land_use.shape)}; expected (n, n_maps, px, px) and (n, px, px)"
        )
    table = torch.full((256,), -1, dtype=torch.int64)
    table[: n_classes + 1] = torch.arange(n_classes + 1)
    table[[UNKNOWN, EXCLUDED]] = 0
    columns = table.to(land_use.device)[land_use.long()]
    if (columns < 0).any():
        unknown = land_use[columns < 0].unique().tolist()
        raise InputError(
            f"zonal sums: land use has values {listed(unknown)}; expected 1..{n_classes}, "
            f"{UNKNOWN} or {EXCLUDED} (cells/urban_classes.py); cut the tiles again"
        )
    return columns


def _summed(values: Tensor, columns: Tensor, n_classes: int) -> Tensor:
    """Sums (n, n_maps, n_columns) of values (n, n_maps, px, px) by column (n, px, px)."""
    n, n_maps, rows, _ = values.shape
    by_row = values.new_zeros((n, n_maps, rows, 1 + n_classes))
    by_row.scatter_add_(3, columns[:, None].expand(-1, n_maps, -1, -1), values)
    return by_row.sum(dim=2)
