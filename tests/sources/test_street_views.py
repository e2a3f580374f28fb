"""A folder of photographs: where each was taken, by a table or by the image's own tags."""

import zipfile

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from incomelens.common.errors import InputError
from incomelens.sources.readers.street_views import (
    UnreadableImageError,
    list_street_views,
    read_square,
    street_view_folder,
)

from .photographs import PLACE, photograph


def test_a_table_tells_place_date_and_direction(tmp_path):
    photograph(tmp_path / "a.jpg")
    photograph(tmp_path / "sub" / "b.png")
    (tmp_path / "places.csv").write_text(
        "file,longitude,latitude,date,heading\na.jpg,2.5,48.5,2019-05,180\nsub/b.png,2.6,48.6,,\n"
    )
    views = list_street_views(tmp_path)
    assert views.placed["image_id"].tolist() == ["a.jpg", "sub/b.png"]
    assert views.placed[["longitude", "latitude"]].to_numpy().tolist() == [[2.5, 48.5], [2.6, 48.6]]
    assert views.placed["date"].tolist() == ["2019-05", ""]
    assert views.placed["heading"].tolist()[0] == 180
    assert np.isnan(views.placed["heading"].tolist()[1])
    assert (views.without_place, views.without_image) == ([], [])


def test_a_table_of_a_european_spreadsheet_tells_the_same(tmp_path):
    photograph(tmp_path / "é.jpg")
    text = "file;longitude;latitude;heading\né.jpg;2,5;48,5;180\n"
    (tmp_path / "places.csv").write_text(text, encoding="cp1252")
    placed = list_street_views(tmp_path).placed.iloc[0]
    assert (placed["longitude"], placed["latitude"], placed["heading"]) == (2.5, 48.5, 180)


def test_without_a_table_the_tags_of_the_image_tell(tmp_path):
    photograph(tmp_path / "a.jpg", gps=PLACE, date="2019:05:06 10:11:12")
    placed = list_street_views(tmp_path).placed.iloc[0]
    assert placed["longitude"] == pytest.approx(-70.75)
    assert placed["latitude"] == pytest.approx(-33.51)
    assert (placed["date"], placed["heading"]) == ("2019-05-06", 90)


def test_an_image_without_coordinates_is_named_and_counted_not_fatal(tmp_path, caplog):
    photograph(tmp_path / "a.jpg", gps=PLACE)
    photograph(tmp_path / "b.jpg")
    photograph(tmp_path / "c.jpg")
    (tmp_path / "places.csv").write_text("file,longitude,latitude\nc.jpg,,\nd.jpg,1,1\n")
    views = list_street_views(tmp_path)
    assert views.placed["image_id"].tolist() == ["a.jpg"]
    assert views.without_place == ["b.jpg", "c.jpg"]
    assert views.without_image == ["d.jpg"]
    assert "2 images have no place (2 no GPS tags): b.jpg, c.jpg" in caplog.text
    assert "1 images are not there: d.jpg" in caplog.text


def test_a_folder_or_table_that_cannot_be_used_says_why(tmp_path):
    with pytest.raises(InputError, match=r"gone: there is no such folder"):
        list_street_views(tmp_path / "gone")
    with pytest.raises(InputError, match=r"no image \(\.jpg, \.jpeg, \.png\) in it"):
        list_street_views(tmp_path)
    photograph(tmp_path / "a.jpg")
    table = tmp_path / "places.csv"
    table.write_text("file,lon,lat\na.jpg,1,2\n")
    with pytest.raises(InputError, match=r"places\.csv: no column longitude, latitude; expected"):
        list_street_views(tmp_path)
    table.write_text("file,longitude,latitude\na.jpg,448000,5411000\n")
    with pytest.raises(InputError, match=r"\(448000, 5\.411e\+06\) of a\.jpg cannot be longitude"):
        list_street_views(tmp_path)


def test_an_archive_is_opened_like_a_folder(tmp_path):
    photograph(tmp_path / "in" / "a.jpg", gps=PLACE)
    with zipfile.ZipFile(tmp_path / "views.zip", "w") as archive:
        archive.write(tmp_path / "in" / "a.jpg", "views/a.jpg")
        archive.writestr("readme.txt", "no image")
    with street_view_folder(tmp_path / "views.zip") as folder:
        assert list_street_views(folder).placed["image_id"].tolist() == ["views/a.jpg"]
    assert not folder.exists()


def test_the_middle_square_is_taken_upright(tmp_path):
    # Red left, blue right, 60 x 30; the camera was turned by a quarter (tag 6: turn it clockwise).
    wide = np.zeros((30, 60, 3), dtype=np.uint8)
    wide[:, :30, 0] = wide[:, 30:, 2] = 255
    exif = Image.Exif()
    Image.fromarray(wide).save(tmp_path / "a.png")
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(wide).save(tmp_path / "b.png", exif=exif)
    plain, turned = (read_square(tmp_path / name, px=10) for name in ("a.png", "b.png"))
    assert plain.shape == (10, 10, 3)
    assert plain.dtype == np.uint8
    assert plain[:, :5, 0].min() == 255
    assert plain[:, 5:, 2].min() == 255
    assert turned[:5, :, 0].min() == 255
    assert turned[5:, :, 2].min() == 255


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_turned_and_mirrored_as_its_tag_says(tmp_path, orientation):
    """What Pillow itself does is the second opinion."""
    seed = np.random.default_rng(orientation)
    picture = Image.fromarray(seed.integers(0, 255, (8, 8, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    picture.save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        upright = np.asarray(ImageOps.exif_transpose(image))
    assert (read_square(tmp_path / "a.png", px=8) == upright).all()


def test_any_mode_becomes_colour_and_keeps_its_brightness(tmp_path):
    """Sixteen bits are scaled, not cut off at 255; of several frames the first counts."""
    Image.fromarray(np.full((8, 8), 200 << 8, dtype=np.uint16)).save(tmp_path / "deep.png")
    Image.new("CMYK", (8, 8), (0, 0, 0, 55)).save(tmp_path / "print.jpg", quality=100)
    frames = [Image.new("L", (8, 8), level) for level in (200, 10)]
    frames[0].save(tmp_path / "frames.png", save_all=True, append_images=frames[1:])
    Image.new("P", (8, 8), 0).save(tmp_path / "palette.png")
    Image.new("1", (8, 8), 1).save(tmp_path / "bits.png")
    for name, level in (("deep", 200), ("frames", 200), ("palette", 0), ("bits", 255)):
        assert (read_square(tmp_path / f"{name}.png", px=4) == level).all(), name
    assert abs(read_square(tmp_path / "print.jpg", px=4).astype(int) - 200).max() <= 2


def test_an_image_too_large_for_any_camera_is_unreadable_and_no_end(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    photograph(tmp_path / "a.jpg")
    with pytest.raises(UnreadableImageError, match=r"a\.jpg: not readable .*exceeds limit"):
        read_square(tmp_path / "a.jpg", px=4)
    assert list_street_views(tmp_path).without_place == ["a.jpg"]


def test_files_that_are_no_photographs_are_skipped_and_counted(tmp_path, caplog):
    caplog.set_level("INFO")
    photograph(tmp_path / "a.jpg", gps=PLACE)
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "population.csv").write_text("city,people\nLille,1\n")
    (tmp_path / "b.HEIC").write_bytes(b"x")
    (tmp_path / "d.jpg").mkdir()
    assert list_street_views(tmp_path).placed["image_id"].tolist() == ["a.jpg"]
    assert "1 images of formats that are not read, convert them to JPEG: b.HEIC" in caplog.text
    assert "1 files that systems leave behind are passed over: Thumbs.db" in caplog.text
    assert "2 files are neither images nor tables of places: notes.txt, pop" in caplog.text


def test_an_archive_tells_what_it_holds_besides(tmp_path, caplog):
    photograph(tmp_path / "a.jpg", gps=PLACE)
    with zipfile.ZipFile(tmp_path / "views.zip", "w") as archive:
        archive.write(tmp_path / "a.jpg", "a.jpg")
        archive.writestr("b.heic", "x")
    with street_view_folder(tmp_path / "views.zip"):
        assert "views.zip: 1 images of formats that are not read" in caplog.text


def test_a_folder_of_other_formats_alone_is_told_what_to_do(tmp_path):
    (tmp_path / "b.heic").write_bytes(b"x")
    with pytest.raises(InputError, match=r"no image .*; b\.heic cannot be read, convert to JPEG"):
        list_street_views(tmp_path)


def test_a_grey_or_transparent_image_becomes_colour(tmp_path):
    Image.new("LA", (8, 8), (77, 128)).save(tmp_path / "a.png")
    assert read_square(tmp_path / "a.png", px=4).tolist() == [[[77] * 3] * 4] * 4


@pytest.mark.parametrize("content", [b"", b"not an image", None])
def test_an_unreadable_image_is_named(tmp_path, content):
    path = tmp_path / "a.jpg"
    whole = photograph(tmp_path / "whole.jpg", size=(200, 200)).read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(UnreadableImageError, match=r"a\.jpg: not readable as an image"):
        read_square(path, px=8)
