"""How much of each tile an urban class covers, counted in pixels."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from incomelens.cells.urban_classes import EXCLUDED, UNKNOWN, land_use_list
from incomelens.common.left_out import Finding
from incomelens.common.progress import progress
from incomelens.tiles.store import Tiles

TILES_AT_ONCE = 64
MOSTLY_UNKNOWN = 0.5  # of a tile, above which hypothesis tests leave it out
TOLD_UNKNOWN = 0.05  # of all tiles, from which it is told


def class_shares(tiles: Tiles) -> pd.DataFrame:
    """Area share of every class that is present in each kept tile.

    Returns
    -------
    DataFrame
        Table ``tiles/{city}/land_use_shares.parquet``, in the order of the tiles and of the study's
        list. Absent classes have no row.
    """
    classes = land_use_list()
    names = np.array(["unknown", *classes.names, "excluded"])
    values = np.array([UNKNOWN, *classes.value_of.values(), EXCLUDED])
    starts = range(0, len(tiles), TILES_AT_ONCE)
    parts = [_shares(tiles, start, values) for start in progress(starts, "counting land use")]
    shares = np.concatenate(parts) if parts else np.empty((0, len(values)))
    tile, column = np.nonzero(shares)
    return pd.DataFrame(
        {
            "cell_id": np.array(tiles.cell_ids, dtype=object)[tile],
            "urban_class": names[column],
            "area_share": shares[tile, column],
        }
    )


def unknown_land(shares: pd.DataFrame, cell_ids: Sequence[str]) -> list[Finding]:
    """Tiles whose land is mostly of no known use.

    Parameters
    ----------
    shares : DataFrame
        Of :func:`class_shares`.
    cell_ids : sequence of str
        Of the kept tiles.

    Returns
    -------
    list of Finding
        One, with a message if much of the land of all tiles is unknown.
    """
    unknown = shares[shares["urban_class"] == "unknown"]
    mostly = unknown["cell_id"][unknown["area_share"] > MOSTLY_UNKNOWN]
    of_all = unknown["area_share"].sum() / max(len(cell_ids), 1)
    message = (
        f"{100 * of_all:.0f} % of the land of all tiles is of no known use, and {len(mostly):,} of "
        f"{len(cell_ids):,} tiles are mostly so, which hypothesis tests leave out: does the land "
        "use cover the city, and the study's list (`land_use`) have its codes?"
    )
    finding = Finding.of(
        mostly,
        what="tiles",
        reason="unknown_land_use",
        total=len(cell_ids),
        treated="kept",
        message=message if of_all >= TOLD_UNKNOWN else "",
    )
    return [finding]


def _shares(tiles: Tiles, start: int, values: np.ndarray) -> np.ndarray:
    """Share of each value in some tiles, shape (n, n_values)."""
    land_use = tiles.read_land_use(tiles.cell_ids[start : start + TILES_AT_ONCE])
    pixels = land_use.reshape(len(land_use), -1)
    counts = [np.bincount(tile, minlength=256)[values] for tile in pixels]
    return np.array(counts) / pixels.shape[1]
