"""Which tiles may exchange their maps under H0.

Maps of one network, for tiles predicted to be of one SES, in one part of the city: what such maps
have in common, such as a brighter side, says nothing of any one tile's land.
"""

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.folds.income_classes import SES_CLASSES

TILES_A_STRATUM = 32
NO_SES = ""  # of tiles predicted to be of neither


def with_strata(
    cells: pd.DataFrame,
    predictions: pd.DataFrame | None,
    *,
    tiles_a_stratum: int = TILES_A_STRATUM,
) -> pd.DataFrame:
    """Give every cell of one network its stratum, and sort by it.

    Parameters
    ----------
    cells : DataFrame
        ``cell_id``, ``fold``, ``block``.
    predictions : DataFrame, optional
        ``cell_id``, ``predicted``. Without them no tile has an SES.
    tiles_a_stratum : int

    Returns
    -------
    DataFrame
        ``cell_id``, ``fold``, ``ses`` and ``stratum``: 0, 1, ..., each a run of about so many cells
        of one SES in the order of spatial blocks.

    Raises
    ------
    InputError
        If a cell has no prediction or there are no blocks.
    """
    cells = cells.assign(ses=NO_SES)
    if predictions is not None:
        if "block" not in cells:
            raise InputError("folds: no column block; pass folds/{city}-….parquet")
        predicted = cells["cell_id"].map(predictions.set_index("cell_id")["predicted"])
        if predicted.isna().any():
            missing = cells.loc[predicted.isna(), "cell_id"]
            raise InputError(
                f"predictions: {len(missing)} cells of the folds are missing: {listed(missing)}; "
                "make both from the same run"
            )
        for ses, classes in SES_CLASSES.items():
            cells.loc[predicted.isin(classes), "ses"] = ses
    order = ["ses", "block", "cell_id"] if predictions is not None else ["cell_id"]
    cells = cells.sort_values(order, ignore_index=True)
    parts, first = [], 0
    for _, rows in cells.groupby("ses", sort=False):
        n_strata = max(1, round(len(rows) / tiles_a_stratum))
        parts.append(first + np.arange(len(rows)) * n_strata // len(rows))
        first += n_strata
    cells["stratum"] = np.concatenate(parts) if parts else 0
    return cells[["cell_id", "fold", "ses", "stratum"]]
