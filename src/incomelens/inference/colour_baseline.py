"""Mean colour and ridge: what a glance at the colour of a place tells, without any texture."""

import numpy as np
from numpy.typing import NDArray

from incomelens.inference.baseline_task import FoldTask, Guess, guess_by_ridge
from incomelens.inference.streams import TileSource

TILES_AT_ONCE = 32


def mean_colour(task: FoldTask) -> Guess:
    """Ridge of the class on the mean red, green and blue of the tile."""
    colours = tile_colours(task.tiles, np.concatenate([task.train, task.held_out]))
    return guess_by_ridge(task, colours[: len(task.train)], colours[len(task.train) :])


def tile_colours(tiles: TileSource, cell_ids: NDArray[np.str_]) -> NDArray[np.float64]:
    """Mean red, green and blue of each tile, shape (n, 3), in grey levels 0..255."""
    parts = []
    for start in range(0, len(cell_ids), TILES_AT_ONCE):
        images = tiles.read_images(cell_ids[start : start + TILES_AT_ONCE])
        parts.append(images.reshape(len(images), -1, 3).mean(axis=1))
    return np.concatenate(parts)
