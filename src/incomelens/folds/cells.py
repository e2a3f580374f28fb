"""Folds of a city's cells: random and stratified, by spatial blocks, by shared labels or by area.

Neighbouring cells earn alike, so a random split lets a model copy what it knows from next door.
Squares of about the range of that likeness, with a strip around the held-out ones left out of
training, ask for income where no neighbour is known (deviation `spatial_leakage`; Roberts et al.
2017, Ecography 40:913). Cells that take their label from one tract or commune, their unit, know
each other's: scheme `group` holds out whole units. Scheme `area` holds out whole areas, such as
cities of a pooled study: one each where there are as many as folds. All schemes are made of the
same classes and blocks, so that scores can be set side by side.
"""

import logging

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.cells.places import Places, carried_columns
from incomelens.common.errors import InputError, listed
from incomelens.common.seeds import job_rng
from incomelens.folds.blocks import group_blocks
from incomelens.folds.income_classes import income_classes
from incomelens.folds.variogram import (
    Variogram,
    empirical_variogram,
    fit_variogram,
    without_trend,
)

logger = logging.getLogger(__name__)

SCHEMES = ("random", "block", "group", "area")
# Column of the cells whose values scheme `group`, and scheme `area`, hold out whole.
HELD_OUT_WHOLE = {"group": "unit", "area": "area"}
BLOCKS_PER_FOLD = 2
SMALLEST_SIDE = 3  # cells; of less, the strip around held-out cells would leave little to learn
# Folds of a default block size: how far from a fair share of cells, and of each class, is too far.
UNEVEN_CELLS = 0.2
UNEVEN_CLASSES = 0.5
ALWAYS_TOLERATED = 3  # cells; a city of fifty would have no even folds at all
RESTARTS = 50


def assign_city_folds(
    cells: pd.DataFrame,
    *,
    scheme: str,
    n_folds: int,
    seed: int,
    block_km: float | None = None,
    group: str | None = None,
    n_classes: int = 5,
) -> pd.DataFrame:
    """Assign every kept cell of a city to a class, a block and a fold.

    Parameters
    ----------
    cells : DataFrame
        The kept cells (:func:`incomelens.folds.kept.kept_cells`): ``cell_id``, ``income``, and what
        tells their places (:meth:`incomelens.cells.places.Places.of`); with `group` also ``unit``,
        and for scheme `area` ``area``.
    scheme : {"random", "block", "group", "area"}
        Stratified by income class; or whole blocks, units or areas, balanced in cells and classes.
    n_folds : int
    seed : int
    block_km : float, optional
        Side of a block, on a grid a multiple of the cell's; by default :func:`default_block_km`.
    group : {"unit"}, optional
        Where cells share their label: the column that says with whom. It is part of the folds then,
        under every scheme, and no block cuts a unit (:func:`whole_units`). A cell without a unit is
        one of its own, and told.
    n_classes : int

    Returns
    -------
    DataFrame
        Table ``folds/{city}-{scheme}.parquet``; the order of `cells` plays no part.

    Raises
    ------
    InputError
        If the scheme is unknown, the cells lack its column, or cells, classes, blocks, units or
        areas are too few for the folds.
    """
    if scheme not in SCHEMES:
        raise InputError(f"folds.schemes: {scheme!r} is unknown; known are {listed(SCHEMES)}")
    if scheme == "group" and group is None:
        raise InputError(
            "folds.cities.schemes: group holds out whole units of shared labels, and "
            "folds.cities.group names none; set it to unit or leave the scheme out"
        )
    cells = cells.sort_values("cell_id").reset_index(drop=True)
    if cells["cell_id"].duplicated().any():
        raise InputError("folds: a cell stands twice; pass each kept cell once")
    if group is not None:
        cells[group] = _units(cells, group)
    classes = income_classes(cells["income"].to_numpy(), n_classes=n_classes).classes
    if block_km is None:
        block_km = default_block_km(cells, n_folds=n_folds, seed=seed, n_classes=n_classes)
    places = Places.of(cells)
    block = places.blocks(block_km)
    if group is not None:
        block = whole_units(block, pd.factorize(cells[group])[0])
    if scheme == "random":
        fold = _stratified(classes, n_folds, seed)
    elif scheme == "block":
        fold = _grouped(places, classes, block, n_folds, seed)
    else:
        fold = _whole(cells, scheme, classes, n_folds, seed)
    folds = pd.DataFrame(
        {"cell_id": cells["cell_id"], "income_class": classes, "fold": fold, "block": block}
    )
    if group is not None:
        folds[group] = cells[group]
    if told := carried_columns(cells):
        folds = cells[told].assign(**folds)[[*folds, *told]]
    _log_balance(folds, scheme, block_km)
    return folds


def whole_units(block: NDArray[np.int64], unit: NDArray[np.int64]) -> NDArray[np.int64]:
    """Blocks that cut no unit: each unit joins the block that holds most of its cells.

    What cells of one unit share (their label) would otherwise stand on both sides of a split, and
    be drawn twice where blocks are resampled.

    Parameters
    ----------
    block, unit : arrays of shape (n,)
        Numbers from 0 of every cell's.

    Returns
    -------
    array of shape (n,)
        0, 1, ... without gaps, in the order of `block`; of equally many cells the first block's.
    """
    n_blocks = int(block.max()) + 1
    parts, sizes = np.unique(unit * n_blocks + block, return_counts=True)
    largest_first = np.lexsort((parts, -sizes, parts // n_blocks))
    of_unit, first = np.unique(parts[largest_first] // n_blocks, return_index=True)
    home = np.empty(of_unit[-1] + 1, dtype=np.int64)
    home[of_unit] = parts[largest_first][first] % n_blocks
    return np.unique(home[unit], return_inverse=True)[1].astype(np.int64)


def default_block_km(cells: pd.DataFrame, *, n_folds: int, seed: int, n_classes: int = 5) -> float:
    """Side of a block: the range of the income variogram, if the city is large enough for it.

    The range is that of income around its trend over the city
    (:func:`incomelens.folds.variogram.without_trend`). A city of few such blocks makes uneven
    folds; so the side is the largest one, in whole cells up to the range, that gives
    :data:`BLOCKS_PER_FOLD` blocks a fold and folds whose cells and classes are near their fair
    share. Where no side does, the least uneven is taken.

    Parameters
    ----------
    cells : DataFrame
        ``cell_id``, ``income`` of the kept cells.
    n_folds, seed, n_classes
        As for :func:`assign_city_folds`.

    Returns
    -------
    float
        Kilometres.

    Raises
    ------
    InputError
        If even the smallest blocks are too few.
    """
    cells = cells.sort_values("cell_id")
    income = cells["income"].to_numpy(dtype=np.float64)
    classes = income_classes(income, n_classes=n_classes).classes
    places = Places.of(cells)
    cell_km = places.side_m / 1000
    fit = fit_variogram(_residual_variogram(places, income, seed))
    widest = max(round(fit.range_km / cell_km), SMALLEST_SIDE)
    best, lowest = 0, np.inf
    for side in range(widest, SMALLEST_SIDE - 1, -1):
        block = places.blocks(side * cell_km)
        if block.max() + 1 < BLOCKS_PER_FOLD * n_folds:
            continue
        fold = _grouped(places, classes, block, n_folds, seed)
        uneven = _unevenness(fold, classes)
        if uneven < lowest:
            best, lowest = side, uneven
        if uneven <= 1:
            break
    if not best:
        raise InputError(
            f"folds: {len(cells)} cells make fewer than {BLOCKS_PER_FOLD * n_folds} blocks for "
            f"{n_folds} folds, even at {SMALLEST_SIDE * cell_km:.1f} km; lower folds.n_folds or "
            "set block_km"
        )
    logger.info(
        "income around its trend: variogram range %.2f km%s; blocks of %.1f km",
        fit.range_km,
        " or more" if fit.bounded else "",
        best * cell_km,
    )
    return round(best * cell_km, 6)


def _residual_variogram(places: Places, income: NDArray[np.float64], seed: int) -> Variogram:
    rng = job_rng(seed, "income_variogram")
    residual = without_trend(places.centres, income, area=places.area)
    return empirical_variogram(places.centres, residual, rng=rng, area=places.area)


def _grouped(
    places: Places,
    classes: NDArray[np.int64],
    block: NDArray[np.int64],
    n_folds: int,
    seed: int,
) -> NDArray[np.int64]:
    """Fold of every cell: whole blocks, even in cells and classes, with short borders."""
    amounts = _amounts(block, classes)
    beside = block[places.neighbour_pairs()]
    beside, n_pairs = np.unique(beside[beside[:, 0] != beside[:, 1]], axis=0, return_counts=True)

    def border(fold_of: NDArray[np.int64]) -> float:
        """Neighbours in different folds, a cell: these are what the strip costs."""
        apart = fold_of[beside[:, 0]] != fold_of[beside[:, 1]]
        return float(n_pairs[apart].sum() / len(block))

    rng = job_rng(seed, "city_folds")
    return group_blocks(amounts, n_folds, rng=rng, restarts=RESTARTS, penalty=border)[block]


def _whole(
    cells: pd.DataFrame, scheme: str, classes: NDArray[np.int64], n_folds: int, seed: int
) -> NDArray[np.int64]:
    """Fold of every cell: whole units or areas, even in cells and classes; each its own if it can.

    Nothing is left out of training around them, so borders cost nothing.
    """
    column = HELD_OUT_WHOLE[scheme]
    lacking = cells[column].isna().sum() if column in cells else len(cells)
    if lacking:
        raise InputError(
            f"folds: {lacking} of {len(cells)} cells say no {column}, which scheme `{scheme}` "
            f"holds out whole; name its column in city.<id>.income, or leave the scheme out of "
            "folds.cities.schemes"
        )
    number, names = pd.factorize(cells[column], sort=True)
    if len(names) < n_folds:
        raise InputError(
            f"folds: {len(names)} {column}s ({listed(names)}) cannot fill {n_folds} folds; lower "
            f"folds.cities.n_folds or leave `{scheme}` out of folds.cities.schemes"
        )
    if len(names) == n_folds:
        return number.astype(np.int64)
    rng = job_rng(seed, "whole", scheme)
    return group_blocks(_amounts(number, classes), n_folds, rng=rng, restarts=RESTARTS)[number]


def _units(cells: pd.DataFrame, group: str) -> pd.Series:
    """Unit of every cell; one of its own for a cell that says none."""
    if group not in cells:
        raise InputError(
            f"folds.cities.group: {group}, but the cells have no column `{group}`; say in the "
            "columns of city.<id>.income where it stands, or set folds.cities.group: null"
        )
    lacking = cells[group].isna()
    if lacking.any():
        logger.warning(
            "%d of %d cells say no unit and count as one of their own", lacking.sum(), len(cells)
        )
    units = cells[group].where(~lacking, cells["cell_id"]).astype("str")
    logger.info("%d cells share the labels of %d units", len(cells), units.nunique())
    return units


def _amounts(cluster: NDArray[np.int64], classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """What each cluster of cells holds: cells, which count as much as all classes, and classes."""
    counts = np.zeros((cluster.max() + 1, classes.max()), dtype=np.int64)
    np.add.at(counts, (cluster, classes - 1), 1)
    return np.column_stack([counts.sum(axis=1)] * counts.shape[1] + [counts])


def _unevenness(fold: NDArray[np.int64], classes: NDArray[np.int64]) -> float:
    """Largest deviation from a fair share, in units of what is tolerated."""
    counts = np.zeros((fold.max() + 1, classes.max()))
    np.add.at(counts, (fold, classes - 1), 1)
    off = [
        np.abs(amount - amount.mean(axis=0)).max() / (share * amount.mean() + ALWAYS_TOLERATED)
        for amount, share in ((counts.sum(axis=1), UNEVEN_CELLS), (counts, UNEVEN_CLASSES))
    ]
    return float(max(off))


def _stratified(classes: NDArray[np.int64], n_folds: int, seed: int) -> NDArray[np.int64]:
    counts = np.bincount(classes)[1:]
    if counts.min() < n_folds:
        raise InputError(
            f"folds: income class {counts.argmin() + 1} has {counts.min()} cells, fewer than "
            f"{n_folds} folds; lower folds.n_folds or bring more cells"
        )
    from sklearn.model_selection import StratifiedKFold  # takes a second; other schemes do without

    fold = np.empty(len(classes), dtype=np.int64)
    splits = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    for number, (_, held_out) in enumerate(splits.split(classes, classes)):
        fold[held_out] = number
    return fold


def _log_balance(folds: pd.DataFrame, scheme: str, block_km: float) -> None:
    table = pd.crosstab(folds["fold"], folds["income_class"])
    logger.info(
        "%s folds (blocks of %.1f km, %d): cells by fold and class\n%s",
        scheme,
        block_km,
        folds["block"].nunique(),
        table.to_string(),
    )
    for number, row in table.iterrows():
        if (row == 0).any():
            logger.warning(
                "fold %d holds no cell of income class %s", number, listed(row.index[row == 0])
            )
