"""A small city of kept cells, and its folds."""

import numpy as np
import pandas as pd

from incomelens.cells.neighbours import grid_coordinates
from incomelens.folds.cells import assign_city_folds


def city(width, height, *, seed=0, share=0.93, corner=(19_003, 14_001)):
    """Kept cells of a rectangle, some missing, richer in patches."""
    rng = np.random.default_rng(seed)
    place = np.array([(column, row) for row in range(height) for column in range(width)])
    place = place[rng.random(len(place)) < share]
    east, north = place.T
    patches = 3000 * np.sin(east / 2.5) + 2000 * np.cos(north / 2.0)
    return pd.DataFrame(
        {
            "cell_id": [
                f"CRS3035RES200mN{200 * (corner[1] + r)}E{200 * (corner[0] + c)}" for c, r in place
            ],
            "income": 20_000 + patches + rng.normal(0, 800, len(place)),
            "unit": [f"tract {c // 2}-{r // 2}" for c, r in place],
            "area": [f"town {5 * c // width}" for c, r in place],
        }
    )


def folds_of(cells, scheme="block", **options):
    if scheme == "group":
        options = {"group": "unit"} | options
    return assign_city_folds(cells, scheme=scheme, **({"n_folds": 3, "seed": 1} | options))


def steps(folds, one, other):
    """Chebyshev distance of every cell of `one` to the nearest of `other`."""
    grid = grid_coordinates(folds["cell_id"])
    return np.abs(grid[one][:, None] - grid[other][None]).max(axis=2).min(axis=1)
