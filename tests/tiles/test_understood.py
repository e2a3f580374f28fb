"""Before anything runs a city's data are told as they are understood, or what is wrong there."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio import Affine
from shapely import box

from incomelens.tiles.understood import CityData, Part, understand_city

FEET = "EPSG:2229"  # California zone 5, US survey feet
METRES = "EPSG:32611"
WEST, SOUTH, SIDE = 390_000.0, 3_740_000.0, 160.0
SETTINGS = {"exclude_imputed": False}
WORLDCOVER = "config/land_use/esa_worldcover_2021.yaml"


def squares(n=4):
    return gpd.GeoDataFrame(
        {
            "place": [f"p{k}" for k in range(n)],
            "pay": [np.nan, *range(20_000, 20_000 + n - 1)],
            "town": ["Lynwood", "Compton", "Lynwood", "Compton"][:n],
            "tract": ["t0", "t1", "t1", "t2"][:n],
        },
        geometry=[
            box(WEST + k * SIDE, SOUTH, WEST + (k + 1) * SIDE, SOUTH + SIDE) for k in range(n)
        ],
        crs=METRES,
    )


def write(path, values, *, side, west=WEST, north=SOUTH + SIDE):
    """A GeoTIFF of square pixels, of one band for each layer of values."""
    path.parent.mkdir(exist_ok=True)
    bands, high, wide = values.shape
    form = {"driver": "GTiff", "count": bands, "dtype": "uint8", "height": high, "width": wide}
    place = Affine(side, 0, west, 0, -side, north)
    with rasterio.open(path, "w", crs=METRES, transform=place, **form) as file:
        file.write(values.astype("uint8"))
    return path


@pytest.fixture
def city(tmp_path, land_use_of):
    """Four cells in feet, of two towns; cover of two classes and a code that the list lacks."""
    land_use_of(WORLDCOVER)
    squares().to_crs(FEET).to_file(tmp_path / "places.gpkg")
    cover = np.array([10, 50, 77, 50]).repeat(16)[None, None].repeat(16, axis=1)
    write(tmp_path / "cover.tif", cover, side=10.0)
    image = np.ones((3, 40, 160))
    write(tmp_path / "new" / "a.tif", image, side=4.0)
    write(tmp_path / "old" / "a.tif", image[..., :80], side=4.0)
    pd.DataFrame({"e": [WEST + 1, WEST - 900, np.nan], "n": SOUTH + 1}).to_csv(tmp_path / "t.csv")
    columns = {"cell_id": "place", "income": "pay", "area": "town", "unit": "tract"}
    return CityData(
        "Lakewood",
        Part([tmp_path / "places.gpkg"], options={"reader": "cells", "columns": columns}),
        Part([tmp_path / "cover.tif"], options={"reader": "raster", "boundary_layer": None}),
        Part([]),
        {
            date: Part([tmp_path / date], options={"reader": "geotiff", "crs": None, "bands": None})
            for date in ("new", "old")
        },
        {"trees": Part([tmp_path / "t.csv"], options={"x": "e", "y": "n", "crs": METRES})},
        {"kind": "median", "unit": "USD", "year": 2018},
    )


def without(city, **parts):
    return CityData(**{**vars(city), **parts})


def test_every_part_is_told_as_it_is_read(city):
    told = understand_city(city, cells=SETTINGS)
    assert not told.problems
    assert told.text.split("\n") == [
        "Lakewood:",
        "  cells        4 in EPSG:32611 (the file has EPSG:2229), median side 160 m, in 2 areas: "
        "Compton, Lynwood",
        "               USD (median, 2018): 20,000 to 20,002, median 20,001; cells without: 1, "
        "units it is taken from: 2",
        "               3 to be kept; left out: 1 no_income",
        "  land use     rasters: 1 in EPSG:32611, pixels of 10 m",
        "               2 of the list's 11 classes in a block of 1 of them: tree_cover, built_up",
        "               codes that the list lacks: 77",
        "  images new   1 in EPSG:32611; of 3 cells 100 % are shown whole, 100 % far enough to "
        "be kept",
        "  images old   1 in EPSG:32611; of 3 cells 33.3 % are shown whole, 33.3 % far enough to "
        "be kept",
        "  trees        3 in EPSG:32611, 1 of no place, 1 in cells",
    ]


def test_cells_that_need_not_be_shown_whole_count_as_shown_far_enough(city):
    half = without(city, imagery={"": city.imagery["old"]})
    told = understand_city(half, cells=SETTINGS, side_m=3 * SIDE, max_void_share=0.9)
    assert "  images       1 in EPSG:32611; of 3 cells 0 % are shown whole, " in told.text


def test_polygons_of_land_are_counted_and_their_codes_looked_up(city, tmp_path):
    land = squares(3)[["geometry"]].assign(kind=[10, 99, None])
    land.to_file(tmp_path / "land.gpkg")
    options = {"reader": "polygons", "column": "kind", "boundary_layer": None}
    told = understand_city(
        without(city, land_use=Part([tmp_path / "land.gpkg"], options=options)), cells=SETTINGS
    )
    assert "polygons near the cells: 3" in told.text
    assert "1 of the list's 11 classes in all of them: tree_cover" in told.text
    assert "codes that the list lacks: 99, missing" in told.text


def test_what_must_be_fetched_is_said_and_nothing_of_it_is_asked(city):
    nothing = Part([], ["ign/D069.7z"])
    told = understand_city(without(city, land_use=nothing, imagery={"": nothing}), cells=SETTINGS)
    assert not told.problems
    assert "  land use     to be fetched first: ign/D069.7z" in told.text
    assert "  images       to be fetched first: ign/D069.7z" in told.text
    assert "  cells        4 in EPSG:32611" in told.text


def test_cells_of_a_countrys_grid_wait_for_what_bounds_the_city(city):
    income = Part(city.income.files, options={"reader": "filosofi"})
    told = understand_city(
        without(city, income=income, land_use=Part([], ["urban_atlas/FR003.zip"])), cells=SETTINGS
    )
    assert "those of the grid that lie inside the city, which the land use bounds" in told.text
    assert "  trees        3 in EPSG:32611, 1 of no place" in told.text


def test_problems_of_every_part_are_told_at_once_and_the_rest_is_still_understood(city, tmp_path):
    columns = {"cell_id": "place", "income": "wage"}
    broken = write(tmp_path / "grey.tif", np.ones((1, 40, 40)), side=4.0)
    told = understand_city(
        without(
            city,
            income=Part(city.income.files, options={"reader": "cells", "columns": columns}),
            imagery={"": Part([broken], options={"reader": "geotiff"})},
        ),
        cells=SETTINGS,
    )
    assert len(told.problems) == 2
    assert re.match(r"Lakewood, cells: .*no column 'wage' \(income\); it has", told.problems[0])
    assert re.match(r"Lakewood, images: .*grey\.tif: 1 bands", told.problems[1])
    assert "  cells        cannot be understood, see below" in told.text
    assert "  land use     waits for the cells" in told.text


def test_images_of_another_place_are_a_problem(city, tmp_path):
    far = write(tmp_path / "far" / "a.tif", np.ones((3, 40, 40)), side=4.0, west=WEST + 50_000)
    told = understand_city(
        without(city, imagery={"": Part([far], options={"reader": "geotiff"})}), cells=SETTINGS
    )
    assert "none of 3 cells meets any of 1 orthophotos" in told.problems[0]
