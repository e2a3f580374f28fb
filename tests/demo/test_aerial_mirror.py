"""Synthetic cities in the formats of INSEE, Copernicus and IGN."""

import io
import zipfile

import geopandas as gpd
import multivolumefile
import numpy as np
import pandas as pd
import py7zr
import pyogrio
import pytest
import rasterio
from scipy.ndimage import binary_erosion
from shapely import box

from incomelens.common.errors import InputError
from incomelens.demo.cities.archives import seven_zipped, volumes
from incomelens.demo.cities.city import make_city
from incomelens.demo.cities.mirror import (
    city_contents,
    orthophotos,
    planted_table,
    truth_table,
)
from incomelens.demo.formats import ign as ign_format

FILOSOFI_2015 = ("synthetic_filosofi_2015", "Filosofi2015_carreaux_200m_csv.zip")
FILOSOFI_2019 = ("synthetic_filosofi_2019", "Filosofi2019_carreaux_200m_gpkg.zip")
ATLAS_2012 = ("synthetic_urban_atlas_2012", "synthetic_urban_atlas_2012.zip")
ATLAS_2018 = ("synthetic_urban_atlas_2018", "synthetic_urban_atlas_2018.zip")


def two_cities():
    size = {"cells_wide": 5, "cells_high": 5, "seed": 1, "metres_per_pixel": 2.0}
    return [
        make_city("aubervieux", index=0, **size),
        make_city(
            "valmorin",
            index=1,
            style="infrastructure_green",
            filosofi=2019,
            urban_atlas="geopackage",
            **size,
        ),
    ]


@pytest.fixture(scope="module")
def cities():
    return two_cities()


@pytest.fixture(scope="module")
def contents(cities):
    return {key: make() for key, make in city_contents(cities).items()}


@pytest.fixture(scope="module")
def imagery(contents, tmp_path_factory):
    """Folder of the unpacked orthophotos, joined as 7z joins volumes."""
    folder = tmp_path_factory.mktemp("imagery")
    for name in ign_format.FILES:
        (folder / name).write_bytes(contents["synthetic_orthohr", name])
    stem = folder / ign_format.FILES[0].removesuffix(".001")
    with multivolumefile.open(stem, mode="rb") as parts, py7zr.SevenZipFile(parts) as archive:
        archive.extractall(folder / "out")
    return folder / "out"


def unzipped(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def unpacked_7z(content, folder):
    with py7zr.SevenZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
        return archive.getnames()


@pytest.mark.slow
def test_every_file_is_the_same_to_the_byte_on_a_second_run(contents):
    again = {key: make() for key, make in city_contents(two_cities()).items()}
    assert again.keys() == contents.keys()
    assert [key for key in again if again[key] != contents[key]] == []


def test_the_grid_of_2015_is_a_csv_in_a_7z_in_a_zip(contents, cities, tmp_path):
    (name, packed), *rest = unzipped(contents[FILOSOFI_2015]).items()
    assert (name, rest) == ("Filosofi2015_carreaux_200m_metropole_csv.7z", [])
    assert unpacked_7z(packed, tmp_path) == ["Filosofi2015_carreaux_200m_metropole.csv"]
    table = pd.read_csv(
        tmp_path / "Filosofi2015_carreaux_200m_metropole.csv", dtype={"Depcom": str}
    )
    assert list(table)[:8] == [
        *("IdINSPIRE", "Id_carr1km", "I_est_cr", "Id_carr_n"),
        *("Groupe", "Depcom", "I_pauv", "Id_car2010"),
    ]
    assert list(table)[8:17] == [
        *("Ind", "Men", "Men_pauv", "Men_1ind", "Men_5ind"),
        *("Men_prop", "Men_fmp", "Ind_snv", "Men_surf"),
    ]
    assert list(table)[-2:] == ["Ind_inc", "I_est_1km"]
    assert table.shape[1] == 37
    table = table.set_index("IdINSPIRE")
    cells = cities[0].cells.set_index("cell_id")
    published = table.loc[cells.index]
    np.testing.assert_allclose(
        published["Ind_snv"] / published["Ind"], cells["income_published"], rtol=0.01
    )
    assert (published["I_est_cr"] == cells["imputed"].astype(int)).all()
    assert not table.index.isin(cities[1].cells["cell_id"]).any()


def test_the_grid_also_has_cells_of_another_region(contents, cities, tmp_path):
    packed = next(iter(unzipped(contents[FILOSOFI_2015]).values()))
    unpacked_7z(packed, tmp_path)
    table = pd.read_csv(tmp_path / "Filosofi2015_carreaux_200m_metropole.csv")
    others = table.loc[~table["IdINSPIRE"].isin(cities[0].cells["cell_id"]), "IdINSPIRE"]
    northing = others.str.extract(r"N(\d+)E").astype(int)[0]
    assert len(others) == 3
    assert (northing < cities[0].plan.core[1] - 100_000).all()


def test_the_grid_of_2019_is_a_geopackage_in_lambert_93(contents, cities, tmp_path):
    packed = unzipped(contents[FILOSOFI_2019])["Filosofi2019_carreaux_200m_gpkg.7z"]
    assert unpacked_7z(packed, tmp_path) == ["carreaux_200m_met.gpkg"]
    path = tmp_path / "carreaux_200m_met.gpkg"
    assert pyogrio.list_layers(path)[:, 0].tolist() == ["carreaux_200m_met"]
    table = gpd.read_file(path).set_index("idcar_200m")
    assert table.crs.to_epsg() == 2154
    assert list(table)[:6] == [
        *("idcar_1km", "idcar_nat", "i_est_200", "i_est_1km", "lcog_geo", "ind")
    ]
    cells = cities[1].cells.set_index("cell_id")
    squares = table.loc[cells.index].to_crs(3035)
    assert squares.symmetric_difference(cells.geometry).area.max() < 5
    ratio = table.loc[cells.index, "ind_snv"] / table.loc[cells.index, "ind"]
    np.testing.assert_allclose(ratio, cells["income_published"], rtol=0.01)


def test_land_use_of_2012_is_shapefiles_in_a_zip_of_zips(contents, cities, tmp_path):
    files = unzipped(contents[ATLAS_2012])
    assert list(files) == ["FR900L1_AUBERVIEUX.zip"]
    assert contents["synthetic_urban_atlas_2012", "FR900L1_AUBERVIEUX.zip"] == files.popitem()[1]
    (tmp_path / "a.zip").write_bytes(
        contents["synthetic_urban_atlas_2012", "FR900L1_AUBERVIEUX.zip"]
    )
    inside = f"/vsizip/{tmp_path}/a.zip/FR900L1_AUBERVIEUX/Shapefiles/FR900L1_AUBERVIEUX"
    land = gpd.read_file(f"{inside}_UA2012.shp")
    assert list(land)[:-1] == [
        *("COUNTRY", "CITIES", "FUA_OR_CIT", "CODE2012", "ITEM2012", "PROD_DATE"),
        *("IDENT", "Shape_Leng", "Shape_Area", "Pop2012"),
    ]
    assert land.crs.to_epsg() == 3035
    assert land["CODE2012"].tolist() == cities[0].plan.land["code"].tolist()
    assert land.area.sum() == pytest.approx(cities[0].plan.extent.area)
    assert land["ITEM2012"].str.contains("â").any()
    boundary = gpd.read_file(f"{inside}_UA2012_Boundary.shp")
    assert boundary["FUA_NAME"].tolist() == ["Aubervieux"]
    assert boundary.area.iloc[0] == pytest.approx(cities[0].plan.extent.area)
    names = unzipped((tmp_path / "a.zip").read_bytes())
    assert "FR900L1_AUBERVIEUX/Documents/FR900L1_AUBERVIEUX_Delivery_Report.pdf" in names


def test_land_use_of_2018_is_a_geopackage_in_a_zip_of_zips(contents, cities, tmp_path):
    files = unzipped(contents[ATLAS_2018])
    assert list(files) == ["FR901L1_VALMORIN_UA2018_v013.zip"]
    inner = unzipped(files["FR901L1_VALMORIN_UA2018_v013.zip"])
    stem = "FR901L1_VALMORIN_UA2018"
    path = tmp_path / "a.gpkg"
    path.write_bytes(inner[f"{stem}_v013/Data/{stem}_v013.gpkg"])
    assert pyogrio.list_layers(path)[:, 0].tolist() == [stem, f"{stem}_Boundary"]
    land = gpd.read_file(path, layer=stem)
    assert list(land)[:-1] == [
        *("country", "fua_name", "fua_code", "code_2018", "class_2018"),
        *("prod_date", "identifier", "perimeter", "area", "comment"),
    ]
    assert land["code_2018"].tolist() == cities[1].plan.land["code"].tolist()
    boundary = gpd.read_file(path, layer=f"{stem}_Boundary")
    assert boundary["fua_name"].tolist() == ["Valmorin"]


def test_orthophotos_come_as_two_volumes_with_an_index(imagery, cities):
    delivery = imagery / ign_format.DELIVERY / "ORTHOHR"
    images = sorted(delivery.glob("1_DONNEES_LIVRAISON_*/*/*.jp2"))
    (index,) = delivery.glob("3_SUPPLEMENTS_LIVRAISON_*/*/dalles.shp")
    tiles = gpd.read_file(index)
    assert set(tiles["NOM"]) == {f"./{image.name}" for image in images}
    assert tiles.crs.to_epsg() == 2154
    for name, square in zip(tiles["NOM"], tiles.geometry, strict=True):
        west, north = (int(part) for part in name.split("-")[2:4])
        assert square.bounds == (west * 1e3, north * 1e3 - 1e3, west * 1e3 + 1e3, north * 1e3)
        with rasterio.open(images[0].with_name(name[2:])) as image:
            assert tuple(image.bounds) == square.bounds
            assert image.crs.to_epsg() == 2154
            assert (image.driver, image.count, image.shape) == ("JP2OpenJPEG", 3, (500, 500))


def test_a_decoded_orthophoto_is_the_picture_and_its_void_stays_zero(imagery, cities):
    for one in orthophotos(cities):
        (path,) = imagery.rglob(one.file)
        with rasterio.open(path) as image:
            decoded = np.moveaxis(image.read(), 0, 2)
        void = ~one.pixels.any(axis=2)
        assert np.abs(decoded.astype(int) - one.pixels)[~void].mean() < 6
        inner = decoded[binary_erosion(void, iterations=20)]  # the codec blurs the edge
        assert (inner <= 1).all()
        assert decoded[~void].mean() > 60


def test_every_cell_but_the_hamlet_lies_under_an_orthophoto_or_in_the_void(cities):
    for city in cities:
        tiles = gpd.GeoSeries(
            [_square(one) for one in orthophotos([city])], crs="EPSG:2154"
        ).union_all()
        outside = ~city.cells.to_crs("EPSG:2154").within(tiles.buffer(0.01))
        assert 1 <= outside.sum() <= 3


def _square(one):
    return box(one.west, one.north - 1000, one.west + 1000, one.north)


def test_truth_has_every_cell_once_and_names_the_planted_classes(cities):
    truth = truth_table(cities)
    assert truth["cell_id"].is_unique
    assert len(truth) == sum(len(city.cells) for city in cities)
    assert truth["planted_share"].between(0, 1).all()
    planted = planted_table(cities).groupby("city")["code"].agg(set).to_dict()
    assert planted["valmorin"] == {"12100", "14100", "14200"}
    assert all(code.startswith("11") for code in planted["aubervieux"])


def test_two_cities_in_one_place_are_refused(cities):
    with pytest.raises(InputError, match=r"share a place: FR900L1; give every city an index"):
        city_contents([cities[0], cities[0]])
    with pytest.raises(InputError, match="no synthetic city"):
        city_contents([])


@pytest.mark.parametrize("n", [1, 2, 3])
def test_volumes_joined_are_the_archive(n):
    archive = seven_zipped({"a/b.txt": b"b" * 1000, "c.bin": bytes(range(256))})
    parts = volumes(archive, n)
    assert len(parts) == n
    assert b"".join(parts) == archive
