"""Models that the network should be compared with, under the same folds.

What is had for nothing (`majority`), from geography alone (`copy_neighbours`), from colour alone
(`mean_colour`), from texture without training (`random_features`), and from the main network's
backbone before any training on incomes (`frozen_ridge`). The last is an embedding: a row of numbers
for every cell, then ridge; embeddings of others (:data:`EMBEDDING`) go the same way.
"""

import logging
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.cells.places import Places
from incomelens.common.errors import InputError, listed, present
from incomelens.common.names import EMBEDDING
from incomelens.common.seeds import job_rng
from incomelens.folds.training import training_cells
from incomelens.inference.baseline_task import FoldTask, Guess, guess_by_ridge
from incomelens.inference.frozen_features import FROZEN
from incomelens.inference.metrics import N_CLASSES
from incomelens.inference.random_features import RandomFeatures, random_features
from incomelens.inference.scored_cells import PROBABILITIES
from incomelens.inference.streams import TileSource
from incomelens.sources.readers.embedding_tables import Embedding

logger = logging.getLogger(__name__)

N_NEIGHBOURS = 8
TILES_AT_ONCE = 32


def majority(task: FoldTask) -> Guess:
    """The most frequent class of the training cells for everyone, their shares as probabilities.

    Of equally frequent classes the one nearest to the middle class is taken, then the lower one.
    Quintiles are nearly balanced, so this is chance.
    """
    counts = np.bincount(task.train_class, minlength=N_CLASSES + 1)[1:]
    numbers = np.arange(1, N_CLASSES + 1)
    from_middle = np.abs(numbers - (N_CLASSES + 1) / 2)
    best = numbers[np.lexsort((numbers, from_middle, -counts))[0]]
    n = len(task.held_out)
    p = (np.average(numbers, weights=counts) - 1) / (N_CLASSES - 1)
    shares = np.tile(counts / counts.sum(), (n, 1))
    return Guess(np.full(n, best), np.full(n, p), shares)


def copy_neighbours(task: FoldTask) -> Guess:
    """Median class of the eight nearest training cells (deviation `spatial_leakage`).

    All of them where there are fewer; those of an area of which no cell is known, all training
    cells. Equally near cells: see :meth:`incomelens.cells.places.Places.nearest`; a median between
    two classes: see :func:`median_class`. Probabilities are the shares of the classes among the
    neighbours, so that the expected class is their mean. Where cells share labels, of each unit the
    nearest cell alone is a neighbour, or eight of them would be one label.
    """
    n = len(task.held_out)
    predicted, p, shares = np.empty(n, np.int64), np.empty(n), np.empty((n, N_CLASSES))
    held_out_places, train_places = present(task.held_out_places), present(task.train_places)
    for asked, known in held_out_places.areas_with(train_places):
        if known.size:
            places = held_out_places[asked], train_places[known]
            unit = None if task.train_unit is None else task.train_unit[known]
            classes = task.train_class[known][_neighbours(*places, unit)]
        else:
            classes = np.tile(task.train_class, (asked.size, 1))
        predicted[asked] = median_class(classes)
        p[asked] = (classes.mean(axis=1) - 1) / (N_CLASSES - 1)
        shares[asked] = (classes[:, :, None] == np.arange(1, N_CLASSES + 1)).mean(axis=1)
    return Guess(predicted, p, shares)


def _neighbours(asked: Places, known: Places, unit: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Positions of the nearest known cells, of each unit one, nearest first."""
    if unit is None:
        return asked.nearest(known, k=N_NEIGHBOURS)
    k = min(N_NEIGHBOURS, len(np.unique(unit)))
    n_looked_at = 4 * k
    while True:
        nearest = asked.nearest(known, k=n_looked_at)
        is_first = _first_in_row(unit[nearest])
        rank = is_first.cumsum(axis=1)
        if rank[:, -1].min() >= k:
            return nearest[is_first & (rank <= k)].reshape(-1, k)
        n_looked_at *= 4


def _first_in_row(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a value stands in its row for the first time."""
    order = values.argsort(axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    is_new = np.ones(values.shape, dtype=bool)
    is_new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    is_first = np.empty_like(is_new)
    np.put_along_axis(is_first, order, is_new, axis=1)
    return is_first


def median_class(classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Median of each row, as a class.

    Half-way between two classes the one on the side of the row's mean is taken; if the mean is
    half-way too, the one nearer to the middle class. Turning the order of classes round turns the
    result round.

    Parameters
    ----------
    classes : int array of shape (n, k)
        From 1 to 5.

    Returns
    -------
    int array of shape (n,)

    Examples
    --------
    >>> median_class(np.array([[1, 2, 2, 5], [1, 2, 3, 5], [2, 2, 3, 3]]))
    array([2, 3, 3])
    """
    median = np.median(classes, axis=1)
    mean = classes.mean(axis=1)
    middle = (N_CLASSES + 1) / 2
    side = np.sign(mean - median)
    side = np.where(side == 0, np.sign(middle - median), side)
    half_way = median % 1 != 0
    return (median + np.where(half_way, side / 2, 0)).astype(np.int64)


def mean_colour(task: FoldTask) -> Guess:
    """Ridge of the class on the mean red, green and blue of the tile."""
    colours = tile_colours(present(task.tiles), np.concatenate([task.train, task.held_out]))
    return guess_by_ridge(task, colours[: len(task.train)], colours[len(task.train) :])


def tile_colours(tiles: TileSource, cell_ids: NDArray[np.str_]) -> NDArray[np.float64]:
    """Mean red, green and blue of each tile, shape (n, 3), in grey levels 0..255."""
    parts = []
    for start in range(0, len(cell_ids), TILES_AT_ONCE):
        images = tiles.read_images(cell_ids[start : start + TILES_AT_ONCE])
        parts.append(images.reshape(len(images), -1, 3).mean(axis=1))
    return np.concatenate(parts)


def embedding_ridge(task: FoldTask, *, embedding: Embedding) -> Guess:
    """Ridge of the class on an embedding; a cell without a row is one of mean numbers."""
    train, held_out = embedding.of(task.train), embedding.of(task.held_out)
    if np.isnan(train).all():
        raise InputError(
            "embedding: none of the cells to learn from has a row; bring rows for more of them"
        )
    mean = np.nanmean(train, axis=0)
    train, held_out = (np.where(np.isnan(rows), mean, rows) for rows in (train, held_out))
    return guess_by_ridge(task, train, held_out)


WITHOUT_IMAGES = {"majority": majority, "copy_neighbours": copy_neighbours}
WITH_IMAGES: dict[str, Callable[..., Guess]] = {
    "mean_colour": mean_colour,
    "random_features": random_features,
}
BASELINES = (*WITHOUT_IMAGES, *WITH_IMAGES, FROZEN)


def predict_out_of_fold(
    model: str,
    folds: pd.DataFrame,
    *,
    scheme: str,
    seed: int,
    buffer_cells: int = 1,
    tiles: TileSource | None = None,
    settings: RandomFeatures | None = None,
    embedding: Embedding | None = None,
) -> pd.DataFrame:
    """Predict every cell of a city by a baseline that did not see the cell's fold.

    Parameters
    ----------
    model : str
        One of :data:`BASELINES`, or :data:`EMBEDDING` and a name.
    folds : DataFrame
        ``folds/{city}-{scheme}.parquet``.
    scheme : {"random", "block"}
    seed : int
        The study's; every model, scheme and fold draws from a generator of its own.
    buffer_cells : int
        Strip around held-out cells that scheme `block` leaves out of training.
    tiles : TileSource, optional
        Where images come from; needed by the models that look at them.
    settings : RandomFeatures, optional
        Of `random_features`.
    embedding : Embedding, optional
        Of `frozen_ridge` (:func:`incomelens.inference.frozen_features.frozen_features`), or of an
        encoder of others; these need it.

    Returns
    -------
    DataFrame
        Table ``inference/{city}/{scheme}/baselines.parquet`` without ``model``, sorted by
        ``cell_id``.

    Raises
    ------
    InputError
        If the model is unknown, tiles or settings are needed, or a fold leaves nothing to learn
        from.
    """
    baseline = _baseline(model, tiles, settings or RandomFeatures(), embedding)
    folds = folds.sort_values("cell_id").reset_index(drop=True)
    places, parts = Places.of(folds), []
    unit = pd.factorize(folds["unit"], sort=True)[0] if "unit" in folds else None
    for fold in np.unique(folds["fold"]):
        training = training_cells(folds, fold=int(fold), scheme=scheme, buffer_cells=buffer_cells)
        train, held_out = folds.loc[training], folds.loc[folds["fold"] == fold]
        # The labels of the held-out cells stay here.
        guess = baseline(
            FoldTask(
                train=train["cell_id"].to_numpy(dtype=str),
                train_class=train["income_class"].to_numpy(dtype=np.int64),
                train_fold=train["fold"].to_numpy(dtype=np.int64),
                held_out=held_out["cell_id"].to_numpy(dtype=str),
                rng=job_rng(seed, "baseline", model, scheme, fold),
                train_unit=None if unit is None else unit[training],
                train_places=places[training],
                held_out_places=places[(folds["fold"] == fold).to_numpy()],
                tiles=tiles,
            )
        )
        parts.append(_rows(held_out, guess))
        logger.info(
            "%s, %s: fold %d: %d cells from %d", model, scheme, fold, len(held_out), len(train)
        )
    return pd.concat(parts).sort_values("cell_id").reset_index(drop=True)


def _baseline(
    model: str,
    tiles: TileSource | None,
    settings: RandomFeatures,
    embedding: Embedding | None,
) -> Callable[[FoldTask], Guess]:
    if model == FROZEN or model.startswith(EMBEDDING):
        if embedding is None:
            raise InputError(f"baseline {model}: it reads an embedding; pass that of the cells")
        return partial(embedding_ridge, embedding=embedding)
    if model not in BASELINES:
        raise InputError(
            f"inference.baselines: {model!r} is unknown; known are {listed(BASELINES)}"
        )
    if model in WITHOUT_IMAGES:
        return WITHOUT_IMAGES[model]
    if tiles is None:
        raise InputError(f"baseline {model}: it looks at images; pass the tiles of the city")
    if model == "random_features":
        return partial(random_features, settings=settings)
    return WITH_IMAGES[model]


def _rows(held_out: pd.DataFrame, guess: Guess) -> pd.DataFrame:
    n = len(held_out)
    unknown = np.full((n, N_CLASSES), np.nan)
    probabilities = unknown if guess.probabilities is None else guess.probabilities
    return pd.DataFrame(
        {
            "cell_id": held_out["cell_id"].to_numpy(),
            "fold": held_out["fold"].to_numpy(),
            "observed": held_out["income_class"].to_numpy(),
            "predicted": guess.predicted,
            "p": guess.p,
            **dict(zip(PROBABILITIES, probabilities.T, strict=True)),
        }
    )
