"""Cells and land use that are hardly right: told and counted."""

import numpy as np
import pytest

from incomelens.cells.build import build_cells
from incomelens.cells.findings import cell_findings
from incomelens.cells.land_use import merge_land_use
from incomelens.common.errors import InputError

from .worlds import boundary_of, box, grid_of, land, square

EVERYWHERE = land(("a", "11100", box(0, 0, 6, 3)), ("b", "50000", box(0, 3, 6, 3)))


def found(grid, land_use=EVERYWHERE, boundary=None, **options):
    boundary = boundary_of(box(0, 0, 6, 6)) if boundary is None else boundary
    cells = build_cells(grid, boundary, exclude_imputed=False)
    findings = cell_findings(cells, boundary, merge_land_use(land_use, **options))
    return {one.reason: one for one in findings if one.n}


def test_a_city_as_it_should_be_is_no_finding(caplog):
    assert found(grid_of(square(6, 6))) == {}
    assert not caplog.records


def test_dropped_and_imputed_cells_are_counted():
    grid = grid_of(
        square(6, 6), individuals=[0.0, *[100.0] * 35], imputed=[False] * 30 + [True] * 6
    )
    told = found(grid.astype({"imputed": "boolean"}))
    assert (told["no_inhabitants"].n, told["no_inhabitants"].treated) == (1, "left_out")
    assert (told["imputed"].n, told["imputed"].total, told["imputed"].treated) == (6, 35, "kept")


def test_incomes_in_another_unit_ask_for_it():
    told = found(grid_of(square(6, 6), income_sum=2_000.0))["income_unit"]
    assert told.n == 36
    assert "36 of 36 kept cells have an income outside 1,000 to 1,000,000 (median 20)" in (
        told.message
    )


def test_cells_without_land_use_are_counted_and_many_are_a_warning(caplog):
    told = found(grid_of(square(6, 6)), land(("a", "11100", box(0, 0, 6, 2.5))))
    assert (told["no_land_use"].n, told["no_land_use"].total) == (18, 36)
    assert "18 of 36 cells (50 %) meet land-use polygons" in caplog.text


def test_land_use_of_another_city_is_refused_with_both_extents():
    with pytest.raises(InputError, match=r"none of 36 cells meets any of 1 land-use .* km apart"):
        found(grid_of(square(6, 6)), land(("a", "11100", box(900, 0, 6, 6))))


def test_a_grid_of_half_a_city_is_told(caplog):
    found(grid_of(square(6, 6)), boundary=boundary_of(box(0, 0, 6, 6), box(6, 0, 20, 6)))
    assert "cells reach over 23 % of the city's boundary; does the grid hold all" in caplog.text


def test_two_towns_in_one_boundary_are_told():
    towns = [*square(6, 6), *((200 + column, row) for column, row in square(6, 6))]
    both = land(("a", "11100", box(0, 0, 206, 6)))
    told = found(grid_of(towns), both, boundary_of(box(0, 0, 206, 6)))
    assert told["torn_apart"].n == 36
    assert "the cells lie in 2 groups more than 10 km apart: 36 " in told["torn_apart"].message


@pytest.mark.parametrize(("height", "alarming"), [(0.05, False), (1.0, True)])
def test_unknown_codes_are_counted_and_much_land_of_them_is_a_warning(height, alarming):
    parts = land(
        ("a", "11100", box(0, 0, 6, 6 - height)), ("b", "77777", box(0, 6 - height, 6, height))
    )
    told = found(grid_of(square(6, 6)), parts)["unknown_code"]
    assert (told.n, told.example) == (1, "77777")
    assert bool(told.message) == alarming
    assert not alarming or "17 % of the land near the cells has codes" in told.message


def test_polygons_left_out_are_counted_by_reason():
    copy = land(
        ("a", "11100", box(0, 0, 6, 6)),
        ("b", "11100", box(0, 0, 6, 6)),
        ("c", "50000", box(90, 90)),
        ("d", "50000", None),
    )
    extent = tuple(np.array(box(0, 0, 6, 6).bounds))
    told = found(grid_of(square(6, 6)), copy, bounds=extent)
    counts = {reason: (one.n, one.total) for reason, one in told.items()}
    assert counts == {"outside_the_cells": (1, 4), "no_geometry": (1, 4), "twice": (1, 4)}


def test_overlapping_chips_are_counted_and_kept(caplog):
    grid = grid_of(square(6, 6))
    shapes = grid.geometry.copy()
    shapes.iloc[1] = box(0.5, 0.5)
    told = found(grid.set_geometry(shapes))["overlapping"]
    assert (told.n, told.total, told.treated) == (4, 36, "kept")
    assert "4 of 36 kept cells overlap another (3 pairs" in told.message
    assert "under scheme random the same ground is learnt from and scored" in told.message
