"""Districts whose place or values are hardly right: told and counted, or refused by name."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import GeometryCollection, LineString, Point, Polygon, box

from incomelens.common.errors import InputError
from incomelens.districts.build import build_districts, odd_districts
from incomelens.districts.geometry import area_of_each, in_degrees
from incomelens.districts.shapes import shape_findings
from incomelens.districts.units import KM2_PER_SQUARE_DEGREE, value_findings

INCOME = "per_capita_income"


def squares(n=6):
    """A row of squares of 0.01 degrees, from the west."""
    return [box(10 + i / 100, 50, 10 + (i + 1) / 100, 50.01) for i in range(n)]


def places(*shapes):
    ids = [f"{at:03d}" for at in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"geoid": ids}, geometry=list(shapes), crs="EPSG:4326")


def found(findings):
    return {one.reason: one for one in findings if one.n}


@pytest.fixture
def districts(own_table, columns, tmp_path):
    """Six districts as the stage writes them, of a density that fits their polygons."""
    degrees = shapely.area(own_table.geometry.to_numpy())
    area = degrees * KM2_PER_SQUARE_DEGREE * np.cos(np.radians(50.005))
    own_table["population_density"] = own_table["people"] / area
    own_table.to_file(tmp_path / "own.gpkg", layer="districts")
    settings = {"adapter": "table", "columns": columns}
    return build_districts({"table": tmp_path / "own.gpkg"}, settings=settings, level="tract")


def test_districts_without_an_income_are_counted_and_nothing_is_alarming(districts, caplog):
    caplog.clear()
    table = odd_districts(districts, level="tract")
    assert table[["reason", "treated", "n", "total", "example"]].to_numpy().tolist() == [
        ["no_median_household_income", "left_out", 1, 6, "002"],
        ["topcoded", "kept", 1, 6, "006"],
    ]
    assert not caplog.records


@pytest.mark.parametrize(
    ("factor", "median"), [(1e-3, "45;"), (1 / 60, "750;"), (100.0, "4.5e+06;")]
)
def test_incomes_in_another_unit_ask_for_it(districts, factor, median):
    districts[INCOME] = districts[INCOME].mask(districts[INCOME] > 0, 45_000 * factor)
    told = found(value_findings(districts, incomes=[INCOME]))[f"{INCOME}_unit"]
    assert (told.n, told.treated) == (6, "kept")
    assert f"the median of {INCOME} is {median}" in told.message
    assert "expected an amount a year, of one person or household" in told.message
    assert "is it in thousands, a month, or in" in told.message


@pytest.mark.parametrize(
    ("factor", "unit"),
    [(2.59, "square mile"), (0.01, "hectare"), (0.00405, "acre"), (1e-6, "square metre")],
)
def test_a_density_per_another_area_names_it(districts, factor, unit):
    districts["population_density"] *= factor
    told = found(value_findings(districts, incomes=[INCOME]))["density_unit"]
    assert told.n == 6
    assert f"expected people per km², and this would fit people per {unit}; is it" in told.message


def test_a_density_beyond_any_city_is_told_without_a_population(districts):
    districts["population"] = np.nan
    districts["population_density"] *= 1e4
    told = found(value_findings(districts, incomes=[INCOME]))["density_unit"]
    assert "population_density has the median" in told.message
    assert "would fit" not in told.message


def test_water_in_the_polygons_is_no_other_unit(districts):
    districts["population_density"] *= 1.6
    assert "density_unit" not in found(value_findings(districts, incomes=[INCOME]))


def test_margins_larger_than_their_estimates_are_counted(districts):
    districts[f"{INCOME}_moe"] = [1e6, 10.0, np.nan, 1e6, 10.0, 10.0]
    told = found(value_findings(districts, incomes=[INCOME]))[f"{INCOME}_below_margin_of_error"]
    assert (told.n, told.example, told.treated, told.message) == (2, "001", "kept", "")


def test_races_that_add_up_to_more_than_one_are_told(districts):
    districts["white"] = [0.5, 0.5, 0.5, 0.5, 0.5, 1.0]
    districts["black"] = [0.1, 0.1, 0.1, 0.1, 0.1, 0.2]
    districts["asian"] = 0.0
    told = found(value_findings(districts, incomes=[INCOME]))["races_above_one"]
    assert (told.n, told.example) == (1, "006")
    assert "black + asian + white add up to more than 1 in 1 of 6 districts (up to 1.200)" in (
        told.message
    )


def test_people_without_land_are_told(districts):
    districts.loc[2, "population_density"] = 0.0
    told = found(value_findings(districts, incomes=[INCOME]))["people_without_land"]
    assert "1 of 6 districts have people and the density 0: 003; is their land" in told.message


def test_a_proper_row_of_squares_has_nothing_odd():
    assert found(shape_findings(places(*squares()))) == {}


@pytest.mark.parametrize("shape", [Point(10.03, 50), LineString([(10, 50), (10.1, 50)])])
def test_points_and_lines_among_polygons_are_named(shape):
    told = found(shape_findings(places(*squares(), shape)))["no_area"]
    assert (told.n, told.example) == (1, "007")
    assert "1 of 7 districts: 007 are points or lines, or have no area, among" in told.message


def test_a_table_of_points_counts_them_without_another_alarm():
    told = found(shape_findings(places(*(shape.centroid for shape in squares()))))["no_area"]
    assert (told.n, told.message) == (6, "")


def test_one_polygon_of_two_districts_is_named():
    told = found(shape_findings(places(*squares(), squares()[2].reverse())))
    assert list(told) == ["same_polygon"]
    assert (
        "1 of 7 districts: 007 have the polygon of another district" in told["same_polygon"].message
    )


def test_districts_that_overlap_are_named_and_slivers_are_not():
    wide = box(10.05, 50, 10.0601, 50.01)  # a hundredth more than its square
    half = box(10.035, 50, 10.045, 50.01)
    assert found(shape_findings(places(*squares(5), wide))) == {}
    told = found(shape_findings(places(*squares(), half)))["overlap"]
    assert told.n == 3
    assert "004, 005, 007 share at least 10 % of their area" in told.message


def test_a_level_on_top_of_another_is_an_overlap():
    told = found(shape_findings(places(*squares(), box(10, 50, 10.06, 50.01))))
    assert told["overlap"].n == 7


def test_collections_give_their_polygons(caplog):
    mixed = GeometryCollection([*squares(1), LineString([(10, 50), (9, 50)])])
    shapes = in_degrees(places(mixed, *squares()[1:]), file="own.gpkg")
    assert shapes.geometry[0].equals(squares(1)[0])
    assert "own.gpkg: 1 of 6 geometries are collections, of which the polygons" in caplog.text


def test_a_file_of_points_is_told(caplog):
    in_degrees(places(*(shape.centroid for shape in squares())), file="own.gpkg")
    assert "own.gpkg has no polygons, only Point: nothing lies in a district" in caplog.text


def test_a_polygon_that_collapses_when_mended_is_refused():
    flat = Polygon([(10, 50), (10.1, 50), (10, 50)])
    with pytest.raises(InputError, match=r"1 of 2 polygons have no area: 0; expected outlines"):
        in_degrees(places(flat, *squares(1)), file="own.gpkg")


def test_coordinates_in_feet_lie_outside_their_system(caplog):
    metres = places(box(-74, 40.7, -73.9, 40.8)).to_crs("EPSG:32118")
    feet = metres.set_geometry(metres.geometry.scale(3.28, 3.28, origin=(0, 0)), crs="EPSG:32118")
    in_degrees(feet, file="own.gpkg")
    assert "1 of 1 geometries lie outside the area for which EPSG:32118 is meant" in caplog.text
    assert "metres where it counts metres?" in caplog.text


def boroughs(*shapes):
    names = ["west", "east"][: len(shapes)]
    return gpd.GeoDataFrame({"name": names}, geometry=list(shapes), crs="EPSG:4326")


def test_a_district_beside_its_area_takes_the_nearest_and_is_told(caplog):
    areas = boroughs(box(10, 50, 10.03, 50.01), box(10.03, 50, 10.054, 50.01))
    names = area_of_each(places(*squares()), areas, column="name")
    assert names.tolist() == ["west"] * 3 + ["east"] * 3
    assert "1 districts lie in no area by 'name' and take the nearest: 5" in caplog.text


def test_a_district_far_from_every_area_has_none(caplog):
    areas = boroughs(box(10, 50, 10.03, 50.01), box(10.03, 50, 10.06, 50.01))
    away = places(*squares(), box(12, 50, 12.01, 50.01), box(-100, 20, -99.99, 20.01))
    names = area_of_each(away, areas, column="name")
    assert names.isna().tolist() == [False] * 6 + [True] * 2
    assert "2 districts lie in no area by 'name', nor near one, and have none: 6, 7" in caplog.text


def test_areas_of_another_city_are_refused():
    with pytest.raises(InputError, match=r"none of 6 districts meets any of 1 areas by 'name'"):
        area_of_each(places(*squares()), boroughs(box(2, 48, 3, 49)), column="name")


def test_an_area_is_of_those_inside_whatever_its_outline():
    areas = boroughs(shapely.union_all(squares()[::2]), shapely.union_all(squares()[1::2]))
    names = area_of_each(places(*squares()), areas, column="name")
    assert isinstance(names, pd.Series)
    assert names.tolist() == ["west", "east"] * 3


def test_a_district_at_zero_ends_the_reading(own_table, columns, tmp_path):
    own_table.loc[3, "geometry"] = box(0, 0, 0.01, 0.01)
    own_table.to_file(tmp_path / "own.gpkg", layer="districts")
    settings = {"adapter": "table", "columns": columns}
    with pytest.raises(InputError, match=r"own\.gpkg: 004 lie at longitude and latitude 0"):
        build_districts({"table": tmp_path / "own.gpkg"}, settings=settings, level="tract")
