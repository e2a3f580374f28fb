"""A made-up city for the figures and tables of the aerial study: cells, land use, tiles, folds."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from incomelens.cells.urban_classes import EXCLUDED, land_use_list

NAMES = land_use_list().names
VALUES = land_use_list().value_of

WEST, SOUTH, CELL = 3_920_000, 2_520_000, 200


class FakeTiles:
    """Tiles from memory; remembers how many were asked for at once."""

    def __init__(self, images):
        self.images = images
        self.asked = []

    def read_images(self, cell_ids):
        self.asked.append(len(cell_ids))
        return np.stack([self.images[cell] for cell in cell_ids])


@dataclass
class AerialWorld:
    """What the stages above `paper` write of one city."""

    cells: gpd.GeoDataFrame
    land_use: gpd.GeoDataFrame
    index: pd.DataFrame
    plan: pd.DataFrame
    folds: pd.DataFrame
    classes: pd.DataFrame
    shares: pd.DataFrame
    images: dict

    @property
    def tiles(self):
        return FakeTiles(self.images)


def aerial_world(n_east=6, n_north=5, *, tile_px=16, seed=0):
    """Make a city; cells run from the lower-left corner to the east, then north.

    The first cell is dropped for its income, the second for its imagery; the third is imputed. A
    cell's land is its own urban class, so that every class has cells; its image is of one colour.
    """
    rng = np.random.default_rng(seed)
    cells = _cells(n_east, n_north, rng)
    n = len(cells)
    kept = np.arange(n) >= 2
    reason = np.where(kept, None, "void")
    reason[0] = "few_neighbours"
    index = pd.DataFrame(
        {"cell_id": cells["cell_id"], "shard": 0, "row": np.arange(n), "void_share": 0.0}
        | {"kept": kept, "drop_reason": reason}
    )
    plan = pd.DataFrame(
        {"cell_id": cells["cell_id"], "shard": 0, "order": np.arange(n)}
        | {"orthophoto": [f"sheet-{number // 10}" for number in range(n)]}
    )
    ranks = cells.loc[kept, "income"].rank(method="first")
    income_class = np.ceil(5 * ranks / kept.sum()).astype(int)
    folds = pd.DataFrame(
        {"cell_id": cells.loc[kept, "cell_id"], "income_class": income_class, "fold": 0}
    )
    by_class = cells.loc[kept, "income"].groupby(income_class)
    classes = pd.DataFrame(
        {"income_from_eur": by_class.min(), "income_to_eur": by_class.max(), "n": by_class.size()}
    )
    land_use = _land_use(cells)
    shares = pd.DataFrame(
        {"cell_id": cells["cell_id"], "urban_class": land_use["urban_class"], "area_share": 1.0}
    )
    images = {
        cell: np.full((tile_px, tile_px, 3), (number * 7) % 256, dtype=np.uint8)
        for number, cell in enumerate(cells["cell_id"])
    }
    classes = classes.rename_axis("income_class").reset_index()
    return AerialWorld(
        cells, land_use, index, plan, folds, classes, shares[shares["urban_class"].notna()], images
    )


def _cells(n_east, n_north, rng):
    places = [
        (WEST + CELL * column, SOUTH + CELL * row)
        for row in range(n_north)
        for column in range(n_east)
    ]
    n = len(places)
    return gpd.GeoDataFrame(
        {
            "cell_id": [f"CRS3035RES200mN{north}E{east}" for east, north in places],
            "income": rng.uniform(10_000, 40_000, n).round(),
            "individuals": 30.0,
            "households": 12.0,
            "imputed": np.arange(n) == 2,
            "drop_reason": None,
        },
        geometry=[box(east, north, east + CELL, north + CELL) for east, north in places],
        crs=3035,
    )


def _land_use(cells):
    """One polygon a cell; the last one is an airport."""
    names = [NAMES[number % len(NAMES)] for number in range(len(cells) - 1)]
    return gpd.GeoDataFrame(
        {
            "identifier": [f"{number}-FR001" for number in range(len(cells))],
            "urban_class": [*names, None],
            "value": np.array([*(VALUES[name] for name in names), EXCLUDED], dtype=np.uint8),
        },
        geometry=cells.geometry,
        crs=3035,
    )
