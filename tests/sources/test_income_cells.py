"""Cells of any shape and place become one tidy table in metres, or are refused by name."""

import logging
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from incomelens.common.errors import InputError
from incomelens.common.metres import local_utm
from incomelens.sources.readers.filosofi import read_filosofi
from incomelens.sources.readers.income_cells import read_cells
from incomelens.sources.readers.incomes import read_incomes

COLUMNS = {"cell_id": "name", "income": "median"}
SOCAL = Path(__file__).parents[2].parent / "shared/data/socal"


def chips(n=4, *, side=150.0, corner=(430_000.0, 3_770_000.0), crs=32611, **columns):
    """Chips in a row, each a side apart from the next."""
    west = corner[0] + 2 * side * np.arange(n)
    rows = {"name": [f"chip_{k}" for k in range(n)], "median": 50_000.0 + 1000 * np.arange(n)}
    shapes = shapely.box(west, corner[1], west + side, corner[1] + side)
    return gpd.GeoDataFrame(rows | columns, geometry=shapes, crs=crs)


@pytest.fixture
def save(tmp_path):
    def save(rows, name="cells.gpkg"):
        path = tmp_path / name
        if name.endswith(".csv"):
            rows.to_csv(path, index=False)
        elif name.endswith(".parquet"):
            rows.to_parquet(path)
        else:
            rows.to_file(path)
        return path

    return save


@pytest.mark.parametrize("name", ["cells.gpkg", "cells.shp", "cells.parquet"])
def test_polygons_are_taken_as_they_are(save, name):
    cells = read_cells(save(chips(), name), columns=COLUMNS)
    assert cells.crs == 32611
    assert cells["cell_id"].tolist() == ["chip_0", "chip_1", "chip_2", "chip_3"]
    assert_allclose(cells["income"], [50_000, 51_000, 52_000, 53_000])
    assert cells.geometry.geom_equals(chips().geometry).all()
    assert cells["imputed"].tolist() == [False] * 4
    assert cells["individuals"].isna().all()
    assert not {"area", "unit", "income_moe", "topcoded"} & set(cells)


def test_what_else_the_file_tells_of_a_cell_is_kept(save):
    told = {"city": ["a", "a", "b", "b"], "tract": ["01", "01", "02", None]}
    told |= {"moe": [1e3, 2e3, np.nan, 3e3], "top": [0, 0, 1, 0], "people": [5.0, 0, 7, 8]}
    columns = COLUMNS | {"area": "city", "unit": "tract", "income_moe": "moe", "topcoded": "top"}
    cells = read_cells(save(chips(**told)), columns=columns | {"individuals": "people"})
    assert cells["area"].tolist() == ["a", "a", "b", "b"]
    assert cells["unit"].tolist() == ["01", "01", "02", "chip_3"]
    assert cells["topcoded"].tolist() == [False, False, True, False]
    assert cells["income_moe"].isna().tolist() == [False, False, True, False]
    assert cells["individuals"].tolist() == [5, 0, 7, 8]


def test_areas_choose_a_city_of_several_and_that_is_told(save, caplog):
    path = save(chips(city=["north", "north", "south", None]))
    columns = COLUMNS | {"area": "city"}
    with caplog.at_level(logging.INFO):
        cells = read_cells(path, columns=columns, areas=["south"])
    assert cells["cell_id"].tolist() == ["chip_2"]
    assert "1 of 4 cells lie in south" in caplog.text
    with pytest.raises(InputError, match=r"column 'city' has no east, .* it has north, south"):
        read_cells(path, columns=columns, areas=["north", "east"])
    with pytest.raises(InputError, match=r"`areas` asks for north; map the column `area`"):
        read_cells(path, columns=COLUMNS, areas=["north"])


def test_boxes_corners_and_centres_of_a_table_say_the_same(save):
    bounds = chips().bounds.set_axis(["w", "s", "e", "n"], axis=1)
    table = pd.concat([chips().drop(columns="geometry"), bounds], axis=1)
    path, expected = save(table, "cells.csv"), read_cells(save(chips()), columns=COLUMNS)
    edges = {"left": "w", "bottom": "s", "right": "e", "top": "n"}
    found = read_cells(path, columns=COLUMNS | edges, crs="EPSG:32611")
    assert_frame_equal(found, expected)
    corner = {"easting": "w", "northing": "s"}
    grid = {"crs": "EPSG:32611", "side_m": 150}
    found = read_cells(path, columns=COLUMNS | corner, anchor="lower_left", **grid)
    assert found.geometry.geom_equals(expected.geometry).all()
    centres = save(table.assign(w=table.w + 75, s=table.s + 75), "centres.csv")
    found = read_cells(centres, columns=COLUMNS | corner, anchor="centre", **grid)
    assert found.geometry.geom_equals(expected.geometry).all()


def test_survey_clusters_in_degrees_become_circles_in_metres(save):
    clusters = pd.DataFrame({"name": ["a", "b"], "median": [1.0, 2.0], "lon": [36.8, 36.9]})
    path = save(clusters.assign(lat=[-1.3, -1.28]), "clusters.csv")
    options = {"columns": COLUMNS | {"easting": "lon", "northing": "lat"}, "crs": "EPSG:4326"}
    with pytest.raises(InputError, match=r"degrees.*set project_to: EPSG:32737 \(WGS 84 / UTM zon"):
        read_cells(path, buffer_m=2000, **options)
    cells = read_cells(path, buffer_m=2000, project_to="EPSG:32737", **options)
    assert cells.crs == 32737
    assert_allclose(cells.area, np.pi * 2000**2, rtol=0.01)
    middle = cells.centroid.to_crs(4326)
    assert_allclose(middle.x, [36.8, 36.9], atol=1e-6)


@pytest.mark.parametrize(
    ("ids", "crs", "bounds"),
    [
        ("CRS2975RES200mN7650000E340000", None, (340_000, 7_650_000, 340_200, 7_650_200)),
        ("CRS3035RES1000mN2700000E4200000", None, (4_200_000, 2_700_000, 4_201_000, 2_701_000)),
        ("100mN26840E43341", "EPSG:3035", (4_334_100, 2_684_000, 4_334_200, 2_684_100)),
        ("1kmN2689E4337", "EPSG:3035", (4_337_000, 2_689_000, 4_338_000, 2_690_000)),
    ],
)
def test_ids_that_name_squares_are_places_enough(save, ids, crs, bounds):
    path = save(pd.DataFrame({"name": [ids], "median": [1.0]}), "grid.csv")
    cells = read_cells(path, columns=COLUMNS, crs=crs)
    assert cells.geometry.iloc[0].bounds == bounds


def test_a_grid_of_insee_is_the_same_by_either_reader(save):
    ids = [f"CRS3035RES200mN{2_893_400 + 200 * k}E3763200" for k in range(3)]
    numbers = {"ind": [10.0, 20, 30], "men": [4.0, 8, 12], "ind_snv": [2e5, 4e5, 6e5]}
    rows = pd.DataFrame({"idcar_200m": ids, **numbers, "i_est_200": [0, 1, 0]})
    path = save(rows, "filosofi.csv")
    columns = {"cell_id": "idcar_200m", "individuals": "ind", "households": "men"}
    columns |= {"income_sum": "ind_snv", "imputed": "i_est_200"}
    expected = read_filosofi(path)
    assert_frame_equal(read_cells(path, columns=columns)[expected.columns], expected)


# --- Anywhere on Earth


def test_cells_in_the_southern_hemisphere_keep_their_system(save):
    there = chips(corner=(340_000.0, 6_290_000.0), crs=32719)  # Santiago de Chile
    cells = read_cells(save(there), columns=COLUMNS)
    assert cells.crs == 32719
    assert_allclose(cells.area, 150**2)


def test_cells_on_the_antimeridian_lie_together_in_a_projected_system(save):
    there = chips(corner=(3_339_100.0, -1_900_000.0), crs=3832)  # PDC Mercator: 180° at 3,339,585 m
    assert np.ptp(there.to_crs(4326).bounds["minx"]) > 300
    cells = read_cells(save(there, "cells.parquet"), columns=COLUMNS)
    assert np.ptp(cells.bounds["minx"]) < 1000
    assert local_utm(cells.geometry).to_epsg() in (32701, 32760)


def test_us_survey_feet_become_metres_and_that_is_told(save, caplog):
    feet = chips(corner=(393_000.0, 3_765_000.0)).to_crs(2229)  # California zone 5, ftUS
    with caplog.at_level(logging.INFO):
        cells = read_cells(save(feet), columns=COLUMNS)
    assert (
        "EPSG:2229 counts in units of US survey foot (0.3048006096 m); brought to EPSG:32611"
        in (caplog.text)
    )
    assert_allclose(cells.area, 150**2, rtol=1e-3)
    wanted = read_cells(save(feet), columns=COLUMNS, project_to="EPSG:26945")
    assert wanted.crs == 26945


def test_degrees_are_refused_with_the_zone_that_would_fit(save):
    path = save(chips().to_crs(4326))
    with pytest.raises(InputError, match=r"degrees \(EPSG:4326\).*project_to: EPSG:32611 \(WGS 84"):
        read_cells(path, columns=COLUMNS)
    assert_allclose(read_cells(path, columns=COLUMNS, project_to="EPSG:32611").area, 150**2)


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (chips(crs=None), {}, r"does not say in which reference system.*set `crs`"),
        (chips(), {"project_to": "EPSG:4326"}, r"EPSG:4326 \(WGS 84\) does not count in metres"),
        (chips(), {"project_to": "EPSG:2229"}, r"does not count in metres"),
        (chips(), {"project_to": "EPSG:1"}, r"project_to: 'EPSG:1' is no reference system"),
        (chips().to_crs(4326).set_crs(32611, allow_override=True), {}, r"look like degrees, yet"),
        (chips().set_crs(4326, allow_override=True), {}, r"are no degrees, yet.*EPSG:4326"),
        (chips(name="a"), {}, r"1 cells stand twice: a; expected one row a cell"),
        (chips(name=["a", "", "c", "d"]), {}, r"'name' is empty in row 2.*every cell needs"),
        (chips(median=["1", "much", "3", "4"]), {}, r"'median' has 'much' in cell chip_1"),
        (chips(city=["a", None, "a", "a"]), {"area": "city"}, r"'city' is empty in chip_1; name"),
        (chips(moe=-1.0), {"income_moe": "moe"}, r"'moe' is negative in chip_0, chip_1"),
        (chips(), {"side_m": 150}, r"side_m and buffer_m are of points.*cells are polygons"),
        (chips(), {"left": "median"}, r"maps nothing for bottom; left, bottom, right, top belong"),
        (chips(), {"salary": "median"}, r"maps unknown salary; known are cell_id, income"),
        (chips(), {"income": "wage"}, r"no column 'wage' \(income\); it has name, median"),
        (chips(), {"income_sum": "median"}, r"maps nothing for individuals, whom income_sum"),
    ],
)
def test_a_mistake_is_told(save, rows, options, message):
    settings = {key: options[key] for key in options if key in ("project_to", "side_m")}
    columns = COLUMNS | {key: options[key] for key in options if key not in settings}
    with pytest.raises(InputError, match=rf"(?s)cells\.parquet: .*{message}"):
        read_cells(save(rows, "cells.parquet"), columns=columns, **settings)


def with_shape(shape):
    shapes = chips().geometry.to_numpy().copy()
    shapes[2] = shape
    return chips().set_geometry(gpd.GeoSeries(shapes, crs=32611))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (None, r"1 of 4 cells have no geometry: chip_2; give each its polygon"),
        (shapely.Polygon(), r"1 of 4 cells have no geometry: chip_2"),
        (shapely.Point(430_000, 3_770_000), r"1 of 4 cells are points or lines: chip_2; expected"),
        (shapely.LineString([(4e5, 3e6), (4e5, 4e6)]), r"are points or lines: chip_2"),
    ],
)
def test_what_is_no_ground_is_refused_by_name(save, shape, message):
    with pytest.raises(InputError, match=message):
        read_cells(save(with_shape(shape), "cells.parquet"), columns=COLUMNS)


def test_points_need_a_size_and_squares_an_anchor(save):
    points = chips().set_geometry(chips().centroid)
    path = save(points)
    with pytest.raises(InputError, match=r"are points or lines.*points alone with side_m"):
        read_cells(path, columns=COLUMNS)
    with pytest.raises(InputError, match=r"say by anchor which point.*lower_left or centre"):
        read_cells(path, columns=COLUMNS, side_m=150)
    cells = read_cells(path, columns=COLUMNS, side_m=150, anchor="centre")
    assert cells.geometry.geom_equals(chips().geometry).all()


def test_a_table_that_says_no_place_is_told_what_would(save):
    path = save(pd.DataFrame(chips().drop(columns="geometry")), "cells.csv")
    with pytest.raises(InputError, match=r"nothing says where chip_0, chip_1.*map left, bottom"):
        read_cells(path, columns=COLUMNS)


def test_a_polygon_that_crosses_itself_is_mended_and_told(save, caplog):
    west, south, east, north = chips().geometry.iloc[2].bounds
    bow = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    with caplog.at_level(logging.INFO):
        cells = read_cells(save(with_shape(bow), "cells.parquet"), columns=COLUMNS)
    assert cells.is_valid.all()
    assert "1 invalid polygons are mended: chip_2" in caplog.text


@pytest.mark.real
@pytest.mark.parametrize("name", ["units.gpkg", "units.csv"])
def test_the_chips_of_southern_california_are_read(name):
    if not SOCAL.is_dir():
        pytest.skip(f"no {SOCAL}: the chips of Southern California are not there")
    columns = {"cell_id": "unit_id", "income": "income_tract", "area": "city", "unit": "tract"}
    columns |= {"income_moe": "income_tract_moe", "topcoded": "income_tract_topcoded"}
    if name.endswith(".csv"):
        columns |= {edge: edge for edge in ("left", "bottom", "right", "top")}
    options = {"columns": columns} | ({"crs": "EPSG:26911"} if name.endswith(".csv") else {})
    cells = read_incomes(SOCAL / name, reader="cells", options=options)
    assert len(cells) == 474
    assert cells.crs == 26911
    assert_allclose(np.sqrt(cells.area), 153.6, atol=1e-3)
    assert cells["income"].notna().sum() == 468
    assert cells["area"].nunique() == 5
    assert cells["unit"].str.len().eq(11).all()
