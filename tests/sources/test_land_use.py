"""Land use from any polygons and any raster: a pixel gets the code that its middle lies in."""

import logging
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from numpy.testing import assert_array_equal
from pyproj import Transformer
from rasterio import Affine
from shapely import box

from incomelens.cells.land_use import merge_land_use
from incomelens.common.errors import InputError
from incomelens.sources.readers.categorical_rasters import raster_polygons
from incomelens.sources.readers.land_use import open_land_use, read_polygons
from incomelens.tiles.land_use import LandUseMap

from ..conftest import REAL_DATA

SOCAL = REAL_DATA / "socal"
WORLDCOVER = "config/land_use/esa_worldcover_2021.yaml"
CRS = "EPSG:26911"  # UTM 11 N
WEST, SOUTH, SIDE = 390_000.0, 3_740_000.0, 160.0  # in Long Beach
CODES = np.array([10, 20, 30, 40, 50, 60, 80])


def cells_of(n=3, *, crs=CRS, west=WEST, south=SOUTH, gap=0.0):
    step = SIDE + gap
    return gpd.GeoSeries(
        [box(west + k * step, south, west + k * step + SIDE, south + SIDE) for k in range(n)],
        crs=crs,
    )


def raster_around(cells, path, *, crs, pixel, nodata=None, seed=0, dtype="uint8", codes=CODES):
    """Random codes around cells, the grid of the raster shifted by a third of a pixel."""
    west, south, east, north = cells.to_crs(crs).total_bounds
    west, north = west - 4.3 * pixel, north + 4.3 * pixel
    width = int((east - west) / pixel) + 6
    height = int((north - south) / pixel) + 6
    values = np.random.default_rng(seed).choice(codes, (height, width)).astype(dtype)
    place = Affine(pixel, 0, west, 0, -pixel, north)
    form = {"driver": "GTiff", "count": 1, "dtype": dtype, "nodata": nodata}
    with rasterio.open(
        path, "w", width=width, height=height, crs=crs, transform=place, **form
    ) as file:
        file.write(values, 1)
    return values, place


def burnt(polygons, cell, tile_px=64):
    return LandUseMap(merge_land_use(polygons).polygons).burn(cell.bounds, tile_px=tile_px)


def nearest(values, place, cell, crs, tile_px=64):
    """Code at the middle of every pixel of a tile; whether it lies clear of a raster's edges."""
    west, south, east, north = cell.bounds
    middle = (np.arange(tile_px) + 0.5) / tile_px
    easting, northing = np.meshgrid(west + middle * (east - west), north - middle * (north - south))
    x, y = Transformer.from_crs(CRS, crs, always_xy=True).transform(easting, northing)
    column, row = ~place * (x, y)
    inside = np.abs(np.stack([column % 1, row % 1]) - 0.5).max(axis=0) < 0.499
    return values[np.floor(row).astype(int), np.floor(column).astype(int)], inside


@pytest.fixture
def worldcover(land_use_of):
    return land_use_of(WORLDCOVER)


@pytest.mark.parametrize(
    ("crs", "pixel"),
    [
        (CRS, 2.0),  # finer than the tile's 2.5 m
        (CRS, 10.0),  # coarser
        ("EPSG:2229", 32.8),  # US survey feet
        ("EPSG:4326", 10 / 111_000),
        ("EPSG:5070", 30.0),  # NLCD's Albers
    ],
)
def test_a_tile_has_the_nearest_pixel_of_a_raster_of_any_size_and_place(
    worldcover, tmp_path, crs, pixel
):
    cells = cells_of()
    values, place = raster_around(cells, tmp_path / "cover.tif", crs=crs, pixel=pixel)
    polygons = raster_polygons([tmp_path / "cover.tif"], cells)
    assert polygons.crs == cells.crs
    for cell in cells:
        codes, clear = nearest(values, place, cell, crs)
        expected = np.vectorize(lambda code: worldcover.code_values[str(code)])(codes)
        assert_array_equal(burnt(polygons, cell)[clear], expected[clear])


def test_pixels_without_data_and_land_beyond_the_raster_are_unknown(worldcover, tmp_path):
    cells = cells_of(2)
    values, place = raster_around(cells[:1], tmp_path / "a.tif", crs=CRS, pixel=10.0, nodata=40)
    polygons = raster_polygons([tmp_path / "a.tif"], cells)
    codes, clear = nearest(values, place, cells[0], CRS)
    assert not burnt(polygons, cells[0])[clear & (codes == 40)].any()
    assert burnt(polygons, cells[0])[clear & (codes != 40)].all()
    assert not burnt(polygons, cells[1])[:, 32:].any()


def test_a_raster_for_each_cell_in_a_folder_or_a_zip_is_read_as_one(worldcover, tmp_path):
    cells = cells_of(3, gap=500.0)
    folder = tmp_path / "cover"
    folder.mkdir()
    for k in range(3):
        raster_around(cells[k : k + 1], folder / f"unit_{k}.tif", crs=CRS, pixel=10.0, seed=k)
    (folder / "README.txt").write_text("seven classes")
    with zipfile.ZipFile(tmp_path / "cover.zip", "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    polygons = raster_polygons([folder], cells)
    assert {name.split("-")[0] for name in polygons["identifier"]} == {"unit_0", "unit_1", "unit_2"}
    for cell in cells:
        assert burnt(polygons, cell).all()
    zipped = raster_polygons([tmp_path / "cover.zip"], cells)
    assert_array_equal(zipped["identifier"], polygons["identifier"])


def test_codes_that_the_list_lacks_are_named_with_their_area(worldcover, tmp_path, caplog):
    cells = cells_of(1)
    raster_around(cells, tmp_path / "a.tif", crs=CRS, pixel=10.0, codes=[10, 77])
    merged = merge_land_use(raster_polygons([tmp_path / "a.tif"], cells))
    assert list(merged.report.unknown_m2) == ["77"]
    assert merged.report.unknown_m2["77"] == pytest.approx(merged.polygons.area.sum() / 2, rel=0.2)
    assert "codes without an urban class: 77 (0.0" in caplog.text


@pytest.mark.parametrize(("pixel", "level"), [(2.0, logging.INFO), (50.0, logging.WARNING)])
def test_how_fine_a_raster_is_stands_in_the_log(worldcover, tmp_path, caplog, pixel, level):
    caplog.set_level(logging.INFO)
    cells = cells_of(1)
    raster_around(cells, tmp_path / "a.tif", crs=CRS, pixel=pixel)
    raster_polygons([tmp_path / "a.tif"], cells)
    told = [record for record in caplog.records if "pixels of" in record.message]
    assert [record.levelno for record in told] == [level]
    assert f"a cell is {SIDE / pixel:.3g} of them wide" in told[0].message


def test_a_raster_of_another_city_is_told_with_both_extents(tmp_path):
    far = cells_of(1, south=SOUTH + 100_000)
    raster_around(far, tmp_path / "a.tif", crs=CRS, pixel=10.0)
    with pytest.raises(
        InputError, match=r"no pixel with data.*latitude 33\.79.*a\.tif in .* 34\.69"
    ):
        raster_polygons([tmp_path / "a.tif"], cells_of(1))


def test_a_raster_of_measures_or_of_colours_is_refused(tmp_path):
    cells = cells_of(1)
    ndvi = np.linspace(0, 1, 50)
    raster_around(cells, tmp_path / "ndvi.tif", crs=CRS, pixel=10.0, dtype="float32", codes=ndvi)
    with pytest.raises(InputError, match=r"ndvi\.tif: its numbers are no classes \(such as 0\."):
        raster_polygons([tmp_path / "ndvi.tif"], cells)
    with rasterio.open(
        tmp_path / "rgb.tif", "w", driver="GTiff", width=4, height=4, count=3, dtype="uint8",
        crs=CRS, transform=Affine(1, 0, WEST, 0, -1, SOUTH),
    ):  # fmt: skip
        pass
    with pytest.raises(InputError, match=r"rgb\.tif: 3 bands; expected one, of classes"):
        raster_polygons([tmp_path / "rgb.tif"], cells)
    (tmp_path / "broken.tif").write_bytes((tmp_path / "rgb.tif").read_bytes()[:40])
    with pytest.raises(InputError, match=r"broken\.tif cannot be read"):
        raster_polygons([tmp_path / "broken.tif"], cells)


def test_a_raster_without_a_system_takes_the_one_that_is_named(worldcover, tmp_path):
    cells = cells_of(1)
    raster_around(cells, tmp_path / "a.tif", crs=CRS, pixel=10.0)
    with rasterio.open(tmp_path / "a.tif") as file:
        profile, values = file.profile, file.read(1)
    with rasterio.open(tmp_path / "b.tif", "w", **(profile | {"crs": None})) as file:
        file.write(values, 1)
    with pytest.raises(InputError, match=r"b\.tif: does not say where it lies.*`crs`"):
        raster_polygons([tmp_path / "b.tif"], cells)
    named = raster_polygons([tmp_path / "b.tif"], cells, crs=CRS)
    assert_array_equal(
        burnt(named, cells[0]), burnt(raster_polygons([tmp_path / "a.tif"], cells), cells[0])
    )


# --- Polygons


def squares(cells, codes, **columns):
    """The west of each cell of one code and its east of another."""
    west, south, east, north = cells.total_bounds
    middle = (west + east) / 2
    halves = [box(west, south, middle, north), box(middle, south, east, north)]
    return gpd.GeoDataFrame({"class": codes, **columns}, geometry=halves, crs=cells.crs)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2229", CRS])
def test_polygons_of_any_system_are_brought_to_that_of_the_cells(worldcover, tmp_path, crs):
    cells = cells_of(1)
    squares(cells, ["10", "80"]).to_crs(crs).to_file(tmp_path / "land.gpkg", layer="land")
    polygons = read_polygons(tmp_path / "land.gpkg", cells, column="class")
    tile = burnt(polygons, cells[0])
    assert (tile[:, :32] == worldcover.value_of["tree_cover"]).all()
    assert (tile[:, 32:] == worldcover.value_of["water"]).all()


@pytest.mark.parametrize("codes", [[10, 80], [10.0, 80.0], [" 10", "80 "]])
def test_codes_are_text_however_the_file_has_them(tmp_path, codes):
    cells = cells_of(1)
    squares(cells, codes).to_file(tmp_path / "land.gpkg")
    found = read_polygons(tmp_path / "land.gpkg", cells, column="class")
    assert found["code"].tolist() == ["10", "80"]
    assert found["identifier"].tolist() == ["1", "2"]


def test_of_several_columns_the_first_that_is_filled_gives_key_and_value(land_use_of, tmp_path):
    land_use_of("config/land_use/openstreetmap.yaml")
    cells = cells_of(1)
    table = squares(cells, [None, "forest"], natural=["water", None], name=["Lake", "Wood"])
    table.rename(columns={"class": "landuse"}).to_file(tmp_path / "osm.gpkg")
    options = {"column": ["landuse", "natural"], "identifier": "name"}
    found = read_polygons(tmp_path / "osm.gpkg", cells, **options)
    assert found["code"].tolist() == ["natural=water", "landuse=forest"]
    assert found["identifier"].tolist() == ["Lake", "Wood"]
    assert merge_land_use(found).polygons["urban_class"].tolist() == ["water", "forest"]


def test_polygons_without_a_code_are_counted_as_missing(tmp_path):
    cells = cells_of(1)
    squares(cells, ["10", None]).to_file(tmp_path / "land.gpkg")
    found = read_polygons(tmp_path / "land.gpkg", cells, column="class")
    assert found["code"].tolist() == ["10", "missing"]


def test_polygons_far_from_the_cells_are_not_read(tmp_path):
    cells = cells_of(1)
    both = pd.concat([squares(cells, ["10", "20"]), squares(cells_of(1, south=0.0), ["30", "40"])])
    both.to_crs("EPSG:4326").to_file(tmp_path / "land.gpkg")
    found = read_polygons(tmp_path / "land.gpkg", cells, column="class")
    assert sorted(found["code"]) == ["10", "20"]
    with pytest.raises(InputError, match=r"no land use near any of 1 cells.*latitude 34\.69"):
        read_polygons(tmp_path / "land.gpkg", cells_of(1, south=SOUTH + 100_000), column="class")


def test_a_missing_column_or_system_is_named(tmp_path):
    cells = cells_of(1)
    squares(cells, ["10", "20"]).to_file(tmp_path / "land.gpkg")
    with pytest.raises(InputError, match=r"no column fclass; it has class, geometry"):
        read_polygons(tmp_path / "land.gpkg", cells, column="fclass")
    squares(cells, ["10", "20"]).set_crs(None, allow_override=True).to_parquet(
        tmp_path / "land.parquet"
    )
    with pytest.raises(InputError, match=r"land\.parquet has no coordinate reference system"):
        read_polygons(tmp_path / "land.parquet", cells, column="class")


def test_a_boundary_of_ones_own_bounds_the_city(tmp_path):
    cells = cells_of(3)
    raster_around(cells, tmp_path / "a.tif", crs=CRS, pixel=10.0)
    assert open_land_use([tmp_path / "a.tif"], reader="raster").boundary is None
    outline = gpd.GeoDataFrame(geometry=[box(*cells[1].bounds)], crs=CRS).to_crs("EPSG:4326")
    outline.to_file(tmp_path / "city.gpkg", layer="city")
    delivery = open_land_use(
        [tmp_path / "a.tif"], reader="raster", boundary=[tmp_path / "city.gpkg"]
    )
    assert delivery.boundary.crs == "EPSG:4326"
    assert delivery.bounds(CRS) == pytest.approx(cells[1].bounds, abs=0.01)
    assert len(delivery.near(cells)) > 10


@pytest.mark.real
def test_the_derived_cover_of_real_chips_comes_back_pixel_by_pixel(land_use_of):
    if not SOCAL.exists():
        pytest.skip(f"no real data at {SOCAL}; set INCOMELENS_REAL_DATA to its folder")
    classes = land_use_of("config/land_use/naip_cover_7.yaml")
    files = sorted((SOCAL / "land_cover").glob("claremont_*.tif"))[:20]
    rasters = [rasterio.open(file) for file in files]
    cells = gpd.GeoSeries([box(*one.bounds) for one in rasters], crs=CRS)
    polygons = raster_polygons([SOCAL / "land_cover"], cells)
    merged = merge_land_use(polygons)
    assert not merged.report.unknown_m2
    land = LandUseMap(merged.polygons)
    apart = [not cells.drop(k).intersects(cell).any() for k, cell in enumerate(cells)]
    for raster, cell, alone in zip(rasters, cells, apart, strict=True):
        tile = land.burn(cell.bounds, tile_px=256)
        expected = np.vectorize(lambda code: classes.code_values[str(code)])(raster.read(1))
        assert (tile == expected).mean() > (0.9999 if alone else 0.9)
        raster.close()
