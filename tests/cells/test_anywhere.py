"""A city is built alike anywhere on Earth: the same cells, neighbours and findings."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from incomelens.cells.build import build_cells
from incomelens.cells.findings import cell_findings
from incomelens.cells.land_use import merge_land_use
from incomelens.common.errors import InputError
from incomelens.common.labels import Label
from incomelens.common.places import told_extent

LABEL = Label("median", "USD", 2018)
PLACES = {
    "Santiago, southern hemisphere": ("EPSG:32719", 340_000.0, 6_290_000.0),
    "Taveuni, on the antimeridian": ("EPSG:3832", 3_339_085.0, -1_900_000.0),
    "New Zealand, whose axes are northing first": ("EPSG:2193", 1_750_000.0, 5_920_000.0),
    "Los Angeles": ("EPSG:26911", 390_000.0, 3_765_000.0),
}


def town(crs, west, south, *, side=150.0, n=6):
    """Squares in rows, cells with a label alone, and land of two classes below them."""
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(n), np.arange(n)))
    east, north = west + side * column, south + side * row
    table = {
        "cell_id": [f"chip_{number:02d}" for number in range(n**2)],
        "income": 40_000.0 + 1_000 * column,
        "individuals": np.nan,
        "households": np.nan,
        "imputed": False,
    }
    shapes = shapely.box(east, north, east + side, north + side)
    cells = gpd.GeoDataFrame(table, geometry=shapes, crs=crs).astype({"imputed": "boolean"})
    whole, half = n * side, n * side / 2
    halves = [
        shapely.box(west, south, west + whole, south + half),
        shapely.box(west, south + half, west + whole, south + whole),
    ]
    land = gpd.GeoDataFrame(
        {"identifier": ["a", "b"], "code": ["11100", "50000"]}, geometry=halves, crs=crs
    )
    return cells, land


@pytest.mark.parametrize("place", PLACES)
def test_a_town_is_the_same_wherever_it_lies(place, caplog):
    grid, land = town(*PLACES[place])
    cells = build_cells(grid, None, exclude_imputed=False, label=LABEL)
    land_use = merge_land_use(land, bounds=tuple(cells.total_bounds))
    assert not [one for one in cell_findings(cells, None, land_use, label=LABEL) if one.n]
    assert not caplog.records
    assert cells.crs == grid.crs
    assert cells["cell_id"].tolist() == grid["cell_id"].tolist()
    assert np.bincount(cells["n_neighbours"])[[3, 5, 8]].tolist() == [4, 16, 16]


def test_an_extent_across_the_antimeridian_is_told_from_west_to_east():
    cells, _ = town(*PLACES["Taveuni, on the antimeridian"])
    assert told_extent(cells.geometry).startswith("longitude 179.99")
    assert "to -179.99" in told_extent(cells.geometry)


def test_a_boundary_of_the_other_hemisphere_is_told_by_both_extents():
    grid, _ = town(*PLACES["Santiago, southern hemisphere"])
    north = gpd.GeoDataFrame(geometry=grid.geometry.to_crs(4326))
    north = north.set_geometry(north.translate(0, 70))
    with pytest.raises(InputError, match=r"latitude -33\.5.*latitude 36\.4"):
        build_cells(grid, north, exclude_imputed=False, label=LABEL)


def test_areas_far_apart_are_no_city_torn_in_two(caplog):
    parts = [town("EPSG:26911", west, 3_765_000.0)[0] for west in (390_000.0, 490_000.0)]
    for number, part in enumerate(parts):
        part["cell_id"] = f"{number}_" + part["cell_id"]
        part["area"] = f"city_{number}"
    grid = gpd.GeoDataFrame(np.vstack(parts), columns=parts[0].columns, crs=26911)
    grid = grid.astype(parts[0].dtypes.drop("geometry").to_dict())
    cells = build_cells(grid, None, exclude_imputed=False, label=LABEL)
    _, land = town("EPSG:26911", 390_000.0, 3_765_000.0, n=700)
    findings = cell_findings(cells, None, merge_land_use(land), label=LABEL)
    assert {one.reason for one in findings if one.n} == set()
    alone = cells.drop(columns="area")
    findings = cell_findings(alone, None, merge_land_use(land), label=LABEL)
    assert {one.reason for one in findings if one.n} == {"torn_apart"}
