"""Which cells of a city are studied."""

import pandas as pd

from incomelens.common.errors import InputError, listed


def kept_cells(cells: pd.DataFrame, index: pd.DataFrame) -> pd.DataFrame:
    """Cells that every earlier stage has kept.

    Parameters
    ----------
    cells : DataFrame
        ``cells/{city}.parquet``.
    index : DataFrame
        ``tiles/{city}/index.parquet``; its ``kept`` is final.

    Raises
    ------
    InputError
        If the two are not of the same cells, or none is kept.
    """
    apart = set(cells["cell_id"]) ^ set(index["cell_id"])
    if apart:
        raise InputError(
            f"folds: {len(apart)} cells stand in only one of cells and tiles: "
            f"{listed(sorted(apart))}; build the tiles of these cells again"
        )
    kept = cells.loc[cells["cell_id"].isin(index.loc[index["kept"], "cell_id"])]
    if not len(kept):
        reasons = index["drop_reason"].value_counts().to_dict()
        raise InputError(f"folds: no cell is kept; reasons {reasons}; check imagery and incomes")
    return kept.reset_index(drop=True)
