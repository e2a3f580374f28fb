"""Land use and boundary of the city that is asked for, from every shape of delivery."""

import zipfile

import geopandas as gpd
import pytest
import shapely
from numpy.testing import assert_allclose

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.errors import InputError
from incomelens.sources.readers.urban_atlas import read_urban_atlas
from incomelens.sources.readers.urban_atlas_names import City, city_of, matching

from ..conftest import REAL_DATA

SQUARES = [shapely.box(e, 2500000, e + 100, 2500100) for e in (3900000, 3900100, 3900200)]
BOUNDARY = shapely.box(3899900, 2499900, 3900400, 2500200)
CODES = ["11100", "11240", "50000"]
LABELS = ["Continuous (S.L. : > 80%)", "moorsâ\x80¦", "Water"]


def land_2012(codes=CODES, **changes):
    columns = {
        "COUNTRY": "FR",
        "CITIES": "Lyon",
        "FUA_OR_CIT": "FR003L2",
        "CODE2012": codes,
        "ITEM2012": LABELS,
        "IDENT": ["1-FR003L2", "2-FR003L2", "3-FR003L2"],
    }
    return gpd.GeoDataFrame(columns | changes, geometry=SQUARES, crs=3035)


def land_2018(**changes):
    columns = {
        "country": "FR",
        "fua_name": "Lyon",
        "fua_code": "FR003L2",
        "code_2018": CODES,
        "class_2018": LABELS,
        "identifier": ["a", "b", "c"],
    }
    return gpd.GeoDataFrame(columns | changes, geometry=SQUARES, crs=3035)


def frame_of(shape):
    return gpd.GeoDataFrame({"FUA_NAME": ["Lyon"]}, geometry=[shape], crs=3035)


def shapefiles(folder, name="FR003L2_LYON", *, land=None, boundary=True, core=True):
    """The layout of 2012: shapefiles in a folder of the city."""
    inside = folder / name / "Shapefiles"
    inside.mkdir(parents=True)
    (folder / name / "Documents").mkdir()
    (folder / name / "Documents" / f"{name}.pdf").write_bytes(b"%PDF")
    (land_2012() if land is None else land).to_file(inside / f"{name}_UA2012.shp")
    if boundary:
        frame_of(BOUNDARY).to_file(inside / f"{name}_UA2012_Boundary.shp")
    if core:
        frame_of(SQUARES[0]).to_file(inside / f"{name}_CityBoundary.shp")
    return folder / name


def geopackage(folder, name="FR003L2_LYON_UA2018", *, boundary=True):
    """The layout of 2018: a GeoPackage below Data."""
    path = folder / f"{name}_v013" / "Data" / f"{name}_v013.gpkg"
    path.parent.mkdir(parents=True)
    land_2018().to_file(path, layer=name)
    if boundary:
        frame_of(BOUNDARY).to_file(path, layer=f"{name}_Boundary")
        frame_of(SQUARES[0]).to_file(path, layer=f"{name}_UrbanCore")
    return folder / f"{name}_v013"


def zipped(folder, path=None):
    path = path or folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent))
    return path


def check(found, year):
    assert found.year == year
    assert found.polygons["code"].tolist() == CODES
    assert found.polygons.crs.to_epsg() == found.boundary.crs.to_epsg() == 3035
    assert [shape.bounds for shape in found.polygons.geometry] == [one.bounds for one in SQUARES]
    assert found.boundary[["code", "name"]].to_numpy().tolist() == [["FR003", "Lyon"]]
    assert found.boundary.geometry[0].equals(BOUNDARY)


@pytest.mark.parametrize("city", ["Lyon", "lyon", "FR003", "FR003L2", "FR003L1"])
def test_shapefiles_of_2012_by_any_name_of_the_city(tmp_path, city):
    found = read_urban_atlas(zipped(shapefiles(tmp_path)), city=city)
    check(found, 2012)
    assert found.polygons["label"][0] == LABELS[0]
    assert found.polygons["identifier"].tolist() == ["1-FR003L2", "2-FR003L2", "3-FR003L2"]


def test_a_geopackage_of_2018(tmp_path):
    found = read_urban_atlas(zipped(geopackage(tmp_path)), city="Lyon")
    check(found, 2018)
    assert found.polygons["label"].tolist() == LABELS
    assert found.polygons["identifier"].tolist() == ["a", "b", "c"]


def test_a_file_geodatabase(tmp_path):
    folder = tmp_path / "in"
    path = folder / "FR003L2_LYON_UA2012.gdb"
    folder.mkdir()
    land_2012().to_file(path, layer="FR003L2_LYON_UA2012", driver="OpenFileGDB")
    frame_of(BOUNDARY).to_file(
        path, layer="FR003L2_LYON_UA2012_Boundary", driver="OpenFileGDB", mode="a"
    )
    check(read_urban_atlas(zipped(folder), city="Lyon"), 2012)
    check(read_urban_atlas(folder, city="Lyon"), 2012)
    check(read_urban_atlas(path, city="Lyon"), 2012)


def test_of_a_zip_of_zips_only_the_city_is_read(tmp_path):
    (tmp_path / "out").mkdir()
    zipped(shapefiles(tmp_path / "in"), tmp_path / "out" / "FR003L2_LYON.zip")
    (tmp_path / "out" / "FR009L2_LILLE.zip").write_bytes(b"damaged, and not opened")
    download = zipped(tmp_path / "out", tmp_path / "download.zip")
    check(read_urban_atlas(download, city="Lyon"), 2012)
    with pytest.raises(InputError, match=r"LILLE\.zip: not a sound zip archive"):
        read_urban_atlas(download, city="Lille")


def test_a_city_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    shapefiles(tmp_path / "in")
    shapefiles(tmp_path / "in", "FR009L2_LILLE")
    with pytest.raises(
        InputError, match=r"no city matches 'Nice'; the delivery has LILLE \(FR009\), LYON \(FR003"
    ):
        read_urban_atlas(zipped(tmp_path / "in"), city="Nice")


def test_a_renamed_delivery_is_known_by_its_rows(tmp_path):
    path = tmp_path / "mine.gpkg"
    land_2018().to_file(path, layer="land")
    found = read_urban_atlas(path, city="Lyon")
    assert found.boundary[["code", "name"]].to_numpy().tolist() == [["FR003", "Lyon"]]


def test_the_core_city_never_stands_in_for_the_urban_area(tmp_path, caplog):
    found = read_urban_atlas(shapefiles(tmp_path, boundary=False), city="Lyon")
    assert found.boundary.geometry[0].equals(shapely.union_all(SQUARES))
    assert "no layer ..._Boundary; the union of its 3 polygons is taken" in caplog.text


def test_an_own_boundary_comes_before_that_of_the_delivery(tmp_path):
    own = tmp_path / "own.gpkg"
    frame_of(SQUARES[1]).to_crs(4326).to_file(own)
    found = read_urban_atlas(shapefiles(tmp_path), city="Lyon", boundary=own)
    assert_allclose(found.boundary.total_bounds, SQUARES[1].bounds, atol=0.01)


def test_two_vintages_ask_for_a_year_and_keep_their_boundaries_apart(tmp_path):
    shapefiles(tmp_path / "in")
    geopackage(tmp_path / "in", boundary=False)
    download = zipped(tmp_path / "in")
    with pytest.raises(InputError, match=r"land use of 2012, 2018; set `year` to one of them"):
        read_urban_atlas(download, city="Lyon")
    with pytest.raises(InputError, match=r"no land use of 2006; the delivery has 2012, 2018"):
        read_urban_atlas(download, city="Lyon", year=2006)
    check(read_urban_atlas(download, city="Lyon", year=2012), 2012)
    check(read_urban_atlas(download, city="Lyon", year=2018), 2018)


def test_two_layers_of_one_year_are_refused_by_name(tmp_path):
    shapefiles(tmp_path / "in")
    shapefiles(tmp_path / "in", "FR003L2_LYON_UA2012_revised")
    with pytest.raises(InputError, match=r"2 layers with land use of 2012 \(FR003L2_LYON_UA2012.s"):
        read_urban_atlas(tmp_path / "in", city="Lyon")


def test_labels_of_another_encoding_than_stated_do_not_stop_the_reader(tmp_path):
    folder = shapefiles(tmp_path)
    (cpg,) = folder.rglob("*_UA2012.cpg")
    dbf = cpg.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes().replace(b"Water", b"W\xe2\x85er"))
    cpg.write_text("UTF-8")
    found = read_urban_atlas(folder, city="Lyon")
    assert found.polygons["code"].tolist() == CODES


@pytest.mark.parametrize("crs", [3035, 4258, 32631])
def test_coordinates_arrive_in_metres_whatever_the_system(tmp_path, crs):
    shapefiles(tmp_path, land=land_2012().to_crs(crs))
    found = read_urban_atlas(tmp_path, city="Lyon")
    assert found.polygons.crs.to_epsg() == 3035
    assert_allclose(found.polygons.total_bounds, (3900000, 2500000, 3900300, 2500100), atol=0.01)


@pytest.mark.parametrize(
    ("land", "message"),
    [
        (
            lambda: land_2012(codes=["1110", "11240", None]),
            r"2 of 3 codes in 'CODE2012' are not five digits: 1110, missing \(polygons 1-FR003L2, "
            r"3-FR003L2\)",
        ),
        (
            lambda: land_2012().rename(columns={"CODE2012": "CODE"}),
            r"no layer of LYON \(FR003\) has a land-use code .*COUNTRY, CITIES, FUA_OR_CIT, CODE",
        ),
        (lambda: land_2012().iloc[:0], r"layer FR003L2_LYON_UA2012 is empty"),
    ],
)
def test_a_mistake_in_the_polygons_is_told(tmp_path, land, message):
    with pytest.raises(InputError, match=message):
        read_urban_atlas(shapefiles(tmp_path, land=land()), city="Lyon")


def test_numbers_as_codes_are_codes(tmp_path):
    found = read_urban_atlas(
        shapefiles(tmp_path, land=land_2012([11100, 11240, 50000])),
        city="Ly\
on",
    )
    assert found.polygons["code"].tolist() == CODES
    found = read_urban_atlas(
        shapefiles(tmp_path / "b", land=land_2012([11100.0, 11240.0, 50000.0])), city="Lyon"
    )
    assert found.polygons["code"].tolist() == CODES


def test_a_shapefile_without_reference_system_is_refused(tmp_path):
    folder = shapefiles(tmp_path)
    (prj,) = folder.rglob("*_UA2012.prj")
    prj.unlink()
    with pytest.raises(InputError, match=r"layer FR003L2_LYON_UA2012 has no coordinate reference"):
        read_urban_atlas(folder, city="Lyon")


def test_something_else_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("nothing")
    with pytest.raises(InputError, match=r"no Urban Atlas layer .* FR003L2_LYON_UA2012"):
        read_urban_atlas(tmp_path, city="Lyon")
    (tmp_path / "FR003L2_LYON_UA2012.gpkg").write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"FR003L2_LYON_UA2012\.gpkg cannot be read"):
        read_urban_atlas(tmp_path, city="Lyon")


@pytest.mark.parametrize(
    ("name", "city"),
    [
        ("FR003L2_LYON.zip", "LYON (FR003)"),
        ("in/FR003L2_LYON_UA2012_Boundary.shp", "LYON (FR003)"),
        ("FR003L2_LYON_CityBoundary", "LYON (FR003)"),
        ("FR001L1_PARIS_UA2012_revised_v021.gpkg", "PARIS (FR001)"),
        ("FR009L2_LILLE_UA2018_v013", "LILLE (FR009)"),
        ("UK568L1_CHESHIRE_WEST_AND_CHESTER_change_2012_2018.gpkg", None),
        ("download.zip", None),
    ],
)
def test_names_of_deliveries_tell_their_city(name, city):
    expected = city or (None if name == "download.zip" else "CHESHIRE WEST AND CHESTER (UK568)")
    found = city_of(name)
    assert (None if found is None else str(found)) == expected


def test_words_of_a_name_match_where_no_whole_name_does():
    cities = [City("FR203", "MARSEILLE AIX EN PROVENCE"), City("XX001", "AIX"), City("XX2", "ST")]
    assert matching("Aix", cities) == [cities[1]]
    assert matching("Marseille", cities) == [cities[0]]
    assert matching("Marseille-Aix", cities) == [cities[0]]
    assert matching("Mars", cities) == []


def real(name):
    path = REAL_DATA / "urban_atlas" / name
    if not path.exists():
        pytest.skip(f"no real data at {path}; set INCOMELENS_REAL_DATA to its folder")
    return path


@pytest.mark.real
def test_the_real_delivery_of_narva(caplog):
    found = read_urban_atlas(real("EE003L1_NARVA_UA2012.gpkg.zip"), city="Narva")
    assert found.year == 2012
    assert found.polygons["code"].tolist() == ["12100", "31000"]
    assert found.polygons["identifier"].tolist() == ["506-EE003L1", "507-EE003L1"]
    # The delivery's own areas, which were computed before its coordinates were rounded.
    assert_allclose(found.polygons.area, [124101.86, 57508.87], rtol=1e-5)
    assert found.boundary["name"].tolist() == ["Narva"]
    assert "the union of its 2 polygons is taken" in caplog.text


@pytest.mark.real
def test_the_real_changes_of_cheshire(tmp_path):
    path = real("UK568L1_CHESHIRE_WEST_AND_CHESTER_change_2012_2018.zip")
    with pytest.raises(InputError, match=r"a layer of changes does not cover the city"):
        read_urban_atlas(path, city="Cheshire", year=2018)
    own = tmp_path / "own.gpkg"
    box = shapely.box(3433788, 3394675, 3500466, 3441889)
    gpd.GeoDataFrame(geometry=[box], crs=3035).to_file(own)
    before = read_urban_atlas(path, city="Cheshire", year=2012, boundary=own)
    after = read_urban_atlas(path, city="UK568", year=2018, boundary=own)
    assert len(before.polygons) == len(after.polygons) == 1064
    assert before.polygons["code"].nunique() == after.polygons["code"].nunique() == 19
    assert (before.polygons["code"] != after.polygons["code"]).all()
    assert after.boundary["name"].tolist() == ["Cheshire West and Chester"]
    assert {*before.polygons["code"], *after.polygons["code"]} <= set(land_use_list().code_values)
