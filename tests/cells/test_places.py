"""Places of cells: whole numbers on any grid, metres for all else, and never across areas."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from shapely import affinity

from incomelens.cells.neighbours import neighbour_pairs, within_reach
from incomelens.cells.places import Places, carried_columns
from incomelens.common.errors import InputError

from .worlds import cell_id, grid_of, square

corners = st.lists(
    st.tuples(st.integers(-6, 6), st.integers(-6, 6)), min_size=1, max_size=25, unique=True
)


def cells_at(places, *, side=100.0, shift=(0.0, 0.0), crs="EPSG:32719", **columns):
    """Squares at (column, row), on a grid of this side that begins at `shift`."""
    west, south = (np.array(places, dtype=float) * side + shift).T
    ids = {"cell_id": [f"c{number}" for number in range(len(places))]}
    shapes = shapely.box(west, south, west + side, south + side)
    return gpd.GeoDataFrame(ids | columns, geometry=shapes, crs=crs)


def pushed(cells):
    """The same cells, one of them off the grid by a tenth of its side."""
    side = np.sqrt(cells.area.iloc[0])
    shapes = cells.geometry.copy()
    shapes.iloc[0] = affinity.translate(shapes.iloc[0], 0.1 * side)
    return cells.set_geometry(shapes)


@given(
    places=corners,
    side=st.sampled_from([30.0, 153.6, 200.0, 1000.0]),
    shift=st.tuples(st.floats(-5e6, 5e6), st.floats(-5e6, 1e7)),
)
def test_squares_of_any_grid_have_whole_places(places, side, shift):
    found = Places.of(cells_at(places, side=side, shift=shift))
    assert_allclose(found.side_m, side, rtol=1e-6)
    grid = np.array(places)
    assert_array_equal(found.grid - found.grid[0], grid - grid[0])


def test_the_european_grid_has_the_places_that_its_ids_name():
    cells = grid_of(square(5, 4))
    by_shape, by_id = Places.of(cells), Places.of(pd.DataFrame(cells[["cell_id"]]))
    assert_array_equal(by_shape.grid, by_id.grid)
    assert by_shape.side_m == by_id.side_m == 200
    assert carried_columns(cells) == []
    assert carried_columns(cells.assign(cell_id=[f"x{n}" for n in range(20)])) == ["geometry"]
    assert carried_columns(cells.set_geometry(cells.translate(1))) == ["geometry"]


@given(places=corners, reach=st.integers(1, 2))
def test_polygons_of_a_grid_are_near_as_on_the_grid(places, reach):
    # A dissolved corner makes polygons of squares; up to two steps metres and steps agree.
    cells = cells_at(places)
    as_polygons = Places(100.0, None, cells.geometry.to_numpy(), Places.of(cells).area)
    grid = np.array(places)
    of = np.arange(len(places)) % 3 == 0
    assert_array_equal(as_polygons.reach(reach)(of), within_reach(grid, grid[of], reach=reach))
    assert_array_equal(as_polygons.neighbour_pairs(), neighbour_pairs(grid))


def test_a_cell_off_the_grid_makes_all_of_them_polygons():
    cells = pushed(cells_at(square(4, 4)))
    places = Places.of(cells)
    assert places.grid is None
    assert places.side_m == 100
    assert_array_equal(
        places.neighbour_counts(), Places.of(cells_at(square(4, 4))).neighbour_counts()
    )
    assert carried_columns(cells) == ["geometry"]


def test_overlapping_cells_are_beside_each_other_and_near_at_any_reach():
    shapes = shapely.box([0, 60, 500], [0, 0, 0], [100, 160, 600], [100, 100, 100])
    chips = gpd.GeoDataFrame({"cell_id": ["a", "b", "c"]}, geometry=shapes, crs=32611)
    places = Places.of(chips)
    assert_array_equal(places.overlapping_pairs(), [[0, 1]])
    assert_array_equal(places.neighbour_pairs(), [[0, 1]])
    first = np.array([True, False, False])
    assert places.reach(0)(first).tolist() == [True, True, False]
    assert places.reach(4)(first).tolist() == [True, True, False]  # 350 m apart, 340 from b
    assert places.reach(5)(first).tolist() == [True, True, True]


def test_a_sliver_is_rounding_and_no_overlap():
    shapes = shapely.box([0, 99.9], [0, 0], [100, 210], [100, 100])
    places = Places.of(gpd.GeoDataFrame({"cell_id": ["a", "b"]}, geometry=shapes, crs=32611))
    assert len(places.overlapping_pairs()) == 0
    assert len(places.neighbour_pairs()) == 1


def test_areas_part_what_is_compared_but_not_the_ground():
    cells = cells_at(square(4, 1), area=["a", "a", "b", "b"])
    places = Places.of(cells)
    # A strip does not end where the next part of the city begins.
    assert_array_equal(places.neighbour_pairs(), [[0, 1], [1, 2], [2, 3]])
    assert carried_columns(cells) == ["area", "geometry"]
    parts = [(asked.tolist(), known.tolist()) for asked, known in places.areas_with(places[:2])]
    assert parts == [([0, 1], [0, 1]), ([2, 3], [])]


def test_nearest_is_by_centres_and_the_southern_of_equals():
    cells = pushed(cells_at([(0, 0), (5, 5), (5, 6), (5, 4), (9, 5)]))
    places = Places.of(cells)
    asked = places[np.array([1])]
    assert_array_equal(asked.nearest(places[2:], k=2), [[1, 0]])


def test_blocks_are_squares_of_the_census_grid():
    cells = grid_of(square(21, 12))
    blocks = Places.of(cells).blocks(2.0)
    grid = Places.of(cells).grid
    _, expected = np.unique((grid // 10)[:, ::-1], axis=0, return_inverse=True)
    assert_array_equal(blocks, expected.reshape(-1))
    with pytest.raises(InputError, match=r"block_km: 0\.5 is no multiple of 0\.2 km"):
        Places.of(cells).blocks(0.5)


@pytest.mark.parametrize("change", [lambda cells: cells, pushed])
def test_the_block_is_the_same_place_whichever_cells_are_kept(change):
    cells = change(cells_at(square(14, 12), side=200.0, shift=(4_000_000, 2_000_000)))
    whole, part = Places.of(cells).blocks(1.0), Places.of(cells[20:]).blocks(1.0)
    together = pd.DataFrame({"whole": whole[20:], "part": part})
    assert together.groupby("part")["whole"].nunique().max() == 1
    assert together.groupby("whole")["part"].nunique().max() == 1


def test_a_table_without_geometry_has_to_name_places_by_ids():
    with pytest.raises(InputError, match="cell identifiers are not like CRS3035RES200m"):
        Places.of(pd.DataFrame({"cell_id": ["chip_1"]}))
    assert len(Places.of(pd.DataFrame({"cell_id": [cell_id(0, 0)]}))) == 1


def test_a_buffer_is_no_negative_number():
    with pytest.raises(InputError, match="buffer: -1 cells; expected 0 or more"):
        Places.of(cells_at([(0, 0)])).reach(-1)
