"""What IGN's archives hold and where it lies, without unpacking the images."""

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import CRS
from rasterio.transform import Affine

from incomelens.common.errors import InputError
from incomelens.sources.readers.ign import list_ign
from incomelens.sources.readers.raster_headers import known_crs, read_header

from ..conftest import REAL_DATA
from .imagery import NAME, UNNAMED, dalles, extent, image, package, tile_name

TILES = {tile_name(c, r): (c, r) for c in (0, 1) for r in (0, 1)}
IMAGES = {name: image(*place) for name, place in TILES.items()}
EXTENTS = {name: extent(*place) for name, place in TILES.items()}


def check(listing, names=TILES):
    assert listing.crs.to_epsg() == 2154
    assert listing["name"].tolist() == sorted(names)
    for row in listing.itertuples():
        assert row.member.endswith(f"/{row.name}.jp2")
        assert row.geometry.equals(EXTENTS[row.name])


def test_footprints_come_from_the_layer_among_the_supplements(tmp_path):
    # Images without any georeferencing: only the layer can tell.
    bare = dict.fromkeys(TILES, b"not opened")
    (path,) = package(tmp_path, bare, dalles(tmp_path / "d", EXTENTS))
    listing = list_ign([path])
    check(listing)
    assert set(listing["archive"]) == {str(path)}


@pytest.mark.parametrize("crs", [UNNAMED, "EPSG:2154", None])
def test_lambert_93_without_a_name_is_known_by_its_parameters(tmp_path, crs):
    check(list_ign(package(tmp_path, IMAGES, dalles(tmp_path / "d", EXTENTS, crs=crs))))


def test_an_archive_in_parts_is_listed_by_its_first(tmp_path):
    files = package(tmp_path, IMAGES, dalles(tmp_path / "d", EXTENTS), volume=3000)
    assert len(files) > 2
    listing = list_ign(list(reversed(files)))
    check(listing)
    assert set(listing["archive"]) == {str(files[0])}
    files[-1].unlink()
    with pytest.raises(InputError, match=rf"{files[-1].name} is missing"):
        list_ign(files[:-1])
    files[1].unlink()
    with pytest.raises(InputError, match=rf"missing {files[1].name}"):
        list_ign([files[0], *files[2:-1]])


def test_without_a_layer_the_headers_tell(tmp_path, caplog):
    check(list_ign(package(tmp_path, IMAGES, {})))
    assert "4 of 4 tiles are not in dalles.shp" in caplog.text


def test_the_beginning_of_a_large_image_is_enough(tmp_path):
    """More of an image than is kept of it in memory: where it lies stands before its pixels."""
    noise = np.random.default_rng(1).integers(0, 256, (3, 400, 400), dtype=np.uint8)
    path = tmp_path / "large.jp2"
    profile = {"driver": "JP2OpenJPEG", "width": 400, "height": 400, "count": 3, "dtype": "uint8"}
    place = Affine(1, 0, 840_000, 0, -1, 6_520_000)
    with rasterio.open(path, "w", crs="EPSG:2154", transform=place, **profile) as opened:
        opened.write(noise)
    assert path.stat().st_size > 1 << 16
    (row,) = list_ign(package(tmp_path, {"large": path.read_bytes()}, {})).itertuples()
    assert row.geometry.bounds == (840_000, 6_519_600, 840_400, 6_520_000)


def test_a_tile_that_the_layer_lacks_is_found_by_its_header(tmp_path):
    first = dict(list(EXTENTS.items())[:3])
    check(list_ign(package(tmp_path, IMAGES, dalles(tmp_path / "d", first))))


def test_infrared_is_not_listed(tmp_path):
    infrared = {tile_name(0, 0, kind="-IRC"): b"infrared"}
    layer = dalles(tmp_path / "d", EXTENTS | {next(iter(infrared)): shapely.box(0, 0, 1, 1)})
    check(list_ign(package(tmp_path, IMAGES | infrared, layer)))
    other = package(tmp_path / "irc", infrared, {}, name="ORTHOHR_1-0_IRC-0M20_LAMB93_D069_2017")
    with pytest.raises(InputError, match=r"no orthophoto in natural colour \(\.jp2\) in it"):
        list_ign(other)


def test_the_same_square_of_two_departments_stands_twice_under_two_names(tmp_path):
    layer = dalles(tmp_path / "d", EXTENTS)
    files = package(tmp_path / "a", IMAGES, layer)
    files += package(tmp_path / "b", IMAGES, layer, name=NAME.replace("D069", "D001"))
    listing = list_ign(files)
    assert len(listing) == 8
    assert listing["name"].is_unique
    assert set(listing["name"]) == {*TILES, *(f"{name}-2" for name in TILES)}
    assert listing["archive"].nunique() == 2


def test_another_reference_system_can_be_said(tmp_path):
    files = package(tmp_path, IMAGES, dalles(tmp_path / "d", EXTENTS))
    assert list_ign(files, crs="EPSG:32631").crs.to_epsg() == 32631


def test_archives_of_two_systems_are_refused(tmp_path):
    files = package(tmp_path / "a", IMAGES, dalles(tmp_path / "a", EXTENTS))
    reunion = dalles(tmp_path / "b", EXTENTS, crs="EPSG:2975")
    files += package(tmp_path / "b", IMAGES, reunion, name="ORTHOHR_D974")
    with pytest.raises(InputError, match=r"several coordinate reference systems .*2154 in .*2975"):
        list_ign(files)


def test_no_reference_system_at_all_asks_for_one(tmp_path):
    layer = dalles(tmp_path / "d", EXTENTS, crs=None)
    files = package(tmp_path, IMAGES, layer, name="ORTHOHR_D974")
    with pytest.raises(InputError, match=r"ORTHOHR_D974\.7z: neither dalles\.shp nor the images"):
        list_ign(files)
    assert list_ign(files, crs="EPSG:2975").crs.to_epsg() == 2975


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"no image at all", r"\.jp2: not readable as an image .*; fetch its archive again"),
        (image(0, 0, crs=None, transform=None), r"\.jp2 does not say where it lies, and dalles"),
        (image(0, 0, count=1), r"\.jp2: 1 bands of uint8; expected an orthophoto in colour"),
    ],
)
def test_a_header_that_does_not_help_is_told_by_member(tmp_path, body, message):
    files = package(tmp_path, {tile_name(0, 0): body}, {})
    with pytest.raises(InputError, match=rf"{NAME}\.7z: .*{tile_name(0, 0)}" + message):
        list_ign(files)


def test_a_layer_without_names_is_refused(tmp_path):
    layer = dalles(tmp_path / "d", EXTENTS)
    layer["dalles.dbf"] = layer["dalles.dbf"].replace(b"NOM", b"MON")
    with pytest.raises(InputError, match=r"dalles\.shp has no polygons with a field NOM; it has M"):
        list_ign(package(tmp_path, IMAGES, layer))


def test_other_files_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"a\.tif: reader ign takes \.7z .* set reader geotiff"):
        list_ign([tmp_path / "a.tif"])
    with pytest.raises(InputError, match=r"no file: reader ign takes"):
        list_ign([])


def test_a_damaged_archive_is_told(tmp_path):
    (path,) = package(tmp_path, IMAGES, {})
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InputError, match=rf"{NAME}\.7z: not a sound 7z archive"):
        list_ign([path])


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ('"latitude_of_origin",46.5', '"latitude_of_origin",46.6'),
        ('"false_easting",700000', '"false_easting",600000'),
        ('"false_northing",6600000', '"false_northing",200000'),
        ('"standard_parallel_2",44', '"standard_parallel_2",45'),
        ('"central_meridian",3', '"central_meridian",2'),
        ("6378137,298.257223563", "6378249.2,293.4660212936"),
        ('UNIT["metre",1]', 'UNIT["foot",0.3048]'),
    ],
)
def test_nearly_lambert_93_is_not_lambert_93(change, to):
    assert change in UNNAMED
    found = known_crs(CRS.from_wkt(UNNAMED.replace(change, to)))
    assert found.to_epsg() != 2154


def test_known_systems_keep_their_number():
    assert known_crs(None) is None
    assert known_crs(CRS.from_wkt(UNNAMED)).to_epsg() == 2154
    for number in (2154, 2056, 3035):
        assert known_crs(CRS.from_wkt(CRS(number).to_wkt("WKT1_ESRI"))).to_epsg() == number


@pytest.mark.real
@pytest.mark.parametrize("kind", ["rgb", "irc"])
def test_the_real_clip_of_ign_is_lambert_93_although_unnamed(kind):
    path = REAL_DATA / "france" / f"ign_ortho_{kind}_50m_la93.tif"
    if not path.exists():
        pytest.skip(f"no real data at {path.parent}; set INCOMELENS_REAL_DATA to its folder")
    header = read_header(path, name=path.name)
    assert header.crs.to_epsg() is None
    assert known_crs(header.crs).to_epsg() == 2154
    assert header.pixel == pytest.approx(0.2)
