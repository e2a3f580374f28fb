"""What systems and cloud drives leave beside files is passed over, in every archive and folder."""

import json
import logging
import zipfile

import geopandas as gpd
import numpy as np
import py7zr
import pytest
from PIL import Image
from shapely import box

from incomelens.common.errors import InputError
from incomelens.sources.fetching.archives import archive_members, unpack
from incomelens.sources.fetching.delivery import file_of_polygons, unpacked
from incomelens.sources.fetching.stray_files import files_below, is_stray
from incomelens.sources.readers.orthophotos import extract_orthophotos, list_orthophotos
from incomelens.sources.readers.street_views import list_street_views

from .imagery import image, tile_name

APPLE_DOUBLE = b"\0\5\x16\7\0\2\0\0Mac OS X        "
STRAY = (
    *("__MACOSX/._a.tif", "__MACOSX/in/._b.csv", ".DS_Store", "in/.DS_Store", "in/._a.tif"),
    *("Thumbs.db", "in/desktop.ini", "Desktop.ini", "@eaDir/a.tif/SYNOFILE_THUMB_M.jpg"),
    *("~$incomes.xlsx", ".~lock.incomes.csv#", ".AppleDouble/a.tif", "$RECYCLE.BIN/a.tif"),
    *("in/a.shp.HOST.123.456.sr.lock", ".Trash-1000/files/a.csv", "back\\slash\\Thumbs.db"),
)
OWN = ("a.tif", "in/a.csv", "./in/b.csv", "thumbs.dbf", "~a.csv", "$a.csv", "a.lock", "MACOSX/a")


@pytest.mark.parametrize("name", STRAY)
def test_files_that_systems_leave_are_stray(name):
    assert is_stray(name)


@pytest.mark.parametrize("name", OWN)
def test_files_of_people_are_not_stray(name):
    assert not is_stray(name)


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return path


def test_an_archive_lists_and_unpacks_what_people_put_there(tmp_path, caplog):
    files = {name: APPLE_DOUBLE for name in STRAY if "\\" not in name} | {"in/a.csv": b"a\n1\n"}
    both = [zipped(tmp_path / "a.zip", files), tmp_path / "a.7z"]
    with py7zr.SevenZipFile(both[1], "w") as archive:
        for name, body in files.items():
            archive.writestr(body, name)
    for path in both:
        with caplog.at_level(logging.INFO):
            assert archive_members(path) == ["in/a.csv"]
        assert f"{path.name}: {len(files) - 1} files that systems leave behind" in caplog.text
        out = tmp_path / f"{path.name}.out"
        assert unpack(path, out) == [out / "in" / "a.csv"]
        assert [file.name for file in out.rglob("*") if file.is_file()] == ["a.csv"]


def test_empty_files_and_stand_ins_of_cloud_drives_are_named(tmp_path, caplog):
    (tmp_path / "a.tif").write_bytes(b"something")
    (tmp_path / "b.tif").touch()
    (tmp_path / ".c.tif.icloud").write_bytes(b"bplist00")
    assert files_below(tmp_path) == [tmp_path / "a.tif"]
    assert "2 files are empty and left out (.c.tif.icloud, b.tif)" in caplog.text


def test_a_hidden_folder_above_hides_nothing(tmp_path):
    folder = tmp_path / ".cache" / "photos"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("a")
    assert files_below(folder) == [folder / "a.csv"]


def test_a_folder_of_a_delivery_is_chosen_from_what_people_put_there(tmp_path):
    for name in ("in/a.csv", "__MACOSX/in/._a.csv", "in/.DS_Store"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"a")
    with unpacked(tmp_path, lambda names: names) as files:
        assert files == [tmp_path / "in" / "a.csv"]


def test_orthophotos_zipped_on_a_mac_are_listed_and_unpacked(tmp_path):
    name = tile_name(0, 0)
    tif = image(0, 0, driver="GTiff")
    files = {f"{name}.tif": tif, f"__MACOSX/._{name}.tif": APPLE_DOUBLE, ".DS_Store": b"x"}
    listing = list_orthophotos([zipped(tmp_path / "a.zip", files)], reader="geotiff")
    assert listing["name"].tolist() == [name]
    found = extract_orthophotos(listing, tmp_path / "out")
    assert (tmp_path / "out" / found["path"][0]).read_bytes() == tif


def test_street_views_from_a_mac_are_those_that_were_taken(tmp_path):
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "a.jpg")
    (tmp_path / "._a.jpg").write_bytes(APPLE_DOUBLE)
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "._places.csv").write_bytes(APPLE_DOUBLE)
    (tmp_path / "places.csv").write_text("file,longitude,latitude\na.jpg,4.8,45.7\n")
    views = list_street_views(tmp_path)
    assert views.placed["image_id"].tolist() == ["a.jpg"]
    assert views.without_place == []


def test_a_shapefile_zipped_on_a_mac_is_one_file_of_polygons(tmp_path):
    shapes = gpd.GeoDataFrame({"GEOID": ["1"]}, geometry=[box(0, 0, 1, 1)], crs=4326)
    shapes.to_file(tmp_path / "a.shp")
    files = {file.name: file.read_bytes() for file in tmp_path.glob("a.*")}
    files |= {f"__MACOSX/._{name}": APPLE_DOUBLE for name in files}
    with file_of_polygons(zipped(tmp_path / "mac.zip", files)) as found:
        assert gpd.read_file(found)["GEOID"].tolist() == ["1"]


def test_an_archive_of_several_files_of_polygons_names_them(tmp_path):
    collection = json.dumps({"type": "FeatureCollection", "features": []})
    path = zipped(tmp_path / "a.zip", {"one.geojson": collection, "two.geojson": collection})
    with (
        pytest.raises(InputError, match=r"expected one file of polygons .* one\.geojson, two\.g"),
        file_of_polygons(path),
    ):
        pass
