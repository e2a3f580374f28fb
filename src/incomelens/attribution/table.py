"""The table of the contract: one row a cell, method, target, urban class and transform."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from incomelens.attribution.scores import TARGETS
from incomelens.attribution.zonal import N_TRANSFORMS, TileSums
from incomelens.cells.urban_classes import NAMES
from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError
from incomelens.common.files import whole_file


def sums_table(
    cells: pd.DataFrame, sums: TileSums, *, model_fold: int, methods: Sequence[str]
) -> pd.DataFrame:
    """Long table of the sums of some tiles.

    Parameters
    ----------
    cells : DataFrame
        ``cell_id`` and ``fold`` of the tiles, in their order.
    sums : TileSums
        Maps in the order of methods and, within each, of targets.
    model_fold : int
        Fold of the network that made the maps.
    methods : sequence of str

    Returns
    -------
    DataFrame
        Table ``attribution/{city}/{scheme}.parquet``. Classes that a tile does not have give no
        row, and a tile without any class of the 19 gives none at all. A tile whose map is empty has
        sums of 0.
    """
    tile, urban_class = np.nonzero(sums.area_share)
    # (present, n_transforms, n_maps) with maps last: methods, then targets.
    present = sums.activation[tile, :, :, urban_class]
    n_maps = len(methods) * len(TARGETS)
    n_rows = present[0].size if len(present) else N_TRANSFORMS * n_maps
    n_transforms = n_rows // n_maps
    of_map = np.arange(n_maps)

    def each(values: np.ndarray) -> np.ndarray:
        return np.repeat(values, n_rows)

    def within(values: np.ndarray) -> np.ndarray:
        return np.tile(values, len(tile))

    return pd.DataFrame(
        {
            "cell_id": each(cells["cell_id"].to_numpy()[tile]),
            "fold": each(cells["fold"].to_numpy()[tile]),
            "model_fold": model_fold,
            "method": _category(within(np.tile(of_map // len(TARGETS), n_transforms)), methods),
            "target": _category(within(np.tile(of_map % len(TARGETS), n_transforms)), TARGETS),
            "urban_class": _category(each(urban_class), NAMES),
            "transform": within(np.repeat(np.arange(n_transforms, dtype=np.int8), n_maps)),
            "activation_sum": present.ravel(),
            "area_share": each(sums.area_share[tile, urban_class]),
            "excluded_share": each(sums.excluded_share[tile]),
        }
    ).astype({"cell_id": "str", "fold": "int64", "model_fold": "int64"})


def write_parts(parts: Iterable[pd.DataFrame], path: str | Path) -> int:
    """Write tables one after the other into one Parquet file, whole or not; return its rows.

    Only one part is in memory at a time.
    """
    n_rows = 0
    with whole_file(path) as beside:
        writer = None
        try:
            for part in parts:
                check_written(part, path)
                table = pa.Table.from_pandas(part, preserve_index=False)
                writer = writer or pq.ParquetWriter(beside, table.schema)
                writer.write_table(table)
                n_rows += table.num_rows
        finally:
            if writer is not None:
                writer.close()
        if writer is None:
            raise InputError(f"{path}: there are no cells to explain; expected at least one")
    return n_rows


def _category(codes: np.ndarray, names: Sequence[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=list(names))
