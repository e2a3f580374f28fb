"""Which cells make a city, what they earn, and why some are dropped."""

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from incomelens.cells.build import build_cells, inside_boundary
from incomelens.common.errors import InputError
from incomelens.common.labels import Label

from .worlds import boundary_of, box, cell_id, grid_of, square

WHOLE = boundary_of(box(-1, -1, 20, 20))


def build(grid, boundary=WHOLE, **options):
    return build_cells(grid, boundary, **({"exclude_imputed": False} | options))


def row_of(cells, *place):
    return cells.set_index("cell_id").loc[cell_id(*place)]


def test_income_is_the_sum_over_the_inhabitants():
    grid = grid_of(square(2, 1), income_sum=[2_000_000.0, 3_000_000.0], individuals=[100.0, 75.5])
    np.testing.assert_allclose(build(grid)["income"], [20_000.0, 3_000_000 / 75.5])


def test_a_cell_belongs_if_it_overlaps_the_boundary_however_little():
    grid = grid_of(square(4, 1))
    cells = build(grid, boundary_of(box(0.995, 0.2, 1.01, 0.2)))
    assert list(cells["cell_id"]) == [cell_id(0, 0), cell_id(1, 0), cell_id(2, 0)]


def test_touching_the_boundary_from_outside_is_not_enough():
    grid = grid_of(square(3, 3))
    assert list(build(grid, boundary_of(box(1, 1)))["cell_id"]) == [cell_id(1, 1)]


def test_a_hole_in_the_boundary_is_outside_and_its_islands_are_inside():
    ring = box(0, 0, 5, 5) - box(1, 1, 3, 3)
    cells = build(grid_of(square(5, 5)), boundary_of(ring, box(2.2, 2.2, 0.5, 0.5)))
    assert len(cells) == 16 + 1
    assert cell_id(2, 2) in set(cells["cell_id"])


SIX_BY_SIX = grid_of(square(6, 6))


@given(
    corner=st.tuples(st.floats(0, 5), st.floats(0, 5)),
    size=st.tuples(st.floats(0.05, 5), st.floats(0.05, 5)),
)
@settings(max_examples=40)
def test_cells_of_a_city_are_those_that_share_area_with_it(corner, size):
    shape = box(*corner, *size)
    area = shapely.area(shapely.intersection(SIX_BY_SIX.geometry.to_numpy(), shape))
    # An overlap of less than a square centimetre may round either way.
    clear = (area == 0) | (area > 1e-4)
    inside = inside_boundary(SIX_BY_SIX, boundary_of(shape))
    np.testing.assert_array_equal(inside[clear], (area > 0)[clear])


def test_a_boundary_in_another_crs_is_brought_to_the_cells():
    grid = grid_of(square(6, 6))
    there = boundary_of(box(1.3, 1.3, 2.4, 2.4)).to_crs("EPSG:2154")
    assert len(build(grid, there)) == 9


def test_a_boundary_that_crosses_itself_is_mended():
    west, south, east, north = box(0, 0, 2, 2).bounds
    crossed = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    assert not crossed.is_valid
    assert len(build(grid_of(square(4, 4)), boundary_of(crossed))) == 4


def test_reasons_to_drop_stand_in_the_order_of_what_is_missing():
    grid = grid_of(
        square(7, 1),
        individuals=[100.0, 0.0, np.nan, 100.0, 100.0, 100.0, 100.0],
        income_sum=[2e6, np.nan, 2e6, np.nan, 0.0, -1.0, 2e6],
        imputed=[False, True, False, True, False, False, True],
    )
    cells = build(grid, exclude_imputed=True)
    reasons = [None if pd.isna(one) else one for one in cells["drop_reason"]]
    empty, none = "no_inhabitants", "no_income"
    assert reasons == [None, empty, empty, none, none, none, "imputed"]
    assert list(cells["income"].isna()) == [False] + [True] * 5 + [False]


def labelled(income, **columns):
    """Cells with a label of their own, whose people nobody counted."""
    grid = grid_of(square(len(income), 1), individuals=np.nan, households=np.nan, **columns)
    return grid.drop(columns="income_sum").assign(income=income)


def test_a_label_needs_no_people_and_cells_without_one_are_dropped(caplog):
    grid = labelled([50_000.0, np.nan, 0.0, 70_000.0])
    with caplog.at_level(logging.INFO):
        cells = build(grid, None, label=Label("median", "USD", 2018), exclude_imputed=True)
    assert cells["income"].isna().tolist() == [False, True, True, False]
    assert cells["drop_reason"].isna().tolist() == [True, False, False, True]
    assert "4 cells, 2 kept (no_income 2)" in caplog.text


def test_a_cell_known_to_be_empty_is_dropped_whatever_its_label():
    grid = labelled([1.0, 2.0, 3.0]).assign(individuals=[0.0, np.nan, 5.0])
    reasons = build(grid, label=Label("index", "points"))["drop_reason"]
    assert reasons.isna().tolist() == [False, True, True]
    assert reasons[0] == "no_inhabitants"


def test_a_share_may_be_zero_and_an_index_negative():
    assert build(labelled([0.0, 1.0]), label=Label("share", "poor"))["drop_reason"].isna().all()
    assert build(labelled([-2.0, 0.0]), label=Label("index", "DHS"))["drop_reason"].isna().all()
    with pytest.raises(InputError, match=r"1 of 2 incomes lie outside 0 to 1.*divide percentages"):
        build(labelled([0.5, 12.0]), label=Label("share", "poor"))


def test_what_a_cell_tells_beside_stands_before_its_neighbours():
    told = {"area": ["a", "b"], "unit": ["1", "1"], "income_moe": [1.0, np.nan], "topcoded": False}
    cells = build(labelled([1.0, 2.0], **told), label=Label("index", "points"))
    assert list(cells)[4:10] == ["imputed", *told, "n_neighbours"]
    assert cells["n_neighbours"].tolist() == [1, 1]


def test_imputed_cells_stay_flagged_when_they_are_kept():
    cells = build(grid_of(square(2, 1), imputed=[False, True]))
    assert list(cells["imputed"]) == [False, True]
    assert cells["imputed"].dtype == bool
    assert cells["drop_reason"].isna().all()


def test_without_a_flag_fewer_than_eleven_households_count_as_imputed(caplog):
    grid = grid_of(
        square(4, 1),
        households=[10.9, 11.0, 5.0, 50.0],
        imputed=pd.array([None, None, False, True], dtype="boolean"),
    )
    with caplog.at_level(logging.INFO):
        cells = build(grid)
    assert list(cells["imputed"]) == [True, False, False, True]
    assert "2 of 4 cells have no imputation flag; 1 of them" in caplog.text


def test_neighbours_are_cells_of_the_city_dropped_ones_too():
    grid = grid_of(square(3, 3), individuals=[100.0] * 8 + [0.0])
    cells = build(grid, boundary_of(box(0, 0, 3, 1.5)))
    assert row_of(cells, 1, 0)["n_neighbours"] == 5
    assert row_of(build(grid), 1, 1)["n_neighbours"] == 8


def test_the_order_of_the_delivery_does_not_matter():
    grid = grid_of(square(5, 4), income_sum=np.arange(20.0) * 1e5 + 1e5)
    shuffled = grid.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(build(grid), build(shuffled))
    assert list(build(shuffled)["cell_id"]) == [cell_id(*place) for place in square(5, 4)]


def test_what_comes_in_is_not_changed():
    grid = grid_of(square(3, 3))
    before = grid.copy()
    build(grid, exclude_imputed=True, winsorise=[5, 95])
    pd.testing.assert_frame_equal(grid, before)


def test_winsorising_cuts_at_percentiles_of_the_kept_cells():
    grid = grid_of(
        square(11, 1),
        individuals=1.0,
        income_sum=[float(n) for n in range(1, 11)] + [1000.0],
        imputed=[False] * 10 + [True],
    )
    cells = build(grid, exclude_imputed=True, winsorise=[10, 90])
    np.testing.assert_allclose(cells["income"][:10], np.clip(np.arange(1.0, 11), 1.9, 9.1))


@pytest.mark.parametrize("percentiles", [[95, 5], [5], [-1, 50], [5, 101], [50, 50]])
def test_percentiles_that_do_not_rise_are_refused(percentiles):
    with pytest.raises(InputError, match=r"winsorise: .* expected two rising percentiles"):
        build(grid_of(square(2, 2)), winsorise=percentiles)


def test_a_boundary_elsewhere_shows_both_extents():
    grid = grid_of(square(2, 2))
    with pytest.raises(
        InputError,
        match=r"none of 4 cells meets any of 1 boundaries: cells lie in longitude 2\.997 to "
        r"3\.003, latitude 48\.091 to .*, boundaries in longitude 3\.024 to .*they lie 1\.6 km",
    ):
        build(grid, boundary_of(box(10, 0)))


def test_exchanged_axes_are_told():
    there = shapely.transform(box(0, 0, 3, 3), lambda points: points[:, ::-1])
    with pytest.raises(InputError, match="would meet if the axes of cells were exchanged"):
        build(grid_of(square(2, 2)), boundary_of(there))


@pytest.mark.parametrize(
    ("grid", "boundary", "message"),
    [
        (grid_of(square(2, 1)).drop(columns="income_sum"), WHOLE, "no column income_sum"),
        (grid_of([(0, 0), (0, 0)]), WHOLE, "1 cell ids stand twice in the grid: CRS3035"),
        (grid_of(square(2, 1)).set_crs(None, allow_override=True), WHOLE, "the grid has no CRS"),
        (grid_of(square(2, 1)), WHOLE[:0], "the boundary is empty"),
        (grid_of(square(2, 1), individuals=0.0), WHOLE, r"not one of 2 .* \(no_inhabitants 2\)"),
    ],
)
def test_what_cannot_be_a_city_is_refused_with_a_reason(grid, boundary, message):
    with pytest.raises(InputError, match=message):
        build(grid, boundary)


def test_the_table_survives_a_round_trip(tmp_path):
    cells = build(grid_of(square(3, 3), individuals=[0.0] + [10.0] * 8))
    cells.to_parquet(tmp_path / "cells.parquet")
    again = gpd.read_parquet(tmp_path / "cells.parquet")
    pd.testing.assert_frame_equal(again, cells)
    assert again.crs == "EPSG:3035"
