"""Full maps of a few cells as one file, and which cells to keep for a figure."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from incomelens.cells.urban_classes import NAMES
from incomelens.common.errors import DamagedFileError, InputError
from incomelens.common.files import whole_file

LABELS = ("cell_ids", "methods", "targets")
MOST_CONFIDENT = 0.1
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
    *,
    n: int = 1,
    most_confident: float = MOST_CONFIDENT,
    least_share: float = LEAST_SHARE,
) -> list[str]:
    """Choose cells to show: predicted rich with confidence, and with many urban classes.

    Parameters
    ----------
    predictions : DataFrame
        ``cell_id``, ``p`` (0 poorest to 1 wealthiest).
    shares : DataFrame
        ``cell_id``, ``urban_class``, ``area_share``.
    n : int
    most_confident : float
        Among this share of the cells, those with the largest p.
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
    seen = shares[shares["area_share"].ge(least_share) & shares["urban_class"].isin(NAMES)]
    n_classes = seen.groupby("cell_id")["urban_class"].nunique()
    table = predictions[["cell_id", "p"]].copy()
    table["n_classes"] = table["cell_id"].map(n_classes).fillna(0)
    table = table.sort_values(["p", "cell_id"], ascending=[False, True])
    top = table.head(max(n, int(np.ceil(most_confident * len(table)))))
    order = top.sort_values(["n_classes", "p", "cell_id"], ascending=[False, False, True])
    return order["cell_id"].head(n).tolist()


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
