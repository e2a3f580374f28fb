"""Orthophotos and photographs: their headers read right, or refused in a sentence."""

import io
from contextlib import suppress

from PIL import ExifTags, Image

from incomelens.sources.readers.geotiff import list_geotiff
from incomelens.sources.readers.street_views import (
    UnreadableImageError,
    list_street_views,
    read_square,
)

from ..fuzzing import damaged_bytes, fuzzed, outcome
from . import imagery

TIFF = imagery.image(0, 0, driver="GTiff")
JPEG_2000 = imagery.image(0, 0)


def listing_test(name, content):
    @fuzzed(content=damaged_bytes(content))
    def test(tmp_path_factory, content):
        path = tmp_path_factory.mktemp("images") / name
        path.write_bytes(content)
        listing = outcome(lambda: list_geotiff([path]), named=name)
        assert listing is None or len(listing) == 1

    return test


test_geotiff = listing_test("a.tif", TIFF)
test_jpeg_2000 = listing_test("a.jp2", JPEG_2000)


def photograph():
    exif = Image.Exif()
    exif[ExifTags.IFD.GPSInfo] = {
        ExifTags.GPS.GPSLatitudeRef: "N",
        ExifTags.GPS.GPSLatitude: (50.0, 30.0, 0.0),
        ExifTags.GPS.GPSLongitudeRef: "W",
        ExifTags.GPS.GPSLongitude: (73.0, 58.0, 12.0),
        ExifTags.GPS.GPSImgDirection: 90.0,
    }
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: "2019:05:06 07:08:09"}
    packed = io.BytesIO()
    Image.new("RGB", (8, 6), (10, 20, 30)).save(packed, "JPEG", exif=exif)
    return packed.getvalue()


@fuzzed(content=damaged_bytes(photograph()))
def test_photograph(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("photographs")
    (folder / "a.jpg").write_bytes(content)
    views = outcome(lambda: list_street_views(folder))
    assert views is None or len(views.placed) + len(views.without_place) == 1
    with suppress(UnreadableImageError):
        square = outcome(lambda: read_square(folder / "a.jpg", px=4))
        assert square.shape == (4, 4, 3)
