"""The needed orthophotos are unpacked, whole and where they belong."""

import logging
import shutil
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from incomelens.common.errors import InputError
from incomelens.sources.readers.orthophotos import extract_orthophotos, list_orthophotos

from ..conftest import REAL_DATA
from .imagery import PIXEL, UNNAMED, WEST, N, dalles, extent, image, package, tile_name

TILES = {tile_name(c, r): (c, r) for c in (0, 1) for r in (0, 1)}
IMAGES = {name: image(*place) for name, place in TILES.items()}
EXTENTS = {name: extent(*place) for name, place in TILES.items()}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def geotiff(path, column=0, row=0, **changes):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image(column, row, driver="GTiff", **changes))
    return path


def check_pixels(found, folder):
    """Every image is that of its name, and lies where it says."""
    for row in found.itertuples():
        with rasterio.open(folder / row.path) as opened:
            column, line = TILES[row.name]
            assert np.unique(opened.read()).tolist() == [10 * column + line + 1]
            assert opened.bounds == row.geometry.bounds == extent(column, line).bounds


@pytest.mark.parametrize("volume", [None, 3000])
def test_only_the_needed_tiles_are_unpacked(tmp_path, out, volume):
    files = package(tmp_path / "in", IMAGES, dalles(tmp_path / "d", EXTENTS), volume=volume)
    listing = list_orthophotos(files, reader="ign")
    wanted = listing.iloc[[2, 0]]
    found = extract_orthophotos(wanted, out)
    assert list(found.columns) == ["name", "path", "geometry"]
    assert found["name"].tolist() == wanted["name"].tolist()
    assert found["path"].tolist() == [f"{name}.jp2" for name in wanted["name"]]
    assert sorted(path.name for path in out.iterdir()) == sorted(found["path"])
    assert found.crs == listing.crs
    check_pixels(found, out)


def test_a_folder_is_its_images_and_what_else_lies_there_is_told(tmp_path, out, caplog):
    files = [geotiff(tmp_path / "in" / f"{name}.tif", *place) for name, place in TILES.items()]
    (tmp_path / "in" / "README.md").write_text("of what")
    with caplog.at_level(logging.INFO):
        listing = list_orthophotos([tmp_path / "in"], reader="geotiff")
    assert sorted(listing["archive"]) == sorted(map(str, files))
    assert "in: 1 files are left: README.md" in caplog.text
    found = extract_orthophotos(listing, out)
    check_pixels(found, out)


def test_tiles_of_one_name_from_two_archives_do_not_overwrite_each_other(tmp_path, out):
    name = tile_name(0, 0)
    files = []
    for folder, row in (("a", 0), ("b", 1)):
        layer = dalles(tmp_path / folder, {name: extent(0, 0)})
        files += package(tmp_path / folder, {name: image(3, row)}, layer, name=f"LAMB93_{folder}")
    listing = list_orthophotos(files, reader="ign")
    found = extract_orthophotos(listing, out).set_index("name")
    for one, value in ((name, 31), (f"{name}-2", 32)):
        with rasterio.open(out / found["path"][one]) as opened:
            assert np.unique(opened.read()).tolist() == [value]


def test_an_older_folder_is_replaced_and_an_empty_listing_is_legal(tmp_path, out):
    out.mkdir()
    (out / "older").touch()
    files = package(tmp_path / "in", IMAGES, dalles(tmp_path / "d", EXTENTS))
    found = extract_orthophotos(list_orthophotos(files, reader="ign").iloc[:0], out)
    assert len(found) == 0
    assert found.crs.to_epsg() == 2154
    assert list(found.columns) == ["name", "path", "geometry"]
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("ending", ["jp2", "tif"])
def test_an_image_that_does_not_say_where_it_lies_gets_a_world_file(tmp_path, out, ending, caplog):
    if ending == "jp2":
        name = tile_name(1, 1)
        body = image(1, 1, crs=None, transform=None)
        files = package(tmp_path / "in", {name: body}, dalles(tmp_path / "d", {name: extent(1, 1)}))
        listing = list_orthophotos(files, reader="ign")
    else:
        path = geotiff(tmp_path / "in" / f"{tile_name(1, 1)}.tif", 1, 1, crs=None, transform=None)
        listing = gpd.GeoDataFrame(
            {"name": [path.stem], "archive": [str(path)], "member": [""]},
            geometry=[extent(1, 1)],
            crs=2154,
        )
    check_pixels(extract_orthophotos(listing, out), out)
    assert "does not say where it lies; its listed footprint is taken" in caplog.text


def test_the_image_is_believed_before_its_listed_footprint(tmp_path, out, caplog):
    name = tile_name(0, 0)
    moved = shapely.affinity.translate(extent(0, 0), 5 * PIXEL)
    files = package(tmp_path / "in", {name: IMAGES[name]}, dalles(tmp_path / "d", {name: moved}))
    found = extract_orthophotos(list_orthophotos(files, reader="ign"), out)
    assert found.geometry[0].equals(extent(0, 0))
    assert "lies up to 50.0 m from its listed footprint" in caplog.text


def test_a_damaged_member_is_named_and_nothing_is_left(tmp_path, out):
    layer = dalles(tmp_path / "d", EXTENTS)
    (path,) = package(tmp_path / "in", IMAGES, layer)
    listing = list_orthophotos([path], reader="ign")
    name = tile_name(1, 0)
    body = bytearray(path.read_bytes())
    body[body.index(IMAGES[name]) + 200] ^= 1
    path.write_bytes(body)
    with pytest.raises(InputError, match=rf"{path.name}: .*{name}\.jp2' does not match its checks"):
        extract_orthophotos(listing, out)
    assert not out.exists()
    # Archives are read from their start: what stands before the damage is unharmed.
    sound = extract_orthophotos(listing[listing["name"].str.contains("-0840-")], out)
    check_pixels(sound, out)


def test_a_member_that_is_no_image_is_named(tmp_path, out):
    name = tile_name(0, 0)
    layer = dalles(tmp_path / "d", EXTENTS)
    files = package(tmp_path / "in", {name: b"delivered so"}, layer)
    with pytest.raises(InputError, match=rf"{name}\.jp2: not readable as an image"):
        extract_orthophotos(list_orthophotos(files, reader="ign"), out)
    assert not out.exists()


def test_geotiffs_alone_and_in_a_zip(tmp_path, out):
    names = list(TILES)
    alone = geotiff(tmp_path / "in" / f"{names[0]}.tif", *TILES[names[0]])
    packed = tmp_path / "in" / "more.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names[1:]:
            tif = image(*TILES[name], driver="GTiff")
            archive.writestr(f"a folder/{name}.TIF", tif)
        archive.writestr("readme.txt", "nothing")
    listing = list_orthophotos([alone, packed], reader="geotiff")
    assert sorted(listing["name"]) == sorted(names)
    assert listing.crs.to_epsg() == 2154
    assert [row.geometry.equals(EXTENTS[row.name]) for row in listing.itertuples()] == [True] * 4
    found = extract_orthophotos(listing, out)
    check_pixels(found, out)
    assert alone.exists()


def test_a_file_that_cannot_be_linked_is_copied(tmp_path, out, monkeypatch):
    def refuse(*_):
        raise OSError

    monkeypatch.setattr("os.link", refuse)
    path = geotiff(tmp_path / "in" / f"{tile_name(0, 1)}.tif", 0, 1)
    check_pixels(extract_orthophotos(list_orthophotos([path], reader="geotiff"), out), out)


def test_the_reference_system_can_be_said_and_must_be_one(tmp_path):
    bare = geotiff(tmp_path / "bare.tif", crs=None)
    swiss = geotiff(tmp_path / "swiss.tif", 1, 1, crs="EPSG:2056")
    with pytest.raises(InputError, match=r"bare\.tif: has no coordinate reference system; set"):
        list_orthophotos([bare], reader="geotiff")
    french = geotiff(tmp_path / "french.tif", crs=UNNAMED)
    with pytest.raises(InputError, match=r"several coordinate reference systems .*2056 in .*2154"):
        list_orthophotos([swiss, french], reader="geotiff")
    listing = list_orthophotos([bare, swiss], reader="geotiff", crs="EPSG:2056")
    assert listing.crs.to_epsg() == 2056


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": 1}, r"1 bands of uint8; expected an orthophoto in colour"),
        ({"dtype": "uint16"}, r"3 bands of uint16; expected"),
        ({"transform": None}, r"does not say where it lies; write it as a GeoTIFF that does"),
        (
            {"transform": Affine(PIXEL, 1, WEST, 1, -PIXEL, 0)},
            r"its rows do not run from north to south",
        ),
        ({"transform": Affine(PIXEL, 0, WEST, 0, PIXEL, 0)}, r"its rows do not run from north to"),
    ],
)
def test_images_that_cannot_serve_are_told(tmp_path, changes, message):
    path = geotiff(tmp_path / "a.tif", **changes)
    with pytest.raises(InputError, match=r"a\.tif: " + message):
        list_orthophotos([path], reader="geotiff")


def test_misuse_is_told(tmp_path):
    with pytest.raises(InputError, match=r"no reader 'jp2'; there are ign, geotiff"):
        list_orthophotos([], reader="jp2")
    with pytest.raises(InputError, match=r"no \.tif or \.jp2 in no file at all; bring other"):
        list_orthophotos([], reader="geotiff")
    with pytest.raises(InputError, match=r"a\.7z: reader geotiff takes \.tif, \.tiff, \.jp2 and"):
        list_orthophotos([tmp_path / "a.7z"], reader="geotiff")
    (tmp_path / "a.tif").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"a\.tif: not readable as an image"):
        list_orthophotos([tmp_path / "a.tif"], reader="geotiff")


@pytest.mark.real
def test_the_real_clip_of_zurich(tmp_path, out):
    path = REAL_DATA / "zurich" / "zurich_ortho_1091-322_00_0m50.tif"
    if not path.exists():
        pytest.skip(f"no real data at {path.parent}; set INCOMELENS_REAL_DATA to its folder")
    copy = shutil.copy(path, tmp_path / path.name)
    listing = list_orthophotos([copy], reader="geotiff")
    assert listing.crs.to_epsg() == 2056
    assert listing.geometry[0].bounds == (2679062.5, 1247700.0, 2679500.0, 1248000.0)
    found = extract_orthophotos(listing, out)
    assert (out / found["path"][0]).read_bytes() == path.read_bytes()


@pytest.mark.real
def test_the_real_clip_of_ign_is_listed_in_lambert_93():
    path = REAL_DATA / "france" / "ign_ortho_rgb_50m_la93.tif"
    if not path.exists():
        pytest.skip(f"no real data at {path.parent}; set INCOMELENS_REAL_DATA to its folder")
    listing = list_orthophotos([path], reader="geotiff")
    assert listing.crs.to_epsg() == 2154
    assert listing.geometry[0].bounds == pytest.approx((770549.8, 6277549.8, 770600.2, 6277600.2))


def test_a_tile_of_the_fixture_is_as_wide_as_it_should(tmp_path):
    """The fixture itself: a tile's pixels fill its extent."""
    west, south, east, north = extent(1, 1).bounds
    assert (east - west, north - south) == (N * PIXEL, N * PIXEL)


def test_jpeg_2000_in_a_zip_is_read_as_new_york_delivers_it(tmp_path, out):
    archive = tmp_path / "boro_queens_sp18.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name, content in IMAGES.items():
            packed.writestr(f"{name}.jp2", content)
        packed.writestr("readme.txt", "what this is")
    listing = list_orthophotos([archive], reader="geotiff", crs="EPSG:2154")
    assert sorted(listing["name"]) == sorted(TILES)
    found = extract_orthophotos(listing.iloc[:2], out)
    assert {path.suffix for path in out.iterdir()} == {".jp2"}
    check_pixels(found, out)
