"""Districts from a user's table: what comes out, and what is refused with which words."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from shapely import MultiPolygon, Polygon, box

from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError
from incomelens.districts.build import build_districts
from incomelens.districts.columns import VARIABLES


def built(file, columns, *, incomes=("per_capita_income",), files=(), **settings):
    return build_districts(
        {"table": file, **dict(files)},
        settings={"adapter": "table", "columns": columns, **settings},
        level="tract",
        incomes=incomes,
    )


@pytest.fixture
def write(tmp_path):
    def write(table, name="own.gpkg", **options):
        file = tmp_path / name
        if name.endswith(".csv"):
            pd.DataFrame(table.drop(columns="geometry", errors="ignore")).to_csv(file, index=False)
        elif name.endswith(".parquet"):
            table.to_parquet(file)
        else:
            table.to_file(file, **options)
        return file

    return write


# --- what comes out -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["own.gpkg", "own.parquet", "own.geojson"])
def test_any_format_gives_the_columns_of_the_contract(own_table, columns, write, name):
    districts = built(write(own_table, name), columns)
    check_written(districts, "results/small/districts/commune.parquet")
    assert_allclose(districts["per_capita_income"], own_table["per_head"])
    assert_allclose(
        districts["bachelor_or_above"], own_table["bachelor"] + own_table["postgraduate"]
    )
    assert districts["median_household_income_moe"].isna().all()
    assert districts["area"].isna().all()


def test_csv_with_polygons_in_a_second_file_gives_the_same(own_table, columns, write):
    direct = built(write(own_table), columns)
    polygons = write(own_table[["code", "geometry"]].iloc[::-1], "polygons.gpkg")
    joined = built(write(own_table, "own.csv"), columns, files={"boundaries_table": polygons})
    pd.testing.assert_frame_equal(joined, direct)


@pytest.mark.parametrize(
    ("options", "assumed"),
    [
        ({"encoding": "cp1252"}, "own.csv: read as Windows-1252"),
        ({"encoding": "utf-16", "sep": "\t"}, "own.csv: read as UTF-16, separated by tabs"),
        ({"sep": ";", "decimal": ","}, "own.csv: separated by semicolons, with decimal commas"),
        ({"sep": "\t"}, "own.csv: separated by tabs"),
    ],
)
def test_what_spreadsheets_save_gives_the_districts_of_a_plain_csv(
    own_table, columns, write, tmp_path, caplog, options, assumed
):
    areas = ["Nord-Été", "Süd", "Öst"] * 2
    table = own_table.assign(x=10.0 + np.arange(6) / 100, y=50.0, area=areas)
    columns |= {"longitude": "x", "latitude": "y", "area": "area"}
    plain = built(write(table, "plain.csv"), columns)
    assert "plain.csv: " not in caplog.text
    table.drop(columns="geometry").to_csv(tmp_path / "own.csv", index=False, **options)
    pd.testing.assert_frame_equal(built(tmp_path / "own.csv", columns), plain)
    assert assumed in caplog.text


def test_a_workbook_gives_the_districts_of_a_csv(own_table, columns, write, tmp_path):
    table = own_table.drop(columns="geometry").assign(x=10.0 + np.arange(6) / 100, y=50.0)
    columns |= {"longitude": "x", "latitude": "y"}
    table.to_excel(tmp_path / "own.xlsx", index=False)
    pd.testing.assert_frame_equal(
        built(tmp_path / "own.xlsx", columns), built(write(table, "own.csv"), columns)
    )


def test_csv_without_polygons_is_drawn_as_points(own_table, columns, write, caplog):
    table = own_table.assign(x=10.0 + np.arange(6) / 100, y=50.0)
    districts = built(write(table, "own.csv"), columns | {"longitude": "x", "latitude": "y"})
    assert (districts.geometry.geom_type == "Point").all()
    assert_allclose(districts["longitude"], table["x"])
    assert "has no polygons" in caplog.text


def test_centroids_are_computed_where_they_are_not_mapped(own_table, columns, write):
    districts = built(write(own_table), columns)
    # The centroid of a square degree's hundredth lies in its middle, but for the map projection.
    assert_allclose(districts["longitude"], 10.005 + np.arange(6) / 100, atol=1e-5)
    assert_allclose(districts["latitude"], 50.005, atol=1e-5)


def test_projected_polygons_give_the_same_centroids(own_table, columns, write):
    degrees = built(write(own_table), columns)
    metres = built(write(own_table.to_crs("EPSG:3035"), "metres.gpkg"), columns)
    assert_allclose(metres["longitude"], degrees["longitude"], atol=1e-9)


def test_leading_zeros_of_a_csv_survive(own_table, columns, write):
    polygons = write(own_table[["code", "geometry"]], "polygons.gpkg")
    districts = built(write(own_table, "own.csv"), columns, files={"boundaries_table": polygons})
    assert districts["geoid"].tolist() == ["001", "002", "003", "004", "005", "006"]


def test_topcode_is_recognised_without_a_flag_and_taken_from_it(own_table, columns, write):
    without = built(write(own_table), columns)["median_household_income_topcoded"]
    assert without.tolist() == [False] * 5 + [True]
    flagged = own_table.assign(top=[0, 0, 0, 0, 1, 1])
    columns |= {"median_household_income_topcoded": "top"}
    flags = built(write(flagged, "flagged.gpkg"), columns)["median_household_income_topcoded"]
    assert flags.tolist() == [False] * 4 + [True] * 2


def test_missing_codes_of_the_census_are_missing_here_too(own_table, columns, write):
    own_table.loc[0, "per_head"] = -666_666_666
    assert built(write(own_table), columns)["per_capita_income"].isna().tolist()[0]


def test_areas_come_from_the_polygons_of_another_table(own_table, columns, write):
    west, east = box(9.9, 49, 10.035, 51), box(10.035, 49, 10.045, 51)
    areas = gpd.GeoDataFrame({"name": ["West", "East"]}, geometry=[west, east], crs="EPSG:4326")
    file = write(areas.to_crs("EPSG:3035"), "areas.gpkg", layer="boroughs")
    districts = built(
        write(own_table),
        columns,
        files={"areas_from": file},
        areas_from={"table": "areas.gpkg", "layer": "boroughs", "column": "name"},
    )
    # The last two lie in no area and take the nearest.
    assert districts["area"].tolist() == ["West"] * 3 + ["East"] * 3


def test_one_income_is_enough_if_only_it_is_modelled(own_table, columns, write):
    del columns["median_household_income"]
    districts = built(write(own_table), columns)
    assert districts["median_household_income"].isna().all()


def test_invalid_polygon_is_repaired_and_told(own_table, columns, write, caplog):
    bow_tie = Polygon([(10, 50), (10.01, 50.01), (10.01, 50), (10, 50.01)])
    own_table.loc[0, "geometry"] = bow_tie
    with caplog.at_level("INFO", logger="incomelens"):
        districts = built(write(own_table, "own.parquet"), columns)
    assert districts.geometry.is_valid.all()
    assert isinstance(districts.geometry[0], MultiPolygon)
    assert "repaired 1 invalid polygons: 001" in caplog.text


# --- what is refused ----------------------------------------------------------------------------


def changed(table, name, row, value):
    table = table.copy()
    table[name] = table[name].astype(object)
    table.loc[row, name] = value
    return table


@pytest.mark.parametrize(
    ("name", "row", "value", "message"),
    [
        ("people", 2, -5, r"'people' \(our population\) is -5 in district 003 \(1 of 6 rows"),
        ("per_head", 1, -100, r"'per_head' \(our per_capita_income\) is -100 in district 002"),
        ("per_head", 4, 0, r"'per_head' .* is 0 in 1 of 6 districts: 005; .* leave the cell empty"),
        ("white", 0, 47.5, r"'white' is 47\.5 in district 001 .* divide percentages by 100"),
        ("white", 0, -0.1, r"'white' is -0\.1 in district 001"),
        ("population_density", 0, -1, r"'population_density' is -1 in district 001"),
        ("male", 3, np.nan, r"'male' is missing in 1 districts that have an income: 004"),
        ("bachelor", 3, 0.99, r"'bachelor' and postgraduate add up to 1\.\d+ in district 004"),
        ("code", 1, "001", r"'code' \(our geoid\) has 1 identifiers more than once: 001"),
        ("code", 1, "", r"'code' is empty in row 2"),
        ("per_head", 3, "n/k", r"'per_head' has 'n/k' in row 4, index 004 \(1 of 6 rows"),
        ("asian", 5, "12 %", r"'asian' has '12 %' in row 6, index 006"),
    ],
)
def test_a_bad_value_is_named_with_its_place(own_table, columns, write, name, row, value, message):
    file = write(changed(own_table, name, row, value), "own.csv")
    polygons = own_table[["code", "geometry"]]
    if name == "code":
        polygons = changed(polygons, name, row, value)
    with pytest.raises(InputError, match=message):
        built(file, columns, files={"boundaries_table": write(polygons, "polygons.gpkg")})


def test_missing_column_names_it_and_what_there_is(own_table, columns, write):
    with pytest.raises(InputError, match=r"no column 'white', which .* takes as white .* has code"):
        built(write(own_table.drop(columns="white")), columns)


def test_unmapped_variable_is_named(own_table, columns, write):
    del columns["male"]
    with pytest.raises(InputError, match=r"`columns` maps nothing to male"):
        built(write(own_table), columns)


def test_unmapped_incomes_are_named(own_table, columns, write):
    del columns["per_capita_income"], columns["median_household_income"]
    with pytest.raises(InputError, match=r"nothing to an income \(per_capita_income or median"):
        built(write(own_table), columns)


def test_income_without_any_value_is_refused(own_table, columns, write):
    with pytest.raises(InputError, match=r"'per_head' .*: none of the 6 districts has a value"):
        built(write(own_table.assign(per_head=np.nan)), columns)


def test_equal_incomes_are_refused(own_table, columns, write):
    with pytest.raises(InputError, match=r"'per_head' .* is 30000 in all 6 districts .* differ"):
        built(write(own_table.assign(per_head=30_000.0)), columns)


def test_an_income_of_two_districts_is_refused(own_table, columns, write):
    own_table.loc[2:, "per_head"] = np.nan
    with pytest.raises(InputError, match=r"'per_head' .* is known in only 2 districts .* need 3"):
        built(write(own_table), columns)


def test_constant_column_is_refused(own_table, columns, write):
    with pytest.raises(InputError, match=r"'asian' is 0\.1 in all 6 districts .* unit variance"):
        built(write(own_table.assign(asian=0.1)), columns)


def test_one_district_is_refused(own_table, columns, write):
    with pytest.raises(InputError, match=r"1 district\(s\); inequality and models need three"):
        built(write(own_table.iloc[:1]), columns)


def test_decimal_identifiers_are_refused(own_table, columns, write):
    with pytest.raises(InputError, match=r"'code' holds decimal numbers .* store them as text"):
        built(write(own_table.assign(code=np.arange(6.0))), columns)


def test_odd_flag_is_named(own_table, columns, write):
    table = own_table.assign(top=["0", "0", "maybe", "0", "1", "1"])
    with pytest.raises(InputError, match=r"'top' has 'maybe' in row 3, index 003 .* 0 or 1"):
        built(write(table), columns | {"median_household_income_topcoded": "top"})


def test_polygons_without_reference_system_are_refused(own_table, columns, write):
    with pytest.raises(InputError, match=r"no coordinate reference system; write the file again"):
        built(write(own_table.set_crs(None, allow_override=True), "own.parquet"), columns)


def test_metres_declared_as_degrees_are_refused(own_table, columns, write):
    metres = own_table.to_crs("EPSG:3035").set_crs("EPSG:4326", allow_override=True)
    with pytest.raises(InputError, match=r"cannot be longitude and latitude, yet the file says"):
        built(write(metres), columns)


def test_degrees_declared_as_metres_are_refused(own_table, columns, write):
    wrong = own_table.set_crs("EPSG:3035", allow_override=True)
    with pytest.raises(InputError, match=r"look like degrees, yet the file says EPSG:3035"):
        built(write(wrong), columns)


def test_swapped_coordinates_are_told(own_table, columns, write):
    table = own_table.assign(x=50.005, y=10.005 + np.arange(6) / 100)
    with pytest.raises(InputError, match=r"'x' \(our longitude\), y: \(50\.005, 10\.005\) is not"):
        built(write(table), columns | {"longitude": "x", "latitude": "y"})


def test_points_that_are_no_degrees_are_refused(own_table, columns, write):
    table = own_table.assign(x=4e6 + np.arange(6), y=3e6)
    with pytest.raises(InputError, match=r"\(4e\+06, 3e\+06\) of district 001 cannot be longitude"):
        built(write(table, "own.csv"), columns | {"longitude": "x", "latitude": "y"})


def test_csv_without_any_place_is_refused(own_table, columns, write):
    with pytest.raises(InputError, match=r"no polygons, and no longitude and latitude for 6 of 6"):
        built(write(own_table, "own.csv"), columns)


def test_empty_geometry_is_named(own_table, columns, write):
    own_table.loc[4, "geometry"] = None
    with pytest.raises(InputError, match=r"1 of 6 districts have no geometry: 005"):
        built(write(own_table), columns)


def test_polygons_of_other_districts_are_counted_and_named(own_table, columns, write):
    polygons = write(own_table[["code", "geometry"]].iloc[2:], "polygons.gpkg")
    with pytest.raises(InputError, match=r"no polygon for 2 of 6 districts of .*: 001, 002; its"):
        built(write(own_table, "own.csv"), columns, files={"boundaries_table": polygons})


def test_second_file_without_polygons_is_refused(own_table, columns, write):
    second = write(own_table[["code"]], "second.csv")
    with pytest.raises(InputError, match=r"second\.csv: no polygons; `boundaries_table` needs"):
        built(write(own_table, "own.csv"), columns, files={"boundaries_table": second})


def test_layer_has_to_be_named_where_there_are_several(own_table, columns, write):
    file = write(own_table, layer="first")
    write(own_table, layer="second")
    with pytest.raises(InputError, match=r"several layers, first, second; set `layer` to one"):
        built(file, columns)
    assert len(built(file, columns, layer="second")) == 6
    with pytest.raises(InputError, match=r"no layer 'third'; it has first, second"):
        built(file, columns, layer="third")


def test_layer_of_the_boundaries_has_a_setting_of_its_own(own_table, columns, write):
    polygons = own_table[["code", "geometry"]]
    file = write(polygons, "two.gpkg", layer="tracts")
    write(polygons.head(2), "two.gpkg", layer="counties")
    table, files = write(own_table, "own.csv"), {"boundaries_table": file}
    with pytest.raises(InputError, match=r"layers, tracts, counties; set `boundaries_layer` to"):
        built(table, columns, files=files)
    assert len(built(table, columns, files=files, boundaries_layer="tracts")) == 6
    with pytest.raises(InputError, match=r"two\.gpkg: no layer 'x'; it has tracts, counties"):
        built(table, columns, files=files, boundaries_layer="x")


def test_layer_of_the_areas_is_asked_for_by_its_setting(own_table, columns, write):
    areas = own_table[["code", "geometry"]]
    file = write(areas, "areas.gpkg", layer="a")
    write(areas, "areas.gpkg", layer="b")
    from_areas = {"table": "areas.gpkg", "column": "code"}
    with pytest.raises(InputError, match=r"several layers, a, b; set `areas_from: layer` to one"):
        built(write(own_table), columns, files={"areas_from": file}, areas_from=from_areas)


def test_file_of_another_kind_is_refused(columns, tmp_path):
    file = tmp_path / "own.gpkg"
    file.write_text("not a table")
    with pytest.raises(InputError, match=r"own\.gpkg: cannot be read .* expected \.csv, \.tsv"):
        built(file, columns)


def test_unknown_adapter_is_refused():
    with pytest.raises(InputError, match=r"adapter 'excel' is unknown; expected `census` or"):
        build_districts({}, settings={"adapter": "excel"}, level="tract")


def test_variables_may_be_missing_where_no_income_is_known(own_table, columns, write):
    own_table.loc[1, ["per_head", "median", *VARIABLES]] = np.nan
    assert len(built(write(own_table), columns)) == 6
