"""Cells that have tiles, and the folds of another date."""

import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.folds.kept import folds_of_date, kept_cells

from .cities import city, folds_of


def kept_index(cells, kept):
    return pd.DataFrame(
        {"cell_id": cells["cell_id"], "kept": kept, "drop_reason": None}, index=cells.index
    )


def test_kept_cells_are_those_of_the_tiles_in_any_order():
    cells = city(4, 4, share=1)
    index = kept_index(cells, [True, False] * 8).iloc[::-1]
    assert list(kept_cells(cells, index)["cell_id"]) == list(cells["cell_id"][::2])


def test_folds_of_another_date_are_those_of_the_city_where_it_shows_them(caplog):
    cells = city(13, 12)
    folds = folds_of(cells, "random")
    shown = cells["cell_id"].isin(cells["cell_id"][5:])
    index = kept_index(cells, shown)
    more = pd.DataFrame({"cell_id": ["elsewhere"], "kept": [True], "drop_reason": [None]})
    of_date = folds_of_date(folds, pd.concat([index, more]))
    pd.testing.assert_frame_equal(
        of_date, folds[folds["cell_id"].isin(cells["cell_id"][5:])].reset_index(drop=True)
    )
    assert f"5 of {len(cells)} cells lack imagery of this date; 1 have it" in caplog.text
    lost = folds["fold"].to_numpy() != 2
    with pytest.raises(InputError, match="shows no cell of fold 2; check its imagery"):
        folds_of_date(folds, kept_index(folds, lost))


def test_cells_and_tiles_of_two_cities_are_refused():
    cells = city(4, 4, share=1)
    with pytest.raises(InputError, match="1 cells stand in only one of cells and tiles: CRS3035"):
        kept_cells(cells, kept_index(cells, True).iloc[1:])
    with pytest.raises(InputError, match="no cell is kept"):
        kept_cells(cells, kept_index(cells, False))
