"""Which cells a model may learn from when a fold is held out, and which it is checked on meanwhile.

Under scheme `block` a strip of cells around everything that is held out is left unused, so that no
training cell lies next door to a cell that is scored.
"""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.cells.places import Places
from incomelens.common.errors import InputError, listed
from incomelens.common.seeds import job_rng, job_seed
from incomelens.folds.cells import SCHEMES

logger = logging.getLogger(__name__)

DRAWS = 50  # of blocks for validation; the best balanced draw is taken
_KINDS = {"block": "blocks", "group": "units", "area": "areas"}


@dataclass(frozen=True)
class InnerSplit:
    """Rows of a fold table to learn from and to check on, each of shape (n_cells,)."""

    train: NDArray[np.bool_]
    validation: NDArray[np.bool_]


def training_cells(
    folds: pd.DataFrame, *, fold: int, scheme: str, buffer_cells: int = 1
) -> NDArray[np.bool_]:
    """Cells of the other folds that a model may see while one fold is held out.

    Parameters
    ----------
    folds : DataFrame
        ``folds/{city}-{scheme}.parquet``.
    fold : int
        The held-out fold.
    scheme : {"random", "block", "group", "area"}
    buffer_cells : int
        Width of the strip around held-out cells, in cells, diagonals included, that scheme `block`
        leaves out too (:meth:`incomelens.cells.places.Places.reach`). The others have none: under
        `random` it would leave nothing over.

    Returns
    -------
    array of bool, shape (n_cells,)
        In the order of `folds`.

    Raises
    ------
    InputError
        If the scheme or the fold is unknown, or nothing is left to learn from.
    """
    _check(folds, fold, scheme)
    held_out = (folds["fold"] == fold).to_numpy()
    training = ~held_out
    if scheme == "block":
        training &= ~Places.of(folds).reach(buffer_cells)(held_out)
    if not training.any():
        raise InputError(
            f"folds: fold {fold} and a strip of {buffer_cells} cells around it leave no cell to "
            "learn from; use larger blocks (block_km) or a narrower strip (buffer_cells)"
        )
    return training


def inner_split(
    folds: pd.DataFrame,
    *,
    fold: int,
    scheme: str,
    seed: int,
    share: float = 0.25,
    buffer_cells: int = 1,
) -> InnerSplit:
    """Split the training cells of a fold into those to learn from and those to check on.

    The split follows the outer scheme (deviation `inner_split`): stratified by income class for
    `random`; whole blocks for `block`, with the same strip around them, whole units for `group`,
    the areas of whole folds for `area` (blocks, where a single fold is left). Of these it takes
    those, out of several random draws, that come nearest to `share` in every class and lose fewest
    cells to the strip.

    Parameters
    ----------
    folds, fold, scheme, buffer_cells
        As for :func:`training_cells`.
    seed : int
        The study's; every fold and scheme has a draw of its own.
    share : float
        Of the training cells that go to validation, 25 % in the paper.

    Returns
    -------
    InnerSplit
        Together a part of :func:`training_cells`; disjoint, neither is empty.

    Raises
    ------
    InputError
        If one of the two would be empty.
    """
    if not 0 < share < 1:
        raise InputError(f"validation share: {share}; expected a number between 0 and 1")
    training = training_cells(folds, fold=fold, scheme=scheme, buffer_cells=buffer_cells)
    if scheme == "random":
        split = _stratified_split(folds, training, share, job_seed(seed, "inner_split", fold))
    else:
        rng = job_rng(seed, "inner_split", scheme, fold)
        split = _whole_split(folds, training, scheme, share, buffer_cells, rng)
    absent = set(folds["income_class"]) - set(folds.loc[split.train, "income_class"])
    if absent:
        logger.warning("fold %d: no training cell of income class %s", fold, listed(absent))
    logger.info(
        "fold %d, %s: %d cells held out, %d to learn from, %d to check on, %d in between unused",
        fold,
        scheme,
        (folds["fold"] == fold).sum(),
        split.train.sum(),
        split.validation.sum(),
        ((folds["fold"] != fold) & ~split.train & ~split.validation).sum(),
    )
    return split


def _check(folds: pd.DataFrame, fold: int, scheme: str) -> None:
    if scheme not in SCHEMES:
        raise InputError(f"folds.schemes: {scheme!r} is unknown; known are {listed(SCHEMES)}")
    known = np.unique(folds["fold"])
    if fold not in known:
        raise InputError(f"folds: there is no fold {fold}; there are {listed(known, len(known))}")


def _stratified_split(
    folds: pd.DataFrame, training: NDArray[np.bool_], share: float, seed: int
) -> InnerSplit:
    rows = np.flatnonzero(training)
    classes = folds["income_class"].to_numpy()[rows]
    counts = np.bincount(classes)
    fewest = counts[counts > 0].min()
    n_classes = np.count_nonzero(counts)
    n_validation = round(share * len(rows))
    if fewest < 2 or n_validation < n_classes or len(rows) - n_validation < n_classes:
        raise InputError(
            f"folds: {len(rows)} training cells of {n_classes} income classes (the smallest has "
            f"{fewest}) cannot be split {1 - share:g} to {share:g} with every class on both sides; "
            "bring more cells or use fewer folds"
        )
    from sklearn.model_selection import train_test_split  # takes a second; other schemes do without

    _, checked = train_test_split(rows, test_size=n_validation, stratify=classes, random_state=seed)
    validation = np.zeros(len(folds), dtype=bool)
    validation[checked] = True
    return InnerSplit(training & ~validation, validation)


def _whole_split(
    folds: pd.DataFrame,
    training: NDArray[np.bool_],
    scheme: str,
    share: float,
    buffer_cells: int,
    rng: np.random.Generator,
) -> InnerSplit:
    near = Places.of(folds).reach(buffer_cells)
    cluster = _kept_together(folds, training, scheme)
    classes = folds["income_class"].to_numpy()
    best, lowest = None, np.inf
    for _ in range(DRAWS):
        validation = training & np.isin(cluster, _draw(cluster[training], share, rng))
        train = training & ~validation
        if scheme == "block":
            train &= ~near(validation)
        if not train.any() or not validation.any():
            continue
        badness = _badness(classes, training, train, validation, share)
        if badness < lowest:
            best, lowest = InnerSplit(train, validation), badness
    if best is None:
        kind = _KINDS[scheme]
        raise InputError(
            f"folds: {np.unique(cluster[training]).size} training {kind} cannot be parted into "
            f"{kind} to learn from and to check on with {buffer_cells} cells between them; use "
            "smaller blocks (block_km), fewer folds or a narrower strip (buffer_cells)"
        )
    return best


def _kept_together(
    folds: pd.DataFrame, training: NDArray[np.bool_], scheme: str
) -> NDArray[np.int64]:
    """Number of what every cell is kept together with: its unit, areas of its fold, or block."""
    if scheme == "group":
        return pd.factorize(folds["unit"], sort=True)[0]
    several = np.ptp(folds.loc[training, "fold"]) > 0
    return folds["fold" if scheme == "area" and several else "block"].to_numpy()


def _draw(block: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Random blocks that together hold about `share` of the cells; at least one, never all."""
    numbers, sizes = np.unique(block, return_counts=True)
    order = rng.permutation(len(numbers))
    filled = np.cumsum(sizes[order])
    n = int(np.abs(filled - share * len(block)).argmin()) + 1
    return numbers[order[: min(n, len(numbers) - 1)]]


def _badness(
    classes: NDArray[np.int64],
    training: NDArray[np.bool_],
    train: NDArray[np.bool_],
    validation: NDArray[np.bool_],
    share: float,
) -> float:
    """Squared distance from the wanted share, overall and by class, plus the share of lost cells.

    A draw that leaves a class without a training cell comes last.
    """
    whole, learnt, checked = (
        np.bincount(classes[rows], minlength=classes.max() + 1)
        for rows in (training, train, validation)
    )
    occupied = whole > 0
    off = (checked[occupied] / (share * whole[occupied]) - 1) ** 2
    off_overall = (checked.sum() / (share * whole.sum()) - 1) ** 2
    lost = 1 - (learnt.sum() + checked.sum()) / whole.sum()
    return float(off.mean() + off_overall + lost + 1000 * (learnt[occupied] == 0).sum())
