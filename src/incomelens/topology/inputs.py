"""From the tables of earlier stages to the arrays that this stage computes with."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.errors import InputError, listed
from incomelens.folds.income_classes import SES_CLASSES

logger = logging.getLogger(__name__)

# A tile that is mostly airport says little about the rest of its land (deviation `excluded_land`).
MOST_EXCLUDED = 0.5
OTHER_LAND = ("unknown", "excluded")
LABELS = ("observed", "predicted")


@dataclass(frozen=True)
class TileGroup:
    """Tiles predicted to be of one SES, with the sums of their maps over urban classes.

    Attributes
    ----------
    cell_id : array of shape (n_tiles,)
    activation_sum : array of shape (n_transforms, n_tiles, n_classes)
        0 where the class is absent; classes in the order of the study's list.
    area_share : array of shape (n_tiles, n_classes)
        Of the tile's area without what is excluded; rows sum to 1.
    block : array of shape (n_tiles,)
        0, 1, ...: place of the tile's spatial block among all blocks of the city.
    n_blocks : int
        Of the city.
    """

    cell_id: NDArray[np.object_]
    activation_sum: NDArray[np.float64]
    area_share: NDArray[np.float64]
    block: NDArray[np.int64]
    n_blocks: int


def tile_group(
    attribution: pd.DataFrame,
    predictions: pd.DataFrame,
    folds: pd.DataFrame,
    *,
    method: str,
    ses: str,
    transforms: Sequence[int] = (0,),
) -> TileGroup:
    """Collect the tiles predicted low (or high) and the map of the low (or high) class on them.

    Tiles with more than half of their area excluded are left out.

    Parameters
    ----------
    attribution : DataFrame
        ``cell_id``, ``method``, ``target``, ``urban_class``, ``transform``, ``activation_sum``,
        ``area_share``, ``excluded_share``; no row, or a share of 0, where a class is absent.
    predictions : DataFrame
        ``cell_id``, ``predicted`` (1..5).
    folds : DataFrame
        ``cell_id``, ``block``.
    method : str
    ses : {"low", "high"}
    transforms : sequence of int
        Of the maps, in the order wanted.

    Raises
    ------
    InputError
        If cells, classes or transforms are missing, unknown or there twice, naming them.
    """
    rows = attribution[
        (attribution["method"] == method)
        & (attribution["target"] == ses)
        & attribution["transform"].isin(transforms)
    ]
    # Of millions of rows, names are looked at once.
    number, names = pd.factorize(rows["cell_id"])
    names = pd.Index(np.asarray(names, dtype=object))
    _check_cells(names, predictions, folds)
    in_group = predictions.loc[predictions["predicted"].isin(SES_CLASSES[ses]), "cell_id"]
    usable = rows["excluded_share"].le(MOST_EXCLUDED) & rows["area_share"].gt(0)
    usable &= names.isin(in_group)[number]
    rows, number = rows[usable], number[usable.to_numpy()]
    cells = np.sort(names[np.unique(number)].to_numpy())
    logger.info(
        "%s, %s: %d tiles, %d predicted so but without usable land use",
        method,
        ses,
        len(cells),
        len(in_group) - len(cells),
    )
    tile = pd.Index(cells).get_indexer(names)[number]
    activation, share = tile_arrays(rows, tile, cells, list(transforms))
    place = _block_places(folds)
    return TileGroup(
        cells,
        activation,
        share,
        place.reindex(cells).to_numpy(dtype=np.int64),
        int(place.max()) + 1,
    )


def class_presence(shares: pd.DataFrame, cell_id: Sequence[str]) -> NDArray[np.bool_]:
    """Whether each tile holds each urban class, shape (n_tiles, n_classes).

    Parameters
    ----------
    shares : DataFrame
        ``cell_id``, ``urban_class``, ``area_share``: of tiles, or of attribution; rows may repeat.
        Land that is unknown or excluded is left aside.
    cell_id : sequence of str
        Tiles in the order wanted; one without any row holds nothing.

    Raises
    ------
    InputError
        If a class is unknown.
    """
    rows = shares[shares["area_share"].gt(0) & ~shares["urban_class"].isin(OTHER_LAND)]
    number, names = pd.factorize(rows["cell_id"])
    tile = pd.Index(cell_id, dtype=object).get_indexer(np.asarray(names, dtype=object))[number]
    present = np.zeros((len(cell_id), len(land_use_list().names)), dtype=np.bool_)
    present[tile[tile >= 0], class_places(rows)[tile >= 0]] = True
    return present


@dataclass(frozen=True)
class LabelledTiles:
    """All tiles of a city with their SES and the classes of their land.

    Attributes
    ----------
    in_group : dict of str to array of shape (n_tiles,)
        By SES, whether each tile belongs to it.
    holds : array of shape (n_tiles, n_classes)
        Whether each tile holds each class.
    block : array of shape (n_tiles,)
        0, 1, ...
    """

    in_group: dict[str, NDArray[np.bool_]]
    holds: NDArray[np.bool_]
    block: NDArray[np.int64]


def labelled_tiles(
    shares: pd.DataFrame, predictions: pd.DataFrame, folds: pd.DataFrame, *, label: str
) -> LabelledTiles:
    """Join the classes of every tile's land with its income class.

    Parameters
    ----------
    shares : DataFrame
        As for :func:`class_presence`.
    predictions : DataFrame
        ``cell_id`` and the column `label`.
    folds : DataFrame
        ``cell_id``, ``block``.
    label : {"observed", "predicted"}

    Raises
    ------
    InputError
        If a cell is missing or there twice, or `label` is unknown.
    """
    if label not in LABELS:
        raise InputError(f"label: {label!r} is unknown; known are {listed(LABELS)}")
    _check_cells([], predictions, folds)
    labels, cells = predictions[label], predictions["cell_id"]
    return LabelledTiles(
        {ses: labels.isin(classes).to_numpy() for ses, classes in SES_CLASSES.items()},
        class_presence(shares, cells),
        _block_places(folds).reindex(cells).to_numpy(dtype=np.int64),
    )


def transforms_of(attribution: pd.DataFrame, method: str) -> list[int]:
    """Transforms under which the table has the sums of a method, in their order."""
    of_method = attribution.loc[attribution["method"] == method, "transform"]
    return sorted(int(one) for one in of_method.unique())


def methods_of(attribution: pd.DataFrame) -> list[str]:
    """Methods in the order in which the table has them."""
    return [str(method) for method in attribution["method"].unique()]


def tile_arrays(
    rows: pd.DataFrame, tile: NDArray[np.int64], cells: NDArray[np.object_], transforms: list[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums and shares of one method and target as arrays: see :class:`TileGroup`.

    Parameters
    ----------
    rows : DataFrame
        Of the attribution, none without an area.
    tile : array of shape (n_rows,)
        Place of each row's tile in `cells`.
    cells : sequence of str
    transforms : list of int
        In the order wanted.

    Raises
    ------
    InputError
        If a sum is missing or there twice, or a class unknown.
    """
    column = class_places(rows)
    layer = pd.Index(transforms).get_indexer(rows["transform"])
    names = land_use_list().names
    share = np.zeros((len(cells), len(names)))
    share[tile, column] = rows["area_share"].to_numpy(dtype=np.float64)
    activation = np.full((len(transforms), *share.shape), np.nan)
    place = np.ravel_multi_index((layer, tile, column), activation.shape) if len(rows) else layer
    twice = np.flatnonzero(np.bincount(place, minlength=1) > 1)
    if len(twice):
        at, one, which = np.unravel_index(twice[0], activation.shape)
        raise InputError(
            f"attribution: {len(twice)} activation sums stand twice, first of cell {cells[one]}, "
            f"class {names[which]}, transform {transforms[at]}; expected one row a cell, method, "
            "target, class and transform"
        )
    activation.ravel()[place] = rows["activation_sum"].to_numpy(dtype=np.float64)
    missing = np.argwhere(np.isnan(activation) & (share > 0))
    if len(missing):
        at, one, which = missing[0]
        raise InputError(
            f"attribution: {len(missing)} activation sums are missing, first of cell {cells[one]}, "
            f"class {names[which]}, transform {transforms[at]}; expected one under each of the "
            f"transforms {listed(transforms, 8)}; run the attribution again"
        )
    return np.nan_to_num(activation), share


def class_places(rows: pd.DataFrame) -> NDArray[np.int64]:
    """Place of each row's urban class in the study's list; an InputError names unknown ones."""
    names = land_use_list().names
    place = pd.Index(names).get_indexer(rows["urban_class"])
    if (place < 0).any():
        unknown = sorted(set(rows["urban_class"].to_numpy()[place < 0]))
        raise InputError(
            f"urban_class: {listed(unknown)} unknown; known are {listed(names, len(names))}"
        )
    return place


def _block_places(folds: pd.DataFrame) -> pd.Series:
    """Place of every cell's block among the blocks of the city, in ascending order."""
    block = np.unique(folds["block"].to_numpy(), return_inverse=True)[1]
    return pd.Series(block, index=folds["cell_id"].to_numpy())


def _check_cells(cells: Sequence[str], predictions: pd.DataFrame, folds: pd.DataFrame) -> None:
    for name, table in {"predictions": predictions, "folds": folds}.items():
        twice = table.loc[table["cell_id"].duplicated(), "cell_id"]
        if len(twice):
            raise InputError(f"{name}: cells {listed(twice)} stand twice; expected one row a cell")
        stray = sorted(set(cells) - set(table["cell_id"]))
        if stray:
            raise InputError(
                f"{name}: {len(stray)} cells of the attribution are missing: {listed(stray)}; make "
                "both from the same run"
            )
    stray = sorted(set(predictions["cell_id"]) - set(folds["cell_id"]))
    if stray:
        raise InputError(
            f"folds: {len(stray)} predicted cells have no block: {listed(stray)}; make both from "
            "the same run"
        )
