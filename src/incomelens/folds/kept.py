"""Which cells of a city are studied."""

import logging

import pandas as pd

from incomelens.common.errors import InputError, listed

logger = logging.getLogger(__name__)


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


def folds_of_date(folds: pd.DataFrame, index: pd.DataFrame) -> pd.DataFrame:
    """Folds of the cells that imagery of another date shows too.

    Parameters
    ----------
    folds : DataFrame
        ``folds/{city}-{scheme}.parquet`` of the city's own imagery: what is held out is the place.
    index : DataFrame
        ``tiles/{city}/index.parquet`` of the other date.

    Raises
    ------
    InputError
        If no cell is kept in both, or a whole fold is lost.
    """
    kept = folds[folds["cell_id"].isin(index.loc[index["kept"], "cell_id"])]
    lost = set(folds["fold"]) - set(kept["fold"])
    if lost:
        raise InputError(
            f"folds: this date's imagery shows no cell of fold {listed(sorted(lost))}; check its "
            "imagery, or leave the date out"
        )
    n_more = index["kept"].sum() - len(kept)
    if len(kept) < len(folds) or n_more:
        logger.warning(
            "%d of %d cells lack imagery of this date; %d have it that lack the city's own: left "
            "out",
            *(len(folds) - len(kept), len(folds), n_more),
        )
    return kept.reset_index(drop=True)
