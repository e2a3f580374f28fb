"""Which cell is where, which are kept and why others are not."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import zarr

from incomelens.common.errors import DamagedFileError, InputError, listed
from incomelens.common.left_out import Finding, drop_counts
from incomelens.tiles.group_file import pixel_files

VOID = "void_imagery"


def build_index(
    cells: gpd.GeoDataFrame,
    plan: pd.DataFrame,
    shards: Sequence[str | Path],
    *,
    max_void_share: float,
) -> pd.DataFrame:
    """Assemble the index of a city's tiles from its shards, without reading any image.

    Parameters
    ----------
    cells : DataFrame
        ``cell_id`` and the cells' own ``drop_reason``.
    plan : DataFrame
        ``cell_id``, ``shard``.
    shards : sequence of path
        All groups of the city, named by their number: ``0.zarr``, ``1.zarr``, ...
    max_void_share : float
        A tile with a larger share of its area without imagery is dropped as ``void_imagery``. The
        authors' code drops a tile when more than 1 % of its values are 0: 0.01.

    Returns
    -------
    DataFrame
        Table ``tiles/{city}/index.parquet``, one row a cell in the order of `cells`.

    Raises
    ------
    InputError
        If a shard is not readable, or shards and plan do not hold the same cells.
    """
    if not 0 <= max_void_share <= 1:
        raise InputError(f"tiles.max_void_share: {max_void_share}; expected a share, 0 to 1")
    contents = pd.concat([_contents(path) for path in sorted(shards, key=shard_number)])
    _check_against_plan(contents, plan)
    index = cells[["cell_id"]].merge(contents, on="cell_id", how="left")
    reason = pd.Series(cells["drop_reason"].to_numpy(), dtype="str")
    too_void = index["void_share"].gt(max_void_share) & index["drop_reason"].isna()
    index["drop_reason"] = reason.fillna(index["drop_reason"].mask(too_void, VOID))
    stray = index.loc[index["drop_reason"].isna() & index["row"].isna(), "cell_id"]
    if len(stray):
        raise InputError(f"tiles: cells {listed(stray)} are in no shard; make the plan again")
    index[["shard", "row"]] = index[["shard", "row"]].fillna(-1).astype("int64")
    index["kept"] = index["drop_reason"].isna()
    return index[["cell_id", "shard", "row", "void_share", "kept", "drop_reason"]]


def dropped_tiles(cells: pd.DataFrame, index: pd.DataFrame) -> list[Finding]:
    """Count cells that were dropped for their tile, of those that the cells' table keeps.

    Parameters
    ----------
    cells : DataFrame
        ``drop_reason``, the cells' own.
    index : DataFrame
        Of :func:`build_index`, rows in the same order.
    """
    waiting = index[cells["drop_reason"].isna().to_numpy()]
    return drop_counts(waiting["drop_reason"], waiting["cell_id"], what="tiles")


def shard_number(path: str | Path) -> int:
    """Number of a shard, which is its name: 7 for ``tiles/lyon/7.zarr``."""
    stem = Path(path).stem
    if not stem.isdecimal():
        raise InputError(f"{path}: a shard is named by its number, such as 7.zarr")
    return int(stem)


def open_shard(path: str | Path) -> zarr.Group:
    """Open a shard to read; an InputError says which one is missing or damaged.

    Zarr reads a file of pixels that is gone as zeros, so the files are compared with the shard's
    own list of them.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no readable shard; cut it by its rule cut_tiles")
    try:
        group = zarr.open_group(path, mode="r")
        listing: Any = group.attrs["pixel_files"]
        expected = dict(listing)
    except (OSError, ValueError, KeyError) as error:
        raise DamagedFileError(path, error) from None
    files = pixel_files(path)
    wrong = [name for name in expected if files.get(name) != expected[name]]
    if wrong:
        raise DamagedFileError(path, f"{listed(wrong)}: missing or of another length")
    return group


def array_of(group: zarr.Group, name: str) -> zarr.Array:
    """One of the arrays of a shard; a KeyError says which one it does not have."""
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise KeyError(f"{name} is no array")
    return array


def _contents(path: str | Path) -> pd.DataFrame:
    """Cells of a shard: those with an image, then those without."""
    group = open_shard(path)
    kept, dropped, reasons = (
        np.asarray(array_of(group, name)[:]).astype(object)
        for name in ("cell_id", "dropped_cell_id", "drop_reason")
    )
    void = [array_of(group, name)[:] for name in ("void_share", "dropped_void_share")]
    return pd.DataFrame(
        {
            "cell_id": pd.Series([*kept, *dropped], dtype="str"),
            "shard": shard_number(path),
            "row": np.r_[np.arange(len(kept)), np.full(len(dropped), -1)].astype("int64"),
            "void_share": np.concatenate(void),
            "drop_reason": pd.Series([None] * len(kept) + list(reasons), dtype="str"),
        }
    )


def _check_against_plan(contents: pd.DataFrame, plan: pd.DataFrame) -> None:
    compared = plan[["cell_id", "shard"]].merge(
        contents[["cell_id", "shard"]], how="outer", indicator=True
    )
    wrong = compared.loc[compared["_merge"] != "both"]
    if len(wrong):
        raise InputError(
            f"tiles: plan and shards disagree on cells {listed(wrong['cell_id'])} (shards "
            f"{listed(sorted(wrong['shard'].unique()))}); cut these shards again from this plan"
        )
