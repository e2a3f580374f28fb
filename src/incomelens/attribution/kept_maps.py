"""Full maps of a few cells as one file, and which cells to keep for a figure."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.errors import DamagedFileError, InputError
from incomelens.common.files import whole_file

LABELS = ("cell_ids", "methods", "targets")
CLEAREST = 0.1
LEAST_SHARE = 0.02  # a sliver is no class that one sees


@dataclass(frozen=True)
class KeptMaps:
    """Full maps of a few named cells, for figures.

    Attributes
    ----------
    cell_ids, methods, targets : tuples of str
        What stands along the axes of `maps`.
    maps : float32 array of shape (n_cells, n_methods, 2, px, px)
        At least 0, in any unit: within one map only. North up, west left, as the tiles.
    """

    cell_ids: tuple[str, ...]
    methods: tuple[str, ...]
    targets: tuple[str, ...]
    maps: NDArray[np.float32]


def figure_cells(
    predictions: pd.DataFrame,
    shares: pd.DataFrame,
    sums: pd.DataFrame,
    *,
    n: int = 1,
    clearest: float = CLEAREST,
    least_share: float = LEAST_SHARE,
) -> list[str]:
    """Choose cells to show: both maps speak, and there are many urban classes to speak of.

    A tile that is surely rich has no map of the poorest class, and the other way round. So among
    the cells whose weaker map has the largest sum, by the method where it is weakest, those with
    most classes are taken.

    Parameters
    ----------
    predictions : DataFrame
        ``cell_id``, ``p`` (0 poorest to 1 wealthiest).
    shares : DataFrame
        ``cell_id``, ``urban_class``, ``area_share``.
    sums : DataFrame
        ``cell_id``, ``method``, ``target``, ``transform``, ``activation_sum``.
    n : int
    clearest : float
        This share of the cells comes into question.
    least_share : float
        Area share from which a class counts.

    Returns
    -------
    list of str
        Most classes first; among equals the larger p, then the smaller id.

    Raises
    ------
    InputError
        If there are fewer than `n` cells.
    """
    if len(predictions) < n:
        raise InputError(
            f"figure_cells: {n} cells are asked for and {len(predictions)} are predicted; "
            "ask for fewer"
        )
    names = land_use_list().names
    seen = shares[shares["area_share"].ge(least_share) & shares["urban_class"].isin(names)]
    n_classes = seen.groupby("cell_id")["urban_class"].nunique()
    table = predictions[["cell_id", "p"]].copy()
    table["n_classes"] = table["cell_id"].map(n_classes).fillna(0)
    table["weaker"] = table["cell_id"].map(_weaker_map(sums)).fillna(0.0)
    table = table.sort_values(["weaker", "cell_id"], ascending=[False, True])
    top = table.head(max(n, int(np.ceil(clearest * len(table)))))
    order = top.sort_values(["n_classes", "p", "cell_id"], ascending=[False, False, True])
    return order["cell_id"].head(n).tolist()


def _weaker_map(sums: pd.DataFrame) -> pd.Series:
    """Sum of the weaker of both maps of every cell, by the method where it is weakest.

    In units of the median of all maps of the method, for methods have units of their own.
    """
    by_target = sums[sums["transform"] == 0].pivot_table(
        values="activation_sum",
        index=["method", "cell_id"],
        columns="target",
        aggfunc="sum",
        fill_value=0.0,
        observed=True,
    )
    usual = by_target.max(axis=1).groupby("method", observed=True).transform("median")
    weaker = by_target.min(axis=1) / usual.where(usual > 0, np.nan)
    return weaker.groupby("cell_id").min()


def write_kept_maps(kept: KeptMaps, path: str | Path) -> None:
    """Write maps as safetensors, whole or not at all; labels of the axes stand in its metadata."""
    # One entry: several would be written in another order each time.
    labels = {"labels": json.dumps({name: getattr(kept, name) for name in LABELS})}
    maps = np.ascontiguousarray(kept.maps, dtype=np.float32)
    with whole_file(path) as beside:
        beside.write_bytes(safetensors.numpy.save({"maps": maps}, metadata=labels))


def read_kept_maps(path: str | Path) -> KeptMaps:
    """Read what :func:`write_kept_maps` wrote.

    Raises
    ------
    InputError
        If the file is missing, damaged or of something else.
    """
    advice = "make it anew by its rule"
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            told, names = (file.metadata() or {}).get("labels", "{}"), list(file.keys())
            maps = file.get_tensor("maps") if "maps" in names else None
    except FileNotFoundError:
        raise InputError(f"{path}: there are no kept maps; {advice}") from None
    except (OSError, safetensors.SafetensorError) as error:
        raise DamagedFileError(path, error) from None
    labels = {name: tuple(values) for name, values in json.loads(told).items()}
    missing = [name for name in LABELS if name not in labels]
    if maps is None or missing:
        raise InputError(
            f"{path}: holds {names} and no labels {missing}; expected the tensor `maps` and the "
            f"labels {list(LABELS)}; {advice}"
        )
    if maps.shape[:3] != tuple(len(labels[name]) for name in LABELS):
        raise InputError(
            f"{path}: maps of shape {maps.shape} for {[len(one) for one in labels.values()]} "
            f"cells, methods and targets; {advice}"
        )
    return KeptMaps(**labels, maps=maps)
