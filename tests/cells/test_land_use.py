"""Every place has one class, and shares of a cell are those of its area."""

import logging

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.cells import land_use
from incomelens.cells.land_use import merge_land_use
from incomelens.cells.urban_classes import land_use_list
from incomelens.common.errors import InputError

from .worlds import box, land, square

CODE_VALUES = land_use_list().code_values
VALUES = land_use_list().value_of

CELL_M2 = 200.0**2


def areas_of(merged):
    table = merged.polygons
    return table.area.groupby(table["identifier"]).sum() / CELL_M2


def test_codes_get_their_class_and_airports_none():
    merged = merge_land_use(
        land(("a", "11100", box(0, 0)), ("b", "12400", box(1, 0)), ("c", "25000", box(2, 0)))
    )
    table = merged.polygons
    assert list(table["value"]) == [1, 255, VALUES["agriculture_wetland"]]
    assert table["value"].dtype == np.uint8
    assert list(table["urban_class"].fillna("none")) == [
        "continuous",
        "none",
        "agriculture_wetland",
    ]
    assert list(table.columns) == ["identifier", "code", "urban_class", "value", "geometry"]
    assert merged.report.unknown_m2 == {}


@pytest.mark.parametrize("code", sorted(CODE_VALUES))
def test_every_code_of_the_atlas_is_known(code):
    assert merge_land_use(land(("a", code, box(0, 0)))).report.unknown_m2 == {}


def test_unknown_codes_are_named_with_their_area_and_the_city_is_built(caplog):
    polygons = land(("a", "11999", box(0, 0)), ("b", "11999", box(1, 0)), ("c", "50000", box(2, 0)))
    merged = merge_land_use(polygons)
    assert list(merged.polygons["value"]) == [0, 0, VALUES["water"]]
    assert list(merged.polygons["urban_class"].isna()) == [True, True, False]
    assert merged.report.unknown_m2 == {"11999": 2 * CELL_M2}
    assert "11999 (0.080 km2)" in caplog.text


def test_the_smaller_of_two_overlapping_polygons_keeps_the_place(caplog):
    large, small = ("large", "11100", box(0, 0, 4, 4)), ("small", "50000", box(3, 0, 2, 1))
    for rows in ((large, small), (small, large)):
        merged = merge_land_use(land(*rows))
        assert_allclose(areas_of(merged)[["large", "small"]], [15, 2])
        assert merged.report.n_overlaps == 1
        assert_allclose(merged.report.overlap_m2, CELL_M2)
    assert "small over large (40000 m2)" in caplog.text


def test_of_two_equally_large_ones_the_first_identifier_keeps_the_place():
    rows = ("b", "11100", box(0, 0, 2, 1)), ("a", "50000", box(1, 0, 2, 1))
    for order in (rows, rows[::-1]):
        assert_allclose(areas_of(merge_land_use(land(*order)))[["a", "b"]], [2, 1])


def test_a_polygon_inside_another_cuts_a_hole():
    merged = merge_land_use(land(("lake", "50000", box(1, 1)), ("wood", "31000", box(0, 0, 3, 3))))
    assert_allclose(areas_of(merged)[["lake", "wood"]], [1, 8])
    wood = merged.polygons.set_index("identifier").geometry["wood"]
    assert not wood.intersects(box(1.5, 1.5, 0.1, 0.1))


def test_a_polygon_under_smaller_ones_altogether_goes_and_is_counted():
    merged = merge_land_use(
        land(
            ("left", "50000", box(0, 0, 1, 1)),
            ("right", "31000", box(1, 0, 1, 1)),
            ("below", "11100", box(0, 0, 2, 1)),
        )
    )
    assert set(merged.polygons["identifier"]) == {"left", "right"}
    assert merged.report.n_covered == 1


def test_shared_edges_are_no_overlaps():
    rows = [(f"{n}", "11100", box(*place)) for n, place in enumerate(square(4, 4))]
    report = merge_land_use(land(*rows)).report
    assert (report.n_overlaps, report.overlap_m2, report.n_kept) == (0, 0.0, 16)


def test_polygons_of_one_sheet_are_not_compared_and_those_of_two_are():
    polygons = land(("wood", "31000", box(0, 0, 2, 2)), ("lake", "50000", box(1, 1, 1, 1)))
    counts = [
        merge_land_use(polygons.assign(sheet=sheet)).report.n_overlaps
        for sheet in (["a", "a"], ["a", "b"])
    ]
    assert counts == [0, 1]
    assert "sheet" not in merge_land_use(polygons.assign(sheet="a")).polygons


rectangles = st.tuples(
    st.integers(0, 6), st.integers(0, 6), st.integers(1, 5), st.integers(1, 5)
).map(lambda numbers: box(*numbers))


@given(shapes=st.lists(rectangles, min_size=1, max_size=7), seed=st.integers(0, 5))
@settings(max_examples=25)
def test_no_place_is_lost_none_is_twice_and_row_order_does_not_matter(shapes, seed):
    rows = [(f"{n}", "11100", shape) for n, shape in enumerate(shapes)]
    merged = merge_land_use(land(*rows))
    assert_allclose(merged.polygons.area.sum(), shapely.union_all(shapes).area)
    order = np.random.default_rng(seed).permutation(len(rows))
    unique = {shape.wkb for shape in shapes}
    if len(unique) == len(shapes):
        again = merge_land_use(land(*(rows[number] for number in order)))
        pd.testing.assert_series_equal(areas_of(merged), areas_of(again))


@given(shapes=st.lists(rectangles, min_size=1, max_size=6))
@settings(max_examples=10)
def test_cutting_long_outlines_changes_no_overlap_and_no_area(shapes):
    polygons = land(*((f"{n}", "11100", shape) for n, shape in enumerate(shapes)))
    whole = merge_land_use(polygons)
    before = land_use.MANY_VERTICES
    land_use.MANY_VERTICES = 4
    try:
        cut = merge_land_use(polygons)
    finally:
        land_use.MANY_VERTICES = before
    assert cut.report.n_overlaps == whole.report.n_overlaps
    assert_allclose(cut.report.overlap_m2, whole.report.overlap_m2)
    pd.testing.assert_series_equal(areas_of(cut), areas_of(whole), atol=1e-9)


def test_a_copy_of_a_polygon_is_dropped_whatever_its_first_corner():
    shape = box(0, 0)
    turned = shapely.Polygon(np.roll(shapely.get_coordinates(shape)[:-1], 2, axis=0))
    merged = merge_land_use(land(("b", "11100", shape), ("a", "11100", turned)))
    assert list(merged.polygons["identifier"]) == ["a"]
    assert merged.report.n_duplicate == 1


def test_a_copy_with_another_code_is_told(caplog):
    merge_land_use(land(("b", "11100", box(0, 0)), ("a", "50000", box(0, 0))))
    assert "the same polygon with two codes: a, b" in caplog.text


def test_invalid_polygons_are_mended_and_counted():
    west, south, east, north = box(0, 0, 2, 2).bounds
    crossed = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    spike = shapely.Polygon(
        [
            (west, south),
            (east, south),
            (east + 500, south),
            (east, south),
            (east, north),
            (west, north),
        ]
    )
    merged = merge_land_use(land(("a", "11100", crossed)))
    assert (merged.report.n_mended, merged.report.n_kept) == (1, 1)
    assert_allclose(areas_of(merged), [2])
    spiked = merge_land_use(land(("a", "11100", spike))).polygons
    assert set(spiked.geom_type) <= {"Polygon", "MultiPolygon"}
    assert_allclose(spiked.area, 4 * CELL_M2)


def test_empty_and_missing_geometries_are_dropped_and_counted():
    rows = (
        ("a", "11100", box(0, 0)),
        ("b", "11100", shapely.Polygon()),
        ("c", "11100", None),
        ("d", "11100", shapely.LineString([(0, 0), (1, 1)])),
    )
    report = merge_land_use(land(*rows)).report
    assert (report.n_read, report.n_kept, report.n_empty, report.n_mended) == (4, 1, 3, 0)


def test_parts_of_one_surface_stay_together():
    both = shapely.MultiPolygon([box(0, 0), box(3, 0)])
    merged = merge_land_use(land(("a", "11100", both)))
    assert len(merged.polygons) == 1
    assert_allclose(areas_of(merged), [2])


def test_polygons_further_than_a_cell_from_the_extent_are_left_out():
    rows = [(f"{column}", "11100", box(column, 0)) for column in range(-5, 6)]
    merged = merge_land_use(land(*rows), bounds=box(0, 0).bounds)
    assert list(merged.polygons["identifier"]) == ["-2", "-1", "0", "1", "2"]
    assert merged.report.n_outside == 6


def test_land_of_another_city_is_refused():
    with pytest.raises(InputError, match=r"none of 1 land-use polygons meets any .* 14 km apart"):
        merge_land_use(land(("a", "11100", box(50, 50))), bounds=box(0, 0).bounds)


@pytest.mark.parametrize(
    ("polygons", "message"),
    [
        (land(("a", "11100", box(0, 0))).drop(columns="code"), "no column code"),
        (land(("a", "11100", box(0, 0))).to_crs("EPSG:4326"), "expected one in metres"),
    ],
)
def test_tables_of_another_form_are_refused(polygons, message):
    with pytest.raises(InputError, match=message):
        merge_land_use(polygons)


def test_the_mending_is_logged(caplog):
    with caplog.at_level(logging.INFO):
        merge_land_use(land(("a", "11100", box(0, 0))))
    assert "n_kept=1" in caplog.text
